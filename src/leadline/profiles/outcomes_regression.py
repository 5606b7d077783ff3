"""A regression's outcomes: sums of powers of error and target, cells of the residual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_cells import CellLookup
from leadline.profiles.outcomes_sums import (
    Bools,
    Floats,
    Integers,
    by_name,
    chunks,
    count_codes,
    decode_counts,
    decode_sums,
    moments,
    weighed,
    weighted_sums,
)

CELLS = 1024
"""Most cells of the residual, and of its absolute value."""

CLIP = 2.0**20
"""Standardised errors and targets are clipped here, and the clipped rows counted."""

PINBALL = (0.1, 0.5, 0.9)
"""Levels at which the pinball loss of the prediction is summed."""

QUANTITIES = (
    "error", "absolute", "error2", "error4", "absolute3", "error6",
    "target", "target2", "target3", "target4", "error2_target", "error2_target2",
    "percentage", "percentage2", "symmetric", "symmetric2",
    *(f"pinball_{round(100 * level)}{power}" for level in PINBALL for power in ("", "_2")),
)  # fmt: skip
"""What is summed over labelled rows. error = (prediction - label) / error_scale; target = (label - centre) /
target_scale; percentage = |prediction - label| / |label| where the label is not 0; symmetric = 2 |prediction
- label| / (|prediction| + |label|), 0 where both are 0."""

STATUS = (
    "rows", "bad_weight", "clipped_weight", "label_missing", "prediction_missing", "clipped",
)  # fmt: skip
"""Counted conditions of rows; missing: null, NaN or infinite."""


class RegressionGrid(msgspec.Struct, frozen=True, tag="regression"):
    """How a regression's outcomes are counted; learned once from the reference.

    Attributes:
        centre, target_scale: of the labels: mean, and the power of two at or below their standard deviation.
        error_scale: power of two at or below the root mean square of the residuals.
        residual_edges: inner edges of the cells of prediction - label, in the label's unit.
        absolute_edges: inner edges of the cells of its absolute value.
        weight_scale: unit of weights; None: rows are not weighted.
    """

    centre: float = 0.0
    target_scale: float = 1.0
    error_scale: float = 1.0
    residual_edges: tuple[float, ...] = ()
    absolute_edges: tuple[float, ...] = ()
    weight_scale: float | None = None


def learn_regression(
    labels: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    weight_scale: float | None = None,
) -> RegressionGrid:
    """Learn scales and residual cells from (a sample of) the reference; NaN and infinite rows are ignored.

    Without a residual, or with a constant label, scales fall back to each other and to 1.
    """
    y, p = labels.astype(np.float64, copy=False), predictions.astype(np.float64, copy=False)
    labelled = np.isfinite(y)
    keep = labelled & np.isfinite(p)
    # Labels near the largest float overflow; the scales then fall back, and metrics say why they are none.
    with np.errstate(over="ignore", invalid="ignore"):
        centre = float(y[labelled].mean()) if labelled.any() else 0.0
        spread = float(y[labelled].std()) if labelled.any() else 0.0
        residual = p[keep] - y[keep]
        residual = residual[np.isfinite(residual)]
        rms = float(np.sqrt(np.mean(residual * residual))) if residual.size else 0.0
    centre = centre if np.isfinite(centre) else 0.0
    target_scale = _power_of_two(spread or rms)
    # A nearly perfect reference must not make every later error look infinite.
    error_scale = max(_power_of_two(rms or target_scale), target_scale * 2.0**-10)
    return RegressionGrid(
        centre,
        target_scale,
        error_scale,
        _edges(residual, error_scale, symmetric=True),
        _edges(np.abs(residual), error_scale, symmetric=False),
        weight_scale,
    )


def _power_of_two(x: float) -> float:
    return 2.0 ** int(np.floor(np.log2(x))) if 1e-290 < x < 1e290 else 1.0


def _edges(values: Floats, scale: float, symmetric: bool) -> tuple[float, ...]:
    steps = (np.arange(-24, -6, 2), np.arange(-48, 80) / 8, np.arange(10, 42, 2))
    guards = scale * 2.0 ** np.concatenate(steps)
    fixed = np.concatenate([-guards, [0.0, np.nextafter(0.0, 1.0)], guards]) if symmetric else guards
    budget = CELLS - 1 - len(fixed)
    ordered = np.sort(values)
    ranks = np.unique(np.arange(budget) * len(ordered) // budget)
    return tuple(np.unique(np.concatenate([fixed, ordered[ranks] if len(ordered) else ordered])).tolist())


def empty_regression(grid: RegressionGrid) -> dict[str, Integers]:
    """The counts of no rows: the neutral element of adding."""
    counts, second = moments(grid.weight_scale)
    return {
        "status": np.zeros(len(STATUS), np.int64),
        "labelled": np.zeros((2, counts), np.int64),
        "sums": np.zeros((len(QUANTITIES), second, 4), np.int64),
        "residuals": np.zeros((len(grid.residual_edges) + 1, counts), np.int64),
        "absolute": np.zeros((len(grid.absolute_edges) + 1, counts), np.int64),
    }


def count_regression(
    grid: RegressionGrid,
    labels: npt.NDArray[Any] | None,
    predictions: npt.NDArray[Any] | None,
    weights: npt.NDArray[Any] | None = None,
) -> dict[str, Integers]:
    """Count one batch. Rows without a finite label or prediction are counted and left out.

    Returns:
        `status`; `labelled`: rows with both, and those of them whose label is not 0; `sums` (`QUANTITIES`);
        `residuals` and `absolute`: rows in the cells of prediction - label and of its absolute value.
    """
    out = empty_regression(grid)
    reach = 8 * grid.error_scale
    lookups = (CellLookup(grid.residual_edges, -reach, reach), CellLookup(grid.absolute_edges, 0.0, reach))
    for rows, part in chunks(labels, predictions, weights):
        _add(grid, lookups, out, rows, *part)
    return out


def _add(
    grid: RegressionGrid,
    lookups: tuple[CellLookup, CellLookup],
    out: dict[str, Integers],
    rows: int,
    labels: Any,
    predictions: Any,
    weights: Any,
) -> None:
    status = dict.fromkeys(STATUS, 0)
    status["rows"] = rows
    usable, w = weighed(status, rows, grid.weight_scale, weights)
    y, has_label = (part[usable] for part in _finite(labels, rows))
    p, has_prediction = (part[usable] for part in _finite(predictions, rows))
    status["label_missing"] = int((~has_label).sum())
    status["prediction_missing"] = int((~has_prediction).sum())
    keep = has_label & has_prediction
    y, p, w = y[keep], p[keep], w and w[keep]
    with np.errstate(over="ignore"):
        residual = p - y
    nonzero = y != 0
    out["labelled"][0] += count_codes(np.zeros(len(y), np.intp), 1, w)[0]
    out["labelled"][1] += count_codes(np.zeros(int(nonzero.sum()), np.intp), 1, w and w[nonzero])[0]
    sums, status["clipped"] = _sums(grid, y, p, residual, w)
    out["sums"] += sums
    for key, lookup, values in zip(
        ("residuals", "absolute"), lookups, (residual, np.abs(residual)), strict=True
    ):
        out[key] += count_codes(lookup.cells(values), len(lookup.edges) + 1, w)
    out["status"] += np.array(list(status.values()), np.int64)


def _finite(values: Any, rows: int) -> tuple[Floats, Bools]:
    if values is None:
        return np.zeros(rows), np.zeros(rows, bool)
    x = values.astype(np.float64, copy=False)
    return x, np.isfinite(x)


def _sums(grid: RegressionGrid, y: Floats, p: Floats, residual: Floats, w: Any) -> tuple[Integers, int]:
    with np.errstate(over="ignore"):
        error, target = residual / grid.error_scale, (y - grid.centre) / grid.target_scale
    clipped = int(((np.abs(error) > CLIP) | (np.abs(target) > CLIP)).sum())
    if clipped:
        error, target = np.clip(error, -CLIP, CLIP), np.clip(target, -CLIP, CLIP)

    def quantities() -> Iterator[Floats]:
        size, squared, target2 = np.abs(error), error * error, target * target
        yield error
        yield size
        yield squared
        yield squared * squared
        yield squared * size
        yield squared * squared * squared
        yield target
        yield target2
        yield target2 * target
        yield target2 * target2
        yield squared * target
        yield squared * target2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.where(y != 0, np.abs(residual / y), 0.0)
            symmetric = np.where(residual != 0, np.abs(residual) / (np.abs(p) / 2 + np.abs(y) / 2), 0.0)
        share = np.minimum(share, CLIP)
        yield share
        yield share * share
        yield symmetric
        yield symmetric * symmetric
        for level in PINBALL:
            loss = np.where(error < 0, -level * error, (1 - level) * error)
            yield loss
            yield loss * loss

    return weighted_sums(quantities(), w), clipped


def decode_regression(grid: RegressionGrid, counts: dict[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """The same counts as float arrays, by the names of `metrics.performance.RegressionCounts`."""
    labelled, labelled_squares = decode_counts(counts["labelled"])
    residuals, residuals_squares = decode_counts(counts["residuals"])
    absolute, absolute_squares = decode_counts(counts["absolute"])
    sums, sums_squares = decode_sums(counts["sums"], QUANTITIES)
    return {
        "status": by_name(counts["status"], STATUS),
        "rows": counts["labelled"][..., 0, 0].astype(np.float64),
        "labelled": labelled,
        "labelled_squares": labelled_squares,
        "sums": sums,
        "sums_squares": sums_squares,
        "residuals": residuals,
        "residuals_squares": residuals_squares,
        "residual_edges": np.array((-np.inf, *grid.residual_edges, np.inf)),
        "absolute": absolute,
        "absolute_squares": absolute_squares,
        "absolute_edges": np.array((0.0, *grid.absolute_edges, np.inf)),
        "centre": grid.centre,
        "target_scale": grid.target_scale,
        "error_scale": grid.error_scale,
    }
