"""Unequal volumes: the law of noise, and which windows are joined."""

from __future__ import annotations

import numpy as np
import pytest
from budget_data import numbers, only, stream
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.budget.pooling import VolumeLaw, fit_volume_law, gather, pool

VOLUMES = st.lists(st.integers(0, 50), min_size=1, max_size=40)


@given(VOLUMES, st.integers(0, 60))
def test_every_window_with_rows_is_in_one_unit_or_waits(volumes: list[int], fewest: int) -> None:
    rows = np.array(volumes, float)
    units = pool(rows, fewest)
    assert (units.rows >= fewest).all()
    assert units.rows.sum() == rows[: units.waiting].sum()
    assert (units.first[1:] > units.last[:-1]).all()
    for first, last, total in zip(units.first, units.last, units.rows, strict=True):
        assert rows[first : last + 1].sum() == total
        assert rows[last] > 0


@given(VOLUMES, st.integers(0, 60), st.integers(0, 40))
def test_units_depend_on_no_later_window(volumes: list[int], fewest: int, stop: int) -> None:
    rows = np.array(volumes, float)
    early, late = pool(rows[:stop], fewest), pool(rows, fewest)
    assert early.last.tolist() == late.last[: len(early.last)].tolist()


def test_the_law_of_noise_is_found_from_squared_distances() -> None:
    rng = np.random.default_rng(5)
    rows = np.exp(rng.uniform(np.log(100), np.log(10_000), 400))
    a, b = 0.002, 5.0
    squared = (a + b / rows)[:, None] * rng.chisquare(10, (400, 3)) / 10
    law = fit_volume_law(squared, rows)
    assert law.a == pytest.approx(np.full(3, a), rel=0.15)
    assert law.b == pytest.approx(np.full(3, b), rel=0.15)
    assert law.ratio(np.array([law.typical])) == pytest.approx(np.ones((1, 3)))


def test_windows_of_one_volume_say_nothing_of_counting_noise_which_is_known() -> None:
    rng = np.random.default_rng(6)
    rows = rng.poisson(1000, 60).astype(float)
    squared = 0.02 * rng.chisquare(19, (60, 40)) / 19
    law = fit_volume_law(squared, rows, np.full(40, 15.0))
    assert (law.b >= 15.0 - 1e-9).all()
    assert law.a + law.b / law.typical == pytest.approx(squared.mean(0), rel=0.1)
    assert (law.ratio(np.array([500.0])) >= 1.6).all(), "half the rows: at least so much more noise"


def test_a_window_is_too_small_at_four_times_the_typical_noise() -> None:
    only_counting = VolumeLaw(np.zeros(1), np.array([20.0]), 1000.0)
    assert only_counting.fewest_rows == pytest.approx(250)
    mostly_wobble = VolumeLaw(np.array([0.1]), np.array([20.0]), 1000.0)
    assert mostly_wobble.fewest_rows == pytest.approx(20 / 0.4)


def test_joined_windows_are_sums_and_weighted_means() -> None:
    values = np.array([[1.0], [3.0], [np.nan], [7.0]])
    evidence = only(numbers(values, np.full((4, 1), 0.5)))
    evidence = type(evidence)(evidence.histograms, evidence.series, np.array([10.0, 30.0, 40.0, 5.0]))
    units = pool(evidence.rows, 40)
    pooled = gather(evidence, units, slice(None), np.array([0, 1, 1, 0]), 2)
    assert pooled.values[:, 0] == pytest.approx([2.5, np.nan], nan_ok=True)
    assert pooled.variance[0, 0] == pytest.approx((10**2 * 0.5 + 30**2 * 0.5) / 40**2)
    assert pooled.mix == pytest.approx(np.array([[0.25, 0.75, 0], [0, 1, 0]]))
    assert units.waiting == 3


def test_counts_of_a_window_without_rows_are_left_out() -> None:
    evidence = stream(np.random.default_rng(2), 20, columns=2)
    rows = evidence.rows.copy()
    rows[7] = 0
    evidence = type(evidence)(evidence.histograms, evidence.series, rows, evidence.slot_candidates)
    pooled = gather(evidence, pool(rows, 0), slice(None), np.zeros(20, np.intp), 1)
    expected = np.delete(evidence.histograms.counts, 7, axis=0)
    assert pooled.counts.tolist() == expected.tolist()
