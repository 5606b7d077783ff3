"""Baselines as operators, against loops that follow the definition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.budget.operators import (
    SLOT_PRIOR,
    Seasonal,
    Stored,
    everything,
    just_before,
    leave_block_out,
    merged,
    overlap_of,
)

Floats = npt.NDArray[np.float64]


def weights(operator: Seasonal, windows: int) -> Floats:
    """Shape (m, windows): the weight of each window, from the baselines of windows that differ in one."""
    return operator.averages(np.eye(windows), np.ones((windows, windows), bool))


@given(st.integers(20, 40), st.sampled_from([1, 3, 7]), st.integers(1, 4), st.integers(0, 10**6))
def test_seasonal_baselines_are_those_of_the_definition(count: int, scale: int, gap: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    slots, values = np.arange(count) % 3, rng.normal(1e6, 1.0, size=(count, 2))
    mix = np.eye(4)[slots]
    found = Seasonal(leave_block_out(count, scale, gap), mix, merged(mix, scale)).averages(
        values, np.ones(values.shape, bool)
    )
    for target in range(scale - 1, count):
        rest = np.array([w for w in range(count) if w < target - scale + 1 - gap or w > target + gap])
        if not rest.size:
            assert np.isnan(found[target]).all()
            continue
        wanted = np.zeros(2)
        for window in range(target - scale + 1, target + 1):
            same = rest[slots[rest] == slots[window]]
            share = len(same) / (len(same) + SLOT_PRIOR)
            own = values[same].mean(0) if same.size else np.zeros(2)
            wanted += (share * own + (1 - share) * values[rest].mean(0)) / scale
        assert found[target] == pytest.approx(wanted, rel=1e-13)


@given(st.integers(20, 40), st.sampled_from([1, 3, 7]), st.integers(1, 4), st.integers(0, 10**6))
def test_noise_is_the_sum_of_squared_weights(count: int, scale: int, gap: int, seed: int) -> None:
    """Also where a window is several that were joined, with a part in several slots."""
    mix = np.random.default_rng(seed).dirichlet(np.full(4, 0.3), count)
    mix[mix < 0.1] = 0.0
    operator = Seasonal(leave_block_out(count, scale, gap), mix, merged(mix, scale))
    squares = (np.nan_to_num(weights(operator, count)) ** 2).sum(1, keepdims=True)
    assert operator.noise() == pytest.approx(squares, abs=1e-12)


def test_unknown_windows_leave_their_weight_to_the_others() -> None:
    rng = np.random.default_rng(5)
    mix, known = np.eye(3)[np.arange(30) % 2], rng.random((30, 4)) < 0.7
    values = np.where(known, rng.normal(size=(30, 4)), 0.0)
    known[:, 3], values[:, 3] = False, 0.0
    operator = Seasonal(leave_block_out(30, 3, 2), mix, merged(mix, 3))
    dense = weights(operator, 30)
    with np.errstate(invalid="ignore"):
        expected = (dense @ values) / (dense @ known)
    assert operator.averages(values, known) == pytest.approx(expected, nan_ok=True)
    assert np.isnan(expected[:, 3]).all()


def test_what_never_varies_is_its_own_baseline() -> None:
    mix, values = np.eye(3)[np.arange(50) % 2], np.full((50, 1), 0.1)
    operator = Seasonal(leave_block_out(50, 1, 3), mix, mix)
    assert (operator.averages(values, np.ones(values.shape, bool)) == values).all()


def test_a_rolling_baseline_ends_before_the_gap() -> None:
    allowed = just_before(np.array([50]), 3, 2, 28)
    operator = Seasonal(allowed, np.ones((60, 1)), np.ones((1, 1)))
    assert np.flatnonzero(weights(operator, 60)[0] > 1e-9).tolist() == list(range(46 - 28, 46))


def test_targets_may_have_nothing_allowed() -> None:
    none = np.array([True, False])
    for allowed in (leave_block_out(20, 1, 1), just_before(np.arange(20), 1, 1, 5)):
        allowed = allowed.but(np.resize(none, 20), 20)
        found = allowed.sums(np.ones((20, 1)))[:, 0]
        assert (found[::2] == 0).all()
        assert (found[11::2] > 0).all()


@given(st.integers(1, 9), st.integers(1, 30))
def test_merging_is_a_running_mean(scale: int, count: int) -> None:
    values = np.random.default_rng(count).normal(size=(count, 2))
    expected = [values[max(0, i - scale + 1) : i + 1].mean(0) for i in range(count)]
    assert merged(values, scale) == pytest.approx(np.array(expected))


def test_unknown_stored_means_are_left_out_of_a_baseline() -> None:
    known = np.array([[True, True], [False, True], [True, False]])
    values = np.where(known, np.array([[1.0, 2.0], [9.0, 4.0], [3.0, 9.0]]), 0.0)
    found = Stored(np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]), np.eye(3)).averages(values, known)
    assert found[0] == pytest.approx([2.0, (0.25 * 2 + 0.5 * 4) / 0.75])
    assert found[1, 0] == 3.0
    assert np.isnan(found[1, 1])


def test_a_stored_slot_is_as_noisy_as_the_baseline_that_made_it() -> None:
    mix = np.eye(3)[np.arange(30) % 2]
    operator = Seasonal(everything(3), mix, np.eye(3))
    assert Stored(np.eye(3), overlap_of(operator)).noise() == pytest.approx(operator.noise())


def test_a_slot_never_seen_takes_the_mean_of_all() -> None:
    operator = Seasonal(everything(1), np.eye(3)[[0, 1, 0, 1]], np.eye(3)[[2]])
    assert weights(operator, 4)[0] == pytest.approx(np.full(4, 0.25))
