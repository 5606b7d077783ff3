"""Small boosted trees on binned features: enough to tell two samples apart, or to predict a loss.

Newton boosting with histograms of gradients, as in Friedman, Ann. Stat. 29 (2001) and Ke et al., NeurIPS
(2017): each feature has at most 64 bins, one for missing values, and trees grow level by level, so that a
level is a few counts over all features at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, REAL, WHOLE, address, available, kernel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

BINS = 64
"""Bins of a feature; the first holds missing values."""

TREES = 60
DEPTH = 4
LEARNING_RATE = 0.15
LEAF_ROWS = 20
RIDGE = 5.0
"""Added to the curvature of each leaf: shrinks leaves of few rows."""

_OTHER_PRIOR = 10.0


@dataclass(frozen=True)
class Binning:
    """How features become codes: for each feature its inner edges, or its categories in order.

    Attributes:
        edges: numeric features: increasing; bin 1 + (number of edges at or below the value).
        categories: categorical features: (known values, increasing; the bin of each). Others: bin 1.
    """

    edges: tuple[Floats | None, ...]
    categories: tuple[tuple[Floats, Codes] | None, ...]

    def codes(self, features: Floats) -> Codes:
        """Bins of rows, shape (n, d) uint8; NaN is bin 0."""
        features = np.ascontiguousarray(features)
        out = np.zeros(features.shape, np.uint8)
        for j, edges in enumerate(self.edges):
            x = features[:, j]
            if edges is not None and available():
                kernel("bins", None, ADDRESS, WHOLE, WHOLE, ADDRESS, WHOLE, ADDRESS)(
                    address(x), *features.shape, address(edges), len(edges), address(out[:, j])
                )
                continue
            known = self.categories[j]
            if known is None:
                assert edges is not None
                bins = 1 + np.searchsorted(edges, x, side="right")
            else:
                values, places = known
                at = np.minimum(np.searchsorted(values, x), max(len(values) - 1, 0))
                bins = np.where(values[at] == x, places[at], 1) if len(values) else np.ones(len(x), np.intp)
            out[:, j] = np.where(np.isnan(x), 0, bins)
        return out


def learn_binning(features: Floats, categorical: Bools, target: Floats) -> Binning:
    """Equal-mass bins of numbers; the frequent categories in the order of their mean target.

    Ordering categories by the target makes splits of the order as good as splits of the set (Fisher, J. Am.
    Stat. Assoc. 53, 1958); rare categories share a bin with those that were not seen.
    """
    edges: list[Floats | None] = []
    categories: list[tuple[Floats, Codes] | None] = []
    overall = float(target.mean()) if target.size else 0.0
    for x, is_category in zip(features.T, categorical, strict=True):
        present = ~np.isnan(x)
        values = np.sort(x[present])
        if is_category:
            edges.append(None)
            categories.append(_ordered(x[present], target[present], overall))
        else:
            ranks = np.arange(1, BINS - 1) * values.size // (BINS - 1)
            inner = np.unique(values[ranks]) if values.size else values
            edges.append(inner[inner > values[0]] if values.size else inner)
            categories.append(None)
    return Binning(tuple(edges), tuple(categories))


def _ordered(x: Floats, target: Floats, overall: float) -> tuple[Floats, Codes]:
    values, at, rows = np.unique(x, return_inverse=True, return_counts=True)
    means = (np.bincount(at, target, len(values)) + _OTHER_PRIOR * overall) / (rows + _OTHER_PRIOR)
    kept = np.flatnonzero(rows >= LEAF_ROWS)
    kept = kept[np.argsort(-rows[kept], kind="stable")[: BINS - 2]]
    places = np.empty(len(kept), np.uint8)
    places[np.argsort(means[kept], kind="stable")] = 2 + np.arange(len(kept))
    order = np.argsort(values[kept])
    return values[kept][order], places[order]


@dataclass(frozen=True)
class Boosted:
    """A fitted model: the sum of a start value and of trees of equal depth.

    Attributes:
        binning: of the features. start: the value before any tree.
        features, cuts: shape (T, 2^D - 1): the inner nodes, level by level: right where code > cut.
        leaves: shape (T, 2^D).
    """

    binning: Binning
    start: float
    features: npt.NDArray[np.intp]
    cuts: Codes
    leaves: Floats

    def predict(self, features: Floats) -> Floats:
        """The model's raw value (a logit, or a mean), shape (n,)."""
        by_row = self.binning.codes(features)
        out = np.full(len(by_row), self.start)
        if available():
            kernel("ask", None, ADDRESS, *[WHOLE] * 4, *[ADDRESS] * 4)(
                address(by_row), by_row.shape[1], len(by_row), len(self.features), DEPTH,
                address(self.features), address(self.cuts), address(self.leaves), address(out),
            )  # fmt: skip
            return out
        codes = np.ascontiguousarray(by_row.T)
        for feature, cut, leaf in zip(self.features, self.cuts, self.leaves, strict=True):
            node = np.zeros(len(out), np.intp)
            for level in range(DEPTH):
                inner = slice(2**level - 1, 2 ** (level + 1) - 1)
                node = _descended(codes, node, feature[inner], cut[inner])
            out += leaf[node]
        return out


def boost_probability(features: Floats, categorical: Bools, target: Floats) -> Boosted:
    """Fit the logit of P(target = 1 | features).

    Args:
        features: shape (n, d), NaN missing. categorical: shape (d,). target: shape (n,) of 0 and 1.
    """
    share = float(target.mean()) if target.size else 0.5

    def slope(raw: Floats) -> tuple[Floats, Floats]:
        p = 1 / (1 + np.exp(-raw))
        return p - target, p * (1 - p)

    start = float(np.log(share) - np.log1p(-share)) if 0 < share < 1 else 0.0
    return _boost(features, categorical, target, start, slope)


def boost_mean(features: Floats, categorical: Bools, target: Floats) -> Boosted:
    """Fit the mean of target given features, by squared error; shapes as in `boost_probability`."""
    return _boost(features, categorical, target, float(target.mean()), lambda raw: (raw - target, None))


def _boost(
    features: Floats,
    categorical: Bools,
    target: Floats,
    start: float,
    slope: Callable[[Floats], tuple[Floats, Floats | None]],
) -> Boosted:
    """Trees that follow the slope of a loss at the values so far.

    Args:
        slope: of these values (n,): gradient and curvature of each row; None: all curvatures are 1.
    """
    binning = learn_binning(features, categorical, target)
    codes = binning.codes(features)
    rows, columns = codes.shape
    raw = np.full(rows, start)
    forest = _CompiledForest(codes) if available() else _Forest(codes)
    grown = []
    for _ in range(TREES if columns else 0):
        g, h = (None if x is None else _exact(x) for x in slope(raw))
        assert g is not None
        feature, cut, node = forest.grow(g, h)
        slots = 2**DEPTH
        leaf = -LEARNING_RATE * np.bincount(node, g, slots) / (np.bincount(node, h, slots) + RIDGE)
        raw += leaf[node]
        grown.append((feature, cut, leaf))
    none: tuple[Any, ...] = (np.empty((0, 0), np.intp), np.empty((0, 0), np.uint8), np.empty((0, 0)))
    parts = [np.array(part) for part in zip(*grown, strict=True)] if grown else none
    return Boosted(binning, start, *parts)


def _exact(x: Floats) -> Floats:
    """Numbers rounded to a unit in which all sums of them are whole and exact, in any order."""
    bits = 52 - len(x).bit_length()
    unit = 2.0 ** (int(np.frexp(np.abs(x).max(initial=0.0))[1]) - bits)
    return np.asarray(np.rint(x / unit) * unit, np.float64)


Grown = tuple[npt.NDArray[np.intp], Codes, npt.NDArray[np.intp]]
"""A tree: the features and cuts of its inner nodes, and the leaf of each row."""


class _CompiledForest:
    """Grows trees on the same rows by the compiled loop: the same trees as `_Forest` grows."""

    def __init__(self, codes: Codes) -> None:
        """Of codes, shape (n, d)."""
        self.codes = codes
        rows, columns = codes.shape
        self._sums = np.empty((2 ** (DEPTH - 1), columns, BINS, 4))
        self._order = np.empty((2, rows), np.int64)

    def grow(self, g: Floats, h: Floats | None) -> Grown:
        """See `_Forest.grow`."""
        rows, columns = self.codes.shape
        features, cuts = np.empty(2**DEPTH - 1, np.int64), np.empty(2**DEPTH - 1, np.uint8)
        leaf = np.empty(rows, np.int64)
        kernel(
            "grow", None, ADDRESS, WHOLE, WHOLE, WHOLE, ADDRESS, ADDRESS, WHOLE, REAL, REAL, *[ADDRESS] * 5
        )(
            address(self.codes), columns, BINS, rows, address(g), address(h), DEPTH, LEAF_ROWS, RIDGE,
            address(self._sums), address(self._order), address(features), address(cuts), address(leaf),
        )  # fmt: skip
        return features, cuts, leaf


class _Forest:
    """Grows trees on the same rows; sums over bins are cumulated, shape (1 + values, nodes, d, BINS).

    The first of them are numbers of rows.
    """

    def __init__(self, codes: Codes) -> None:
        """Of codes, shape (n, d)."""
        self.codes = np.ascontiguousarray(codes.T)
        self._by_row = codes

    def grow(self, g: Floats, h: Floats | None) -> Grown:
        """One tree.

        Args:
            g, h: gradients, and curvatures where these are not 1, as `_exact` gives them.
        """
        values = [g] if h is None else [g, h]
        node = np.zeros(len(g), np.intp)
        sums = self._cumulated(np.arange(len(node)), node, values, 1)
        features, cuts = [], []
        for level in range(DEPTH):
            if level:
                sums = self._halved(sums, node, values)
            feature, cut = _best(sums)
            features.append(feature)
            cuts.append(cut)
            node = _descended(self.codes, node, feature, cut)
        return np.concatenate(features), np.concatenate(cuts), node

    def _halved(self, parents: Floats, node: Any, values: list[Floats]) -> Floats:
        """The sums of both children of each node: the smaller is counted, the other is what it leaves."""
        nodes = parents.shape[1]
        size = np.bincount(node, minlength=2 * nodes).reshape(nodes, 2)
        smaller = size.argmin(1)
        chosen = np.flatnonzero((node & 1) == smaller[node >> 1])
        counted = self._cumulated(chosen, node[chosen] >> 1, values, nodes)
        found = np.empty((len(parents), nodes, 2, *parents.shape[2:]))
        every = np.arange(nodes)
        found[:, every, smaller] = counted
        found[:, every, 1 - smaller] = parents - counted
        return found.reshape(len(parents), 2 * nodes, *parents.shape[2:])

    def _cumulated(self, rows: Any, node: Any, values: list[Floats], nodes: int) -> Floats:
        """Of some rows, each in a node."""
        columns = len(self.codes)
        at = self._by_row[rows] + BINS * np.arange(columns, dtype=np.intp)
        flat = (at + (node * (columns * BINS))[:, None]).ravel()
        size = nodes * columns * BINS
        counts = [np.bincount(flat, minlength=size)]
        counts += [np.bincount(flat, np.repeat(x[rows], columns), size) for x in values]
        return np.cumsum(np.reshape(counts, (len(counts), nodes, columns, BINS)), -1, dtype=np.float64)


def _descended(codes: Codes, node: Any, feature: Any, cut: Codes) -> Any:
    """The node below of each row: codes (d, n), places among the nodes of a level (n,), and their splits."""
    right = codes[feature] > cut[:, None]
    return 2 * node + right.ravel()[node * len(node) + np.arange(len(node))]


def _best(sums: Floats) -> tuple[Any, Any]:
    """The best feature and cut of each node, see `_Forest`; cut BINS: no split."""
    count, g, h = sums[0], sums[1], sums[2 if len(sums) > 2 else 0]
    nodes, _, bins = g.shape
    total_g, total_h, total = (part[:, :1, -1:] for part in (g, h, count))
    gain = g**2 / (h + RIDGE) + (total_g - g) ** 2 / (total_h - h + RIDGE)
    gain = np.where((count >= LEAF_ROWS) & (total - count >= LEAF_ROWS), gain, -np.inf)
    best = gain.reshape(nodes, -1).argmax(-1)
    found = np.isfinite(gain.reshape(nodes, -1)[np.arange(nodes), best])
    return best // bins, np.where(found, best % bins, BINS).astype(np.uint8)
