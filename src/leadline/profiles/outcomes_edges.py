"""Cells of scores: learned once from the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_sums import Floats

CELLS = 1024
"""Most score cells of a grid."""

CALIBRATION_BINS = 10
"""Equal-width bins of the calibration error on 0..1."""


def score_edges(
    scores: Floats,
    labels: npt.NDArray[Any] | None = None,
    threshold: float | None = None,
    cells: int = CELLS,
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Inner edges of at most `cells` score cells (256 or more), and which cells are atoms.

    Edges are order statistics of all scores, of the positives' and of the negatives' (so that both sides of
    every comparison of ranks are finely cut), one cell for each value with real mass, the calibration bins,
    and a coarse net over the whole range for scores that were not seen yet.
    """
    s = np.sort(scores)
    if s.size == 0:
        s = np.array([0.0])
    fixed = _net(s, cells // 8)
    if threshold is not None and np.isfinite(threshold):
        fixed = np.append(fixed, threshold)
    atoms = _atoms(s, cells // 4)
    after = np.nextafter(atoms, np.inf)
    budget = max(0, cells - 1 - len(np.unique(np.concatenate([fixed, atoms, after]))))
    groups = [scores]
    if labels is not None:
        groups += [g for c in (0, 1) if (g := scores[labels == c]).size]
    share = budget // len(groups)
    ranks = [_order_statistics(np.sort(g), atoms, share) for g in groups]
    inner = np.unique(np.concatenate([fixed, atoms, after, *ranks]))
    places = np.searchsorted(inner, atoms) + 1
    single = inner[np.minimum(places, len(inner) - 1)] == after
    return tuple(inner.tolist()), tuple(places[single].tolist())


def _net(ordered: Floats, even: int) -> Floats:
    low, high = float(ordered[0]), float(ordered[-1])
    bins = np.arange(CALIBRATION_BINS + 1) / CALIBRATION_BINS
    if low >= 0 and high <= 1:
        tail = np.concatenate([10.0**-p * np.array([1.0, 2.0, 5.0]) for p in np.arange(2, 8)])
        beyond = np.nextafter(1.0, 2.0)
        return np.unique(np.concatenate([bins, np.arange(1, even) / even, tail, 1 - tail, [beyond]]))
    near, far = np.quantile(ordered, [0.05, 0.95])
    span = max(far - near, abs(near) * 1e-6, 1e-300)
    reach = span * 2.0 ** np.arange(-3, 21)
    outside = np.concatenate([near - reach, far + reach])
    net = np.concatenate([bins, np.nextafter([1.0], 2.0), np.linspace(near, far, even // 2), outside])
    return np.unique(net[np.isfinite(net)])


def _atoms(ordered: Floats, most: int) -> Floats:
    values, counts = np.unique(ordered, return_counts=True)
    repeated = counts >= 2
    if repeated.sum() > 0.8 * most or len(values) > 1.6 * most:
        repeated &= counts >= len(ordered) / (1.6 * most)
    largest = np.argsort(-counts[repeated], kind="stable")[:most]
    return np.sort(values[repeated][largest])


def _order_statistics(ordered: Floats, atoms: Floats, cells: int) -> Floats:
    if atoms.size:
        ordered = ordered[~np.isin(ordered, atoms)]
    if ordered.size == 0 or cells < 2:
        return ordered[:0]
    ranks = np.unique(np.arange(cells) * ordered.size // cells)
    return ordered[ranks]
