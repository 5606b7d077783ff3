"""Middleware that opens a prediction around each request of a web application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from types import TracebackType
from typing import Any

from leadline_client.model import Model
from leadline_client.prediction import CURRENT, Prediction

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Message, Receive, Send], Awaitable[None]]

StartResponse = Callable[..., Any]
WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class AsgiMiddleware:
    """Measures each request of an ASGI application (Starlette, FastAPI, Litestar, ...) as one prediction.

    The code that answers finds it with `current_prediction()` and says features and score. A request that
    says nothing and does not fail is no prediction. A status of 500 and above is an error. When the
    application ends what was logged is delivered, or goes to disk, before its server hears of the end.

    Args:
        app: The application.
        model: Whose predictions they are.
        paths: Only requests to these paths, if any are named.
    """

    def __init__(self, app: AsgiApplication, model: Model, paths: Iterable[str] = ()) -> None:
        self._app = app
        self._model = model
        self._paths = frozenset(paths)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or what else a server asks of an application."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._delivering(send))
            return
        if scope["type"] != "http" or (self._paths and scope["path"] not in self._paths):
            await self._app(scope, receive, send)
            return
        made = _opened(self._model)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = CURRENT.set(made)
        try:
            with made:
                await self._app(scope, receive, watched)
                # Starlette answers with 500 before it raises on: the exception says more.
                _note(made, status)
        finally:
            CURRENT.reset(token)

    def _delivering(self, send: Send) -> Send:
        """uvicorn ends by the signal that ended it: the interpreter's exit handlers do not run."""

        async def delivering(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                self._model._worker.settle()
            await send(message)

        return delivering


class WsgiMiddleware:
    """As `AsgiMiddleware`, for WSGI applications (Flask, Django, ...). A request ends when its body was
    sent.
    """

    def __init__(self, app: WsgiApplication, model: Model, paths: Iterable[str] = ()) -> None:
        self._app = app
        self._model = model
        self._paths = frozenset(paths)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        if self._paths and environ.get("PATH_INFO", "") not in self._paths:
            return self._app(environ, start_response)
        made = _opened(self._model)

        def watched(status: str, *rest: Any) -> Any:
            _note(made, int(status[:3]))
            return start_response(status, *rest)

        made.__enter__()
        token = CURRENT.set(made)
        try:
            body = self._app(environ, watched)
        except BaseException as error:
            made.__exit__(type(error), error, error.__traceback__)
            raise
        finally:
            CURRENT.reset(token)
        return _Body(body, made)


class _Body:
    """The body of a response; its end is the end of the prediction."""

    def __init__(self, parts: Iterable[bytes], made: Prediction) -> None:
        self._parts = parts
        self._made: Prediction | None = made
        self._current = made

    def __iter__(self) -> Iterator[bytes]:
        parts = iter(self._parts)
        while True:
            # Generators run while they are read: they find the prediction, too.
            token = CURRENT.set(self._current)
            try:
                chunk = next(parts)
            except StopIteration:
                break
            except BaseException as error:
                self._end(type(error), error, error.__traceback__)
                raise
            finally:
                CURRENT.reset(token)
            yield chunk
        self._end(None, None, None)

    def close(self) -> None:
        """Called by the server in the end, whatever happened."""
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            self._end(None, None, None)

    def _end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        made, self._made = self._made, None
        if made is not None:
            made.__exit__(kind, error, trace)


def _opened(model: Model) -> Prediction:
    made = model.prediction()
    made.optional = True
    return made


def _note(made: Prediction, status: int) -> None:
    if status >= 500 and made.error is None:
        made.error = f"HTTP {status}"
