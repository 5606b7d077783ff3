"""Every number of the page says on hover what it is of: on each view, with all that unfolds unfolded.

In a form, what is beside the number says it, where touch and keyboard find it, too.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from leadline.reports.record import ReportRecord

pytestmark = pytest.mark.long

Open = Callable[..., Any]

VIEWS = (
    "/?quiet=shown",
    "/models/{model}",
    "/models/{model}/compare",
    "/models/{model}/explore",
    "/models/{model}/features/income",
    "/models/{model}/features/channel",
    "/alerts",
    "/alerts/{alert}",
)

UNEXPLAINED = """() => {
  // All that an element says is a number, with unit and interval. In a sentence, the sentence explains.
  const NUMBER = new RegExp('^[<≤+\\u2212-]?\\\\d[\\\\d.\\u202f]*(e\\u2212?\\\\d+)?[\\u202f ]?' +
    '(%|sd|ms|nat|points|[kMG]B|(s|min|h|d|days?)( ago)?|false alerts? in .*)?( ±.*| \\\\(.*\\\\))?$');
  // What is no measurement: controls, times, names, marks of axes; and raw rows below their heads.
  const OTHER = '[aria-label=Rows], th, button, a, time, label, option, svg, .axis, .scale, .sheet, .plot, ' +
    'code, pre, kbd, h1, h2, h3, bdi';
  const explained = (e) => {
    for (let at = e; at && at.tagName !== 'MAIN'; at = at.parentElement) if (at.title) return true;
    return false;
  };
  const found = new Set();
  let numbers = 0;
  const isNumber = (e) => NUMBER.test(e.innerText?.trim() ?? '');
  for (const e of document.querySelectorAll('main *')) {
    if (e.closest(OTHER) || !isNumber(e) || [...e.children].some(isNumber) || !e.checkVisibility()) continue;
    numbers += 1;
    if (explained(e)) continue;
    const part = e.closest('section')?.getAttribute('aria-label') ?? e.closest('[id]')?.id ?? '';
    found.add(`${part}: ${e.tagName}.${e.className}: ${e.textContent}`);
  }
  for (const e of document.querySelectorAll('main input[type=number]')) {
    if (!e.checkVisibility()) continue;
    numbers += 1;
    const notes = [...(e.closest('.field')?.querySelectorAll('.note') ?? [])];
    if (e.title || notes.some((note) => note.innerText)) continue;
    found.add(`field: ${e.closest('label')?.innerText ?? e.getAttribute('aria-label')}`);
  }
  return { numbers, unexplained: [...found] };
}"""
"""How many numbers there are, and those that neither they nor anything around them explain."""


SETTINGS = (
    "models", "models?add=file", "models?learn={model}", "monitors?model={model}", "budget", "channels",
    "maintenance", "people", "data?model={model}", "audit",
)  # fmt: skip


def _unfolded(page: Any) -> None:
    """All that opens in its place is open, and all that is drawn when it comes near is drawn."""
    for _ in range(2):  # what unfolds may hold what unfolds
        for fold in page.locator("main button[aria-expanded=false]").element_handles():
            fold.evaluate("e => e.click()")
        page.evaluate(
            """async () => {
              const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
              for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
                scrollTo(0, y);
                await frame();
              }
            }"""
        )


def test_every_number_says_what_it_is_of(fleet: Any, walk: Open) -> None:
    model = "credit-default"
    living = fleet.service.metadata.alerts.find(model=model, state="living")
    number = next(alert.id for alert in living if alert.tier == "alert")
    found: dict[str, list[str]] = {}
    for view in VIEWS:
        page = walk(fleet.url + view.format(model=model, alert=number))
        page.wait_for_selector("main h1")
        page.locator(".state.loading").first.wait_for(state="detached")
        _unfolded(page)
        seen = page.evaluate(UNEXPLAINED)
        assert seen["numbers"] > 0 or view == "/alerts", view
        if seen["unexplained"]:
            found[view] = seen["unexplained"]
    assert found == {}


def test_every_number_of_the_settings_says_what_it_is_of(fleet: Any, walk: Open) -> None:
    """With a budget that is divided, a token, terms of a model's own, a monitor tried on the past."""
    model, budget = "credit-default", "/api/v1/fleet/budget"
    days = {"rows_days": 30, "labels_days": 60, "buckets_days": 90}
    asked(fleet.url, "PUT", budget, {"budget": "4/30d", "weights": {model: 3}})
    asked(fleet.url, "POST", "/api/v1/tokens", {"name": "nightly", "scope": "read", "days": 30})
    asked(fleet.url, "PUT", f"/api/v1/models/{model}/retention", days)
    found: dict[str, list[str]] = {}
    without: set[str] = set()
    for section in SETTINGS:
        page = walk(f"{fleet.url}/settings/{section.format(model=model)}")
        page.wait_for_selector("main h1")
        page.locator(".state.loading").first.wait_for(state="detached")
        if section.startswith("monitors"):
            page.get_by_role("button", name="Add a monitor").click()
            page.get_by_label("Metric").fill("rows")
            page.get_by_label("Alerts when it").select_option("below")
            page.get_by_label("Limit").fill("100000")
            page.get_by_role("button", name="Try on the past").click()
            page.get_by_role("heading", name="On the past:").wait_for()
        if section == "channels":
            page.get_by_role("button", name="Add a channel").click()
            page.get_by_label("Kind").select_option("mail")
        _unfolded(page)
        seen = page.evaluate(UNEXPLAINED)
        if not seen["numbers"]:
            without.add(section)
        if seen["unexplained"]:
            found[section] = seen["unexplained"]
    asked(fleet.url, "PUT", budget, {"budget": None, "weights": {}})
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
    assert without <= {"models?add=file", "maintenance", "people", "audit"}, "they have no numbers but times"


def asked(url: str, method: str, path: str, body: Any) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 201)


def test_every_number_of_a_report_says_what_it_is_of(visit: Open, small_record: ReportRecord) -> None:
    page = visit(small_record)
    page.wait_for_selector("main h1")
    _unfolded(page)
    seen = page.evaluate(UNEXPLAINED)
    assert seen["numbers"] > 0
    assert seen["unexplained"] == []


def test_what_hovering_says_is_read_without_a_pointer(fleet: Any, walk: Open) -> None:
    """A key lists it for the line with the focus, and Escape leads back to that line."""
    page = walk(fleet.url)
    page.wait_for_selector(".model-row")
    page.locator(".state.loading").first.wait_for(state="detached")
    page.keyboard.press("j")
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog", name="What the numbers are")
    dialog.wait_for()
    row = page.locator(".model-row", has=page.locator("[data-row]")).first
    for said in row.locator("[title]").evaluate_all("all => all.map((one) => one.title.trim())"):
        assert " ".join(said.split()) in " ".join(dialog.inner_text().split())
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('[data-row]')")


def test_a_phone_can_acknowledge_without_scrolling_past_the_evidence(fleet: Any, walk: Open) -> None:
    living = fleet.service.metadata.alerts.find(model="credit-default", state="living")
    number = next(alert.id for alert in living if alert.tier == "alert")
    page = walk(f"{fleet.url}/alerts/{number}", viewport={"width": 390, "height": 844})
    page.wait_for_selector("main h1")
    act = page.get_by_role("button", name="Resolve").bounding_box()
    evidence = page.get_by_role("heading", name="Evidence").bounding_box()
    became = page.get_by_role("heading", name="What became of it").bounding_box()
    assert page.locator("h1").bounding_box()["y"] < act["y"] < evidence["y"] < became["y"]
