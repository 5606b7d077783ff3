"""What a reader does with a report's timeline, in a real browser: looks closer, asks, follows an alert."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loading import loaded

from leadline.reports.page import embedded, notebook, render, static
from leadline.reports.record import ReportRecord, Timeline, TimelineEvent

sample = loaded("tests/ui/timeline_sample.py")

Open = Callable[..., Any]
REFERENCE = 120


def _timeline(record: ReportRecord) -> Timeline:
    assert record.timeline is not None
    return record.timeline


def _with(record: ReportRecord, **changes: Any) -> ReportRecord:
    return msgspec.structs.replace(record, timeline=msgspec.structs.replace(_timeline(record), **changes))


def _drag(page: Any, start: float, end: float) -> None:
    """From one place to another of the rows' picture, as shares of its width."""
    box = page.locator(".brush").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], y)
    page.mouse.move(box["x"] + end * box["width"], y)
    page.mouse.up()


def test_without_times_there_is_no_timeline(visit: Open) -> None:
    """A report whose record has no timeline does not speak of one."""
    page = visit(msgspec.structs.replace(sample.over_time(), timeline=None))
    page.wait_for_selector("#changed")
    assert page.locator("#over-time").count() == 0


def test_budget_alerts_and_columns_stand_on_one_axis(visit: Open) -> None:
    """The budget in a sentence, three lanes of metrics, the columns that stir, and the quiet ones folded."""
    page = visit(sample.over_time())
    page.wait_for_selector("#over-time .heat-name")
    said = page.locator("#over-time > .sentence").inner_text()
    assert (
        "You allow 1 false alert in 30 days. Expected in these 46 days: 1.5; 2 alerts seen, 1 still" in said
    )
    names = page.locator(".metric .lane-name").all_inner_texts()
    assert [name.split(" ")[0] for name in names] == ["ROC", "Log", "Accuracy"]
    rows = page.locator(".heat-name").all_inner_texts()
    assert rows == ["income", "months_at_address", "performance", "p_default", "state"]
    assert page.get_by_role("button", name="15 quiet columns").count() == 1
    box = page.locator("#over-time").bounding_box()
    assert box["y"] < page.locator("#changed").bounding_box()["y"]


def test_what_was_told_stands_where_it_happened(visit: Open) -> None:
    record = sample.over_time()
    windows = _timeline(record).windows
    happened = (("configuration", 40), ("deploy", REFERENCE + 5))
    events = [TimelineEvent(windows[at].start, kind, f"<b>{kind}</b>") for kind, at in happened]
    page = visit(_with(record, events=events))
    flags = page.locator(".mark-flag").all()
    assert page.locator(".mark-name").all_inner_texts() == [kind for kind, _ in happened]
    assert [flag.get_attribute("title").split(" · ")[1] for flag in flags] == [event.text for event in events]
    lane = page.locator(".marks .plot").bounding_box()
    places = [(flag.bounding_box()["x"] - lane["x"]) / lane["width"] for flag in flags]
    assert 0.05 < places[0] < places[1] - 0.05 < 0.9


def test_panels_share_their_left_and_right_edge(visit: Open) -> None:
    """Rows, calendar, alerts, metrics and columns begin and end at the same place."""
    page = visit(sample.over_time())
    page.wait_for_selector(".heat-plot")
    edges = page.evaluate(
        """[...document.querySelectorAll('#over-time .plot')].map((plot) => {
            const box = plot.getBoundingClientRect();
            return `${box.left.toFixed(1)} ${box.right.toFixed(1)}`;
        })"""
    )
    assert len(edges) > 6
    assert len(set(edges)) == 1


def test_dragging_looks_closer_and_the_address_keeps_it(visit: Open) -> None:
    """A part of the time is chosen by dragging, kept in the address, and given up by a button."""
    page = visit(sample.over_time())
    page.wait_for_selector(".heat-plot")
    _drag(page, 0.5, 0.75)
    page.get_by_role("button", name="Show all").wait_for()
    address = page.evaluate("location.hash")
    assert address.startswith("#windows=")
    again = visit(sample.over_time(), address=address)
    shown = again.get_by_text("of 166 windows").inner_text()
    assert shown == page.get_by_text("of 166 windows").inner_text()
    again.get_by_role("button", name="Show all").click()
    again.get_by_text("166 windows of 1 day").wait_for()
    assert again.evaluate("location.hash") == ""


def test_the_keyboard_looks_closer(visit: Open) -> None:
    """Both ends of the time shown move with the arrow keys, and do not pass each other."""
    page = visit(sample.over_time())
    first = page.get_by_role("slider", name="First window shown")
    first.focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert first.get_attribute("aria-valuenow") == "10"
    assert first.get_attribute("aria-valuetext") == "Thu 15 Jan 2026"
    page.keyboard.press("End")
    assert first.get_attribute("aria-valuenow") == "164"
    page.keyboard.press("Home")
    page.get_by_text("166 windows of 1 day").wait_for()


def test_an_alert_leads_to_its_card_and_from_there_to_the_column(visit: Open) -> None:
    """A click on an alert's bar shows its card; a click on what it names unfolds the column's row."""
    page = visit(sample.over_time())
    page.locator(".alert-bar").last.click()
    card = page.locator(".alert-card:focus")
    card.wait_for()
    assert "Income shifted down by 0.38 sd" in card.inner_text()
    assert "since Thu 25 Jun 2026, still open" in card.inner_text()
    card.get_by_role("button", name="income").click()
    page.locator(".heat-detail").get_by_text("How this verdict was reached").wait_for()
    assert page.locator('.heat-name[aria-expanded="true"]').inner_text() == "income"


def test_alerts_stand_worst_first_and_say_their_tier_in_shape_and_word(visit: Open) -> None:
    """Open alerts, closed alerts, warnings; each with its shape and its word."""
    page = visit(sample.over_time())
    heads = page.locator(".alert-card .mark").all_inner_texts()
    assert heads == ["Alert", "Alert", "Warning"]
    shapes = page.evaluate(
        "[...document.querySelectorAll('.alert-bar .shape path')].map((path) => path.getAttribute('d'))"
    )
    assert len(set(shapes)) == 2


def test_the_keyboard_reads_the_map(visit: Open) -> None:
    """On the map the arrows move from cell to cell, each said in words, and Enter unfolds the column."""
    page = visit(sample.over_time())
    page.wait_for_selector(".heat-plot")
    page.locator(".heat-name").last.focus()
    page.keyboard.press("Tab")
    tip = page.locator(".tip")
    tip.wait_for()
    assert "income" in tip.inner_text()
    assert "beyond the alert threshold: over a million times rarer" in tip.inner_text()
    page.keyboard.press("ArrowDown")
    page.get_by_text("months_at_address").nth(0).wait_for()
    assert "months_at_address" in tip.inner_text()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    page.locator(".heat-detail").wait_for()
    assert page.locator('.heat-name[aria-expanded="true"]').inner_text() == "months_at_address"


def test_pointing_reads_all_panels_at_once(visit: Open) -> None:
    """The window under the pointer is named, and its values are read in every lane."""
    page = visit(sample.over_time())
    page.wait_for_selector(".heat-plot")
    plot = page.locator(".metric .plot").first
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 20)
    page.locator(".read").wait_for()
    assert "Mon 5 Jan 2026" in page.locator(".read").inner_text()
    value = _timeline(sample.over_time()).performance[0].values[0]
    assert value is not None
    assert f"{value:.3f}" in page.locator(".metric").first.inner_text()


def test_pointing_does_not_draw_the_map_again(visit: Open) -> None:
    """While the pointer moves, no path of the map is touched, however many cells it has."""
    page = visit(sample.over_time(), address="#open=calm")
    page.locator(".heat-plot").nth(1).wait_for()
    page.evaluate(
        """window.touched = 0;
        new MutationObserver((changes) => {
          touched += changes.filter(({target}) => target.closest('svg')).length;
        }).observe(document.querySelector('.heat'), {subtree: true, childList: true, attributes: true});"""
    )
    page.locator(".heat-plot").first.scroll_into_view_if_needed()
    box = page.locator(".heat-plot").first.bounding_box()
    for step in range(20):
        page.mouse.move(box["x"] + box["width"] * step / 20, box["y"] + 4 * step)
    page.locator(".tip").wait_for()
    assert page.evaluate("touched") == 0


def test_the_numbers_are_a_file(visit: Open) -> None:
    """Every cell of the map is in the file, and the unknown ones are empty."""
    page = visit(sample.over_time())
    with page.expect_download() as kept:
        page.get_by_role("button", name="CSV of columns over time").click()
    text = Path(kept.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    timeline = _timeline(sample.over_time())
    assert len(rows) == len(timeline.heat) * len(timeline.windows)
    found = [row["surprise"] for row in rows if row["column"] == "income"]
    wanted = next(row for row in timeline.heat if row.source == "income")
    assert [None if text == "" else float(text) for text in found] == wanted.surprise


def test_the_numbers_are_a_file_in_a_notebook_too(visit: Open) -> None:
    """The frame of a notebook's cell lets the reader keep a file."""
    page = visit(sample.over_time(), text=f"<!doctype html><title>cell</title>{notebook(sample.over_time())}")
    with page.expect_download() as kept:
        page.frame_locator("iframe").get_by_role("button", name="CSV of alerts").click()
    assert kept.value.suggested_filename == "alerts.csv"


def test_every_picture_has_its_table(visit: Open) -> None:
    """Windows, columns and alerts each unfold as a table."""
    page = visit(sample.over_time())
    for name, wanted in (
        ("windows", "ROC AUC, estimated"), ("columns over time", "months_at_address"), ("alerts", "Named"),
    ):  # fmt: skip
        page.get_by_role("button", name=f"Table of {name}", exact=True).click()
        table = page.get_by_role("region", name=name, exact=True)
        table.wait_for()
        assert wanted in table.inner_text() or name == "alerts"
    assert "total_variation" in page.get_by_role("region", name="alerts", exact=True).inner_text()


def test_windows_that_are_not_judged_say_why(visit: Open) -> None:
    """Without a budget the reason stands in place of the alerts, and the map shows sizes of change."""
    page = visit(sample.unjudged())
    text = page.locator("#over-time").inner_text()
    assert "Windows are not judged: the reference has 5 windows of 1 day; 8 are needed." in text
    assert "by the distance to the baseline" in text
    assert page.locator(".alert-bars").count() == 0
    page.locator(".heat").scroll_into_view_if_needed()
    page.locator(".heat-name").first.wait_for()
    assert page.locator(".heat-name").all_inner_texts() == ["income"]


def test_a_budget_that_is_not_supported_is_not_promised(visit: Open) -> None:
    """The reason is said, and the promise at the top stays the one that holds."""
    timeline = _timeline(sample.over_time())
    assert timeline.budget is not None
    why = "12 days of reference, 30 needed"
    budget = msgspec.structs.replace(timeline.budget, supported=False, decides=False, reason=why)
    page = visit(_with(sample.over_time(), budget=budget))
    assert f"This budget is not supported: {why}." in page.locator("#over-time").inner_text()
    assert "in 100 such checks" in page.locator(".compared").first.inner_text()
    decided = visit(sample.over_time())
    assert "at most 1 false alert in 30 days" in decided.locator(".compared").first.inner_text()


def test_a_side_without_windows_is_no_error(visit: Open) -> None:
    """No current windows, or none at all: the section says what there is."""
    for count in (REFERENCE, 0):
        timeline = _timeline(sample.over_time())
        heat = [
            msgspec.structs.replace(row, surprise=row.surprise[:count], effect=row.effect[:count])
            for row in timeline.heat
        ]
        bare = _with(
            sample.over_time(), windows=timeline.windows[:count], heat=heat, performance=[], alerts=[],
            budget=None, reason="no row of the current table has a usable time",
        )  # fmt: skip
        page = visit(bare)
        assert "no row of the current table has a usable time" in page.locator("#over-time").inner_text()


def test_hostile_names_over_time_do_not_execute(visit: Open) -> None:
    """Markup in sources, sentences and reasons is shown as text, in the page and in its tip."""
    timeline = _timeline(sample.over_time())
    bad = '<img src=x onerror="window.pwned=1">\'"]</script>'
    heat = [msgspec.structs.replace(timeline.heat[0], source=bad), *timeline.heat[1:]]
    alert = timeline.alerts[2]
    sources = [msgspec.structs.replace(alert.sources[0], source=bad, sentence=bad)]
    alerts = [*timeline.alerts[:2], msgspec.structs.replace(alert, sentence=bad, sources=sources)]
    page = visit(_with(sample.over_time(), heat=heat, alerts=alerts, why=bad))
    page.wait_for_selector(".heat-plot")
    page.locator(".alert-card .name").first.click()
    page.locator(".heat-plot").first.hover()
    page.locator(".tip").wait_for()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert "<img" in page.locator(".alert-card .sentence").first.inner_text()


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_timeline_stays_inside_and_is_readable(
    visit: Open, faint: Callable[[Any], list[str]], width: int, scheme: str
) -> None:
    """No horizontal scrolling and no faint text, with everything unfolded."""
    folded = "#open=over:income&open=calm&windows=90-165"
    size = {"width": width, "height": 844}
    page = visit(sample.over_time(), address=folded, viewport=size, color_scheme=scheme)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.locator(".heat-detail").wait_for()
    page.get_by_role("button", name="Table of windows").click()
    page.locator(".heat-plot").first.hover()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert faint(page) == []


@pytest.mark.long
def test_many_columns_and_windows_stay_few_elements_and_a_small_file(visit: Open) -> None:
    """505 rows by 400 windows: below 3 MB, and the map is paths, not cells."""
    record = sample.over_time(200, 200, 500)
    text = render(record)
    assert len(text.encode()) < 3_000_000
    page = visit(record, text=text, address="#open=calm")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("document.querySelectorAll('.heat-name').length === 505")
    assert page.locator(".heat path").count() < 200
    page.locator(".heat-name").last.click()
    page.locator(".heat-detail").wait_for()


def test_without_script_the_budget_and_the_alerts_are_read() -> None:
    """The plain page has the budget's sentence and each alert with its times, and nothing is markup."""
    plain = static(sample.over_time())
    assert "You allow 1 false alert in 30 days; expected in the current windows: 1.5; 2 alerts seen." in plain
    assert "Income shifted down by 0.38 sd since 25 June; ROC AUC fell by 0.031." in plain
    assert "since 2026-06-24 22:00 UTC, still open" in plain
    assert "at most 1 false alert in 30 days" in plain
    assert "the reference has 5 windows of 1 day; 8 are needed" in static(sample.unjudged())
    assert "Over time" not in static(msgspec.structs.replace(sample.over_time(), timeline=None))
    bad = _with(sample.unjudged(), reason="<b>no</b>")
    assert "<b>no" not in static(bad)


def test_without_script_alerts_come_before_warnings_and_none_is_silently_left_out() -> None:
    """As with it: what is open first. Where there are very many, it says how many more."""
    record = sample.over_time()
    alerts = _timeline(record).alerts
    plain = static(record)
    places = [plain.index(html.escape(alert.sentence)) for alert in (alerts[2], alerts[1], alerts[0])]
    assert places == sorted(places)
    warning, loud = alerts[0], alerts[2]
    many = [*(msgspec.structs.replace(warning, sentence=f"warning {i}") for i in range(99)), loud]
    plain = static(_with(record, alerts=many))
    assert html.escape(loud.sentence) in plain
    shown = sum(f"warning {i} " in plain for i in range(99))
    assert shown < 99
    assert f"<li>{99 - shown} more</li>" in plain


def test_a_large_map_carries_less_of_its_quiet_rows_only() -> None:
    """Beyond 60,000 cells quiet rows lose digits and effects; others lose nothing, nor small maps."""
    record = sample.over_time(80, 60, 500)
    carried = {row["source"]: row for row in json.loads(embedded(record))["timeline"]["heat"]}
    for row in _timeline(record).heat:
        own = carried[row.source]
        if row.tier:
            assert own["surprise"] == row.surprise
            assert own["effect"] == row.effect
        else:
            assert own["effect"] == []
            assert own["surprise"] == [None if s is None else math.floor(s) for s in row.surprise]
    small = json.loads(embedded(sample.over_time()))["timeline"]["heat"]
    assert [row["surprise"] for row in small] == [row.surprise for row in _timeline(sample.over_time()).heat]
