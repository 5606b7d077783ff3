"""Windows whose labels are still coming: how complete they are, and what they say once corrected."""

from __future__ import annotations

from typing import Any

import late_data as late
import numpy as np
import pytest
from late_data import ACCURACY, DAY, START, judged, traffic

from leadline.monitors.series import JUDGED
from leadline.monitors.timeline import Timeline

DAYS = 20
END = START + 80 * DAY


def simulated(seed: int, **options: Any) -> tuple[Timeline, late.Traffic]:
    """A reference of 60 days with all labels, and 20 days as known at their end."""
    rng = np.random.default_rng([seed, 11])
    reference, current = traffic(rng, 0, 60, **options), traffic(rng, 60, DAYS, **options)
    return judged(reference.table(), current.table(END)), current


def by_day(current: late.Traffic, of: np.ndarray) -> np.ndarray:
    day = (current.times - START) // DAY - 60
    return np.bincount(day, of, minlength=DAYS)


@pytest.fixture(scope="module")
def found() -> tuple[Timeline, late.Traffic]:
    return simulated(1)


def test_young_windows_are_provisional_and_old_ones_mature() -> None:
    timeline, _ = simulated(2, means=(DAY, DAY // 2))
    provisional = timeline.performed_now.maturity.provisional
    # After three days 95 % of labels with a mean delay of one day are there.
    assert provisional.tolist() == [False] * (DAYS - 3) + [True] * 3
    assert not timeline.performed_before.maturity.provisional.any()


def test_maturity_is_labels_by_those_that_will_come(found: tuple[Timeline, late.Traffic]) -> None:
    timeline, current = found
    truth = by_day(current, current.arrivals <= END) / by_day(current, current.ever)
    assert timeline.performed_now.maturity.share == pytest.approx(truth, abs=1e-9)


def test_a_class_has_come_as_far_as_its_delays_say(found: tuple[Timeline, late.Traffic]) -> None:
    arrived = found[0].performed_now.maturity.arrived
    assert arrived is not None
    edges = np.arange(DAYS, -1, -1.0)
    for c, mean in enumerate((10, 3)):
        # The mean of 1 - exp(-age / mean) over the ages of a day.
        truth = 1 - mean * (np.exp(-edges[1:] / mean) - np.exp(-edges[:-1] / mean))
        assert arrived[c] == pytest.approx(truth, abs=0.02)


def test_without_label_times_maturity_is_the_share_of_the_usual_share() -> None:
    rng = np.random.default_rng(5)
    reference, current = traffic(rng, 0, 60, ever=0.8), traffic(rng, 60, DAYS, ever=0.8)
    tables = [side.table(moment) for side, moment in ((reference, None), (current, END))]
    timeline = judged(*tables, label_timestamp=None)
    maturity = timeline.performed_now.maturity
    come = current.ever & (current.arrivals <= END)
    labels, rows = by_day(current, come), by_day(current, np.ones(len(come)))
    usual = reference.ever.mean()
    assert maturity.arrived is None
    assert maturity.share == pytest.approx(np.minimum(labels / rows / usual, 1), abs=1e-6)
    assert maturity.provisional[-5:].all()
    # Nothing tells by how much early labels are biased: what is shown is what has come.
    naive = by_day(current, come & (current.labels == current.predictions)) / labels
    value = timeline.performed_now.realised["accuracy"].value
    assert value[labels >= 30] == pytest.approx(naive[labels >= 30], abs=1e-9)


def test_a_window_is_not_judged_before_half_of_its_labels_came(found: tuple[Timeline, late.Traffic]) -> None:
    timeline, _ = found
    maturity = timeline.performed_now.maturity
    channel = timeline.now.series.names.index("performance/accuracy")
    early = maturity.provisional & (maturity.share < JUDGED)
    assert early.any()
    assert np.isnan(timeline.now.series.values[early, channel]).all()
    late_enough = np.isfinite(timeline.now.series.values[~early, channel])
    assert late_enough.all()


def test_the_distribution_of_early_labels_is_not_judged(found: tuple[Timeline, late.Traffic]) -> None:
    timeline, _ = found
    table = timeline.now.histograms
    j = list(table.names).index("y")
    counts = table.counts[:, table.offsets[j] : table.offsets[j + 1]].sum(1)
    assert (counts[timeline.performed_now.maturity.provisional] == 0).all()
    before = timeline.before.histograms.counts[:, table.offsets[j] : table.offsets[j + 1]].sum(1)
    assert (before > 0).all()


def test_as_of_in_a_check_of_all_rows_is_a_check_of_what_was_there() -> None:
    rng = np.random.default_rng(6)
    reference, current = traffic(rng, 0, 60), traffic(rng, 60, 40)
    options = {"as_of": "2024-03-21T00:00:00"}
    now, then = (
        judged(reference.table(), table, **options) for table in (current.table(), current.table(END))
    )
    assert now.performed_now.maturity.known_at == END
    assert now.judgement is not None
    assert then.judgement is not None
    assert now.judgement.alerts == then.judgement.alerts
    ours, theirs = (side.performed_now.realised["accuracy"].value for side in (now, then))
    assert ours == pytest.approx(theirs, nan_ok=True, abs=0)


@pytest.mark.long
def test_early_labels_are_biased_and_the_corrected_ones_cover_the_truth() -> None:
    """Oracle: accuracy is 0.84 by construction, whatever labels have come."""
    inside, errors, naive, maturities = [], [], [], []
    for seed in range(150):
        timeline, current = simulated(seed + 100, ever=0.8)
        value = timeline.performed_now.realised["accuracy"]
        maturity = timeline.performed_now.maturity
        assert value.low is not None
        assert value.high is not None
        known = np.isfinite(value.value) & maturity.provisional
        inside += ((value.low <= ACCURACY) & (value.high >= ACCURACY))[known].tolist()
        errors += (value.value - ACCURACY)[known].tolist()
        come = current.ever & (current.arrivals <= END)
        plain = by_day(current, come & (current.labels == current.predictions)) / by_day(current, come)
        naive += (plain - ACCURACY)[known].tolist()
        truth = by_day(current, come) / by_day(current, current.ever)
        maturities += ((maturity.low <= truth + 1e-9) & (truth <= maturity.high + 1e-9)).tolist()
    assert np.mean(naive) < -0.015
    assert abs(np.mean(errors)) < 0.003
    assert 0.93 <= np.mean(inside) <= 0.97
    assert 0.93 <= np.mean(maturities) <= 0.97


@pytest.mark.long
def test_a_loss_of_accuracy_shows_before_labels_are_mature() -> None:
    rng = np.random.default_rng([9, 11])
    reference = traffic(rng, 0, 60, rows=1500)
    worse = traffic(rng, 60, DAYS, rows=1500, right=(0.75, 0.55))
    timeline = judged(reference.table(), worse.table(END))
    assert timeline.judgement is not None
    named = {
        source.source
        for alert in timeline.judgement.alerts
        if alert.tier == "alert"
        for source in alert.sources
    }
    assert "performance" in named


def test_labels_that_come_for_all_classes_alike_need_no_correction() -> None:
    timeline, current = simulated(8, means=(4 * DAY, 4 * DAY), rows=1500)
    come = current.arrivals <= END
    plain = by_day(current, come & (current.labels == current.predictions)) / by_day(current, come)
    value = timeline.performed_now.realised["accuracy"].value
    known = np.isfinite(value)
    assert known.sum() > 10
    assert value[known] == pytest.approx(plain[known], abs=0.01)


def test_what_is_too_early_has_no_value_and_a_reason() -> None:
    timeline, _ = simulated(9, means=(40 * DAY, DAY))
    found = timeline.performed_now.realised["accuracy"]
    assert np.isnan(found.value[-3:]).all()
    assert found.reason is not None
    assert set(found.reason[-3:]) == {"too few labels have come"}


def test_a_stated_limit_of_lateness_holds_and_the_default_comes_from_the_reference() -> None:
    rng = np.random.default_rng(10)
    tables = traffic(rng, 0, 60).table(), traffic(rng, 60, DAYS).table(END)
    assert judged(*tables, label_lateness="30d").lateness == 30 * DAY
    found = judged(*tables).lateness
    assert found is not None
    # P(delay > d) = 0.7 exp(-d / 10) + 0.3 exp(-d / 3) = 0.01
    assert found / DAY == pytest.approx(42.5, rel=0.1)
