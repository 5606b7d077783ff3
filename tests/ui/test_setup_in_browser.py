"""People set a server up, compare and explore, in a real browser against a real server."""

from __future__ import annotations

import itertools
import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from leadline.server.access import passwords
from leadline.server.run import listening, server

pytestmark = pytest.mark.long

Open = Callable[..., Any]
Barriers = Callable[[Any], list[str]]
NAME, PASSWORD = "ada", "a long enough password"
FILTERS = json.dumps([{"column": "state", "values": ["CA"]}])
SECTIONS = (
    "models",
    "models?add=file",
    "monitors",
    "monitors?as=yaml",
    "budget",
    "channels",
    "data",
    "maintenance",
    "people",
    "audit",
)


@dataclass
class Desk:
    """A server with one model that waits for a baseline; `url` asks who one is, `open_url` does not."""

    service: Any
    url: str
    open_url: str
    code: str


@contextmanager
def asking(service: Any) -> Iterator[str]:
    """A second way to a service, which asks everybody who it is."""
    with listening("127.0.0.1", 0) as socket:
        web = server(service, open=False)
        thread = threading.Thread(target=web.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            web.should_exit = True
            thread.join()


@pytest.fixture
def desk(sample: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(passwords, "COST", (4, 8, 1))
    with sample.serving(tmp_path / "data", stories=()) as open_to_all, asking(open_to_all.service) as url:
        yield Desk(open_to_all.service, url, open_to_all.url, open_to_all.service.sign_in.new_code() or "")


def status(url: str, token: str) -> int:
    """What a program with a token is answered."""
    request = urllib.request.Request(f"{url}/api/v1/models", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def test_an_admin_comes_in_makes_a_token_and_revokes_it(desk: Desk, walk: Open) -> None:
    page = walk(f"{desk.url}/setup?code={desk.code}", expected="401")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make and sign in").click()
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="People and tokens").click()
    form = page.get_by_role("form", name="Make a token")
    form.get_by_label("Name", exact=True).fill("nightly")
    form.get_by_label("May").select_option("read")
    form.get_by_role("button", name="Make").click()
    secret = page.locator(".once code").inner_text()
    assert status(desk.url, secret) == 200
    page.reload()
    line = page.get_by_role("table", name="Tokens").get_by_role("row", name="nightly")
    line.wait_for()
    assert secret not in page.content(), "it is shown once"
    line.get_by_role("button", name="Revoke").click()
    assert status(desk.url, secret) == 200, "asked first"
    line.get_by_role("button", name="Revoke nightly?").click()
    line.wait_for(state="detached")
    assert status(desk.url, secret) == 401
    page.get_by_role("link", name="Audit log").click()
    whats = page.get_by_role("table", name="Audit log").locator("tbody td:nth-child(3)")
    whats.first.wait_for()
    assert whats.all_inner_texts()[:2] == ["Tokens: remove token", "Tokens: add token"]


def test_who_may_only_read_is_offered_nothing_else(desk: Desk, walk: Open) -> None:
    with desk.service.metadata.database.transaction() as own:
        kept = passwords.kept(PASSWORD)
        desk.service.metadata.users.add(own, "vera", kept, "viewer", None, desk.service.clock())
    page = walk(f"{desk.url}/settings/people", expected="401")
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("This is for admins.").wait_for()
    page.get_by_role("link", name="Models").first.click()
    page.get_by_role("table", name="Models").wait_for()
    assert page.get_by_role("button", name="Add a model").count() == 0
    assert page.get_by_role("button", name="Learn").count() == 0
    page.goto(f"{desk.url}/settings/data")
    page.get_by_role("table", name="All that is kept").wait_for()
    page.get_by_role("heading", name="What of its rows is shown").wait_for()
    page.get_by_text("Nothing is stated: clients send").wait_for()
    for button in (
        "Save what clients may send",
        "Add a field",
        "Erase",
        "Take a backup",
        "Export",
        "Save retention",
        "Save terms",
    ):
        assert page.get_by_role("button", name=button).count() == 0, button
    page.goto(f"{desk.url}/settings/maintenance")
    page.get_by_text("Nothing is planned.").wait_for()
    assert page.get_by_role("button", name="Plan").count() == 0
    page.goto(f"{desk.url}/models/price-elasticity/explore?from=2026-04-16")
    page.get_by_text("rows are shown to editors and admins").wait_for()


def test_a_model_is_added_from_a_file(desk: Desk, walk: Open, tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    lines = [
        f"2026-01-{1 + i % 28:02},{i % 17},{'north' if i % 3 else 'south'},{i * 37 % 100 / 100},{i % 2}"
        for i in range(2_000)
    ]
    file.write_text("\n".join(["when,amount,region,score,paid", *lines]))
    page = walk(f"{desk.open_url}/settings", expected="404")
    page.get_by_role("button", name="Add a model from a file").click()
    page.get_by_label("Reference").set_input_files(file)
    page.get_by_role("table", name="Columns").wait_for()
    assert page.get_by_label("Name of the model").input_value() == "loans"
    assert page.get_by_label("What score is").input_value() == "score"
    assert page.get_by_label("What paid is").input_value() == "feature"
    page.get_by_label("What paid is").select_option("score")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("button", name="Learn the baseline").is_disabled()
    page.get_by_label("What paid is").select_option("label")
    page.get_by_label("What when is").select_option("timestamp")
    page.get_by_label("How when is read").select_option("datetime")
    page.get_by_label("What region is").select_option("segment")
    page.get_by_label("A window is").select_option("1d")
    page.get_by_role("button", name="Learn the baseline").click()
    page.get_by_role("heading", name="The baseline of loans is set").wait_for()
    own = desk.service.worker.baseline("loans")
    roles = {column.name: column.role.value for column in own.schema}
    wanted = {
        "when": "timestamp",
        "amount": "feature",
        "region": "feature",
        "score": "score",
        "paid": "label",
    }
    assert roles | wanted == roles
    assert (own.settings.window, own.settings.budget) == ("1d", "1/30d")
    assert ("region", "south") in own.grid.segments
    page.get_by_role("link", name="Open the model").click()
    page.get_by_role("heading", name="loans is not judged yet").wait_for()


def test_a_model_that_sends_gets_its_baseline_of_its_rows(desk: Desk, walk: Open) -> None:
    page = walk(f"{desk.open_url}/models/price-elasticity", expected="404")
    page.get_by_role("link", name="Learn it from its rows").click()
    page.get_by_label("From").fill("2026-04-16")
    page.get_by_label("To, that day included").fill("2026-05-10")
    page.get_by_role("button", name="Learn the baseline").click()
    page.get_by_role("heading", name="The baseline of price-elasticity is set").wait_for()
    own = desk.service.worker.baseline("price-elasticity")
    assert {c.role.value for c in own.schema if c.name in ("price", "prediction")} == {
        "feature",
        "prediction",
    }


def test_a_data_scientist_compares_two_versions(fleet: Any, walk: Open) -> None:
    page = walk(f"{fleet.url}/models/credit-default")
    page.get_by_role("link", name="Compare").click()
    page.get_by_text("Version 7 against version 6").wait_for()
    page.locator("#changed article", has_text="income").first.wait_for()
    assert "version 6" in page.locator(".compared").inner_text()
    row = page.locator("table.performance tr", has_text="ROC AUC").first
    assert row.locator(".wide svg").count() == 1, "the interval of the difference is drawn"
    page.get_by_role("button", name="Swap").click()
    page.get_by_text("Version 6 against version 7").wait_for()
    current = page.get_by_role("group", name="Current")
    current.get_by_label("Segment").select_option("state=CA")
    page.get_by_text("Version 6, state = CA against version 7").wait_for()
    again = walk(page.url)
    again.get_by_text("Version 6, state = CA against version 7").wait_for()
    again.get_by_role("button", name="columns quiet").click()
    again.wait_for_url(re.compile("open="))
    assert "a=" in again.url


def test_a_slice_is_explored_and_sent_on(fleet: Any, walk: Open) -> None:
    page = walk(f"{fleet.url}/models/credit-default/explore")
    page.get_by_role("button", name="Add a filter").click()
    form = page.get_by_role("form", name="A filter")
    form.get_by_label("Column").select_option("state")
    form.get_by_label("Values").fill("CA")
    form.get_by_role("button", name="Filter").click()
    page.get_by_text("state is CA").wait_for()
    heading = page.get_by_role("heading", name="rows of")
    heading.wait_for()
    page.get_by_role("region", name="The rows").wait_for()
    states = page.locator(".slice-rows th").all_inner_texts().index("state")
    shown = page.locator(f".slice-rows td:nth-child({states + 1})").all_inner_texts()
    assert shown
    assert set(shown) == {"CA"}
    again = walk(page.url)
    again.get_by_role("heading", name=heading.inner_text()).wait_for()
    page.get_by_role("button", name="Take away: state is CA").click()
    page.get_by_text("state is CA").wait_for(state="detached")
    assert "filters" not in page.url


def test_options_are_tried_on_the_past_before_they_are_switched_on(fleet: Any, walk: Open) -> None:
    from playwright.sync_api import expect

    kept = fleet.service.metadata.options
    page = walk(f"{fleet.url}/settings/monitors?model=credit-default")
    page.get_by_role("button", name="Add a monitor").click()
    page.get_by_label("Metric").fill("rows")
    page.get_by_label("Alerts when it").select_option("below")
    page.get_by_label("Limit").fill("100000")
    page.get_by_role("button", name="Try on the past").click()
    page.get_by_role("heading", name="On the past:").wait_for()
    assert page.locator(".backtest .raised li").count() >= 1
    assert page.locator(".strip rect").count() >= 1
    assert kept.of("credit-default").options == {}, "a trial changes nothing"
    page.get_by_role("button", name="YAML").click()
    text = page.get_by_label("Options, as in leadline.yaml")
    expect(text).to_have_value("monitors:\n- metric: rows\n  below: 100000\n")
    page.get_by_role("button", name="Form").click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("This is what holds.").wait_for()
    assert kept.of("credit-default").options == {"monitors": [{"metric": "rows", "below": 100000}]}
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("Not switched on yet.").wait_for(state="detached")
    assert kept.of("credit-default").options == {}


def test_a_channel_is_made_tested_and_removed(desk: Desk, walk: Open) -> None:
    page = walk(f"{desk.open_url}/settings/channels", expected="400")
    page.get_by_role("button", name="Add a channel").click()
    page.get_by_label("Kind").select_option("webhook")
    page.get_by_label("Name").fill("nowhere")
    # Nobody listens on this port of a public address's documentation range.
    page.get_by_label("Url").fill("http://192.0.2.1:9/hook")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("alert").wait_for()
    assert "private network" in page.get_by_role("alert").inner_text()
    page.get_by_label("Url").fill("https://name-without-address.invalid/hook")
    page.get_by_role("button", name="Add").click()
    page.locator(".once code").wait_for()
    line = page.get_by_role("table", name="Channels").get_by_role("row", name="nowhere")
    line.get_by_role("button", name="Test").click()
    line.get_by_text("The test message was not taken").wait_for()
    line.get_by_role("button", name="Remove").click()
    line.get_by_role("button", name="Remove for good?").click()
    line.wait_for(state="detached")
    assert desk.service.metadata.channels.all() == []


def ready(page: Any) -> None:
    """Everything that a view asks for is there."""
    from playwright.sync_api import expect

    page.wait_for_selector("main h1")
    expect(page.locator(".state.loading")).to_have_count(0)


def views(fleet: Any) -> list[str]:
    model = f"{fleet.url}/models/credit-default"
    some = [f"{model}/compare", f"{model}/explore", f"{model}/explore?filters={FILTERS}"]
    return [*some, *(f"{fleet.url}/settings/{section}" for section in SECTIONS)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_keeps_anyone_out(fleet: Any, walk: Open, barriers: Barriers, scheme: str) -> None:
    """axe finds nothing serious, and every text stands out from its ground."""
    for place in views(fleet):
        page = walk(place, color_scheme=scheme)
        ready(page)
        assert barriers(page) == [], place


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_in_keeps_nobody_out(desk: Desk, walk: Open, barriers: Barriers, scheme: str) -> None:
    for place in (f"{desk.url}/setup?code={desk.code}", f"{desk.url}/alerts"):
        page = walk(place, expected="401", color_scheme=scheme)
        page.get_by_label("Password").wait_for()
        assert barriers(page) == [], place


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_view_is_wider_than_its_screen(fleet: Any, walk: Open, width: int) -> None:
    for place in views(fleet):
        page = walk(place, viewport={"width": width, "height": 844})
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place


@pytest.mark.parametrize("section", ["models", "data"])
def test_a_phone_shows_what_can_be_done_with_a_row(fleet: Any, walk: Open, section: str) -> None:
    """Cells stand one below the other, each behind the word of its column; nothing is beyond the edge."""
    page = walk(f"{fleet.url}/settings/{section}", viewport={"width": 390, "height": 844})
    row = page.locator(".grid-table.stacks tbody tr").first
    row.wait_for()
    cells = [cell.bounding_box() for cell in row.locator(":scope > *").all()]
    assert all(0 <= cell["x"] < cell["x"] + cell["width"] <= 390 for cell in cells)
    assert all(one["y"] + one["height"] <= other["y"] for one, other in itertools.pairwise(cells))
    words = page.locator(".grid-table.stacks thead th").all_text_contents()
    second = row.locator(":scope > :nth-child(2)")
    assert second.evaluate("cell => getComputedStyle(cell, '::before').content") == f'"{words[1]}"'
    action = row.get_by_role("button").last.bounding_box()
    assert 0 <= action["x"] < action["x"] + action["width"] <= 390
