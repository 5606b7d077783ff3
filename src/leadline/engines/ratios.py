"""Users' metrics and proxies: ratios of sums of row expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group
from leadline.errors import ConfigurationError, DataError
from leadline.profiles.columns import Weights
from leadline.profiles.grid import RATIO_PREFIX, RatioPlan
from leadline.profiles.outcomes import count_ratio, learn_ratio
from leadline.profiles.outcomes_ratio import empty_ratio
from leadline.settings import Settings
from leadline.tables.expressions import parse
from leadline.tables.table import Batch, Column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Columns at hand, as a batch on which expressions are evaluated."""

    rows: int
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """The column; all null where the table lacks it."""
        found = self.columns.get(name)
        return Column(np.zeros(self.rows), np.zeros(self.rows, bool)) if found is None else found


def learn_ratios(
    batch: Batch, settings: Settings, weighted: bool, names: Sequence[str]
) -> tuple[RatioPlan, ...]:
    """The plans of `settings.metrics` and `settings.proxies`, with scales from the first look.

    Raises:
        ConfigurationError: an expression is wrong.
        DataError: it names a column that does not exist.
    """
    scale = 1.0 if weighted else None
    plans = []
    for name, metric in settings.metrics.items():
        for text in (metric.numerator, metric.denominator):
            for column in parse(text, f"metrics.{name}").columns:
                if column not in names:
                    raise DataError.no_column(column, names, "the table", f"metrics.{name}")
        top, bottom = (
            _values(text, batch, f"metrics.{name}") for text in (metric.numerator, metric.denominator)
        )
        grid = learn_ratio(top, bottom, scale)
        plans.append(RatioPlan(name, metric.numerator, metric.denominator, metric.worse, grid))
    for column in settings.proxies:
        text = f"`{column}`"
        grid = learn_ratio(_values(text, batch, "proxies"), None, scale)
        plans.append(RatioPlan(f"mean_{column}", text, "1", "either", grid))
    return tuple(plans)


def _values(text: str, batch: Batch, where: str) -> Floats:
    """The expression's values as floats, NaN where it has none."""
    data = parse(text, where)(batch)
    if data.dictionary is not None:
        return np.full(batch.rows, np.nan)
    values = np.asarray(data.values, np.float64)
    return values if data.valid is None else np.where(data.valid, values, np.nan)


class RatioCounter:
    """Counts one ratio batch by batch (an `engines.local.Extra`)."""

    def __init__(self, place: int, plan: RatioPlan) -> None:
        self.place, self.plan = place, plan
        found = [*parse(plan.numerator).columns, *parse(plan.denominator).columns]
        self.columns: tuple[str, ...] = tuple(dict.fromkeys(found))
        self._sums: list[dict[str, Ints]] = []

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch."""
        while len(self._sums) < groups:
            self._sums.append(empty_ratio(self.plan.grid))
        batch = Columns(rows, columns)
        try:
            top = _values(self.plan.numerator, batch, self.plan.name)
            bottom = _values(self.plan.denominator, batch, self.plan.name)
        except ConfigurationError:  # a column whose type changed since the baseline was learned
            top = bottom = np.full(rows, np.nan)
        w = None if weights is None else weights.units
        # Rows come group by group.
        at = np.array([0, rows]) if group is None else np.searchsorted(group, np.arange(groups + 1))
        for g in range(groups):
            keep = slice(at[g], at[g + 1])
            if keep.start == keep.stop:
                continue
            part = count_ratio(self.plan.grid, top[keep], bottom[keep], None, None if w is None else w[keep])
            self._sums[g] = {key: self._sums[g][key] + part[key] for key in part}

    def sums(self, groups: int) -> dict[str, Ints]:
        """Arrays of shape (groups, ...), by prefixed name."""
        parts = self._sums or [empty_ratio(self.plan.grid) for _ in range(groups)]
        return {f"{RATIO_PREFIX}{self.place}/{key}": np.stack([p[key] for p in parts]) for key in parts[0]}
