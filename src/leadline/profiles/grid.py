"""The grid: which cells each column is counted into.

A grid belongs to a model and outlives baselines. It is learned once, from the first reference, and
is immutable; its fingerprint says whether two profiles can be added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.distinct import mix
from leadline.profiles.outcomes import (
    BinaryGrid,
    MulticlassGrid,
    OutcomeGrid,
    RatioGrid,
    RegressionGrid,
)
from leadline.profiles.vectors import VectorAxis
from leadline.schema import ColumnSchema, Kind, Role
from leadline.tables.texts import hashes, pick

Floats = npt.NDArray[np.float64]

CELLS = 256
"""Equal-mass cells of a numeric column."""

VOCABULARY = 1000
"""Values of a categorical column that have a cell of their own."""

HASH_CELLS = 256
"""Keyed-hash cells that share the values beyond the vocabulary."""

UNIT_BITS = 30
"""Sums are kept in units of 2**-30 of the column's scale (see `NumericAxis.exponents`)."""

NEAR = 8.0
"""Standardised values up to this far from the centre are kept in the finest unit."""

CLIP = 2.0**20
"""Standardised values are clipped here before they are summed; the clipped rows are counted."""

EXPONENTS = 18
"""Number of units in use: cells reach to at most NEAR * 2**(EXPONENTS - 1) >= CLIP."""

_CHUNK = 1 << 14
_BYTE = np.uint64(56)
_GUARDS = np.array([0.25, 1.0, 4.0, 16.0, 256.0, 65536.0])


@dataclass(frozen=True)
class NumericAxis:
    """Cells of a numeric column: 256 of equal reference mass, finer in both tails, guards outside.

    Attributes:
        edges: shape (C + 1,), strictly increasing, first -inf and last inf; cell c holds the values
            in [edges[c], edges[c + 1]).
        atoms: shape (C,) bool: the cell holds one value, its lower edge.
        centre, scale: values are summed as (x - centre) / scale; mean and standard deviation of the
            data the grid was learned from (scale 1 where that is 0 or not finite).
        low, high: smallest and largest value the grid was learned from (nan: none); cells outside are
            guards.
        fence_low, fence_high: Tukey's fences, quartiles -+ 1.5 interquartile ranges. Both are edges,
            so that outliers are counted exactly.
        random_edges: the edges are order statistics of the reference rows that were counted.
    """

    edges: Floats
    atoms: npt.NDArray[np.bool_]
    centre: float
    scale: float
    low: float
    high: float
    fence_low: float
    fence_high: float
    random_edges: bool

    @property
    def cells(self) -> int:
        return len(self.atoms)

    @cached_property
    def exponents(self) -> npt.NDArray[np.int64]:
        """Shape (C,): the sums of cell c are integers in units of 2**(exponents[c] - UNIT_BITS).

        With units that grow with the distance from the centre, 10**9 rows in one cell cannot
        overflow 64 bits, and every value is rounded to 2**-31 of the scale or, far out, of itself.
        """
        bound = np.abs(self.standardise(self.edges))
        reach = np.minimum(np.maximum(bound[:-1], bound[1:]), CLIP)
        return np.ceil(np.log2(np.maximum(reach / NEAR, 1.0))).astype(np.int64)

    @cached_property
    def near(self) -> tuple[int, int]:
        """First and past-the-last of the cells with the finest unit; they lie side by side. Equal: none."""
        fine = np.flatnonzero(self.exponents == 0)
        return (int(fine[0]), int(fine[-1]) + 1) if len(fine) else (0, 0)

    @property
    def units(self) -> Floats:
        """Shape (C,): the unit of each cell's sum, in scales."""
        return np.ldexp(1.0, self.exponents - UNIT_BITS)

    @cached_property
    def outside(self) -> npt.NDArray[np.bool_]:
        """Shape (C,): the cell lies out of the range that the grid was learned from."""
        return (self.edges[1:] <= self.low) | (self.edges[:-1] > self.high)

    @cached_property
    def outlying(self) -> npt.NDArray[np.bool_]:
        """Shape (C,): the cell lies beyond a fence."""
        return (self.edges[1:] <= self.fence_low) | (self.edges[:-1] > self.fence_high)

    def standardise(self, values: Floats) -> Floats:
        """(values - centre) / scale."""
        with np.errstate(over="ignore"):
            found = values - self.centre
            found *= 1.0 / self.scale
            return found

    def to_state(self) -> tuple[dict[str, object], dict[str, npt.NDArray[np.generic]]]:
        """Plain values and arrays from which `from_state` builds an equal axis."""
        numbers = {name: getattr(self, name) for name in _NUMERIC_STATE}
        return numbers | {"random_edges": self.random_edges}, {"edges": self.edges, "atoms": self.atoms}

    @classmethod
    def learn(cls, ordered: Floats, cells: int = CELLS, random_edges: bool = True) -> NumericAxis:
        """Learn the axis from sorted, finite values (may be empty).

        Edges are exact order statistics: `cells` cells of equal mass; in both tails ranks that halve
        down to a single row; a value that holds more than a quarter of a cell at such a rank, and
        every value when there are at most `cells` distinct ones, becomes an atom. Non-atomic cells so
        hold at most 1/256 + 1/1024 of the rows, which bounds the error of a binned Kolmogorov-Smirnov
        distance (0.0049).
        """
        if len(ordered) == 0:
            edges = np.array([-np.inf, np.inf])
            return cls(edges, np.zeros(1, bool), 0.0, 1.0, np.nan, np.nan, np.nan, np.nan, random_edges)
        # Values near the largest float overflow on the way to infinity, which is dropped below.
        with np.errstate(over="ignore", invalid="ignore"):
            return cls._learn(ordered, cells, random_edges)

    @classmethod
    def _learn(cls, ordered: Floats, cells: int, random_edges: bool) -> NumericAxis:
        size = len(ordered)
        centre, scale = _moments(ordered)
        low, high = float(ordered[0]), float(ordered[-1])
        chosen = _few_values(ordered, cells)
        between = _net(chosen, centre, scale)
        if chosen is None:
            ranks = _ranks(size, cells)
            chosen = np.unique(ordered[ranks])
            ties = np.searchsorted(ordered, chosen, "right") - np.searchsorted(ordered, chosen, "left")
            atoms = chosen[ties > max(1, size // (4 * cells))]
        else:
            atoms = chosen
        q1, q3 = ordered[size // 4], ordered[(3 * size) // 4]
        reach = 1.5 * (q3 - q1)
        fence_low, fence_high = float(q1 - reach), float(q3 + reach)
        guards = np.concatenate([low - scale * _GUARDS, high + scale * _GUARDS])
        after = np.nextafter(atoms, np.inf)
        beyond = np.nextafter([high, fence_high], np.inf)
        edges = np.concatenate([chosen, between, after, guards, beyond, [low, fence_low]])
        edges = np.unique(np.concatenate([edges[np.isfinite(edges)], [-np.inf, np.inf]]))
        is_atom = np.nextafter(edges[:-1], np.inf) == edges[1:]
        is_atom[0] = False
        return cls(edges, is_atom, centre, scale, low, high, fence_low, fence_high, random_edges)


_NUMERIC_STATE = ("centre", "scale", "low", "high", "fence_low", "fence_high")


def _moments(ordered: Floats) -> tuple[float, float]:
    """Mean and standard deviation; 1 stands for a deviation of 0 or beyond the floating range."""
    middle = float(ordered[len(ordered) // 2])
    first = second = 0.0
    for start in range(0, len(ordered), _CHUNK):
        gap = ordered[start : start + _CHUNK] - middle
        first += float(gap.sum())
        second += float((gap * gap).sum())  # not BLAS: its last bits depend on the number of cores
    shift = first / len(ordered)
    centre, variance = middle + shift, second / len(ordered) - shift * shift
    if variance < 1e-6 * shift * shift:
        variance = float(np.mean((ordered - centre) ** 2))
    scale = float(np.sqrt(max(variance, 0.0)))
    if not np.isfinite(centre):
        centre = middle
    if not np.isfinite(scale):
        scale = float(ordered[-1] / 2 - ordered[0] / 2)
    tiny = np.spacing(abs(centre)) * 4
    return centre, scale if np.isfinite(scale) and scale > max(tiny, 1e-300) else 1.0


def _few_values(ordered: Floats, limit: int) -> Floats | None:
    """The distinct values if there are at most `limit`, else None."""
    first = np.empty(len(ordered), bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first] if np.count_nonzero(first) <= limit else None


def _net(atoms: Floats | None, centre: float, scale: float) -> Floats:
    """Edges an eighth of a scale apart between many atoms: a small sample of a continuous column leaves
    wide gaps, into which the values of a larger one fall.
    """
    if atoms is None or len(atoms) < 32:
        return np.empty(0)
    net = centre + scale * np.arange(-32, 33) / 8
    return net[(net > atoms[0]) & (net < atoms[-1])]


def _ranks(size: int, cells: int) -> npt.NDArray[np.int64]:
    """Ranks of the edges: equal steps, and steps that halve towards both ends."""
    even = np.arange(cells) * size // cells
    tail = size // cells // 2 ** np.arange(1, 64)
    tail = tail[tail > 0]
    return np.unique(np.concatenate([even, tail, size - 1 - tail, [0, size - 1]]))


@dataclass(frozen=True)
class CategoricalAxis:
    """Cells of a categorical column: its most frequent values, hash cells for the rest, unseen.

    The last cell holds values that the grid never met ("unseen") when `complete`; otherwise the
    vocabulary was cut, all other values share the keyed-hash cells, and unseen is not decidable.

    Attributes:
        vocabulary: the values with a cell of their own, most frequent first.
        complete: the vocabulary holds every value that the grid was learned from.
        key: of the hash.
    """

    vocabulary: tuple[str, ...]
    complete: bool
    key: bytes = b""

    @property
    def cells(self) -> int:
        return len(self.vocabulary) + (1 if self.complete else HASH_CELLS)

    @cached_property
    def _known(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """Hashes of the vocabulary in ascending order, and the cell of each."""
        found = hashes(self.vocabulary)
        order = np.argsort(found)
        return found[order], order.astype(np.int64)

    def assign(self, values: Sequence[str]) -> npt.NDArray[np.int64]:
        """The cell of each value, shape (len(values),); told apart by their 64-bit hashes."""
        found = hashes(values)
        beyond = np.full(len(found), len(self.vocabulary), np.int64)
        if not self.complete:
            seed = hashlib.blake2b(digest_size=8, key=self.key).digest()
            beyond += (mix(found ^ np.uint64(int.from_bytes(seed, "little"))) >> _BYTE).astype(np.int64)
        known, cells = self._known
        if len(known) == 0 or len(found) == 0:
            return beyond
        place = np.minimum(np.searchsorted(known, found), len(known) - 1)
        return np.where(known[place] == found, cells[place], beyond)

    @classmethod
    def learn(cls, values: Sequence[str], counts: npt.NDArray[np.int64], key: bytes) -> CategoricalAxis:
        """Learn the axis from distinct values and how often each occurs.

        Of more than `VOCABULARY` values the most frequent are kept, equal ones by their hash.
        """
        complete = len(values) <= VOCABULARY
        if not complete:
            kept = np.lexsort((hashes(values), -counts))[:VOCABULARY]
            values, counts = pick(values, kept), counts[kept]
        texts = list(values)
        order = sorted(range(len(texts)), key=lambda i: (-int(counts[i]), texts[i]))
        return cls(tuple(texts[i] for i in order), complete, key)


Axis = NumericAxis | CategoricalAxis | VectorAxis


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


def _positions(columns: Sequence[GridColumn], sort: type) -> npt.NDArray[np.int64]:
    return np.array([i for i, c in enumerate(columns) if isinstance(c.axis, sort)], np.int64)
