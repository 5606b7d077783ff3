"""A rule that holds in the order of rows: values that never step back."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.settings import Rule
from leadline.tables.rules import ColumnRules, RuleCount
from leadline.tables.table import Column


class Rows:
    """Some values as a batch of one column."""

    def __init__(self, values: list[float | None]) -> None:
        self.rows = len(values)
        known = np.array([value is not None for value in values], bool)
        self._column = Column(np.array([value or 0 for value in values], np.float64), known)

    def column(self, name: str) -> Column:
        return self._column


def counted(*batches: list[float | None]) -> RuleCount:
    rules = ColumnRules("x", Rule(ordered=True), "float")
    for batch in batches:
        rules.add(Rows(batch))
    return rules.counts[0]


def test_a_step_back_is_a_row_below_the_one_before_it() -> None:
    assert counted([1, 2, 2, 5, 3, 4, 4, 1]).broken == 2
    assert counted([1, None, 2, float("nan"), 1.5]).broken == 1
    assert counted([]).broken == 0
    assert counted([3, 2]).examples == ["2.0"]


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=30), st.lists(st.integers(0, 30), max_size=4)
)
def test_batches_do_not_matter(values: list[float | None], cuts: list[int]) -> None:
    known = [value for value in values if value is not None]
    expected = sum(after < before for before, after in pairwise(known))
    edges = [0, *sorted(cuts), len(values)]
    batches = [values[first:last] for first, last in pairwise(edges)]
    assert counted(values).broken == counted(*batches).broken == expected


@pytest.mark.parametrize("form", ["frame", "file"])
def test_a_clock_that_steps_back_is_told_with_the_moment(form: str, tmp_path: Path) -> None:
    times = np.datetime64("2026-01-01", "us") + np.arange(2000) * np.timedelta64(1, "h")
    later = times.copy()
    later[1000] = times[24]
    tables: list[Any] = [pl.DataFrame({"ts": ts, "x": np.arange(2000) % 7}) for ts in (times, later)]
    if form == "file":
        for place, table in enumerate(tables):
            table.write_parquet(tmp_path / f"{place}.parquet", row_group_size=300)
        tables = [tmp_path / f"{place}.parquet" for place in range(2)]
    rule = ll.check(*tables, timestamp="ts", rules={"ts": {"ordered": True}}).record.rules[0]
    assert (rule.verdict, rule.broken, rule.rows) == ("alert", 1, 2000)
    assert rule.examples == ["2026-01-02T00:00:00.000000"]


def test_texts_have_no_order() -> None:
    rules = ColumnRules("x", Rule(ordered=True), "string")
    assert rules.counts[0].reason == "does not apply to string values"
