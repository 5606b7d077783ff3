"""Pairs and summaries built straight from rows, so that a metric can be checked without profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import CLIP, Pair
from leadline.metrics.summary import Summary
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_NUMBERS = (
    "rows",
    "nan",
    "infinite",
    "distinct",
    "total",
    "squares",
    "centre",
    "scale",
    "minimum",
    "maximum",
)


def numeric_pair(
    reference: Sequence[npt.ArrayLike], current: Sequence[npt.ArrayLike], cells: int = 256
) -> Pair:
    """The pair of K numeric columns, counted on grids learned from the reference.

    Args:
        reference, current: for each column the finite values of that side, in any order.
        cells: cells of equal mass in the grid.
    """
    columns = [
        _numeric_column(np.asarray(r, float), np.asarray(c, float), cells)
        for r, c in zip(reference, current, strict=True)
    ]
    width = max((len(column["atoms"]) for column in columns), default=0)
    edges = [np.pad(column["edges"], (0, width + 1 - len(column["edges"])), "edge") for column in columns]
    counts = {
        name: np.array([np.pad(column[name], (0, width - len(column[name]))) for column in columns])
        for name in ("reference", "current", "reference_sums", "current_sums")
    }
    atoms = [np.pad(column["atoms"], (0, width - len(column["atoms"]))) for column in columns]
    return Pair(
        **{name: array.reshape(len(columns), width).astype(float) for name, array in counts.items()},
        ordered=True,
        edges=np.array(edges).reshape(len(columns), width + 1),
        atoms=np.array(atoms).reshape(len(columns), width).astype(bool),
        reference_squares=np.array([column["reference_squares"] for column in columns]),
        current_squares=np.array([column["current_squares"] for column in columns]),
    )


def categorical_pair(reference: npt.ArrayLike, current: npt.ArrayLike) -> Pair:
    """The pair of K categorical columns from their counts, shape (K, C) each; current may have windows."""
    return Pair(np.asarray(reference, float), np.asarray(current, float), ordered=False)


def _numeric_column(reference: Floats, current: Floats, cells: int) -> dict[str, npt.NDArray[np.generic]]:
    axis = NumericAxis.learn(np.sort(reference), cells)
    both = np.concatenate([reference, current])
    low, high = (both.min(), both.max()) if len(both) else (0.0, 0.0)
    column: dict[str, npt.NDArray[np.generic]] = {
        "edges": axis.standardise(np.clip(axis.edges, low, high)),
        "atoms": axis.atoms,
    }
    for name, values in (("reference", reference), ("current", current)):
        cell = np.searchsorted(axis.edges, values, side="right") - 1
        standard = np.clip(axis.standardise(values), -CLIP, CLIP)
        column[name] = np.bincount(cell, minlength=axis.cells)
        column[f"{name}_sums"] = np.bincount(cell, weights=standard, minlength=axis.cells)
        column[f"{name}_squares"] = np.array((standard**2).sum())
    return column


def numeric_summary(columns: Sequence[npt.ArrayLike], cells: int = 256) -> Summary:
    """The summary of K numeric columns given as rows (NaN and infinities counted as such)."""
    parts = [_numeric_summary(np.asarray(values, float), cells) for values in columns]
    width = max((len(part["atoms"]) for part in parts), default=0)

    def stacked(name: str, extra: int = 0) -> npt.NDArray[np.generic]:
        mode: Literal["edge", "constant"] = "edge" if extra else "constant"
        rows = [np.pad(part[name], (0, width + extra - len(part[name])), mode) for part in parts]
        return np.array(rows).reshape(len(parts), width + extra)

    plain = {name: np.array([float(part[name]) for part in parts]) for name in _NUMBERS}
    none = np.zeros(len(parts))
    return Summary(
        **plain,
        null=none,
        empty=none,
        counts=stacked("counts").astype(float),
        unseen=np.full(len(parts), np.nan),
        outside=none,
        outliers=none,
        type_changed=np.zeros(len(parts), bool),
        distinct_low=plain["distinct"],
        distinct_high=plain["distinct"],
        edges=stacked("edges", 1).astype(float),
        atoms=stacked("atoms").astype(bool),
    )


def categorical_summary(counts: npt.ArrayLike, null: npt.ArrayLike, unseen: npt.ArrayLike) -> Summary:
    """The summary of K categorical columns: counts (K, C), rows without a value and rows never seen (K,)."""
    cells, missing = np.asarray(counts, float), np.asarray(null, float)
    none, distinct = np.zeros(len(missing)), (cells > 0).sum(-1).astype(float)
    return Summary(
        rows=cells.sum(-1) + missing,
        null=missing,
        nan=none,
        infinite=none,
        empty=none,
        counts=cells,
        unseen=np.asarray(unseen, float),
        outside=np.full(len(missing), np.nan),
        outliers=np.full(len(missing), np.nan),
        type_changed=np.zeros(len(missing), bool),
        distinct=distinct,
        distinct_low=distinct,
        distinct_high=distinct,
    )


def _numeric_summary(values: Floats, cells: int) -> dict[str, npt.NDArray[np.generic]]:
    finite = values[np.isfinite(values)]
    axis = NumericAxis.learn(np.sort(finite), cells)
    low, high = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
    standard = axis.standardise(finite)
    cell = np.searchsorted(axis.edges, finite, side="right") - 1
    numbers = {
        "rows": len(values),
        "nan": np.isnan(values).sum(),
        "infinite": np.isinf(values).sum(),
        "distinct": len(np.unique(finite)),
        "total": standard.sum(),
        "squares": (standard**2).sum(),
        "centre": axis.centre,
        "scale": axis.scale,
        "minimum": low,
        "maximum": high,
    }
    arrays = {
        "edges": np.clip(axis.edges, low, high) if len(finite) else np.zeros(axis.cells + 1),
        "atoms": axis.atoms,
        "counts": np.bincount(cell, minlength=axis.cells),
    }
    return {name: np.array(number) for name, number in numbers.items()} | arrays
