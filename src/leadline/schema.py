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


NUMBERS_AS_TEXT = "its texts are numbers, and are not compared: convert them to a type of numbers"
"""Ends `ColumnSchema.why` where a column would be compared if its numbers had not been written as text."""

NESTED = "values with parts, which are not compared: make the parts columns of their own"
"""Ends `ColumnSchema.why` where nothing but missing values is judged because values lie within values."""


ONLY_TIME = "the only column of times"
"""Stands in `ColumnSchema.why` where that makes a column the timestamp."""

MAY_BE_TIME = "name it with `timestamp` if it is the time of the prediction"
"""Ends `ColumnSchema.why` of a column of times that is not taken for the timestamp."""

NUMBERS_OF_TIMES = "and are compared as numbers"
"""Stands in `ColumnSchema.why` of a column of numbers that read as times."""


class ColumnSchema(msgspec.Struct, frozen=True):
    """One column: its role and kind, and how they were found.

    Attributes:
        name: the column's name in the table.
        role: what it is to the model.
        kind: how its values are read.
        stated: the user stated role or kind (else they were inferred).
        why: what the inference rests on, in words.
    """

    name: str
    role: Role
    kind: Kind
    stated: bool = False
    why: str = ""
