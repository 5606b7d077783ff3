"""What serving processes send."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from time import time

import msgspec
from starlette.responses import Response

from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.server.api.known import known_baseline
from leadline.server.intake import wire
from leadline.server.intake.encodings import BODY_BYTES, decompressed
from leadline.server.intake.formats import arrow, cloudevents
from leadline.server.judging import given
from leadline.server.judging.given import Given
from leadline.stores.contract import Section

KEY_LETTERS = 200
PROFILE_BYTES = 64 << 20


class OfArrow(msgspec.Struct, forbid_unknown_fields=True):
    """Whose rows an Arrow stream holds; JSON says it itself.

    Attributes:
        model, version: whose.
        section: what they are.
    """

    model: str | None = None
    version: str | None = None
    section: Section = "predictions"


@endpoint(
    "POST", "/api/v1/ingest", "ingest", status=202, limit=BODY_BYTES, narrow=True, media="application/json"
)
async def ingest(call: Call, query: OfArrow, body: bytes) -> Response:
    """Take a batch of predictions, labels and feedback; see docs/reference/wire.md.

    It is answered once the rows are durable. The answer says which rows were refused, and why.
    """
    headers = call.request.headers
    key = headers.get("idempotency-key", "") or secrets.token_hex(16)
    if len(key) > KEY_LETTERS:
        raise Wrong(400, "the key is too long", accepted=f"at most {KEY_LETTERS} letters")

    offset = _clock_offset(headers.get("leadline-sent-at", ""))

    def take() -> Future[bytes]:
        text, now = _content(headers, body), call.service.clock()
        if headers.get("content-type", "").split(";")[0].strip().lower() != arrow.MEDIA_TYPE:
            batch = wire.read_batch(text, key, now, offset)
        elif query.model is None:
            raise Wrong(400, "an Arrow stream does not say whose it is", accepted="?model=NAME")
        else:
            batch = wire.read_arrow(text, query.model, query.version, query.section, key, now)
        call.only(batch.model)
        return call.service.take(batch, len(text))

    return Response(await _kept(call, take), 202, media_type="application/json")


class OfEvent(msgspec.Struct, forbid_unknown_fields=True):
    """Whose payloads they are, where that is not what the event says."""

    model: str | None = None
    version: str | None = None


class Logged(msgspec.Struct, frozen=True):
    """What became of an event.

    Attributes:
        rows: predictions, labels and feedback that are durable by now; 0: the other half of the request is
            waited for.
    """

    rows: int


@endpoint("POST", "/api/v1/cloudevents", "ingest", limit=BODY_BYTES, narrow=True)
async def cloud_event(call: Call, query: OfEvent, body: bytes) -> Logged:
    """Take a request, a response or feedback as KServe and Seldon log them.

    A prediction is kept once both halves are there, or after five minutes without the other one: then as
    failed, unless the model's responses are not logged at all.
    """
    headers = {name.lower(): value for name, value in call.request.headers.items()}

    def take() -> tuple[int, list[Future[bytes]]]:
        service = call.service
        content = _content(headers, body)
        found = cloudevents.read(headers, content, service.worker.features, query.model, query.version)
        call.only(found.model)
        if isinstance(found, cloudevents.Truth):
            return service.take_truth(found)
        wholes = service.pairs.take(found, service.clock() / 1e6)
        return sum(len(whole.rows) for whole in wholes), service.take_wholes(wholes)

    rows, kept = await asyncio.get_running_loop().run_in_executor(call.service.readers, take)
    for future in kept:
        await asyncio.wrap_future(future)
    return Logged(rows)


@endpoint("POST", "/api/v1/models/{name}/profiles", "ingest", status=202, limit=PROFILE_BYTES, errors=(409,))
def profile(call: Call, name: str, body: bytes) -> Given:
    """Take what was counted elsewhere, as `leadline profile` saves it on the model's baseline.

    It is added to the buckets of its rows, which are judged with it. The same content again counts once.
    """
    service = call.service
    with service.worker.paused():
        return given.take(service.store, name, known_baseline(call, name), body, service.clock())


def _clock_offset(sent_at: str) -> float | None:
    """Seconds that the clock of this machine is ahead of the client's, and the try took; None: not told."""
    try:
        found = time() - float(sent_at)
    except ValueError:
        return None
    return round(found, 3) if math.isfinite(found) else None


def _content(headers: Mapping[str, str], body: bytes) -> bytes:
    return decompressed(body, headers.get("content-encoding", "").strip().lower())


async def _kept(call: Call, take: Callable[[], Future[bytes]]) -> bytes:
    loop = asyncio.get_running_loop()
    return await asyncio.wrap_future(await loop.run_in_executor(call.service.readers, take))


ENDPOINTS = (ingest, cloud_event, profile)
