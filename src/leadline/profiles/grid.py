"""The grid: which cells each column is counted into.

A grid belongs to a model and outlives baselines. It is learned once, from the first reference, and
is immutable; its fingerprint says whether two profiles can be added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.file import Arrays
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.outcomes import (
    BinaryGrid,
    MulticlassGrid,
    OutcomeGrid,
    RatioGrid,
    RegressionGrid,
)
from leadline.profiles.vectors import VectorAxis
from leadline.schema import ColumnSchema, Kind, Role

Axis = NumericAxis | CategoricalAxis | VectorAxis

_AXES: dict[str, type[Axis]] = {
    "numeric": NumericAxis,
    "categorical": CategoricalAxis,
    "vectors": VectorAxis,
}
"""By the names that they have in files."""


@dataclass(frozen=True)
class GridColumn:
    """One column of a grid; `axis` is None where the column is not counted into cells."""

    schema: ColumnSchema
    physical: str
    axis: Axis | None

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def role(self) -> Role:
        return self.schema.role

    @property
    def kind(self) -> Kind:
        return self.schema.kind


PREFIX = "outcomes/"
"""Names of outcome arrays in `Profile.sums` begin with this."""


class Outcome(msgspec.Struct, frozen=True):
    """How the outcomes of a model are counted, or why they are not.

    Attributes:
        grid: the cells, or None.
        reason: why there is no grid, "" where there is one.
        label, prediction: names of the columns, or None.
        scores: names of the score columns, in the order of the classes.
    """

    grid: OutcomeGrid | None
    reason: str = ""
    label: str | None = None
    prediction: str | None = None
    scores: tuple[str, ...] = ()

    @property
    def task(self) -> str | None:
        """ "binary", "multiclass", "regression", or None."""
        for kind, task in _TASKS.items():
            if isinstance(self.grid, kind):
                return task
        return None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        named = (self.label, self.prediction, *self.scores)
        return tuple(name for name in named if name is not None)


_TASKS: dict[type, str] = {BinaryGrid: "binary", MulticlassGrid: "multiclass", RegressionGrid: "regression"}


RATIO_PREFIX = "ratios/"
"""Names of the arrays of ratios in `Profile.sums` begin with this and the ratio's place."""


class RatioPlan(msgspec.Struct, frozen=True):
    """A ratio of two sums that is counted along.

    Attributes:
        name: its key in the report.
        numerator, denominator: row expressions.
        worse: the direction in which it gets worse; "either" takes no part in the verdict.
        grid: scales of the sums.
    """

    name: str
    numerator: str
    denominator: str
    worse: Literal["higher", "lower", "either"]
    grid: RatioGrid


class RowKey(msgspec.Struct, frozen=True):
    """By what rows are sampled.

    Attributes:
        columns: whose values' hash decides whether a row is kept.
        repeats: equal rows are told apart by counting them, as these columns leave many of them equal.
    """

    columns: tuple[str, ...]
    repeats: bool = False


Segment = tuple[str, str]
"""Column and value of a segment."""

OTHER_SEGMENT = "(other)"
"""The segment of missing values and of those without a segment of their own."""

NO_OUTCOME = Outcome(None, "no label column")


def plain_json(value: Any) -> str:
    """Structs as ASCII JSON, whatever their texts hold (a lone surrogate is no UTF-8)."""
    return json.dumps(msgspec.to_builtins(value))


@dataclass(frozen=True)
class Grid:
    """The columns and their axes, and where each finds its place in the flat arrays of a profile.

    Attributes:
        columns: in the order of the reference.
        weight_unit: weights are kept as integers in this unit; 0 without weights.
        outcome: how labels, predictions and scores are counted together, or why they are not.
        segments: slices of the rows that are counted apart, column by column, each ending with
            `OTHER_SEGMENT`.
        ratios: users' metrics and proxies.
        pivot: the column by whose hash rows are chosen to look for duplicates; None: none would do.
        key: by what rows are sampled; None: they are not.
    """

    columns: tuple[GridColumn, ...]
    weight_unit: float = 0.0
    outcome: Outcome = NO_OUTCOME
    segments: tuple[Segment, ...] = ()
    ratios: tuple[RatioPlan, ...] = ()
    pivot: str | None = None
    key: RowKey | None = None

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each column by name."""
        return {column.name: i for i, column in enumerate(self.columns)}

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Shape (K + 1,): column k's cells are [offsets[k], offsets[k + 1]) of the flat cells."""
        return np.cumsum([0, *(c.axis.cells if c.axis else 0 for c in self.columns)])

    @cached_property
    def numeric(self) -> npt.NDArray[np.int64]:
        """Positions of the columns with a numeric axis."""
        return _positions(self.columns, NumericAxis)

    @cached_property
    def categorical(self) -> npt.NDArray[np.int64]:
        """Positions of the columns with a categorical axis."""
        return _positions(self.columns, CategoricalAxis)

    @cached_property
    def vectors(self) -> dict[int, slice]:
        """Where each column of vectors has its sums in the flat array of all, by the column's position."""
        found, start = {}, 0
        for k, column in enumerate(self.columns):
            if isinstance(column.axis, VectorAxis):
                found[k] = slice(start, start + column.axis.size)
                start += column.axis.size
        return found

    def to_state(self) -> tuple[dict[str, Any], Arrays]:
        """Plain facts and arrays of which `from_state` makes an equal grid."""
        columns: list[dict[str, Any]] = []
        arrays: Arrays = {}
        for k, column in enumerate(self.columns):
            state = {"schema": msgspec.to_builtins(column.schema), "physical": column.physical}
            if column.axis is not None:
                facts, parts = column.axis.to_state()
                state[next(name for name, kind in _AXES.items() if isinstance(column.axis, kind))] = facts
                arrays |= {f"{_AXIS}{k}/{name}": part for name, part in parts.items()}
            columns.append(state)
        return {
            "columns": columns,
            "weight_unit": self.weight_unit,
            "outcome": plain_json(self.outcome),
            "ratios": plain_json(self.ratios),
            "segments": self.segments,
            "pivot": self.pivot,
            "key": msgspec.to_builtins(self.key),
        }, arrays

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Arrays) -> Grid:
        """The grid that `to_state` described; arrays of other names are passed over."""
        parts: list[Arrays] = [{} for _ in facts["columns"]]
        for name, array in arrays.items():
            if name.startswith(_AXIS):
                k, _, part = name.removeprefix(_AXIS).partition("/")
                parts[int(k)][part] = array
        return cls(
            tuple(
                GridColumn(
                    msgspec.convert(state["schema"], ColumnSchema), state["physical"], _axis(state, own)
                )
                for state, own in zip(facts["columns"], parts, strict=True)
            ),
            facts["weight_unit"],
            msgspec.convert(json.loads(facts["outcome"]), Outcome),
            tuple((name, value) for name, value in facts["segments"]),
            msgspec.convert(json.loads(facts["ratios"]), tuple[RatioPlan, ...]),
            facts["pivot"],
            msgspec.convert(facts.get("key"), RowKey | None),  # files of version 1 have none
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of all that decides into which cell a value falls, and what is sampled."""
        digest = hashlib.sha256(plain_json((self.outcome, self.ratios)).encode("ascii"))
        digest.update(repr((self.weight_unit, self.segments)).encode("utf-8", "surrogatepass"))
        if self.key is not None:
            digest.update(repr((self.key.columns, self.key.repeats)).encode("utf-8", "surrogatepass"))
        for column in self.columns:
            axis = column.axis
            digest.update(repr((column.name, column.kind.value)).encode("utf-8", "surrogatepass"))
            if isinstance(axis, NumericAxis):
                digest.update(axis.edges.tobytes())
                digest.update(np.array([axis.centre, axis.scale]).tobytes())
            elif isinstance(axis, VectorAxis):
                for part in (axis.centre, np.array([axis.scale]), axis.projection, axis.units):
                    digest.update(np.ascontiguousarray(part).tobytes())
            elif axis is not None:
                digest.update(
                    repr((axis.vocabulary, axis.complete, axis.key)).encode("utf-8", "surrogatepass")
                )
        return digest.hexdigest()[:32]


_AXIS = "axis/"
"""Before a column's position and the name of an array of its axis."""


def _axis(state: Mapping[str, Any], arrays: Arrays) -> Axis | None:
    kinds = ((state[name], kind) for name, kind in _AXES.items() if name in state)
    return next((kind.from_state(facts, arrays) for facts, kind in kinds), None)


def _positions(columns: Sequence[GridColumn], sort: type) -> npt.NDArray[np.int64]:
    return np.array([i for i, c in enumerate(columns) if isinstance(c.axis, sort)], np.int64)
