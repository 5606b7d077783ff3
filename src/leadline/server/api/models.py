"""Models, what is said of them, and their baselines."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint
from leadline.server.overview import ModelOverview, overview
from leadline.server.wire import NAME_LETTERS

BASELINE_BYTES = 512 << 20
"""Most bytes of an uploaded baseline."""


class GivenBaseline(msgspec.Struct, frozen=True):
    """What a model is compared to from now on."""

    model: str
    rows: int
    columns: int


@endpoint("GET", "/api/v1/models", "read")
def models(call: Call) -> Listing[ModelOverview]:
    """Every model that has sent something or has a baseline, by name."""
    return Listing(overview(call.service))


@endpoint("GET", "/api/v1/models/{name}/report", "read")
def report(call: Call, name: str) -> Response:
    """The record of the last judgement; see docs/reference/record.md."""
    return Response(judged(call, name), media_type="application/json")


def judged(call: Call, name: str) -> bytes:
    """The record of a model's last judgement, as JSON."""
    found = call.service.metadata.judgements.of(name)
    if found is None or found.report is None:
        raise Wrong(404, "the model has not been judged", where=name, next_step="See GET /api/v1/models.")
    return found.report


@endpoint("POST", "/api/v1/models/{name}/baseline", "write", limit=BASELINE_BYTES)
def set_baseline(call: Call, name: str, body: bytes) -> GivenBaseline:
    """Give a model a baseline, as `leadline baseline` saves it. All its rows are counted anew."""
    if len(name) > NAME_LETTERS:
        raise Wrong(400, "the name is too long", accepted=f"at most {NAME_LETTERS} letters")
    found = call.service.set_baseline(name, body)
    return GivenBaseline(name, found.profile.rows, len(found.grid.columns))


ENDPOINTS = (models, report, set_baseline)
