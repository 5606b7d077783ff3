"""Real rows with known changes, through the whole house: what must be found, and what must stay quiet.

MAGIC telescope rows (UCI): chunks 1 to 5 of every scenario are undisturbed, in chunks 6 to 10 one change is
on. The two leading inputs are fAlpha and fLength.
"""

from __future__ import annotations

from pathlib import Path

import polars
import pytest

from leadline import comparison
from leadline.reports.record import ReportRecord

ROLES = {"label": "label", "score": "score", "prediction": "prediction", "id": "id"}
LEADING = {"fAlpha", "fLength"}
INPUTS = {
    "fLength", "fWidth", "fSize", "fConc", "fConcl", "fAsym", "fM3Long", "fM3Trans", "fAlpha", "fDist",
}  # fmt: skip


@pytest.fixture(scope="module")
def magic(shared_data: Path) -> polars.DataFrame:
    return polars.read_parquet(shared_data / "magic_scenarios.parquet")


def checked(magic: polars.DataFrame, scenario: str, *, drifted: bool) -> ReportRecord:
    columns = [*sorted(INPUTS), "id", "prediction", "score", "label"]
    reference = magic.filter(polars.col("partition") == "reference").select(columns)
    chunks = polars.col("chunk") > 5 if drifted else polars.col("chunk") <= 5
    current = magic.filter(
        (polars.col("partition") == "analysis") & (polars.col("scenario") == scenario) & chunks
    )
    return comparison.check(reference, current.select(columns), **ROLES).record


def alerts(record: ReportRecord) -> set[str]:
    return {column.name for column in record.columns if column.verdict == "alert"}


def test_the_control_is_quiet(magic: polars.DataFrame) -> None:
    """5,000 rows drawn from the same pool as the reference, twice; at a rate of 0.01 a check."""
    for drifted in (False, True):
        assert checked(magic, "none", drifted=drifted).verdict != "alert"


@pytest.mark.parametrize(
    ("scenario", "found"),
    [
        ("covariate", {"fLength"}),
        ("missing", {"fAlpha"}),
        ("unit", {"fAlpha"}),
        ("frozen", {"fAlpha"}),
        ("swapped", LEADING),
    ],
)
def test_a_change_of_inputs_is_found_where_it_is(
    magic: polars.DataFrame, scenario: str, found: set[str]
) -> None:
    assert alerts(checked(magic, scenario, drifted=True)) >= found


@pytest.mark.parametrize("scenario", ["missing", "unit", "frozen"])
def test_the_inputs_beside_it_stay_quiet(magic: polars.DataFrame, scenario: str) -> None:
    """Only one input was touched; scores and predictions follow it."""
    assert alerts(checked(magic, scenario, drifted=True)) & INPUTS == {"fAlpha"}


def test_missing_values_are_named_as_what_decided(magic: polars.DataFrame) -> None:
    record = checked(magic, "missing", drifted=True)
    (column,) = (column for column in record.columns if column.name == "fAlpha")
    assert column.decided_by == "missing_share"
    assert column.quality["missing_share"] == pytest.approx(0.25, abs=0.03)
    assert column.quality["missing_share_reference"] == 0


def test_concept_drift_shows_in_performance_and_not_in_the_inputs(magic: polars.DataFrame) -> None:
    """Labels flipped where the leading input is large: inputs as in the control, ROC AUC 0.93 to 0.80."""
    record = checked(magic, "concept", drifted=True)
    assert not alerts(record) & INPUTS
    assert record.task.verdict == "alert"
    auc = record.performance["roc_auc"]
    assert auc.current == pytest.approx(0.797, abs=0.01)
    assert auc.reference == pytest.approx(0.926, abs=0.01)


def test_a_label_shift_is_found_in_the_label(magic: polars.DataFrame) -> None:
    """The share of positives falls from 0.65 to 0.35."""
    assert "label" in alerts(checked(magic, "label", drifted=True))


def test_car_loans_are_quiet_first_and_drift_later(shared_data: Path) -> None:
    """The first tenth of the analysis is like the reference; in the last, car_value moved by 0.44 (KS)."""
    table = polars.read_parquet(shared_data / "car_loan.parquet")
    reference = table.filter(polars.col("partition") == "reference").drop("partition")
    analysis = table.filter(polars.col("partition") == "analysis").drop("partition")
    first = comparison.check(reference, analysis.head(5_000), label="label", score="score").record
    last = comparison.check(reference, analysis.tail(5_000), label="label", score="score").record
    assert first.verdict != "alert"
    assert {"car_value", "repaid_loan_on_prev_car", "loan_length"} <= alerts(last)
    assert not {"driver_tenure", "debt_to_income_ratio"} & alerts(last)
    assert last.task.verdict == "alert"
