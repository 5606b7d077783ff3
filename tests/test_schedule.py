"""Windows follow the calendar: every moment lies in one bucket, and buckets leave no gaps."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import ConfigurationError
from leadline.schedule import AlertRate, Width, divided, floor, following, local_parts, zone

ZONES = ["UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe"]
WIDTHS = ["1h", "6h", "1d", "3d", "1w", "2w"]
HOUR = 3_600_000_000


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@given(
    st.sampled_from(ZONES),
    st.sampled_from(WIDTHS),
    st.integers(us("1985-01-01T00:00+00:00"), us("2035-01-01T00:00+00:00")),
)
def test_each_moment_lies_between_its_start_and_the_next(name: str, text: str, moment: int) -> None:
    place, width = zone(name), Width.parse(text)
    start = int(floor(np.array([moment]), width, place)[0])
    after = following(start, width, place)
    assert start <= moment < after
    edges = np.array([start, after - 1, after])
    assert floor(edges, width, place).tolist() == [start, start, after]


@pytest.mark.parametrize("name", ZONES)
def test_days_begin_at_local_midnight(name: str) -> None:
    place = zone(name)
    times = us("2023-01-01T12:00+00:00") + np.arange(800) * 24 * HOUR
    starts = np.unique(floor(times, Width(1, "day"), place))
    for start in starts:
        before = datetime.fromtimestamp(start / 1e6 - 1, place)
        at = datetime.fromtimestamp(start / 1e6, place)
        assert before.date() < at.date()


def test_days_on_which_clocks_change_are_shorter_and_longer() -> None:
    place = ZoneInfo("Europe/Berlin")
    first = int(floor(np.array([us("2024-03-31T12:00+00:00")]), Width(1, "day"), place)[0])
    assert following(first, Width(1, "day"), place) - first == 23 * HOUR
    last = int(floor(np.array([us("2024-10-27T12:00+00:00")]), Width(1, "day"), place)[0])
    assert following(last, Width(1, "day"), place) - last == 25 * HOUR


def test_weeks_begin_on_monday() -> None:
    start = floor(np.array([us("2024-05-16T10:00+00:00")]), Width(1, "week"), UTC)
    assert start.tolist() == [us("2024-05-13T00:00+00:00")]
    assert [part.tolist() for part in local_parts(start, UTC)] == [[0], [0]]


def test_far_moments_keep_a_bucket() -> None:
    far = np.array([us("0001-01-02T00:00+00:00"), us("9998-12-31T23:59+00:00")])
    for name in ZONES:
        starts = floor(far, Width(1, "day"), zone(name))
        assert (np.abs(starts - far) < 49 * HOUR).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1h", "1 hour"),
        ("day", "1 day"),
        ("2 Weeks", "2 weeks"),
        ("5000 rows", "5000 rows"),
        (" 7d ", "7 days"),
    ],
)
def test_widths_read(text: str, words: str) -> None:
    assert Width.parse(text).words == words


@pytest.mark.parametrize("text", ["", "0d", "1 month", "-1h", "1.5h", "d1", "1/d"])
def test_what_is_no_width_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not a width of windows.*`1d`"):
        Width.parse(text)


@pytest.mark.parametrize(
    ("text", "alerts", "days"),
    [("1/30d", 1, 30), ("1 per 30 days", 1, 30), ("0.5 per week", 0.5, 7), ("2/d", 2, 1), ("3/12h", 3, 0.5)],
)
def test_budgets_read(text: str, alerts: float, days: float) -> None:
    assert AlertRate.parse(text) == AlertRate(alerts, days)


@pytest.mark.parametrize("text", ["", "1", "0/30d", "1/30", "one per day", "1/500 rows", "/30d"])
def test_what_is_no_budget_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not an alert budget"):
        AlertRate.parse(text)


@given(st.sampled_from([1, 2, 6, 12, 24, 48, 168, 336, 36]))
def test_hours_become_the_largest_unit(hours: int) -> None:
    assert Width.of_hours(hours).hours == hours


def test_unknown_zones_are_told() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(ConfigurationError, match="no such time zone"):
            zone(name)


@given(
    st.floats(0.01, 1e4),
    st.sampled_from([0.5, 1.0, 7.0, 30.0, 365.0]),
    st.dictionaries(st.text(max_size=5), st.floats(0.001, 1000.0), min_size=1, max_size=20),
)
def test_shares_of_a_budget_follow_weights_and_add_up(
    alerts: float, days: float, weights: dict[str, float]
) -> None:
    found = divided(AlertRate(alerts, days), weights)
    assert sum(share.alerts for share in found.values()) == pytest.approx(alerts)
    assert {share.days for share in found.values()} == {days}
    for one in weights:
        for other in weights:
            ratio = found[one].alerts * weights[other]
            assert ratio == pytest.approx(found[other].alerts * weights[one])


@given(st.floats(1e-6, 1e6), st.integers(1, 24 * 400))
def test_a_budget_reads_what_it_writes(alerts: float, hours: int) -> None:
    rate = AlertRate(alerts, hours / 24)
    again = AlertRate.parse(rate.text)
    assert again.alerts == pytest.approx(alerts, rel=1e-6, abs=1e-11)
    assert again.days == pytest.approx(rate.days)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf"), 1e-9])
def test_a_weight_has_a_range(weight: float) -> None:
    with pytest.raises(ConfigurationError, match="range"):
        divided(AlertRate(1, 30), {"credit": weight})


def test_nothing_is_divided_among_none() -> None:
    assert divided(AlertRate(1, 30), {}) == {}
