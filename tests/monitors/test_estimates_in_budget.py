"""Estimates of performance as channels of the alert budget, where labels are late or missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.monitors.series import ESTIMATED_PERFORMANCE
from leadline.monitors.timeline import Timeline, timeline
from leadline.options import settings_in_force

DAY = 86_400_000_000
OPTIONS: dict[str, Any] = {
    "label": "y", "score": "score", "timestamp": "t", "window": "1d", "budget": "1/30d", "threads": 1,
}  # fmt: skip
KEYS = {f"{ESTIMATED_PERFORMANCE}/{key}" for key in ("roc_auc", "accuracy", "brier")}


def traffic(
    seed: int, first: int, days: int, *, labelled: Any = True, sure: Any = 1.0, rows: int = 300
) -> dict[str, Any]:
    """Days of rows whose labels follow the scores; `sure` says by day how far these are from one half."""
    rng = np.random.default_rng([seed, 41])
    day = np.repeat(np.arange(days), rows)
    logit = np.broadcast_to(sure, days)[day] * 1.6 * rng.standard_normal(len(day))
    score = 1 / (1 + np.exp(-logit))
    known = np.broadcast_to(labelled, days)[day]
    return {
        "t": ((first + day) * DAY + rng.integers(0, DAY, len(day))).astype("datetime64[us]"),
        "x": rng.standard_normal(len(day)),
        "score": score,
        "y": np.where(known, (rng.random(len(day)) < score).astype(float), np.nan),
    }


@pytest.fixture(scope="module")
def baseline() -> ll.Baseline:
    return ll.learn(traffic(1, 0, 60), **OPTIONS)


def judged(baseline: ll.Baseline, current: dict[str, Any]) -> Timeline:
    found = timeline(baseline, ll.profile(current, baseline), settings_in_force(baseline, {}))
    assert found is not None
    return found


def values(found: Timeline, key: str) -> tuple[Any, Any]:
    """A channel in the windows of both sides."""
    place = found.now.series.names.index(f"{ESTIMATED_PERFORMANCE}/{key}")
    assert found.before.series.names == found.now.series.names
    return found.before.series.values[:, place], found.now.series.values[:, place]


def test_with_all_labels_there_they_are_no_channels(baseline: ll.Baseline) -> None:
    found = judged(baseline, traffic(2, 60, 10))
    assert not KEYS & set(found.now.series.names)


def test_without_labels_they_take_part_in_every_window_of_both_sides(baseline: ll.Baseline) -> None:
    found = judged(baseline, traffic(3, 60, 10, labelled=False))
    assert set(found.now.series.names) >= KEYS
    for key in ("roc_auc", "accuracy", "brier"):
        before, now = values(found, key)
        assert np.isfinite(before).all()
        np.testing.assert_array_equal(now, found.performed_now.counted[key].value)


def test_a_feature_without_meaning_that_moves_changes_nothing_that_is_judged() -> None:
    """Rows improve what is shown; their fits bring noise that the reference's windows do not have."""

    def rows(table: dict[str, Any], shift: float) -> dict[str, Any]:
        other = np.random.default_rng(len(table["x"])).standard_normal(len(table["x"]))
        return table | {"x": table["x"] + shift, "other": other}

    baseline = ll.learn(rows(traffic(1, 0, 60), 0.0), **OPTIONS)
    current = traffic(8, 60, 10, labelled=False)
    usual, moved = (judged(baseline, rows(current, shift)) for shift in (0.0, 0.8))
    for key in ("roc_auc", "accuracy", "brier"):
        (_, before), (_, now) = values(usual, key), values(moved, key)
        assert np.isfinite(now).all()
        np.testing.assert_array_equal(now, before)
    shown = moved.performed_now.estimated["accuracy"]
    assert (shown.value != moved.performed_now.counted["accuracy"].value).all()


def test_where_labels_have_come_labels_decide(baseline: ll.Baseline) -> None:
    """Also where half of them have; a window of which a few have come waits for the others."""
    found = judged(baseline, traffic(4, 60, 12, labelled=np.arange(12) < 8))
    _, now = values(found, "accuracy")
    assert np.isnan(now[:8]).all()
    assert np.isfinite(now[8:]).all()
    place = found.now.series.names.index("performance/accuracy")
    realised = found.now.series.values[:, place]
    assert np.isfinite(realised[:8]).all()
    assert np.isnan(realised[8:]).all()


def test_a_loss_that_no_label_tells_yet_raises_an_alert_in_words(baseline: ll.Baseline) -> None:
    sure = np.where(np.arange(14) < 7, 1.0, 0.5)
    record = ll.check(baseline, traffic(5, 60, 14, labelled=False, sure=sure)).record
    assert record.verdict == "alert"
    assert record.timeline is not None
    named = [
        (alert.opened, source)
        for alert in record.timeline.alerts
        for source in alert.sources
        if alert.tier == "alert" and source.source == ESTIMATED_PERFORMANCE
    ]
    assert [opened for opened, _ in named] == [67]
    assert named[0][1].channel in ("estimated_roc_auc", "estimated_accuracy", "estimated_brier")
    assert "estimated without labels" in named[0][1].sentence
    assert any(row.source == ESTIMATED_PERFORMANCE for row in record.timeline.heat)


def test_scores_that_are_surer_than_ever_are_no_loss(baseline: ll.Baseline) -> None:
    sure = np.where(np.arange(14) < 7, 1.0, 1.3)
    found = judged(baseline, traffic(6, 60, 14, labelled=False, sure=sure))
    assert found.judgement is not None
    sources = {named.source for alert in found.judgement.alerts for named in alert.sources}
    assert "score" in sources
    assert ESTIMATED_PERFORMANCE not in sources


def test_what_extrapolates_is_unknown(baseline: ll.Baseline) -> None:
    current = traffic(7, 60, 6, labelled=False)
    current["score"][:] = np.where(current["t"] >= np.datetime64(63 * DAY, "us"), 1.0, current["score"])
    found = judged(baseline, current)
    caution = found.performed_now.estimated["accuracy"].caution
    assert caution is not None
    assert (caution[3:] != "").all()
    for key in ("roc_auc", "accuracy", "brier"):
        _, now = values(found, key)
        assert np.isnan(now[3:]).all()


def test_training_rows_without_times_have_the_same_channels() -> None:
    training = {name: column for name, column in traffic(8, 0, 20).items() if name != "t"}
    record = ll.check(training, traffic(9, 60, 20, labelled=False), **OPTIONS).record
    assert record.timeline is not None
    assert record.timeline.first_weeks is not None
    assert any(row.source == ESTIMATED_PERFORMANCE for row in record.timeline.heat)


@pytest.mark.long
def test_thin_windows_are_no_loss(baseline: ll.Baseline) -> None:
    """A tenth of the rows makes estimates three times as uncertain, which their variance says."""
    quiet = [judged(baseline, traffic(seed, 60, 30, labelled=False, rows=30)) for seed in range(20, 26)]
    alerts = [
        named
        for found in quiet
        if found.judgement is not None
        for alert in found.judgement.alerts
        if alert.tier == "alert"
        for named in alert.sources
        if named.source == ESTIMATED_PERFORMANCE
    ]
    # Six months at one alert a month over all channels: three by this one alone would be a third of them.
    assert len(alerts) <= 2
