"""What a browser opens, and what tells it of changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec
from starlette.responses import RedirectResponse, Response, StreamingResponse

from leadline.reports import page
from leadline.reports.record import ReportRecord
from leadline.server import pages
from leadline.server.access import COOKIE, digest
from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.server.api.models import judged
from leadline.server.overview import overview

# msgspec learns a type when it is first used, which two threads must not do at a time.
_RECORDS = msgspec.json.Decoder(ReportRecord)


class Entry(msgspec.Struct):
    """What opens the pages."""

    token: str = ""


@endpoint("GET", "/login", None)
def login(call: Call, query: Entry) -> Response:
    """Open the pages in this browser with a token."""
    if call.service.metadata.tokens.of(digest(query.token)) is None:
        raise Wrong(401, "unknown token", next_step="Make a token with POST /api/v1/tokens.")
    response = RedirectResponse("/", status_code=303)
    secure = call.request.url.scheme == "https"
    response.set_cookie(COOKIE, query.token, httponly=True, samesite="strict", secure=secure)
    return response


@endpoint("GET", "/", "read")
def fleet(call: Call) -> Response:
    """All models."""
    return _html(pages.fleet(overview(call.service)), {"Content-Security-Policy": pages.POLICY})


@endpoint("GET", "/models/{name}", "read")
def model(call: Call, name: str) -> Response:
    """The report of a model."""
    return _html(page.render(_RECORDS.decode(judged(call, name))), {})


@endpoint("GET", "/api/v1/changes", "read")
async def changes(call: Call) -> Response:
    """Server-sent events: each `data` is a change of something, as it happens."""

    async def told() -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        async for change in call.service.changes.listen():
            yield b"data: " + msgspec.json.encode(change) + b"\n\n"

    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(told(), 200, headers, "text/event-stream")


def model_path(name: str) -> str:
    """Where the page of a model is."""
    return f"/models/{quote(name, safe='')}"


def _html(text: str, headers: dict[str, str]) -> Response:
    return Response(text.encode("utf-8", "replace"), 200, headers, "text/html; charset=utf-8")


ENDPOINTS = (login, fleet, model, changes)
