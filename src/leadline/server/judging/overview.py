"""What is known of each model, in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from leadline.reports.words import counted
from leadline.schedule import instant
from leadline.server.alerting.findings import beyond
from leadline.server.judging import judge as judging
from leadline.server.judging.summary import Summary
from leadline.server.service import Service
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.judgements import Judgement
from leadline.stores.metadata.models import SetBaseline


class ModelOverview(msgspec.Struct, frozen=True):
    """A model.

    Attributes:
        name: the model's.
        verdict, headline, judged_at: of the last judgement; null where there is none yet.
        waiting_for: what is missing for one, or for another one on a new baseline; "" where nothing is.
        open_alerts: alerts that are not resolved; warnings are not among them.
        alert: number of the one to look at first, or null: of those that nobody looks after yet, else of all,
            the one that is furthest beyond where alerts begin; where there is none, of the latest warning
            that is not resolved.
        alert_sentence, alert_harm: what that one says, and what became of performance; "": there is none.
        alert_since: its begin, ISO 8601 in UTC, or null.
        version, version_at: that came last in the traffic, and when; "" and null: none was told.
        fresh_seconds: since the last prediction came, by the server's clock; null: none came.
        baseline_at: when its baseline was set, or null.
        problem: why it could not be judged in the last round, "" where it could.
        summary: of the last report; null where there is none.
    """

    name: str
    verdict: str | None
    headline: str
    judged_at: str | None
    waiting_for: str
    open_alerts: int
    alert: int | None
    alert_sentence: str
    alert_harm: str
    alert_since: str | None
    version: str
    version_at: str | None
    fresh_seconds: float | None
    baseline_at: str | None
    problem: str
    summary: Summary | None


# msgspec learns a type when it is first used, which two threads must not do at a time.
SUMMARIES = msgspec.json.Decoder(Summary)


def overview(service: Service) -> list[ModelOverview]:
    """Every model that has sent something or has a baseline, by name."""
    baselines = service.metadata.models.baselines()
    judgements = service.metadata.judgements.all()
    living: dict[str, list[Alert]] = {}
    for alert in service.metadata.alerts.find(state="living"):
        living.setdefault(alert.model, []).append(alert)
    sending = set(service.store.models())
    versions = service.metadata.events.versions()
    return [
        _one(
            service,
            name,
            name in sending,
            versions.get(name),
            baselines.get(name),
            judgements.get(name),
            living.get(name, []),
        )
        for name in sorted({*sending, *baselines})
    ]


def _one(
    service: Service,
    name: str,
    sent: bool,
    version: tuple[str, int] | None,
    baseline: SetBaseline | None,
    judgement: Judgement | None,
    living: Sequence[Alert],
) -> ModelOverview:
    loud = [alert for alert in living if alert.tier == "alert"]
    # The latest come first.
    first = _worst(service, loud) if len(loud) > 1 else next(iter([*loud, *living]), None)
    known = None if judgement is None else SUMMARIES.decode(judgement.summary)
    anew = service.worker.counted_anew(name)
    if anew is not None:
        waiting = f"its rows to be counted: {anew[0]:,} of {counted(anew[1], 'bucket')} so far"
    else:
        waiting = "" if judgement is not None else "a bucket that is over"
    return ModelOverview(
        name,
        None if judgement is None else judgement.verdict,
        "" if judgement is None else judgement.headline,
        None if judgement is None else judging.moment(judgement.judged_at),
        "a baseline" if baseline is None else waiting if sent else "predictions",
        len(loud),
        None if first is None else first.id,
        "" if first is None else first.sentence,
        "" if first is None else first.harm,
        None if first is None else judging.moment(first.opened),
        "" if version is None else version[0],
        None if version is None else judging.moment(version[1]),
        _fresh(service, name, known),
        None if baseline is None else judging.moment(baseline.set_at),
        service.worker.problems.get(name, ""),
        known,
    )


def _worst(service: Service, alerts: Sequence[Alert]) -> Alert:
    """The alert to look at first, of several; of the same severity, the first of them."""

    def severity(alert: Alert) -> float:
        kept = service.metadata.alerts.findings(alert.id)
        return 0.0 if kept is None else beyond(kept[1])

    waiting = [alert for alert in alerts if alert.state == "open"]
    return max(waiting or alerts, key=severity)


def _fresh(service: Service, name: str, known: Summary | None) -> float | None:
    """Seconds since the last prediction came since the start, else since the last judged one."""
    last = service.latest.get(name)
    if last is None and known is not None and known.last_row is not None:
        last = instant(known.last_row)
    return None if last is None else max(0.0, (service.clock() - last) / 1e6)
