"""Operations of a live model: counted by hour, judged when hours close, told in words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from leadline.profiles.exponential import ExponentialHistogram
from leadline.schedule import HOUR, instant
from leadline.server.judging.judge import GRACE
from leadline.server.judging.operations import Operations, operations, shown
from leadline.server.judging.operations_told import all_told, told
from leadline.server.judging.operations_watch import Watched, watch
from leadline.stores.operations import Counts, What

START = instant("2026-06-01") // HOUR
"""Hours since 1970."""

DAYS = 30


def served(seed: int = 1, slow: slice | None = None, rows: int = 400) -> dict[str, np.ndarray]:
    """What each hour of some weeks was like."""
    rng = np.random.default_rng(seed)
    hour = np.arange(DAYS * 24)
    usual = rows * np.exp(0.5 * np.sin(2 * np.pi * (hour % 24 - 9) / 24))
    factor = np.ones(len(hour))
    factor[slow or slice(0, 0)] = 4
    return {"rows": rng.poisson(usual), "factor": factor, "failed": rng.binomial(rows, 0.004, len(hour))}


def counts_of(found: dict[str, np.ndarray], seed: int = 1, hours: int | None = None) -> Counts:
    rng = np.random.default_rng(seed)
    named: dict[int, tuple[What, str]] = {
        1: ("rows", ""), 2: ("latest", ""), 3: ("latency", ""), 4: ("step", "feature_store"),
        5: ("error", "TimeoutError"),
    }  # fmt: skip
    made: list[tuple[int, int, int, int, int]] = []
    for i in range(len(found["rows"]) if hours is None else hours):
        rows = int(found["rows"][i])
        if not rows:
            continue
        step = rng.lognormal(np.log(12), 0.3, rows)
        # All of the delay is that of the step.
        total = step + rng.lognormal(np.log(20), 0.3, rows)
        more = (found["factor"][i] - 1) * 32
        parts = {3: total + more, 4: step + more}
        made += [(START + i, 1, 0, rows, 0), (START + i, 2, 0, rows, (START + i + 1) * HOUR - 1)]
        for what, values in parts.items():
            made += [
                (START + i, what, cell, n, 0) for cell, n in ExponentialHistogram.of(values).cells().items()
            ]
        if found["failed"][i]:
            made.append((START + i, 5, 0, int(found["failed"][i]), 0))
    columns = np.array(made, np.int64).reshape(-1, 5).T
    return Counts(named, *columns)


def watched(counts: Counts, hours: int) -> Watched:
    found = watch(counts, None, (START + hours) * HOUR + GRACE)
    assert found is not None
    return found


def test_a_slow_step_is_named_with_what_it_explains() -> None:
    at = 25 * 24 + 14
    found = watched(counts_of(served(slow=slice(at, at + 3)), hours=at + 1), at + 1)
    problems = told(found)
    assert len(problems) == 1
    text = problems[0].sentence
    assert text.startswith("95 % latency rose from ")
    assert "since 2026-06-26 14:00 UTC; step feature_store explains " in text
    assert problems[0].opened == (START + at) * HOUR
    assert not problems[0].over
    assert {"95 % latency", "Step feature_store, 95 %"} <= set(problems[0].sources)


def test_quiet_weeks_tell_nothing() -> None:
    assert told(watched(counts_of(served(2)), DAYS * 24)) == []


def test_silence_is_told_and_is_over_when_predictions_come_again() -> None:
    found = served(3)
    found["rows"][600:] = 0
    assert told(watched(counts_of(found), 601)) == []
    problems = told(watched(counts_of(found), 603))
    assert [problem.sources for problem in problems] == [("Requests",)]
    assert "No predictions have come since 2026-06-26 00:00 UTC, for 3 hours" in problems[0].sentence
    found["rows"][604:] = 400
    assert all(problem.over for problem in told(watched(counts_of(found), 612)))


def test_an_hour_counts_once_it_is_over() -> None:
    counts = counts_of(served(4))
    for now, buckets in ((10 * HOUR + GRACE - 1, 9), (10 * HOUR + GRACE, 10)):
        found = watch(counts, None, START * HOUR + now)
        assert found is not None
        assert len(found.rows) == buckets


def test_the_same_hours_are_not_judged_again() -> None:
    counts = counts_of(served(5))
    first = watched(counts, 200)
    assert watch(counts, None, (START + 200) * HOUR + GRACE + 5, first) is first
    assert watched(counts, 201).digest != first.digest


def test_with_few_predictions_days_are_judged() -> None:
    found = watched(counts_of(served(6, rows=5)), DAYS * 24)
    assert found.bucket_hours == 24
    assert found.rows.sum() > 0


def test_before_anything_is_known_it_says_so() -> None:
    nothing = shown("m", None, 0, 30)
    assert nothing.reason
    young = shown("m", watched(counts_of(served(7), hours=100), 100), (START + 100) * HOUR, 30)
    assert "336 hours" in young.reason
    assert young.alerts == []


def test_what_is_shown_fits_together_and_survives_json() -> None:
    found = watched(counts_of(served(8)), DAYS * 24)
    now = (START + DAYS * 24) * HOUR + GRACE
    view = shown("m", found, now, 7)
    assert msgspec.json.decode(msgspec.json.encode(view), type=Operations) == view
    assert {len(part) for s in view.series for part in (s.values, s.low, s.high)} == {len(view.starts)}
    assert len(view.starts) == 7 * 24 - 1
    latency = next(series for series in view.series if series.key == "latency_p95")
    assert all(
        low is not None and high is not None and low < high
        for low, high in zip(latency.low, latency.high, strict=True)
    )
    assert view.age_seconds == pytest.approx(GRACE / 1e6, abs=1)
    assert view.reason == ""


def test_all_that_is_told_has_times_in_order() -> None:
    found = watched(counts_of(served(9, slow=slice(500, 510))), DAYS * 24)
    problems = all_told(found)
    assert problems
    assert all(problem.opened < problem.last for problem in problems)


def test_the_live_server_counts_and_shows(live: object, make_traffic: object, baseline_file: Path) -> None:
    """The real client, the real store: requests of two days, in days because they are few."""
    live.give(baseline_file)  # type: ignore[attr-defined]
    rows = make_traffic(3, 150, "2026-05-28", 4)  # type: ignore[operator]
    live.send(rows)  # type: ignore[attr-defined]
    live.judge()  # type: ignore[attr-defined]
    service = live.service  # type: ignore[attr-defined]
    assert service.worker.problems == {}
    view = operations(service, "credit", 30)
    by_key = {series.key: series for series in view.series}
    assert view.bucket_seconds == 86_400
    assert [round(value * 24) for value in by_key["requests"].values if value is not None] == [150] * 3
    assert by_key["error_share"].values == [0.0] * 3
    assert sum(value or 0 for value in by_key["labels"].values) > 0
    assert operations(service, "nobody", 30).series == []
