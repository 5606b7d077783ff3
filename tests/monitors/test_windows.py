"""Windows are sums of buckets: nothing is lost, nothing counted twice, whatever the times are."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.windows import choose, cut
from leadline.profiles.arrays import NO_TIME
from leadline.schedule import Width, floor

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_700_000_000_000_000 // DAY * DAY
ONE_DAY = Width(1, "day")


def buckets(days: list[int]) -> np.ndarray:
    return np.array([START + day * DAY for day in days], np.int64)


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True).map(sorted),
    st.sampled_from(["1d", "3d", "1w", "500 rows"]),
    st.data(),
)
def test_every_row_is_in_one_window_or_told(days: list[int], width: str, data: st.DataObject) -> None:
    rows = np.array(
        data.draw(st.lists(st.integers(0, 300), min_size=len(days), max_size=len(days))), np.int64
    )
    found = cut(buckets(days), rows, Width.parse(width), UTC)
    assert found.rows.sum() + found.far + found.untimed == rows.sum()
    assert found.sums(rows[:, None])[:, 0].tolist() == found.rows.tolist()
    assert (found.starts[1:] >= found.ends[:-1]).all()
    assert (found.starts < found.ends).all()
    inside = found.of_bucket >= 0
    where = found.of_bucket[inside]
    times = buckets(days)[inside]
    assert ((found.starts[where] <= times) & (times < found.ends[where])).all()


def test_days_without_rows_are_windows() -> None:
    found = cut(buckets([0, 1, 4]), np.array([10, 10, 10]), ONE_DAY, UTC)
    assert found.rows.tolist() == [10, 10, 0, 0, 10]


def test_windows_of_rows_close_with_the_bucket_that_fills_them() -> None:
    found = cut(buckets([0, 1, 2, 3, 4]), np.array([60, 60, 30, 90, 10]), Width(100, "row"), UTC)
    assert found.rows.tolist() == [120, 120, 10]
    assert found.partial.tolist() == [False, False, True]


def test_a_wrong_clock_moves_no_window() -> None:
    times = np.array([START - 40 * 366 * DAY, START, START + DAY, START + 75 * 366 * DAY], np.int64)
    found = cut(times, np.array([1, 500, 500, 2]), ONE_DAY, UTC)
    assert found.rows.tolist() == [500, 500]
    assert found.far == 3


def test_moments_beyond_the_calendar_are_told() -> None:
    times = np.array([-(2**63) + 10, START, 2**63 - 1], np.int64)
    found = cut(times, np.array([300, 300, 300]), ONE_DAY, UTC)
    assert (found.rows.tolist(), found.far) == ([300], 600)


def test_years_apart_but_both_with_many_rows_are_both_judged() -> None:
    times = np.array([START, START + 3000 * DAY], np.int64)
    found = cut(times, np.array([500, 500]), ONE_DAY, UTC)
    assert found.rows.tolist() == [500, 500]
    assert found.far == 0


def test_rows_without_a_time_are_told() -> None:
    found = cut(np.array([NO_TIME, START], np.int64), np.array([7, 5]), ONE_DAY, UTC)
    assert (found.untimed, found.rows.tolist()) == (7, [5])


def test_nothing_with_a_time_gives_no_window() -> None:
    found = cut(np.array([NO_TIME], np.int64), np.array([7]), ONE_DAY, UTC)
    assert len(found) == 0
    assert found.untimed == 7
    assert len(cut(np.array([0], np.int64), np.array([0]), ONE_DAY, UTC)) == 0


def test_an_unfinished_last_day_is_partial_when_it_is_thin() -> None:
    times, rows = buckets([0, 1, 2]), np.array([100, 100, 20])
    noon = int(times[-1]) + 12 * HOUR
    assert cut(times, rows, ONE_DAY, UTC, ends=(int(times[0]), noon)).partial.tolist() == [False, False, True]
    assert not cut(times, np.array([100, 100, 95]), ONE_DAY, UTC, ends=(int(times[0]), noon)).partial.any()


def test_a_first_day_that_begins_at_noon_is_partial_when_it_is_thin() -> None:
    times, rows = buckets([0, 1, 2]), np.array([20, 100, 100])
    ends = int(times[0]) + 12 * HOUR, int(times[-1]) + DAY - 1
    assert cut(times, rows, ONE_DAY, UTC, ends=ends).partial.tolist() == [True, False, False]


def test_hours_fill_local_days_on_which_clocks_change() -> None:
    place = ZoneInfo("Europe/Berlin")
    first = np.datetime64("2024-03-30T23:00", "us").astype(np.int64)
    hours = first + np.arange(47, dtype=np.int64) * HOUR
    found = cut(hours, np.ones(47, np.int64), ONE_DAY, place)
    assert found.rows.tolist() == [23, 24]


@pytest.mark.parametrize(
    ("days", "a_day", "width"),
    [
        (60, 2_000, "1 day"),
        (300, 20, "1 week"),
        (300, 3, "1 day"),
        (3_000, 2, "1 week"),
        (3_000, 1, "4 weeks"),
        (1_200, 1, "4 weeks"),
        (5, 50_000, "1 hour"),
        (5, 200, "1 day"),
        (30, 20, "1 day"),
    ],
)
def test_the_width_follows_volume_and_length(days: int, a_day: int, width: str) -> None:
    rng = np.random.default_rng(1)
    times = START + (rng.random(days * a_day) * days * DAY).astype(np.int64)
    found, why = choose(times, len(times), UTC)
    assert found.words == width
    assert "rows a" in why


def test_a_row_a_month_over_decades_gives_years() -> None:
    times = np.repeat(START + np.arange(600) * 30 * DAY, 1)
    found, why = choose(times, len(times), UTC)
    assert found.words == "52 weeks"
    assert "1 rows a week" in why or "1.0 rows a week" in why


def test_dates_without_hours_give_days() -> None:
    times = np.repeat(START + np.arange(10) * DAY, 1_000)
    assert choose(times, len(times), UTC)[0] == ONE_DAY


def test_buckets_of_a_window_are_those_of_its_calendar() -> None:
    times = START + np.arange(0, 20 * DAY, 6 * HOUR)
    found = cut(times, np.ones(len(times), np.int64), Width(1, "week"), UTC)
    assert (floor(times, Width(1, "week"), UTC) == found.starts[found.of_bucket]).all()
