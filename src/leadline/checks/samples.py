"""Pairs built straight from rows, so that a metric can be checked without files and profiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import Pair
from leadline.profiles.grid import NumericAxis

Floats = npt.NDArray[np.float64]


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
        standard = axis.standardise(values)
        column[name] = np.bincount(cell, minlength=axis.cells)
        column[f"{name}_sums"] = np.bincount(cell, weights=standard, minlength=axis.cells)
        column[f"{name}_squares"] = np.array((standard**2).sum())
    return column
