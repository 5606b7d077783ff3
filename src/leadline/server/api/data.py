"""What is kept: how long, how much, all of it in a file, and nothing of a person any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import msgspec
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from leadline.errors import ConfigurationError
from leadline.server import sizes
from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint
from leadline.server.api.known import check_known
from leadline.server.keeping import backup as backups
from leadline.server.keeping import erasure
from leadline.server.keeping.export import export as exported
from leadline.server.keeping.terms import Term, terms
from leadline.server.sizes import ModelSize
from leadline.stores.contract import RowStore
from leadline.stores.metadata.retention import History, Retention

ARCHIVE = "application/x-tar"


class ShownRetention(msgspec.Struct, frozen=True):
    """How long what is known of a model is kept, and what came too late for it.

    Attributes:
        retention: days.
        labels_waiting: labels that are kept and belong to no prediction, so far.
        labels_lost: labels that were given up: no prediction with their id came, or it was gone before them.
    """

    retention: Retention
    labels_waiting: int
    labels_lost: int


class Kept(msgspec.Struct, frozen=True):
    """How long everything is kept.

    Attributes:
        history: days for which what was told is kept; those of a model are at its own path.
        terms: all that is kept, with what becomes of it.
    """

    history: History
    terms: list[Term]


class Who(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to erase: the ids of rows, or a column of features or segments and its values in their rows."""

    values: list[str]
    column: str = ""


class What(msgspec.Struct, forbid_unknown_fields=True):
    """How much is exported: `private` leaves out rows, samples, extremes and rare values."""

    private: bool = False


@endpoint("GET", "/api/v1/models/{name}/retention", "read")
def retention(call: Call, name: str) -> ShownRetention:
    """How long what is known of a model is kept.

    One that the server does not know has the defaults: it may be set up before it sends anything.
    """
    labels = call.service.store.labels(name)
    return ShownRetention(call.service.metadata.retention.of(name), labels.waiting, labels.lost)


@endpoint("PUT", "/api/v1/models/{name}/retention", "write")
def set_retention(call: Call, name: str, body: Retention) -> Retention:
    """Keep what is known of a model for so many days. What is older goes within the hour."""
    checked = body.checked()
    call.about |= {key: str(value) for key, value in msgspec.structs.asdict(checked).items()}
    call.service.metadata.retention.keep(name, checked)
    return checked


@endpoint("GET", "/api/v1/retention", "read", narrow=True)
def kept(call: Call) -> Kept:
    """How long everything is kept: rows, counts, messages, alerts, events, the audit log."""
    known = call.service.metadata.retention
    models = {name: stated for name, stated in known.all().items() if call.who.may(name)}
    history = known.history()
    return Kept(history, terms(models, history))


@endpoint("PUT", "/api/v1/retention", "admin")
def set_history(call: Call, body: History) -> History:
    """Keep what was told for so many days. What is older goes within the hour."""
    checked = body.checked()
    call.about |= {key: str(value) for key, value in msgspec.structs.asdict(checked).items()}
    with call.changing() as own:
        call.service.metadata.retention.keep_history(own, checked)
    return checked


@endpoint("POST", "/api/v1/models/{name}/erase", "admin")
def erase(call: Call, name: str, body: Who) -> erasure.Report:
    """Erase all that is kept of some ids, or of the rows with some values in a column, also from the files.

    Backups that were made before are not touched.
    """
    if not body.values:
        raise Wrong(400, "nobody is named", where="values", accepted="at least one text")
    service = call.service
    # "Nothing was there" would be taken for "nothing is kept of this person".
    check_known(call, name)
    if body.column:
        _check_column(service.store, name, body.column)
    with service.worker.paused():
        found = erasure.erase(
            service.store, service.metadata, name, body.column, body.values, service.clock()
        )
    # The audit log says how much was erased, and not of whom.
    call.about |= {key: str(value) for key, value in msgspec.structs.asdict(found).items()}
    service.worker.round(only=name)
    with service.worker.paused():
        erasure.scrub(service.store, service.metadata)
    return found


@endpoint("GET", "/api/v1/size", "read", narrow=True)
def size(call: Call) -> Listing[ModelSize]:
    """How much room each model takes, by name."""
    found = sizes.sizes(call.service.store, call.service.metadata)
    return Listing([one for one in found if call.who.may(one.model)])


@endpoint("POST", "/api/v1/backup", "admin", media=ARCHIVE)
def backup(call: Call) -> Response:
    """Everything as of now, as an archive for `leadline restore`. It holds all secrets: keep it as such."""
    service = call.service
    return _stream(backups.backup(service.store, service.metadata, service.clock()))


@endpoint("POST", "/api/v1/export", "admin", media=ARCHIVE)
def export(call: Call, query: What) -> Response:
    """Everything in files that other programs read: rows, profiles, baselines, and facts as JSON lines."""
    service = call.service
    call.about["private"] = str(query.private)
    return _stream(exported(service.store, service.metadata, service.clock(), query.private))


def _check_column(store: RowStore, model: str, column: str) -> None:
    """Values of a column that no row has would be found nowhere, and taken for erased."""
    known: set[str] = set()
    if model in store.models():
        with store.looking(model, store.last()) as rows:
            known = {key.name for key in rows.fields() if key.section in ("features", "segment")}
    if column not in known:
        raise ConfigurationError.unknown("feature or segment", column, known, where=f"{model}: column")


def _stream(pieces: Iterator[bytes]) -> Response:
    async def sent() -> AsyncIterator[bytes]:
        try:
            async for piece in iterate_in_threadpool(pieces):
                yield piece
        finally:
            # Whoever went away must not keep the files as they were.
            pieces.close()  # type: ignore[attr-defined]

    return StreamingResponse(sent(), 200, media_type=ARCHIVE)


ENDPOINTS = (retention, set_retention, kept, set_history, erase, size, backup, export)
