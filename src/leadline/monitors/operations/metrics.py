"""Which operations metrics there are, and how each is made of the counts of hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from leadline.monitors.operations.series import Series, Transform
from leadline.profiles.exponential import NORMAL_95, quantiles
from leadline.stores.operations_kinds import MILLIONTHS, NAMES, OTHER, Counts, Dropped, What

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LATENCIES = ((0.5, "p50", "Median latency"), (0.95, "p95", "95 % latency"), (0.99, "p99", "99 % latency"))
KINDS_OF_ERROR, STEPS, FEEDBACKS = 5, 10, 10
"""Series at most for each, the most frequent ones."""

LEAST_QUANTILE = 20
"""Values that a quantile needs."""

LEAST_MEAN = 10
"""Values that a mean of them needs."""

WORTH = 0.25
"""Smallest change worth telling of amounts, as a share of what was expected: of latencies, requests, cost."""

WORTH_SHARE, WORTH_LOAD = 0.01, 0.1
"""The same of shares of errors, heartbeats and feedback, and of processor and memory."""

WORTH_DELAY = 0.5
"""The same of the age of labels, and of how many come."""


@dataclass(frozen=True, eq=False)
class Metric:
    """One number for each bucket.

    Attributes:
        series: with its key and values.
        title, unit: for people; units: "ms", "/h", "share", "s", "bytes", "".
        note: what it rests on.
        judged: takes part in the budget; what is only another face of another metric does not.
    """

    series: Series
    title: str
    unit: str
    note: str = ""
    judged: bool = True


class Buckets:
    """Counts of hours, summed up by bucket.

    Args:
        counts: of hours within the buckets.
        edges: shape (T + 1,), hours since 1970 at which buckets begin, and the last one ends.
    """

    def __init__(self, counts: Counts, edges: Integers) -> None:
        self.edges, self.size = edges, len(edges) - 1
        bucket = np.searchsorted(edges, counts.hour, "right") - 1
        inside = (bucket >= 0) & (bucket < self.size)
        self._named = counts.named
        self._bucket, self._what = bucket[inside], counts.what[inside]
        self._cell, self._count, self._amount = (
            part[inside] for part in (counts.cell, counts.count, counts.amount)
        )
        order = np.lexsort((self._cell, self._bucket, self._what))
        self._bucket, self._what, self._cell, self._count, self._amount = (
            part[order] for part in (self._bucket, self._what, self._cell, self._count, self._amount)
        )

    def names(self, what: What, most: int) -> list[str]:
        """The names under which most was counted."""
        numbers = {number: name for number, (own, name) in self._named.items() if own == what}
        totals = {name: int(self._count[self._what == number].sum()) for number, name in numbers.items()}
        found = sorted((name for name in totals if totals[name]), key=lambda name: (-totals[name], name))
        return found[:most]

    def rows(self, what: What, name: str | None = "") -> tuple[Integers, Integers, Integers, Integers]:
        """Bucket, cell, count and amount of everything under a name (None: under all), ascending."""
        numbers = [n for n, (own, other) in self._named.items() if own == what and name in (None, other)]
        chosen = np.isin(self._what, numbers)
        return self._bucket[chosen], self._cell[chosen], self._count[chosen], self._amount[chosen]

    def count(self, what: What, name: str | None = "") -> Integers:
        """Shape (T,): how often."""
        bucket, _, count, _ = self.rows(what, name)
        return np.bincount(bucket, count, self.size).astype(np.int64)

    def mean(self, what: What, name: str = "", unit: float = 1 / MILLIONTHS, least: int = 1) -> Floats:
        """Shape (T,): amount by count; NaN where there are too few."""
        bucket, _, count, amount = self.rows(what, name)
        counts = np.bincount(bucket, count, self.size)
        total = np.bincount(bucket, amount, self.size) * unit
        return np.divide(total, counts, out=np.full(self.size, np.nan), where=counts >= least)


def metrics(buckets: Buckets) -> list[Metric]:
    """All metrics of which anything is known, in the order in which they are shown."""
    rows = buckets.count("rows").astype(float)
    makers: tuple[Callable[[Buckets, Floats], Iterator[Metric]], ...] = (
        _requests, _latency, _steps, _errors, _availability, _dropped, _resources, _clocks, _labels,
        _feedback, _cost,
    )  # fmt: skip
    found = [metric for make in makers for metric in make(buckets, rows)]
    return [metric for metric in found if np.isfinite(metric.series.values).any()]


def _requests(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    busy = np.flatnonzero(rows > 0)
    values = np.full(len(rows), np.nan)
    if len(busy):
        # Silence at the end is told of by a rule of its own.
        span = slice(busy[0], busy[-1] + 1)
        values[span] = (rows / np.diff(buckets.edges))[span]
    noise = 1 / np.sqrt(np.maximum(rows, 1))
    smallest = float(1 / np.diff(buckets.edges).min())
    series = Series("requests", values, "log", "both", noise, None, "traffic", WORTH, smallest)
    yield Metric(series, "Requests", "/h")


def _latency(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    for q, key, title in LATENCIES:
        values, noise = _quantile(buckets, "latency", "", q)
        series = Series(f"latency_{key}", values, "log", "up", noise, None, "latency", WORTH)
        yield Metric(series, title, "ms", "cells of 1.1 %: within 0.55 % of the exact value")


def _steps(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    for name in buckets.names("step", STEPS):
        values, noise = _quantile(buckets, "step", name, 0.95)
        series = Series(f"step {name}", values, "log", "up", noise, None, "latency", WORTH)
        yield Metric(series, f"Step {name}, 95 %", "ms")


def _quantile(buckets: Buckets, what: What, name: str, q: float) -> tuple[Floats, Floats]:
    """Of each bucket with values enough, with the standard error of its logarithm."""
    bucket, cell, count, _ = buckets.rows(what, name)
    found = quantiles(bucket, cell, count, buckets.size, q)
    total = np.bincount(bucket, count, buckets.size)
    known = (total >= LEAST_QUANTILE) & (found.low > 0) & (found.value > 0)
    value, low, high = (np.where(known, part, 1.0) for part in found.parts)
    # Where so few values have no upper bound, the way down says how far it may be.
    reach = np.where(np.isfinite(high), np.log(high / low) / 2, np.log(value / low))
    return np.where(known, found.value, np.nan), np.where(known, reach / NORMAL_95, np.nan)


def _errors(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    total = buckets.count("error", None)
    share = _share(total, rows)
    series = Series("error_share", share, "share", "up", None, rows, "errors", WORTH_SHARE)
    yield Metric(series, "Requests that failed", "share")
    for name in buckets.names("error", KINDS_OF_ERROR):
        own = _share(buckets.count("error", name), rows)
        series = Series(f"error {name}", own, "share", "up", None, rows, "errors", WORTH_SHARE)
        yield Metric(series, f"Failed with {name}", "share")


def _availability(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    failed = _share(buckets.count("error", None), rows)
    success = Series("success_share", 1 - failed, "share", "down", group="errors")
    yield Metric(success, "Requests that succeeded", "share", "the rest of those that failed", judged=False)
    series = Series(
        "heartbeats", heartbeats(buckets), "share", "down", group="availability", floor=WORTH_SHARE
    )
    yield Metric(series, "Heartbeats that came", "share", "of those expected while a process lives")


def heartbeats(buckets: Buckets) -> Floats:
    """Shape (T,): heartbeats by those expected while processes lived.

    Of processes that do not say how often they beat, expected is the usual distance of two, that of the
    median bucket. NaN where no process lived.
    """
    came = buckets.count("beats", None)
    expected, lived = (_amounts(buckets, what) for what in ("expected", "lived"))
    expected = expected / MILLIONTHS
    known = (came > 0) & (lived > 0) & (expected == 0)
    if known.any():
        expected += lived / np.median(lived[known] / came[known])
    return np.where(expected >= 1, np.minimum(came / np.maximum(expected, 1), 1.0), np.nan)


def _amounts(buckets: Buckets, what: What) -> Floats:
    bucket, _, _, amount = buckets.rows(what)
    return np.bincount(bucket, amount, buckets.size).astype(np.float64)


def _dropped(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    """What clients say that they could not deliver. A rule of its own tells of it."""
    for kind in get_args(Dropped):
        reasons = dropped(buckets, kind)
        if reasons:
            total = np.sum([*reasons.values()], axis=0).astype(float)
            series = Series(f"dropped {kind}", total, "log", "up", group="dropped")
            title = f"{kind.capitalize()} that clients dropped"
            yield Metric(series, title, "", "; ".join(reasons), judged=False)


def dropped(buckets: Buckets, kind: Dropped) -> dict[str, Integers]:
    """Shape (T,) of each: how much of a kind clients say that they could not deliver, by reason."""
    found: dict[str, Integers] = {}
    for name in buckets.names("dropped", NAMES + 1):
        of, _, reason = name.partition(": ")
        # Names beyond the bound share one, and most of what is dropped are predictions.
        if of == kind or (name == OTHER and kind == "predictions"):
            found[reason or OTHER] = buckets.count("dropped", name)
    return found


def _clocks(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    series = Series("clock_offset", clock_offset(buckets), "none", "both", group="clock")
    note = "of the process whose clock is off most; above 0 the server's is ahead"
    yield Metric(series, "Clock of a client off by", "s", note, judged=False)


def clock_offset(buckets: Buckets) -> Floats:
    """Shape (T,): seconds that the server's clock is ahead of that of the client that is off most.

    NaN: no client said.
    """
    found = np.full(buckets.size, np.nan)
    bucket, _, _, amount = buckets.rows("clock", None)
    for place in np.argsort(np.abs(amount), kind="stable"):
        found[bucket[place]] = amount[place] / 1e6
    return found


def _resources(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    kinds: tuple[tuple[What, str], ...] = (
        ("cpu_busy", "Processors busy"), ("memory_used", "Memory used"),
        ("gpu_busy", "GPUs busy"), ("gpu_memory", "Memory of GPUs used"),
    )  # fmt: skip
    for what, title in kinds:
        values = np.clip(buckets.mean(what), 0.0, 1.0)
        series = Series(what, values, "share", "up", group="resources", floor=WORTH_LOAD)
        yield Metric(series, title, "share", "mean over the heartbeats of all machines")
    resident = Series(
        "resident", buckets.mean("resident", unit=1.0), "log", "up", group="resources", floor=WORTH
    )
    yield Metric(resident, "Memory of a process", "bytes", "mean over heartbeats")


def _labels(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    ages, noise = _quantile(buckets, "arrived", "", 0.5)
    delay = Series("label_delay", ages, "log", "up", noise, None, "labels", WORTH_DELAY, 1.0)
    yield Metric(delay, "Median age of labels that came", "s")
    came = buckets.count("arrived")
    known = np.flatnonzero(came)
    busy = np.flatnonzero(rows > 0)
    values = np.full(len(rows), np.nan)
    if len(known):
        span = slice(known[0], max(int(busy.max(initial=0)), int(known[-1])) + 1)
        values[span] = came[span]
    error = 1 / np.sqrt(np.maximum(came, 1.0))
    series = Series("labels", values, "log", "down", error, None, "labels", WORTH_DELAY, 1.0)
    yield Metric(series, "Labels that came", "", "by the time of the label")


def _feedback(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    for name in buckets.names("feedback", FEEDBACKS):
        values = buckets.mean("feedback_value", name, least=LEAST_MEAN)
        known = values[np.isfinite(values)]
        shares = len(known) > 0 and known.min() >= 0 and known.max() <= 1
        # Of values between 0 and 1 no mean is less certain than a share.
        trials = buckets.count("feedback_value", name).astype(float) if shares else None
        group, key = f"feedback {name}", f"feedback {name}"
        scale: Transform = "share" if shares else "none"
        floor = WORTH_SHARE if shares else 0.0
        series = Series(key, values, scale, "both", None, trials, group, floor)
        yield Metric(series, f"Feedback {name}, mean", "share" if shares else "")
        rate = _share(buckets.count("feedback", name), rows)
        noise = 1 / np.sqrt(np.maximum(buckets.count("feedback", name), 1.0))
        often = Series(f"{key} rate", rate, "log", "both", noise, None, group, WORTH_DELAY, 1e-3)
        yield Metric(often, f"Feedback {name}, by request", "")


def _cost(buckets: Buckets, rows: Floats) -> Iterator[Metric]:
    values = buckets.mean("cost", least=LEAST_MEAN)
    yield Metric(Series("cost", values, "log", "up", None, None, "cost", WORTH), "Cost of a prediction", "")


def _share(part: Integers, rows: Floats) -> Floats:
    return np.divide(part, rows, out=np.full(len(rows), np.nan), where=rows > 0)
