"""Performance in a report: values of both sides, curves, confusion matrices, values by class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.metrics.performance.curves import BINARY_CURVES, REGRESSION_CURVES
from leadline.metrics.performance.estimate import compare as compare_estimates
from leadline.metrics.performance.per_class import PER_CLASS, per_class
from leadline.metrics.performance.views import MulticlassCounts
from leadline.monitors.compare import Comparison
from leadline.monitors.joint import Decision
from leadline.monitors.outcomes import Scored
from leadline.reports import phrases
from leadline.reports.numbers import EXTREME, number
from leadline.reports.record import Confusion, Curve, PerformanceValue, Task, Verdict

_CURVES = {"binary": BINARY_CURVES, "regression": REGRESSION_CURVES}


def performance_of(comparison: Comparison) -> dict[str, PerformanceValue]:
    """Every performance metric of both sides, by key."""
    return {key: score(scored) for key, scored in comparison.performance.scores.items()}


def score(scored: Scored) -> PerformanceValue:
    """One performance metric of both sides."""
    reference, current, change = scored.reference, scored.current, scored.change
    reasons = [
        str(np.atleast_1d(side.reason)[0])
        for side in (current, reference)
        if side.reason is not None and np.atleast_1d(side.reason)[0]
    ]
    decision: Decision | None = scored.decision
    if not (math.isfinite(float(reference.value)) and math.isfinite(float(current.value))):
        reasons.append(EXTREME)
    if decision is not None and decision.verdict == "unknown":
        reasons.append(decision.reason)
    return PerformanceValue(
        reference=number(float(reference.value)),
        current=number(float(current.value)),
        low=_at(current.low),
        high=_at(current.high),
        change=number(float(change.change)),
        change_low=number(float(change.low)),
        change_high=number(float(change.high)),
        p_value=None if decision is None else number(decision.p_value),
        p_value_adjusted=None if decision is None else number(decision.p_value_adjusted),
        verdict="ok" if decision is None else decision.verdict,
        floor=scored.floor,
        rows_reference=scored.rows[0],
        rows_current=scored.rows[1],
        bin_error=_at(current.bin_error),
        reason=reasons[0] if reasons else None,
    )


def _at(values: npt.NDArray[np.float64] | None, k: int | None = None) -> float | None:
    if values is None:
        return None
    return number(float(values if k is None else values[k]))


def task_of(comparison: Comparison) -> Task:
    """What the model does, and how its performance as a whole was judged."""
    performance = comparison.performance
    if performance.task is None:
        return Task(reason=performance.reason)
    grid: Any = comparison.baseline.grid.outcome.grid
    decided = [s.decision.verdict for s in performance.scores.values() if s.decision is not None]
    verdict: Verdict = (
        min(decided, key=lambda v: {"alert": 0, "warning": 1, "ok": 2, "unknown": 3}[v])
        if (decided)
        else "unknown"
    )
    reasons = [s.decision.reason for s in performance.scores.values() if s.decision is not None]
    classes = [str(name) for name in getattr(grid, "classes", ())]
    return Task(
        kind=performance.task,
        reason="" if verdict != "unknown" else next(iter(reasons), ""),
        positive=classes[1] if performance.task == "binary" else None,
        threshold=getattr(grid, "threshold", None),
        threshold_why=getattr(grid, "threshold_why", ""),
        classes=classes,
        confusion=_confusion(performance.reference, performance.current, classes),
        curves=_curves(performance.task, performance.reference, performance.current),
        per_class=_per_class(performance.reference, performance.current, classes),
        sentence=phrases.performance(performance.scores),
        verdict=verdict,
    )


def _per_class(reference: Any, current: Any, classes: list[str]) -> dict[str, dict[str, PerformanceValue]]:
    """Each class against all others, by class and metric key (several classes)."""
    if not isinstance(reference, MulticlassCounts):
        return {}
    before, now = per_class(reference), per_class(current)
    rows = int(reference.labelled), int(current.labelled)
    out: dict[str, dict[str, PerformanceValue]] = {name: {} for name in classes}
    for metric in PER_CLASS:
        a, b = before[metric.key], now[metric.key]
        change = compare_estimates(a, b, metric.worse)
        for k, name in enumerate(classes):
            out[name][metric.key] = PerformanceValue(
                reference=_at(a.value, k),
                current=_at(b.value, k),
                low=_at(b.low, k),
                high=_at(b.high, k),
                change=_at(change.change, k),
                change_low=_at(change.low, k),
                change_high=_at(change.high, k),
                rows_reference=rows[0],
                rows_current=rows[1],
                bin_error=_at(b.bin_error, k),
                reason=next((str(s.reason[k]) for s in (b, a) if s.reason is not None and s.reason[k]), None),
            )
    return out


def _curves(task: str, reference: Any, current: Any) -> list[Curve]:
    """Every curve that has points on some side."""
    out = []
    for kind in _CURVES.get(task, ()):
        sides = [
            [[float(x), float(y)] for x, y in kind.points(side) if math.isfinite(x) and math.isfinite(y)]
            for side in (reference, current)
        ]
        if any(sides):
            out.append(
                Curve(
                    key=kind.key, title=kind.title, x=kind.x, y=kind.y, reference=sides[0], current=sides[1]
                )
            )
    return out


def _confusion(reference: Any, current: Any, classes: list[str]) -> Confusion | None:
    if not hasattr(reference, "confusion_rows"):
        return None
    k = len(classes)
    sides = [
        [[int(x) for x in line[:k]] for line in side.confusion_rows[:k]] for side in (reference, current)
    ]
    return Confusion(classes=classes, reference=sides[0], current=sides[1])
