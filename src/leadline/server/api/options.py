"""How a model is judged: its budget, floors and monitors, and what they would have raised."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from leadline.reports.record import ReportRecord
from leadline.schedule import AlertRate, check_weight
from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.server.api.known import known_baseline
from leadline.server.judging import fleet as fleets
from leadline.server.judging import judge as judging
from leadline.server.judging.overview import overview
from leadline.stores.metadata.options import Fleet


class ModelOptions(msgspec.Struct, frozen=True):
    """Options of a model.

    Attributes:
        options: of its judgements, as in leadline.yaml: `budget`, `monitors`, `floors`, ...; the others are
            those of its baseline.
        of_baseline: the options that the baseline was learned with, where they are not the default.
        revision: times that they were set.
    """

    options: dict[str, Any]
    of_baseline: dict[str, Any]
    revision: int


class NewOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options that are wanted, in the place of those before."""

    options: dict[str, Any] = {}


class Raised(msgspec.Struct, frozen=True):
    """An alert that options would have raised.

    Attributes:
        monitor: name of what would have raised it.
        tier: alert or warning.
        opened, last: first moment of its first window, last moment of its last one.
        over: it would have closed.
        sources: what it names.
        sentence: in words.
    """

    monitor: str
    tier: str
    opened: str
    last: str
    over: bool
    sources: list[str]
    sentence: str


class Backtest(msgspec.Struct, frozen=True):
    """What options would have raised on the counts that are kept.

    Attributes:
        start, end: of what was looked at; `windows` in it.
        raised: in the order of time.
        expected, observed: false alerts that the budget allows there, and its alerts; null: no budget.
        reason: why the budget cannot be kept, "" where it can.
    """

    start: str | None
    end: str | None
    windows: int
    raised: list[Raised]
    expected: float | None
    observed: int | None
    reason: str


class NewFleetBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A budget for all models together, and their weights, in the place of those before.

    Attributes:
        budget: false alerts in a time, such as `4/30d`; null: each model has its own.
        weights: by model, 0.001 to 1,000; others weigh 1.
    """

    budget: str | None = None
    weights: dict[str, float] = {}


class FleetShare(msgspec.Struct, frozen=True):
    """The share of a model in the fleet's budget: so many false alerts in so many days."""

    model: str
    weight: float
    alerts: float
    days: float


class FleetBudget(msgspec.Struct, frozen=True):
    """The budget of all models together.

    Attributes:
        budget, weights: as they were set.
        shares: of the models with a baseline and without a budget of their own.
        expected, observed: false alerts to expect in the windows that are judged now, and alerts in them, of
            all models that windows judge.
    """

    budget: str | None
    weights: dict[str, float]
    shares: list[FleetShare]
    expected: float
    observed: int


class KnownBaseline(msgspec.Struct, frozen=True):
    """What a model is compared to.

    Attributes:
        digest: SHA-256 of its file; "": it has none.
        revision: times that one was set.
        set_at: when that was done last, ISO 8601 in UTC; null: never.
    """

    digest: str
    revision: int
    set_at: str | None


@endpoint("GET", "/api/v1/models/{name}/baseline", "read")
def baseline(call: Call, name: str) -> KnownBaseline:
    """Which baseline a model has.

    One that the server does not know has none: it may be set up before it sends anything.
    """
    models = call.service.metadata.models
    known, content = models.baselines().get(name), models.baseline(name)
    if known is None or content is None:
        return KnownBaseline("", 0, None)
    return KnownBaseline(hashlib.sha256(content).hexdigest(), known.revision, judging.moment(known.set_at))


@endpoint("GET", "/api/v1/models/{name}/options", "read")
def options(call: Call, name: str) -> ModelOptions:
    """How a model is judged.

    One that the server does not know has the defaults: it may be set up before it sends anything.
    """
    found = call.service.metadata.options.of(name)
    return ModelOptions(found.options, call.service.worker.learned_with(name), found.revision)


@endpoint("PUT", "/api/v1/models/{name}/options", "write")
def set_options(call: Call, name: str, body: NewOptions) -> ModelOptions:
    """Judge a model by other options from now on. They are looked at against its baseline first."""
    service = call.service
    judging.check_options(service.worker.baseline(name), body.options)
    with call.changing() as own:
        service.metadata.options.put(own, name, body.options, service.clock())
    return options.handler(call, name)


@endpoint("GET", "/api/v1/fleet/budget", "read")
def fleet_budget(call: Call) -> FleetBudget:
    """The budget of all models together, and what became of it."""
    metadata = call.service.metadata
    known, found = metadata.options.fleet(), fleets.shares(metadata)
    judged = [one.summary for one in overview(call.service) if one.summary is not None]
    return FleetBudget(
        known.budget,
        known.weights,
        [
            FleetShare(model, found.weights[model], share.alerts, share.days)
            for model, share in sorted(found.of.items())
        ],
        round(sum(summary.expected or 0.0 for summary in judged), 3),
        sum(summary.observed or 0 for summary in judged),
    )


@endpoint("PUT", "/api/v1/fleet/budget", "admin")
def set_fleet_budget(call: Call, body: NewFleetBudget) -> FleetBudget:
    """Divide a budget among all models by their weights from now on; again whenever a model comes."""
    if body.budget is not None:
        AlertRate.parse(body.budget)
    for model, weight in body.weights.items():
        check_weight(weight, f"weights.{model}")
    weights = {model: weight for model, weight in sorted(body.weights.items()) if weight != 1}
    with call.changing() as own:
        call.service.metadata.options.put_fleet(own, Fleet(body.budget, weights), call.service.clock())
    return fleet_budget.handler(call)


@endpoint("POST", "/api/v1/models/{name}/backtest", "read", errors=(409,))
def backtest(call: Call, name: str, body: NewOptions) -> Backtest:
    """What options would have raised on the counts that are kept, before they are switched on."""
    service = call.service
    learned = known_baseline(call, name)
    judging.check_options(learned, body.options)
    buckets = service.worker.closed(name, learned)
    if not buckets:
        raise Wrong(409, "no bucket of the model is over yet", where=name)
    profile = judging.merged(service.store, name, learned, buckets)
    options = fleets.shares(service.metadata).options(name, body.options)
    return _backtest(judging.judge(learned, profile, buckets[-1].end, options).record)


def _backtest(record: ReportRecord) -> Backtest:
    timeline = record.timeline
    budget = timeline.budget if timeline is not None else None
    if timeline is None:
        return Backtest(record.current.start, record.current.end, 0, [], None, None, "no times")
    windows = timeline.windows

    def span(opened: int, last: int) -> tuple[str, str]:
        return windows[opened].start, windows[last].end

    raised = [
        Raised(
            "windows",
            alert.tier,
            *span(alert.opened, alert.last),
            alert.closed is not None,
            [source.source for source in alert.sources],
            alert.sentence,
        )
        for alert in timeline.alerts
    ] + [
        Raised(
            monitor.name,
            monitor.tier,
            *span(alert.opened, alert.last),
            alert.closed is not None,
            [monitor.name],
            alert.sentence,
        )
        for monitor in record.monitors
        for alert in monitor.alerts
    ]
    return Backtest(
        record.current.start,
        record.current.end,
        sum(window.side == "current" for window in windows),
        sorted(raised, key=lambda one: one.opened),
        budget.expected if budget is not None else None,
        budget.observed if budget is not None else None,
        budget.reason if budget is not None and not budget.supported else timeline.reason,
    )


ENDPOINTS = (baseline, options, set_options, fleet_budget, set_fleet_budget, backtest)
