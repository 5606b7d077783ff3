"""The first weeks: provisional warnings, what becomes the reference, and when the budget takes over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from budget_data import Floats, stream

from leadline.monitors.budget import Evidence, FirstWeeks, Histograms, Policy, Series, begin

POLICY = Policy(alerts=1, windows=30)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 23])


def training(evidence: Evidence, windows: int) -> Evidence:
    """The first windows as rows without times."""
    table, first = evidence.histograms, slice(0, windows)
    counts = table.counts[first].sum(0, keepdims=True)
    rows = np.array([evidence.rows[first].sum()])
    return Evidence(replace(table, counts=counts), evidence.series.windows(slice(0, 1)), rows)


def started(evidence: Evidence, trained: int = 0, earlier: int = 0) -> FirstWeeks:
    """First weeks of a stream whose first windows are training rows, or the reference's own."""
    first = trained + earlier
    rows = training(evidence, trained) if trained else None
    own = evidence.windows(slice(trained, first))
    return begin(rows, own, evidence.windows(slice(first, None)), POLICY)


def test_a_shift_is_a_warning_that_names_its_column() -> None:
    found = started(stream(rng(1), 50, shift=(1, 42, 1.0)), trained=30)
    assert found.judgement.tier[:3] == ("unknown",) * 3, "nothing to compare with but training rows"
    assert set(found.judgement.tier[3:12]) == {"ok"}
    assert set(found.judgement.tier[12:]) == {"warning"}, "what stays changed is not accepted"
    (alert,) = found.judgement.alerts
    assert (alert.tier, alert.opened, alert.closed) == ("warning", 12, None)
    assert alert.sources[0].source == "c1"
    assert found.reference.tolist() == list(range(12))
    assert found.switched is None
    assert found.skew == ()


def test_accepted_windows_become_the_reference_and_the_budget_takes_over() -> None:
    found = started(stream(rng(2), 90, shift=(0, 80, 1.0)), trained=30)
    assert found.calibration is not None
    assert found.calibration.supported
    assert found.switched == found.needed == 29
    assert found.calibration.windows == 29
    assert found.judgement.window.tolist() == list(range(60))
    alerts = [alert for alert in found.judgement.alerts if alert.tier == "alert"]
    assert (alerts[0].opened, alerts[0].sources[0].source) == (50, "c0")
    assert alerts[0].sources[0].window >= 50


def test_windows_of_the_reference_count_as_accepted() -> None:
    found = started(stream(rng(3), 40), earlier=20)
    assert found.switched == 29, "twenty of the reference and nine more"
    assert found.judgement.window[0] == 20
    assert found.judgement.tier[0] == "ok"


def test_training_rows_that_differ_are_told_once_and_warn_of_nothing() -> None:
    found = started(stream(rng(4), 50, shift=(3, 30, 0.6)), trained=30)
    assert [named.source for named in found.skew] == ["c3"]
    assert found.judgement.alerts == ()
    assert len(found.reference) == 20


def test_a_weekend_warns_at_most_once() -> None:
    """What comes again at the same place of the next week is a season, and joins the reference."""
    evidence = stream(rng(5), 28)
    table = evidence.histograms
    counts = table.counts.copy()
    weekend = np.arange(28) % 7 >= 5
    counts[np.ix_(weekend, np.arange(0, 5))] *= 2
    found = begin(None, evidence.windows(slice(0, 0)), replace_counts(evidence, counts), POLICY)
    first = {alert.opened for alert in found.judgement.alerts}
    assert first <= {5}
    assert set(range(12, 28)) <= set(found.reference.tolist())


def replace_counts(evidence: Evidence, counts: Floats) -> Evidence:
    return replace(evidence, histograms=replace(evidence.histograms, counts=counts))


@pytest.mark.parametrize("seed", range(3))
def test_later_windows_do_not_change_what_was_said(seed: int) -> None:
    evidence = stream(rng(seed + 10), 60, wobble=0.2, shift=(2, 20, 0.5))
    whole = started(evidence, trained=10)
    for windows in (14, 25, 45):
        part = started(evidence.windows(slice(0, windows)), trained=10)
        size = len(part.judgement.tier)
        assert part.judgement.tier == whole.judgement.tier[:size]
        np.testing.assert_array_equal(part.judgement.score, whole.judgement.score[:size])


def test_windows_without_rows_are_unknown_and_accepted_by_nobody() -> None:
    evidence = stream(rng(6), 12, rows=np.where(np.arange(12) == 7, 0, 500))
    found = started(evidence, earlier=4)
    assert found.judgement.tier[3] == "unknown"
    assert found.judgement.reason[3] == "no rows"
    assert 7 not in found.reference


def test_a_share_that_rises_is_found_and_one_that_falls_is_not() -> None:
    windows, rows = 20, 1000
    draws = rng(7).binomial(rows, 0.02, (windows, 2)) / rows
    draws[15:, 0] += 0.1
    draws[15:, 1] = 0
    names = ["a", "b"]
    series = Series(names, names, draws, draws * (1 - draws) / rows + 1e-6, np.ones(2, np.int8),
                    np.full(2, 0.005), ["feature"] * 2)  # fmt: skip
    table = Histograms((), np.empty((windows, 0)), np.zeros(1, np.intp), np.empty(0, bool), ())
    found = started(Evidence(table, series, np.full(windows, float(rows))), earlier=5)
    (alert,) = found.judgement.alerts
    assert (alert.opened, [named.source for named in alert.sources]) == (15, ["a"])
    assert alert.sources[0].effect == pytest.approx(0.1, abs=0.02)


def test_nothing_to_judge_is_no_error() -> None:
    evidence = stream(rng(8), 5)
    found = begin(training(evidence, 5), evidence.windows(slice(0, 0)), evidence.windows(slice(0, 0)), POLICY)
    assert len(found.judgement.window) == 0
    assert found.skew == ()


@pytest.mark.long
def test_quiet_first_weeks_warn_about_as_often_as_the_budget_says() -> None:
    warnings = 0
    for seed in range(40):
        found = started(stream(rng(100 + seed), 59, rows=400), trained=30)
        warnings += sum(alert.tier == "warning" for alert in found.judgement.alerts)
    assert warnings <= 40
