"""Windows judged again as labels come: the same alerts in one go and stepwise, and a limit to revisions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.monitors.budget import (
    Alert,
    Calibration,
    Evidence,
    Histograms,
    Policy,
    Series,
    fit,
    joined,
    judge,
)
from leadline.monitors.revisions import Revised, Revision, replay, revise

DAY = 86_400_000_000
R, WINDOWS = 60, 80
LATENESS = 10 * DAY
ENDS = (np.arange(WINDOWS) + 1) * DAY


def evidence(values: np.ndarray) -> Evidence:
    """Two numbers by window, of the sources s0 and s1."""
    windows, channels = values.shape
    names = [f"s{j}" for j in range(channels)]
    series = Series(
        names,
        names,
        values,
        np.full(values.shape, np.nan),
        np.ones(channels, np.int8),
        np.zeros(channels),
        ["performance"] * channels,
    )
    table = Histograms((), np.empty((windows, 0)), np.zeros(1, np.intp), np.empty(0, bool), ())
    return Evidence(table, series, np.full(windows, 1000.0))


def truth(seed: int, jumps: Sequence[tuple[int, int, float]] = ()) -> np.ndarray:
    values = np.random.default_rng([seed, 4]).normal(size=(WINDOWS, 2))
    for window, source, size in jumps:
        values[window, source] += size
    return values


def known(values: np.ndarray, day: int, delay: np.ndarray, early: np.ndarray) -> Revision:
    """As known at the end of a day: nothing of later windows, early values until the delay is over."""
    windows = min(day, WINDOWS)
    age = day - np.arange(windows) - 1
    waiting = (age < delay[:windows]) & (np.arange(windows) >= R)
    seen = np.where(waiting[:, None], early[:windows], values[:windows])
    return Revision(day * DAY, evidence(seen), ENDS[:windows], f"{day}")


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return fit(evidence(truth(1)[:R]), Policy())


def outline(found: Revised | None) -> list[object]:
    assert found is not None
    return [
        (o.known_at, o.digest, o.standing, o.alert.tier, o.alert.opened, o.alert.last, o.alert.closed)
        for o in found.opened
    ]


days = st.lists(st.integers(R + 1, WINDOWS + 30), min_size=1, max_size=12).map(sorted)
jumps = st.lists(st.tuples(st.integers(R, WINDOWS - 1), st.integers(0, 1), st.floats(0, 12)), max_size=4)


def stream(seed: int, found: Sequence[tuple[int, int, float]], when: Sequence[int]) -> list[Revision]:
    rng = np.random.default_rng([seed, 5])
    delay, early = rng.integers(0, 25, WINDOWS), rng.normal(size=(WINDOWS, 2)) * 2
    early[rng.random(WINDOWS) < 0.3] = np.nan
    values = truth(seed, found)
    values[:R] = truth(1)[:R]
    return [known(values, day, delay, early) for day in when]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), jumps, days, st.integers(0, 12))
def test_in_one_go_and_stepwise_give_the_same_alerts(
    calibration: Calibration, seed: int, found: list[tuple[int, int, float]], when: list[int], cut: int
) -> None:
    revisions = stream(seed, found, when)
    whole = replay(calibration, revisions, LATENESS)
    part = replay(calibration, revisions[:cut], LATENESS)
    stepwise = replay(calibration, revisions[cut:], LATENESS, part)
    assert outline(stepwise) == outline(whole)
    assert stepwise is not None
    assert whole is not None
    assert stepwise.judgement.alerts == whole.judgement.alerts


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), jumps, days)
def test_it_is_what_judging_everything_again_would_say(
    calibration: Calibration, seed: int, found: list[tuple[int, int, float]], when: list[int]
) -> None:
    """Oracle: no state is kept; each time all windows are judged from the first one on."""
    revisions = stream(seed, found, when)
    result = replay(calibration, revisions, LATENESS)
    kept = np.empty((0, 2))
    alerts: tuple[Alert, ...] = ()
    for revision in revisions:
        values = revision.evidence.series.values.copy()
        for window in range(len(kept)):
            if window < R or ENDS[window] + LATENESS < revision.known_at:
                values[window] = kept[window]
        kept = values
        alerts = judge(calibration, evidence(kept)).alerts
    assert result is not None
    assert result.judgement.alerts == alerts
    standing = [o.alert for o in result.opened if o.standing]
    assert all(alert in alerts for alert in standing)
    assert all(any(_meets(o.alert, alert) for o in result.opened) for alert in alerts)


def _meets(one: Alert, other: Alert) -> bool:
    names = {named.source for named in one.sources} & {named.source for named in other.sources}
    return one.tier == other.tier and bool(names)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), jumps, days)
def test_a_revision_that_changes_nothing_changes_nothing(
    calibration: Calibration, seed: int, found: list[tuple[int, int, float]], when: list[int]
) -> None:
    revisions = stream(seed, found, when)
    once = replay(calibration, revisions, LATENESS)
    twice = replay(calibration, [r for r in revisions for _ in range(2)], LATENESS)
    assert outline(twice) == outline(once)
    assert twice is not None
    assert twice.fresh == 0


def revised(window: int, at: int, calibration: Calibration, size: float = 15.0) -> Revised:
    """A quiet stream in which a number of one window becomes known, and bad, on a later day."""
    quiet = truth(1)
    quiet[R:] = np.clip(quiet[R:], -1, 1)
    bad = quiet.copy()
    bad[window, 0] += size
    none = np.zeros(WINDOWS, int)
    first = known(quiet, at - 1, none, quiet)
    before = revise(calibration, first, LATENESS)
    assert [o for o in before.opened if o.alert.tier == "alert"] == []
    return revise(calibration, known(bad, at, none, bad), LATENESS, before)


def test_a_revision_within_the_limit_opens_an_alert(calibration: Calibration) -> None:
    found = revised(65, 72, calibration)
    opened = [o for o in found.opened if o.alert.tier == "alert"]
    assert [o.alert.opened for o in opened] == [65]
    assert found.fresh >= 1
    assert (opened[0].known_at, opened[0].digest) == (72 * DAY, "72")


def test_a_revision_beyond_the_limit_opens_none(calibration: Calibration) -> None:
    found = revised(65, 78, calibration)
    assert [o for o in found.opened if o.alert.tier == "alert"] == []
    assert found.evidence.series.values[65, 0] < 2


def test_without_a_limit_a_revision_always_may(calibration: Calibration) -> None:
    quiet = truth(1)
    quiet[R:] = np.clip(quiet[R:], -1, 1)
    bad = quiet.copy()
    bad[61, 0] += 15
    none = np.zeros(WINDOWS, int)
    found = replay(calibration, [known(v, day, none, v) for v, day in ((quiet, 70), (bad, 400))], None)
    assert found is not None
    assert [o.alert.opened for o in found.opened if o.alert.tier == "alert"] == [61]


def test_an_alert_that_is_taken_back_and_told_again_is_sent_once(calibration: Calibration) -> None:
    quiet = truth(1)
    quiet[R:] = np.clip(quiet[R:], -1, 1)
    bad = quiet.copy()
    bad[65, 0] += 15
    none = np.zeros(WINDOWS, int)
    found, sent = None, []
    for day, values in ((67, bad), (68, quiet), (69, bad), (70, quiet)):
        found = revise(calibration, known(values, day, none, values), LATENESS, found)
        sent.append([o.alert.opened for o in found.opened[-found.fresh :] if found.fresh])
    assert found is not None
    assert sent[0]
    assert sent[1:] == [[], [], []]
    assert not any(o.standing for o in found.opened if o.alert.tier == "alert")


def test_what_was_taken_back_silences_no_later_alert(calibration: Calibration) -> None:
    quiet = truth(1)
    quiet[R:] = np.clip(quiet[R:], -1, 1)
    bad, later = quiet.copy(), quiet.copy()
    bad[65, 0] += 15
    later[75, 0] += 15
    none = np.zeros(WINDOWS, int)
    steps = [known(v, day, none, v) for v, day in ((bad, 66), (quiet, 67), (later, 77))]
    found = replay(calibration, steps, LATENESS)
    assert found is not None
    opened = [o for o in found.opened if o.alert.tier == "alert"]
    assert [(o.alert.opened, o.standing) for o in opened] == [(65, False), (75, True)]


def test_revisions_out_of_order_or_without_known_windows_are_refused(calibration: Calibration) -> None:
    none, values = np.zeros(WINDOWS, int), truth(1)
    at = revise(calibration, known(values, 70, none, values), LATENESS)
    with pytest.raises(DataError, match="order of time"):
        revise(calibration, known(values, 69, none, values), LATENESS, at)
    shorter = known(values, 69, none, values)
    with pytest.raises(DataError, match="69 windows"):
        revise(calibration, Revision(71 * DAY, shorter.evidence, shorter.ends, ""), LATENESS, at)


def test_a_channel_that_comes_or_goes_between_revisions_moves_no_other() -> None:
    """Estimates are channels while labels are missing: the latest ones, behind all others."""
    narrow, none = truth(11, [(66, 0, 15.0)]), np.zeros(WINDOWS, int)
    wide = np.column_stack([narrow, np.random.default_rng(12).normal(size=WINDOWS)])
    found = None
    for values, day in ((wide, 70), (narrow, 75), (wide, WINDOWS)):
        revision = known(values, day, none, values)
        found = revise(fit(evidence(values[:R]), Policy()), revision, LATENESS, found)
        opened = [o for o in found.opened if o.alert.tier == "alert"]
        assert [(o.known_at, o.alert.opened, o.alert.sources[0].source) for o in opened] == [
            (70 * DAY, 66, "s0")
        ]


def test_windows_before_a_channel_are_unknown_to_it() -> None:
    narrow, wide = truth(13)[:3], np.column_stack([truth(13)[3:5], [7.0, 8.0]])
    series = joined(evidence(narrow), evidence(wide)).series
    assert series.names == ["s0", "s1", "s2"]
    np.testing.assert_array_equal(series.values[:, :2], truth(13)[:5])
    np.testing.assert_array_equal(series.values[:, 2], [np.nan, np.nan, np.nan, 7.0, 8.0])
    assert joined(evidence(wide), evidence(narrow)).series.values.shape == (5, 2)
