"""Models, what is said of them, and their baselines."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.responses import Response

from leadline.schedule import DAY
from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.api.known import check_known, known_baseline
from leadline.server.intake.wire import NAME_LETTERS
from leadline.server.judging.features import FeatureOverTime
from leadline.server.judging.operations import Operations
from leadline.server.judging.operations import operations as shown_operations
from leadline.server.judging.overview import ModelOverview, overview
from leadline.server.looking.days import by_day

BASELINE_BYTES = 512 << 20
"""Most bytes of an uploaded baseline."""


class GivenBaseline(msgspec.Struct, frozen=True):
    """What a model is compared to from now on."""

    model: str
    rows: int
    columns: int


class ModelFeatures(msgspec.Struct, frozen=True):
    """What a model's features are called."""

    model: str
    features: list[str]


# msgspec learns a type when it is first used, which two threads must not do at a time.
_FEATURES = msgspec.json.Decoder(FeatureOverTime)


class WhichModels(msgspec.Struct, forbid_unknown_fields=True):
    """Which models.

    Attributes:
        after: name of the last model of the page before.
        limit: at most so many, from 1; null: all.
    """

    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@endpoint("GET", "/api/v1/models", "read", narrow=True)
def models(call: Call, query: WhichModels) -> Listing[ModelOverview]:
    """Every model that has sent something or has a baseline, by name."""
    found = [one for one in overview(call.service) if call.who.may(one.name) and one.name > query.after]
    shown = found[: query.limit]
    return Listing(shown, shown[-1].name if len(shown) < len(found) else None)


@endpoint("GET", "/api/v1/models/{name}/report", "read", media="application/json")
def report(call: Call, name: str) -> Response:
    """The record of the last judgement; see docs/reference/record.md."""
    return Response(judged(call, name), media_type="application/json")


def judged(call: Call, name: str) -> bytes:
    """The record of a model's last judgement, as JSON."""
    found = call.service.metadata.judgements.of(name)
    if found is None or found.report is None:
        check_known(call, name)
        raise Wrong(
            404,
            "the model has not been judged",
            where=name,
            next_step="GET /api/v1/models says what it waits for.",
        )
    return found.report


@endpoint("GET", "/api/v1/models/{name}/features/{feature:path}", "read")
def feature(call: Call, name: str, feature: str) -> FeatureOverTime:
    """A feature by the windows of the last judgement, reference first."""
    found = call.service.metadata.judgements.feature(name, feature)
    if found is None:
        check_known(call, name)
        raise missing("feature", f"{name}: {feature}", "See GET /api/v1/features.")
    return _FEATURES.decode(found)


class LookBack(msgspec.Struct, forbid_unknown_fields=True):
    """How many days to look back, 1..3660."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 365


@endpoint("GET", "/api/v1/models/{name}/days/{feature:path}", "read", errors=(409,))
def days(call: Call, name: str, feature: str, query: LookBack) -> FeatureOverTime:
    """A feature by day, as far back as counts are kept, without the reference."""
    service, baseline = call.service, known_baseline(call, name)
    if feature not in baseline.grid.index:
        raise missing("feature", f"{name}: {feature}", "See GET /api/v1/features.")
    now = service.clock()
    return by_day(service.store, name, baseline, feature, now - query.days * DAY, now)


class LastDays(msgspec.Struct, forbid_unknown_fields=True):
    """How far to look back, 1..180 days, and at which version of the model; null: at all together."""

    days: Annotated[int, msgspec.Meta(ge=1, le=180)] = 14
    version: str | None = None


@endpoint("GET", "/api/v1/models/{name}/operations", "read")
def operations(call: Call, name: str, query: LastDays) -> Operations:
    """How a model served: traffic, latency, errors and the like, by hour or day."""
    check_known(call, name)
    service = call.service
    watched, now = service.worker.watched(name), service.clock()
    return shown_operations(service.store, name, watched, now, query.days, query.version)


@endpoint("GET", "/api/v1/features", "read", narrow=True)
def features(call: Call) -> Listing[ModelFeatures]:
    """The features of every model that was judged, by name."""
    found: dict[str, list[str]] = {}
    for model, name in call.service.metadata.judgements.features():
        found.setdefault(model, []).append(name)
    return Listing([ModelFeatures(model, own) for model, own in found.items() if call.who.may(model)])


@endpoint("POST", "/api/v1/models/{name}/baseline", "write", limit=BASELINE_BYTES)
def set_baseline(call: Call, name: str, body: bytes) -> GivenBaseline:
    """Give a model a baseline, as `leadline baseline` saves it. All its rows are counted anew."""
    if len(name) > NAME_LETTERS:
        raise Wrong(400, "the name is too long", accepted=f"at most {NAME_LETTERS} letters")
    found = call.service.set_baseline(name, body)
    return GivenBaseline(name, found.profile.rows, len(found.grid.columns))


ENDPOINTS = (models, report, feature, days, features, operations, set_baseline)
