"""Roles and kinds of a model's columns."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a column is to the model."""

    ID = "id"
    TIMESTAMP = "timestamp"
    VERSION = "version"
    FEATURE = "feature"
    PREDICTION = "prediction"
    SCORE = "score"
    LABEL = "label"
    LABEL_TIMESTAMP = "label_timestamp"
    WEIGHT = "weight"
    SEGMENT = "segment"
    ENTITY = "entity"
    DERIVED = "derived"
    IGNORED = "ignored"


class Kind(StrEnum):
    """How a column's values are read."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    VECTOR = "vector"
    IDENTIFIER = "identifier"


class Note(StrEnum):
    """What was noticed of a column: it decides what is done with it, or its owner may want to do something.

    * `TEXTS_OF_TIMES`: its texts are read as times (ISO 8601);
    * `ONLY_TIME`: it is the timestamp because no other column holds times;
    * `MAY_BE_TIME`: it holds times, and is not taken for the timestamp;
    * `NUMBERS_OF_TIMES`: its numbers read as times, and are compared as numbers;
    * `NUMBERS_AS_TEXT`: its texts are numbers, most of them different, and are not compared;
    * `NESTED`: its values have parts, and are not compared.
    """

    TEXTS_OF_TIMES = "texts_of_times"
    ONLY_TIME = "only_time"
    MAY_BE_TIME = "may_be_time"
    NUMBERS_OF_TIMES = "numbers_of_times"
    NUMBERS_AS_TEXT = "numbers_as_text"
    NESTED = "nested"


class ColumnSchema(msgspec.Struct, frozen=True):
    """One column: its role and kind, and how they were found.

    Attributes:
        name: the column's name in the table.
        role: what it is to the model.
        kind: how its values are read.
        stated: the user stated role or kind (else they were inferred).
        why: what the inference rests on, in words.
        notes: what was noticed of its values.
    """

    name: str
    role: Role
    kind: Kind
    stated: bool = False
    why: str = ""
    notes: tuple[Note, ...] = ()
