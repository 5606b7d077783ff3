"""What a reader does with the page, in a real browser: opens it from disk, reads, searches, prints."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from leadline.reports.page import notebook


def _sample() -> ModuleType:
    path = Path(__file__).parents[1] / "reports" / "sample.py"
    spec = importlib.util.spec_from_file_location("leadline_browser_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sample = _sample()


Open = Callable[..., Any]

EVERY_LOUD = ["income", "employment", "months_at_address", "p_default", "state"]


def _becomes(found: Any, texts: list[str]) -> None:
    """The texts of the elements found are, or soon will be, these."""
    from playwright.sync_api import expect

    expect(found).to_have_text(texts)


def _overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_opens_from_disk_and_tells_the_verdict_first(visit: Open) -> None:
    """The first thing on the page is the verdict in words; then what changed, worst first, drawn."""
    page = visit(sample.sample())
    assert page.locator("h1").inner_text() == sample.sample().headline
    assert page.locator("h1").bounding_box()["y"] < 200
    names = page.locator(".column .name").all_inner_texts()
    assert names == EVERY_LOUD
    page.wait_for_selector(".column .histogram path.line-current")
    assert page.locator(".column .area-reference").count() >= 1
    assert "0.843 ±0.006" in page.locator("table.performance").inner_text()


def test_without_script_the_verdict_is_read(visit: Open) -> None:
    """Mail and untrusted notebooks run no script; verdict, changes and performance are there all the same."""
    page = visit(sample.sample(), java_script_enabled=False)
    text = page.locator("main").inner_text()
    for wanted in ("3 of 21 columns changed", "Income shifted down", "ROC AUC", "14 columns quiet"):
        assert wanted in text


def test_hostile_names_do_not_execute(visit: Open) -> None:
    """Markup in column names, sentences, categories and rules is shown as text."""
    page = visit(sample.hostile(), address="#open=quiet&open=method")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    page.locator(".column .name").first.click()
    page.wait_for_selector(".column .detail")
    assert page.evaluate("window.pwned") is None
    assert "onerror" in page.locator(".column .name").first.inner_text()
    assert _overflow(page) <= 0


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge(visit: Open, width: int, scheme: str) -> None:
    """On a phone and on a desk, light and dark, no horizontal scrolling, with everything unfolded."""
    size = {"width": width, "height": 844}
    folded = "#open=quiet&open=unjudged&open=method&open=column:income&open=column:age"
    page = visit(sample.sample(), address=folded, viewport=size, color_scheme=scheme)
    page.wait_for_selector(".column .detail")
    assert _overflow(page) <= 0
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == ("rgb(251, 250, 246)" if scheme == "light" else "rgb(16, 22, 28)")


def test_on_a_phone_the_first_screen_answers(visit: Open) -> None:
    """At 390 px the verdict and its summary stand on the first screen."""
    page = visit(sample.sample(), viewport={"width": 390, "height": 844})
    box = page.locator(".verdict .words").bounding_box()
    assert box["y"] + box["height"] < 844


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_jumps_when_pictures_are_drawn(visit: Open, width: int) -> None:
    """A picture is drawn when it comes near the view, and has its place until then: clicks do not miss."""
    page = visit(sample.sample(), address="#open=quiet", viewport={"width": width, "height": 200})
    heights = """() => {
        const places = document.querySelectorAll('div[style*="min-height"]');
        const measured = () => [...places].map((place) => place.getBoundingClientRect().height);
        const before = measured();
        dispatchEvent(new Event("beforeprint"));
        return new Promise((done) => setTimeout(() => done([before, measured()])));
    }"""
    before, after = page.evaluate(heights)
    assert len(before) >= 3
    assert after == before


def test_quiet_columns_are_one_line_that_opens(visit: Open) -> None:
    """All quiet columns are folded to one line; opened, each row leads to its details."""
    page = visit(sample.sample())
    fold = page.get_by_role("button", name="14 columns quiet")
    assert page.locator("table.columns").count() == 0
    fold.click()
    page.locator("table.columns").wait_for()
    assert page.locator("table.columns tbody tr").count() == 14
    page.get_by_role("button", name="loan_amount").click()
    assert "Kolmogorov-Smirnov distance" in page.locator("table.columns .detail").inner_text()


def test_the_address_holds_the_state(visit: Open) -> None:
    """What was searched, ordered and unfolded is in the address, and comes back from it."""
    page = visit(sample.sample())
    page.get_by_role("button", name="income").click()
    page.keyboard.press("s")
    _becomes(page.locator(".column .name"), sorted(EVERY_LOUD))
    address = page.evaluate("location.hash")
    assert "order=name" in address
    assert "open=column%3Aincome" in address
    again = visit(sample.sample(), address=address)
    _becomes(again.locator(".column.open .name"), ["income"])
    _becomes(again.locator(".column .name"), sorted(EVERY_LOUD))


def test_the_keyboard_reaches_everything(visit: Open) -> None:
    """`/` searches, Escape clears, `j` and `k` move, `e` opens, `?` helps."""
    page = visit(sample.sample())
    page.keyboard.press("/")
    page.keyboard.type("state")
    _becomes(page.locator(".column .name"), ["state"])
    page.keyboard.press("Escape")
    _becomes(page.locator(".column .name"), EVERY_LOUD)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "income"
    page.keyboard.press("e")
    _becomes(page.locator(".column.open .name"), ["income"])
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="hidden")


def test_the_numbers_behind_pictures_are_files(visit: Open) -> None:
    """Distributions, curves and metrics can be read as numbers; a distribution's are those that are drawn."""
    record = sample.sample()
    page = visit(record)
    page.locator(".column .name", has_text="income").first.click()
    page.locator(".confusion").scroll_into_view_if_needed()  # curves are drawn when they come near
    page.locator(".curve").first.scroll_into_view_if_needed()
    names = ["income distribution", "columns that changed", "performance", record.task.curves[0].title]
    names.append("confusion matrix")
    found = {}
    for name in names:
        with page.expect_download() as kept:
            page.get_by_role("button", name=f"CSV of {name}", exact=True).first.click()
        text = Path(kept.value.path()).read_text(encoding="utf-8-sig")
        found[name] = list(csv.DictReader(io.StringIO(text)))
    drawn = next(column.distribution for column in record.columns if column.name == "income")
    shares = [float(row["current share"]) for row in found["income distribution"]]
    assert shares == pytest.approx(drawn.current, rel=1e-3)
    assert [row["column"] for row in found["columns that changed"]] == EVERY_LOUD
    assert len(found["performance"]) >= len(record.performance)
    assert {row["side"] for row in found[names[3]]} == {"reference", "current"}
    rows = sum(int(row["current rows"]) for row in found["confusion matrix"])
    assert rows == sum(map(sum, record.task.confusion.current))
    page.get_by_role("button", name="Table of income distribution", exact=True).click()
    table = page.get_by_role("region", name="income distribution")
    assert table.locator("tbody tr").count() == len(shares)


def test_a_search_without_a_match_says_so(visit: Open) -> None:
    """An empty result is a sentence, not an empty page."""
    page = visit(sample.sample(), address="#q=nowhere")
    assert "No column matches" in page.locator("main").inner_text()


def test_five_hundred_columns_open_and_are_searched(visit: Open) -> None:
    """A wide report opens with its worst columns drawn; the quiet ones are only built when unfolded."""
    page = visit(sample.wide(500))
    page.wait_for_selector(".column .line-current")
    assert page.locator(".column").count() == 20
    assert page.evaluate("document.querySelectorAll('*').length") < 5_000
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 2_000
    page.keyboard.press("/")
    page.keyboard.type("sensor_0499")
    _becomes(page.locator("table.columns tbody .name"), ["sensor_0499"])


def test_many_loud_columns_are_shown_by_and_by(visit: Open) -> None:
    """Where everything changed, the first forty are shown, and the rest on request."""
    base = sample.wide(60)
    loud = [msgspec.structs.replace(column, verdict="alert") for column in base.columns]
    page = visit(msgspec.structs.replace(base, columns=loud))
    assert page.locator(".column").count() == 40
    # By keyboard: distributions that are drawn on the way move what a pointer aims at.
    page.get_by_role("button", name="Show 20 more columns").press("Enter")
    page.locator(".column").nth(59).wait_for()
    assert page.locator(".column").count() == 60


def test_print_draws_what_was_not_in_view(visit: Open) -> None:
    """Before printing, every distribution is drawn, also those never scrolled to."""
    page = visit(sample.wide(500))
    drawn = page.locator(".column .line-current").count()
    assert drawn < 20
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("document.querySelectorAll('.column .line-current').length === 20")


def test_the_notebook_frame_draws_the_report_and_hides_the_plain_text(visit: Open) -> None:
    """In a trusted notebook the frame holds the live report; unfolding works without an address."""
    page = visit(sample.sample(), text=f"<!doctype html><title>cell</title>{notebook(sample.sample())}")
    frame = page.frame_locator("iframe")
    frame.locator(".column .name").first.click()
    frame.locator(".column.open").wait_for()
    assert not page.locator(".leadline-plain").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(visit: Open, faint: Callable[[Any], list[str]], scheme: str) -> None:
    """Every text stands out from its ground by at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    folded = "#open=quiet&open=unjudged&open=method&open=column:income"
    page = visit(sample.sample(), address=folded, color_scheme=scheme)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector(".curve text")
    assert faint(page) == []
