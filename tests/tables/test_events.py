"""Events: a small table of what happened when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import leadline
from leadline.errors import DataError
from leadline.tables.events import MOST, Event, read_events

DAY = 86_400_000_000
FIRST = 1_767_225_600_000_000  # 2026-01-01


def test_a_file_is_read_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "kind,time,text\nholiday,2026-01-06,Epiphany\ndeploy,2026-01-02T09:30:00+01:00,scaler 3\n"
        ",2026-01-03,\n"
    )
    assert read_events(str(path)) == (
        Event(FIRST + DAY + 17 * DAY // 48, "deploy", "scaler 3"),
        Event(FIRST + 2 * DAY, "note", ""),
        Event(FIRST + 5 * DAY, "holiday", "Epiphany"),
    )


def test_kinds_may_be_left_out_and_times_may_be_texts() -> None:
    found = read_events({"time": ["2026-01-02", "2026-01-01"], "text": ["b", "a"]})
    assert found == (Event(FIRST, "note", "a"), Event(FIRST + DAY, "note", "b"))
    assert read_events(found[::-1]) == found


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"time": ["2026-01-01"]}, "text"),
        ({"at": ["2026-01-01"], "text": ["a"]}, "time"),
        ({"time": ["soon"], "text": ["a"]}, "no time"),
        ({"time": [True, False], "text": ["a", "b"]}, "events without times"),
        ({"time": ["2026-01-01", None], "text": ["a", "b"]}, "row 2"),
        ({"time": ["2026-01-01"] * (MOST + 1), "text": ["a"] * (MOST + 1)}, "too many"),
    ],
)
def test_what_cannot_be_events_is_told(given: dict[str, list[Any]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_events(given)


def table(first: int, days: int, factor: float) -> dict[str, list[Any]]:
    rows = range(days * 100)
    return {
        "ts": [f"2026-01-{1 + first + row // 100:02d}T{row % 24:02d}:00:00" for row in rows],
        "km": [factor * (1 + row * 37 % 100) for row in rows],
    }


def test_events_stand_on_the_axis_of_time_and_last_among_the_causes() -> None:
    events = {
        "time": ["2025-06-01", "2026-01-20T23:30:00", "2026-01-04"],
        "kind": ["deploy", "upstream", "holiday"],
        "text": ["long ago", "the meter changed", "far from it"],
    }
    record = leadline.check(
        table(0, 20, 1.0), table(20, 6, 1.609344), timestamp="ts", events=events, window="1d"
    ).record
    assert record.timeline is not None
    assert [event.text for event in record.timeline.events] == ["far from it", "the meter changed"]
    causes = [(cause.key, cause.sentence) for cause in record.causes]
    assert causes[0][0] == "unit_change"
    assert causes[1:] == [("event", "2026-01-20 23:30 UTC, upstream: the meter changed.")]


def test_without_times_events_are_told_to_have_no_place() -> None:
    numbers = {"x": [float(row % 50) for row in range(500)]}
    record = leadline.check(numbers, numbers, events={"time": ["2026-01-01"], "text": ["a"]}).record
    assert any("1 event stated, but not used without times" in said for said in record.assumptions)
