"""Columns that follow the clock are judged by whole days and weeks, where there are enough of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import leadline as ll
from leadline.baselines.noise import DAY, Blocks, side_inflation

WEEK = 7 * DAY
FOLLOWING = [Blocks(DAY / 4, 56, 100.0, np.array([100.0])), Blocks(DAY, 14, 400.0, np.array([1.1]))]


def of(days: float, parts: list[Blocks] = FOLLOWING) -> float:
    """The inflation of a table of so many days with 400 rows a day."""
    return float(side_inflation(parts, 400.0 * days, DAY * days)[0])


def rows_of(
    rng: np.random.Generator, first_day: int, days: float, shift: int = 0, a_day: int = 400
) -> dict[str, npt.NDArray[Any]]:
    """Rows at times that are more frequent by day, with columns that follow the clock."""
    hours = np.sort(rng.uniform(24 * first_day, 24 * (first_day + days), int(3 * a_day * days)))
    by_day = 1 + 0.8 * np.sin(2 * np.pi * (hours % 24) / 24)
    hours = np.sort(rng.permutation(hours[rng.random(len(hours)) < by_day / 1.8])[: int(a_day * days)])
    hour = ((hours + shift) % 24).astype(int)
    return {
        "ts": (hours * 3.6e9).astype(np.int64).astype("datetime64[us]"),
        "hour": hour,
        "weekday": (hours // 24 % 7).astype(int),
        "load": rng.normal(size=len(hours)) + np.sin(2 * np.pi * hour / 24),
    }


def verdicts(report: ll.Report) -> dict[str, str]:
    return {column["name"]: column["verdict"] for column in report.to_dict()["columns"]}


def test_whole_days_of_a_column_that_follows_the_day_are_nearly_independent():
    assert of(7) < 2 < 50 < of(0.5)
    assert of(1) < 2


def test_what_is_left_of_a_day_weighs_as_the_parts_of_days_do():
    """And the more the longer it is, until as much of a whole day is missing."""
    found = [of(7 + part) for part in (0.0, 0.05, 0.2, 0.5)]
    assert found == sorted(found)
    assert found[-1] > 10 * found[0]
    assert of(6.95) == pytest.approx(of(7.05), rel=0.05)


def test_many_days_hide_what_is_left_of_one():
    assert of(70.2) < of(7.2)


def test_days_that_differ_as_much_as_their_parts_do_are_no_cycle():
    """A level of its own in each quarter of a day: rows of longer blocks share no more of it, and no less."""
    parts = [Blocks(DAY / 4, 56, 100.0, np.array([10.0])), Blocks(DAY, 14, 400.0, np.array([9.0]))]
    assert of(7, parts) >= 10


def test_a_column_that_follows_the_week_needs_whole_weeks():
    days = [Blocks(DAY, 63, 400.0, np.array([300.0])), Blocks(2 * DAY, 31, 800.0, np.array([400.0]))]
    weeks = Blocks(WEEK, 9, 2_800.0, np.array([1.0]))
    assert of(14, [*days, weeks]) < 3 < 300 < of(14, days)
    assert of(3, [*days, weeks]) > 300


@pytest.mark.parametrize("days", [14, 30])
def test_a_clock_that_is_three_hours_off_is_found_and_a_right_one_is_not(days: int):
    rng = np.random.default_rng(days)
    reference = rows_of(rng, 0, days)
    quiet = verdicts(ll.check(reference, rows_of(rng, days, 7), timestamp="ts"))
    assert (quiet["hour"], quiet["load"]) == ("ok", "ok")
    shifted = verdicts(ll.check(reference, rows_of(rng, days, 7, shift=3), timestamp="ts"))
    assert shifted["hour"] == "alert"


def test_the_day_of_the_week_is_judged_by_nine_weeks_and_not_by_four():
    rng = np.random.default_rng(3)
    found = {
        days: verdicts(ll.check(rows_of(rng, 0, days, a_day=100), rows_of(rng, days, 14), timestamp="ts"))
        for days in (28, 63)
    }
    assert (found[28]["weekday"], found[63]["weekday"]) == ("unknown", "ok")


def test_a_first_day_that_the_table_cuts_makes_no_noise():
    """The reference begins at half past five in the afternoon: what is missing of that day is no change."""
    rng = np.random.default_rng(4)
    reference = rows_of(rng, 0, 31)
    late = reference["ts"] >= np.datetime64("1970-01-01T17:30")
    cut = {name: values[late] for name, values in reference.items()}
    whole, part = (ll.learn(table, timestamp="ts").inflation(2_800, WEEK)[1] for table in (reference, cut))
    assert part < 2 * whole
