"""A check of a table whose labels are still coming, from rows to words."""

from __future__ import annotations

from typing import Any

import late_data as late
import numpy as np
import pandas as pd
import pytest
from late_data import DAY, OPTIONS, START, judged, traffic, windows_of

import leadline as ll
from leadline.cli.main import run
from leadline.metrics import METRICS
from leadline.monitors.series import outcomes_of

END = START + 80 * DAY


def tables(seed: int, rows: int = 1000) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng([seed, 21])
    return traffic(rng, 0, 60, rows=rows).table(), traffic(rng, 60, 20, rows=rows).table(END)


@pytest.fixture(scope="module")
def report() -> ll.Report:
    return ll.check(*tables(1), **OPTIONS)


def test_early_labels_raise_no_alert_without_a_budget() -> None:
    """As they came they would: accuracy seems to fall by two points, and fewer labels are zeros."""
    options = {**OPTIONS, "budget": None}
    found = ll.check(*tables(2), **options)
    assert found.verdict != "alert"
    accuracy = found.record.performance["accuracy"]
    assert accuracy.current == pytest.approx(late.ACCURACY, abs=0.01)
    label = next(column for column in found.record.columns if column.name == "y")
    assert label.reason == "its labels are still coming, sooner for some classes than others"
    plain = ll.check(*tables(2), **{**options, "label_timestamp": None, "ignore": ("known",)})
    assert plain.verdict == "alert"


def unlabelled_for_ever(days: int, rows: int, seed: int, labelled: float, first: int = 0) -> dict[str, Any]:
    """A table in which some rows never get a label, whatever their class."""
    side = traffic(np.random.default_rng([seed, 31]), first, days, rows=rows).table()
    none = np.random.default_rng([seed, 32]).random(len(side["y"])) >= labelled
    return {**side, "y": np.where(none, None, side["y"])}


def untimed(reference: dict[str, Any], current: dict[str, Any]) -> tuple[ll.Report, Any]:
    options = {**OPTIONS, "budget": None, "label_timestamp": None, "ignore": ("known",)}
    found = ll.check(reference, current, **options)
    return found, next(column for column in found.record.columns if column.name == "y")


def test_labels_without_times_are_judged_where_as_many_rows_have_one_as_in_the_reference() -> None:
    reference, current = unlabelled_for_ever(60, 20, 1, 0.6), unlabelled_for_ever(120, 20, 2, 0.6, 60)
    report, label = untimed(reference, current)
    assert report.record.timeline is not None
    assert report.record.timeline.labels is not None
    # By chance a window of 20 rows has few labels now and then.
    assert any(report.record.timeline.labels.provisional)
    assert label.verdict == "ok"
    assert label.reason.startswith("no significant change; ")
    assert label.reason.endswith("\u2009% of the rows have no label")
    positive = np.where(np.array([y is None for y in current["y"]]), None, 1)
    assert untimed(reference, {**current, "y": positive})[1].verdict == "alert"


def test_labels_without_times_are_not_judged_where_fewer_have_come_than_in_the_reference() -> None:
    reference = unlabelled_for_ever(60, 40, 3, 0.8)
    label = untimed(reference, unlabelled_for_ever(60, 40, 4, 0.6, 60))[1]
    assert label.verdict == "unknown"
    assert label.reason.startswith("fewer of its rows have a label than in the reference")


def test_the_record_says_how_far_labels_are(report: ll.Report) -> None:
    timeline = report.record.timeline
    assert timeline is not None
    labels = timeline.labels
    assert labels is not None
    assert labels.share == pytest.approx(0.65, abs=0.05)
    assert labels.coverage == 1.0
    assert len(labels.maturity) == len(labels.provisional) == len(timeline.windows)
    assert [round(delay.half or 0) for delay in labels.delays] == [7, 2]
    assert labels.known_at is not None
    assert labels.known_at.startswith("2024-03-20T23:")
    assert {series.kind for series in timeline.performance} == {"realised"}
    assert len(timeline.digest) == 32


def test_terminal_markdown_and_page_say_so(report: ll.Report, tmp_path: Any) -> None:
    page = report.save(tmp_path / "report.html").read_text("utf-8")
    static = page.split("<script", 1)[0]
    for text in (repr(report), report.save(tmp_path / "report.md").read_text("utf-8"), static):
        said = " ".join(text.split())
        assert "of those expected have come; 20 windows are provisional." in said
        assert "half of the labels 1 came within 2" in said


def test_nothing_is_said_where_all_labels_are_there() -> None:
    rng = np.random.default_rng(3)
    found = ll.check(traffic(rng, 0, 60).table(), traffic(rng, 60, 20).table(), **OPTIONS)
    assert "provisional" not in repr(found)
    assert found.record.timeline is not None
    assert found.record.timeline.labels is not None
    assert not any(found.record.timeline.labels.provisional)


def test_the_command_takes_label_times_and_a_moment(tmp_path: Any, capsys: Any) -> None:
    rng = np.random.default_rng(4)
    for name, side in (("a", traffic(rng, 0, 60)), ("b", traffic(rng, 60, 30))):
        pd.DataFrame(side.table()).to_parquet(tmp_path / f"{name}.parquet")
    command = ["check", str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet"), "--label", "y"]
    command += ["--prediction", "p", "--timestamp", "t", "--label-timestamp", "known", "--window", "1d"]
    code = run([*command, "--as-of", "2024-03-21", "--fail-on", "never"])
    said = " ".join(capsys.readouterr().out.split())
    assert code == 0
    assert "20 windows are provisional" in said
    assert run([*command, "--as-of", "tomorrow"]) == 2


def test_a_saved_baseline_and_profile_give_the_same(tmp_path: Any) -> None:
    reference, current = tables(5, rows=300)
    baseline = ll.learn(reference, **OPTIONS)
    profile = ll.profile(current, baseline)
    baseline.save(tmp_path / "baseline")
    profile.save(tmp_path / "profile")
    ours = ll.check(reference, current, **OPTIONS).record.timeline
    theirs = ll.check(tmp_path / "baseline", tmp_path / "profile").record.timeline
    assert ours == theirs


def test_several_classes_are_corrected_too() -> None:
    """Oracle: accuracy is 0.9, 0.7 and 0.5 by class, whose labels take 2, 6 and 12 days."""
    rng = np.random.default_rng(6)
    right, mean = np.array([0.9, 0.7, 0.5]), np.array([2, 6, 12]) * DAY

    def side(first: int, days: int, moment: float) -> dict[str, Any]:
        size = days * 1500
        times = START + first * DAY + np.sort(rng.integers(0, days * DAY, size))
        y = rng.integers(0, 3, size)
        p = np.where(rng.random(size) < right[y], y, (y + rng.integers(1, 3, size)) % 3)
        came = times + (rng.exponential(size=size) * mean[y]).astype(np.int64)
        names, waits = np.array(["a", "b", "c"], object), came > moment
        return {
            "t": times.astype("datetime64[us]"),
            "p": names[p],
            "y": np.where(waits, None, names[y]),
            "known": np.where(waits, np.datetime64("NaT"), came.astype("datetime64[us]")),
        }

    timeline = judged(side(0, 60, np.inf), side(60, 20, END))
    found = timeline.performed_now.realised["accuracy"]
    known = np.isfinite(found.value)
    assert known.sum() >= 15
    assert np.abs((found.value - 0.7) / found.standard_error)[known].mean() < 1.2
    assert found.value[known].mean() == pytest.approx(0.7, abs=0.01)


def test_numbers_are_shown_as_they_came() -> None:
    rng = np.random.default_rng(7)

    def side(first: int, days: int, moment: float) -> dict[str, Any]:
        times = START + first * DAY + np.sort(rng.integers(0, days * DAY, days * 400))
        y = rng.normal(size=len(times))
        came = times + (rng.exponential(size=len(times)) * 5 * DAY).astype(np.int64)
        waits = came > moment
        return {
            "t": times.astype("datetime64[us]"),
            "p": y + rng.normal(0, 0.5, len(times)),
            "y": np.where(waits, np.nan, y),
            "known": np.where(waits, np.datetime64("NaT"), came.astype("datetime64[us]")),
        }

    timeline = judged(side(0, 60, np.inf), side(60, 20, END))
    maturity = timeline.performed_now.maturity
    assert maturity.provisional[-3:].all()
    value = timeline.performed_now.realised["mae"].value
    assert value[:-1] == pytest.approx(np.full(19, 0.4), abs=0.12)


@pytest.mark.long
def test_bookings_are_judged_better_with_the_times_of_their_labels(shared_data: Any) -> None:
    """Real delays: cancellations are known sooner than stays. The truth is what all labels say later."""
    data = pd.read_parquet(shared_data / "hotel_booking_delayed.parquet")
    data = data.drop(columns=["partition", "arrival_date"])
    options: dict[str, Any] = {
        "label": "label", "score": "score", "prediction": "prediction", "timestamp": "timestamp",
        "label_timestamp": "label_timestamp", "id": "id", "window": "1w", "threads": 2,
    }  # fmt: skip
    reference = data[(data["timestamp"] >= "2016-01-01") & (data["timestamp"] < "2016-09-01")]
    current = data[data["timestamp"] >= "2016-09-01"]
    baseline = ll.learn(reference, **options)
    errors: dict[str, list[float]] = {"plain": [], "corrected": [], "best": []}
    for moment in ("2016-12-11", "2017-02-12", "2017-04-16"):
        seen = current[current["timestamp"] <= moment]
        full = windows_of(baseline, seen).performed_now.realised["brier"].value
        now = windows_of(baseline, seen, as_of=moment)
        profile = ll.profile(seen, baseline, as_of=moment)
        plain = METRICS["brier"].compute(outcomes_of(profile, now.current, baseline.settings)).value
        corrected = now.performed_now.realised["brier"].value
        best = now.performed_now.best["brier"].value
        known = np.isfinite(corrected) & now.performed_now.maturity.provisional
        for name, values in (("plain", plain), ("corrected", corrected), ("best", best)):
            errors[name] += (values - full)[known].tolist()
    bias = {name: abs(float(np.mean(values))) for name, values in errors.items()}
    size = {name: float(np.mean(np.abs(values))) for name, values in errors.items()}
    assert bias["corrected"] < 0.5 * bias["plain"]
    assert size["corrected"] < size["plain"]
    assert size["best"] < size["plain"]
