"""The most surprising cell under no change, exactly."""

from __future__ import annotations

import numpy as np

from leadline.metrics import special
from leadline.metrics.nulls.counts import Bools, Counts, Floats, guarded
from leadline.metrics.pair import Pair

_CANDIDATES = 4
"""Cells, of the largest deviance, whose exact tails are computed."""


@guarded
def largest_cell(pair: Pair) -> Floats:
    """p-value of the most surprising cell: exact hypergeometric tails, Bonferroni over cells and sides.

    Cells that can never reach the smallest p-value found cost nothing (Tarone 1990).
    """
    counts = Counts.tested(pair)
    return counts.answer(largest(counts))


def exact_if_two_cells(p: Floats, counts: Counts) -> Floats:
    """The p-values, but 1 of columns with one cell, and the exact two-sided one with two cells."""
    pair = np.flatnonzero(counts.filled == 2)
    p = np.where(counts.filled < 2, 1.0, p)
    if len(pair):
        p[pair] = largest(counts.some(pair))
    return p


def largest(counts: Counts) -> Floats:
    """As `largest_cell`, shape (L,)."""
    c, m, n = counts.pooled, counts.m[:, None], counts.n[:, None]
    total = np.maximum(m + n, 1.0)
    top = min(_CANDIDATES, c.shape[-1])
    chosen = np.argpartition(-_surprise(counts), top - 1, -1)[:, :top]
    at, pooled = (np.take_along_axis(x, chosen, -1) for x in (counts.current, c))
    # Real-valued counts (after an inflation) are rounded towards no change.
    expected = pooled * n / total
    inward = np.where(at > expected, np.floor(at + 1e-9), np.ceil(at - 1e-9))
    # Rounding may pass what was expected, and even the cell's own count: then nothing is known.
    moved = (pooled > 0) & ((inward - expected) * (at - expected) > 0)
    least = np.where(moved, smaller_tail(inward, at > expected, total, pooled, n), 1.0).min(-1)
    least = np.maximum(least, 1e-300)
    # How small a tail can get at all: every row of the cell on one side.
    with np.errstate(divide="ignore", invalid="ignore"):
        all_current = c * np.log((n - c + 1) / (total - c + 1))
        none_current = c * np.log((m - c + 1) / (total - c + 1))
    bound = np.log(least)[:, None] + 1e-9
    possible = np.zeros(c.shape)
    for log_least, room in ((all_current, n), (none_current, m)):
        possible = possible + ((c > 0) & (~(log_least > bound) | (c > room)))
    ways = possible.sum(-1) / np.where(counts.filled == 2, 2, 1)
    return np.where(counts.filled < 2, 1.0, np.minimum(least * np.maximum(ways, 1.0), 1.0))


def smaller_tail(k: Floats, above: Bools, total: Floats, hits: Floats, draws: Floats) -> Floats:
    """The smaller of P(at least k hits) and P(at most k), where k is above the mean, or below it."""
    total, draws = np.broadcast_to(total, k.shape), np.broadcast_to(draws, k.shape)
    # At most k hits are drawn where at least draws - k of the others are.
    found = special.hypergeometric_sf(
        np.where(above, k, draws - k), total, np.where(above, hits, total - hits), draws
    )
    # Beyond the mean and still frequent: near it, where the other tail may be the smaller one.
    near = found > 0.5
    if near.any():
        above, k, total, hits, draws = above[near], k[near], total[near], hits[near], draws[near]
        other = special.hypergeometric_sf(
            np.where(above, draws - k, k), total, np.where(above, total - hits, hits), draws
        )
        found[near] = np.minimum(found[near], other)
    return found


def _surprise(counts: Counts) -> Floats:
    """Binomial deviance of each cell, to find the candidates for exact tails."""
    out = np.zeros(counts.pooled.shape)
    for x, size in ((counts.reference, counts.m), (counts.current, counts.n)):
        expected = counts.share * size[:, None]
        ratio = np.where(x > 0, x / np.maximum(expected, 1e-300), 1.0)
        out = out + np.where(x > 0, x * np.log(ratio), 0.0)
    return out
