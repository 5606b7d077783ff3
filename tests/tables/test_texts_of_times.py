"""Texts of dates and times that no role makes the time of the prediction: they are times, not categories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

import leadline
from leadline.schema import ColumnSchema, Kind
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.roles import infer

T = TypeVar("T")
ROWS = 400


def schema(columns: dict[str, Any], **options: Any) -> dict[str, ColumnSchema]:
    table = open_table(columns)
    return {column.name: column for column in infer(table.fields, first_look(table), Settings.of(**options))}


def written(form: Callable[[dt.date], T], days: int = 30, start: dt.date = dt.date(2024, 1, 1)) -> list[T]:
    return [form(start + dt.timedelta(days=7 * i % days)) for i in range(ROWS)]


WRITTEN: dict[str, Callable[[dt.date], str]] = {
    "2024-01-05": str,
    "2024-01-05T00:00:00": lambda day: f"{day}T00:00:00",
    "2024-01-05 10:00:00+02:00": lambda day: f"{day} 10:00:00+02:00",
    "5/1/2024": lambda day: f"{day.day}/{day.month}/{day.year}",
    "05.01.2024 10:30": lambda day: f"{day:%d.%m.%Y} 10:30",
    "01-05-2024": lambda day: f"{day:%m-%d-%Y}",
}


@pytest.mark.parametrize("spelling", WRITTEN)
def test_texts_of_dates_are_no_categories(spelling: str) -> None:
    """Later dates are values that were never seen; that they move on is no drift."""
    form = WRITTEN[spelling]
    sides = [
        {"due": written(form, start=start), "paid": written(form, start=start)}
        for start in (dt.date(2024, 1, 1), dt.date(2024, 6, 1))
    ]
    record = leadline.check(*sides).record
    assert [column.kind for column in record.columns] == [Kind.DATETIME] * 2
    assert [column.verdict for column in record.columns] == ["ok"] * 2


def test_texts_of_times_that_become_something_else_are_missing() -> None:
    good = written(str)
    other = {"due": good, "paid": ["soon" if i % 4 else day for i, day in enumerate(good)]}
    found = {c.name: c for c in leadline.check({"due": good, "paid": good}, other).record.columns}
    assert found["due"].verdict == "ok"
    assert found["paid"].verdict == "alert"
    assert found["paid"].quality["missing_share"] == 0.75


def test_texts_of_times_are_the_times_that_another_table_holds() -> None:
    days = written(lambda day: day)
    texts = [str(day) for day in days]
    record = leadline.check({"due": texts, "paid": texts}, {"due": days, "paid": days}).record
    assert {column.verdict for column in record.columns} == {"ok"}


@pytest.mark.parametrize("blank", ["", " ", None])
def test_some_texts_of_times_may_be_blank(blank: str | None) -> None:
    texts = [blank if i % 3 == 0 else day for i, day in enumerate(written(str))]
    assert schema({"x": texts})["x"].kind is Kind.DATETIME


@pytest.mark.parametrize(
    "texts",
    [["2024-01-05", "unknown"], ["1/2", "3/4"], ["1.2.3", "1.2.4"], ["10/11/12", "1/1/1"], ["1/2-2024", "x"]],
)
def test_texts_that_are_not_all_dates_stay_categories(texts: list[str]) -> None:
    assert schema({"x": texts * 200})["x"].kind is Kind.CATEGORICAL


def test_texts_of_dates_with_a_role_or_as_segment_are_not_taken_for_times() -> None:
    texts = written(str, days=3)
    columns = {"cohort": texts, "target": texts, "day": written(str)}
    found = schema(columns, segment=["cohort"], label="target", timestamp="day")
    assert found["cohort"].kind is Kind.CATEGORICAL
    assert found["target"].kind is Kind.CATEGORICAL
