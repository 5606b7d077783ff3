"""Squared distances of distribution functions under no change: Cramer-von Mises, Anderson-Darling."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from leadline.metrics import special
from leadline.metrics.nulls.counts import Counts, Floats, guarded
from leadline.metrics.pair import Pair

_TIED = 0.02
"""Share of one value from which the tied limit is looked at."""


def cramer_von_mises(pair: Pair) -> Floats:
    """p-value of the two-sample Cramer-von Mises statistic (Anderson 1962), from its limit law.

    Smirnov's integral where values are spread; three matched moments of the tied limit otherwise.
    """
    return _quadratic(pair, anderson=False)


def anderson_darling(pair: Pair) -> Floats:
    """p-value of the two-sample Anderson-Darling statistic (Pettitt 1976), as `cramer_von_mises`."""
    return _quadratic(pair, anderson=True)


def cramer_von_mises_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of the limit law of omega squared (Smirnov 1936)."""
    return _smirnov(np.asarray(x, np.float64), lambda j: (j * math.pi) ** 2, _sine_product)


def anderson_darling_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of the limit law of the Anderson-Darling statistic (Anderson & Darling 1952)."""
    return _smirnov(np.asarray(x, np.float64), lambda j: j * (j + 1.0), _cosine_product)


@guarded
def _quadratic(pair: Pair, anderson: bool) -> Floats:
    counts = Counts.of(pair)
    share = counts.share
    after = np.cumsum(counts.gap, -1)
    before = after - counts.gap
    # Within a cell of spread values the gap moves along a line.
    spread = (before**2 + before * after + after**2) / 3
    tie = share
    if pair.atoms is not None and pair.atoms.size:
        atoms = np.broadcast_to(pair.atoms, pair.current.shape).reshape(share.shape)
        spread = np.where(atoms, (before**2 + after**2) / 2, spread)
        tie = np.where(atoms, share, 0.0)
    weight = share
    if anderson:
        at = np.cumsum(share, -1) - share / 2
        weight = share / np.maximum(at * (1 - at), 1e-12)
    statistic = counts.harmonic * (weight * spread).sum(-1)
    p = anderson_darling_sf(statistic) if anderson else cramer_von_mises_sf(statistic)
    tied = np.flatnonzero((tie.max(-1) > _TIED) & (np.minimum(counts.m, counts.n) > 0))
    if len(tied):
        p[tied] = _tied_tail(p[tied], counts.some(tied).folded(), anderson)
    return counts.answer(p)


def _tied_tail(p: Floats, folded: Counts, anderson: bool) -> Floats:
    """The larger of p and the tail of the tied limit on the folded cells, by three cumulants."""
    weights = _boundary_weights(folded.share, anderson)
    gap = np.cumsum(folded.gap, -1)[:, :-1]
    statistic = folded.harmonic * (weights * gap**2).sum(-1)
    at = np.clip(np.cumsum(folded.share, -1)[:, :-1], 0.0, 1.0)
    bridge = np.minimum(at[:, :, None], at[:, None, :]) - at[:, :, None] * at[:, None, :]
    form = bridge * weights[:, None, :]
    square = form @ form
    first = np.trace(form, axis1=1, axis2=2)
    second = 2 * np.trace(square, axis1=1, axis2=2)
    third = 8 * np.einsum("kij,kji->k", square, form)
    law = special.pearson_iii_sf(statistic, first, second, third)
    return np.where(first > 0, np.fmax(p, law), 1.0)


def _boundary_weights(share: Floats, anderson: bool) -> Floats:
    """Weight of each inner boundary in the integral of the squared gap of the distributions."""
    weights = (share[:, :-1] + share[:, 1:]) / 2
    if anderson:
        at = np.cumsum(share, -1)[:, :-1]
        weights = weights / np.maximum(at * (1 - at), 1e-12)
    return weights


def _sine_product(y: Floats) -> Floats:
    root = np.sqrt(y)
    return np.sin(root) / root


def _cosine_product(y: Floats) -> Floats:
    return -np.cos(math.pi / 2 * np.sqrt(1 + 4 * y)) / (math.pi * y)


def _smirnov(x: Floats, eigenvalue: Callable[[int], float], product: Callable[[Floats], Floats]) -> Floats:
    """Smirnov's integral for the upper tail of a sum of chi-squareds over the eigenvalues.

    Each interval between an odd and the next even eigenvalue has inverse-root ends: Gauss-Chebyshev.
    """
    nodes = np.cos((2 * np.arange(1, 49) - 1) * math.pi / 96)
    large = np.maximum(x, 0.02)[..., None]
    out = np.zeros(x.shape)
    for k in range(1, 13):
        low, high = eigenvalue(2 * k - 1), eigenvalue(2 * k)
        y = (low + high) / 2 + (high - low) / 2 * nodes
        smooth = (high - low) / 2 * np.sqrt(1 - nodes**2) / (y * np.sqrt(np.abs(product(y))))
        term = (np.exp(-large * y / 2) * smooth).sum(-1) * math.pi / 48
        out = out + (-1) ** (k + 1) * term / math.pi
    return np.where(np.isnan(x), np.nan, np.where(x < 0.02, 1.0, np.clip(out, 0.0, 1.0)))
