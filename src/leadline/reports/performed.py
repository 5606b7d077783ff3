"""The model's performance over time and how complete its labels are, as parts of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import structs

from leadline.estimators import Estimated
from leadline.metrics import METRICS
from leadline.metrics.declare import Measured
from leadline.metrics.performance.estimate import Estimate
from leadline.monitors.labels import Maturity
from leadline.monitors.timeline import Timeline as Judged
from leadline.monitors.windows import Windows
from leadline.reports.record import LabelDelay, Labels, TimelineSeries
from leadline.reports.words import counted

Floats = npt.NDArray[np.float64]


def performance_of(found: Judged) -> list[TimelineSeries]:
    """The metrics that vote, by window, with their intervals: estimated without labels, realised, both."""
    before, now = found.performed_before, found.performed_now
    sizes = len(found.reference), len(found.current)
    out = _series(before.estimated, now.estimated, "estimated", sizes)
    labelled = rounded(
        np.concatenate([_labelled(found.reference, before.maturity), _labelled(found.current, now.maturity)]),
        4,
    )
    for series in _series(before.realised, now.realised, "realised", sizes):
        out.append(structs.replace(series, labelled=labelled))
    if now.maturity.provisional.any():
        out += _series(before.best, now.best, "best", sizes)
    return out


def _labelled(windows: Windows, maturity: Maturity) -> Floats:
    """Share of the rows of each window with a label; NaN without rows."""
    return maturity.labels / np.where(windows.rows > 0, windows.rows, np.nan)


def _series(
    before: Mapping[str, Estimate] | Mapping[str, Estimated],
    now: Mapping[str, Estimate] | Mapping[str, Estimated],
    kind: Literal["realised", "estimated", "best"],
    sizes: tuple[int, int],
) -> list[TimelineSeries]:
    """Metrics in the windows of both sides, of which there are so many."""
    out = []
    for key, later in now.items():
        metric, sides = METRICS[key], (before.get(key), later)
        low, high, values = (
            np.concatenate([_known(side, name, size) for side, size in zip(sides, sizes, strict=True)])
            for name in ("low", "high", "value")
        )
        low, high = (np.clip(end, *metric.range) for end in (low, high))
        out.append(
            TimelineSeries(
                key=key,
                title=metric.title,
                unit=metric.unit,
                worse=metric.worse,
                estimated=kind == "estimated",
                values=rounded(values, 5),
                low=rounded(low, 5),
                high=rounded(high, 5),
                labelled=[0.0] * len(values),
                note=_note(later, kind),
                kind=kind,
            )
        )
    return out


def _note(found: Estimate | Estimated, kind: str) -> str:
    if not isinstance(found, Estimated):
        return ""
    if kind == "best":
        return "Labels where they have come, estimates where they have not."
    doubtful = 0 if found.caution is None else int((found.caution != "").sum())
    return f"{found.statement} {_doubt(doubtful)}".strip()


def labels_of(found: Judged, known_at: str | None) -> Labels | None:
    """How complete the labels are, as known at a moment; None without labels."""
    before, now = found.performed_before.maturity, found.performed_now.maturity
    if not np.isfinite(found.labels.coverage):
        return None
    curve = found.labels.curve
    delays = []
    if curve is not None and not curve.reason:
        half, most = (curve.within(part) / 86_400e6 for part in (0.5, 0.9))
        delays = [
            LabelDelay(name, *(None if np.isnan(days) else float(f"{days:.3g}") for days in row))
            for name, *row in zip(curve.classes, half, most, strict=True)
        ]
    expected = float(np.nansum(now.expected))
    return Labels(
        known_at=known_at,
        share=round(min(float(now.labels.sum()) / expected, 1.0), 4) if expected else None,
        coverage=round(found.labels.coverage, 4),
        maturity=rounded(np.concatenate([before.share, now.share]), 3),
        low=rounded(np.concatenate([before.low, now.low]), 3),
        high=rounded(np.concatenate([before.high, now.high]), 3),
        provisional=np.concatenate([before.provisional, now.provisional]).tolist(),
        delays=delays,
        lateness_days=None if found.lateness is None else round(found.lateness / 86_400e6, 2),
        reason="" if curve is None else curve.reason,
        estimated=[]
        if found.estimated is None
        else [*([False] * len(found.reference)), *found.estimated.tolist()],
    )


def _known(side: Measured | None, name: str, size: int) -> Floats:
    """Numbers of one side, shape (size,); NaN where it has none."""
    values = None if side is None else getattr(side, name)
    return np.full(size, np.nan) if values is None else values


def _doubt(windows: int) -> str:
    return (
        f"Extrapolating in {counted(windows, 'window')}: inputs or scores left those of the reference."
        if windows
        else ""
    )


def rounded(values: Floats, digits: int) -> list[float | None]:
    """Numbers as the record holds them: null where unknown."""
    known = np.isfinite(values).tolist()
    return [v if ok else None for v, ok in zip(np.round(values, digits).tolist(), known, strict=True)]
