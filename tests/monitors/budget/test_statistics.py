"""Distances of windows to baselines, against SciPy and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadline.monitors.budget.statistics import RARE, Cells, describe, distances, proportions

OFFSETS = np.array([0, 4, 7])
ORDERED = np.array([True, False])


def cells(counts: np.ndarray) -> Cells:
    return describe(counts, OFFSETS, ORDERED)


@given(st.integers(0, 10**6))
def test_distances_are_those_of_the_textbook(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 50, (2, 7)).astype(float)
    layout = cells(counts)
    shares, known = proportions(counts, layout)
    found = distances(shares[:1], shares[1:], known[:1], np.ones((1, 2)), layout)
    points = [np.repeat(np.arange(4), row[:4].astype(int)) for row in counts]
    assert found.effect[0, 0] == pytest.approx(stats.ks_2samp(*points).statistic)
    p, q = shares[0, 4:], shares[1, 4:]
    assert found.effect[0, 1] == pytest.approx(np.abs(p - q).sum() / 2)
    assert found.chi_squared[0, 1] ** 3 == pytest.approx(((p - q) ** 2 / (q + RARE)).sum())
    assert found.rank[0, 0] == pytest.approx(((shares[0, :4] - shares[1, :4]) * layout.rank[:4]).sum())
    assert found.rank.shape[1] == 1


def test_mean_rank_shift_is_the_area_under_the_curve_less_one_half() -> None:
    rng = np.random.default_rng(4)
    reference, window = rng.integers(0, 4, 500), rng.integers(1, 4, 400)
    counts = np.array([np.bincount(reference, minlength=7), np.bincount(window, minlength=7)], float)
    layout = describe(counts[:1], OFFSETS, ORDERED)
    shares, known = proportions(counts, layout)
    found = distances(shares[1:], shares[:1], known[1:], np.ones((1, 2)), layout)
    area = stats.mannwhitneyu(window, reference).statistic / (400 * 500)
    assert found.rank[0, 0] == pytest.approx(area - 0.5)


def test_noisier_windows_are_judged_more_mildly_but_effects_stay() -> None:
    counts = np.array([[10, 20, 30, 40, 5, 5, 5], [40, 30, 20, 10, 9, 5, 1]], float)
    layout = cells(counts)
    shares, known = proportions(counts, layout)
    one = distances(shares[:1], shares[1:], known[:1], np.ones((1, 2)), layout)
    four = distances(shares[:1], shares[1:], known[:1], np.full((1, 2), 4.0), layout)
    assert four.effect == pytest.approx(one.effect)
    assert four.level_effect == pytest.approx(one.level_effect)
    assert four.rank == pytest.approx(one.rank / 2)
    assert four.distance == pytest.approx(one.distance / 2 ** (2 / 3))


def test_a_column_without_counts_is_unknown_and_harms_no_other() -> None:
    counts = np.array([[0, 0, 0, 0, 5, 5, 5], [40, 30, 20, 10, 9, 5, 1]], float)
    layout = cells(counts)
    shares, known = proportions(counts, layout)
    found = distances(shares[:1], shares[1:], known[:1], np.ones((1, 2)), layout)
    assert np.isnan(found.distance[0, 0])
    assert np.isfinite(found.distance[0, 1])


def test_large_levels_are_channels_and_tiny_or_sole_ones_are_not() -> None:
    counts = np.array([[1, 1, 1, 1, 970, 25, 5]], float)
    assert describe(counts, OFFSETS, ORDERED).levels.tolist() == [4, 5]


def test_blocks_cover_every_column_once() -> None:
    layout = describe(np.ones((3, 60)), np.arange(0, 61, 6), np.arange(10) % 2 == 0)
    seen, levels = [], []
    for columns, span, block in layout.blocks(200_000):
        seen += list(range(columns.start, columns.stop))
        levels += (block.levels + span.start).tolist()
        assert block.rank.tolist() == layout.rank[span].tolist()
    assert seen == list(range(10))
    assert levels == layout.levels.tolist()
