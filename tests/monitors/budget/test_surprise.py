"""Spreads and tails with windows left out, against plain deletion and known distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.budget.surprise import (
    fit_tail,
    loudest,
    reference_surprise,
    spread,
    spread_without_block,
    steadied,
)


@given(st.integers(0, 10**6), st.integers(0, 5), st.booleans())
def test_spread_without_a_block_is_the_spread_of_what_is_left(seed: int, reach: int, centred: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 2, (20, 2))
    values[rng.random((20, 2)) < 0.1] = np.nan
    mark = np.full(2, centred)
    found = spread_without_block(values, mark, reach)
    for window in range(20):
        rest = np.delete(values, np.s_[max(0, window - reach) : window + reach + 1], axis=0)
        expected = spread(rest, mark)
        assert found.mean[window] == pytest.approx(expected.mean)
        assert found.deviation[window] == pytest.approx(expected.deviation)


def test_spread_is_that_of_numpy() -> None:
    values = np.random.default_rng(1).normal(3, 2, (50, 3))
    found = spread(values, np.array([False, False, True]))
    assert found.mean == pytest.approx([*values[:, :2].mean(0), 0])
    assert found.deviation[:2] == pytest.approx(values[:, :2].std(0, ddof=1))
    assert found.deviation[2] == pytest.approx(np.sqrt((values[:, 2] ** 2).mean()))


def test_spreads_are_drawn_to_their_group_the_less_the_more_windows_there_are() -> None:
    alone, group, natural = np.array([-1, -1]), np.zeros(2, np.intp), np.ones(2)
    scale = np.ones(2, np.intp)
    ratios = []
    for windows in (20, 60, 2000):
        values = np.random.default_rng(1).normal(0, [1, 4], (windows, 2))
        found = spread(values, np.zeros(2, bool))
        free = steadied(found, natural, alone, scale)
        drawn = steadied(found, natural, group, scale)
        assert np.log(drawn).mean() == pytest.approx(np.log(free).mean())
        ratios.append(np.log(drawn[1] / drawn[0]) / np.log(free[1] / free[0]))
    assert ratios == pytest.approx([0.25, 0.5, 2000 / 2060])


def test_the_tail_of_exponential_values_gives_their_log_probability() -> None:
    z = np.random.default_rng(3).exponential(2.0, (20_000, 4))
    tail = fit_tail(z, np.arange(4))
    at = np.array([4.0, 8.0, 12.0])[:, None]
    assert tail.surprise(np.broadcast_to(at, (3, 4))) == pytest.approx(
        np.broadcast_to(at / 2, (3, 4)), rel=0.05
    )


def test_a_window_does_not_soften_its_own_surprise() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=(60, 5))
    z[30] = 12
    own = reference_surprise(z, np.arange(5), gap=1)[30]
    inside = fit_tail(z, np.arange(5)).surprise(z[30:31])[0]
    assert (own > inside).all()


def test_a_channel_that_never_varied_takes_the_median_tail() -> None:
    z = np.random.default_rng(2).normal(size=(60, 4))
    z[:, 0] = 0.0
    tail = fit_tail(z, np.arange(4))
    assert tail.start[0] == 0
    assert tail.scale[0] == pytest.approx(np.median(tail.scale[1:]), rel=0.3)


@given(st.integers(0, 10**6))
def test_a_higher_floor_never_makes_a_source_louder(seed: int) -> None:
    rng = np.random.default_rng(seed)
    surprise, effect = rng.exponential(3, (8, 12)), rng.random((8, 12))
    source = rng.integers(0, 4, 12)
    source[:4] = np.arange(4)
    heard = [loudest(surprise, effect >= floor, source, 4) for floor in (0.0, 0.3, 0.8)]
    assert (heard[0] >= heard[1]).all()
    assert (heard[1] >= heard[2]).all()
    assert heard[0][:, 2] == pytest.approx(surprise[:, source == 2].max(1))
