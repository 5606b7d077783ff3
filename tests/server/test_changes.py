"""What changes is told to whoever listens, as it happens."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from typing import Any

from leadline.server import changes
from leadline.server.changes import Change, Changes


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
