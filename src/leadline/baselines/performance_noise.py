"""Noise inflation of each performance metric: how much more it moves with blocks than with single rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leadline.baselines.noise import BLOCKS_MIN, ROWS_MIN, Floats, jackknife_inflation
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.ratio import ratio
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes
from leadline.profiles.grid import PREFIX, RATIO_PREFIX, Grid

CELLS_AT_ONCE = 1 << 20
"""Counts of blocks that are looked at together (8 MB for each array that a metric makes of them)."""


def performance_inflation(grid: Grid, blocks: Mapping[str, Floats]) -> dict[str, float]:
    """Noise inflation of each performance metric and user's ratio, by its key.

    Args:
        blocks: sums of each block by name, as in `Profile.sums`, shape (blocks, ...).

    Returns:
        About 1 for independent rows. Metrics are left out that have no standard error on all blocks together,
        and all where fewer than `BLOCKS_MIN` blocks have labelled rows, or a few have most of them.
    """
    outcome = grid.outcome
    found: dict[str, float] = {}
    if outcome.grid is not None:
        family = METRICS.family("performance")
        of_task = {metric.key: metric.compute for metric in family if outcome.task in metric.tasks}
        found |= _inflations(outcome.grid, _part(blocks, PREFIX), of_task)
    for place, plan in enumerate(grid.ratios):
        found |= _inflations(plan.grid, _part(blocks, f"{RATIO_PREFIX}{place}/"), {plan.name: ratio})
    return found


def _part(blocks: Mapping[str, Floats], prefix: str) -> dict[str, Floats]:
    return {name.removeprefix(prefix): array for name, array in blocks.items() if name.startswith(prefix)}


def _inflations(
    plan: outcomes.OutcomeGrid, blocks: Mapping[str, Floats], computes: Mapping[str, Callable[..., Any]]
) -> dict[str, float]:
    total = {name: array.sum(0) for name, array in blocks.items()}
    count = len(next(iter(blocks.values())))
    at_once = max(1, CELLS_AT_ONCE // sum(array.size for array in total.values()))
    parts = [slice(start, start + at_once) for start in range(0, count, at_once)]
    left, without = [], []
    with np.errstate(all="ignore"):
        whole_view = _view(plan, total)
        whole = _measured(computes, whole_view)
        for part in parts:
            rest = _view(plan, {name: total[name] - array[part] for name, array in blocks.items()})
            left.append(_labelled(rest))
            without.append([computes[key](rest).value for key in whole])
    rows = float(_labelled(whole_view))
    of_block = rows - np.concatenate(left)
    used = of_block >= ROWS_MIN
    # Blocks of unlike size tell as much as so many alike ones; half of them is what Student's factor bears.
    alike = rows**2 / max(float((of_block**2).sum()), 1.0)
    if used.sum() < BLOCKS_MIN or 2 * alike < used.sum():
        return {}
    found = {
        key: jackknife_inflation(value, error, values[used], of_block[used] / rows)
        for (key, (value, error)), values in zip(whole.items(), np.hstack(without), strict=True)
    }
    return {key: inflation for key, inflation in found.items() if np.isfinite(inflation)}


def _view(plan: outcomes.OutcomeGrid, arrays: Mapping[str, Any]) -> Any:
    return view(outcomes.decode(plan, dict(arrays)))


def _labelled(counts: Any) -> Floats:
    return np.asarray(counts.labelled if hasattr(counts, "confusion_rows") else counts.rows)


def _measured(computes: Mapping[str, Callable[..., Any]], counts: Any) -> dict[str, tuple[float, float]]:
    """Value and standard error of those metrics that are one number and have both."""
    found = {}
    for key, compute in computes.items():
        measured = compute(counts)
        if (
            isinstance(measured, Estimate)
            and measured.value.shape == ()
            and measured.standard_error is not None
            and float(measured.standard_error) > 0
        ):
            found[key] = float(measured.value), float(measured.standard_error)
    return found
