"""What people do with the server's page, in a real browser against a real server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.long

Open = Callable[..., Any]


def _ask(url: str, method: str = "GET", document: Any = None) -> Any:
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


@pytest.fixture
def alert(fleet: Any) -> Any:
    """The open alert of the credit model, open again whatever was done before."""
    path = f"{fleet.url}/api/v1/alerts?model=credit-default&state=living&tier=alert"
    (found, *_) = _ask(path)["items"]
    if found["state"] != "open":
        _ask(f"{fleet.url}/api/v1/alerts/{found['id']}/resolve", "POST")
        found = _ask(f"{fleet.url}/api/v1/alerts/{found['id']}/reopen", "POST")
    return found


def test_a_newcomer_goes_from_the_fleet_to_a_cause_and_says_that_she_has_seen_it(
    fleet: Any, walk: Open, alert: Any
) -> None:
    page = walk(fleet.url)
    page.get_by_role("heading", name="1 model alerts").wait_for()
    assert page.locator(".model-row a.name").first.inner_text() == "credit-default"
    assert "waits for a baseline" in page.locator("main").inner_text().lower()
    page.get_by_role("link", name="credit-default").click()
    page.wait_for_selector(".heat-name")
    assert "income" in page.locator(".heat-name").all_inner_texts()
    page.get_by_role("button", name="income, details").click()
    over = page.locator(".heat-detail").get_by_role("link", name="over time")
    assert over.get_attribute("href") == "/models/credit-default/features/income"
    page.locator('.heat-name[data-source="income"]').click()
    page.wait_for_url("**/models/credit-default/features/income")
    page.get_by_text("nine in ten").wait_for()
    assert page.get_by_role("heading", name="income fell from a median").is_visible()
    page.go_back()
    page.locator(".alert-lines a").first.click()
    page.wait_for_url(f"**/alerts/{alert['id']}")
    page.wait_for_selector("#evidence article")
    assert page.locator("#evidence article").count() >= 3
    assert page.locator("#causes li").count() >= 1
    assert "ROC AUC" in page.locator("#harm").inner_text()
    assert "Version 7" in page.locator("#then").inner_text()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Alert, acknowledged").wait_for()
    assert page.locator(".history li").first.inner_text().startswith("Acknowledged")
    page.get_by_role("textbox", name="Comment").fill("the partner changed its form <b>")
    page.get_by_role("button", name="Comment").click()
    page.get_by_text("the partner changed its form <b>").wait_for()
    assert _ask(f"{fleet.url}/api/v1/alerts/{alert['id']}")["alert"]["state"] == "acknowledged"


def test_what_one_person_does_another_sees_without_reloading(fleet: Any, walk: Open, alert: Any) -> None:
    watching = walk(f"{fleet.url}/alerts")
    line = watching.locator(".alert-lines li", has=watching.locator(f'a[href="/alerts/{alert["id"]}"]'))
    line.get_by_text("open since").wait_for()
    acting = walk(f"{fleet.url}/alerts/{alert['id']}")
    acting.get_by_role("button", name="Acknowledge").wait_for()
    acting.keyboard.press("a")
    line.get_by_text("acknowledged since").wait_for()


def test_the_page_is_walked_by_keyboard(fleet: Any, walk: Open, alert: Any) -> None:
    page = walk(fleet.url)
    page.wait_for_selector(".model-row a.name")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/credit-default")
    page.wait_for_selector(".heat-name")
    page.keyboard.press("e")
    page.wait_for_url("**/alerts/*")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_selector(".model-row")
    assert page.url == f"{fleet.url}/"
    page.goto(f"{fleet.url}/alerts/{alert['id']}")
    page.get_by_role("button", name="Acknowledge").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/alerts")
    page.get_by_text("open since").wait_for()
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("credit debt")
    page.keyboard.press("Enter")
    page.wait_for_url("**/features/debt_ratio")
    page.get_by_role("dialog", name="Search").wait_for(state="hidden")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()


def test_choices_stay_in_the_address(fleet: Any, walk: Open) -> None:
    page = walk(fleet.url)
    # Where all fits on a screen nothing is folded, until the reader does.
    page.get_by_role("link", name="churn-eu").wait_for()
    page.get_by_role("button", name="quiet: ").click()
    page.get_by_role("link", name="churn-eu").wait_for(state="detached")
    assert "quiet=folded" in page.url
    again = walk(page.url)
    again.get_by_role("button", name="quiet: ").click()
    again.get_by_role("link", name="churn-eu").wait_for()
    assert "quiet=shown" in again.url
    model = walk(f"{fleet.url}/models/credit-default?windows=50-80")
    model.get_by_role("button", name="Show all").first.click()
    model.get_by_text("windows of 1 day").first.wait_for()
    assert "windows=" not in model.url


def test_parts_are_folded_until_they_matter_and_the_address_remembers(fleet: Any, walk: Open) -> None:
    page = walk(f"{fleet.url}/models/credit-default")
    segments, metrics = page.locator("#segments"), page.locator("table.performance tbody tr")
    segments.get_by_role("button", name="Segments").wait_for()
    assert segments.get_by_role("table").count() == 0
    judged = metrics.count()
    segments.get_by_role("button", name="Segments").click()
    page.get_by_role("button", name="more metrics").click()
    segments.get_by_role("table").wait_for()
    assert metrics.count() > judged
    again = walk(page.url)
    again.locator("#segments").get_by_role("table").wait_for()
    assert again.locator("table.performance tbody tr").count() == metrics.count()


def test_the_way_to_an_alert_stands_beside_a_word(fleet: Any, walk: Open) -> None:
    """However wide the page is, it does not begin a line."""
    page = walk(fleet.url)
    page.wait_for_selector(".explain")
    alone = """() => [...document.querySelectorAll('.c-said')].flatMap((said) => {
        const link = said.querySelector('.explain');
        if (!link) return [];
        const at = link.getBoundingClientRect().top, before = document.createRange();
        before.setStart(said, 0);
        before.setEndBefore(link);
        const words = [...before.getClientRects()].filter((box) => box.width > 5);
        return words.some((box) => Math.abs(box.top - at) < 3) ? [] : [said.textContent];
    })"""
    for width in range(320, 1300, 6):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(alone) == [], width


def test_light_and_dark_follow_the_reader(fleet: Any, walk: Open) -> None:
    page = walk(fleet.url, color_scheme="dark")
    page.wait_for_selector(".model-row")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Colours").click()
    assert page.evaluate(ground) != dark
    page.reload()
    page.wait_for_selector(".model-row")
    assert page.evaluate(ground) != dark, "the choice is kept"


def test_what_is_not_there_is_said(fleet: Any, walk: Open) -> None:
    missing = "404"
    page = walk(f"{fleet.url}/models/nobody", expected=missing)
    page.get_by_role("heading", name="There is no such model").wait_for()
    words = page.locator("main").inner_text()
    assert "not been judged" not in words
    assert [word for word in ("Compare", "Explore", "Monitors", "Download") if word in words] == []
    assert page.get_by_role("link", name="All models").get_attribute("href") == "/"
    page = walk(f"{fleet.url}/x/y/z", expected=missing)
    page.get_by_role("heading", name="There is no such view").wait_for()
    page.get_by_role("link", name="All models").click()
    page.get_by_role("link", name="credit-default").wait_for()
    page = walk(f"{fleet.url}/alerts/9999999", expected=missing)
    page.get_by_role("heading", name="There is no such alert").wait_for()
    page = walk(f"{fleet.url}/models/price-elasticity", expected=missing)
    page.get_by_role("heading", name="price-elasticity is not judged yet").wait_for()
    page = walk(f"{fleet.url}/models/credit-default/features/nothing", expected=missing)
    page.get_by_role("heading", name="credit-default has no column nothing").wait_for()


def test_times_are_the_viewers_and_utc_is_at_hand(fleet: Any, walk: Open, alert: Any) -> None:
    page = walk(f"{fleet.url}/alerts/{alert['id']}", timezone_id="Asia/Tokyo")
    first = page.locator("time").first
    first.wait_for()
    assert first.inner_text().endswith("09:00"), "a day of UTC begins at nine in Tokyo"
    assert first.get_attribute("title").endswith("00:00:00 UTC")
    assert "Asia/Tokyo" in page.locator(".foot").inner_text()


def test_in_a_demo_a_visitor_lets_something_go_wrong_and_ends_it(fleet: Any, walk: Open) -> None:
    """The strip is there only where the server says that it is a demo."""
    fault = {
        "name": "unit", "title": "Kilometres become miles", "description": "Another unit is sent.",
        "model": "delivery-eta", "expected": "alert", "since": None,
    }  # fmt: skip
    asked: list[str] = []

    def demo(route: Any) -> None:
        method = route.request.method
        if method != "GET":
            asked.append(method)
            fault["since"] = "2026-06-15T09:00:00+00:00" if method == "POST" else None
        body = {"items": [fault], "next": None} if method == "GET" else fault
        route.fulfill(body=json.dumps(body), content_type="application/json")

    def shell(route: Any) -> None:
        found = route.fetch()
        route.fulfill(response=found, body=found.text().replace("<html", "<html data-demo", 1))

    page = walk(fleet.url)
    page.wait_for_selector(".model-row")
    assert page.locator(".faults").count() == 0
    page.route("**/api/v1/demo/faults**", demo)
    page.route(f"{fleet.url}/", shell)
    page.goto(fleet.url)
    button = page.get_by_role("button", name="Kilometres become miles")
    button.click()
    page.get_by_text("An alert should follow").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    page.get_by_text("An alert should follow").wait_for(state="detached")
    assert asked == ["POST", "DELETE"]


def _tab_to(page: Any, selector: str, presses: int = 60) -> None:
    """Press Tab until an element has the focus; nothing else is used to get there."""
    for _ in range(presses):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{presses} times Tab did not lead to {selector}")


def test_without_a_pointer_the_way_leads_from_the_fleet_to_an_acknowledged_alert(
    fleet: Any, walk: Open, alert: Any
) -> None:
    page = walk(fleet.url)
    page.wait_for_selector(".model-row a.name")
    _tab_to(page, '.model-row a.name[href="/models/credit-default"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/credit-default")
    page.wait_for_selector(".heat-name")
    for _ in range(40):
        if page.evaluate("document.activeElement.matches('a.heat-name')"):
            break
        page.keyboard.press("j")
    name = page.evaluate("document.activeElement.dataset.source")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/features/{name}")
    page.wait_for_selector("main h1")
    assert name in alert["sources"]
    page.wait_for_selector(".alert-lines a")
    _tab_to(page, f'.alert-lines a[href="/alerts/{alert["id"]}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert['id']}")
    page.get_by_role("button", name="Acknowledge").wait_for()
    _tab_to(page, ".act .primary")
    page.keyboard.press("Enter")
    page.get_by_text("Alert, acknowledged").wait_for()
    assert _ask(f"{fleet.url}/api/v1/alerts/{alert['id']}")["alert"]["state"] == "acknowledged"


def test_every_feature_of_the_map_is_a_tab_away(fleet: Any, walk: Open) -> None:
    """By Tab a name leads to the feature's page, and the button before it unfolds the row where it is."""
    page = walk(f"{fleet.url}/models/credit-default")
    page.wait_for_selector("a.heat-name")
    page.locator(".unfold").first.focus()
    _tab_to(page, '.heat-line:has([data-source="income"]) .unfold')
    page.keyboard.press("Enter")
    page.locator(".heat-detail").wait_for()
    _tab_to(page, 'a.heat-name[data-source="income"]', presses=2)
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/credit-default/features/income")


def test_every_way_to_a_file_gives_one(fleet: Any, walk: Open) -> None:
    """Folded or not, each button in the page saves a table with a head and rows."""
    page = walk(f"{fleet.url}/models/credit-default")
    page.wait_for_selector(".heat-name")
    saved = []
    for unfolded in (False, True):
        closed = page.locator(".fold-title[aria-expanded=false]")
        while unfolded and closed.count():
            closed.first.click()
        buttons = page.get_by_role("button", name="CSV of ", include_hidden=True)
        for number in range(buttons.count()):
            if number % 8 == 0:
                # Chromium drops what exceeds ten files of a page in a second, which no reader reaches.
                page.reload()
                page.locator(".curve svg").first.wait_for(state="attached")
            button = buttons.nth(number)
            with page.expect_download(timeout=10_000) as download:
                button.click(timeout=10_000)
            lines = download.value.path().read_text("utf-8-sig").splitlines()
            assert len(lines) >= 2, button.inner_text()
            assert "," in lines[0]
            saved.append(download.value.suggested_filename)
    assert {"windows.csv", "alerts.csv", "performance.csv", "segments.csv"} <= set(saved)
