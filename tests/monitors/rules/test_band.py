"""The range that a monitor allows, and how alerts open and close."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.limits import Monitor
from leadline.monitors.rules import MEASURES, Band, State, band, measure, run, step

NAN = math.nan


def allowed(usual=NAN, metric="accuracy", **options):
    return band(Monitor(metric=metric, **options), measure(metric), usual)


@pytest.mark.parametrize(
    ("options", "low", "high"),
    [
        ({"below": 0.8}, 0.8, math.inf),
        ({"above": "10 %"}, -math.inf, 0.1),
        ({"falls_by": "5 %"}, 0.76, math.inf),
        ({"falls_by": 0.05}, 0.75, math.inf),
        ({"rises_by": "5 %"}, -math.inf, 0.84),
        ({"changes_by": 0.1}, 0.7, 0.9),
    ],
)
def test_a_condition_allows_a_range(options, low, high):
    found = allowed(0.8, **options)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_per_cent_of_a_negative_reference_is_a_distance():
    found = allowed(-2.0, "r2", changes_by="10 %")
    assert (found.low, found.high) == (pytest.approx(-2.2), pytest.approx(-1.8))


@pytest.mark.parametrize("usual", [NAN, 0.0])
def test_a_change_from_nothing_is_unknown(usual):
    assert allowed(usual, rises_by="5 %") is None


def test_times_are_told_in_the_unit_of_the_number():
    assert MEASURES["freshness"].unit == "hours"
    assert allowed(metric="freshness", above="2d").high == 48
    assert allowed(metric="model_age", above="36h").high == 1.5
    assert allowed(metric="model_age", above=90).high == 90


def spans(values, limits, enough=1, calm=1):
    return [(a.since, a.opened, a.last, a.closed) for a in run(np.array(values), limits, enough, calm).alerts]


HIGH = Band(high=1.0, clear_high=1.0)


def test_windows_in_a_row_open_and_close():
    values = [0, 2, 0, 2, 2, 2, 0, 2, 0, 0]
    assert spans(values, HIGH) == [(1, 1, 1, 2), (3, 3, 5, 6), (7, 7, 7, 8)]
    assert spans(values, HIGH, enough=2) == [(3, 4, 5, 6)]
    assert spans(values, HIGH, enough=2, calm=2) == [(3, 4, 7, 9)]


def test_what_is_unknown_neither_counts_nor_interrupts():
    assert spans([2, NAN, 2, NAN, 0, NAN, 0], HIGH, enough=2, calm=2) == [(0, 2, 2, 6)]
    assert spans([NAN, NAN], HIGH) == []


def test_an_alert_that_hovers_stays_open():
    """Between the limit and what counts as clear, it neither opens nor closes."""
    limits = Band(high=1.0, clear_high=0.5)
    assert spans([0.9, 1.1, 0.9, 0.6, 0.9, 0.4], limits) == [(1, 1, 1, 5)]
    assert spans([0.9, 1.1, 0.4, 0.6, 0.4, 0.4], limits, calm=2) == [(1, 1, 1, 5)]


def test_the_worst_window_is_the_one_furthest_outside():
    found = run(np.array([5.0, -3.0, 12.0, 4.0, 5.0]), Band(low=0, high=10, clear_low=0, clear_high=10), 1, 1)
    assert [(a.since, a.worst, a.value) for a in found.alerts] == [(1, 1, -3.0)]


values = st.lists(st.one_of(st.floats(-3, 3), st.just(NAN)), max_size=40)
limits = st.builds(
    lambda low, width, margin: Band(
        low, low + width, low + margin * width / 2, low + width - margin * width / 2
    ),
    st.floats(-2, 1),
    st.floats(0, 2),
    st.floats(0, 1),
)


@given(values, limits, st.integers(1, 4), st.integers(1, 4))
def test_alerts_follow_from_windows_alone(values, limits, enough, calm):
    """Against the definition in plain words, with no state: runs of the windows that are known."""
    known = [(i, v) for i, v in enumerate(values) if not math.isnan(v)]
    beyond = [not limits.low <= v <= limits.high for _, v in known]
    clear = [limits.clear_low <= v <= limits.clear_high for _, v in known]
    expected, at = [], 0
    while True:
        opened = next(
            (i for i in range(at + enough - 1, len(known)) if all(beyond[i - enough + 1 : i + 1])), None
        )
        if opened is None:
            break
        closed = next((i for i in range(opened + calm, len(known)) if all(clear[i - calm + 1 : i + 1])), None)
        stop = len(known) if closed is None else closed + 1
        last = max(i for i in range(opened, stop) if beyond[i])
        name = [known[i][0] for i in (opened - enough + 1, opened, last)]
        expected.append((*name, None if closed is None else known[closed][0]))
        if closed is None:
            break
        at = closed + 1
    assert spans(values, limits, enough, calm) == expected


@given(values, limits, st.integers(1, 4), st.integers(1, 4), st.integers(0, 40))
def test_window_by_window_is_all_at_once(values, limits, enough, calm, cut):
    state = run(np.array(values[:cut]), limits, enough, calm)
    for at in range(cut, len(values)):
        state = step(state, at, values[at], limits, enough, calm)
    assert state.alerts == run(np.array(values), limits, enough, calm).alerts
    assert isinstance(state, State)
