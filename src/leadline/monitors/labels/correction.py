"""What early labels say of performance once their bias is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.estimators.estimated import blanked, interval
from leadline.metrics.declare import Measured, Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts
from leadline.monitors.labels.curve import UNCOUNTED
from leadline.monitors.labels.maturity import Maturity

Floats = npt.NDArray[np.float64]

LEAST = 0.2
"""Share of a class's labels that must have come: fewer would each stand for more than five."""

STEP = 0.01
"""Relative change of a share arrived by which the slope of a metric is found."""

TOO_EARLY = "too few labels have come"


def realised(metric: Metric, outcomes: Any, maturity: Maturity) -> Measured:
    """A metric of the labels that have come; in provisional windows as if all labels had come.

    Each label counts 1 / F rows, F being the share of the labels of its class that should have come by now
    (inverse probability weighting by class). That removes the bias of labels that come sooner for one class
    than for another, not that of labels that come sooner for some rows of the same class. The standard error
    is wider for the weights, for how much windows differ in their delays, and for what the reference leaves
    open.

    Of regressions nothing is corrected: their labels are one class.

    Source: Horvitz and Thompson, J. Am. Stat. Assoc. 47 (1952), with estimated normalisation (Hajek 1971).

    Args:
        outcomes: of W windows.
        maturity: of the same windows.

    Returns:
        An estimate of shape (W,). NaN with a reason in provisional windows in which a class has fewer than
        a fifth of its labels.
    """
    plain = metric.compute(outcomes)
    arrived = maturity.arrived
    if not isinstance(plain, Estimate) or arrived is None or not maturity.provisional.any():
        return plain
    weights = np.where(maturity.provisional, 1 / np.maximum(arrived, LEAST), 1.0)
    if len(arrived) > 1:
        found = _spread_wider(metric, outcomes, maturity, weights, plain)
        plain = _chosen(maturity.provisional, found, plain)
    return blanked(plain, _early(maturity), TOO_EARLY)


def _spread_wider(
    metric: Metric, outcomes: Any, maturity: Maturity, weights: Floats, plain: Estimate
) -> Estimate:
    """The weighted metric, its error with what is not known of the weights."""
    view = weighted(outcomes, weights)
    found = metric.compute(view)
    if not isinstance(found, Estimate) or found.standard_error is None:
        return plain
    variance = _own_error(metric, view, found) ** 2
    assert maturity.variance is not None
    for c, of_class in enumerate(maturity.variance):
        raised = weights.copy()
        raised[c] *= 1 + STEP
        slope = (metric.compute(weighted(outcomes, raised)).value - found.value) / np.log1p(STEP)
        variance = variance + np.nan_to_num(slope) ** 2 * of_class
    error = np.sqrt(variance)
    low, high = interval(metric, found.value, error, found.size, isinstance(outcomes, BinaryCounts))
    return replace(found, standard_error=error, low=low, high=high)


def _own_error(metric: Metric, view: Any, found: Estimate) -> Floats:
    """The standard error of the weighted rows.

    For accuracy it is that of a weighted mean, since the weights depend on the class and the class on being
    right; Kish's effective size, which metrics take for weights of any kind, takes them for unrelated.
    """
    assert found.standard_error is not None
    if metric.key != "accuracy":
        return found.standard_error
    squares, total = view.table_squares, view.table.sum((-1, -2))
    size = min(squares.shape[-1], len(getattr(view, "classes", (0, 1))))
    right = np.trace(squares[..., :size, :size], axis1=-2, axis2=-1)
    wrong = squares.sum((-1, -2)) - right
    spread = right * (1 - found.value) ** 2 + wrong * found.value**2
    inflation = np.asarray(view.inflation)
    error: Floats = np.sqrt(spread * inflation) / np.where(total > 0, total, np.nan)
    return error


def unbiased(outcomes: Any, maturity: Maturity) -> Any:
    """The outcomes of all windows, provisional ones as if all labels had come; None: nothing is corrected.

    Only what `weighted` splits by class is of use: metrics of the confusion matrix, of the cells of scores
    and of sums. Windows in which labels are too early count for nothing.

    Args:
        outcomes: of W windows.
        maturity: of the same windows.
    """
    arrived = maturity.arrived
    if arrived is None or maturity.final is None or len(arrived) < 2 or not maturity.provisional.any():
        return None
    weights = np.where(maturity.provisional, 1 / np.maximum(arrived, LEAST), 1.0)
    weights[:, _early(maturity)] = 0.0
    found = weighted(outcomes, weights)
    used = (weights[0] > 0)[:, None, None]
    found = replace(found, confusion_rows=outcomes.confusion_rows * used)

    def total(part: Any, name: str) -> Any:
        if isinstance(part, Mapping):
            return {key: values.sum(0) for key, values in part.items()}
        return part.sum(0) if name in _BY_WINDOW and part is not None else part

    return replace(found, **{f.name: total(getattr(found, f.name), f.name) for f in fields(found)})


_BY_WINDOW = (
    "confusion", "confusion_squares", "confusion_rows", "cells", "cells_squares", "cells_rows", "bin_scores",
    "ranks", "ranks_squares",
)  # fmt: skip


def _early(maturity: Maturity) -> npt.NDArray[np.bool_]:
    """Provisional windows in which a class has too few of its labels."""
    assert maturity.arrived is not None
    assert maturity.final is not None
    share = (maturity.final[:, None] * (maturity.arrived < LEAST)).sum(0)
    early: npt.NDArray[np.bool_] = maturity.provisional & (share > UNCOUNTED)
    return early


def weighted(outcomes: Any, weights: Floats) -> Any:
    """The outcomes of W windows with labelled rows counted by the weight of their class.

    Args:
        weights: shape (C, W). What is not split by the class of the label stays as it is: ranks and
            one-against-all cells of several classes, sums in calibration bins.
    """
    if isinstance(outcomes, BinaryCounts):
        ones = np.ones((weights.shape[1], 1))
        w = np.concatenate([weights.T, ones], axis=1)
        changed = _by_label(outcomes, w)
        if outcomes.cells is not None and outcomes.cells_squares is not None:
            changed["cells"] = outcomes.cells * w[:, None, :]
            changed["cells_squares"] = outcomes.cells_squares * w[:, None, :] ** 2
        return replace(outcomes, **changed, **_sums(outcomes, w))
    if isinstance(outcomes, MulticlassCounts):
        # Classes beyond the last that is counted apart share its delays.
        place = np.minimum(np.arange(len(outcomes.classes)), len(weights) - 1)
        ones = np.ones((weights.shape[1], 2))
        w = np.concatenate([weights.T[:, place], ones], axis=1)
        changed = _by_label(outcomes, w)
        if outcomes.ranks is not None:
            # Brier score and log loss read the number of labelled rows here.
            changed |= _labelled_rows(outcomes, changed)
        return replace(outcomes, **changed, **_sums(outcomes, w[:, :-1]))
    return outcomes


def _by_label(outcomes: Any, w: Floats) -> dict[str, Any]:
    return {
        "confusion": outcomes.confusion * w[:, :, None],
        "confusion_squares": outcomes.confusion_squares * w[:, :, None] ** 2,
    }


def _sums(outcomes: Any, w: Floats) -> dict[str, Any]:
    if outcomes.sums is None or outcomes.sums_squares is None:
        return {}
    return {
        "sums": {name: values * w for name, values in outcomes.sums.items()},
        "sums_squares": {name: values * w**2 for name, values in outcomes.sums_squares.items()},
    }


def _labelled_rows(outcomes: MulticlassCounts, changed: Mapping[str, Floats]) -> dict[str, Floats]:
    """Ranks scaled so that they hold as many labelled rows as the confusion matrix."""
    out = {}
    for ranks, matrix in (("ranks", "confusion"), ("ranks_squares", "confusion_squares")):
        before = getattr(outcomes, matrix)[..., :-1, :].sum((-1, -2))
        after = changed[matrix][..., :-1, :].sum((-1, -2))
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where(before > 0, after / before, 1.0)
        out[ranks] = getattr(outcomes, ranks) * scale[..., None]
    return out


def _chosen(where: npt.NDArray[np.bool_], one: Estimate, other: Estimate) -> Estimate:
    """One estimate where the mask holds, another elsewhere."""

    def pick(name: str) -> Any:
        a, b = getattr(one, name), getattr(other, name)
        if a is None and b is None:
            return None
        fill: Any = "" if name == "reason" else np.nan
        a, b = (fill if part is None else part for part in (a, b))
        return np.where(where, a, b)

    return Estimate(
        value=pick("value"),
        standard_error=pick("standard_error"),
        low=pick("low"),
        high=pick("high"),
        reason=pick("reason"),
        size=pick("size"),
    )
