"""The closed buckets of the last days against the baseline, by what `leadline.check` does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import ConfigurationError
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.profiles.profile import Profile
from leadline.reports.report import Report
from leadline.server.judging.counting import GRACE
from leadline.settings import Settings
from leadline.stores.contract import Kept


def closed(kept: Sequence[Kept], now: int, days: int) -> list[Kept]:
    """The buckets that are over, as the server's clock has it, and not older than so many days.

    What rows say of the time plays no part: one from the year 2099 closes nothing.
    """
    return [
        one
        for one in kept
        if one.rows and now - days * 86_400_000_000 <= one.start and one.end + GRACE <= now
    ]


def digest(kept: Sequence[Kept], grid: str, options: Mapping[str, Any]) -> str:
    """Names what is judged: the same buckets with the same rows under the same options have the same name."""
    found = hashlib.sha256(grid.encode())
    found.update(msgspec.json.encode(options, order="deterministic"))
    for one in kept:
        found.update(f"{one.start}:{one.rows}:".encode() + hashlib.sha256(one.content).digest())
    return found.hexdigest()[:32]


def check_options(baseline: Baseline | None, options: Mapping[str, Any]) -> None:
    """Options of judgements can be used.

    Raises:
        ConfigurationError: one is unknown or wrong, decides what the baseline holds, or names a file.
    """
    if "config" in options or "as_of" in options:
        raise ConfigurationError(
            "not an option of a live model",
            found=", ".join(sorted({"config", "as_of"} & set(options))),
            accepted="the options of leadline.yaml",
        )
    if baseline is None:
        Settings.of(**options)
    else:
        comparison.settled(baseline, **options)


def judge(
    baseline: Baseline, kept: Sequence[Kept], name: str, options: Mapping[str, Any] = MappingProxyType({})
) -> Report:
    """What `leadline.check(baseline, rows, budget=..., as_of=...)` says of the rows of some buckets.

    The budget is that of the options, else of the baseline, else 1/30d; the time is the end of the last
    bucket.

    Args:
        baseline: with a calendar.
        kept: at least one bucket.
        name: of the rows, in the report.
        options: beside those of the baseline.
    """
    return judge_merged(baseline, merged(kept, name), kept[-1].end, options)


def merged(kept: Sequence[Kept], name: str) -> Profile:
    """The profile of some buckets together, at least one."""
    return replace(together([_profile(one) for one in kept]), name=name)


def judge_merged(baseline: Baseline, profile: Profile, end: int, options: Mapping[str, Any]) -> Report:
    """As `judge`, of the buckets together, the last of which ends then."""
    return comparison.check(
        baseline,
        profile,
        **{"budget": baseline.settings.budget or DEFAULT_BUDGET, **options},
        as_of=moment(end - 1),
    )


def moment(microseconds: int) -> str:
    """ISO 8601, to the microsecond, in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).isoformat()


def _profile(kept: Kept) -> Profile:
    found = loaded(kept.content, "profile")
    assert isinstance(found, Profile)
    return found


def together(profiles: Sequence[Profile]) -> Profile:
    """All together, by halves: each bucket is copied once for each doubling, not once for each bucket."""
    if len(profiles) == 1:
        return profiles[0]
    middle = len(profiles) // 2
    return together(profiles[:middle]).merge(together(profiles[middle:]))
