"""A finished comparison as the rules see it: columns with both sides' counts, and what alerted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.concept import Concept, concept
from leadline.diagnosis.distribution import Distribution
from leadline.monitors.compare import Comparison
from leadline.monitors.joint import Decision
from leadline.monitors.measurements import Measurements
from leadline.once import Once
from leadline.profiles.arrays import CLIPPED, UNREADABLE
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.distinct import EMPTY, Distinct
from leadline.profiles.grid import Axis
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.schema import Role
from leadline.tables.events import Event

Floats = npt.NDArray[np.float64]

INPUTS = frozenset({Role.FEATURE, Role.SEGMENT})
"""Roles of what a model is given, or what its rows are sliced by."""

_OUTPUTS = frozenset({Role.PREDICTION, Role.SCORE})


@dataclass(frozen=True)
class Side:
    """One side of one column.

    Attributes:
        rows, missing: rows of the table, and those of them without a value.
        counts: shape (C,): rows with a present, finite value in each cell.
        unseen: rows whose value the reference never held; NaN where it is not decidable.
        outside: rows beyond the reference's range; NaN for categories.
        mean, deviation: of the finite values in the column's unit, NaN for categories and without values.
        minimum, maximum: of the finite values, NaN likewise.
        sums: shape (C,): sums of the standardised values in each cell; zeros for categories.
        unreadable, clipped: values of another type; values beyond the clipping bound.
        inflation: sizes are divided by this noise inflation.
        sample: of the distinct values.
    """

    rows: float
    missing: float
    counts: Floats
    unseen: float
    outside: float
    mean: float
    deviation: float
    minimum: float
    maximum: float
    sums: Floats
    unreadable: float
    clipped: float
    inflation: float
    sample: Distinct

    @cached_property
    def values(self) -> float:
        """Rows with a present, finite value."""
        return float(self.counts.sum())

    @cached_property
    def shares(self) -> Floats:
        """Shape (C,): shares of the values."""
        return self.counts / max(self.values, 1e-300)

    @property
    def size(self) -> float:
        """Values in independent rows."""
        return self.values / self.inflation

    @property
    def missing_share(self) -> float:
        return self.missing / max(self.rows, 1e-300)

    @property
    def distinct(self) -> float:
        """Number of distinct values, exact while small; NaN where it is not known, as of some windows."""
        if self.sample is EMPTY and self.values:
            return float("nan")
        return self.sample.estimate()[0]


@dataclass(frozen=True)
class Column:
    """One column of the comparison.

    Attributes:
        name, role, axis: as in the grid; `position` in it.
        physical: types of both sides; None where the current one is not known.
        before, now: reference and current.
        decision: about it.
        distance: Kolmogorov-Smirnov (numeric) or total variation between the sides; NaN without cells.
    """

    name: str
    role: Role
    axis: Axis | None
    position: int
    physical: tuple[str, str | None]
    before: Side
    now: Side
    decision: Decision
    distance: float

    @property
    def alerted(self) -> bool:
        return self.decision.verdict == "alert"

    @property
    def is_input(self) -> bool:
        return self.role in INPUTS

    @property
    def effect(self) -> float:
        """How far the column moved, 0..1; 1 for what needs no size (missing, of another type)."""
        sizes = [self.distance, self.decision.effect.value if self.decision.effect else np.nan]
        known = [size for size in sizes if np.isfinite(size)]
        return float(max(known, default=1.0))

    @property
    def harmonic(self) -> float:
        """Independent rows of the comparison, m n / (m + n)."""
        m, n = self.before.size, self.now.size
        return m * n / max(m + n, 1e-300)

    @property
    def comparable(self) -> bool:
        """Both sides have enough values on the same cells."""
        return self.axis is not None and self.distance >= 0 and min(self.before.size, self.now.size) >= 30

    @cached_property
    def distributions(self) -> tuple[Distribution, Distribution]:
        """Where the values of both sides lie; of numeric columns only."""
        assert isinstance(self.axis, NumericAxis)
        before, now = (
            Distribution.of(self.axis, side.counts, side.sums, side.minimum, side.maximum)
            for side in (self.before, self.now)
        )
        return before, now


@dataclass(frozen=True)
class Case(Once):
    """What the rules are given.

    Attributes:
        comparison: the finished comparison.
        events: what people told of the model's surroundings.
        start, end: first and last moment of what is judged, microseconds since 1970 UTC; None: not known.
        known_concept: what became of P(label | inputs), where it was looked at already.
        earlier: what was judged before the version came that gained rows, against the same baseline; None: it
            is not known, or no version gained.
        labels_come: all labels are there. Else nothing is made of them: they come sooner for some classes.
    """

    comparison: Comparison
    events: tuple[Event, ...] = ()
    start: int | None = None
    end: int | None = None
    known_concept: Concept | None = None
    labels_come: bool = True
    earlier: Comparison | None = None

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """By name; those that were compared or should have been."""
        found: dict[str, Column] = {}
        for part in self.comparison.measurements:
            for row, position in enumerate(part.columns):
                column = self._column(part, row, int(position))
                found[column.name] = column
        return found

    @cached_property
    def moved(self) -> Sequence[Column]:
        """Columns that alert, the largest change first; derived ones follow others and are left out."""
        silent = {Role.DERIVED, *(() if self.labels_come else (Role.LABEL,))}
        alerting = [c for c in self.columns.values() if c.alerted and c.role not in silent]
        return sorted(alerting, key=lambda c: (-c.effect, c.name))

    @cached_property
    def moved_inputs(self) -> Sequence[Column]:
        return [column for column in self.moved if column.is_input]

    @cached_property
    def moved_outputs(self) -> Sequence[Column]:
        return [column for column in self.moved if column.role in _OUTPUTS]

    @cached_property
    def suspects(self) -> Sequence[Column]:
        """Columns whose own making may be at fault: inputs, or outputs while no input moved."""
        return self.moved_inputs or self.moved_outputs

    @cached_property
    def concept(self) -> Concept:
        """What became of P(label | inputs)."""
        return concept(self.comparison) if self.known_concept is None else self.known_concept

    @cached_property
    def performance_alerts(self) -> bool:
        scores = self.comparison.performance.scores.values()
        return self.labels_come and any(
            s.decision is not None and s.decision.verdict == "alert" for s in scores
        )

    @property
    def alerted(self) -> bool:
        return bool(self.moved) or self.performance_alerts

    @cached_property
    def inputs(self) -> Sequence[Column]:
        return [column for column in self.columns.values() if column.is_input]

    def numeric(self) -> Iterable[tuple[Column, NumericAxis]]:
        """Suspects with a numeric axis that can be compared."""
        for column in self.suspects:
            if column.comparable and isinstance(column.axis, NumericAxis):
                yield column, column.axis

    def categorical(self) -> Iterable[tuple[Column, CategoricalAxis]]:
        """Suspects with a categorical axis that can be compared."""
        for column in self.suspects:
            if column.comparable and isinstance(column.axis, CategoricalAxis):
                yield column, column.axis

    @cached_property
    def current(self) -> Profile:
        return self.comparison.current.collapse()

    def _column(self, part: Measurements, row: int, position: int) -> Column:
        comparison = self.comparison
        item = comparison.baseline.grid.columns[position]
        cells = item.axis.cells if item.axis is not None else 0
        physical = comparison.physical
        distance = part.drift.get("kolmogorov_smirnov" if part.pair.ordered else "total_variation")
        return Column(
            item.name,
            item.role,
            item.axis,
            position,
            (item.physical, None if physical is None else physical.get(item.name)),
            self._side(part, row, position, cells, now=False),
            self._side(part, row, position, cells, now=True),
            comparison.decisions[item.name],
            float("nan") if distance is None else float(distance.value[row]),
        )

    def _side(self, part: Measurements, row: int, position: int, cells: int, *, now: bool) -> Side:
        summary = part.now if now else part.before
        profile = self.current if now else self.comparison.baseline.whole
        pair = part.pair
        counts = (pair.current if now else pair.reference)[row, :cells]
        sums = pair.current_sums if now else pair.reference_sums
        inflation = pair.current_inflation if now else pair.reference_inflation
        specials = profile.sums["specials"][0, 0, 0][position]
        mean, deviation = _moments(summary, row)
        return Side(
            rows=float(summary.rows[row]),
            missing=float(summary.null[row] + summary.nan[row] + summary.empty[row]),
            counts=counts,
            unseen=float(summary.unseen[row]),
            outside=float(summary.outside[row]),
            mean=mean,
            deviation=deviation,
            minimum=_at(summary.minimum, row),
            maximum=_at(summary.maximum, row),
            sums=np.zeros(cells) if sums is None else sums[row, :cells],
            unreadable=float(specials[UNREADABLE]),
            clipped=float(specials[CLIPPED]),
            inflation=float(np.broadcast_to(inflation, (len(pair.reference),))[row]),
            sample=profile.distinct.get(self.comparison.baseline.grid.columns[position].name, EMPTY),
        )


def _at(values: Floats | None, row: int) -> float:
    return float("nan") if values is None else float(values[row])


def _moments(summary: Any, row: int) -> tuple[float, float]:
    """Mean and standard deviation in the column's unit."""
    values = float(summary.values[row])
    if summary.total is None or summary.squares is None or values <= 0:
        return float("nan"), float("nan")
    centre, scale = float(summary.centre[row]), float(summary.scale[row])
    mean = float(summary.total[row]) / values
    variance = max(float(summary.squares[row]) / values - mean * mean, 0.0)
    return centre + scale * mean, scale * float(np.sqrt(variance))
