"""Whole checks of undrifted rows: findings that need no test must not come from chance either."""

from __future__ import annotations

import numpy as np

from leadline import comparison
from leadline.monitors.compare import compare


def verdicts(reference, current, **options):
    baseline = comparison.learn(reference, **options)
    found = compare(baseline, comparison.profile(current, baseline), baseline.settings, None)
    return {name: decision.verdict for name, decision in found.decisions.items()}


def test_values_that_share_the_cell_of_unseen_ones_are_no_constant():
    """30 rows of 500 levels: often no current value was in the reference."""
    rng = np.random.default_rng(1)
    names = np.array([f"v{i}" for i in range(500)], object)
    sides = [{str(k): rng.choice(names, 30) for k in range(100)} for _ in range(2)]
    assert "alert" not in verdicts(*sides).values()


def test_a_rare_value_that_did_not_come_again_makes_no_constant():
    reference = {"x": np.array(["a"] * 29 + ["b"], object)}
    assert verdicts(reference, {"x": np.array(["a"] * 1_000, object)}) == {"x": "ok"}
    half = {"x": np.array(["a"] * 500 + ["b"] * 500, object)}
    assert verdicts(half, {"x": np.array(["a"] * 1_000, object)}) == {"x": "alert"}


def test_levels_of_days_and_of_entities_are_no_drift():
    """Every column drifts from day to day; the last 15 days are no different from the first 60."""
    rng = np.random.default_rng(2)
    day = np.sort(rng.integers(0, 75, 12_500))
    time = np.array("2026-01-01", "datetime64[us]") + day * np.timedelta64(86_400_000_000, "us")
    rows = {f"x{k}": rng.normal(size=75)[day] * 0.3 + rng.normal(size=len(day)) for k in range(20)}
    sides = [{"time": time[part], **{k: x[part] for k, x in rows.items()}} for part in (day < 60, day >= 60)]
    assert "alert" not in verdicts(*sides, timestamp="time", floors={"drift": 0.0}).values()
    ignored = verdicts(*sides, ignore=["time"], floors={"drift": 0.0})
    assert "alert" in ignored.values()
