"""What a reference says of itself, on processes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from budget_data import autoregressive, numbers, only, stream

from leadline.monitors.budget import Policy, fit
from leadline.monitors.budget.season import candidates, decorrelation_gap, one_hot

NONE = one_hot(np.zeros(400, np.intp), 1)


def test_a_weekly_season_is_found_and_a_missing_one_is_not_made_up() -> None:
    with_season = stream(np.random.default_rng(1), 70, season=0.3)
    without = stream(np.random.default_rng(2), 70)
    assert fit(with_season, Policy()).frame.season == "day of week"
    assert fit(without, Policy()).frame.season == "none"


def test_a_season_needs_four_windows_for_each_slot() -> None:
    evidence = stream(np.random.default_rng(1), 27, columns=2)
    assert list(candidates(evidence)) == ["none"]
    assert list(candidates(stream(np.random.default_rng(1), 28, columns=2))) == ["none", "day of week"]


@pytest.mark.parametrize(("memory", "low", "high"), [(0.0, 1, 1), (0.6, 3, 5), (0.9, 9, 20)])
def test_the_gap_is_how_long_windows_remember(memory: float, low: int, high: int) -> None:
    values = autoregressive(np.random.default_rng(3), 400, 20, memory)
    assert low <= decorrelation_gap(values, NONE) <= high


def test_the_gap_is_at_most_an_eighth_of_the_windows() -> None:
    values = np.random.default_rng(3).normal(size=(80, 5)).cumsum(0)
    assert decorrelation_gap(values, NONE[:80]) == 10


def test_numbers_that_never_vary_have_no_memory() -> None:
    assert decorrelation_gap(np.ones((40, 3)), NONE[:40]) == 1


def test_a_random_walk_gets_a_rolling_baseline_and_a_fixed_one_is_not_supported() -> None:
    walk = stream(np.random.default_rng(4), 120, walk=0.03)
    chosen = fit(walk, Policy())
    assert chosen.baseline == "rolling"
    assert chosen.supported
    assert chosen.frame.growth_overall > 1.15
    fixed = fit(walk, Policy(baseline="fixed"))
    assert fixed.baseline == "fixed"
    assert not fixed.supported
    assert "moving" in fixed.reason


def test_a_steady_reference_keeps_the_fixed_baseline() -> None:
    assert fit(stream(np.random.default_rng(5), 90), Policy()).baseline == "fixed"


def test_a_season_of_single_numbers_is_found() -> None:
    rng = np.random.default_rng(6)
    values = 5.0 * np.eye(7)[0][np.arange(84) % 7][:, None] + rng.normal(size=(84, 3))
    evidence = only(numbers(values))
    slots = {"day of week": np.arange(84) % 7}
    evidence = type(evidence)(evidence.histograms, evidence.series, evidence.rows, slots)
    assert fit(evidence, Policy()).frame.season == "day of week"
