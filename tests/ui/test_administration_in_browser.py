"""An admin looks after what is kept, in a real browser against a real server."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytestmark = pytest.mark.long

Open = Callable[..., Any]
MODEL = "price-elasticity"


@pytest.fixture
def desk(sample: Any, tmp_path: Path) -> Iterator[Any]:
    """A server with the rows of one model, where everybody is an admin."""
    with sample.serving(tmp_path / "data", stories=()) as found:
        yield found


def data(desk: Any, walk: Open, **options: Any) -> Any:
    page = walk(f"{desk.url}/settings/data?model={MODEL}", expected="404", **options)
    page.get_by_role("form", name="Erase a person").wait_for()
    return page


def test_a_person_is_erased_once_that_is_said_twice(desk: Any, walk: Open, sample: Any) -> None:
    def rows() -> int:
        return int(desk.service.store.rows(MODEL)["predictions"])

    before = rows()
    first = f"{MODEL}-{sample.LIVE_START // sample.DAY}"
    page = data(desk, walk)
    form = page.get_by_role("form", name="Erase a person")
    form.get_by_label("Values").fill(f"{first}-0, {first}-1\n{first}-2")
    form.get_by_role("button", name="Erase", exact=True).click()
    question = form.get_by_role("alertdialog")
    assert "Erase what is kept of 3 ids" in question.inner_text()
    question.get_by_role("button", name="Keep it").click()
    question.wait_for(state="detached")
    assert rows() == before
    form.get_by_role("button", name="Erase", exact=True).click()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    form.get_by_text("Erased: 3 predictions").wait_for()
    assert rows() == before - 3
    (entry, *_) = desk.service.metadata.audit.latest(None, 1)
    assert "erase" in entry.told.action
    assert first not in str(entry)


def test_an_unknown_column_erases_nothing_and_is_told(desk: Any, walk: Open) -> None:
    page = walk(f"{desk.url}/settings/data?model={MODEL}", expected="40")
    form = page.get_by_role("form", name="Erase a person")
    form.get_by_label("Column").fill("no such column")
    form.get_by_label("Values").fill("somebody")
    form.get_by_role("button", name="Erase", exact=True).click()
    form.get_by_role("button", name="Erase for good").click()
    form.locator("[role=alert], [role=status]:not(:empty)").wait_for()
    assert form.get_by_text("Erased:").count() == 0


def test_a_backup_and_an_export_are_taken_away(desk: Any, walk: Open, tmp_path: Path) -> None:
    page = data(desk, walk)
    copies = page.get_by_role("region", name="Copies of everything")
    for button, wanted in (("Take a backup", "leadline.sqlite"), ("Export", "manifest")):
        with page.expect_download() as taken:
            copies.get_by_role("button", name=button).click()
        copies.get_by_text("is on its way to your downloads").wait_for()
        file = tmp_path / taken.value.suggested_filename
        taken.value.save_as(file)
        with tarfile.open(file) as archive:
            assert any(wanted in name for name in archive.getnames()), archive.getnames()


def test_how_long_what_was_told_is_kept_is_set_and_shown(desk: Any, walk: Open) -> None:
    page = data(desk, walk)
    form = page.get_by_role("form", name="How long what was told is kept")
    form.get_by_label("Messages").fill("0")
    form.get_by_role("button", name="Save terms").click()
    assert form.get_by_text("Kept.").count() == 0
    form.get_by_label("Messages").fill("45")
    form.get_by_role("button", name="Save terms").click()
    form.get_by_text("Kept. What is older goes within the hour.").wait_for()
    assert desk.service.metadata.retention.history().messages_days == 45
    line = page.get_by_role("table", name="All that is kept").get_by_role("row", name="delivered messages")
    line.get_by_role("cell", name="45").wait_for()


def test_maintenance_is_planned_and_taken_back(desk: Any, walk: Open) -> None:
    page = walk(f"{desk.url}/settings/maintenance", expected="400")
    form = page.get_by_role("form", name="Plan maintenance")
    form.get_by_label("Why").fill("Migration")
    form.get_by_label("Begins").fill("2026-08-02T10:00")
    form.get_by_label("Ends").fill("2026-08-02T09:00")
    form.get_by_role("button", name="Plan").click()
    form.get_by_role("alert").wait_for()
    assert "ends before it begins" in form.get_by_role("alert").inner_text()
    form.get_by_label("Ends").fill("2026-08-02T12:00")
    form.get_by_label("Models").fill("price-*")
    form.get_by_role("button", name="Plan").click()
    line = page.get_by_role("table", name="Maintenance").get_by_role("row", name="Migration")
    line.wait_for()
    (window,) = desk.service.metadata.maintenance.all()
    assert (window.model, window.why) == ("price-*", "Migration")
    # The browser is in Berlin, two hours before UTC in August.
    assert sample_hours(window.begins, window.ends) == (8, 10)
    line.get_by_role("button", name="Remove").click()
    line.get_by_role("button", name="Remove it?").click()
    page.get_by_text("Nothing is planned.").wait_for()
    assert desk.service.metadata.maintenance.all() == []


def sample_hours(*moments: int) -> tuple[int, ...]:
    """Hours of the day in UTC."""
    return tuple(moment // 3_600_000_000 % 24 for moment in moments)


def test_a_budget_is_divided_among_the_fleet_and_taken_back(fleet: Any, walk: Open) -> None:
    def kept() -> Any:
        return fleet.service.metadata.options.fleet()

    page = walk(f"{fleet.url}/settings/budget", expected="400")
    form = page.get_by_role("form", name="Budget of the fleet")
    form.get_by_text("None is set").wait_for()
    form.get_by_label("False alerts allowed").fill("0")
    form.get_by_label("in so many days").fill("30")
    form.get_by_role("button", name="Save the budget").click()
    form.get_by_role("alert").wait_for()
    assert "not an alert budget" in form.get_by_role("alert").inner_text().lower()
    assert kept().budget is None
    form.get_by_label("False alerts allowed").fill("4")
    form.get_by_role("button", name="Weigh a model").click()
    weights = form.get_by_role("table", name="Weights of models")
    weights.get_by_label("Model").fill("credit-default")
    form.get_by_role("button", name="Save the budget").click()
    form.get_by_text("Kept.").wait_for()
    assert (kept().budget, kept().weights) == ("4/30d", {"credit-default": 2.0})
    shares = page.get_by_role("table", name="Shares of the budget")
    shares.get_by_text("2 false alerts in 30 days").wait_for()
    said = {line.get_by_role("rowheader").inner_text(): line.inner_text() for line in rows_of(shares)}
    assert "2 false alerts in 30 days" in said["credit-default"]
    assert "1 false alert in 30 days" in said["churn-eu"]
    page.reload()
    assert weights.get_by_label("Model").input_value() == "credit-default"
    assert form.get_by_label("False alerts allowed").input_value() == "4"
    weights.get_by_role("button", name="Remove").click()
    form.get_by_role("button", name="Remove the budget").click()
    form.get_by_role("button", name="Remove it?").click()
    form.get_by_text("No budget of the fleet any more").wait_for()
    assert (kept().budget, kept().weights) == (None, {})
    shares.wait_for(state="detached")


def rows_of(table: Any) -> list[Any]:
    return list(table.locator("tbody").get_by_role("row").all())


def _policy(desk: Any) -> Any:
    return json.loads(msgspec.json.encode(desk.service.metadata.policies.of(MODEL)))["fields"]


def _fill(form: Any, field: str, action: str, detail: str = "") -> None:
    form.get_by_role("button", name="Add a field").click()
    line = form.locator("fieldset").last
    line.get_by_label("Field").fill(field)
    line.get_by_label("Before it is sent").select_option(action)
    if detail:
        line.get_by_role("textbox" if action != "truncate" else "spinbutton").last.fill(detail)


def test_what_clients_may_send_is_stated_corrected_and_taken_back(desk: Any, walk: Open) -> None:
    """Every action is stated by its own words, and what the server refuses is told with what it accepts."""
    page = walk(f"{desk.url}/settings/data?model={MODEL}", expected="400")
    form = page.get_by_role("form", name="What clients may send")
    form.get_by_text("Nothing is stated").wait_for()
    _fill(form, "ssn", "drop")
    _fill(form, "zip", "truncate", "2")
    _fill(form, "income", "generalise", "1000")
    _fill(form, "born", "generalise", "year")
    _fill(form, "note", "redact", "email, iban")
    _fill(form, "*", "redact")
    _fill(form, "id", "truncate", "4")
    save = form.get_by_role("button", name="Save what clients may send")
    save.click()
    assert "id can only be hashed" in form.get_by_role("alert").inner_text()
    assert _policy(desk) == {}, "nothing of it holds"
    form.locator("fieldset").last.get_by_label("Before it is sent").select_option("hash")
    save.click()
    form.get_by_role("status").wait_for()
    stated = {
        "ssn": {"action": "drop"},
        "zip": {"action": "truncate", "characters": 2},
        "income": {"action": "generalise", "step": 1000.0},
        "born": {"action": "generalise", "to": "year"},
        "note": {"action": "redact", "kinds": ["email", "iban"]},
        "*": {"action": "redact"},
        "id": {"action": "hash"},
    }
    assert _policy(desk) == stated
    page.reload()
    form.locator("fieldset").nth(6).wait_for()
    assert form.locator("fieldset").nth(1).get_by_role("spinbutton").input_value() == "2"
    form.get_by_role("button", name="Remove zip").click()
    form.locator("fieldset").nth(1).get_by_label("Field").fill("ssn")
    save.click()
    assert "ssn is named twice" in form.get_by_role("alert").inner_text()
    assert _policy(desk) == stated
    for _ in range(6):
        form.get_by_role("button", name="Remove ").first.click()
    save.click()
    form.get_by_role("status").wait_for()
    assert _policy(desk) == {}
