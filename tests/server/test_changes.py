"""What changes is told to whoever listens, as it happens."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from leadline.server import changes
from leadline.server.changes import Change, Changes

PASSWORD = "a long enough password"


def test_a_browser_hears_of_a_judgement(live: Any) -> None:
    request = urllib.request.Request(
        live.url + "/api/v1/changes", headers={"Authorization": f"Bearer {live.token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.readline() == b"retry: 2000\n"
        assert stream.readline() == b"\n"
        # It listens once it is asked for the next piece, a moment after the first.
        stop = threading.Event()
        speaker = threading.Thread(target=lambda: _speak(live.service.changes, stop))
        speaker.start()
        try:
            line = stream.readline()
        finally:
            stop.set()
            speaker.join()
    assert json.loads(line.removeprefix(b"data: ")) == {"kind": "judgement", "model": "m"}


def _speak(told: Changes, stop: threading.Event) -> None:
    while not stop.wait(0.01):
        told.publish("judgement", "m")


def remove_token(live: Any, number: int) -> None:
    assert live.ask("DELETE", f"/api/v1/tokens/{number}").status == 204


def expire(live: Any, number: int) -> None:
    live.clock.now += 9 * 86_400_000_000


def test_the_line_of_a_token_ends_with_it(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "QUIET_SECONDS", 0.02)
    for end in (remove_token, expire):
        made = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "read", "days": 1}).document
        with listening(live, {"Authorization": f"Bearer {made['token']}"}) as stream:
            assert stream.readline() == b"retry: 2000\n"
            assert json.loads(data(stream)) == {"kind": "quiet", "model": ""}
            end(live, made["id"])
            # What was on the way may still come; then the line is closed, without a word of what happens.
            live.service.changes.publish("alert", "secret")
            assert b"secret" not in stream.read()


@pytest.mark.parametrize(
    "end",
    [
        lambda live, headers: live.ask("DELETE", "/api/v1/session", token=None, headers=headers),
        lambda live, headers: live.ask(
            "POST", "/api/v1/session/password", {"old": PASSWORD, "new": "another long password"},
            token=None, headers=headers,
        ),
        lambda live, headers: live.ask("PUT", "/api/v1/users/1", {"role": "viewer", "models": ["m"]}),
        lambda live, headers: live.ask("DELETE", "/api/v1/users/1"),
        lambda live, headers: expire(live, 0),
    ],
    ids=["signed out", "new password", "fewer models", "removed", "expired"],
)  # fmt: skip
def test_the_line_of_a_session_ends_with_it(
    live: Any, monkeypatch: pytest.MonkeyPatch, end: Callable[[Any, dict[str, str]], Any]
) -> None:
    monkeypatch.setattr(changes, "QUIET_SECONDS", 0.02)
    headers = live.signed_in("ada", "editor")
    with listening(live, headers) as stream:
        stream.readline()
        data(stream)
        answer = end(live, headers)
        assert answer is None or answer.status < 300
        live.service.changes.publish("alert", "secret")
        assert b"secret" not in stream.read()


def listening(live: Any, headers: dict[str, str]) -> Any:
    return urllib.request.urlopen(
        urllib.request.Request(live.url + "/api/v1/changes", headers=headers), timeout=30
    )


def data(stream: Any) -> bytes:
    """The next change."""
    line = b""
    while not line.startswith(b"data: "):
        line = stream.readline()
    return line.removeprefix(b"data: ")


def test_one_that_is_far_behind_is_told_that_it_missed_some() -> None:
    async def story() -> list[Change]:
        told = Changes()
        listening = told.listen()
        first = asyncio.ensure_future(anext(listening))
        await asyncio.sleep(0)
        told.publish("alert", "first")
        found = [await first]
        for number in range(changes.WAITING + 1):
            told.publish("alert", str(number))
        await asyncio.sleep(0)
        found += [await anext(listening), await anext(listening)]
        told.close()
        assert [change async for change in listening] == []
        return found

    first, missed, last = asyncio.run(story())
    assert first == Change("alert", "first")
    assert missed == Change("missed")
    assert last.model == str(changes.WAITING)


def test_nothing_is_told_after_the_end() -> None:
    async def story() -> list[Change]:
        told = Changes()
        told.close()
        return [change async for change in told.listen()]

    assert asyncio.run(story()) == []
