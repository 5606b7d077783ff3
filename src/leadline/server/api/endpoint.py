"""How a path is declared: the signature of its function says what it takes and gives.

    @endpoint("POST", "/api/v1/tokens", "admin", status=201)
    def add_token(call: Call, body: NewToken) -> MadeToken:
        '''Make a token. It is told once.'''

`body` is read from the request's JSON (annotated as `bytes`: taken as it came), `query` from the address, the
other parameters from the path. What comes back is written as JSON; None makes status 204, a `Response` is
passed on as it is. Functions run beside the event loop; coroutines run in it.

No topic can forget what follows from the declaration. Whoever is limited to some models gets in where the
path names one of them (`/models/{name}`), and else only where `narrow=True` says that the function looks at
`call.who` itself. Whatever changes something is told in the audit log once it is done; a function that
changes the metadata may say more in `call.about`, and do it in one transaction with the entry:

    with call.changing() as own:
        number = call.service.metadata.tokens.add(own, ...)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadline.errors import LeadlineError
from leadline.server.access.gate import READING, AccessError, Need, Who
from leadline.server.access.signin import shown
from leadline.server.service import Service
from leadline.stores.metadata.audit import Told
from leadline.stores.metadata.database import Transaction

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


@dataclass(slots=True)
class Call:
    """A request that was let in.

    Attributes:
        service: what it speaks of.
        who: sent it.
        request: itself.
        action: what it does, as the audit log names it.
        about: what the audit log is to tell of it, by name; nothing secret.
        headers: of the answer.
        is_told: the audit log tells of it already.
        is_let_in: whether it would be let in now as it was then, for answers that take long; it asks the
            database.
    """

    service: Service
    who: Who
    request: Request
    action: str = ""
    about: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_told: bool = False
    is_let_in: Callable[[], bool] = lambda: True

    @property
    def address(self) -> str:
        """Where the request came from."""
        return sender(self.request)

    def only(self, model: str) -> None:
        """Go on only where whoever asks may speak of a model.

        Raises:
            AccessError: it is another one.
        """
        if not self.who.may(model):
            raise AccessError(403, f"the {self.who.kind} may not speak of this model", found=model)

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """A transaction of the metadata that holds what is changed and the entry of the audit log."""
        with self.service.metadata.database.transaction() as own:
            yield own
            self.tell(own)

    def tell(self, own: Transaction) -> None:
        """Write the entry of the audit log."""
        raw = self.request.scope.get("raw_path", b"").decode("ascii", "replace")
        told = Told(
            self.service.clock(),
            shown(self.who.name),
            self.action,
            shown(raw, 1_000),
            self.address,
            {name: shown(value, 1_000) for name, value in self.about.items()},
        )
        self.service.metadata.audit.add(own, told)
        self.is_told = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path.

    Attributes:
        method, path: names in braces are parameters.
        needs: scope of the token; "any": that it is known who asks; None: nothing.
        handler: answers.
        path_types: of the parameters in the path.
        query: struct of what the address may say, or None.
        body: struct of the document, `bytes`, or None.
        answer: type of what comes back; `Response` where it is no JSON.
        status: where all went well.
        limit: most bytes of the body.
        narrow: it looks itself at the models to which whoever asks is limited.
        changes: it may change something, where its method does not say that it only reads.
        errors: statuses that it may answer beside those that follow from the rest.
        media: content type of a `Response`.
        topic: what it is about, as the audit log and the description name it.
    """

    method: str
    path: str
    needs: Need | None
    handler: Callable[..., Any]
    path_types: Mapping[str, type]
    query: type[msgspec.Struct] | None
    body: Any
    answer: Any
    status: int
    limit: int
    narrow: bool
    changes: bool
    errors: tuple[int, ...]
    media: str
    topic: str

    @property
    def name(self) -> str:
        """Of its topic and its function."""
        return f"{self.topic}.{self.handler.__name__}"

    @property
    def names_model(self) -> bool:
        """Its parameter `name` is a model."""
        return "/models/{name}" in self.path

    @property
    def is_told(self) -> bool:
        """The audit log tells of it; not of data that come in all the time."""
        return self.changes and self.method not in READING and self.needs != "ingest"

    @property
    def about(self) -> str:
        """What it does, in words."""
        return inspect.getdoc(self.handler) or ""

    @property
    def is_async(self) -> bool:
        """It runs in the event loop."""
        return inspect.iscoroutinefunction(self.handler)


def endpoint(
    method: str,
    path: str,
    needs: Need | None,
    *,
    status: int = 200,
    limit: int = DOCUMENT_BYTES,
    narrow: bool = False,
    changes: bool = True,
    errors: tuple[int, ...] = (),
    media: str = "*/*",
    topic: str = "",
) -> Callable[[Callable[..., Any]], Endpoint]:
    """Declare a path; see the head of this file. `topic`: where it is not what the file is called."""

    def declared(handler: Callable[..., Any]) -> Endpoint:
        hints = get_type_hints(handler)
        answer = hints.pop("return")
        hints.pop("call")
        query, body = hints.pop("query", None), hints.pop("body", None)
        return Endpoint(
            method, path, needs, handler, hints, query, body, answer, status, limit, narrow, changes,
            errors, media, topic or handler.__module__.rpartition(".")[2],
        )  # fmt: skip

    return declared


def sender(request: Request) -> str:
    """Where a request came from. A proxy may say so, in any words."""
    return shown(request.client.host, 100) if request.client is not None else ""


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
