"""What all parts of a report share."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["ok", "warning", "alert", "unknown"]


class Record(msgspec.Struct, frozen=True):
    """Base of all parts of a report."""
