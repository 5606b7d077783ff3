"""How much the model lost: the realised change of performance, where labels exist."""

from __future__ import annotations

import math
from dataclasses import dataclass

from leadline.diagnosis.words import number
from leadline.monitors.compare import Comparison
from leadline.schema import Role

_RANK = {"alert": 0, "warning": 1, "ok": 2}


@dataclass(frozen=True, slots=True)
class Harm:
    """The realised change of one metric, or why it is not known.

    Attributes:
        metric: key of the metric that decided; "" when not known.
        reference, current: its values; `change`, `low`, `high`: current - reference with its 95 % interval;
            NaN when not known.
        loss: the interval says that it got worse; None when not known.
        sentence: in plain words.
    """

    metric: str
    reference: float
    current: float
    change: float
    low: float
    high: float
    loss: bool | None
    sentence: str


def harm(comparison: Comparison) -> Harm:
    """The realised change of the performance metric that decided, else of the first that votes.

    Counts do not tell which part of a loss each column brought: the harm is that of all rows.

    Args:
        comparison: finished.
    """
    scores = comparison.performance.scores.values()
    known = [s for s in scores if s.floor is not None and math.isfinite(float(s.change.change))]
    if not known:
        nan = float("nan")
        return Harm("", nan, nan, nan, nan, nan, None, _not_known(comparison))
    chosen = min(known, key=lambda s: _RANK.get(s.decision.verdict if s.decision else "ok", 3))
    change, low, high = (float(x) for x in (chosen.change.change, chosen.change.low, chosen.change.high))
    sign = 1.0 if chosen.metric.worse == "higher" else -1.0
    worst, best = max(sign * low, sign * high), min(sign * low, sign * high)
    loss = best > 0
    if loss or worst < 0:
        verb = "fell" if change < 0 else "rose"
        ends = sorted((abs(low), abs(high)))
        text = f"{verb} by {number(abs(change))} ({number(ends[0])} to {number(ends[1])})"
        text += "" if loss else ", for the better"
    else:
        text = f"did not clearly change ({number(low)} to {number(high)})"
    return Harm(
        chosen.metric.key,
        float(chosen.reference.value),
        float(chosen.current.value),
        change,
        low,
        high,
        loss,
        f"{chosen.metric.title} {text}.",
    )


def _not_known(comparison: Comparison) -> str:
    """Labels that are there and tell nothing (of another type, without a prediction) are not missing."""
    labels = {column.name for column in comparison.baseline.schema if column.role is Role.LABEL}
    if labels.isdisjoint(comparison.physical or ()):
        return "The harm is not known without labels."
    return "The harm is not known, since performance could not be judged."
