"""What is expected of a value: only from what came before it, with the season that the series has."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.monitors.operations.expected import expect, lagged_median, level, slots
from leadline.monitors.operations.series import Series
from leadline.monitors.operations.surprise import surprise

SEASONS = (24, 168)


def traffic(steps: int, seed: int = 1) -> np.ndarray:
    hour = np.arange(steps)
    season = 0.8 * np.sin(2 * np.pi * hour / 24) - 0.7 * (hour // 24 % 7 >= 5)
    return 5 + season + np.random.default_rng(seed).normal(0, 0.05, steps)


@given(st.integers(30, 400), st.integers(0, 5))
@settings(max_examples=20)
def test_nothing_that_comes_later_changes_what_was_said(cut: int, seed: int) -> None:
    values = traffic(420, seed)
    values[np.random.default_rng(seed).integers(0, 420, 30)] = np.nan
    changed = values.copy()
    changed[cut:] = np.random.default_rng(seed + 1).normal(0, 100, 420 - cut)
    whole, other = expect(values[:, None], SEASONS), expect(changed[:, None], SEASONS)
    for name in ("location", "seasonal", "season"):
        assert np.array_equal(getattr(whole, name)[:cut], getattr(other, name)[:cut], equal_nan=True)


def test_surprises_do_not_look_ahead_either() -> None:
    values = traffic(800)
    changed = values.copy()
    changed[600:] = 0.0
    found = [surprise([Series("x", part)], SEASONS).values[:600] for part in (values, changed)]
    assert np.array_equal(*found, equal_nan=True)


def test_the_season_that_is_there_is_found() -> None:
    values = np.stack([traffic(24 * 40), np.random.default_rng(2).normal(0, 1, 24 * 40)], axis=1)
    found = expect(values, SEASONS)
    assert (found.season[-100:, 0] == 1).all()
    assert (found.season[-100:, 1] == -1).all()
    # Noise of 0.05, and what the median of eight of its like adds.
    assert np.abs(values[-300:, 0] - found.location[-300:, 0]).mean() < 0.06


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=5, max_size=40))
def test_lagged_medians_are_those_of_numpy(values: list[float]) -> None:
    array = np.array(values)
    found, count = lagged_median(array[:, None], [1, 2, 4])
    for step in range(len(array)):
        before = [array[step - lag] for lag in (1, 2, 4) if step >= lag]
        known = [value for value in before if np.isfinite(value)]
        assert count[step, 0] == len(known)
        assert np.isclose(found[step, 0], np.median(known)) if known else np.isnan(found[step, 0])


def test_a_slot_with_few_cycles_leans_on_its_neighbours() -> None:
    values = np.zeros((60, 1))
    values[12] = 9.0  # one odd value in the first cycle of 24
    usual = slots(values, 24)
    assert 0 < usual[36, 0] < 9.0
    assert usual[40, 0] == 0.0


def test_a_storm_hardly_moves_the_level_and_what_lasts_does() -> None:
    """Six values a thousand deviations away move it by one deviation or so; a step of 15 is followed."""
    values = np.random.default_rng(3).normal(0, 1, (400, 1))
    values[200:206] += 1000
    values[300:] += 15
    found = level(values)[:, 0]
    assert abs(found[206] - found[200]) < 2
    assert abs(found[-1] - 15) < 3


def test_without_any_value_nothing_is_expected() -> None:
    found = expect(np.full((50, 2), np.nan), SEASONS)
    assert np.isnan(found.location).all()
    assert not np.isfinite(surprise([Series("x", np.full(50, np.nan))], SEASONS).values).any()
