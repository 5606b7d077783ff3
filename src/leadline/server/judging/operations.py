"""How a model serves, as the API tells it."""

from __future__ import annotations

import msgspec
import numpy as np

from leadline.monitors.operations.metrics import Buckets, Floats, Metric, metrics
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.reports.numbers import numbers
from leadline.reports.words import count, counted
from leadline.schedule import DAY, HOUR, AlertRate
from leadline.server.judging.judge import moment
from leadline.server.judging.operations_told import all_told
from leadline.server.judging.operations_watch import LEAST, Watched
from leadline.stores.contract import RowStore
from leadline.stores.operations_kinds import Counts


class OperationsSeries(msgspec.Struct, frozen=True):
    """A metric over time.

    Attributes:
        key, title, unit: of it; units are "ms", "/h", "share", "s", "bytes" and "".
        values: by bucket; null where there was nothing to measure.
        low, high: the band that was expected; null where it is not known yet, or the metric is not judged.
        note: what it rests on.
    """

    key: str
    title: str
    unit: str
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]
    note: str


class OperationsAlert(msgspec.Struct, frozen=True):
    """A problem of operations.

    Attributes:
        opened, last: begin of the first bucket that shows it, end of the last one; ISO 8601.
        over: it is no longer there.
        sources: titles of the metrics that it names.
        sentence: in words.
    """

    opened: str
    last: str
    over: bool
    sources: tuple[str, ...]
    sentence: str


class Operations(msgspec.Struct, frozen=True):
    """How a model serves.

    Attributes:
        model: its name.
        bucket_seconds: length of a bucket, nominally: an hour or a day.
        starts: of the buckets, ISO 8601 in UTC.
        series: the metrics.
        alerts: those in these days, the latest first.
        last_prediction: when the last prediction was asked for, ISO 8601; null: none came yet.
        age_seconds: how old it is; null: none came yet.
        label_age_seconds: by which nine of ten labels have usually come; null: not known.
        reason: why nothing is judged yet; "": it is.
        budget: of false alerts, in words.
        versions: names of all that have served in this time or before.
        version: the only one that the series are of; null: they are of all together.
    """

    model: str
    bucket_seconds: int
    starts: list[str]
    series: list[OperationsSeries]
    alerts: list[OperationsAlert]
    last_prediction: str | None
    age_seconds: float | None
    label_age_seconds: float | None
    reason: str
    budget: str
    versions: tuple[str, ...] = ()
    version: str | None = None


def operations(
    store: RowStore, model: str, watched: Watched | None, now: int, days: float, version: str | None = None
) -> Operations:
    """How a model served in the last days.

    Args:
        store: has what is counted of a single version.
        watched: None: nothing is known yet.
        now: microseconds.
        days: how far to look back; at most as far as is judged, 90 to 180 days.
        version: only of this one: its numbers are not judged, and feedback belongs to none.
    """
    found = shown(model, watched, now, days)
    if watched is None or version is None:
        return msgspec.structs.replace(found, version=version)
    start, end = int(watched.edges[0]), int(watched.edges[-1])
    return of_version(found, watched, version, store.operations(model, start, end, version), now)


def of_version(found: Operations, watched: Watched, version: str, counts: Counts, now: int) -> Operations:
    """What is shown of a model, for one of its versions.

    Args:
        found, watched: of all versions together.
        counts: of the version, in the same hours.
        now: microseconds.
    """
    buckets = Buckets(counts, watched.edges)
    moments = buckets.rows("latest")[3]
    latest = int(moments.max()) if len(moments) else None
    first = len(watched.rows) - len(found.starts)
    return msgspec.structs.replace(
        found,
        series=[_series(metric, first) for metric in metrics(buckets)],
        alerts=[],
        last_prediction=None if latest is None else moment(latest),
        age_seconds=None if latest is None else max(now - latest, 0) / 1e6,
        label_age_seconds=None,
        reason="All versions together are judged, and none by itself.",
        version=version,
    )


def shown(model: str, watched: Watched | None, now: int, days: float) -> Operations:
    """What is known of a model, from so many days before now on.

    Args:
        watched: None: nothing is known yet.
        now: microseconds.
    """
    if watched is None:
        budget = AlertRate.parse(DEFAULT_BUDGET).words
        reason = "No hour with predictions is over yet."
        return Operations(model, 3600, [], [], [], None, None, None, reason, budget)
    since = now - int(days * DAY)
    first = int(np.searchsorted(watched.edges[:-1] * HOUR, since))
    known = [problem for problem in all_told(watched) if problem.last >= since]
    latest = watched.latest
    return Operations(
        model,
        watched.bucket_hours * 3600,
        [moment(int(edge) * HOUR) for edge in watched.edges[first:-1]],
        _drawn(watched, first),
        [
            OperationsAlert(moment(p.opened), moment(p.last), p.over, p.sources, p.sentence)
            for p in sorted(known, key=lambda p: -p.opened)
        ],
        None if latest is None else moment(latest),
        None if latest is None else max(now - latest, 0) / 1e6,
        None if watched.lateness is None else watched.lateness.age_seconds,
        _reason(watched),
        watched.budget.words,
        watched.versions,
    )


def _drawn(watched: Watched, first: int) -> list[OperationsSeries]:
    judged = [metric for metric in watched.metrics if metric.judged]
    places = {metric.series.key: place for place, metric in enumerate(judged)}
    found = []
    for metric in watched.metrics:
        place = places.get(metric.series.key)
        low, high = watched.judgement.low, watched.judgement.high
        band = (None, None) if place is None else (low[:, place], high[:, place])
        found.append(_series(metric, first, *band))
    return found


def _series(
    metric: Metric, first: int, low: Floats | None = None, high: Floats | None = None
) -> OperationsSeries:
    """A metric from a bucket on, with its band where it is judged."""
    nothing: Floats = np.full(len(metric.series.values), np.nan)
    bands = (nothing if part is None else part for part in (low, high))
    values, below, above = (numbers(part[first:]) for part in (metric.series.values, *bands))
    return OperationsSeries(metric.series.key, metric.title, metric.unit, values, below, above, metric.note)


def _reason(watched: Watched) -> str:
    if watched.judgement.judged_from is not None and watched.judgement.judged_from < len(watched.rows):
        return ""
    unit = "hour" if watched.bucket_hours == 1 else "day"
    return (
        f"Too little history: {counted(LEAST[watched.bucket_hours], unit)} with predictions are needed, "
        f"{count(int((watched.rows > 0).sum()))} are there. The rule for silence holds from "
        f"{counted(24, unit)} on."
    )
