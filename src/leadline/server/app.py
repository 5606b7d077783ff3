"""The HTTP server: lets requests in, reads what they carry, and gives answers and errors one shape."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, get_args, get_origin
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from leadline.errors import LeadlineError, RetryableError
from leadline.server.access.gate import COOKIE, READING, AccessError, Gate, Who
from leadline.server.access.signin import WrongPassword
from leadline.server.access.throttle import Buckets, TooOften, allowed
from leadline.server.api import ENDPOINTS
from leadline.server.api.endpoint import Call, Endpoint, Problem, Wrong, document, responded, sender
from leadline.server.api.views import page_response
from leadline.server.bodies import Bodies, Body, Unread
from leadline.server.intake.bounds import TooLarge
from leadline.server.intake.committing import Busy
from leadline.server.service import Service
from leadline.stores.metadata.database import unkept

OFTEN = 2_000, 200.0
"""Requests at once of one token or person at one address, and how many a second come back. Data that come in
are not counted: they wait in a queue of their own."""

STRANGERS = 500, 50.0
"""The same, of one address, for requests that nothing is known of."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Whatever is opened in a browser and is no page runs nothing and loads nothing."""

_PAGE_POLICY = (
    "default-src 'self' 'unsafe-inline' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""Of a page that does not send its own; it may state a closer one in itself."""

_STRICT_TRANSPORT = "max-age=31536000"

_log = logging.getLogger("leadline.server")


class App:
    """The paths of a service.

    Args:
        service: what they speak of.
        open: nothing needs a token; see `Gate`.
        more: further paths.
    """

    def __init__(self, service: Service, open: bool, more: Sequence[Endpoint] = ()) -> None:
        self._service, self._gate = service, Gate(service.metadata, open, service.clock)
        self._endpoints = (*ENDPOINTS, *more)
        self._known, self._strangers = Buckets(*OFTEN), Buckets(*STRANGERS)
        self._bodies = Bodies()
        # Whoever sends data waits for no reader whose answer takes long.
        self._doors = ThreadPoolExecutor(2, "leadline-gate")

    def asgi(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route(_route(endpoint), self._guarded(endpoint), methods=[endpoint.method])
            for endpoint in self._endpoints
        ]
        return _Starlette(routes=routes, exception_handlers={HTTPException: _http_error})

    def _guarded(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            request.scope["path_params"] = {
                name: unquote(value) if isinstance(value, str) else value
                for name, value in request.path_params.items()
            }
            try:
                response = await self._answered(endpoint, request)
            except LeadlineError as error:
                response = problem_response(error)
            except ClientDisconnect:
                response = document(400, Problem("the body did not come"))
            except Exception as error:
                # Whatever was not foreseen ends this request only, and its text stays here.
                _log.exception("%s %s", endpoint.method, endpoint.path)
                response = document(500, Problem(f"unexpected {type(error).__name__}; the log says more"))
            return _safe(request, response)

        return guarded

    async def _answered(self, endpoint: Endpoint, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        who = await loop.run_in_executor(self._doors, self._let_in, endpoint, request)
        call = Call(
            self._service,
            who,
            request,
            endpoint.name,
            is_let_in=lambda: self._gate.holds(who, endpoint.needs, *_sent(request)),
        )
        with self._bodies.one() as body:
            given = await _given(endpoint, request, body)
            if endpoint.is_async:
                answer = await endpoint.handler(call, **given)
            else:
                answer = await asyncio.to_thread(endpoint.handler, call, **given)
        response = responded(answer, endpoint.status)
        response.headers.update(call.headers)
        if endpoint.is_told and not call.is_told and response.status_code < 400:
            _name(call, answer)
            await asyncio.to_thread(_tell, call)
        return response

    def _let_in(self, endpoint: Endpoint, request: Request) -> Who:
        address = sender(request)
        try:
            who = self._gate.check(endpoint.needs, *_sent(request))
        except AccessError:
            allowed("too many requests", (self._strangers, address))
            raise
        if who.kind == "nobody":
            allowed("too many requests", (self._strangers, address))
        elif endpoint.needs not in ("ingest", "any"):
            allowed("too many requests", (self._known, (who.kind, who.number, address)))
        if who.models is not None:
            _check_models(endpoint, request, who)
        return who


class _Starlette(Starlette):
    """Finds paths as they were sent: a name may hold a slash, and `%2F` does not end it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("raw_path"):
            scope["path"] = scope["raw_path"].decode("ascii", "replace")
        body = Unread(receive, send)
        await super().__call__(scope, body.receive, body.send)


def _check_models(endpoint: Endpoint, request: Request, who: Who) -> None:
    """Who may speak of some models only is kept from the others, and from what speaks of all."""
    if endpoint.names_model:
        if not who.may(request.path_params["name"]):
            raise AccessError(403, f"the {who.kind} may not speak of this model", **_models(who))
    elif not endpoint.narrow:
        raise AccessError(403, f"the {who.kind} may speak of some models only", **_models(who))


def _sent(request: Request) -> tuple[str, Mapping[str, str], str | None]:
    """What of a request says who sent it."""
    return request.method, request.headers, request.cookies.get(COOKIE)


def _models(who: Who) -> dict[str, str]:
    return {"accepted": ", ".join(sorted(who.models or ())[:20]) or "none"}


def _name(call: Call, answer: Any) -> None:
    """The log names what was made, where the answer names it."""
    for name in ("id", "name"):
        value = getattr(answer, name, None)
        if isinstance(value, int | str):
            call.about.setdefault(name, str(value))


def _tell(call: Call) -> None:
    with call.service.metadata.database.transaction() as own:
        call.tell(own)


def _safe(request: Request, response: Response) -> Response:
    return safe(response, request.url.scheme == "https")


def safe(response: Response, is_https: bool) -> Response:
    """The same answer, with what keeps browsers from doing anything with it that is not meant."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    is_page = response.headers.get("content-type", "").startswith("text/html")
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY if is_page else _POLICY)
    if is_https:
        response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
    return response


def _route(endpoint: Endpoint) -> str:
    path = endpoint.path
    for name, kind in endpoint.path_types.items():
        if kind is int:
            path = path.replace(f"{{{name}}}", f"{{{name}:int}}")
    return path


async def _given(endpoint: Endpoint, request: Request, body: Body) -> dict[str, Any]:
    """What the function of a path takes beside the call."""
    given: dict[str, Any] = {}
    for name, kind in endpoint.path_types.items():
        value = request.path_params[name]
        _check_text(name, value)
        # A number beyond what a database can hold names nothing.
        given[name] = min(value, 2**63 - 1) if kind is int else value
    for name, value in request.query_params.items():
        _check_text(name, value)
    if endpoint.query is not None:
        given["query"] = _query(request.query_params, endpoint.query)
    elif request.query_params and endpoint.path.startswith("/api/"):
        raise Wrong(400, "the path takes no parameters", found=", ".join(request.query_params)[:200])
    if endpoint.body is not None:
        content = await body.read(request, endpoint.limit)
        given["body"] = content if endpoint.body is bytes else _decoded(content, endpoint.body)
    return given


def _check_text(where: str, value: object) -> None:
    """Nothing has a name that no database can keep; so it is answered alike, whichever keeps it."""
    if isinstance(value, str) and (why := unkept(value)):
        raise Wrong(
            400, "no name", where=where, found=f"{why} in {value[:60]!r}",
            accepted="texts of Unicode without null characters",
        )  # fmt: skip


def _query(given: Mapping[str, str], kind: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(dict(given), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _misfit("not what the path takes", error, _fields(kind)) from None


def _misfit(what: str, error: Exception, accepted: str) -> Wrong:
    """The error of msgspec, the place in the document apart."""
    found, _, place = str(error).partition(" - at `")
    return Wrong(
        400, what, where=place.rstrip("`").removeprefix("$").lstrip("."), found=found, accepted=accepted
    )


def _fields(kind: Any) -> str:
    is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return ", ".join(map(_told, msgspec.structs.fields(kind))) if is_struct else ""


def _told(field: msgspec.structs.FieldInfo) -> str:
    """A parameter, and what it may be where that is one of some words."""
    words = get_args(field.type) if get_origin(field.type) is Literal else ()
    return f"{field.name} ({' | '.join(words)})" if words else field.name


def _decoded(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _misfit("not what is expected", error, f"an object with {_fields(kind)}") from None


def problem_response(error: LeadlineError) -> Response:
    """The answer that tells of an error."""
    if isinstance(error, AccessError | Wrong):
        asks = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return document(error.status, _problem(error), asks)
    if isinstance(error, WrongPassword):
        return document(401, _problem(error))
    if isinstance(error, TooOften):
        return document(429, _problem(error), {"Retry-After": str(max(1, math.ceil(error.seconds)))})
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
    if error.status_code == 404 and _is_opened(request):
        try:
            return _safe(request, page_response(request, 404))
        except LeadlineError as unbuilt:
            return _safe(request, problem_response(unbuilt))
    what = {404: "no such path", 405: f"the path takes no {request.method}"}
    problem = Wrong(
        error.status_code, what.get(error.status_code, error.detail), where=request.scope["path"],
        next_step="GET /api/v1/openapi.json lists every path.",
    )  # fmt: skip
    return _safe(request, document(error.status_code, _problem(problem), error.headers))


def _is_opened(request: Request) -> bool:
    """Somebody opens an address in a browser, so that people read the answer."""
    path = request.scope["path"]
    accepts_pages = "text/html" in request.headers.get("accept", "").lower()
    return accepts_pages and request.method in READING and path != "/api" and not path.startswith("/api/")
