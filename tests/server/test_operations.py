"""Operations of a live model: counted by hour, judged when hours close, told in words."""

from __future__ import annotations

import json
from pathlib import Path
from time import time

import msgspec
import numpy as np
import pytest

from leadline.profiles.exponential import ExponentialHistogram
from leadline.reports.record import ReportRecord
from leadline.schedule import HOUR, instant
from leadline.server.alerting.findings import findings
from leadline.server.judging.judge import GRACE
from leadline.server.judging.operations import Operations, operations, shown
from leadline.server.judging.operations_told import all_told, told
from leadline.server.judging.operations_watch import Watched, watch
from leadline.stores.operations_kinds import Counts, What

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


def test_an_alert_draws_the_number_that_it_is_about() -> None:
    """The latest week of it, and where in that it began; that of a fixed rule, too."""
    at = 25 * 24 + 14
    slow = watched(counts_of(served(slow=slice(at, at + 3)), hours=at + 1), at + 1)
    (problem,) = told(slow)
    trend = problem.trend
    assert trend is not None
    assert (trend.title, trend.unit, trend.limit) == ("95 % latency", "ms", None)
    assert len(trend.values) == len(trend.starts) == 24 * 7
    assert instant(trend.starts[trend.first]) == problem.opened
    (value,) = [v for v in trend.values[trend.first :] if v is not None]
    assert all(value > 2 * before for before in trend.values[: trend.first] if before is not None)
    silent = served(3)
    silent["rows"][600:] = 0
    (quiet,) = told(watched(counts_of(silent), 603))
    assert quiet.trend is not None
    assert instant(quiet.trend.starts[quiet.trend.first]) == quiet.opened


def test_a_problem_of_the_service_claims_no_harm_of_the_model(small_record: ReportRecord) -> None:
    """Though the report of the same time has one."""
    silent = served(3)
    silent["rows"][600:] = 0
    (quiet,) = told(watched(counts_of(silent), 603))
    found = findings(msgspec.structs.replace(small_record, harm="Accuracy fell by 0.1."), quiet)
    assert (found.harm, found.segments) == ("", [])


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


def with_more(counts: Counts, *more: tuple[int, What, str, int, int]) -> Counts:
    """Counts with some more: hours after `START`, what, name, count and amount."""
    named = dict(counts.named)
    rows = []
    for hour, what, name, count, amount in more:
        number = next((n for n, own in named.items() if own == (what, name)), len(named) + 1)
        named[number] = what, name
        rows.append((START + hour, number, 0, count, amount))
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    parts = (counts.hour, counts.what, counts.cell, counts.count, counts.amount)
    joined = [np.concatenate(pair) for pair in zip(parts, columns, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return Counts(named, *(part[order] for part in joined), counts.versions)


def test_what_clients_dropped_is_told_outside_of_the_budget_and_is_over_when_it_ends() -> None:
    counts = with_more(
        counts_of(served(3), hours=60),
        (40, "dropped", "predictions: queue_full", 300, 0),
        (41, "dropped", "predictions: status_500", 500, 0),
        (58, "dropped", "predictions: queue_full", 1, 0),
        (59, "dropped", "labels: closed", 5, 0),
        (59, "dropped", "values: not_json", 7, 0),
    )
    found = watched(counts, 60)
    large, small, labels = all_told(found)
    assert (large.opened, large.last) == ((START + 40) * HOUR, (START + 42) * HOUR)
    assert large.sources == ("Predictions that clients dropped",)
    assert large.sentence.startswith(
        "800 predictions were dropped by the client since 2026-06-02 16:00 UTC, "
    )
    assert "(status_500 and queue_full). A fixed rule, outside of the budget." in large.sentence
    assert "1 prediction was dropped by the client" in small.sentence
    assert "5 labels were dropped" in labels.sentence
    assert [one.over for one in (large, small, labels)] == [True, True, False]
    # One of hundreds is for the digest; labels of which none came are all of them.
    assert [one.tier for one in (large, small, labels)] == ["alert", "warning", "alert"]
    assert {one.cause for one in (large, small, labels)} == {"dropped"}
    assert found.judgement.alerts == ()
    series = {one.key: one for one in shown("m", found, (START + 60) * HOUR, 30).series}
    assert series["dropped predictions"].values[40:42] == [300.0, 500.0]
    assert series["dropped predictions"].values[0] == 0.0
    assert series["dropped values"].note == "not_json"
    assert "dropped feedback" not in series


def test_a_clock_that_is_wrong_is_told_to_the_digest() -> None:
    counts = with_more(
        counts_of(served(3), hours=50),
        (40, "clock", "one", 9, 2_000_000),
        (41, "clock", "one", 9, 2_000_000),
        (41, "clock", "two", 9, -7_200_000_000),
        (42, "clock", "two", 9, -5_000_000),
        (49, "clock", "two", 9, 400_000_000),
    )
    found = watched(counts, 50)
    ahead, behind = all_told(found)
    assert ahead.sentence.startswith("The clock of a client is 2 hours ahead since 2026-06-02 17:00 UTC")
    assert "is 7 minutes behind since" in behind.sentence
    assert [one.tier for one in (ahead, behind)] == ["warning", "warning"]
    assert [one.over for one in (ahead, behind)] == [True, False]
    series = {one.key: one for one in shown("m", found, (START + 50) * HOUR, 30).series}
    assert series["clock_offset"].values[39:43] == [None, 2.0, -7200.0, -5.0]
    assert series["clock_offset"].low[41] is None


def test_gpus_are_judged_as_processors_are() -> None:
    rng = np.random.default_rng(5)
    busy = rng.normal(0.4, 0.02, 20 * 24)
    busy[-2:] = 0.95
    beats = [(hour, "gpu_busy", "", 10, round(share * 10_000_000)) for hour, share in enumerate(busy)]
    found = watched(with_more(counts_of(served(3), hours=20 * 24), *beats), 20 * 24)  # type: ignore[arg-type]
    (problem,) = told(found)
    assert problem.sentence.startswith("GPUs busy rose from ")
    assert problem.cause == "resources"


def test_a_server_that_starts_its_workers_anew_is_not_taken_for_one_that_loses_heartbeats() -> None:
    """Four workers at a time, each for an hour; then one of them is stuck for half of some hours."""
    hour, minute = HOUR, HOUR // 60
    came = np.full(20 * 24, 4 * 119)
    came[-2:] -= 60
    beats = [(at, "beats", "", int(count), 0) for at, count in enumerate(came)]
    lives = [(at, "lived", "", 4, 4 * (hour - minute)) for at in range(20 * 24)]
    more = with_more(counts_of(served(3), hours=20 * 24), *beats, *lives)  # type: ignore[arg-type]
    found = watched(more, 20 * 24)
    (series,) = (metric.series.values for metric in found.metrics if metric.series.key == "heartbeats")
    np.testing.assert_allclose(series[:-2], 1.0)
    np.testing.assert_allclose(series[-2:], 1 - 60 / 476)
    (problem,) = told(found)
    assert problem.cause == "availability"


def test_hours_in_which_no_worker_is_started_anew_lose_no_heartbeats() -> None:
    """Workers live for five minutes and say a last word; then for two hours none ends, then one is stuck."""
    recycled = 4 * 12 * 11.5, 4 * 12 * 11
    came, expected = np.full(20 * 24, recycled[0]), np.full(20 * 24, recycled[1])
    came[-4:] = expected[-4:] = 4 * 120
    came[-2:] -= 60
    more = with_more(
        counts_of(served(3), hours=20 * 24),
        *[(at, "beats", "", int(count), 0) for at, count in enumerate(came)],
        *[(at, "expected", "", 4, int(count * 1e6)) for at, count in enumerate(expected)],
    )  # fmt: skip
    found = watched(more, 20 * 24)
    (series,) = (metric.series.values for metric in found.metrics if metric.series.key == "heartbeats")
    np.testing.assert_allclose(series[:-2], 1.0)
    np.testing.assert_allclose(series[-2:], 1 - 60 / 480)
    (problem,) = told(found)
    assert problem.cause == "availability"


def test_one_version_is_shown_and_not_judged(live: object) -> None:
    """The numbers of versions add up to those of all; nothing is told of one."""
    ask, clock = live.ask, live.clock  # type: ignore[attr-defined]
    first = clock.now - 3 * 24 * HOUR
    for version, rows in (("7", 3), ("8", 2)):
        at = [first / 1e6 + 60 * i for i in range(rows)]
        batch = {"format": 1, "model": "m", "version": version}
        section = {"rows": rows, "timestamp": at, "latency_ms": [5.0] * rows}
        assert ask("POST", "/api/v1/ingest", {**batch, "predictions": section}).status == 202
    path = "/api/v1/models/m/operations?days=30"
    shown_of = {query: ask("GET", path + query).document for query in ("", "&version=7", "&version=8")}
    requests = {
        query: next(one["values"][0] for one in document["series"] if one["key"] == "requests")
        for query, document in shown_of.items()
    }
    assert requests[""] == pytest.approx(requests["&version=7"] + requests["&version=8"])
    assert requests["&version=7"] * 2 == pytest.approx(requests["&version=8"] * 3)
    assert {tuple(found["versions"]) for found in shown_of.values()} == {("7", "8")}
    assert [found["version"] for found in shown_of.values()] == [None, "7", "8"]
    assert shown_of["&version=8"]["alerts"] == []
    assert "none by itself" in shown_of["&version=8"]["reason"]
    assert shown_of["&version=7"]["last_prediction"] == "2026-05-29T00:02:00+00:00"
    nothing = ask("GET", path + "&version=9").document
    assert (nothing["series"], nothing["last_prediction"], nothing["starts"]) == (
        [],
        None,
        shown_of[""]["starts"],
    )
    assert ask("GET", "/api/v1/models/nobody/operations?version=7").status == 404


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
    watched_now, now = service.worker.watched("credit"), service.clock()
    view = operations(service.store, "credit", watched_now, now, 30)
    by_key = {series.key: series for series in view.series}
    assert view.bucket_seconds == 86_400
    assert [round(value * 24) for value in by_key["requests"].values if value is not None] == [150] * 3
    assert by_key["error_share"].values == [0.0] * 3
    assert sum(value or 0 for value in by_key["labels"].values) > 0
    nobody = service.worker.watched("nobody")
    assert operations(service.store, "nobody", nobody, now, 30).series == []


def test_what_a_client_lost_becomes_an_alert(live: object, make_traffic: object, baseline_file: Path) -> None:
    """With steps that help, and over once a day without a loss has passed."""
    live.give(baseline_file)  # type: ignore[attr-defined]
    live.send(make_traffic(3, 150, "2026-05-28", 4))  # type: ignore[attr-defined, operator]
    for total in (30, 20, 40):
        about = {"instance": "i", "created_at": instant("2026-05-29T12:00") / 1e6}
        said = {"format": 1, "model": "credit", "client": about}
        batch = {**said, "dropped": {"predictions": {"spool_full": total}}}
        assert live.ask("POST", "/api/v1/ingest", batch).status == 202  # type: ignore[attr-defined]
    live.judge()  # type: ignore[attr-defined]
    found = live.ask("GET", "/api/v1/alerts?model=credit").document["items"]  # type: ignore[attr-defined]
    (alert,) = [one for one in found if one["cause"] == "dropped"]
    assert alert["sentence"].startswith(
        "40 predictions were dropped by the client since 2026-05-29 00:00 UTC"
    )
    assert (alert["tier"], alert["state"]) == ("alert", "resolved")
    steps = live.ask("GET", f"/api/v1/alerts/{alert['id']}").document  # type: ignore[attr-defined]
    assert "spool" in json.dumps(steps)


@pytest.mark.parametrize(
    ("minutes", "told"), [(90.0, "90 minutes ahead"), (-90.0, "90 minutes behind"), (2.0, ""), (None, "")]
)
def test_the_server_sees_a_clock_that_is_wrong_and_moves_no_row(
    live: object, minutes: float | None, told: str
) -> None:
    """By what the client says of its clock at each try; a batch may be old, its clock is right."""
    ask, start = live.ask, live.clock.now // HOUR - 30  # type: ignore[attr-defined]
    sent = {} if minutes is None else {"Leadline-Sent-At": f"{time() + minutes * 60:.3f}"}
    for hour in range(29):
        section = {"rows": 60, "timestamp": [(start + hour) * 3600.0 + 1] * 60}
        batch = {"format": 1, "model": "m", "client": {"instance": "i", "created_at": 5.0}}
        live.clock.now = (start + hour + 1) * HOUR  # type: ignore[attr-defined]
        assert ask("POST", "/api/v1/ingest", {**batch, "predictions": section}, headers=sent).status == 202
    live.clock.now += 2 * HOUR  # type: ignore[attr-defined]
    found = ask("GET", "/api/v1/models/m/operations").document
    sentences = [alert["sentence"] for alert in found["alerts"] if "clock of a client" in alert["sentence"]]
    assert len(sentences) == bool(told)
    assert all(told in sentence for sentence in sentences)
    series = {one["key"]: one["values"] for one in found["series"]}
    assert set(series["requests"][:29]) == {60.0}
    if minutes is None:
        assert "clock_offset" not in series
    else:
        assert series["clock_offset"][5] == pytest.approx(-60 * minutes, abs=30)


@pytest.mark.parametrize("header", ["soon", "nan", "1e999", "-inf", ""])
def test_a_sent_at_that_is_no_time_says_nothing(live: object, header: str) -> None:
    batch = {"format": 1, "model": "m", "predictions": {"rows": 1, "id": ["a"]}}
    headers = {"Leadline-Sent-At": header}
    assert live.ask("POST", "/api/v1/ingest", batch, headers=headers).status == 202  # type: ignore[attr-defined]
