"""The line of a model in the list: of several alerts that live, the one to look at first."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from leadline.reports.record import ReportRecord
from leadline.server.alerting.findings import Evidence, Told

DAY = 86_400_000_000


def problem(day: int, source: str, *surprises: float, threshold: float = 9.0) -> Told:
    """A problem that windows tell; without a surprise, a rule."""
    return Told(
        monitor="windows",
        opened=day * DAY,
        last=(day + 1) * DAY,
        over=False,
        sources=(source,),
        sentence=f"{source} moved.",
        harm=f"harm of {source}",
        evidence=tuple(
            Evidence(source=source, monitor="windows", sentence="", surprise=surprise, threshold=threshold)
            for surprise in surprises
        )
        or (Evidence(source=source, monitor="rules", sentence=""),),
    )


@pytest.fixture
def line(live: Any, baseline_file: Path, small_record: ReportRecord) -> Any:
    """What the list says of a model with these problems."""
    live.give(baseline_file, "credit")

    def found(*problems: Told) -> dict[str, Any]:
        with live.service.metadata.database.transaction() as own:
            live.service.telling.judged(own, "credit", problems, small_record, live.clock())
        (one,) = live.ask("GET", "/api/v1/models").document["items"]
        return dict(one)

    return found


def test_the_alert_furthest_beyond_its_limit_speaks_not_the_latest(line: Any) -> None:
    """Limits differ: 30 beyond a limit of 25 is less than 20 beyond one of 9."""
    found = line(
        problem(1, "income", 12.0, 20.0), problem(2, "age", 30.0, threshold=25.0), problem(3, "country")
    )
    assert (found["open_alerts"], found["alert_sentence"]) == (3, "income moved.")
    assert (found["alert_harm"], found["alert_since"]) == ("harm of income", "1970-01-02T00:00:00+00:00")


def test_what_nobody_looks_after_comes_before_what_somebody_does(line: Any, live: Any) -> None:
    problems = problem(1, "income", 30.0), problem(2, "age", 10.0)
    worst = line(*problems)["alert"]
    assert live.ask("POST", f"/api/v1/alerts/{worst}/acknowledge").status == 200
    found = line(*problems)
    assert (found["open_alerts"], found["alert_sentence"]) == (2, "age moved.")
    live.ask("POST", f"/api/v1/alerts/{found['alert']}/acknowledge")
    assert line(*problems)["alert"] == worst


def test_of_a_quiet_model_nothing_is_said(line: Any) -> None:
    found = line()
    assert (found["open_alerts"], found["alert"], found["alert_sentence"]) == (0, None, "")
    assert (found["alert_harm"], found["alert_since"]) == ("", None)


def test_models_come_in_pages_to_whoever_asks_for_them(live: Any, baseline_file: Path) -> None:
    names = sorted(["a", "B", "ä", "a b", "../c", "d&after=z"])
    for name in names:
        live.give(baseline_file, quote(name, safe=""))

    def page(**query: Any) -> tuple[list[str], str | None]:
        found = live.ask("GET", f"/api/v1/models?{urlencode(query)}").document
        return [model["name"] for model in found["items"]], found["next"]

    assert page() == (names, None)
    assert page(limit=6) == (names, None)
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        some, after = page(limit=4, after=after)
        found += some
    assert found == names
    assert page(limit=4) == (names[:4], names[3])
    assert page(after="zz") == (["ä"], None)
    assert live.ask("GET", "/api/v1/models?limit=0").status == 400


def test_a_page_has_only_models_that_the_token_is_for(live: Any, baseline_file: Path) -> None:
    for name in ("a", "b", "c"):
        live.give(baseline_file, name)
    wanted = {"name": "some", "scope": "read", "models": ["a", "c"]}
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    found = live.ask("GET", "/api/v1/models?limit=1&after=a", token=token).document
    assert ([model["name"] for model in found["items"]], found["next"]) == (["c"], None)
