"""Profiles that can leave the house: counts without samples, extremes, texts of few, and small cells."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import Axis, Grid, GridColumn
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile

SMALL = 10
"""Rows below which a cell is not told on its own."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_BY_CELL, _VECTORS = ("cells", "moments"), "vectors"


class Blinding:
    """Makes profiles of one baseline's grid private; they still merge and compare with one another.

    Names of categories with fewer than `SMALL` reference rows become keyed hashes. Edges of numeric cells
    that single rows made, in the tails, become evenly spaced ones. In every bucket and segment, cells with
    fewer than `SMALL` rows go to the next one that has enough together. Scores by outcome stay exact.

    Args:
        baseline: whose reference says what is rare.
        key: of the hashes; without it nobody can try names.
    """

    def __init__(self, baseline: Baseline, key: bytes) -> None:
        self._counts = baseline.profile.sums["cells"][:, :, 0].sum((0, 1))
        self._before, self._key = baseline.grid, key

    def baseline(self, baseline: Baseline) -> Baseline:
        """The baseline, made private."""
        return replace(baseline, profile=self.profile(baseline.profile))

    def profile(self, profile: Profile) -> Profile:
        """A profile on the baseline's grid, made private."""
        return replace(
            profile,
            grid=self.grid,
            sums={**profile.sums, **self._merged(profile)},
            minimum=np.full_like(profile.minimum, np.inf),
            maximum=np.full_like(profile.maximum, -np.inf),
            distinct={},
            rules=tuple(replace(count, examples=[]) for count in profile.rules),
            sample=None,
        )

    @cached_property
    def grid(self) -> Grid:
        """The grid without what only few rows made."""
        columns = tuple(self._column(k, column) for k, column in enumerate(self._before.columns))
        return replace(self._before, columns=columns)

    def _column(self, k: int, column: GridColumn) -> GridColumn:
        own = slice(int(self._before.offsets[k]), int(self._before.offsets[k + 1]))
        axis: Axis | None = column.axis
        if isinstance(axis, NumericAxis):
            axis = _spaced(axis, self._counts[own] >= SMALL)
        elif isinstance(axis, CategoricalAxis):
            often = self._counts[own][: len(axis.vocabulary)] >= SMALL
            names = zip(axis.vocabulary, often, strict=True)
            axis = replace(axis, vocabulary=tuple(n if often else self._hashed(n) for n, often in names))
        return replace(column, axis=axis)

    def _hashed(self, name: str) -> str:
        content = name.encode("utf-8", "surrogatepass")
        return f"hash:{hmac.new(self._key, content, hashlib.sha256).hexdigest()[:16]}"

    def _merged(self, profile: Profile) -> dict[str, Ints]:
        """The arrays by cell, with small cells put together."""
        found = {name: a.copy() for name, a in profile.sums.items() if name.startswith((*_BY_CELL, _VECTORS))}
        for part in self._before.vectors.values():
            # Sums of few vectors tell what they are.
            sums = found[_VECTORS][..., part]
            sums *= sums[..., :1] >= SMALL
        offsets = self._before.offsets
        for k, column in enumerate(self._before.columns):
            if column.axis is None or not column.axis.cells:
                continue
            own = slice(int(offsets[k]), int(offsets[k + 1]))
            target = _targets(profile.sums["cells"][..., own])
            units, now = (_units(grid.columns[k].axis) for grid in (self._before, self.grid))
            for name, array in found.items():
                if name == _VECTORS:
                    continue
                if name.startswith("moments"):
                    # The sum of each cell is in a unit of its own, which follows from its edges.
                    array[..., own] = np.rint(_moved(target, array[..., own] * units) / now)
                else:
                    array[..., own] = _moved(target, array[..., own])
        return found


def _units(axis: Axis | None) -> npt.NDArray[np.float64]:
    return axis.units if isinstance(axis, NumericAxis) else np.ones(1)


def _targets(counts: Ints) -> npt.NDArray[np.intp]:
    """For each cell the one that its rows go to; shape as that of the counts, (..., cells)."""
    cells = counts.shape[-1]
    target = np.empty(counts.shape, np.intp)
    waiting = np.zeros(counts.shape[:-1], np.int64)
    following = np.full(counts.shape[:-1], -1, np.intp)
    # From the last cell to the first: cells that are too small together wait for the one before.
    group = np.empty(counts.shape, np.intp)
    number = np.zeros(counts.shape[:-1], np.intp)
    for cell in range(cells):
        group[..., cell] = number
        waiting = waiting + counts[..., cell]
        full = waiting >= SMALL
        number = number + full
        waiting = np.where(full, 0, waiting)
    # What is left at the end joins the last group that is full.
    group = np.minimum(group, np.maximum(number - 1, 0)[..., None])
    for cell in reversed(range(cells)):
        last = (cell == cells - 1) | (group[..., cell] != group[..., min(cell + 1, cells - 1)])
        following = np.where(last, cell, following)
        target[..., cell] = following
    return target


def _moved(target: npt.NDArray[np.intp], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The sums of what goes to each cell."""
    cells = values.shape[-1]
    into = np.zeros((values.size // cells, cells), values.dtype)
    rows = np.arange(len(into))[:, None]
    np.add.at(into, (rows, target.reshape(-1, cells)), values.reshape(-1, cells))
    return into.reshape(values.shape)


def _spaced(axis: NumericAxis, often: Bools) -> NumericAxis:
    """The axis with only those edges that many rows are on both sides of; the others lie evenly between."""
    inner = axis.edges[1:-1]
    kept = often[:-1] & often[1:]
    if not kept.any():
        edges = axis.centre + axis.scale * np.linspace(-1, 1, len(inner))
    else:
        places = np.flatnonzero(kept)
        at = np.arange(len(inner))
        edges = np.where(kept, inner, np.interp(at, places, inner[places]))
        # Beyond the outermost of them, steps of the scale.
        edges = np.where(at < places[0], inner[places[0]] - axis.scale * (places[0] - at), edges)
        edges = np.where(at > places[-1], inner[places[-1]] + axis.scale * (at - places[-1]), edges)
    finite = np.array([*edges, axis.centre]) if len(edges) else np.array([axis.centre])
    return replace(
        axis,
        edges=np.array([-np.inf, *edges, np.inf]),
        atoms=axis.atoms & often,
        low=float(finite.min()),
        high=float(finite.max()),
    )
