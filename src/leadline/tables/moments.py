"""Which columns hold times, and which of them is safely the time of the prediction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.tables.table import Batch, Column, Field
from leadline.tables.texts import pick
from leadline.tables.times import READABLE, are_moments, as_times


class Written(StrEnum):
    """How texts write times: so that they can be read, or so that the day and the month may be either."""

    MOMENTS = "texts of times (ISO 8601, UTC where they name no offset)"
    DATES = "texts of dates"


_A_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d")
_EITHER_FIRST = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}([ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AP]M)?)?")
"""A date in which the day and the month may be either."""

_OF_LIVES = (
    "birth", "born", "dob", "bday", "geburt", "naissance", "nacimiento", "nascit", "nasciment",
    "expir", "valid", "until", "due", "deadline", "end", "ablauf", "gültig", "fällig", "échéance", "vencim",
    "since", "seit", "depuis", "desde", "first", "last", "latest", "letzt", "dernier", "ultim",
    "prev", "prior", "next", "opened", "opening", "closed", "joined", "signup", "signed", "regist",
    "enrol", "hire", "label", "target", "outcome",
)  # fmt: skip
"""How words begin that are said of a time in the life of whom a row is about, not of the row."""

_OF_TIMES = (
    "time", "date", "datum", "day", "hour", "epoch", "stamp", "moment", "creat", "updat", "zeit", "tag",
    "fecha", "hora", "jour", "heure", "giorno",
)  # fmt: skip
"""How words begin that are said of times."""

_DIFFERENT = 10
"""Fewest different times of a column that goes through time."""

_YEARS = 20
"""Predictions are logged over fewer years than people or things live."""

COUNTED_FROM_1970 = "times since 1970"
_WRITTEN_DAYS = "days such as 20240105"
_FIRST_DAY, _LAST_DAY = 1990_01_01, 2100_12_31

_FILLED = 0.99
_YEAR = 365.25 * 86_400e6


def present_values(column: Column) -> npt.NDArray[Any]:
    """The values that are not null."""
    return column.values if column.valid is None else column.values[column.valid]


def number_values(column: Column) -> npt.NDArray[Any]:
    """The values that are numbers: neither null nor NaN."""
    found = present_values(column)
    return found[~np.isnan(found)] if found.dtype.kind == "f" else found


def texts_of_times(field: Field, look: Batch) -> tuple[bool, str | None]:
    """Whether some text of the column is a time, and the first that is none (an empty text is no value)."""
    column = look.column(field.name)
    texts = pick(column.dictionary or (), np.unique(present_values(column)))
    good = as_times(texts)[1]
    others = (texts[int(place)] for place in np.flatnonzero(~good))
    return bool(good.any()), next((text for text in others if text.strip()), None)


def ticks(field: Field, look: Batch) -> bool:
    """The column's numbers count seconds, or parts of seconds, since 1970."""
    return field.physical in READABLE[1:] and are_moments(number_values(look.column(field.name)))


def of_times(fields: Sequence[Field], look: Batch) -> list[Field]:
    """The columns of dates and times, be they texts (ISO 8601); times of day and numbers are none."""
    return [field for field in fields if len(_moments(field, look))]


def written_as(field: Field, look: Batch) -> Written | None:
    """How the texts of a column write dates and times, if all of its values are such; else None."""
    if field.physical != "string":
        return None
    if len(_moments(field, look)):
        return Written.MOMENTS
    column = look.column(field.name)
    texts, found = column.dictionary or (), False
    for code in np.unique(present_values(column)):
        text = texts[int(code)].strip()
        if text and not _EITHER_FIRST.fullmatch(text):
            return None
        found |= bool(text)
    return Written.DATES if found else None


def doubt(field: Field, look: Batch) -> str:
    """Why a table's only column of times may be none of the predictions; "" where it is taken for it."""
    if any(word.startswith(_OF_LIVES) for word in _words(field.name)):
        return "its name is that of another time"
    moments = _moments(field, look)
    if len(moments) < _FILLED * look.rows:
        return "some rows have none"
    if len(np.unique(moments)) < _DIFFERENT:
        return f"fewer than {_DIFFERENT} times differ"
    years = (int(moments.max()) - int(moments.min())) / _YEAR
    return f"they lie within {years:.0f} years" if years > _YEARS else ""


def may_count_time(field: Field, look: Batch) -> str:
    """What a column's numbers read as, if its name tells of times or they never fall: "times since 1970".

    "" where they read as no times, or fewer than ten of them differ.
    """
    if field.physical not in READABLE[1:]:
        return ""
    values = number_values(look.column(field.name))
    what = COUNTED_FROM_1970 if are_moments(values) else _WRITTEN_DAYS if _are_days(values) else ""
    if not what or len(np.unique(values)) < _DIFFERENT:
        return ""
    named = any(word.startswith(_OF_TIMES) or word in ("at", "ts", "dt") for word in _words(field.name))
    return what if named or bool((values[1:] >= values[:-1]).all()) else ""


def _are_days(values: npt.NDArray[Any]) -> bool:
    """Whole numbers that write days between 1990 and 2100, as 20240105 does."""
    if not len(values) or not _FIRST_DAY <= float(values.min()) <= float(values.max()) <= _LAST_DAY:
        return False
    days = values.astype(np.int64)
    month, day = days // 100 % 100, days % 100
    return bool(((days == values) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all())


def _words(name: str) -> list[str]:
    return re.split(r"[\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def _moments(field: Field, look: Batch) -> npt.NDArray[np.int64]:
    """The times of a column; of none where it holds something else."""
    none = np.zeros(0, np.int64)
    if field.physical in ("date", "timestamp"):
        return present_values(look.column(field.name))
    if field.physical != "string":
        return none
    column = look.column(field.name)
    codes, texts = present_values(column), column.dictionary or ()
    # Other texts mostly show with the first, of which there may be thousands of columns.
    first = texts[int(codes[0])] if len(codes) else ""
    if not len(codes) or (first.strip() and not _A_DAY.match(first)):
        return none
    moments, good = as_times(texts)
    if any(texts[int(code)].strip() for code in np.unique(codes[~good[codes]])):
        return none
    return moments[codes[good[codes]]]
