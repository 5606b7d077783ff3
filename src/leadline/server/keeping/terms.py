"""What is kept, and how long: all of it in one list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from leadline.schedule import DAY
from leadline.server.access.signin import SESSION_SECONDS
from leadline.server.judging.worker import KEYS_KEPT
from leadline.stores.metadata.retention import History, Retention


class Term(msgspec.Struct, frozen=True):
    """How long something is kept.

    Attributes:
        what: in words.
        days: for which it is kept; null: as long as nobody takes it away.
        then: what becomes of it.
        setting: its name; "": it cannot be set.
        models: days of the models that have their own.
    """

    what: str
    days: int | None
    then: str
    setting: str = ""
    models: dict[str, int] = {}


_OF_MODELS = {
    "rows_days": ("rows with all their values", "the features go, a stub stays"),
    "labels_days": ("stubs of rows, labels, feedback", "they go"),
    "buckets_days": ("counts by hour or bucket, of data and of operations", "they become counts of days"),
    "profiles_days": ("counts", "they go"),
}

_OF_HISTORY = {
    "messages_days": ("delivered messages of alerts that are over, digests", "they go"),
    "alerts_days": ("alerts that are over, with steps and findings", "they go, with their messages"),
    "events_days": ("events that people told, and maintenance, once past", "they go"),
}


def terms(models: Mapping[str, Retention], history: History) -> list[Term]:
    """What is kept how long.

    Args:
        models: retention of those for which one was stated.
        history: how long what was told is kept.
    """
    return [*_of_models(models), *_of_history(history), *_fixed()]


def _of_models(models: Mapping[str, Retention]) -> Iterator[Term]:
    usual = Retention()
    for setting, (what, then) in _OF_MODELS.items():
        days = getattr(usual, setting)
        own = {model: getattr(stated, setting) for model, stated in models.items()}
        yield Term(what, days, then, setting, {model: n for model, n in own.items() if n != days})


def _of_history(history: History) -> Iterator[Term]:
    for setting, (what, then) in _OF_HISTORY.items():
        yield Term(what, getattr(history, setting), then, setting)


def _fixed() -> Iterator[Term]:
    yield Term("keys of batches, by which one that comes twice is known", KEYS_KEPT // DAY, "they go")
    yield Term("sessions of browsers", SESSION_SECONDS * 1_000_000 // DAY, "they end")
    yield Term("the last judgement and the baseline of a model", None, "the next one takes its place")
    yield Term("versions that were seen in the traffic", None, "")
    yield Term("the audit log", None, "`leadline audit cut` takes its beginning away")
