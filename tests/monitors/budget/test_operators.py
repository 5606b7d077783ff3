"""Baselines as operators, against loops that follow the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.budget.operators import (
    SLOT_PRIOR,
    averages,
    just_before,
    leave_block_out,
    merged,
    weights,
)


@given(st.integers(20, 40), st.sampled_from([1, 3, 7]), st.integers(1, 4), st.integers(0, 10**6))
def test_seasonal_baselines_are_those_of_the_definition(count: int, scale: int, gap: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    slots, values = np.arange(count) % 3, rng.normal(size=(count, 2))
    mix = np.eye(4)[slots]
    operator = weights(leave_block_out(count, scale, gap), mix, merged(mix, scale))
    for target in range(scale - 1, count):
        rest = np.array([w for w in range(count) if w < target - scale + 1 - gap or w > target + gap])
        if not rest.size:
            assert not operator[target].any()
            continue
        wanted = np.zeros(2)
        for window in range(target - scale + 1, target + 1):
            same = rest[slots[rest] == slots[window]]
            share = len(same) / (len(same) + SLOT_PRIOR)
            own = values[same].mean(0) if same.size else np.zeros(2)
            wanted += (share * own + (1 - share) * values[rest].mean(0)) / scale
        assert operator[target] @ values == pytest.approx(wanted)
        assert operator[target].sum() == pytest.approx(1)


def test_a_rolling_baseline_ends_before_the_gap() -> None:
    allowed = just_before(np.array([50]), 60, 3, 2, 28)
    assert np.flatnonzero(allowed[0]).tolist() == list(range(46 - 28, 46))


@given(st.integers(1, 9), st.integers(1, 30))
def test_merging_is_a_running_mean(scale: int, count: int) -> None:
    values = np.random.default_rng(count).normal(size=(count, 2))
    expected = [values[max(0, i - scale + 1) : i + 1].mean(0) for i in range(count)]
    assert merged(values, scale) == pytest.approx(np.array(expected))


def test_unknown_windows_are_left_out_of_a_baseline() -> None:
    known = np.array([[True, True], [False, True], [True, False]])
    values = np.where(known, np.array([[1.0, 2.0], [9.0, 4.0], [3.0, 9.0]]), 0.0)
    found = averages(np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]), values, known)
    assert found[0] == pytest.approx([2.0, (0.25 * 2 + 0.5 * 4) / 0.75])
    assert found[1, 0] == 3.0
    assert np.isnan(found[1, 1])


def test_a_slot_never_seen_takes_the_mean_of_all() -> None:
    mix = np.eye(3)[[0, 1, 0, 1]]
    operator = weights(np.ones((1, 4), bool), mix, np.eye(3)[[2]])
    assert operator[0] == pytest.approx(np.full(4, 0.25))
