"""What the operations of a model tell as problems, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from leadline.diagnosis.words import listed
from leadline.monitors.operations import Alert, Led
from leadline.monitors.operations.metrics import WORTH_SHARE, Metric
from leadline.monitors.operations.rules import runs
from leadline.reports.words import amount, count, counted, number
from leadline.schedule import DAY
from leadline.server.alerting.findings import Evidence, Told, Trend
from leadline.server.judging.judge import moment
from leadline.server.judging.operations_watch import Watched
from leadline.stores.metadata.alerts import Tier
from leadline.stores.operations_kinds import Dropped

MONITOR = "operations"

_ONE: dict[Dropped, str] = {
    "predictions": "prediction", "labels": "label", "feedback": "feedback", "batches": "batch",
}  # fmt: skip

TOLD_BEFORE = 2 * DAY
"""Microseconds for which an alert that is over is told of."""

TREND_BUCKETS = 168
"""Buckets that an alert draws its number over at most, the latest ones: a week of hours."""


def told(watched: Watched) -> list[Told]:
    """The problems of a model's operations: those that are there, and those that have just gone."""
    recent = watched.start(-1) - TOLD_BEFORE
    return [problem for problem in all_told(watched) if not problem.over or problem.last >= recent]


def all_told(watched: Watched) -> list[Told]:
    """All problems of the buckets that are known."""
    return [*(_of_alert(watched, alert) for alert in watched.judgement.alerts), *_of_rules(watched)]


def _of_alert(watched: Watched, alert: Alert) -> Told:
    by_key = {metric.series.key: metric for metric in watched.metrics}
    sentences = {led.key: _moved(by_key[led.key], led) for led in alert.led}
    loudest = alert.led[0]
    group = by_key[loudest.key].series.group
    # Of the numbers of one group the 95 % latency says most; the others follow it.
    lead = next((led for led in alert.led if led.key == "latency_p95" and group == "latency"), loudest)
    sentence = f"{sentences[lead.key]} since {_when(watched.start(alert.opened))}"
    sentence += _explained(watched, lead)
    others = len({by_key[led.key].title for led in alert.led}) - 1
    sentence += f", and {counted(others, 'more number')} moved with it." if others else "."
    threshold = watched.judgement.threshold
    return Told(
        monitor=MONITOR,
        opened=watched.start(alert.opened),
        last=watched.start(alert.last + 1),
        over=alert.closed is not None,
        sources=tuple(by_key[led.key].title for led in alert.led),
        sentence=sentence,
        cause=group,
        evidence=tuple(
            Evidence(
                source=by_key[led.key].title, monitor=MONITOR,
                sentence=f"{sentences[led.key]}.", metric=led.key,
                value=led.value - led.usual, unit=by_key[led.key].unit, surprise=led.surprise,
                threshold=None if threshold is None else threshold.value,
            )
            for led in alert.led
        ),
        trend=_trend(watched, by_key[lead.key], alert.opened),
        served=True,
    )  # fmt: skip


def _trend(watched: Watched, metric: Metric, opened: int) -> Trend:
    """The latest values of a number.

    Args:
        opened: bucket in which its alert began.
    """
    begin = max(0, len(watched.rows) - TREND_BUCKETS)
    return Trend(
        metric.title,
        metric.unit,
        [moment(watched.start(bucket)) for bucket in range(begin, len(watched.rows))],
        [float(value) if np.isfinite(value) else None for value in metric.series.values[begin:]],
        None,
        max(0, opened - begin),
    )


def _moved(metric: Metric, led: Led) -> str:
    way = "rose" if led.value > led.usual else "fell"
    return f"{metric.title} {way} from {_amount(led.usual, metric.unit)} to {_amount(led.value, metric.unit)}"


def _explained(watched: Watched, lead: Led) -> str:
    """Which named step grew most, where a latency did."""
    if not lead.key.startswith("latency") or lead.value <= lead.usual:
        return ""
    judged = [metric for metric in watched.metrics if metric.judged]
    grown = {
        metric.series.key.removeprefix("step "): float(
            metric.series.values[lead.step] - watched.judgement.usual[lead.step, place]
        )
        for place, metric in enumerate(judged)
        if metric.series.key.startswith("step ")
    }
    known = {name: more for name, more in grown.items() if np.isfinite(more) and more > 0}
    if not known:
        return ""
    name = max(known, key=lambda step: known[step])
    whole = lead.value - lead.usual
    part = min(known[name], whole)
    return f"; step {name} explains {number(part)} of {_amount(whole, 'ms')}"


def _of_rules(watched: Watched) -> Iterator[Told]:
    quiet = watched.silence
    if quiet is not None:
        hours = int(watched.edges[-1] - watched.edges[quiet.first])
        longest = _span(quiet.longest * watched.bucket_hours * 3600) if quiet.longest else ""
        usual = f"the longest silence before was {longest}" if longest else "there was no silence before"
        yield _of_rule(
            watched, quiet.first, len(watched.rows) - 1, False, "no_data", "Requests",
            f"No predictions have come since {_when(watched.start(quiet.first))}, for {_span(hours * 3600)}; "
            f"{usual}. A fixed rule, outside of the budget.",
        )  # fmt: skip
    yield from _of_losses(watched)
    yield from _of_clocks(watched)
    late = watched.lateness
    if late is None:
        return
    judged = np.isfinite(late.share)
    for first, last in runs(late.late[judged]):
        places = np.flatnonzero(judged)
        start, stop = int(places[first]), int(places[last])
        share = float(np.median(late.share[places[first : last + 1]]))
        yield _of_rule(
            watched,
            start,
            stop,
            last + 1 < len(places),
            "labels_late",
            "Labels that came",
            f"Labels are late: of the predictions since {_when(watched.start(start))}, "
            f"{_amount(share, 'share')} had a label after {_span(late.age_seconds)}; "
            f"usually {_amount(late.usual, 'share')} have. A fixed rule, outside of the budget.",
        )


def _of_losses(watched: Watched) -> Iterator[Told]:
    titles = {metric.series.key: metric.title for metric in watched.metrics}
    for kind, losses in watched.losses.items():
        for loss in losses:
            known = "" if loss.share is None else f", {amount(loss.share, 'share')} of all"
            small = loss.share is not None and loss.share < WORTH_SHARE
            yield _of_rule(
                watched, loss.first, loss.last, loss.last + 1 < len(watched.rows), "dropped",
                titles[f"dropped {kind}"],
                f"{count(loss.rows)} {kind if loss.rows > 1 else _ONE[kind]} "
                f"{'were' if loss.rows > 1 and kind != 'feedback' else 'was'} dropped by the client since "
                f"{_when(watched.start(loss.first))}{known}, and will not come ({listed(loss.reasons, 3)}). "
                "A fixed rule, outside of the budget.",
                "warning" if small else "alert",
            )  # fmt: skip


def _of_clocks(watched: Watched) -> Iterator[Told]:
    for first, last, offset in watched.wrong_clocks:
        yield _of_rule(
            watched, first, last, last + 1 < len(watched.rows), "clock", "Clock of a client",
            f"The clock of a client is {_span(abs(offset))} {'behind' if offset > 0 else 'ahead'} since "
            f"{_when(watched.start(first))}: its predictions and labels are in hours in which they were not "
            "made. A fixed rule, outside of the budget.",
            "warning",
        )  # fmt: skip


def _of_rule(
    watched: Watched,
    first: int,
    last: int,
    over: bool,
    cause: str,
    source: str,
    sentence: str,
    tier: Tier = "alert",
) -> Told:
    evidence = Evidence(source=source, monitor=MONITOR, sentence=sentence)
    counted_as = next((metric for metric in watched.metrics if metric.title == source), None)
    return Told(
        monitor=MONITOR, opened=watched.start(first), last=watched.start(last + 1), over=over,
        sources=(source,), sentence=sentence, cause=cause, evidence=(evidence,), tier=tier,
        trend=None if counted_as is None else _trend(watched, counted_as, first), served=True,
    )  # fmt: skip


def _when(microseconds: int) -> str:
    """ "2026-06-01 14:00 UTC"."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    """A length of time in its largest unit."""
    units = ((86_400, "day"), (3600, "hour"), (60, "minute"))
    size, name = next(((s, n) for s, n in units if seconds >= 2 * s), (1, "second"))
    return counted(round(seconds / size), name)


def _amount(value: float, unit: str) -> str:
    if unit == "s":
        return _span(value)
    if unit == "bytes":
        return f"{number(value / 1e6)} MB"
    return f"{number(value)} an hour" if unit == "/h" else amount(value, unit)
