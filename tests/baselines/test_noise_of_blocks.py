"""Noise inflation: near 1 for independent rows, and the variance of a mean for rows that share a level."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.baselines.noise import Blocks, block_inflation, dyadic, merge_blocks, side_inflation


def blocks_of(rng, blocks, rows, effect, cells=40, correlation=0.0):
    """Counts of normal rows in even cells; each block has a level of its own (AR(1), stationary)."""
    level = rng.normal(size=blocks)
    for k in range(1, blocks):
        level[k] = correlation * level[k - 1] + np.sqrt(1 - correlation**2) * level[k]
    edges = np.quantile(rng.normal(size=20_000) * np.hypot(1, effect), np.linspace(0, 1, cells + 1)[1:-1])
    x = rng.normal(size=(blocks, rows)) + effect * level[:, None]
    return np.stack([np.bincount(np.searchsorted(edges, row), minlength=cells) for row in x]).astype(float)


@pytest.mark.parametrize("ordered", [True, False])
def test_independent_rows_are_near_one(ordered):
    rng = np.random.default_rng(1)
    found = [block_inflation(blocks_of(rng, 60, 100, 0.0), ordered) for _ in range(60)]
    assert 0.95 < np.median(found) < 1.2
    assert np.quantile(found, 0.9) < 1.6


@pytest.mark.parametrize("ordered", [True, False])
def test_a_level_of_each_block_is_not_diluted_by_the_other_directions(ordered):
    """One direction of many moves: 1 + rows x variance between blocks / variance of a row, nearly."""
    rng = np.random.default_rng(2)
    found = [block_inflation(blocks_of(rng, 60, 200, 0.3), ordered) for _ in range(20)]
    assert 0.6 < np.median(found) / (1 + 200 * 0.09 / 1.09) < 1.4


def test_two_categories_follow_their_binomial_law():
    """Closed form: the mean squared standardised gap of each block to all others."""
    rng = np.random.default_rng(3)
    yes = rng.binomial(50, 0.3, 40).astype(float)
    total, rows = yes.sum(), 40 * 50
    gap = yes / 50 - (total - yes) / (rows - 50)
    p = total / rows
    expected = np.mean(gap**2 / (p * (1 - p) * (1 / 50 + 1 / (rows - 50))))
    assert block_inflation(np.stack([yes, 50 - yes], -1), False) == pytest.approx(expected, rel=0.01)


def test_few_blocks_or_one_cell_say_nothing():
    assert np.isnan(block_inflation(np.full((5, 4), 20.0), True))
    assert np.isnan(block_inflation(np.full((30, 1), 20.0), True))
    assert np.isnan(block_inflation(np.full((30, 4), 0.0), False))


def test_what_blocks_share_weighs_more_in_a_denser_table():
    parts = [Blocks(3600.0, 64, 100.0, np.array([3.0]))]
    same, dense = (side_inflation(parts, rows, 36_000.0)[0] for rows in (1_000.0, 3_000.0))
    assert (dense - 1) / (same - 1) == pytest.approx(3)
    assert 3.0 < same < 3.5


def test_longer_blocks_than_the_table_are_left_out_and_noise_is_no_evidence():
    parts = [Blocks(1.0, 64, 10.0, np.array([1.0, 1.0])), Blocks(4.0, 16, 40.0, np.array([9.0, 1.5]))]
    assert side_inflation(parts, 20.0, 2.0).tolist() == [1.0, 1.0]
    long = side_inflation(parts, 80.0, 8.0)
    assert long[0] > 9
    assert long[1] == 1.0


def test_the_excess_goes_on_growing_as_that_of_an_autoregression():
    """Reach of AR(1) 0.6 levels: the variance of a mean of 12, from lengths 1, 2 and 4."""
    rng = np.random.default_rng(4)
    cells = blocks_of(rng, 64, 100, 0.3, correlation=0.6)
    parts = [
        Blocks(float(k), 64 // k, 100.0 * k, np.array([block_inflation(merge_blocks(cells, k), True)]))
        for k in dyadic(64)
    ]
    short, long = (side_inflation(parts, 100.0 * k, float(k))[0] for k in (1, 12))
    assert long > 1.5 * short


def test_unestimated_columns_count_as_independent():
    parts = [Blocks(0.0, 64, 50.0, np.array([np.nan, 0.7, 2.0]))]
    assert side_inflation(parts, 500.0, None)[:2].tolist() == [1.0, 1.0]
    assert side_inflation(parts, 500.0, None)[2] > 2.0
