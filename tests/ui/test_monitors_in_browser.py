"""Declared monitors on the page: their lanes on the shared axis, and their table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.reports.record import ReportRecord

MONITORS: list[dict[str, Any]] = [
    {"metric": "rows", "below": 30, "runbook": "https://example.org/rows"},
    {"name": "<b>warm</b>", "metric": "mean", "column": "x", "above": 1, "tier": "warning"},
    {"metric": "mae", "above": 1},
    {"metric": "median", "column": "x", "changes_by": 2},
    {"metric": "no_data", "above": "9d"},
    {"metric": "missing_share", "column": "x", "above": "5 %"},
]


def stream(first: int, days: int) -> dict[str, Any]:
    rng = np.random.default_rng(first)
    hours = first * 24 + np.arange(days * 48) / 2
    times = np.datetime64("2026-01-05", "us") + (hours * 3600).astype("timedelta64[s]")
    return {"time": times, "x": rng.normal(0, 1, len(hours))}


@pytest.fixture(scope="module")
def record() -> ReportRecord:
    current = stream(30, 12)
    day = np.arange(12 * 48) // 48
    current["x"][day >= 9] += 3
    current = {name: values[day != 4] for name, values in current.items()}
    return ll.check(stream(0, 30), current, timestamp="time", window="1d", monitors=MONITORS).record


def test_lanes_and_table(record: ReportRecord, visit: Callable[..., Any]) -> None:
    page = visit(record)
    rows = page.locator("#monitors tbody tr")
    assert rows.count() == len(MONITORS)
    assert "rows below 30" in rows.nth(0).inner_text()
    assert "below the limit of 30" in rows.nth(0).inner_text()
    assert rows.nth(0).locator("a").get_attribute("href") == "https://example.org/rows"
    assert "<b>warm</b>" in rows.nth(2).inner_text()
    lanes = page.locator("#over-time .lane.monitor")
    # What is not judged has no line; of the others the loud ones come first.
    assert lanes.count() == 3
    page.get_by_role("button", name="Show 2 more monitors").click()
    assert lanes.count() == 5
    assert lanes.nth(0).locator(".crossed.alert").count() == 1
    assert lanes.nth(2).locator(".crossed.warning").count() == 1
    assert lanes.nth(1).locator(".plot > .limit").count() == 2
    crossed, line = (lanes.nth(2).locator(name).bounding_box() for name in (".crossed", ".run.current"))
    part = (crossed["x"] - line["x"]) / line["width"]
    assert part == pytest.approx(9 / 12, abs=0.02)


def test_a_narrow_screen_does_not_overflow(record: ReportRecord, visit: Callable[..., Any]) -> None:
    page = visit(record, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#monitors").is_visible()
