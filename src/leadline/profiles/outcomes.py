"""What a model's predictions came to, as integer arrays that add and subtract.

One grid for each task, learned once from the reference; then `count` turns a batch into arrays, batches
add with `+` and are taken back with `-`, key by key, and `decode` gives the float arrays that the
performance metrics read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_binary import (
    BinaryGrid,
    count_binary,
    decode_binary,
    empty_binary,
    implied_threshold,
    learn_binary,
)
from leadline.profiles.outcomes_edges import score_edges
from leadline.profiles.outcomes_labels import (
    MISSING,
    UNKNOWN,
    Task,
    binary_classes,
    canonical,
    encode,
    infer_task,
    known_classes,
    value_counts,
)
from leadline.profiles.outcomes_multiclass import (
    MulticlassGrid,
    count_multiclass,
    decode_multiclass,
    empty_multiclass,
    learn_multiclass,
)
from leadline.profiles.outcomes_ratio import (
    RatioGrid,
    count_ratio,
    decode_ratio,
    empty_ratio,
    learn_ratio,
)
from leadline.profiles.outcomes_regression import (
    RegressionGrid,
    count_regression,
    decode_regression,
    empty_regression,
    learn_regression,
)
from leadline.profiles.outcomes_sums import weight_scale

OutcomeGrid = BinaryGrid | MulticlassGrid | RegressionGrid | RatioGrid
"""Any of the grids; msgspec tells them apart by their tag when it saves and loads them."""

Outcomes = dict[str, npt.NDArray[np.int64]]
"""Counts of some rows, by the name of the part."""


def add(a: Mapping[str, npt.NDArray[np.int64]], b: Mapping[str, npt.NDArray[np.int64]]) -> Outcomes:
    """The counts of two disjoint sets of rows together."""
    return {key: a[key] + b[key] for key in a}


def subtract(a: Mapping[str, npt.NDArray[np.int64]], b: Mapping[str, npt.NDArray[np.int64]]) -> Outcomes:
    """The counts of the rows of `a` without those of `b`."""
    return {key: a[key] - b[key] for key in a}


def empty(grid: OutcomeGrid) -> Outcomes:
    """The counts of no rows."""
    if isinstance(grid, BinaryGrid):
        return empty_binary(grid)
    if isinstance(grid, MulticlassGrid):
        return empty_multiclass(grid)
    if isinstance(grid, RegressionGrid):
        return empty_regression(grid)
    return empty_ratio(grid)


def decode(grid: OutcomeGrid, counts: Outcomes) -> dict[str, Any]:
    """Float arrays from integer counts, ready for `metrics.performance.view`; leading axes are kept."""
    if isinstance(grid, BinaryGrid):
        return decode_binary(grid, counts)
    if isinstance(grid, MulticlassGrid):
        return decode_multiclass(grid, counts)
    if isinstance(grid, RegressionGrid):
        return decode_regression(grid, counts)
    return decode_ratio(grid, counts)


__all__ = [
    "MISSING",
    "UNKNOWN",
    "BinaryGrid",
    "MulticlassGrid",
    "OutcomeGrid",
    "Outcomes",
    "RatioGrid",
    "RegressionGrid",
    "Task",
    "add",
    "binary_classes",
    "canonical",
    "count_binary",
    "count_multiclass",
    "count_ratio",
    "count_regression",
    "decode",
    "empty",
    "encode",
    "implied_threshold",
    "infer_task",
    "known_classes",
    "learn_binary",
    "learn_multiclass",
    "learn_ratio",
    "learn_regression",
    "score_edges",
    "subtract",
    "value_counts",
    "weight_scale",
]
