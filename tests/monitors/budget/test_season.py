"""What a reference says of itself, on processes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from budget_data import autoregressive, numbers, only, stream

from leadline.monitors.budget import Evidence, Histograms, Policy, Series, fit
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
    assert chosen.frame.growth > 1.15
    fixed = fit(walk, Policy(baseline="fixed"))
    assert fixed.baseline == "fixed"
    assert not fixed.supported
    assert "moving" in fixed.reason


def test_a_steady_reference_keeps_the_fixed_baseline() -> None:
    assert fit(stream(np.random.default_rng(5), 90), Policy()).baseline == "fixed"


@pytest.mark.parametrize(("growth", "said"), [(0.15, "`c1` grows"), (-0.15, "`c1` shrinks")])
def test_a_spread_with_a_trend_gets_a_rolling_baseline_and_a_fixed_one_is_not_supported(
    growth: float, said: str
) -> None:
    growing = stream(np.random.default_rng(8), 90, season=0.15, growth=(1, growth))
    chosen = fit(growing, Policy())
    assert chosen.frame.growth < 1.15
    assert chosen.frame.moving
    assert chosen.baseline == "rolling"
    assert said in chosen.frame.baseline_reason
    fixed = fit(growing, Policy(baseline="fixed"))
    assert not fixed.supported
    assert said in fixed.reason


def test_a_spread_that_follows_from_the_location_is_no_trend() -> None:
    """Of a column that is mostly zeros the location is the spread; it wanders for weeks and comes back."""
    rng = np.random.default_rng(9)
    zeros = 0.75 + 0.04 * np.sin(np.arange(60) / 60 * np.pi * 3)
    counts = np.stack([rng.multinomial(2000, [share, *[(1 - share) / 4] * 4]) for share in zeros])
    table = Histograms(["visits"], counts.astype(float), np.array([0, 5]), np.ones(1, bool), ["feature"])
    evidence = Evidence(table, Series.none(60), np.full(60, 2000.0), {})
    assert "spread" not in fit(evidence, Policy()).frame.baseline_reason


@pytest.mark.long
def test_steady_references_seldom_have_a_trend() -> None:
    found = [
        fit(stream(np.random.default_rng([seed, 10]), 60, season=0.15), Policy()).frame.moving
        for seed in range(100)
    ]
    assert sum(found) <= 2


def test_a_season_of_single_numbers_is_found() -> None:
    rng = np.random.default_rng(6)
    values = 5.0 * np.eye(7)[0][np.arange(84) % 7][:, None] + rng.normal(size=(84, 3))
    evidence = only(numbers(values))
    slots = {"day of week": np.arange(84) % 7}
    evidence = type(evidence)(evidence.histograms, evidence.series, evidence.rows, slots)
    assert fit(evidence, Policy()).frame.season == "day of week"
