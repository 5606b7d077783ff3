"""The closed buckets of the last days against the baseline, by what `leadline.check` does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.options import settled
from leadline.profiles.profile import Profile
from leadline.reports.report import Report
from leadline.schedule import DAY
from leadline.server.judging.counting import GRACE, grid_name
from leadline.settings import Settings
from leadline.stores.contract import Bucket, RowStore
from leadline.stores.packed import Added
from leadline.tables.events import Event

READ = 50
"""Buckets that are read at once: all of them would not fit into memory."""


def closed(buckets: Sequence[Bucket], now: int, days: int) -> list[Bucket]:
    """The buckets that are over, as the server's clock has it, and not older than so many days.

    What rows say of the time plays no part: one from the year 2099 closes nothing.
    """
    return [one for one in buckets if one.rows and now - days * DAY <= one.start and one.end + GRACE <= now]


def digest(buckets: Sequence[Bucket], grid: str, options: Mapping[str, Any], events: Sequence[Event]) -> str:
    """Names what is judged: the same rows in the same buckets, options and events have the same name."""
    found = hashlib.sha256(grid.encode())
    found.update(msgspec.json.encode(options, order="deterministic"))
    for one in buckets:
        found.update(f"{one.start}:{one.rows}:{one.digest};".encode())
    for event in events:
        found.update(f"{event.time}:{event.kind}:{event.text};".encode("utf-8", "surrogatepass"))
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
        settled(baseline, **options)


def merged(store: RowStore, model: str, baseline: Baseline, buckets: Sequence[Bucket]) -> Profile:
    """The profile of some of a model's buckets together, at least one; named by the model."""
    starts = [one.start for one in buckets]
    added = Added(baseline.grid, starts)
    for first in range(0, len(buckets), READ):
        part = buckets[first : first + READ]
        wanted = {one.start for one in part}
        for kept in store.profiles(model, grid_name(baseline), part[0].start, part[-1].end):
            if kept.start in wanted:
                added.add(kept.content, kept.samples, kept.start)
    return replace(added.profile(), name=model)


def judge(
    baseline: Baseline, profile: Profile, end: int, options: Mapping[str, Any], events: Sequence[Event] = ()
) -> Report:
    """What `leadline.check(baseline, rows, budget=..., as_of=...)` says of the rows of some buckets.

    The budget is that of the options, else of the baseline, else 1/30d.

    Args:
        baseline: with a calendar.
        profile: of the buckets together.
        end: of the last bucket, up to which is looked.
        options: beside those of the baseline.
        events: what was told of the model.
    """
    return comparison.check(
        baseline,
        profile,
        events=tuple(events),
        **{"budget": baseline.settings.budget or DEFAULT_BUDGET, **options},
        as_of=moment(end - 1),
    )


def moment(microseconds: int) -> str:
    """ISO 8601, to the microsecond, in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).isoformat()
