"""When something is told: quiet hours and digests on clocks that people live by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import ConfigurationError
from leadline.schedule import instant
from leadline.server.alerting.routing import Digest, Quiet, Routing, checked, next_digest, told_at

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])
CLOCKS = st.times().map(lambda time: f"{time:%H:%M}")
MOMENTS = st.integers(instant("2000-01-01"), instant("2040-01-01"))


def local(moment: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).astimezone(ZoneInfo(zone))


def is_quiet(quiet: Quiet, moment: int) -> bool:
    now = f"{local(moment, quiet.zone):%H:%M}"
    if quiet.begins < quiet.ends:
        return quiet.begins <= now < quiet.ends
    return now >= quiet.begins or now < quiet.ends


@given(CLOCKS, CLOCKS, ZONES, MOMENTS)
def test_nothing_is_told_in_quiet_hours_and_nothing_waits_longer(
    begins: str, ends: str, zone: str, moment: int
) -> None:
    if begins == ends:
        return
    quiet = Quiet(begins, ends, zone)
    found = told_at(Routing(quiet=quiet), moment)
    assert found >= moment
    if not is_quiet(quiet, moment):
        assert found == moment
        return
    # A day has up to 25 hours; Apia once left out one.
    assert found - moment <= 49 * 3_600_000_000
    at = local(found, zone)
    jumped = at.utcoffset() != local(moment, zone).utcoffset()
    assert jumped or f"{at:%H:%M}" == ends


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-03-28T21:30+01:00", "2026-03-28T21:30+01:00"),
        ("2026-03-28T22:00+01:00", "2026-03-29T07:00+02:00"),  # clocks go forward in this night
        ("2026-10-25T01:30+02:00", "2026-10-25T07:00+01:00"),  # and back in this one
        ("2026-06-01T06:59+02:00", "2026-06-01T07:00+02:00"),
        ("2026-06-01T07:00+02:00", "2026-06-01T07:00+02:00"),
    ],
)
def test_the_night_in_berlin(moment: str, told: str) -> None:
    quiet = Quiet("22:00", "07:00", "Europe/Berlin")
    assert told_at(Routing(quiet=quiet), instant(moment)) == instant(told)


@given(st.integers(0, 6), st.integers(0, 23), ZONES, MOMENTS)
def test_a_digest_is_due_once_a_week_at_its_hour(weekday: int, hour: int, zone: str, moment: int) -> None:
    digest = Digest(weekday, hour, zone)
    first = next_digest(digest, moment)
    second = next_digest(digest, first)
    assert moment < first <= moment + 8 * 86_400_000_000
    week = 7 * 86_400_000_000
    assert abs(second - first - week) <= 86_400_000_000
    for due in (first, second):
        at = local(due, zone)
        if at.utcoffset() == local(due - week, zone).utcoffset():
            assert (at.weekday(), at.hour, at.minute) == (weekday, hour, 0)


def test_clocks_that_do_not_exist() -> None:
    for zone in ("Mars/Base", "", "../../etc/passwd", "Europe", "\x00"):
        with pytest.raises(ConfigurationError, match="unknown time zone"):
            checked(Routing(digest=Digest(zone=zone)))
    with pytest.raises(ConfigurationError, match="without length"):
        checked(Routing(quiet=Quiet("07:00", "07:00")))
