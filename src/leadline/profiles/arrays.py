"""The arrays of a profile: their axes, what stands where in them, and the same of no rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.grid import Grid, Segment
from leadline.profiles.numeric import EXPONENTS

Ints = npt.NDArray[np.int64]

SPECIALS = ("null", "nan", "minus_infinity", "plus_infinity", "empty", "unreadable", "clipped")
"""What is counted of each column beside its cells.

null; NaN; infinities; empty text; values whose type the axis cannot read (text in a numeric column); values
beyond the clipping bound, which are also in a cell.
"""

NULL, NAN, MINUS_INFINITY, PLUS_INFINITY, EMPTY_TEXT, UNREADABLE, CLIPPED = range(len(SPECIALS))

NO_TIME, OTHER_TIME = -(2**63), -(2**63) + 1
"""Buckets of rows without a time, and of rows whose time found no bucket."""

VERSION_PREFIX = "version/"
"""Before a version's name: the name of its rows among the sums."""

WHOLE_ROWS = ""
"""Name under which `Profile.distinct` holds the sample of whole rows; no column is named so."""


@dataclass(frozen=True)
class Axes:
    """The leading axes of all arrays of a profile: bucket x version x segment.

    Attributes:
        buckets: first microsecond (since 1970, UTC) of each time bucket, ascending; `NO_TIME` and
            `OTHER_TIME` come first where they hold rows; a single 0 where time is unknown.
        versions: model versions; "" where unknown.
        segments: slices of the rows; the first, None, is all rows.
    """

    buckets: tuple[int, ...] = (0,)
    versions: tuple[str, ...] = ("",)
    segments: tuple[Segment | None, ...] = (None,)

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.buckets), len(self.versions), len(self.segments)

    def to_state(self) -> list[Any]:
        """Plain values of which `from_state` makes equal axes."""
        return [self.buckets, self.versions, self.segments]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Axes:
        """The axes that `to_state` described."""
        buckets, versions, segments = state
        return cls(
            tuple(buckets), tuple(versions), tuple(None if s is None else (s[0], s[1]) for s in segments)
        )


def empty_sums(grid: Grid, axes: Axes) -> dict[str, Ints]:
    """Zero counts: the neutral element of `merge`."""
    total, columns = int(grid.offsets[-1]), len(grid.columns)
    shapes: dict[str, tuple[int, ...]] = {
        "rows": (),
        "cells": (total,),
        "moments": (total,),
        "squares": (columns, EXPONENTS),
        "specials": (columns, len(SPECIALS)),
    }
    if grid.vectors:
        shapes["vectors"] = (max(part.stop for part in grid.vectors.values()),)
    if grid.weight_unit:
        for name in ("rows", "cells"):
            for suffix in ("_weight", "_weight_squared"):
                shapes[name + suffix] = shapes[name]
        shapes["left_out"] = ()
        shapes["moments_weight"] = shapes["moments"]
        shapes["squares_weight"] = shapes["squares"]
    return {name: np.zeros(axes.shape + shape, np.int64) for name, shape in shapes.items()}
