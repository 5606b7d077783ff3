"""Which values of a column moved: what a sentence says beyond the size of a change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.numeric import NumericAxis
from leadline.reports.words import number

Floats = npt.NDArray[np.float64]

_LEAST = 0.01
"""A value that moved by less is not worth a name."""
_RARE, _MANY = 0.02, 0.1
"""One place of a numeric column is worth a word when a rare one comes to hold many values."""
_YES = ("1", "1.0", "true", "True", "TRUE", "yes", "Yes", "Y", "y")


@dataclass(frozen=True)
class Share:
    """A value or a place, and the share of present values there on both sides.

    Attributes:
        name: of the value or place.
        before, now: shares.
        described: the name is our description of several values, not a value of the data.
    """

    name: str
    before: float
    now: float
    described: bool = False


@dataclass(frozen=True)
class Moved:
    """What moved within a column.

    Attributes:
        values: named values, the one that moved most first; two at most.
        only: the column holds two values, so that one share says everything.
        place: where many values gathered (numeric), or None.
        middle: share within the middle half of the reference (numeric), or None.
    """

    values: tuple[Share, ...] = ()
    only: bool = False
    place: Share | None = None
    middle: Share | None = None


def moved(axis: object, edges: Floats | None, reference: Floats, current: Floats) -> Moved:
    """What moved in one column.

    Args:
        axis: of the column.
        edges: shape (C + 1,): standardised edges (numeric).
        reference, current: shape (C,): shares of present values in each cell; padding at the end is ignored.
    """
    if isinstance(axis, CategoricalAxis):
        return _categories(axis, reference[: axis.cells], current[: axis.cells])
    if isinstance(axis, NumericAxis) and edges is not None:
        # The axis knows its edges free of the rounding of standardised ones, but for those of open cells.
        places = edges[: axis.cells + 1] * axis.scale + axis.centre
        places = np.where(np.isfinite(axis.edges), axis.edges, places)
        return _numbers(axis, places, reference[: axis.cells], current[: axis.cells])
    return Moved()


def _categories(axis: CategoricalAxis, reference: Floats, current: Floats) -> Moved:
    named = len(axis.vocabulary)
    shares = [
        Share(axis.vocabulary[i], float(reference[i]), float(current[i]))
        for i in np.argsort(-np.abs(current[:named] - reference[:named]), kind="stable")[:2]
    ]
    tail = "never-seen values" if axis.complete else "rarer values"
    shares.append(Share(tail, float(reference[named:].sum()), float(current[named:].sum()), described=True))
    shares.sort(key=lambda share: -abs(share.now - share.before))
    found = tuple(share for share in shares[:2] if abs(share.now - share.before) >= _LEAST)
    filled = np.flatnonzero(reference + current)
    if len(filled) == 2 and filled[-1] < named and found:
        yes = next((share for share in found if share.name in _YES), None)
        return Moved((yes or max(found, key=lambda share: share.now - share.before),), only=True)
    return Moved(found)


def _numbers(axis: NumericAxis, places: Floats, reference: Floats, current: Floats) -> Moved:
    filled = np.flatnonzero(reference + current)
    if len(filled) == 2 and bool(axis.atoms[filled].all()):
        top = int(filled[-1])
        return Moved((Share(number(float(places[top])), float(reference[top]), float(current[top])),), True)
    return Moved(place=_place(axis, places, reference, current), middle=_middle(reference, current))


def _place(axis: NumericAxis, places: Floats, reference: Floats, current: Floats) -> Share | None:
    """The cell inside the reference's range that came from few values to many."""
    gain = np.where(axis.outside | (reference > _RARE), 0.0, current - reference)
    if not len(gain) or gain.max() < _MANY:
        return None
    cell = int(gain.argmax())
    if axis.atoms[cell]:
        name = f"at {number(float(places[cell]))}"
    else:
        # Right of an atom a cell begins at the next number that a float can hold.
        below = cell - 1 if cell and axis.atoms[cell - 1] else cell
        low, high = number(float(places[below])), number(float(places[cell + 1]))
        name = f"near {low}" if low == high else f"between {low} and {high}"
    return Share(name, float(reference[cell]), float(current[cell]))


def _middle(reference: Floats, current: Floats) -> Share | None:
    """The cells that hold the reference's middle half; None where atoms leave no such half."""
    total = np.cumsum(reference)
    if not len(total) or total[-1] <= 0:
        return None
    inside = (total > 0.25 * total[-1]) & (total - reference < 0.75 * total[-1])
    before = float(reference[inside].sum())
    return Share("middle half", before, float(current[inside].sum())) if before < 0.8 else None
