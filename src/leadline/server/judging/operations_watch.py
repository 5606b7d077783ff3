"""The operations of a model: counted by hour, judged when hours or days close."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.monitors.operations import Judgement, judge
from leadline.monitors.operations.metrics import (
    Buckets,
    Integers,
    Metric,
    clock_offset,
    dropped,
    metrics,
)
from leadline.monitors.operations.rules import (
    Lateness,
    Loss,
    Silence,
    lateness,
    losses,
    silence,
    wrong_clocks,
)
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.schedule import HOUR, AlertRate, Width, Zone, floor, following
from leadline.server.judging.counting import GRACE
from leadline.stores.contract import RowStore
from leadline.stores.operations_kinds import Counts, Dropped

BLOCK_HOURS = 90 * 24
"""The history that judges begins at the last but one multiple of this, so that it does not slide: what was
said of an hour stays."""

HOURLY_ROWS = 50
"""Predictions of a usual hour from which on hours are judged; with fewer, days."""

SEASONS = {1: (24, 168), 24: (7,)}
"""Hours of a bucket: lengths of the seasons in buckets."""

LEAST = {1: 14 * 24, 24: 28}
"""Buckets with a value before a metric is judged: two weeks of hours, four of days."""


@dataclass(frozen=True, eq=False)
class Watched:
    """What is known of the closed buckets of a model.

    Attributes:
        edges: shape (T + 1,), hours since 1970 at which buckets begin, and the last one ends.
        bucket_hours: 1 or 24.
        metrics: of T values.
        judgement: of those metrics that are judged, in their order.
        rows: shape (T,), predictions.
        silence, lateness: what the fixed rules say.
        losses: what clients dropped, by kind.
        wrong_clocks: first and last bucket of each run in which a client's clock was wrong, and by how many
            seconds at most.
        latest: moment of the last prediction, microseconds; None: there is none.
        budget: of false alerts.
        versions: names of all that have served.
        digest: names all of it: the same counts of the same buckets have the same name.
    """

    edges: Integers
    bucket_hours: int
    metrics: list[Metric]
    judgement: Judgement
    rows: Integers
    silence: Silence | None
    lateness: Lateness | None
    losses: Mapping[Dropped, list[Loss]]
    wrong_clocks: list[tuple[int, int, float]]
    latest: int | None
    budget: AlertRate
    versions: tuple[str, ...]
    digest: str

    def start(self, bucket: int) -> int:
        """When a bucket begins, or (T) the last one ends; microseconds."""
        return int(self.edges[bucket]) * HOUR


class Watcher:
    """Counts what came in, and remembers what follows from it.

    Args:
        store: with the batches.
    """

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._known: dict[str, tuple[tuple[int, int, int], Watched]] = {}
        self._lock = threading.Lock()

    def known(self, model: str, now: int) -> Watched | None:
        """What was found the last time, where no hour has ended since; None: it is to be looked at."""
        with self._lock:
            found = self._known.get(model)
        return found[1] if found is not None and found[0][1] == (now - GRACE) // HOUR else None

    def look(self, model: str, baseline: Baseline | None, now: int) -> Watched | None:
        """What is known of a model now; None before its first hour is over.

        Args:
            baseline: whose days and whose budget are meant; None: UTC, and the default.
            now: microseconds.
        """
        upto = self._store.count_operations(model)
        end = (now - GRACE) // HOUR
        key = (upto, end, id(baseline))
        with self._lock:
            known = self._known.get(model)
        if known is not None and known[0] == key:
            return known[1]
        start = (end // BLOCK_HOURS - 1) * BLOCK_HOURS
        found = watch(self._store.operations(model, start, end), baseline, now, known and known[1])
        if found is not None:
            with self._lock:
                self._known[model] = key, found
        return found


def watch(
    counts: Counts, baseline: Baseline | None, now: int, before: Watched | None = None
) -> Watched | None:
    """Make the metrics of some hours, and judge them.

    Args:
        counts: of closed hours.
        before: what was made of them before; taken where nothing has changed.
    """
    budget = AlertRate.parse((baseline and baseline.settings.budget) or DEFAULT_BUDGET)
    calendar = baseline.calendar if baseline is not None else None
    place = calendar.place if calendar is not None else UTC
    hours = [number for number, (what, _) in counts.named.items() if what == "rows"]
    busy = np.unique(counts.hour[np.isin(counts.what, hours)])
    if not len(busy):
        return None
    of_hours = np.bincount(
        np.searchsorted(busy, counts.hour[np.isin(counts.what, hours)]),
        counts.count[np.isin(counts.what, hours)],
    )
    width = 1 if np.median(of_hours) >= HOURLY_ROWS else 24
    edges = _edges(int(busy[0]), (now - GRACE) // HOUR, width, place)
    if len(edges) < 2:
        return None
    digest = _digest(counts, edges, budget)
    if before is not None and before.digest == digest:
        return before
    buckets = Buckets(counts, edges)
    rows = buckets.count("rows")
    made = metrics(buckets)
    latest = buckets.rows("latest")[3]
    cells = buckets.rows("labelled")
    return Watched(
        edges,
        width,
        made,
        judge(
            [metric.series for metric in made if metric.judged],
            SEASONS[width],
            budget.alerts / (budget.days * 24 / width),
            LEAST[width],
        ),
        rows,
        silence(rows),
        lateness(rows, edges[1:] * HOUR, int(edges[-1]) * HOUR, *cells[:3]),
        _losses(buckets, rows),
        wrong_clocks(clock_offset(buckets)),
        int(latest.max()) if len(latest) else None,
        budget,
        tuple(name for name in counts.versions if name),
        digest,
    )


def _losses(buckets: Buckets, rows: Integers) -> dict[Dropped, list[Loss]]:
    """Values that were left out of a row are no loss of it: they are shown, and not told."""
    came: dict[Dropped, Integers | None] = {
        "predictions": rows,
        "labels": buckets.count("arrived"),
        "feedback": buckets.count("feedback", None),
        "batches": None,
    }
    return {kind: losses(dropped(buckets, kind), sent) for kind, sent in came.items()}


def _edges(first: int, end: int, width: int, place: Zone) -> Integers:
    """Where the closed buckets from an hour on begin, and the last one ends; hours since 1970.

    Days are those of a zone, to the hour.
    """
    if width == 1:
        return np.arange(first, end + 1, dtype=np.int64)
    day = Width(1, "day")
    edges = [int(floor(np.array([first * HOUR]), day, place)[0])]
    while (after := following(edges[-1], day, place)) <= end * HOUR:
        edges.append(after)
    return np.array(edges, np.int64) // HOUR


def _digest(counts: Counts, edges: Integers, budget: AlertRate) -> str:
    closed = counts.hour < edges[-1]
    found = hashlib.sha256(repr((int(edges[0]), int(edges[-1]), len(edges), budget)).encode())
    for part in (counts.hour, counts.what, counts.cell, counts.count, counts.amount):
        found.update(np.ascontiguousarray(part[closed]).tobytes())
    return found.hexdigest()[:32]
