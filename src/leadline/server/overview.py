"""What is known of each model, in a few numbers."""

from __future__ import annotations

import msgspec

from leadline.server import judging
from leadline.server.service import Service
from leadline.server.summary import Summary


class ModelOverview(msgspec.Struct, frozen=True):
    """A model.

    Attributes:
        name: the model's.
        verdict, headline, judged_at: of the last judgement; null where there is none yet.
        waiting_for: what is missing for one, "" where nothing is.
        open_alerts: alerts that are open or acknowledged.
        predictions, labels, feedback: rows that are kept.
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
    predictions: int
    labels: int
    feedback: int
    baseline_at: str | None
    problem: str
    summary: Summary | None


def overview(service: Service) -> list[ModelOverview]:
    """Every model that has sent something or has a baseline, by name."""
    baselines = service.metadata.models.baselines()
    judgements = service.metadata.judgements.all()
    alerts = service.metadata.alerts.living()
    found = []
    for name in sorted({*service.store.models(), *baselines}):
        rows = service.store.rows(name)
        judgement = judgements.get(name)
        waiting = "" if judgement is not None else "a bucket that is over"
        baseline = baselines.get(name)
        found.append(
            ModelOverview(
                name,
                None if judgement is None else judgement.verdict,
                "" if judgement is None else judgement.headline,
                None if judgement is None else judging.moment(judgement.judged_at),
                "a baseline" if baseline is None else waiting if rows["predictions"] else "predictions",
                alerts.get(name, 0),
                rows["predictions"],
                rows["labels"],
                rows["feedback"],
                None if baseline is None else judging.moment(baseline.set_at),
                service.worker.problems.get(name, ""),
                None if judgement is None else msgspec.json.decode(judgement.summary, type=Summary),
            )
        )
    return found
