"""The closed buckets of the last days against the baseline, by what `leadline.check` does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.profiles.profile import Profile
from leadline.reports.report import Report
from leadline.stores.contract import Kept

GRACE = 600_000_000
"""Microseconds after the end of a bucket for which its rows are waited for."""


def closed(kept: Sequence[Kept], now: int, days: int) -> list[Kept]:
    """The buckets that are over, as the server's clock has it, and not older than so many days.

    What rows say of the time plays no part: one from the year 2099 closes nothing.
    """
    return [
        one
        for one in kept
        if one.rows and now - days * 86_400_000_000 <= one.start and one.end + GRACE <= now
    ]


def digest(kept: Sequence[Kept], grid: str) -> str:
    """Names what is judged: the same buckets with the same rows have the same name."""
    found = hashlib.sha256(grid.encode())
    for one in kept:
        found.update(f"{one.start}:{one.rows}:".encode() + hashlib.sha256(one.content).digest())
    return found.hexdigest()[:32]


def judge(baseline: Baseline, kept: Sequence[Kept], name: str) -> Report:
    """What `leadline.check(baseline, rows, budget=..., as_of=...)` says of the rows of some buckets.

    The budget is that of the baseline, else 1/30d; the time is the end of the last bucket.

    Args:
        baseline: with a calendar.
        kept: at least one bucket.
        name: of the rows, in the report.
    """
    profile = replace(_merged([_profile(one) for one in kept]), name=name)
    return comparison.check(
        baseline,
        profile,
        budget=baseline.settings.budget or DEFAULT_BUDGET,
        as_of=moment(kept[-1].end - 1),
    )


def moment(microseconds: int) -> str:
    """ISO 8601, to the microsecond, in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).isoformat()


def _profile(kept: Kept) -> Profile:
    found = loaded(kept.content, "profile")
    assert isinstance(found, Profile)
    return found


def _merged(profiles: Sequence[Profile]) -> Profile:
    """All together, by halves: each bucket is copied once for each doubling, not once for each bucket."""
    if len(profiles) == 1:
        return profiles[0]
    middle = len(profiles) // 2
    return _merged(profiles[:middle]).merge(_merged(profiles[middle:]))
