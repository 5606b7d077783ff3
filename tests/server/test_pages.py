"""The shell behind all addresses, and the files that fill it."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from leadline.server import pages
from leadline.server.api.views import VIEWS

MOST_BYTES = 150_000


@pytest.fixture(autouse=True)
def _built() -> None:
    if not (pages.DIRECTORY / "app.js").is_file():
        pytest.skip("the page is not built")


def test_every_view_is_the_same_shell_without_data(live: Any) -> None:
    """Whatever an address names, nothing of it is in the page: what is not there cannot be let out."""
    expected = live.ask("GET", "/", token=None)
    assert expected.status == 200
    for path in VIEWS:
        named = path.replace("{name}", "%3Cscript%3E").replace("{number}", "7")
        named = named.replace("{feature:path}", "a%2Fb")
        found = live.ask("GET", named, token=None)
        assert (found.status, found.body) == (200, expected.body), path


UNKNOWN = ["/x", "/x/y/z", "/models/credit/nothing", "/alerts/7/8", "/%00", "/assets/a/b", "/apis", "/x?y=1"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_who_opens_an_unknown_address_sees_the_page(live: Any, path: str) -> None:
    """It says so itself; programs that ask for the same address get what they can read."""
    chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = live.ask("GET", "/", token=None)
    opened = live.ask("GET", path, token=None, headers={"Accept": chromium})
    assert (opened.status, opened.body) == (404, page.body)
    for header in ("Content-Type", "Content-Security-Policy", "Cache-Control", "X-Frame-Options"):
        assert opened.headers[header] == page.headers[header]
    for accepted in ("*/*", "application/json"):
        asked = live.ask("GET", path, token=None, headers={"Accept": accepted})
        assert (asked.status, asked.document["what"]) == (404, "no such path")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api", 404), ("GET", "/api/v1/nothing", 404), ("POST", "/x/y", 404), ("POST", "/alerts", 405)],
)
def test_what_programs_ask_is_no_page(live: Any, method: str, path: str, status: int) -> None:
    found = live.ask(method, path, token=None, headers={"Accept": "text/html"})
    assert (found.status, found.headers["Content-Type"]) == (status, "application/json")


def test_the_shell_lets_nothing_run_but_its_own_files(live: Any) -> None:
    """No script and no style is written into the page, and its policy would refuse them."""
    found = live.ask("GET", "/", token=None)
    policy = dict(part.split(" ", 1) for part in found.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    text = found.body.decode()
    assert not re.search(r"<style|style=|<script(?![^>]*src=)[^>]*>|\son\w+=", text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert [address for address in addresses if not address.startswith(("/assets/", "data:"))] == []


def test_files_are_kept_for_ever_under_the_name_of_their_content(live: Any) -> None:
    """A new build has new names, so a browser may keep what it has; packed and plain are the same."""
    text = live.ask("GET", "/", token=None).body.decode()
    for address in re.findall(r'"(/assets/[^"]+)"', text):
        plain = live.ask("GET", address, token=None)
        packed = live.ask("GET", address, token=None, headers={"Accept-Encoding": "gzip"})
        assert plain.status == packed.status == 200
        assert "immutable" in plain.headers["Cache-Control"]
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
    assert live.ask("GET", "/assets/app-0000000000000000.js", token=None).status == 404
    assert live.ask("GET", "/assets/..%2F..%2Fpages.py", token=None).status == 404


def test_the_script_stays_small() -> None:
    script, style = pages.assets().values()
    assert len(script.packed) <= MOST_BYTES
    assert len(style.packed) <= MOST_BYTES // 5


def test_a_report_can_be_taken_away_as_one_file(live: Any, baseline_file: Any, make_traffic: Any) -> None:
    assert live.ask("GET", "/models/credit/report.html").status == 404
    live.give(baseline_file)
    live.send(make_traffic(2, 100, "2026-04-01", 3))
    live.judge()
    found = live.ask("GET", "/models/credit/report.html")
    assert found.status == 200
    assert b'id="record"' in found.body
    assert live.ask("GET", "/models/credit/report.html", token=None).status == 401


def test_only_a_demo_says_that_it_is_one(live: Any) -> None:
    assert b"data-demo" not in live.ask("GET", "/", token=None).body
    assert b"data-demo" in pages.shell(demo=True)
