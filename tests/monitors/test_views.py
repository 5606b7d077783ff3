"""Columns side by side: what is computed of one depends on no other, to the last digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from leadline import comparison
from leadline.metrics import pair
from leadline.monitors import views
from leadline.monitors.compare import Comparison, compare
from leadline.profiles import numeric

FIELDS = ("value", "low", "high", "p_value", "bin_error", "standard_error")


def table(rng: np.random.Generator, rows: int, drift: float) -> dict[str, Any]:
    """Columns of all widths: few values and many, atoms, gaps, far tails, few and many categories."""
    texts = np.array([f"v{i}" for i in range(1500)], object)
    found: dict[str, Any] = {}
    for i in range(2):
        found[f"normal {i}"] = rng.normal(drift * i, 1, rows)
        found[f"heavy {i}"] = rng.standard_t(2, rows) + drift
        found[f"count {i}"] = rng.poisson(2 + 40 * i + drift, rows)
        found[f"zeros {i}"] = np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(drift, 1, rows))
        found[f"gaps {i}"] = np.where(rng.random(rows) < 0.1 + drift / 10, np.nan, rng.uniform(size=rows))
        for levels in (2, 9, 90, 300, 1500):
            found[f"{levels} levels {i}"] = texts[(levels * rng.random(rows) ** (2 + drift)).astype(int)]
    found["constant"] = np.full(rows, 3.0)
    found["nothing"] = np.full(rows, np.nan)
    return found


def told(found: Comparison) -> dict[tuple[str, ...], bytes]:
    """All that was measured and decided, by what it is, bit by bit."""
    grid = found.baseline.grid
    out = {}
    for part in found.measurements:
        for family in ("drift", "quality", "quality_reference"):
            for key, measured in getattr(part, family).items():
                for field in FIELDS:
                    values = getattr(measured, field)
                    for k, value in zip(part.columns, () if values is None else values, strict=False):
                        out[family, key, field, grid.columns[k].name] = np.float64(value).tobytes()
    for name, decision in found.decisions.items():
        out["decision", name] = repr(decision).encode()
    return out


@pytest.mark.parametrize(("before", "after"), [(3000, 700), (200, 2000)])
def test_results_are_the_same_with_one_column_at_a_time(monkeypatch, before, after):
    rng = np.random.default_rng(3)
    baseline = comparison.learn(table(rng, before, 0.0), threads=1)
    current = comparison.profile(table(rng, after, 0.4), baseline)
    together = compare(baseline, current, baseline.settings, None)
    monkeypatch.setattr(views, "_VALUES_AT_ONCE", 1)
    monkeypatch.setattr(views, "_NO_BLOCK", 0)
    apart = compare(baseline, current, baseline.settings, None)
    assert all(len(part.columns) == 1 for part in apart.measurements)
    widths = [{part.pair.reference.shape[1] for part in found.measurements} for found in (together, apart)]
    assert len(widths[0]) < len(widths[1]), "some narrow columns stood among wide ones"
    assert told(apart) == told(together)


def test_what_metrics_computed_on_their_way_is_not_held():
    rng = np.random.default_rng(4)
    baseline = comparison.learn(table(rng, 500, 0.0), threads=1)
    found = compare(baseline, baseline.profile, baseline.settings, None)
    for part in found.measurements:
        for kept in (part.pair, part.now, part.before):
            assert vars(kept).keys() == kept.__dataclass_fields__.keys()


def test_metrics_know_where_profiles_clip():
    """Neither may import the other: bounds of clipped sums hold only while both mean the same place."""
    assert pair.CLIP == numeric.CLIP
