"""Times as they are written in a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC."""
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:  # years beyond 1..9999
        return f"{np.datetime64(microseconds, 'us')}Z"


def dates(span: tuple[int, int]) -> str:
    """The dates from a first moment to one after the last, UTC: "2026-03-18 to 2026-03-25", or one alone."""
    first, end = span
    return " to ".join(dict.fromkeys(moment(at)[:10] for at in (first, end - 1)))
