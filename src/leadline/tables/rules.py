"""Declared validation rules, counted batch by batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.digits import grouped
from leadline.settings import Rule
from leadline.tables.table import Batch, Column, Physical

_EXAMPLES = 5
_UNIQUE_BOUND = 20_000_000
_TYPES: dict[str, tuple[Physical, ...]] = {
    "number": ("int", "float", "decimal"), "integer": ("int", "float", "decimal"), "text": ("string",),
    "boolean": ("bool",), "datetime": ("date", "timestamp"),
}  # fmt: skip


@dataclass
class RuleCount:
    """What was counted of one rule of one column.

    Attributes:
        column, rule: what was declared, in words (`min 0`).
        rows: rows looked at; `broken`: rows that break it.
        examples: a few values that break it, as text.
        reason: why it could not be decided, or "".
    """

    column: str
    rule: str
    rows: int = 0
    broken: int = 0
    examples: list[str] = field(default_factory=list)
    reason: str = ""

    def merge(self, other: RuleCount) -> None:
        """Adds what was counted elsewhere of the same rule: what only both together break is not seen (a
        value of `unique` that both hold, a step of `ordered` from one to the other)."""
        self.rows += other.rows
        self.broken += other.broken
        self.examples = (self.examples + other.examples)[:_EXAMPLES]
        self.reason = self.reason or other.reason


Breaks = Callable[[Column, npt.NDArray[Any]], npt.NDArray[np.bool_]]
"""Which of the present rows (their row numbers are the second argument) break a rule."""


class ColumnRules:
    """The rules of one column; `add` counts a batch, `counts` is the result.

    A null breaks `not_null` alone; NaN is missing for `not_null` and breaks a range. A part that does not
    suit the column's type (a pattern for numbers) gets a reason.

    Args:
        column: the column's name.
        rule: what was declared.
        physical: the column's physical type, None where the table lacks it.
        unique_bound: number of different values up to which `unique` is decided.
    """

    def __init__(
        self, column: str, rule: Rule, physical: Physical | None, unique_bound: int = _UNIQUE_BOUND
    ) -> None:
        self.column = column
        self.counts: list[RuleCount] = []
        self._checks: list[tuple[RuleCount, Callable[[RuleCount, Column, int], None]]] = []
        self._physical = physical
        if rule.not_null:
            self._declare("not null", None, _count_null)
        if rule.type is not None:
            self._declare_type(rule.type)
        if rule.min is not None or rule.max is not None:
            low = -np.inf if rule.min is None else rule.min
            high = np.inf if rule.max is None else rule.max
            limits = (("min", rule.min), ("max", rule.max))
            words = [f"{word} {limit:g}" for word, limit in limits if limit is not None]
            self._declare(
                " and ".join(words), (*_TYPES["number"], "bool", "duration"), _present(_outside(low, high))
            )
        if rule.values is not None:
            shown = ", ".join(map(str, rule.values[:10])) + (", ..." if len(rule.values) > 10 else "")
            self._declare(
                f"one of {shown}", ("string", "bool", *_TYPES["number"]), _present(_foreign(rule.values))
            )
        if rule.pattern is not None:
            self._declare(f"pattern {rule.pattern}", ("string",), _present(_unmatched(rule.pattern)))
        if rule.unique:
            kinds: tuple[Physical, ...] = (
                "string",
                "date",
                "timestamp",
                "time",
                "duration",
                "bool",
                *_TYPES["number"],
            )
            self._declare("unique", kinds, _Unique(unique_bound))
        if rule.ordered:
            ordered: tuple[Physical, ...] = ("date", "timestamp", "time", "duration", *_TYPES["number"])
            self._declare("ordered", ordered, _Ordered(physical in ("date", "timestamp")))

    def add(self, batch: Batch) -> None:
        """Counts one batch."""
        if all(count.reason for count in self.counts):
            return
        column = batch.column(self.column)
        if column.unreadable:
            for count in self.counts:
                count.reason = count.reason or f"its values cannot be read ({column.unreadable})"
        for count, check in self._checks:
            if not count.reason:
                count.rows += batch.rows
                check(count, column, batch.rows)

    def _declare(
        self,
        words: str,
        kinds: tuple[Physical, ...] | None,
        check: Callable[[RuleCount, Column, int], None],
    ) -> None:
        count = RuleCount(self.column, words)
        if self._physical is None:
            count.reason = "the table has no such column"
        elif kinds is not None and self._physical not in (*kinds, "null"):
            count.reason = f"does not apply to {self._physical} values"
        self.counts.append(count)
        self._checks.append((count, check))

    def _declare_type(self, stated: str) -> None:
        fits = self._physical in (*_TYPES[stated], "null")
        if fits and stated == "integer" and self._physical in ("float", "decimal"):
            self._declare("type integer", None, _present(_fractional))
        else:
            everything = None if fits else _present(lambda column, rows: np.ones(len(rows), bool))
            self._declare(f"type {stated}", None, everything or (lambda count, column, rows: None))


def _count_null(count: RuleCount, column: Column, rows: int) -> None:
    missing = np.zeros(rows, bool) if column.valid is None else ~column.valid
    if column.values.dtype.kind == "f" and len(column.values) == rows:
        missing = missing | np.isnan(column.values)
    count.broken += int(missing.sum())


def _present(breaks: Breaks) -> Callable[[RuleCount, Column, int], None]:
    """A check of the rows that are not null."""

    def check(count: RuleCount, column: Column, rows: int) -> None:
        present = np.arange(rows) if column.valid is None else np.flatnonzero(column.valid)
        broken = present[breaks(column, present)]
        _record(count, column, broken)

    return check


def _record(
    count: RuleCount,
    column: Column,
    broken: npt.NDArray[Any],
    text: Callable[[Column, int], str] | None = None,
) -> None:
    count.broken += len(broken)
    if len(broken) and len(count.examples) < _EXAMPLES:
        for row in broken[:1000]:
            shown = (text or text_of)(column, int(row))
            if shown not in count.examples:
                count.examples.append(shown)
            if len(count.examples) == _EXAMPLES:
                break


def text_of(column: Column, row: int) -> str:
    """One present value as text."""
    if len(column.values) <= row:
        return "(not shown)"
    value = column.values[row].item()
    return str(column.dictionary[value]) if column.dictionary is not None else str(value)


def _by_entry(column: Column, rows: npt.NDArray[Any], bad: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """A test of texts, made once for each entry of the dictionary that occurs."""
    codes = column.values[rows]
    texts = column.dictionary or ()
    found = np.zeros(len(texts), bool)
    for code in np.unique(codes).tolist():
        found[code] = bad(texts[code])
    return found[codes]


def _outside(low: float, high: float) -> Breaks:
    def breaks(column: Column, rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        values = column.values[rows]
        return ~((values >= low) & (values <= high))  # NaN is in no range

    return breaks


def _foreign(values: Sequence[object]) -> Breaks:
    texts = {_plain_text(value) for value in values}
    numbers = np.array(
        [float(value) for value in values if isinstance(value, bool | int | float)], dtype=np.float64
    )

    def breaks(column: Column, rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        if column.dictionary is not None:
            return _by_entry(column, rows, lambda text: text not in texts)
        return ~np.isin(column.values[rows].astype(np.float64), numbers)

    return breaks


def _plain_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _unmatched(pattern: str) -> Breaks:
    compiled = re.compile(pattern)

    def breaks(column: Column, rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        if column.dictionary is None:
            return np.zeros(len(rows), bool)
        return _by_entry(column, rows, lambda text: compiled.fullmatch(text) is None)

    return breaks


def _fractional(column: Column, rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    values = column.values[rows]
    return ~(np.isfinite(values) & (values == np.trunc(values)))


class _Unique:
    """Counts rows whose value came before, over all batches, with the values themselves (exact)."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.texts: set[str] = set()
        self.numbers: list[npt.NDArray[Any]] = []  # sorted runs, each at least twice the next
        self.size = 0

    def __call__(self, count: RuleCount, column: Column, rows: int) -> None:
        present = np.arange(rows) if column.valid is None else np.flatnonzero(column.valid)
        values = column.values[present]
        _, first = np.unique(values, return_index=True)
        again = np.ones(len(values), bool)
        again[first] = False
        fresh = np.sort(first)
        seen = self._seen(column, values[fresh])
        again[fresh] = seen
        _record(count, column, present[again])
        if self.size > self.bound:
            count.reason = f"more than {grouped(self.bound)} different values"
            self.texts.clear()
            self.numbers.clear()

    def _seen(self, column: Column, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of these different values came before; all of them are known afterwards."""
        if column.dictionary is not None:
            texts = [column.dictionary[code] for code in values.tolist()]
            seen = np.array([text in self.texts for text in texts], bool)
            self.texts.update(texts)
            self.size = len(self.texts)
            return seen
        seen = np.zeros(len(values), bool)
        for run in self.numbers:
            place = np.minimum(np.searchsorted(run, values), len(run) - 1)
            seen |= (run[place] == values) | (
                np.isnan(run[place]) & np.isnan(values) if run.dtype.kind == "f" else False
            )
        run = np.sort(values[~seen])
        self.size += len(run)
        while len(run) and self.numbers and len(self.numbers[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self.numbers.pop(), run]))
        if len(run):
            self.numbers.append(run)
        return seen


class _Ordered:
    """Counts rows whose value is less than that of the row before them, over all batches in row order.

    Rows without a value are passed over.
    """

    def __init__(self, moments: bool) -> None:
        self.text = _moment if moments else text_of
        self.last: npt.NDArray[Any] | None = None

    def __call__(self, count: RuleCount, column: Column, rows: int) -> None:
        present = np.arange(rows) if column.valid is None else np.flatnonzero(column.valid)
        values = column.values[present]
        if values.dtype.kind == "f":
            present, values = present[~np.isnan(values)], values[~np.isnan(values)]
        if len(values) == 0:
            return
        before = np.concatenate([values[:1] if self.last is None else self.last, values[:-1]])
        _record(count, column, present[values < before], self.text)
        self.last = values[-1:].copy()


def _moment(column: Column, row: int) -> str:
    """A date or time in ISO 8601, UTC."""
    return str(column.values[row].astype("datetime64[us]"))
