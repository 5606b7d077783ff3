"""What many bodies and queries hold: numbers, names, texts and times that every database can keep."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from leadline.errors import ConfigurationError
from leadline.schedule import instant
from leadline.server.intake.wire import NAME_LETTERS

_KEPT = r"^[^\x00]*$"
"""PostgreSQL keeps no text with a null character."""

Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Of an alert, an event, ..."""

Name = Annotated[str, Meta(max_length=NAME_LETTERS, pattern=_KEPT)]
"""Of a model or a version, or ""."""

Line = Annotated[str, Meta(max_length=2_000, pattern=_KEPT)]
"""A short text, or ""."""

Text = Annotated[str, Meta(max_length=20_000, pattern=_KEPT)]
"""A long one, or ""."""

SomeLine = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=_KEPT)]
"""A short text that is not empty."""

SomeText = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=_KEPT)]
"""A long one that is not empty."""

_FIRST, _LAST = instant("1900-01-01"), instant("2200-01-01")


def time_of(text: str, where: str) -> int:
    """Microseconds since 1970 of a time in ISO 8601; UTC where it names no offset.

    Raises:
        ConfigurationError: it is no time, or not between the years 1900 and 2200.
    """
    try:
        found = instant(text, where)
    except OverflowError:
        found = _LAST
    if not _FIRST <= found < _LAST:
        raise ConfigurationError("out of range", where=where, found=text, accepted="years 1900 to 2199")
    return found
