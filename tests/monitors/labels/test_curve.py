"""The delay curve: against the empirical distribution, and where young predictions hide long delays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.monitors.labels.curve import DelayCurve, learn_curve
from leadline.profiles.delays import EDGES, MINUTE, count_delays

DAY = 1440 * MINUTE


def curve(delays: np.ndarray, ages: np.ndarray, bucket: np.ndarray, classes: int = 1, **given: np.ndarray):
    """Of labels that came before `ages`, by bucket."""
    codes = given.get("codes", np.zeros(len(delays), np.intp))
    seen = delays <= ages[bucket]
    counts = count_delays(codes[seen], delays[seen], bucket[seen], len(ages), classes)
    names = tuple("abc"[:classes])
    return learn_curve(names, counts, given.get("known", ages), np.arange(len(ages)))


def test_where_nothing_is_cut_off_it_is_the_empirical_distribution() -> None:
    rng = np.random.default_rng(1)
    delays = rng.lognormal(np.log(5 * DAY), 1.5, 5000)
    found = curve(delays, np.full(10, np.inf), rng.integers(0, 10, 5000))
    empirical = (delays[:, None] < EDGES).mean(0)
    assert found.reason == ""
    assert found.arrived[0] == pytest.approx(empirical, abs=1e-12)


def test_young_predictions_do_not_make_delays_look_short() -> None:
    rng = np.random.default_rng(2)
    bucket = rng.integers(0, 90, 60_000)
    delays = rng.exponential(6 * DAY, 60_000)
    found = curve(delays, (np.arange(90) + 0.0) * DAY, bucket)
    assert found.reason == ""
    for days in (1, 3, 6, 12, 24):
        truth = 1 - np.exp(-days / 6)
        assert found.at(np.array(days * DAY))[0][0] == pytest.approx(truth, abs=0.015)
    naive = np.median(delays[delays <= bucket * DAY])
    assert naive < 0.97 * 6 * np.log(2) * DAY
    assert found.within(0.5)[0] == pytest.approx(6 * np.log(2) * DAY, rel=0.03)


def test_each_class_has_its_own_delays() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 2, 20_000)
    delays = rng.exponential(np.array([10 * DAY, 2 * DAY])[codes])
    found = curve(delays, np.full(20, 400 * DAY), rng.integers(0, 20, 20_000), 2, codes=codes)
    assert found.within(0.9) / DAY == pytest.approx([10 * np.log(10), 2 * np.log(10)], rel=0.05)
    assert found.share == pytest.approx([0.5, 0.5], abs=0.02)


def test_labels_at_once_and_of_unknown_delay_are_there_at_once() -> None:
    delays = np.concatenate([np.full(100, np.nan), np.full(300, 5.0 * DAY)])
    counts = count_delays(np.zeros(400, np.intp), delays, None, 1, 1)
    found = learn_curve(("",), counts, np.array([np.inf]), np.zeros(1, np.intp))
    assert found.at(np.array([0.0, 3 * DAY, 6 * DAY]))[0][0] == pytest.approx([0.25, 0.25, 1.0])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.01, 300))
def test_it_is_a_distribution_whatever_the_labels(seed: int, buckets: int, days: float) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(0, 600))
    ages = rng.uniform(0, 2 * days, buckets) * DAY
    delays = rng.exponential(days * DAY, size)
    found = curve(delays, ages, rng.integers(0, buckets, size))
    if not found.reason:
        assert (np.diff(found.arrived[0]) >= 0).all()
        assert found.arrived[0, 0] >= 0
        assert found.arrived[0, -1] == pytest.approx(1)
        assert (found.variance >= 0).all()
        assert found.within(0.5)[0] <= found.within(0.9)[0]


def test_a_reference_too_short_for_its_delays_says_so() -> None:
    rng = np.random.default_rng(4)
    bucket = rng.integers(0, 20, 20_000)
    found = curve(rng.exponential(30 * DAY, 20_000), np.arange(20) * DAY * 1.0, bucket)
    assert "days of delays, too few" in found.reason


def test_too_few_labels_give_no_curve() -> None:
    found = curve(np.full(10, 1.0 * DAY), np.full(1, np.inf), np.zeros(10, np.intp))
    assert "fewer than 30" in found.reason
    assert "no label" in curve(np.zeros(0), np.full(1, np.inf), np.zeros(0, np.intp)).reason


def test_windows_that_differ_widen_the_variance() -> None:
    rng = np.random.default_rng(5)
    window = rng.integers(0, 60, 60_000)
    alike = rng.exponential(5 * DAY, 60_000)
    unlike = alike * np.exp(rng.normal(0, 0.3, 60))[window]
    at = np.array(5 * DAY)
    calm, stormy = (curve(d, np.full(60, np.inf), window).at(at)[1][0] for d in (alike, unlike))
    # 1 - exp(-1 / f) over f = exp(N(0, 0.3)) has a standard deviation of 0.11, a sixth of its mean.
    assert np.sqrt(stormy) == pytest.approx(0.17, rel=0.25)
    assert np.sqrt(calm) < 0.02


def test_a_part_beyond_what_was_seen_is_unknown() -> None:
    nothing = DelayCurve(("",), np.full((1, len(EDGES)), np.nan), np.zeros((1, len(EDGES))), np.ones(1))
    assert np.isnan(nothing.within(0.5)[0])
