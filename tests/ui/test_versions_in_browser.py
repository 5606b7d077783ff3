"""Versions that serve side by side, one window each, and the budget of the fleet that watches them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.long

Open = Callable[..., Any]
MODEL = "loan-limit"


@pytest.fixture(scope="module")
def beside(sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A model of which two versions serve at the same time."""
    stories = tuple(story for story in sample.STORIES if story.name == MODEL)
    with sample.serving(tmp_path_factory.mktemp("versions") / "data", stories=stories) as found:
        assert found.service.worker.problems == {}
        yield found


def _asked(address: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_versions_stand_side_by_side_and_not_on_an_axis_of_time(beside: Any, walk: Open) -> None:
    page = walk(f"{beside.url}/models/{MODEL}")
    page.locator(".version-head").first.wait_for()
    captions = page.locator("#over-time .version-head .caption").all_inner_texts()
    assert captions == ["reference", "version 6", "version 7"]
    boxes = [head.bounding_box() for head in page.locator("#over-time .version-head").all()]
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] <= right["x"]
        assert left["width"] == pytest.approx(right["width"], abs=1)
    assert page.locator("#over-time .calendar").count() == 0
    # A line leads from one version to the next nowhere: each has a picture of its own.
    assert page.locator("#over-time .lane.metric").first.locator("svg.run").count() == 3


def test_a_feature_shows_what_each_version_was_sent(beside: Any, walk: Open) -> None:
    """Version 7 is sent incomes that are nine percent lower."""
    told = _asked(f"{beside.url}/api/v1/models/{MODEL}/features/income")
    median = next(line["values"] for line in told["lines"] if line["name"] == "median")
    assert len(median) == 3
    assert median[1] == pytest.approx(median[0], rel=0.02)
    assert median[2] == pytest.approx(0.91 * median[0], rel=0.02)
    page = walk(f"{beside.url}/models/{MODEL}/features/income")
    page.locator(".version-head").first.wait_for()
    assert page.locator(".version-head").count() == 3
    page.get_by_text("values of version 7").wait_for()


def test_operations_are_shown_of_all_versions_or_of_one(beside: Any, walk: Open) -> None:
    page = walk(f"{beside.url}/models/{MODEL}")
    operations = page.locator("#operations")
    operations.get_by_role("button", name="Operations").click()
    choice = operations.get_by_label("Served by")
    assert choice.locator("option").all_inner_texts() == ["all versions", "version 6", "version 7"]
    requests = operations.locator(".lane", has_text="Requests").locator(".reading strong")
    before = requests.inner_text()
    choice.select_option("7")
    page.wait_for_url("**version=7**")
    operations.get_by_text("none by itself").wait_for()
    assert requests.inner_text() != before
    page.reload()
    operations.get_by_text("none by itself").wait_for()
    assert operations.get_by_label("Served by").input_value() == "7"


def test_the_budget_of_the_fleet_stands_against_its_alerts(beside: Any, walk: Open) -> None:
    _asked(f"{beside.url}/api/v1/fleet/budget", "PUT", {"budget": "4/30d"})
    try:
        page = walk(beside.url)
        button = page.get_by_role("button", name="Budget of the fleet: 4 false alerts in 30 days")
        button.click()
        shares = page.get_by_role("table", name="Shares of the budget")
        assert MODEL in shares.inner_text()
        assert "4 false alerts in 30 days" in shares.inner_text()
        page.wait_for_url("**budget=shares**")
    finally:
        _asked(f"{beside.url}/api/v1/fleet/budget", "PUT", {"budget": None})
