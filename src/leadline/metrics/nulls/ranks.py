"""The mean-rank shift and other sums of scores under no change."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from leadline.metrics import special
from leadline.metrics.nulls.counts import Counts, Floats, guarded, shares
from leadline.metrics.pair import Pair

_NEAR = 1.2
"""Deviations from the mean within which the saddlepoint is not needed (and at 0 has no digits)."""

_ROUGH = 0.05
"""A row this heavy, in squared scores over the effective size, makes the normal law too crude."""


@guarded
def mean_rank_shift(pair: Pair) -> Floats:
    """Two-sided p-value of the mean-rank shift (Mann-Whitney's U with mid-ranks for ties).

    Normal where the ranks are spread; else the conditional double saddlepoint of Booth & Butler (1990)
    in Skovgaard's (1987) tail formula, because one heavy tie makes U skewed.
    """
    counts = Counts.of(pair)
    share = counts.share
    rank = np.cumsum(share, -1) - share / 2
    shift = -(counts.gap * rank).sum(-1)
    # A reference row is the lower edge of its cell, where all current rows of the cell lie above it.
    fine = np.ones(share.shape, bool)
    if pair.atoms is not None:
        fine = ~np.broadcast_to(pair.atoms, pair.current.shape).reshape(share.shape)
    spread = (share * (fine & (counts.reference > 0))).sum(-1)
    tie = share.max(-1)
    slack = spread / (2 * (counts.m + 1)) + tie * tie / 4 / np.maximum(counts.harmonic, 1e-300)
    reduced = np.sign(shift) * np.maximum(np.abs(shift) - slack, 0.0)
    return counts.answer(_two_sided(reduced, rank - 0.5, counts))


@guarded
def score_sum_tails(
    score: npt.ArrayLike, counts: npt.ArrayLike, size: npt.ArrayLike, total: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """P(sum of scores of a random part at least `total`), and P(at most), given the pooled counts.

    Args:
        score: shape (..., C), of a row in each cell.
        counts: shape (..., C), pooled rows (real numbers allowed).
        size: shape (...), rows of the part, drawn without replacement.
        total: shape (...), the part's sum of scores.

    The double saddlepoint of Booth & Butler (1990), which a few heavy scores do not mislead; near the mean a
    gamma law with three moments.
    """
    score, c = np.broadcast_arrays(np.asarray(score, np.float64), np.asarray(counts, np.float64))
    shape = c.shape[:-1]
    score, c = score.reshape(-1, c.shape[-1]), c.reshape(-1, c.shape[-1])
    n, at = (np.broadcast_to(np.asarray(x, np.float64), shape).ravel() for x in (size, total))
    rows = c.sum(-1)
    mean = shares(c * score, rows).sum(-1)
    centred = score - mean[:, None]
    spread = np.sqrt(shares(c * centred**2, rows).sum(-1))
    standard = np.where(c > 0, centred, 0.0) / np.where(spread > 0, spread, 1.0)[:, None]
    gap = (at - n * mean) / np.where(spread > 0, spread, 1.0)
    harmonic = n * (rows - n) / rows
    deviation = np.sqrt(harmonic * rows / np.maximum(rows - 1, 1.0))
    third = shares(c * standard**3, rows).sum(-1) * harmonic * (rows - 2 * n) / rows
    skewness = third / np.maximum(deviation, 1e-300) ** 3
    z = gap / np.maximum(deviation, 1e-300)
    side = np.where(z >= 0, 1.0, -1.0)
    near = special.pearson_iii_sf(np.abs(z), 0.0, 1.0, side * skewness)
    far = np.flatnonzero((np.abs(z) > _NEAR) & (spread > 0) & (n > 0) & (n < rows))
    if len(far):
        near[far] = _saddlepoint(standard[far], c[far], n[far], gap[far])
    near = np.where(spread > 0, np.clip(near, 0.0, 1.0), 1.0)
    up, down = np.where(z >= 0, near, 1 - near), np.where(z >= 0, 1 - near, near)
    up, down = np.where(spread > 0, up, 1.0), np.where(spread > 0, down, 1.0)
    return up.reshape(shape), down.reshape(shape)


def _two_sided(shift: Floats, score: Floats, counts: Counts) -> Floats:
    """Two-sided tail of a mean of centred scores, current minus reference, given the pooled counts."""
    total = np.maximum(counts.total, 2.0)
    spread = (counts.share * score**2).sum(-1)
    variance = spread * total / (total - 1) / np.maximum(counts.harmonic, 1e-300)
    z = np.where(variance > 0, np.abs(shift) / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
    p = 2 * special.normal_sf(z)
    reach = np.where(counts.pooled > 0, np.abs(score), 0.0).max(-1) ** 2 / np.maximum(spread, 1e-300)
    rough = reach > _ROUGH * counts.harmonic
    rows = np.flatnonzero((z > _NEAR) & rough & (variance > 0))
    if len(rows):
        some = counts.some(rows)
        standard = score[rows] / np.sqrt(spread[rows])[:, None]
        # n (mean score of the current side), centred: the shift times m n / N.
        target = shift[rows] / np.sqrt(spread[rows]) * some.harmonic
        near = _saddlepoint(standard, some.pooled, some.n, target)
        far = _saddlepoint(standard, some.pooled, some.n, -target)
        p[rows] = near + far
    return p


def _saddlepoint(score: Floats, c: Floats, size: Floats, target: Floats) -> Floats:
    """P(sum of b score at least as far out as the target), b hypergeometric given c and its total `size`.

    The cells are binomial(c, f) given their total: Skovgaard's double saddlepoint.
    """
    total = c.sum(-1)
    f = (size / total)[:, None]
    v = f * (1 - f)
    theta = target / np.maximum((c * score**2).sum(-1) * v[:, 0], 1e-300)
    lam, determinant, going = np.zeros(len(c)), np.ones(len(c)), np.ones(len(c), bool)
    logit = np.log(f) - np.log1p(-f)
    for _ in range(40):
        tilt = 1 / (1 + np.exp(-np.clip(logit + lam[:, None] + theta[:, None] * score, -700, 700)))
        weight = c * tilt * (1 - tilt)
        gap_t = target - (c * tilt * score).sum(-1)
        gap_l = size - (c * tilt).sum(-1)
        tt, tl, ll = (weight * score**2).sum(-1), (weight * score).sum(-1), weight.sum(-1)
        determinant = np.where(going, np.maximum(tt * ll - tl * tl, 1e-300), determinant)
        step_t = (ll * gap_t - tl * gap_l) / determinant
        step_l = (tt * gap_l - tl * gap_t) / determinant
        reach = np.abs(step_l[:, None] + step_t[:, None] * np.where(c > 0, score, 0.0)).max(-1)
        damp = np.where(going, np.minimum(1.0, 2.0 / np.maximum(reach, 1e-300)), 0.0)
        theta, lam = theta + damp * step_t, lam + damp * step_l
        going &= ~(reach < 1e-9)
        if not going.any():
            break
    exponent = logit + lam[:, None] + theta[:, None] * score
    cumulant = (c * (np.log1p(-f) + np.logaddexp(0.0, np.clip(exponent, -700, 700)))).sum(-1)
    deviance = np.maximum(2 * (theta * target + lam * size - cumulant), 0.0)
    r = np.sqrt(deviance)
    u = np.abs(theta) * np.sqrt(determinant / np.maximum(c.sum(-1) * v[:, 0], 1e-300))
    density = np.exp(-deviance / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = special.normal_sf(r) + density / math.sqrt(2 * math.pi) * (1 / u - 1 / r)
    usable = np.isfinite(tail) & (tail > 0) & (tail <= density)
    return np.where(usable, tail, density)
