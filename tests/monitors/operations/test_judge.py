"""Operations alerts: what is told, when, and how rarely without a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.monitors.operations import Judgement, Series, judge

SEASONS, RATE, LEAST = (24, 168), 1 / 720, 336
"""Hours; one false alert in 30 days; two weeks."""


def service(days: int, seed: int) -> dict[str, np.ndarray]:
    """A service with a day, a week, and chance: what its metrics are by hour."""
    rng = np.random.default_rng(seed)
    hour = np.arange(days * 24)
    day = np.sin(2 * np.pi * (hour % 24 - 9) / 24)
    requests = rng.poisson(2_000 * np.exp(0.8 * day) * np.where(hour // 24 % 7 >= 5, 0.5, 1))
    p95 = 32 * np.exp(0.15 * day + rng.normal(0, 0.05, len(hour)))
    return {
        "requests": requests.astype(float),
        "p50": p95 / 3 * np.exp(rng.normal(0, 0.03, len(hour))),
        "p95": p95,
        "errors": rng.binomial(requests, 0.004) / requests,
    }


def judged(found: dict[str, np.ndarray]) -> Judgement:
    size = np.maximum(found["requests"], 1)
    series = [
        Series("requests", found["requests"], "log", "both", 1 / np.sqrt(size), None, "traffic", 0.25, 1.0),
        Series("p50", found["p50"], "log", "up", None, None, "latency", 0.25),
        Series("p95", found["p95"], "log", "up", None, None, "latency", 0.25),
        Series("errors", found["errors"], "share", "up", None, size, "errors", 0.01),
    ]
    return judge(series, SEASONS, RATE, LEAST)


AT = 100 * 24 + 5


@pytest.mark.parametrize("seed", range(3))
def test_a_latency_that_is_four_times_as_long_is_told_at_once_and_once(seed: int) -> None:
    found = service(104, seed)
    for name in ("p50", "p95"):
        found[name][AT : AT + 5] *= 4
    alerts = [alert for alert in judged(found).alerts if alert.last >= AT]
    assert [alert.opened for alert in alerts] == [AT]
    assert alerts[0].closed is not None
    assert {led.key for led in alerts[0].led} == {"p50", "p95"}
    p95 = next(led for led in alerts[0].led if led.key == "p95")
    assert 90 < p95.value - p95.usual < 160 * 1.5


@pytest.mark.parametrize("days", [3, 30])
def test_a_latency_that_stays_long_is_told_until_it_is_over(days: int) -> None:
    """What is expected has long come to it by then."""
    found = service(136, 11)
    for name in ("p50", "p95"):
        found[name][AT : AT + 24 * days] *= 4
    alerts = [alert for alert in judged(found).alerts if alert.last >= AT]
    (alert,) = [alert for alert in alerts if alert.opened == AT]
    assert AT + 24 * days - 1 <= alert.last <= AT + 24 * days
    assert alert.closed is not None
    assert alert.closed <= AT + 24 * days + 3


def test_another_level_of_traffic_comes_to_be_usual() -> None:
    found = service(136, 12)
    found["requests"][AT:] *= 2
    (alert,) = [alert for alert in judged(found).alerts if alert.opened == AT]
    assert alert.closed is not None


def test_errors_that_burst_and_traffic_that_halves_are_told_at_once() -> None:
    found = service(104, 7)
    found["errors"][AT] = 0.05
    found["requests"][AT + 24 : AT + 30] *= 0.4
    alerts = [alert for alert in judged(found).alerts if alert.last >= AT]
    assert [(alert.opened, alert.led[0].key) for alert in alerts] == [(AT, "errors"), (AT + 24, "requests")]


def test_what_is_better_is_no_alert() -> None:
    found = service(104, 8)
    found["p95"][AT : AT + 5] /= 4
    assert not any(led.key == "p95" for alert in judged(found).alerts for led in alert.led)


def test_trouble_of_the_past_does_not_make_its_like_usual() -> None:
    """Five storms have been told of; the sixth, of their size, is told at once as well."""
    found = service(104, 9)
    storms = [24 * day + 13 for day in (30, 45, 60, 75, 90, 101)]
    for at in storms:
        found["p95"][at : at + 3] *= 3
    opened = {alert.opened for alert in judged(found).alerts}
    assert set(storms) <= opened


@pytest.mark.long
def test_quiet_months_keep_the_budget() -> None:
    """Of 24 services over 106 judged days each: at most one alert in 30 days on average, and far fewer with
    the sizes that are worth telling."""
    alerts = sum(len(judged(service(120, seed)).alerts) for seed in range(24))
    assert alerts / (24 * 106 / 30) <= 1.0


def test_quiet_weeks_are_quiet() -> None:
    for seed in range(3):
        assert not [alert for alert in judged(service(100, 50 + seed)).alerts if alert.last > 2_000]


def test_too_little_history_is_said_and_nothing_else() -> None:
    found = service(10, 1)
    found["p95"][-5:] *= 100
    judgement = judged(found)
    assert judgement.alerts == ()
    assert judgement.judged_from is None
    assert judgement.threshold is None
    assert np.isnan(judgement.low).all()


def test_nothing_at_all_is_judged_to_nothing() -> None:
    assert judge([], SEASONS, RATE, LEAST).alerts == ()
    empty = judge([Series("x", np.full(500, np.nan))], SEASONS, RATE, LEAST)
    assert empty.alerts == ()
    assert empty.judged_from is None


def test_the_band_holds_what_is_usual_and_no_single_step_outside_is_silent() -> None:
    found = service(100, 3)
    judgement = judged(found)
    low, high = judgement.low[-500:, 2], judgement.high[-500:, 2]
    inside = (found["p95"][-500:] >= low) & (found["p95"][-500:] <= high)
    assert inside.mean() > 0.99
    beyond = {name: values.copy() for name, values in found.items()}
    beyond["p95"][-1] = max(high[-1], 1.3 * judgement.usual[-1, 2]) * 1.01
    assert judged(beyond).alerts[-1].opened == len(found["p95"]) - 1


@given(st.floats(0.001, 1e6), st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_the_unit_of_an_amount_does_not_matter(factor: float, seed: int) -> None:
    """Latencies in seconds alert as those in milliseconds do."""
    values = service(60, seed)["p95"]
    values[55 * 24] *= 4
    plain, scaled = (
        judge([Series("x", part, "log", "up", floor=0.25)], SEASONS, RATE, LEAST)
        for part in (values, values * factor)
    )
    assert [a.opened for a in plain.alerts] == [a.opened for a in scaled.alerts]


@given(st.lists(st.one_of(st.floats(), st.sampled_from([0.0, -1.0, 1.0])), max_size=80))
@settings(max_examples=40, deadline=None)
def test_hostile_numbers_are_missing_numbers(values: list[float]) -> None:
    for transform in ("none", "log", "share"):
        judge([Series("x", np.array(values, float), transform)], (4, 8), 0.1, 5)


def test_a_burst_of_errors_is_told_where_traffic_is_thin() -> None:
    """60 requests an hour of which one in 250 fails; then, for an hour, one in five."""
    rng = np.random.default_rng(4)
    size = rng.poisson(60, 100 * 24).astype(float)
    failed = rng.binomial(size.astype(int), 0.004)
    failed[-1] = round(size[-1] / 5)
    series = Series("errors", failed / size, "share", "up", trials=size, floor=0.01)
    alerts = judge([series], SEASONS, RATE, LEAST).alerts
    assert [alert.opened for alert in alerts if alert.last > 2_000] == [len(size) - 1]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 1_000)), min_size=1, max_size=20))
def test_scales_go_there_and_back(pairs: list[tuple[int, int]]) -> None:
    trials = np.array([hits + rest for hits, rest in pairs], float)
    share = np.array([hits for hits, _ in pairs]) / trials
    for series in (
        Series("x", share, "share", trials=trials),
        Series("x", share, "share"),
        Series("x", trials, "log", smallest=1.0),
        Series("x", trials),
    ):
        assert np.allclose(series.unscaled(series.scaled()), series.values)
