"""Every number of the page says on hover what it is of: on each view, with all that unfolds unfolded."""

from __future__ import annotations

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
  const NUMBER =
    /^[<≤+\\u2212-]?\\d[\\d.\\u202f]*(e\\u2212?\\d+)?\\u202f?(%|sd|ms|nat|points)?( ±.*| \\(.*\\))?$/;
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
  return { numbers, unexplained: [...found] };
}"""
"""How many numbers there are, and those that neither they nor anything around them explain."""


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


def test_every_number_of_a_report_says_what_it_is_of(visit: Open, small_record: ReportRecord) -> None:
    page = visit(small_record)
    page.wait_for_selector("main h1")
    _unfolded(page)
    seen = page.evaluate(UNEXPLAINED)
    assert seen["numbers"] > 0
    assert seen["unexplained"] == []
