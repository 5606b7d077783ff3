"""What a browser opens, and what tells it of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from leadline.reports import page
from leadline.reports.record import ReportRecord
from leadline.server import pages
from leadline.server.api.endpoint import Call, endpoint, missing
from leadline.server.api.models import judged

# msgspec learns a type when it is first used, which two threads must not do at a time.
_RECORDS = msgspec.json.Decoder(ReportRecord)


DEMO = "/api/v1/demo/faults"
"""A path that only a demo has."""


def shell(call: Call) -> Response:
    """The page; its script asks for what the address names."""
    return page_response(call.request, 200)


def page_response(request: Request, status: int) -> Response:
    """The page, with a status that says whether it knows the address."""
    headers = {"Content-Security-Policy": pages.POLICY}
    demo = any(getattr(route, "path", "") == DEMO for route in request.app.routes)
    return Response(pages.shell(demo), status, headers, "text/html; charset=utf-8")


@endpoint("GET", "/assets/{file}", None)
def asset(call: Call, file: str) -> Response:
    """The script and the styles of the page. Their names change with what is in them."""
    found = pages.assets().get(file)
    if found is None:
        raise missing("file", file, "Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in call.request.headers.get("accept-encoding", ""):
        return Response(found.packed, 200, headers | {"Content-Encoding": "gzip"}, found.media_type)
    return Response(found.content, 200, headers, found.media_type)


@endpoint("GET", "/models/{name}/report.html", "read")
def report_page(call: Call, name: str) -> Response:
    """The last report of a model as one file that opens anywhere."""
    return _html(page.render(_RECORDS.decode(judged(call, name))))


@endpoint("GET", "/api/v1/changes", "read", narrow=True, media="text/event-stream")
async def changes(call: Call) -> Response:
    """Server-sent events: each `data` is a change of something, as it happens.

    The stream ends when the token or the session behind it does, or what it may see changes: nothing is told
    after that, and the line is closed within 15 seconds.
    """

    async def told() -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        async for change in call.service.changes.listen():
            if not await asyncio.to_thread(call.is_let_in):
                return
            if change.model and not call.who.may(change.model):
                continue
            yield b"data: " + msgspec.json.encode(change) + b"\n\n"

    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(told(), 200, headers, "text/event-stream")


def model_path(name: str) -> str:
    """Where the page of a model is."""
    return f"/models/{quote(name, safe='')}"


def _html(text: str) -> Response:
    return Response(text.encode("utf-8", "replace"), 200, None, "text/html; charset=utf-8")


VIEWS = (
    "/",
    "/models/{name}",
    "/models/{name}/features/{feature:path}",
    "/alerts",
    "/alerts/{number}",
    "/models/{name}/compare",
    "/models/{name}/explore",
    "/login",
    "/setup",
    "/settings",
    "/settings/{section}",
)
"""Addresses that people open. The page needs nobody's leave: it holds no data."""

ENDPOINTS = (
    asset,
    report_page,
    changes,
    *(endpoint("GET", path, None)(shell) for path in VIEWS),
)
