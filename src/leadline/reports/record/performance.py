"""What a report says of the model's performance."""

from __future__ import annotations

import msgspec

from leadline.reports.record.base import Record, Verdict


class PerformanceValue(Record, frozen=True):
    """One performance metric on both sides.

    Attributes:
        reference, current: values; `low`, `high`: 95 % interval of the current value.
        change: current - reference; `change_low`, `change_high`: its 95 % interval.
        p_value: of no change for the worse (metrics that vote), `p_value_adjusted` over all channels.
        verdict: of this metric; "ok" also where it does not vote.
        floor: smallest loss worth an alert, null where it does not vote.
        rows_reference, rows_current: labelled rows behind it.
        reason: why there is no value, or no verdict.
    """

    reference: float | None
    current: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    p_value: float | None = None
    p_value_adjusted: float | None = None
    verdict: Verdict = "ok"
    floor: float | None = None
    rows_reference: int = 0
    rows_current: int = 0
    bin_error: float | None = None
    reason: str | None = None


class Curve(Record, frozen=True):
    """A curve of both sides, at most 100 points each.

    Attributes:
        key: "roc", "precision_recall", "calibration", "gain", "residuals".
        x, y: titles of the axes.
        reference, current: lists of [x, y].
    """

    key: str
    title: str
    x: str
    y: str
    reference: list[list[float]]
    current: list[list[float]]


class Confusion(Record, frozen=True):
    """Confusion matrices of both sides: rows are labels, columns are predictions."""

    classes: list[str]
    reference: list[list[int]]
    current: list[list[int]]


class Task(Record, frozen=True):
    """What the model does.

    Attributes:
        kind: "binary", "multiclass", "regression", or null when unknown.
        reason: why performance could not be computed, or "".
        positive: the positive label (binary).
        threshold: the deployed threshold, and where it comes from.
        classes: labels (classification).
        confusion: confusion matrices, or null.
        curves: curves, where they exist.
        per_class: metrics by class (multiclass), by metric key.
        sentence: what happened to performance, in words.
        verdict: of the performance channels together.
    """

    kind: str | None = None
    reason: str = ""
    positive: str | None = None
    threshold: float | None = None
    threshold_why: str = ""
    classes: list[str] = msgspec.field(default_factory=list)
    confusion: Confusion | None = None
    curves: list[Curve] = msgspec.field(default_factory=list)
    per_class: dict[str, dict[str, PerformanceValue]] = msgspec.field(default_factory=dict)
    sentence: str = ""
    verdict: Verdict = "unknown"
