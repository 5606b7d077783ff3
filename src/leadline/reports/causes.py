"""Likely causes as a part of the record."""

from __future__ import annotations

from leadline.diagnosis import Cause
from leadline.reports.numbers import number
from leadline.reports.record import CauseResult


def cause_result(cause: Cause) -> CauseResult:
    """A cause; figures that are no finite numbers are left out."""
    evidence = {
        name: value if isinstance(value, str) else number(float(value))
        for name, value in cause.evidence.items()
    }
    return CauseResult(
        key=cause.key,
        title=cause.title,
        columns=list(cause.columns),
        sentence=cause.sentence,
        evidence={name: value for name, value in evidence.items() if value is not None},
        share=None if cause.share is None else number(cause.share),
    )
