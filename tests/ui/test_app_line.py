"""The page when its server goes away, comes back, or wants to know who looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from leadline.server.run import listening, server
from leadline.server.service import Service

pytestmark = pytest.mark.long

Open = Callable[..., Any]


@contextmanager
def _running(folder: Path, port: int = 0, *, open: bool = True) -> Iterator[tuple[Service, int]]:
    service = Service(folder, pause_seconds=3600.0)
    try:
        with listening("127.0.0.1", port) as socket:
            web = server(service, open=open)
            thread = threading.Thread(target=web.run, kwargs={"sockets": [socket]})
            thread.start()
            try:
                yield service, socket.getsockname()[1]
            finally:
                web.should_exit = True
                thread.join()
    finally:
        service.close()


def test_values_come_back_after_the_server_was_away(sample: ModuleType, walk: Open, tmp_path: Path) -> None:
    """While it is away the page says so; when it is back, what is new is shown without reloading."""
    with _running(tmp_path / "data") as (_, port):
        page = walk(f"http://127.0.0.1:{port}/", expected="ERR_")
        page.get_by_role("heading", name="No model has sent anything yet").wait_for()
    page.get_by_text("The server does not answer").wait_for()
    with _running(tmp_path / "data", port):
        story = sample.Story("late", "regression", {"price": (9.5, 1.2, -14.0)}, {}, rows=3)
        sample.send(f"http://127.0.0.1:{port}", next(iter(sample.batches(story, 1))), "k")
        page.get_by_role("link", name="late").wait_for(timeout=60_000)
        page.get_by_text("The server does not answer").wait_for(state="detached")


def test_who_is_not_known_signs_in_and_comes_to_where_she_wanted(
    sample: ModuleType, walk: Open, tmp_path: Path
) -> None:
    with _running(tmp_path / "data", open=False) as (service, port):
        url = f"http://127.0.0.1:{port}"
        code = service.sign_in.new_code()
        page = walk(f"{url}/setup?code={code}", expected="40")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("a long pass phrase")
        page.get_by_role("button", name="Make and sign in").click()
        page.get_by_role("heading", name="No model has sent anything yet").wait_for()
        page.set_viewport_size({"width": 390, "height": 844})
        line = page.get_by_role("navigation", name="Leadline")
        assert line.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
        assert all(tab.bounding_box()["height"] < 32 for tab in line.get_by_role("link").all())
        page.set_viewport_size({"width": 1440, "height": 900})
        line.get_by_role("link", name="ada").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        other = walk(f"{url}/alerts", expected="40")
        other.get_by_role("heading", name="Sign in").wait_for()
        other.get_by_label("Name").fill("ada")
        other.get_by_label("Password").fill("wrong")
        other.get_by_role("button", name="Sign in").click()
        other.locator(".problem").wait_for()
        other.get_by_label("Password").fill("a long pass phrase")
        other.get_by_role("button", name="Sign in").click()
        other.get_by_role("heading", name="Alerts").wait_for()
        assert other.url == f"{url}/alerts"
        sessions = service.metadata.users.sessions(service.clock())
        with service.metadata.database.transaction() as own:
            for session in sessions:
                service.metadata.users.end(own, session.id)
        other.get_by_role("button", name="resolved").click()
        other.get_by_role("heading", name="Sign in").wait_for()
        for each in (page, other):
            each.context.close()
