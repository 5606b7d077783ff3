"""What is shown of a feature over time follows from the rows themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from leadline.schedule import instant
from leadline.server.judging.features import LEVELS

Traffic = Callable[..., dict[str, Any]]
DAY = 86_400_000_000


@pytest.fixture
def judged(live: Any, baseline_file: Any, make_traffic: Traffic) -> tuple[Any, dict[str, Any]]:
    """A server that has judged a week of rows, and these rows."""
    rows = make_traffic(7, 150, "2026-04-01", 21, shift=2.0, shifted_from=4)
    live.give(baseline_file)
    live.send(rows)
    live.judge()
    return live, rows


def _feature(live: Any, name: str) -> Any:
    found = live.ask("GET", f"/api/v1/models/credit/features/{name}")
    assert found.status == 200, found.body
    return found.document


def _of_day(rows: dict[str, Any], name: str, start: str) -> np.ndarray[Any, Any]:
    at = rows["at"].astype(np.int64)
    begin = instant(start)
    return np.asarray(rows[name])[(at >= begin) & (at < begin + DAY)]


def test_quantiles_are_those_of_the_rows(
    judged: tuple[Any, dict[str, Any]], reference: dict[str, Any]
) -> None:
    """Up to the width of a cell: at most a hundredth of the reference's spread in its middle."""
    live, rows = judged
    found = _feature(live, "amount")
    assert [line["level"] for line in found["lines"]] == list(LEVELS)
    checked = 0
    for i, start in enumerate(found["starts"]):
        day = _of_day(rows if start >= "2026-04" else reference, "amount", start)
        assert found["rows"][i] == len(day)
        for line in found["lines"][1:4]:
            exact = np.quantile(day, line["level"], method="inverted_cdf")
            assert line["values"][i] == pytest.approx(exact, abs=0.6), (start, line["name"])
            checked += 1
    assert checked == 3 * 52
    for lower, higher in pairwise(found["lines"]):
        assert all(a <= b for a, b in zip(lower["values"], higher["values"], strict=True))


def test_shares_of_categories_are_exact_and_add_up(judged: tuple[Any, dict[str, Any]]) -> None:
    live, rows = judged
    found = _feature(live, "channel")
    assert {line["name"] for line in found["lines"]} == {"app", "web", "branch"}
    for i, start in enumerate(found["starts"]):
        assert sum(line["values"][i] for line in found["lines"]) == pytest.approx(1, abs=1e-5)
        if start >= "2026-04":
            day = _of_day(rows, "channel", start)
            for line in found["lines"]:
                assert line["values"][i] == pytest.approx(np.mean(day == line["name"]), rel=1e-5)


def test_what_is_missing_and_what_is_new_is_counted_by_window(live: Any, baseline_file: Any) -> None:
    """Half of the second day lacks its amount; a third of its channels was never seen."""
    live.give(baseline_file)
    handle = live.client().model("credit", version="7")
    for day in (1, 2):
        size, late = 60, day == 2
        handle.log_batch(
            {
                "amount": [None if late and i % 2 else 50.0 for i in range(size)],
                "age": [30] * size,
                "channel": ["kiosk" if late and i % 3 == 0 else "app" for i in range(size)],
            },
            id=[f"{day}-{i}" for i in range(size)],
            score=[0.5] * size,
            timestamp=[instant(f"2026-04-0{day}") / 1e6 + i for i in range(size)],
        )
    assert live.clients[-1].flush(60)
    live.judge()
    amount, channel = _feature(live, "amount"), _feature(live, "channel")
    assert amount["missing"][-2:] == [0.0, 0.5]
    assert amount["new"][-2:] == [0.0, 0.0]
    assert channel["missing"][-2:] == [0.0, 0.0]
    assert channel["new"][-1] == pytest.approx(1 / 3, rel=1e-5)
    assert channel["new"][-2] == 0.0


def test_by_day_a_feature_is_what_its_page_shows(judged: tuple[Any, dict[str, Any]]) -> None:
    """The windows are days; without those of the reference."""
    live, _ = judged
    for name in ("amount", "channel"):
        page = _feature(live, name)
        asked = live.ask("GET", f"/api/v1/models/credit/days/{name}?days=3660")
        assert asked.status == 200, asked.body
        found = asked.document
        days = len(found["starts"])
        assert days == 7
        assert [instant(start) for start in found["starts"]] == [
            instant(start) for start in page["starts"][-days:]
        ]
        for what in ("rows", "missing", "new"):
            assert found[what] == page[what][-days:]
        shown = {line["name"]: line["values"][-days:] for line in page["lines"]}
        assert {line["name"]: line["values"] for line in found["lines"]} == shown
    for path, status in (("credit/days/unknown", 404), ("nobody/days/amount", 404), ("credit/days/at", 400)):
        assert live.ask("GET", f"/api/v1/models/{path}").status == status, path


def test_an_unknown_feature_and_an_unjudged_model_have_nothing_to_show(live: Any, baseline_file: Any) -> None:
    live.give(baseline_file)
    for path in ("credit/features/amount", "nobody/features/amount", "credit/features/a%2Fb"):
        assert live.ask("GET", f"/api/v1/models/{path}").status == 404
    assert live.ask("GET", "/api/v1/features").document["items"] == []


def test_the_features_of_all_models_are_listed(judged: tuple[Any, dict[str, Any]]) -> None:
    live, _ = judged
    (model,) = live.ask("GET", "/api/v1/features").document["items"]
    assert model["model"] == "credit"
    assert {"amount", "age", "channel"} <= set(model["features"])
