"""Which column is what to the model, and how its values are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from leadline.errors import DataError
from leadline.schema import ColumnSchema, Kind, Note, Role
from leadline.settings import Settings
from leadline.tables.moments import (
    COUNTED_FROM_1970,
    Written,
    doubt,
    may_count_time,
    number_values,
    of_times,
    present_values,
    texts_of_times,
    ticks,
    written_as,
)
from leadline.tables.table import Batch, Field
from leadline.tables.times import ACCEPTED as TIMES_ACCEPTED

ROLE_OPTIONS: dict[str, Role] = {
    "label": Role.LABEL, "prediction": Role.PREDICTION, "timestamp": Role.TIMESTAMP,
    "label_timestamp": Role.LABEL_TIMESTAMP,
    "id": Role.ID, "entity": Role.ENTITY, "version": Role.VERSION, "weight": Role.WEIGHT,
}  # fmt: skip
"""Options that name one column."""

# Names that mean one thing wherever they appear. The first that exists is taken.
_NAMES: dict[Role, tuple[str, ...]] = {
    Role.ID: ("id", "row_id", "prediction_id", "request_id", "event_id", "inference_id", "index",
              "unnamed: 0"),
    Role.TIMESTAMP: (
        "timestamp", "ts", "time", "datetime", "event_time", "event_timestamp", "prediction_timestamp",
        "prediction_time", "created_at", "date",
    ),
    Role.VERSION: ("model_version",),
    Role.PREDICTION: ("prediction", "y_pred", "predicted", "predicted_label", "y_hat", "yhat"),
    Role.SCORE: ("score", "y_score", "y_prob", "y_proba", "y_pred_proba", "predicted_probability",
                 "prediction_score", "probability", "proba"),
    Role.LABEL: ("label", "target", "y_true", "ground_truth", "y", "actual"),
    Role.WEIGHT: ("sample_weight", "row_weight"),
}  # fmt: skip
_IGNORED = {
    "label_timestamp": "the time at which the label arrived",
    "label_time": "the time at which the label arrived",
    "target_timestamp": "the time at which the label arrived",
}
_FRAME_INDEX = re.compile(r"__index_level_\d+__")
_NUMBERS = ("int", "float", "decimal", "duration")
_TIMES = ("date", "timestamp", "time")
_LOOK_ROWS = 50
_FEW = 20
_HEAD = 20_000
_TEXT_LENGTH = 30
_TEXT_WORDS = 4


_NAME_IT = "name it with `timestamp` if it is the time of the prediction"


class _Said(NamedTuple):
    """What is said of a column, in words, and what is noticed there."""

    words: str = ""
    notes: tuple[Note, ...] = ()


class _Found(NamedTuple):
    """The kind of a column, why, and what is noticed of its values."""

    kind: Kind
    words: str
    notes: tuple[Note, ...] = ()


def role_of_name(name: str) -> Role | None:
    """The role that a name means wherever it appears; None for others."""
    return next((role for role, names in _NAMES.items() if name.lower().strip() in names), None)


def infer(
    fields: Sequence[Field], first_look: Batch, settings: Settings, where: str = "the table"
) -> tuple[ColumnSchema, ...]:
    """Role and kind of every column, in order, with the reason in words.

    Roles: what the settings state holds. Otherwise a role is taken only from a name that means one
    thing (`id`, `timestamp`, `prediction`, `y_pred`, `score`, `label`, `target`, `y_true`, ...: exact, in
    any case) on a column whose type fits; a role that is stated for one column is not inferred for
    another. `segment` columns and `proxies` stay features (their values are judged, too). Texts in ISO 8601
    fit a timestamp, and so do numbers that count seconds, or thousandths, millionths or billionths of them,
    since 1970 (UTC) and lie between 2001 and 2103.

    Where no name says which column has the time of the prediction, a table's only column of dates or times
    (ISO 8601, if texts) is taken, be it called `Datum` or `pickup_dt`. It is not, and the reason says so,
    where the name tells of another time (`birth_date`, `valid_until`, `last_order`), more than 1 % of the
    rows have none, fewer than 10 times differ, or they lie more than 20 years apart. Nor is a column taken
    whose kind is stated, or that is a segment.

    Kinds, by physical type and the first rows (at most some 20,000):

    * bool: boolean; date, timestamp, time: datetime; lists of numbers: vector; other lists, binary
      and structures that were not taken apart: vector (not judged);
    * integers, floats, decimals, durations: numeric (few-valued ones have one cell for each value); but
      identifier when all values are whole numbers, at least 50 of them and all different, and the name says
      so (`id`, `..._id`, `index`, `uuid`, `key`), or they count up by one;
    * text: datetime when all values of a feature are dates or times (ISO 8601, or a date such as `5/1/2024`);
      when more than half of at least 50 present values are different, text if most have spaces and
      are long (30 characters or four words in the median), else identifier, with a word where they are
      numbers (`1,234.50`, `12 %`); other texts: categorical;
    * columns of nulls only: by the physical type; a null type is categorical.

    Args:
        fields: the table's columns.
        first_look: some of its rows with all columns.
        settings: stated roles and kinds.
        where: the table's name, for messages.

    Raises:
        DataError: an option names a column that the table lacks, a column of `proxies` is none of numbers
            or booleans, or a timestamp column holds texts that are no times.
    """
    roles = _stated_roles(fields, settings, where)
    stated = set(roles)
    reasons: dict[str, str] = {}
    _infer_roles(fields, first_look, settings, roles, reasons)
    of_time = _infer_time(fields, first_look, settings, roles, reasons)
    _leave_out_others(fields, settings, roles, reasons)
    result = []
    for field in fields:
        found = _kind(field, first_look, settings, roles.get(field.name))
        role = roles.get(field.name, Role.FEATURE)
        is_stated = field.name in stated or field.name in settings.kinds
        of_role = f"{role.value}: stated" if field.name in stated else reasons.get(field.name, "")
        said = [_Said(of_role), _Said(found.words, found.notes), of_time.get(field.name, _Said())]
        if found.kind is Kind.NUMERIC and role is Role.FEATURE and not is_stated:
            said.append(_time_in_numbers(field, first_look, Role.TIMESTAMP in roles.values()))
        why = "; ".join(part.words for part in said if part.words)
        notes = tuple(note for part in said for note in part.notes)
        result.append(ColumnSchema(field.name, role, found.kind, is_stated, why, notes))
    return tuple(result)


def _stated_roles(fields: Sequence[Field], settings: Settings, where: str) -> dict[str, Role]:
    names = [field.name for field in fields]
    known = set(names)
    roles: dict[str, Role] = {}

    def state(column: str, role: Role, option: str) -> None:
        if column not in known:
            raise DataError.no_column(column, names, where, option)
        roles.setdefault(column, role)

    for option, role in ROLE_OPTIONS.items():
        column = getattr(settings, option)
        if column is not None:
            state(column, role, option)
    for column in _score_columns(names, settings.score):
        state(column, Role.SCORE, "score")
    for column in settings.ignore:
        state(column, Role.IGNORED, "ignore")
    for option in ("segment", "features", "proxies"):
        for column in getattr(settings, option) or ():
            if column not in known:
                raise DataError.no_column(column, names, where, option)
    for option in ("kinds", "rules", "column_floors"):
        for column in getattr(settings, option):
            if column not in known:
                raise DataError.no_column(column, names, where, option)
    for field in fields:
        if field.name in settings.proxies and field.physical not in (*_NUMBERS, "bool", "null"):
            raise DataError(
                f"the column {field.name!r} has no mean", where="proxies", found=f"{field.physical} values",
                accepted="columns of numbers or booleans",
                next_step="Name another column, or declare a metric of its values with `metrics`.",
            )  # fmt: skip
    for column in settings.features or ():
        roles.setdefault(column, Role.FEATURE)
    return roles


def _score_columns(names: Sequence[str], score: str | None) -> list[str]:
    """The score column, or the family `<prefix>_<class>` of several classes."""
    if score is None:
        return []
    if score in names:
        return [score]
    prefix = score if score.endswith("_") else score + "_"
    family = [name for name in names if name.startswith(prefix) and len(name) > len(prefix)]
    return family if len(family) > 1 else [score]


def _infer_roles(
    fields: Sequence[Field], look: Batch, settings: Settings, roles: dict[str, Role], reasons: dict[str, str]
) -> None:
    taken = set(roles.values())
    free = {field.name.lower().strip(): field for field in reversed(fields) if field.name not in roles}
    if {"x", "y", "z"} <= free.keys():  # coordinates, or the sides of a thing
        free.pop("y")
    for role, names in _NAMES.items():
        if role in taken:
            continue
        for name in names:
            field = free.get(name)
            if field is None:
                continue
            texts = role is Role.TIMESTAMP and field.physical == "string"
            times, other = texts_of_times(field, look) if texts else (False, None)
            times = times or (role is Role.TIMESTAMP and ticks(field, look))
            if times and other is not None:
                reasons[field.name] = f"no timestamp: {other[:40]!r} is no time"
            elif times or _fits(role, field):
                roles[field.name] = role
                reasons[field.name] = f"{role.value}: named {field.name!r}"
                break
    if Role.SCORE not in set(roles.values()):
        family = [
            f for f in fields if f.name not in roles and re.match(r"(score|proba|probability)_.", f.name)
        ]
        heads = {field.name.split("_")[0] for field in family}
        if len(family) > 1 and len(heads) == 1 and all(field.physical == "float" for field in family):
            for field in family:
                roles[field.name] = Role.SCORE
                reasons[field.name] = f"score: one of the family '{heads.copy().pop()}_<class>'"
    for name, meaning in _IGNORED.items():
        field = free.get(name)
        if field is not None and field.name not in roles:
            roles[field.name] = Role.IGNORED
            reasons[field.name] = f"ignored: named {field.name!r}, {meaning}"
    for field in fields:
        if field.name not in roles and _FRAME_INDEX.fullmatch(field.name):
            roles[field.name] = Role.IGNORED
            reasons[field.name] = "ignored: the index of the pandas frame that was saved"


def _infer_time(
    fields: Sequence[Field], look: Batch, settings: Settings, roles: dict[str, Role], reasons: dict[str, str]
) -> dict[str, _Said]:
    """Where no name says it, a table's only column of times is the timestamp, unless there is doubt.

    Returns:
        What is said of columns of times: of those that are not taken, why not.
    """
    if Role.TIMESTAMP in roles.values():
        return {}
    stated = {*roles, *settings.kinds, *settings.segment}
    found = of_times([field for field in fields if field.name not in stated], look)
    why = doubt(found[0], look) if len(found) == 1 else f"one of {len(found)} columns of times"
    if not why:
        roles[found[0].name] = Role.TIMESTAMP
        reasons[found[0].name] = "timestamp: the only column of times"
        return {found[0].name: _Said("", (Note.ONLY_TIME,))}
    said = _Said(f"no timestamp, as {why}: {_NAME_IT}", (Note.MAY_BE_TIME,))
    return {field.name: said for field in found}


def _time_in_numbers(field: Field, look: Batch, has_time: bool) -> _Said:
    """What is said of a column of numbers that read as times; it is compared all the same."""
    what = may_count_time(field, look)
    if not what:
        return _Said()
    said = f"its numbers read as {what}, and are compared as numbers"
    if what == COUNTED_FROM_1970 and not has_time:
        return _Said(f"{said}: {_NAME_IT}", (Note.NUMBERS_OF_TIMES, Note.MAY_BE_TIME))
    return _Said(f"{said}: state its kind as datetime if they are times", (Note.NUMBERS_OF_TIMES,))


def _leave_out_others(
    fields: Sequence[Field], settings: Settings, roles: dict[str, Role], reasons: dict[str, str]
) -> None:
    """Where features are stated, other columns without a role are none."""
    for field in fields:
        if settings.features is not None and field.name not in roles:
            roles[field.name] = Role.IGNORED
            reasons[field.name] = "ignored: not among the stated features"


def _fits(role: Role, field: Field) -> bool:
    if role is Role.TIMESTAMP:
        return field.physical in ("date", "timestamp")
    if role in (Role.WEIGHT, Role.SCORE):
        return field.physical in ("int", "float", "decimal") and not (
            role is Role.SCORE and field.physical == "int"
        )
    if role in (Role.PREDICTION, Role.LABEL):
        return field.physical in ("bool", "int", "float", "decimal", "string")
    if role in (Role.ID, Role.VERSION):
        return field.physical in ("int", "string")
    return True


def _kind(field: Field, look: Batch, settings: Settings, role: Role | None) -> _Found:
    stated = settings.kinds.get(field.name)
    if stated is not None:
        return _Found(Kind(stated), f"{Kind(stated).value}: stated")
    unreadable = look.column(field.name).unreadable
    if unreadable:
        return _Found(Kind.VECTOR, f"vector: values that cannot be read ({unreadable})")
    if role is Role.ID:
        return _Found(Kind.IDENTIFIER, "identifier: the id")
    if field.physical == "bool":
        return _Found(Kind.BOOLEAN, "boolean: bool values")
    if field.physical in _TIMES:
        return _Found(Kind.DATETIME, f"datetime: {field.physical} values")
    if role in (Role.TIMESTAMP, Role.LABEL_TIMESTAMP) and field.physical == "string":
        return _time_kind(field, look)
    if role in (Role.TIMESTAMP, Role.LABEL_TIMESTAMP) and ticks(field, look):
        return _Found(Kind.DATETIME, "datetime: numbers that count from 1970 (UTC)")
    if field.physical == "list" and look.column(field.name).vectors is not None:
        return _Found(Kind.VECTOR, "vector: lists of numbers")
    if field.physical in ("list", "struct"):
        why = f"vector: {field.physical} values with parts, which are not compared: make them columns"
        return _Found(Kind.VECTOR, why, (Note.NESTED,))
    if field.physical in ("binary", "other"):
        return _Found(Kind.VECTOR, f"vector: {field.physical} values, which are not judged")
    if field.physical in _NUMBERS:
        return _number_kind(field, look)
    if role in (None, Role.FEATURE) and field.name not in settings.segment:
        written = written_as(field, look)
        if written is not None:
            notes = (Note.TEXTS_OF_TIMES,) if written is Written.MOMENTS else ()
            return _Found(Kind.DATETIME, f"datetime: {written}", notes)
    return _text_kind(field, look)


def _time_kind(field: Field, look: Batch) -> _Found:
    """The kind of a column of texts that are to be times."""
    times, other = texts_of_times(field, look)
    if other is not None:
        raise DataError(
            "the timestamp column holds a text that is no time", where=field.name, found=other,
            accepted=TIMES_ACCEPTED, next_step="Convert the column before the check, or name another one.",
        )  # fmt: skip
    if not times:
        return _Found(Kind.CATEGORICAL, "categorical: text without a value")
    return _Found(Kind.DATETIME, f"datetime: {Written.MOMENTS}", (Note.TEXTS_OF_TIMES,))


def _number_kind(field: Field, look: Batch) -> _Found:
    column = look.column(field.name)
    numbers = number_values(column)
    values = numbers[:_HEAD]
    if field.physical == "duration" or not (np.isfinite(values) & (values == np.floor(values))).all():
        return _Found(Kind.NUMERIC, f"numeric: {field.physical} values")
    ordered = np.sort(values)
    distinct = int(np.count_nonzero(ordered[1:] != ordered[:-1])) + bool(len(values))
    if len(values) >= _LOOK_ROWS and distinct == len(values):
        if _sounds_like_id(field.name):
            return _Found(Kind.IDENTIFIER, "identifier: every value differs, and the name says so")
        # Rows without a value may leave gaps.
        if int(values.max()) - int(values.min()) < len(values) + len(column.values) - len(numbers):
            return _Found(Kind.IDENTIFIER, "identifier: the values count up by one")
    few = f", {distinct} different" if 0 < distinct <= _FEW else ""
    return _Found(Kind.NUMERIC, f"numeric: {field.physical} values{few}")


_WRITTEN_NUMBER = re.compile(r"[-+\u2212(]?\s?[$€£¥]?\s?(\d[\d.,'\s]*|[.,]\d+)\s?[%$€£¥]?\)?")


def _are_numbers(texts: Sequence[str]) -> bool:
    """All texts are numbers for a reader, and most with more than digits, as codes and telephones have."""
    stripped = [text.strip() for text in texts]
    marked = sum(bool(re.search(r"\d[.,]\d|[%$€£¥]", text)) for text in stripped)
    return 2 * marked > len(stripped) and all(map(_WRITTEN_NUMBER.fullmatch, stripped))


def _sounds_like_id(name: str) -> bool:
    words = re.split(r"[\W_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    return any(word in ("id", "ids", "uid", "uuid", "guid", "index", "idx", "key", "rowid") for word in words)


def _text_kind(field: Field, look: Batch) -> _Found:
    if field.physical == "null":
        return _Found(Kind.CATEGORICAL, "categorical: nulls only")
    column = look.column(field.name)
    texts = column.dictionary or ()
    tally = np.bincount(present_values(column), minlength=len(texts))
    codes, present = np.flatnonzero(tally), int(tally.sum())
    if present >= _LOOK_ROWS and 2 * len(codes) > present:
        some = [texts[int(code)] for code in codes[:: max(1, len(codes) // 1000)]]
        spaced = sum(" " in text.strip() for text in some)
        length = float(np.median([len(text) for text in some]))
        words = float(np.median([len(text.split()) for text in some]))
        if 2 * spaced > len(some) and (length >= _TEXT_LENGTH or words >= _TEXT_WORDS):
            return _Found(Kind.TEXT, f"text: {len(codes)} of {present} values differ and are sentences")
        why = f"identifier: {len(codes)} of {present} values differ"
        if not _are_numbers(some):
            return _Found(Kind.IDENTIFIER, why)
        why += "; its texts are numbers, and are not compared: convert them to a type of numbers"
        return _Found(Kind.IDENTIFIER, why, (Note.NUMBERS_AS_TEXT,))
    different = f", {len(codes)} different" if present else ""
    return _Found(Kind.CATEGORICAL, f"categorical: text{different}")
