"""Windows by version: each version of the model against the baseline, and against the version before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.cli.main import run
from leadline.engines.versions import MISSING, OTHER, VERSIONS
from leadline.errors import ConfigurationError
from leadline.profiles.profile import Profile
from leadline.reports.record import ReportRecord, VersionResult

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-05T00:00", "us")
ROLES = {"timestamp": "time", "label": "label", "score": "score", "version": "model", "window": "version"}


def rows(
    version: str | None, first: int, days: int, seed: int, *, daily: int = 100, **wrong: float
) -> dict[str, Any]:
    """Days of traffic; `age`: shift of a column, `skill`: what the score knows of the label, 1 as usual."""
    rng = np.random.default_rng(seed)
    size = days * daily
    label = rng.random(size) < 0.3
    gap = 0.4 * wrong.get("skill", 1.0)
    score = np.clip(0.5 + gap * (label - 0.5) + rng.normal(0, 0.15, size), 0, 1)
    seconds = np.sort(rng.integers(0, days * 86_400, size)).astype("timedelta64[s]")
    return {
        "time": START + first * DAY + seconds,
        "age": rng.normal(40 + wrong.get("age", 0.0), 10, size),
        "channel": rng.choice(["app", "web", "shop"], size),
        "score": score,
        "label": label.astype(int),
        "model": np.array([version] * size, object),
    }


def together(*parts: dict[str, Any]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


REFERENCE = rows("1", 0, 60, 1)


def checked(*parts: dict[str, Any], **options: Any) -> ReportRecord:
    return ll.check(REFERENCE, together(*parts), **ROLES, **options).record


def versions(record: ReportRecord) -> dict[str, VersionResult]:
    assert record.timeline is not None
    return {one.version: one for one in record.timeline.versions}


def test_each_version_is_a_window_from_its_first_to_its_last_day() -> None:
    record = checked(rows("1", 60, 20, 2), rows("2", 70, 10, 3, daily=40), rows("3", 90, 5, 4))
    timeline = record.timeline
    assert timeline is not None
    assert timeline.window == "version"
    found = [(w.version, w.side, w.start, w.end, w.rows) for w in timeline.windows]
    assert found[0][:2] == ("", "reference")
    assert found[0][4] == 6000
    assert found[1:] == [
        ("1", "current", "2026-03-06T00:00:00Z", "2026-03-26T00:00:00Z", 2000),
        ("2", "current", "2026-03-16T00:00:00Z", "2026-03-26T00:00:00Z", 400),
        ("3", "current", "2026-04-05T00:00:00Z", "2026-04-10T00:00:00Z", 500),
    ]
    series = next(s for s in timeline.performance if s.key == "roc_auc" and s.kind == "realised")
    assert len(series.values) == 4
    assert all(value is not None for value in series.values)
    assert all(len(row.surprise) == 4 for row in timeline.heat)


def test_a_canary_that_gets_other_rows_differs_from_the_baseline_and_from_what_runs_beside_it() -> None:
    record = checked(rows("1", 60, 20, 2), rows("2", 65, 15, 3, daily=60, age=4.0))
    found = versions(record)
    assert found["1"].baseline.verdict == "ok"
    assert found["1"].before is None
    assert found["2"].baseline.verdict == "warning"
    assert [s.source for s in found["2"].baseline.sources] == ["age"]
    before = found["2"].before
    assert before is not None
    assert before.version == "1"
    assert [s.source for s in before.sources] == ["age"]
    assert record.timeline is not None
    alerts = record.timeline.alerts
    assert [(a.tier, a.opened, a.closed) for a in alerts] == [("warning", 2, None)]
    assert record.timeline.windows[2].verdict == "warning"


def test_a_release_that_is_as_its_predecessor_says_so_though_both_differ_from_the_baseline() -> None:
    record = checked(rows("2", 60, 20, 2, age=4.0), rows("3", 80, 20, 3, age=4.0))
    found = versions(record)
    assert found["2"].baseline.verdict == found["3"].baseline.verdict == "warning"
    assert found["3"].before is not None
    assert found["3"].before.verdict == "ok"
    assert record.timeline is not None
    assert [(a.opened, a.closed) for a in record.timeline.alerts] == [(1, 2), (2, None)]


def test_a_version_that_does_its_work_worse_is_told_by_its_performance() -> None:
    found = versions(checked(rows("1", 60, 20, 2), rows("2", 80, 20, 3, skill=0.4)))
    before = found["2"].before
    assert before is not None
    assert "performance" in [s.source for s in before.sources]
    fell = next(s for s in before.sources if s.source == "performance")
    assert "fell by" in fell.sentence or fell.channel in ("brier", "log_loss")


def test_a_version_with_few_rows_is_named_and_later_ones_skip_it() -> None:
    record = checked(rows("1", 60, 20, 2), rows("2", 70, 2, 3, daily=20), rows("3", 80, 20, 4))
    found = versions(record)
    assert found["2"].baseline.verdict == "unknown"
    assert found["2"].baseline.reason == "too few rows"
    assert found["2"].before is None
    assert found["3"].before is not None
    assert found["3"].before.version == "1"
    assert record.timeline is not None
    assert record.timeline.windows[2].reason == "too few rows"


def test_versions_warn_at_most_and_decide_where_a_budget_is_stated() -> None:
    parts = rows("1", 60, 20, 2), rows("2", 80, 20, 3, age=8.0)
    assert checked(*parts).verdict == "alert"  # the table as a whole
    record = checked(*parts, budget="1/30d")
    assert record.verdict == "warning"
    assert record.timeline is not None
    budget = record.timeline.budget
    assert budget is not None
    assert budget.decides
    assert not budget.supported
    assert "replay" in budget.reason
    quiet = checked(rows("1", 60, 20, 2), rows("2", 80, 20, 3), budget="1/30d")
    assert quiet.verdict == "ok"


def test_declared_monitors_watch_each_version() -> None:
    monitors = (
        {"metric": "accuracy", "falls_by": "10 %"},
        {"metric": "kolmogorov_smirnov", "column": "age", "above": 0.3},
    )
    record = checked(rows("1", 60, 9, 2), rows("2", 69, 9, 3, skill=0.2), monitors=monitors)
    assert record.timeline is not None
    worse, older = record.monitors
    assert [record.timeline.windows[alert.opened].version for alert in worse.alerts] == ["2"]
    assert "version 2" in worse.sentence
    assert older.verdict == "ok"


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(60, 66), st.sampled_from(["7", "8", "9-rc", "", None])), min_size=1),
    st.randoms(use_true_random=False),
)
def test_pairs_of_days_and_versions_are_counted_as_they_are(
    pairs: list[tuple[int, str | None]], random: Any
) -> None:
    baseline = learned()
    table = {name: values[: len(pairs)] for name, values in REFERENCE.items()}
    table["time"] = START + np.array([day for day, _ in pairs]) * DAY
    table["model"] = np.array([version for _, version in pairs], object)
    order = list(range(len(pairs)))
    random.shuffle(order)
    cut = random.randrange(len(pairs) + 1)
    parts = [{n: v[order[a:b]] for n, v in table.items()} for a, b in ((0, cut), (cut, None))]
    found = [ll.profile(part, baseline) for part in parts if len(part["time"])]
    merged = found[0] if len(found) == 1 else found[0].merge(found[1])
    whole = ll.profile(table, baseline)
    assert merged.axes == whole.axes
    assert merged.fingerprint == whole.fingerprint
    counts = {
        (start, version): int(whole.sums["rows"][i, v, 0])
        for i, start in enumerate(whole.axes.buckets)
        for v, version in enumerate(whole.axes.versions)
        if whole.sums["rows"][i, v, 0]
    }
    expected: dict[tuple[int, str], int] = {}
    for day, version in pairs:
        key = int((START + day * DAY).astype(np.int64)), version or MISSING
        expected[key] = expected.get(key, 0) + 1
    assert counts == expected


def learned() -> Any:
    return _LEARNED


_LEARNED = ll.learn(REFERENCE, **ROLES)


def test_many_versions_share_the_last_place() -> None:
    table = rows("1", 60, 20, 2)
    table["model"] = np.array([str(i) for i in range(len(table["model"]))], object)
    found = ll.profile(table, _LEARNED)
    assert len(found.axes.versions) == VERSIONS + 1
    assert OTHER in found.axes.versions
    assert found.rows == 2000


def test_a_saved_profile_says_the_same_as_its_rows(tmp_path: Path) -> None:
    current = together(rows("1", 60, 20, 2), rows("2", 70, 20, 3, age=4.0))
    saved = ll.load(ll.profile(current, _LEARNED).save(tmp_path / "current.leadline"))
    assert isinstance(saved, Profile)
    of_rows, of_counts = (ll.check(_LEARNED, side).record.timeline for side in (current, saved))
    assert of_rows is not None
    assert of_counts is not None
    assert of_rows.versions == of_counts.versions


def test_what_was_not_counted_by_version_is_refused() -> None:
    timed = {name: value for name, value in ROLES.items() if name != "window"}
    baseline = ll.learn(REFERENCE, **timed)
    found = ll.profile(rows("1", 60, 5, 2), baseline)
    with pytest.raises(ConfigurationError, match="not counted by version"):
        ll.check(baseline, found, window="version")


@pytest.mark.parametrize(("without", "needs"), [("model", "version"), ("time", "times")])
def test_versions_and_times_are_needed(without: str, needs: str) -> None:
    reference, current = (
        {name: values for name, values in side.items() if name != without}
        for side in (REFERENCE, rows("1", 60, 5, 2))
    )
    roles = {name: value for name, value in ROLES.items() if value != without}
    with pytest.raises(ConfigurationError, match=needs):
        ll.check(reference, current, **roles)


def test_the_command_and_the_renderings_show_versions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import polars

    current = together(rows("1", 60, 20, 2), rows("2", 70, 20, 3, age=4.0), rows("3", 88, 1, 4, daily=9))
    for name, table in (("past", REFERENCE), ("now", current)):
        plain = {key: list(value) if key == "model" else value for key, value in table.items()}
        polars.DataFrame(plain).write_parquet(tmp_path / f"{name}.parquet")
    page, written = tmp_path / "report.html", tmp_path / "report.json"
    arguments = [str(tmp_path / "past.parquet"), str(tmp_path / "now.parquet"), "--window", "version"]
    arguments += ["--label", "label", "--score", "score", "--version", "model", "--timestamp", "time"]
    code = run(["check", *arguments, "--budget", "1/30d", "--html", str(page), "--json", str(written)])
    said = " ".join(capsys.readouterr().out.split())
    assert code == 0  # warnings do not shut the gate
    assert "Version 2 (2000 rows, 2026-03-16 to 2026-04-04): differs from the baseline: age" in said.replace(
        "\u2009", " "
    )
    assert "Version 3 (9 rows, 2026-04-03 to 2026-04-03): too few rows." in said
    assert "Version 2" in page.read_text()
    record = json.loads(written.read_text())
    assert [v["version"] for v in record["timeline"]["versions"]] == ["1", "2", "3"]


def test_a_table_without_rows_has_no_versions() -> None:
    empty = {name: values[:0] for name, values in REFERENCE.items()}
    record = checked(empty)
    assert record.timeline is not None
    assert record.timeline.versions == []
    assert record.timeline.budget is None
    assert record.timeline.reason == "the current table has no rows"
