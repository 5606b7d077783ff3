"""The server's page fits its screens, is reachable for all, and draws no more than can be seen."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.long

Open = Callable[..., Any]
Barriers = Callable[[Any], list[str]]
VIEWS = (
    "/",
    "/?quiet=shown",
    "/models/credit-default",
    "/models/credit-default/features/income",
    "/models/credit-default/features/channel",
    "/models/churn-eu",
    "/alerts",
    "/alerts/{alert}",
)


@pytest.fixture(scope="module")
def places(fleet: Any) -> list[str]:
    """Addresses of all views."""
    living = fleet.service.metadata.alerts.find(model="credit-default", state="living")
    number = next(alert.id for alert in living if alert.tier == "alert")
    return [fleet.url + view.replace("{alert}", str(number)) for view in VIEWS]


def _ready(page: Any) -> None:
    page.wait_for_selector("main h1")
    page.locator(".state.loading").first.wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_keeps_anyone_out(places: list[str], walk: Open, barriers: Barriers, scheme: str) -> None:
    """axe finds nothing serious, and every text stands out from its ground."""
    for place in places:
        page = walk(place, color_scheme=scheme)
        _ready(page)
        assert barriers(page) == [], place


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_view_is_wider_than_its_screen(places: list[str], walk: Open, width: int) -> None:
    for place in places:
        page = walk(place, viewport={"width": width, "height": 844})
        _ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_a_phone_shows_the_interval_of_a_change(fleet: Any, walk: Open) -> None:
    """Where there is no room for its picture, it is written."""
    page = walk(f"{fleet.url}/models/credit-default", viewport={"width": 390, "height": 844})
    _ready(page)
    row = page.locator("table.performance tbody tr").first
    row.scroll_into_view_if_needed()
    interval = row.locator("td .narrow")
    assert " to " in interval.inner_text()
    box = interval.bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= 390


def test_the_harm_of_an_alert_stands_below_its_sentence(fleet: Any, walk: Open) -> None:
    page = walk(f"{fleet.url}/alerts")
    _ready(page)
    line = page.locator(".alert-sentence", has=page.locator(".note")).first
    sentence, harm = (line.locator(part).bounding_box() for part in ("span:not(.note)", ".note"))
    assert harm["x"] == sentence["x"]
    assert harm["y"] >= sentence["y"] + sentence["height"]


def test_the_first_screen_of_a_phone_says_whether_anything_is_wrong(fleet: Any, walk: Open) -> None:
    page = walk(fleet.url, viewport={"width": 390, "height": 844})
    _ready(page)
    for text in ("1 model alerts", "credit-default"):
        box = page.get_by_text(text, exact=True).first.bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= 844


def _models(fleet: Any, loud: int, quiet: int) -> str:
    """As many models as wanted, made of those that the server has."""
    with urllib.request.urlopen(f"{fleet.url}/api/v1/models") as answer:
        items = json.loads(answer.read())["items"]
    by_name = {item["name"]: item for item in items}
    some = [by_name["credit-default"] | {"name": f"loud-{i:04}"} for i in range(loud)]
    some += [by_name["churn-eu"] | {"name": f"quiet-{i:04}"} for i in range(quiet)]
    return json.dumps({"items": some, "next": None})


def _with_models(walk: Open, fleet: Any, body: str, path: str = "/") -> Any:
    page = walk(f"{fleet.url}/login")
    page.route("**/api/v1/models", lambda route: route.fulfill(body=body, content_type="application/json"))
    page.goto(fleet.url + path)
    _ready(page)
    return page


def test_24_models_stand_on_one_screen(fleet: Any, walk: Open) -> None:
    """At 1440 x 900, without scrolling."""
    page = _with_models(walk, fleet, _models(fleet, 0, 24))
    rows = page.locator(".model-row:not(.head)")
    assert rows.count() == 24
    last = rows.nth(23).bounding_box()
    assert last["y"] + last["height"] <= 900


def test_of_a_thousand_models_only_those_near_the_view_are_drawn(fleet: Any, walk: Open) -> None:
    page = _with_models(walk, fleet, _models(fleet, 120, 880), "/?quiet=shown")
    assert page.get_by_role("heading", name="120 models alert").count() == 1
    drawn = page.locator(".model-row:not(.head)").count()
    assert 24 < drawn < 400
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("link", name="quiet-0879").wait_for()


def test_a_hostile_name_is_a_name(fleet: Any, walk: Open) -> None:
    """Markup, directions and addresses in the name of a model stay text, and its link leads to it."""
    names = ["<img src=x onerror=alert(1)>", "../../etc", "a\u202eb", "x" * 400]
    item = json.loads(_models(fleet, 1, 0))["items"][0]
    body = json.dumps({"items": [item | {"name": name} for name in names], "next": None})
    page = _with_models(walk, fleet, body)
    assert page.locator("main img").count() == 0
    assert sorted(page.locator(".model-row a.name").all_inner_texts()) == sorted(names)
    for link in page.locator(".model-row a.name").all():
        assert link.get_attribute("href").startswith("/models/")
        assert "/" not in link.get_attribute("href").removeprefix("/models/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


CLIPPED = """() => [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility())
.flatMap((e) => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (e.matches('input, select, textarea') || !e.textContent.trim()) return [];
  if (style.overflowX === 'visible') return [];
  if (box.width <= 1 || ['auto', 'scroll'].includes(style.overflowX)) return [];
  // What does not fit on the line may be on one below, which is not shown at all.
  const words = document.createRange();
  words.selectNodeContents(e);
  const cut = [...words.getClientRects()].some((part) =>
    part.width > 0 && part.top < box.bottom - 1 && part.bottom > box.top + 1
    && (part.right > box.right + 1 || part.bottom > box.bottom + 4));
  return cut ? [`${e.className}: ${e.textContent.trim().slice(0, 60)}`] : [];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_label_is_clipped(places: list[str], walk: Open, width: int, scheme: str) -> None:
    """A label stands where it has room, or not at all; the names of the sample are whole."""
    for place in places:
        page = walk(place, viewport={"width": width, "height": 844}, color_scheme=scheme)
        _ready(page)
        assert page.evaluate(CLIPPED) == [], place


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("count", [1, 12, 60])
def test_with_few_and_many_alerts_words_cover_no_bar(fleet: Any, walk: Open, count: int, width: int) -> None:
    """Bars, their marks and their words keep out of each other's way, and words are whole."""
    with urllib.request.urlopen(f"{fleet.url}/api/v1/models/credit-default/report") as answer:
        record = json.loads(answer.read())
    first, timeline = record["timeline"]["alerts"][0], record["timeline"]
    last = len(timeline["windows"]) - 1
    begin = next(i for i, window in enumerate(timeline["windows"]) if window["side"] == "current")
    starts = [begin + i * (last - begin) // count for i in range(count)]
    timeline["alerts"] = [
        first
        | {"tier": ("alert", "warning")[i % 2], "opened": at, "last": at, "closed": min(at + i % 4, last)}
        for i, at in enumerate(starts)
    ]
    page = walk(f"{fleet.url}/login", viewport={"width": width, "height": 844})
    page.route("**/credit-default/report", lambda route: route.fulfill(json=record))
    page.goto(f"{fleet.url}/models/credit-default")
    _ready(page)
    page.locator(".alert-bar").first.wait_for()
    covered = """() => {
      const shown = [...document.querySelectorAll('.alert-words > bdi')].filter((words) =>
        words.getBoundingClientRect().top < words.parentElement.getBoundingClientRect().bottom);
      const shapes = [...document.querySelectorAll('.alert-bar .shape')];
      const boxes = [...shown, ...shapes].map((e) => [e, e.getBoundingClientRect()]);
      return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).filter(([b, two]) =>
        one.left < two.right - 1 && two.left < one.right - 1
        && one.top < two.bottom - 1 && two.top < one.bottom - 1
      ).map(([b]) => `${a.outerHTML.slice(0, 60)} and ${b.outerHTML.slice(0, 60)}`));
    }"""
    assert page.locator(".alert-bar").count() == count
    assert page.evaluate(covered) == []
    assert page.evaluate(CLIPPED) == []


def test_a_bar_with_the_focus_says_what_hovering_does(fleet: Any, walk: Open) -> None:
    page = walk(f"{fleet.url}/models/credit-default")
    _ready(page)
    page.locator(".handle").last.focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.alert-bar')"):
            break
    said = page.evaluate("document.activeElement.title").split("\n")
    tip = page.locator(".alert-bars .tip")
    tip.wait_for()
    shown = tip.locator("> *").all_inner_texts()
    assert [part.split() for part in shown] == [part.split() for part in said]
    page.evaluate("document.activeElement.blur()")
    tip.wait_for(state="detached")
