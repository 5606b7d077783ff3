"""Fit and judge as a whole: laws, hostile input, and what is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from budget_data import numbers, only, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import ConfigurationError, DataError
from leadline.monitors.budget import (
    Alert,
    Calibration,
    Evidence,
    Histograms,
    Policy,
    Series,
    fit,
    judge,
)

R = 60


def drifting(seed: int = 1, windows: int = 90) -> Evidence:
    return stream(np.random.default_rng(seed), windows, season=0.1, shift=(0, 70, 0.6))


def outline(alerts: tuple[Alert, ...]) -> list[tuple[object, ...]]:
    return [
        (a.tier, a.opened, a.last, a.closed, tuple(sorted(named.source for named in a.sources)))
        for a in alerts
    ]


def fitted(evidence: Evidence, **options: object) -> Calibration:
    return fit(evidence.windows(slice(0, R)), Policy(**options))  # type: ignore[arg-type]


def opened(evidence: Evidence, calibration: Calibration) -> list[Alert]:
    return [alert for alert in judge(calibration, evidence).alerts if alert.tier == "alert"]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return drifting()


@pytest.fixture(scope="module")
def volumes() -> Evidence:
    """Volumes from 60 to 6,000, and days without rows."""
    rng = np.random.default_rng(8)
    rows = np.exp(rng.uniform(np.log(60), np.log(6000), 90)).astype(int)
    rows[[20, 21, 65, 66, 80]] = 0
    return stream(rng, 90, rows=rows, shift=(1, 72, 0.8))


def test_a_shift_is_found_at_once_and_named(evidence: Evidence) -> None:
    alert = next(a for a in opened(evidence, fitted(evidence)) if a.sources[0].source == "c0")
    assert alert.opened == 70
    assert alert.closed is None
    assert 0.1 < abs(alert.sources[0].effect) < 0.5


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(R + 1, 89), max_size=5), st.sampled_from(["plain", "volumes", "rolling"]))
def test_stepwise_and_in_one_go_give_the_same(stops: list[int], kind: str) -> None:
    evidence, options = CASES[kind]
    calibration = fitted(evidence, **options)
    whole = judge(calibration, evidence)
    state, scores = None, {}
    for stop in [*sorted(stops), 90]:
        part = judge(calibration, evidence.windows(slice(0, stop)), state)
        state = part.state
        scores |= {int(w): score for w, score in zip(part.window, part.score, strict=True)}
    assert part.alerts == whole.alerts
    np.testing.assert_array_equal(list(scores.values()), whole.score)


def test_the_order_of_columns_is_irrelevant(evidence: Evidence) -> None:
    table, order = evidence.histograms, [3, 0, 5, 1, 4, 2]
    cells = np.concatenate([np.arange(table.offsets[j], table.offsets[j + 1]) for j in order])
    other = Histograms(
        [table.names[j] for j in order],
        table.counts[:, cells],
        table.offsets,
        table.ordered[order],
        [table.family[j] for j in order],
    )
    turned = Evidence(other, evidence.series, evidence.rows, evidence.slot_candidates)
    assert outline(judge(fitted(turned), turned).alerts) == outline(judge(fitted(evidence), evidence).alerts)


def test_the_same_inputs_give_the_same_outputs(evidence: Evidence) -> None:
    first, second = (judge(fitted(evidence), evidence) for _ in range(2))
    assert first.alerts == second.alerts
    assert first.surprise.tolist() == second.surprise.tolist()


def test_judging_changes_neither_state_nor_calibration(evidence: Evidence) -> None:
    calibration = fitted(evidence)
    state = judge(calibration, evidence.windows(slice(0, 75))).state
    first = judge(calibration, evidence, state)
    assert judge(calibration, evidence, state).alerts == first.alerts


def test_a_floor_above_the_drift_silences_it(evidence: Evidence) -> None:
    calibration = fitted(evidence, column_floors={f"c{j}": 0.9 for j in range(6)})
    assert opened(evidence, calibration) == []


def test_an_open_alert_does_not_hide_a_second_drift() -> None:
    first = drifting()
    counts = first.histograms.counts.copy()
    other = stream(np.random.default_rng(1), 90, season=0.1, shift=(4, 80, 0.6)).histograms
    cells = slice(int(other.offsets[4]), int(other.offsets[5]))
    counts[80:, cells] = other.counts[80:, cells]
    both = Evidence(replace(first.histograms, counts=counts), first.series, first.rows, first.slot_candidates)
    named = [(a.opened, {s.source for s in a.sources}) for a in opened(both, fitted(both))]
    assert any(start == 70 and "c0" in sources for start, sources in named)
    assert any(80 <= start < 83 and "c4" in sources and "c0" not in sources for start, sources in named)


def test_a_closed_alert_lets_its_source_alert_again() -> None:
    evidence = drifting()
    counts = evidence.histograms.counts.copy()
    counts[73:80], counts[80:] = counts[:7], counts[70:80]
    again = Evidence(
        replace(evidence.histograms, counts=counts), evidence.series, evidence.rows, evidence.slot_candidates
    )
    calibration = fitted(again, scales=(1,))
    starts = [a.opened for a in opened(again, calibration) if any(s.source == "c0" for s in a.sources)]
    assert {70, 80} <= set(starts)


def test_windows_that_cannot_be_judged_say_why(volumes: Evidence) -> None:
    calibration = fitted(volumes)
    judgement = judge(calibration, volumes)
    reasons = dict(zip(judgement.window.tolist(), judgement.reason, strict=True))
    assert reasons[65] == reasons[80] == "no rows"
    assert "joined to a later window" in reasons.values()
    assert judgement.skipped == pytest.approx(np.mean([reason != "" for reason in reasons.values()]))
    unknown = [tier == "unknown" for tier in judgement.tier]
    assert unknown == [reason != "" for reason in reasons.values()] == np.isnan(judgement.score).tolist()
    assert any("c1" in {s.source for s in alert.sources} for alert in opened(volumes, calibration))


def test_a_short_reference_says_how_many_windows_it_needs(evidence: Evidence) -> None:
    tiny = fit(evidence.windows(slice(0, 8)), Policy())
    assert not tiny.supported
    assert tiny.windows_needed == 29
    assert "29" in tiny.reason
    assert set(judge(tiny, evidence).tier) == {"unknown"}
    short = fit(evidence.windows(slice(0, 25)), Policy())
    assert not short.supported
    assert np.isfinite(short.alert_threshold)
    assert any(alert.sources[0].source == "c0" for alert in opened(evidence, short))


def test_hourly_windows_need_a_month(evidence: Evidence) -> None:
    assert fitted(evidence, alerts=1, windows=720).windows_needed == 719


def test_strict_mode_learns_from_one_half_and_flags_no_more_of_the_other_than_allowed() -> None:
    evidence = stream(np.random.default_rng(3), 130)
    calibration = fit(evidence.windows(slice(0, 120)), Policy(mode="strict"))
    assert calibration.replayed_windows == 60
    assert calibration.allowed == 1
    assert calibration.replayed <= 1
    assert (calibration.allowed + 1) / (calibration.replayed_windows + 1) <= 1 / 30
    assert calibration.expected <= 1


def test_confident_mode_is_stricter() -> None:
    evidence = stream(np.random.default_rng(3), 130)
    reference = evidence.windows(slice(0, 120))
    assert fit(reference, Policy(mode="confident")).allowed < fit(reference, Policy()).allowed


def test_warnings_come_before_alerts(evidence: Evidence) -> None:
    calibration = fitted(evidence)
    assert calibration.warning_threshold < calibration.alert_threshold
    judgement = judge(calibration, evidence)
    for tier, score in zip(judgement.tier, judgement.score, strict=True):
        over = score > calibration.alert_threshold, score > calibration.warning_threshold
        assert tier == {(True, True): "alert", (False, True): "warning", (False, False): "ok"}[over]


def test_a_storm_in_the_reference_is_pointed_out() -> None:
    evidence = stream(np.random.default_rng(3), R)
    counts = evidence.histograms.counts.copy()
    counts[33, :11] = counts[33, :11][::-1]
    stormy = Evidence(
        replace(evidence.histograms, counts=counts), evidence.series, evidence.rows, evidence.slot_candidates
    )
    suspect = fit(stormy, Policy()).suspects[0]
    assert (suspect.window, suspect.source) == (33, "c0")


def test_a_share_that_was_always_zero_is_judged_by_its_binomial_size() -> None:
    values, variance = np.zeros((90, 1)), np.zeros((90, 1))
    noise = np.random.default_rng(1).normal(size=(90, 4))
    values[75], variance[75] = 0.001, 0.001 * 0.999 / 1000
    values[80], variance[80] = 0.05, 0.05 * 0.95 / 1000
    series = numbers(np.hstack([values, noise]), np.hstack([variance, np.full((90, 4), np.nan)]))
    evidence = only(series)
    alerts = opened(evidence, fitted(evidence))
    assert [a.opened for a in alerts if a.sources[0].source == "s0"] == [80]


@pytest.mark.parametrize(("direction", "found"), [(1, False), (-1, True), (0, True)])
def test_only_the_bad_direction_alerts(direction: int, found: bool) -> None:
    values = np.random.default_rng(4).normal(size=(90, 3))
    values[80:, 0] -= 8
    evidence = only(numbers(values, direction=direction))
    sources = {s.source for a in opened(evidence, fitted(evidence)) if a.opened == 80 for s in a.sources}
    assert ("s0" in sources) == found


def test_a_slow_loss_of_a_number_is_found_by_its_moving_average() -> None:
    values = np.random.default_rng(5).normal(size=(90, 3))
    values[65:, 1] += 1.6
    evidence = only(numbers(values))
    named = [s for a in opened(evidence, fitted(evidence)) for s in a.sources if s.source == "s1"]
    assert named


def test_performance_has_a_share_of_its_own() -> None:
    evidence = drifting()
    series = numbers(np.random.default_rng(1).normal(size=(90, 1)))
    series = replace(series, family=("performance",))
    both = Evidence(evidence.histograms, series, evidence.rows, evidence.slot_candidates)
    channels = fitted(both).frame.channels
    weight = np.exp(channels.log_weight)
    assert weight.mean() == pytest.approx(1)
    performance = np.array([name in ("value", "moving average") for name in channels.statistic])
    assert weight[performance].sum() / weight.sum() == pytest.approx(0.5)


@pytest.mark.parametrize("reference", [14, 20, 45, 60])
def test_hostile_columns_harm_no_other(reference: int) -> None:
    """Constant, never present, present late, one cell, and numbers that are unknown or constant."""
    evidence = drifting()
    rng = np.random.default_rng(1)
    counts = evidence.histograms.counts
    late = counts[:, :11] * (np.arange(90) > 40)[:, None]
    constant = np.zeros((90, 11))
    constant[:, 3] = 500
    table = Histograms(
        ["constant", "never", "late", "sole", "shifted"],
        np.hstack([constant, np.zeros((90, 11)), late, np.full((90, 1), 9.0), counts[:, :11]]),
        np.array([0, 11, 22, 33, 34, 45]),
        np.array([True, False, True, False, True]),
        ["feature"] * 5,
    )
    values = np.column_stack([np.full(90, np.nan), np.full(90, 2.0), rng.normal(size=90)])
    mixed = Evidence(table, numbers(values), evidence.rows, evidence.slot_candidates)
    judgement = judge(fit(mixed.windows(slice(0, reference)), Policy()), mixed)
    assert not np.isinf(judgement.surprise).any()
    sources = {s.source for a in judgement.alerts if a.opened >= 70 for s in a.sources}
    assert "shifted" in sources
    assert not {"constant", "never", "sole"} & sources


def test_nothing_at_all_is_no_error() -> None:
    empty = only(Series.none(40))
    calibration = fit(empty.windows(slice(0, 30)), Policy())
    assert not calibration.supported
    assert set(judge(calibration, empty).tier) == {"unknown"}
    assert not fit(empty.windows(slice(0, 0)), Policy()).supported


def test_wrong_shapes_and_budgets_are_told() -> None:
    evidence = drifting(windows=20)
    with pytest.raises(DataError, match="rows"):
        Evidence(evidence.histograms, evidence.series, np.full(20, -1.0))
    with pytest.raises(DataError, match="counts"):
        Evidence(evidence.histograms, evidence.series, np.ones(19))
    with pytest.raises(ConfigurationError, match="alerts"):
        Policy(alerts=30, windows=30)
    with pytest.raises(ConfigurationError, match="scales"):
        Policy(scales=(3, 7))


CASES: dict[str, tuple[Evidence, dict[str, object]]] = {}


@pytest.fixture(autouse=True, scope="module")
def _cases(evidence: Evidence, volumes: Evidence) -> None:
    CASES["plain"] = evidence, {}
    CASES["volumes"] = volumes, {}
    CASES["rolling"] = evidence, {"baseline": "rolling"}


def test_a_change_that_stays_alerts_for_one_length_of_the_rolling_baseline() -> None:
    """What it is compared with is not forgotten before that."""
    evidence = drifting(windows=110)
    calibration = fitted(evidence, baseline="rolling")
    alert = next(a for a in opened(evidence, calibration) if a.sources[0].source == "c0")
    assert (alert.opened, alert.last) == (70, 70 + calibration.frame.rolling)
