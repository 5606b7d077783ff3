"""What is drawn of a column: shares of both sides on few cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.monitors.measurements import Measurements
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.numeric import NumericAxis
from leadline.reports.record import Distribution

DRAWN_CELLS = 40
"""Most cells of a drawn distribution."""

_NAMED_VALUES = 6
"""Numbers of no more values are drawn as categories: a bar for each, as of labels and ratings."""

_FAR = np.finfo(np.float64).max / 4
"""Drawn values lie within this, so that their differences are finite, too."""


def distribution(axis: object, part: Measurements, row: int) -> Distribution | None:
    """Shares of both sides on few cells: equal-mass cells joined, or the largest categories."""
    reference, current = part.pair.shares_of(row)
    if not (reference.any() or current.any()):
        return None
    if isinstance(axis, CategoricalAxis):
        return _categories(axis, reference, current)
    if isinstance(axis, NumericAxis) and part.pair.edges is not None:
        drawn = _histogram(axis, part.pair.edges[row], reference, current)
        numbers = [*(drawn.edges or []), *drawn.reference, *drawn.current]
        return drawn if np.isfinite(numbers).all() else None
    return None


def _categories(
    axis: CategoricalAxis, reference: npt.NDArray[np.float64], current: npt.NDArray[np.float64]
) -> Distribution:
    reference, current = reference[: axis.cells], current[: axis.cells]
    named = len(axis.vocabulary)
    moved = np.abs(reference[:named] - current[:named])
    weight = reference[:named] + current[:named] + moved
    chosen = np.sort(np.argsort(-weight, kind="stable")[: DRAWN_CELLS - 2])
    labels = [axis.vocabulary[i] for i in chosen]
    rest = np.ones(named, bool)
    rest[chosen] = False
    shares = [side[chosen].tolist() for side in (reference, current)]
    tail = "(unseen)" if axis.complete else "(other)"
    others = [(("(other)"), np.flatnonzero(rest))] if axis.complete else []
    last = np.arange(named, axis.cells) if axis.complete else np.r_[np.flatnonzero(rest), named : axis.cells]
    for label, cells in [*others, (tail, last)]:
        if reference[cells].sum() + current[cells].sum() > 0:
            labels.append(label)
            for out, side in zip(shares, (reference, current), strict=True):
                out.append(float(side[cells].sum()))
    return Distribution(edges=None, labels=labels, reference=shares[0], current=shares[1])


def _histogram(
    axis: NumericAxis,
    standardised: npt.NDArray[np.float64],
    reference: npt.NDArray[np.float64],
    current: npt.NDArray[np.float64],
) -> Distribution:
    """Equal-width cells over the middle of both sides.

    What lies beyond, at most 0.2 % of a side at either end, is in no cell.

    Mass is spread evenly within a cell of the grid.
    """
    edges = standardised[: axis.cells + 1] * axis.scale + axis.centre
    edges = np.maximum.accumulate(np.clip(np.nan_to_num(edges, nan=axis.centre), -_FAR, _FAR))
    sides = [side[: axis.cells] for side in (reference, current)]
    cumulative = [np.concatenate([[0.0], np.cumsum(side)]) for side in sides]
    low = min(_end(edges, c, axis.atoms, 0.002) for c in cumulative if c[-1] > 0)
    high = max(_end(edges, c, axis.atoms, 0.998) for c in cumulative if c[-1] > 0)
    atoms = edges[:-1][axis.atoms & ((reference + current)[: axis.cells] > 0)]
    filled = np.count_nonzero((reference + current)[: axis.cells])
    if len(atoms) == filled and len(atoms) <= DRAWN_CELLS and len(atoms) > 0:
        return _few_values(axis, atoms, sides)
    if not high > low:
        high = low + max(abs(low) * 1e-9, 1e-9)
    cuts = np.linspace(low, high, DRAWN_CELLS + 1)
    shares = []
    for c in cumulative:
        at = np.interp(cuts, edges, c)
        # Where the picture ends at the data, all of it is in.
        at[0] = 0.0 if low <= edges[0] else at[0]
        at[-1] = c[-1] if high >= edges[-1] else at[-1]
        shares.append(np.maximum(np.diff(at), 0.0).tolist())
    return Distribution(edges=cuts.tolist(), labels=None, reference=shares[0], current=shares[1])


def _few_values(
    axis: NumericAxis, atoms: npt.NDArray[np.float64], sides: Sequence[npt.NDArray[np.float64]]
) -> Distribution:
    """A bar for each value where they are few, else one cell around each."""
    filled = (sides[0] + sides[1]) > 0
    shares = [side[filled].tolist() for side in sides]
    if len(atoms) <= _NAMED_VALUES:
        # As they are: standardised and back again, they would have other last digits.
        names = [f"{value:.12g}" for value in axis.edges[:-1][filled].tolist()]
        return Distribution(edges=None, labels=names, reference=shares[0], current=shares[1])
    middle = (atoms[1:] + atoms[:-1]) / 2
    step = float(np.min(np.diff(atoms))) if len(atoms) > 1 else max(abs(float(atoms[0])), 1.0)
    edges = [float(atoms[0] - step / 2), *middle.tolist(), float(atoms[-1] + step / 2)]
    return Distribution(edges=edges, labels=None, reference=shares[0], current=shares[1])


def _end(
    edges: npt.NDArray[np.float64],
    cumulative: npt.NDArray[np.float64],
    atoms: npt.NDArray[np.bool_],
    q: float,
) -> float:
    """Where a picture ends: at a quantile, and never within an atom."""
    at = q * cumulative[-1]
    cell = min(int(np.searchsorted(cumulative, at, "right")) - 1, len(atoms) - 1)
    if atoms[cell]:
        return float(edges[cell] if q < 0.5 else edges[cell + 1])
    return float(np.interp(at, cumulative, edges))
