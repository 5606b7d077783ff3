"""How a path is declared: the signature of its function says what it takes and gives.

    @endpoint("POST", "/api/v1/tokens", "admin", status=201)
    def add_token(call: Call, body: NewToken) -> MadeToken:
        '''Make a token. It is told once.'''

`body` is read from the request's JSON (annotated as `bytes`: taken as it came), `query` from the address, the
other parameters from the path. What comes back is written as JSON; None makes status 204, a `Response` is
passed on as it is. Functions run beside the event loop; coroutines run in it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadline.errors import LeadlineError
from leadline.server.access import Who
from leadline.server.service import Service
from leadline.stores.metadata.tokens import Scope

DOCUMENT_BYTES = 1 << 20
"""Most bytes of a JSON document."""

Item = TypeVar("Item")


class Listing(msgspec.Struct, Generic[Item], frozen=True):
    """Some of many.

    Attributes:
        items: in the order that the path states.
        next: what `after` must be to go on from here; null: these were the last.
    """

    items: list[Item]
    next: str | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The shape of every error: what is wrong, what was found, what is accepted, where, the next step.

    Attributes:
        message: all of it in one line.
    """

    message: str
    what: str = ""
    found: str = ""
    accepted: str = ""
    where: str = ""
    next_step: str = ""


class Wrong(LeadlineError):
    """The request cannot be done.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, what: str, **parts: str) -> None:
        super().__init__(what, **parts)
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in.

    Attributes:
        service: what it speaks of.
        who: sent it.
        request: itself.
    """

    service: Service
    who: Who
    request: Request


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path.

    Attributes:
        method, path: names in braces are parameters.
        needs: scope of the token; None: nothing.
        handler: answers.
        path_types: of the parameters in the path.
        query: struct of what the address may say, or None.
        body: struct of the document, `bytes`, or None.
        answer: type of what comes back; `Response` where it is no JSON.
        status: where all went well.
        limit: most bytes of the body.
    """

    method: str
    path: str
    needs: Scope | None
    handler: Callable[..., Any]
    path_types: Mapping[str, type]
    query: type[msgspec.Struct] | None
    body: Any
    answer: Any
    status: int
    limit: int

    @property
    def name(self) -> str:
        """Of its function."""
        return self.handler.__name__

    @property
    def about(self) -> str:
        """What it does, in words."""
        return inspect.getdoc(self.handler) or ""

    @property
    def is_async(self) -> bool:
        """It runs in the event loop."""
        return inspect.iscoroutinefunction(self.handler)


def endpoint(
    method: str, path: str, needs: Scope | None, *, status: int = 200, limit: int = DOCUMENT_BYTES
) -> Callable[[Callable[..., Any]], Endpoint]:
    """Declare a path; see the head of this file."""

    def declared(handler: Callable[..., Any]) -> Endpoint:
        hints = get_type_hints(handler)
        answer = hints.pop("return")
        hints.pop("call")
        query, body = hints.pop("query", None), hints.pop("body", None)
        return Endpoint(method, path, needs, handler, hints, query, body, answer, status, limit)

    return declared


def missing(what: str, where: object, next_step: str = "") -> Wrong:
    """The answer where there is no such thing."""
    return Wrong(404, f"no such {what}", where=str(where), next_step=next_step)


def responded(answer: Any, status: int) -> Response:
    """What a handler gave, as a response."""
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(status_code=204)
    return document(status, answer)


def document(status: int, answer: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A response of JSON."""
    return Response(msgspec.json.encode(answer), status, headers, "application/json")
