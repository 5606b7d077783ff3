"""The HTTP server: lets requests in, reads what they carry, and gives answers and errors one shape."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from leadline.errors import LeadlineError, RetryableError
from leadline.server.access import COOKIE, NOBODY, AccessError, Gate
from leadline.server.api import ENDPOINTS
from leadline.server.api.endpoint import Call, Endpoint, Problem, Wrong, document, responded
from leadline.server.ingest import Busy
from leadline.server.service import Service
from leadline.server.wire import TooLarge

BODY_SECONDS = 30.0
"""Longest time that a body may take to come."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class App:
    """The paths of a service.

    Args:
        service: what they speak of.
        open: nothing needs a token; see `Gate`.
        more: further paths.
    """

    def __init__(self, service: Service, open: bool, more: Sequence[Endpoint] = ()) -> None:
        self._service, self._gate = service, Gate(service.metadata, open)
        self._endpoints = (*ENDPOINTS, *more)

    def asgi(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route(_route(endpoint), self._guarded(endpoint), methods=[endpoint.method])
            for endpoint in self._endpoints
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _http_error})

    def _guarded(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                response = await self._answered(endpoint, request)
            except LeadlineError as error:
                response = _error(error)
            except ClientDisconnect:
                response = document(400, Problem("the body did not come"))
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return guarded

    async def _answered(self, endpoint: Endpoint, request: Request) -> Response:
        who = NOBODY
        if endpoint.needs is not None:
            # A cookie may only read: nothing that a page of elsewhere sends changes anything.
            cookie = request.cookies.get(COOKIE) if request.method in ("GET", "HEAD") else None
            who = await asyncio.to_thread(self._gate.check, endpoint.needs, request.headers, cookie)
        given = await _given(endpoint, request)
        call = Call(self._service, who, request)
        if endpoint.is_async:
            answer = await endpoint.handler(call, **given)
        else:
            answer = await asyncio.to_thread(endpoint.handler, call, **given)
        return responded(answer, endpoint.status)


def _route(endpoint: Endpoint) -> str:
    path = endpoint.path
    for name, kind in endpoint.path_types.items():
        if kind is int:
            path = path.replace(f"{{{name}}}", f"{{{name}:int}}")
    return path


async def _given(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """What the function of a path takes beside the call."""
    given: dict[str, Any] = {}
    for name, kind in endpoint.path_types.items():
        value = request.path_params[name]
        # A number beyond what a database can hold names nothing.
        given[name] = min(value, 2**63 - 1) if kind is int else value
    if endpoint.query is not None:
        given["query"] = _query(request.query_params, endpoint.query)
    if endpoint.body is not None:
        body = await _body(request, endpoint.limit)
        given["body"] = body if endpoint.body is bytes else _decoded(body, endpoint.body)
    return given


def _query(given: Mapping[str, str], kind: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(dict(given), kind, strict=False)
    except msgspec.ValidationError as error:
        fields = ", ".join(kind.__struct_fields__)
        raise Wrong(400, "not what the path takes", found=str(error), accepted=fields) from None


def _decoded(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        fields = ", ".join(getattr(kind, "__struct_fields__", ()))
        raise Wrong(
            400, "not what is expected", found=str(error), accepted=f"an object with {fields}"
        ) from None


async def _body(request: Request, limit: int) -> bytes:
    """The body of a request, as long as it is not too large and comes in time."""
    large = TooLarge("the body is too large", accepted=f"at most {limit >> 20} MB")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise large
    except TimeoutError:
        raise Wrong(408, "the body came too slowly", accepted=f"{BODY_SECONDS:g} seconds") from None
    return b"".join(parts)


def _error(error: LeadlineError) -> Response:
    if isinstance(error, AccessError | Wrong):
        return document(error.status, _problem(error))
    if isinstance(error, TooLarge):
        return document(413, _problem(error))
    if isinstance(error, Busy):
        return document(429, _problem(error), {"Retry-After": "1"})
    if isinstance(error, RetryableError):
        return document(503, _problem(error), {"Retry-After": "5"})
    return document(400, _problem(error))


def _problem(error: LeadlineError) -> Problem:
    accepted = (
        error.accepted if isinstance(error.accepted, str) else ", ".join(map(str, error.accepted or ()))
    )
    found = "" if error.found is None else str(error.found)
    return Problem(str(error), error.what, found, accepted, error.where or "", error.next_step or "")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return document(error.status_code, Problem(error.detail), {**_HEADERS, **(error.headers or {})})
