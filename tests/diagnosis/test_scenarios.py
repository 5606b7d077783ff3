"""MAGIC telescope rows (UCI) with one described change each: the described cause comes first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from leadline.diagnosis import explain
from leadline.monitors.compare import Comparison

ROLES = {"label": "label", "score": "score", "prediction": "prediction", "id": "id", "segment": ["segment"]}


@pytest.fixture(scope="module")
def magic(shared_data: Path) -> polars.DataFrame:
    return polars.read_parquet(shared_data / "magic_scenarios.parquet")


@pytest.mark.parametrize(
    ("scenario", "key", "columns"),
    [
        ("covariate", "covariate_shift", {"fLength", "score"}),
        ("label", "label_shift", {"label", "score"}),
        ("concept", "concept_change", set()),
        ("missing", "missing_values", {"fAlpha"}),
        ("unit", "unit_change", {"fAlpha"}),
        ("frozen", "stuck_value", {"fAlpha"}),
        ("swapped", "columns_swapped", {"fAlpha", "fLength"}),
        ("segment", "one_segment", {"fLength"}),
        ("none", "", set()),
    ],
)
def test_the_described_cause_comes_first(
    magic: polars.DataFrame, compared: Callable[..., Comparison], scenario: str, key: str, columns: set[str]
) -> None:
    left_out = ["timestamp", "scenario", "chunk", "drifted", "partition"]
    reference = magic.filter(polars.col("partition") == "reference").drop(left_out)
    chosen = (polars.col("scenario") == scenario) & (polars.col("chunk") > 5)
    current = magic.filter((polars.col("partition") == "analysis") & chosen).drop(left_out)
    causes = explain(compared(reference, current, **ROLES))
    assert [cause.key for cause in causes[:1]] == ([key] if key else [])
    assert not causes or columns <= set(causes[0].columns)
    if scenario == "unit":
        assert causes[0].evidence["factor"] == 1000.0
        assert causes[0].evidence["rows_share"] == pytest.approx(0.8, abs=0.02)
