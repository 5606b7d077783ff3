"""A real browser for the tests of the page, and the complaints that none of them may cause."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from leadline.reports.page import render
from leadline.reports.record import ReportRecord
from leadline.server import pages

OFFLINE = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


def _absent(reason: str) -> None:
    if os.environ.get("LEADLINE_TEST_PEERS"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium of the machine; the tests are skipped where there is none."""
    if importlib.util.find_spec("playwright") is None:
        _absent("the package playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        _absent("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=OFFLINE)
        yield chromium
        chromium.close()


Open = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a report from disk; at the end, nothing may have been requested, logged or thrown."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_page(record: ReportRecord, *, address: str = "", text: str | None = None, **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(text if text is not None else render(record), encoding="utf-8")
        options.setdefault("viewport", {"width": 1440, "height": 900})
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: _note_request(complaints, request.url, file.as_uri()))
        page.goto(file.as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note_request(complaints: list[str], url: str, page: str) -> None:
    # A file that the page makes for the reader to keep is a blob of its own.
    if url.split("#")[0] != page and not url.startswith(("data:", "blob:")):
        complaints.append(f"request: {url[:200]}")


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """`fleet_sample.py`."""
    path = Path(__file__).with_name("fleet_sample.py")
    spec = importlib.util.spec_from_file_location("leadline_fleet_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not (pages.DIRECTORY / "app.js").is_file():
        pytest.skip("the page is not built")
    return module


@pytest.fixture(scope="session")
def fleet(sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server of three models, one of which alerts, and one without a baseline."""
    names = ("credit-default", "churn-eu", "delivery-eta")
    stories = tuple(story for story in sample.STORIES if story.name in names)
    with sample.serving(tmp_path_factory.mktemp("fleet") / "data", stories=stories) as found:
        assert found.service.worker.problems == {}
        yield found


@pytest.fixture
def walk(browser: Any) -> Iterator[Open]:
    """Opens an address of a server; at the end, nothing was thrown, logged or asked of elsewhere."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_page(address: str, *, expected: str = "", **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("timezone_id", "Europe/Berlin")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        origin = "/".join(address.split("/")[:3])

        def complain(text: str) -> None:
            if not expected or expected not in text:
                complaints.append(text)

        page.on("console", lambda message: complain(f"console: {message.text}"))
        page.on("pageerror", lambda error: complain(f"error: {error}"))
        page.on("request", lambda request: _note_foreign(complaints, request.url, origin))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note_foreign(complaints: list[str], url: str, origin: str) -> None:
    if not url.startswith((f"{origin}/", "data:", "blob:")):
        complaints.append(f"request: {url[:200]}")


CONTRAST = """() => {
  const luminance = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$|transparent/.test(c)) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    if (e.closest('script, style, dialog')) continue;
    const style = getComputedStyle(e);
    const ink = e instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(ink), luminance(background(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
  }
  return low;
}"""


@pytest.fixture
def faint() -> Callable[[Any], list[str]]:
    """Texts that stand out from their ground by less than 4.5 to 1."""
    return lambda page: page.evaluate(CONTRAST)


AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"


@pytest.fixture
def barriers() -> Callable[[Any], list[str]]:
    """What axe finds serious on a page, and texts that are faint."""
    if not AXE.is_file():
        _absent("axe-core is not installed: python hatch_build.py tools")
    axe = AXE.read_text(encoding="utf-8")

    def found(page: Any) -> list[str]:
        page.evaluate(axe)
        violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}"
            for one in violations
            if one["impact"] in ("serious", "critical")
        ] + page.evaluate(CONTRAST)

    return found
