"""The HTTP server: each path, what it needs, and one shape for answers and errors."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadline.errors import LeadlineError, RetryableError
from leadline.reports import page
from leadline.reports.record import ReportRecord
from leadline.server import metrics, pages
from leadline.server.access import COOKIE, AccessError, Gate, digest, new_token
from leadline.server.alerts import plain
from leadline.server.ingest import Busy
from leadline.server.overview import overview
from leadline.server.service import Service
from leadline.server.wire import BODY_BYTES, NAME_LETTERS, TooLarge
from leadline.stores.metadata import Scope, State

BASELINE_BYTES = 512 << 20
"""Most bytes of an uploaded baseline."""

BODY_SECONDS = 30.0
"""Longest time that a body may take to come."""

KEY_LETTERS = 200

Handler = Callable[[Request], Awaitable[Response]]
Answer = TypeVar("Answer")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Wrong(LeadlineError):
    """The request cannot be done.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, what: str, **parts: str) -> None:
        super().__init__(what, **parts)
        self.status = status


class _NewToken(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    scope: Scope


class _NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    url: str


class App:
    """The paths of a service.

    Args:
        service: what they speak of.
        open: nothing needs a token; see `Gate`.
    """

    def __init__(self, service: Service, open: bool) -> None:
        # msgspec learns a type when it is first used, which two threads must not do at a time.
        self._records = msgspec.json.Decoder(ReportRecord)
        self._service, self._gate = service, Gate(service.metadata, open)

    def asgi(self) -> Starlette:
        """The ASGI application."""
        paths: list[tuple[str, str, Scope | None, Handler]] = [
            ("GET", "/healthz", None, self._healthz),
            ("GET", "/readyz", None, self._readyz),
            ("GET", "/login", None, self._login),
            ("GET", "/", "read", self._fleet),
            ("GET", "/models/{name}", "read", self._page),
            ("GET", "/metrics", "read", self._metrics),
            ("POST", "/api/v1/ingest", "ingest", self._ingest),
            ("GET", "/api/v1/models", "read", self._models),
            ("GET", "/api/v1/models/{name}/report", "read", self._report),
            ("POST", "/api/v1/models/{name}/baseline", "admin", self._baseline),
            ("GET", "/api/v1/alerts", "read", self._alerts),
            ("POST", "/api/v1/alerts/{number:int}/acknowledge", "admin", self._acknowledge),
            ("GET", "/api/v1/webhooks", "admin", self._webhooks),
            ("POST", "/api/v1/webhooks", "admin", self._add_webhook),
            ("DELETE", "/api/v1/webhooks/{number:int}", "admin", self._remove_webhook),
            ("GET", "/api/v1/tokens", "admin", self._tokens),
            ("POST", "/api/v1/tokens", "admin", self._add_token),
            ("DELETE", "/api/v1/tokens/{number:int}", "admin", self._remove_token),
        ]
        routes = [
            Route(path, self._guarded(scope, handler), methods=[method])
            for method, path, scope, handler in paths
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _http_error})

    def _guarded(self, scope: Scope | None, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            try:
                if scope is not None:
                    # A cookie may only read: nothing that a page of elsewhere sends changes anything.
                    cookie = request.cookies.get(COOKIE) if request.method in ("GET", "HEAD") else None
                    await self._work(lambda: self._gate.check(scope, request.headers, cookie))
                response = await handler(request)
            except LeadlineError as error:
                response = _error(error)
            except ClientDisconnect:
                response = _message(400, "the body did not come")
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return guarded

    async def _work(self, call: Callable[[], Answer]) -> Answer:
        """Run what waits for a file beside the loop."""
        return await asyncio.to_thread(call)

    async def _healthz(self, request: Request) -> Response:
        return _message(200, "alive")

    async def _readyz(self, request: Request) -> Response:
        try:
            await self._work(self._service.metadata.baselines)
            await self._work(lambda: self._service.store.rows(""))
        except Exception as error:
            return _message(503, f"the store does not answer: {error}")
        return _message(200, "ready")

    async def _login(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        await self._work(
            lambda: self._gate.check("read", {**request.headers, "authorization": f"Bearer {token}"}, None)
        )
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return response

    async def _fleet(self, request: Request) -> Response:
        found = await self._work(lambda: pages.fleet(overview(self._service)))
        return _html(found, {"Content-Security-Policy": pages.POLICY})

    async def _page(self, request: Request) -> Response:
        name = request.path_params["name"]

        def render() -> str:
            return page.render(self._records.decode(self._judged(name)))

        return _html(await self._work(render), {})

    async def _metrics(self, request: Request) -> Response:
        text = await self._work(lambda: metrics.text(self._service))
        return Response(text, media_type=metrics.CONTENT_TYPE)

    async def _ingest(self, request: Request) -> Response:
        body = await _body(request, BODY_BYTES)
        encoding = request.headers.get("content-encoding", "").strip().lower()
        key = request.headers.get("idempotency-key", "") or secrets.token_hex(16)
        if len(key) > KEY_LETTERS:
            raise Wrong(400, "the key is too long", accepted=f"at most {KEY_LETTERS} letters")
        loop = asyncio.get_running_loop()
        kept = await loop.run_in_executor(self._service.readers, self._service.take, body, encoding, key)
        return Response(await asyncio.wrap_future(kept), 202, media_type="application/json")

    async def _models(self, request: Request) -> Response:
        return _json(200, await self._work(lambda: overview(self._service)))

    async def _report(self, request: Request) -> Response:
        name = request.path_params["name"]
        return Response(await self._work(lambda: self._judged(name)), media_type="application/json")

    def _judged(self, name: str) -> bytes:
        found = self._service.metadata.judgement(name)
        if found is None:
            raise Wrong(404, "the model has not been judged", where=name, next_step="See GET /api/v1/models.")
        return found.report

    async def _baseline(self, request: Request) -> Response:
        name = request.path_params["name"]
        if len(name) > NAME_LETTERS:
            raise Wrong(400, "the name is too long", accepted=f"at most {NAME_LETTERS} letters")
        content = await _body(request, BASELINE_BYTES)
        found = await self._work(lambda: self._service.set_baseline(name, content))
        return _json(200, {"model": name, "rows": found.profile.rows, "columns": len(found.grid.columns)})

    async def _alerts(self, request: Request) -> Response:
        query = request.query_params
        try:
            state = msgspec.convert(query.get("state"), State | None)
        except msgspec.ValidationError:
            raise Wrong(400, "no such state", accepted="open, acknowledged or resolved") from None
        found = await self._work(lambda: self._service.metadata.alerts(query.get("model"), state))
        return _json(200, [plain(alert) for alert in found])

    async def _acknowledge(self, request: Request) -> Response:
        number, now = request.path_params["number"], self._service.clock()
        found = await self._work(lambda: self._service.metadata.acknowledge(_number(number), now))
        if found is None:
            raise Wrong(404, "no such open alert", where=str(number))
        return _json(200, plain(found))

    async def _webhooks(self, request: Request) -> Response:
        found = await self._work(self._service.metadata.webhooks)
        return _json(
            200,
            [{"id": w.id, "url": w.url, "undelivered": w.undelivered, "problem": w.problem} for w in found],
        )

    async def _add_webhook(self, request: Request) -> Response:
        url = (await _document(request, _NewWebhook)).url
        if not _is_url(url):
            raise Wrong(400, "not an address", accepted="http(s)://host[:port][/path]")
        secret, now = secrets.token_urlsafe(32), self._service.clock()
        number = await self._work(lambda: self._service.metadata.add_webhook(url, secret, now))
        return _json(201, {"id": number, "url": url, "secret": secret})

    async def _remove_webhook(self, request: Request) -> Response:
        number = _number(request.path_params["number"])
        if not await self._work(lambda: self._service.metadata.remove_webhook(number)):
            raise Wrong(404, "no such webhook", where=str(number))
        return Response(status_code=204)

    async def _tokens(self, request: Request) -> Response:
        return _json(200, await self._work(self._service.metadata.tokens))

    async def _add_token(self, request: Request) -> Response:
        wanted = await _document(request, _NewToken)
        token, now = new_token(), self._service.clock()
        number = await self._work(
            lambda: self._service.metadata.add_token(wanted.name, digest(token), wanted.scope, now)
        )
        return _json(201, {"id": number, "name": wanted.name, "scope": wanted.scope, "token": token})

    async def _remove_token(self, request: Request) -> Response:
        number = _number(request.path_params["number"])
        if not await self._work(lambda: self._service.metadata.remove_token(number)):
            raise Wrong(404, "no such token", where=str(number))
        return Response(status_code=204)


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


Document = TypeVar("Document", bound=msgspec.Struct)


async def _document(request: Request, kind: type[Document]) -> Document:
    body = await _body(request, 1 << 20)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        fields = ", ".join(kind.__struct_fields__)
        raise Wrong(
            400, "not what is expected", found=str(error), accepted=f"an object with {fields}"
        ) from None


def _number(number: int) -> int:
    """A number of the database; one beyond its range names nothing."""
    return min(number, 2**63 - 1)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain_text = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and plain_text


def _error(error: LeadlineError) -> Response:
    if isinstance(error, AccessError | Wrong):
        return _message(error.status, str(error))
    if isinstance(error, TooLarge):
        return _message(413, str(error))
    if isinstance(error, Busy):
        return _message(429, str(error), {"Retry-After": "1"})
    if isinstance(error, RetryableError):
        return _message(503, str(error), {"Retry-After": "5"})
    return _message(400, str(error))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _message(error.status_code, error.detail, {**_HEADERS, **(error.headers or {})})


def _message(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json(status, {"message": message}, headers)


def _json(status: int, document: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(document), status, headers, "application/json")


def _html(text: str, headers: dict[str, str]) -> Response:
    return Response(text.encode("utf-8", "replace"), 200, headers, "text/html; charset=utf-8")
