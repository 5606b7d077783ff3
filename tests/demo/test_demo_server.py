"""The demo's own paths, its clock, and what it says of itself."""

from __future__ import annotations

import json
import re
import shlex
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from leadline.cli.main import run
from leadline.cli.up import command as up
from leadline.demo import run as demo_run
from leadline.demo.clock import Clock
from leadline.demo.faults import FAULTS
from leadline.demo.run import Running, origin, running, simulated
from leadline.errors import ConfigurationError
from leadline.schedule import DAY, instant

PLANS = simulated(instant("2026-08-24"))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data", 0, 1.0, lambda line: None, threading.Event(), PLANS) as found:
        yield found


def ask(demo: Running, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"}
    request = urllib.request.Request(demo.url + path, content, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.loads(response.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_faults_are_listed_set_off_and_ended(demo: Running) -> None:
    _, listed = ask(demo, "GET", "/api/v1/demo/faults")
    assert [found["name"] for found in listed["items"]] == [fault.name for fault in FAULTS]
    assert all(found["since"] is None and found["description"] for found in listed["items"])
    status, begun = ask(demo, "POST", "/api/v1/demo/faults/nulls")
    assert (status, begun["model"], begun["expected"]) == (200, "credit-default", "alert")
    assert instant(begun["since"]) == demo.demo.clock()
    assert ask(demo, "POST", "/api/v1/demo/faults/nulls")[1] == begun
    assert ask(demo, "GET", "/api/v1/demo")[1]["active"] == ["nulls"]
    assert ask(demo, "DELETE", "/api/v1/demo/faults/nulls")[1]["since"] is None
    assert ask(demo, "GET", "/api/v1/demo")[1]["active"] == []
    assert ask(demo, "DELETE", "/api/v1/demo/faults/nulls")[0] == 200
    told = ask(demo, "GET", "/api/v1/audit")[1]["items"]
    assert {entry["action"] for entry in told} >= {"demo.set_off", "demo.end"}


def test_an_unknown_fault_is_not_found_and_the_closest_is_named(demo: Running) -> None:
    status, problem = ask(demo, "POST", "/api/v1/demo/faults/null")
    assert status == 404
    assert "nulls" in problem["next_step"]
    assert ask(demo, "GET", "/api/v1/demo")[1]["active"] == []


def test_the_commands_speak_to_a_running_demo(demo: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "fault", "unit-change", "--url", demo.url]) == 0
    assert "miles" in capsys.readouterr().out
    assert run(["demo", "faults", "--url", demo.url]) == 0
    shown = capsys.readouterr().out
    assert all(fault.name in shown for fault in FAULTS)
    assert shown.count("active since") == 1
    assert run(["demo", "fault", "unit-change", "--end", "--url", demo.url]) == 0
    assert demo.demo.since() == {}
    assert run(["demo", "fault", "unit-chance", "--url", demo.url]) == 2
    assert "unit-change" in capsys.readouterr().err


def test_no_other_server_has_these_paths(tmp_path: Path) -> None:
    from leadline.server.api import ENDPOINTS

    assert not any("/demo" in endpoint.path for endpoint in ENDPOINTS)


def test_what_is_set_off_is_said_once(tmp_path: Path) -> None:
    lines: list[str] = []
    with running(tmp_path / "data", 0, 1.0, lines.append, threading.Event(), PLANS) as demo:
        assert lines == [f"Leadline demo: {demo.url}"]
        demo.demo.set_off("nulls")
        demo.story.tell()
        demo.story.tell()
        demo.demo.end("nulls")
        demo.story.tell()
    said = [line.split("  ")[1:] for line in lines[1:]]
    bureau = next(fault for fault in FAULTS if fault.name == "nulls")
    assert said == [
        ["credit-default", f"fault nulls: {bureau.description}"],
        ["credit-default", "fault nulls: ended"],
    ]


def test_a_folder_with_data_of_a_server_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path, 0, 1.0, lambda line: None, threading.Event(), PLANS):
        pass
    kept = (tmp_path / "leadline.sqlite").read_bytes()
    with pytest.raises(ConfigurationError, match="a demo begins anew each time") as told:
        demo_run.run(str(tmp_path), 0, 1.0, lambda line: None)
    (command,) = re.findall("leadline (up .*)", str(told.value))
    options = shlex.split(command)
    assert options[-2:] == ["--data", str(tmp_path)]
    known = {option for parameter in up.params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    assert (tmp_path / "leadline.sqlite").read_bytes() == kept


def test_the_clock_stands_still_until_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [1_000.0]
    monkeypatch.setattr("leadline.demo.clock.time", lambda: real[0])
    one, other = Clock(instant("2026-01-05")), Clock(instant("2026-01-05"))
    real[0] += 50
    assert one() == instant("2026-01-05")
    one.start(3600.0)
    other.pace = one.pace
    real[0] += 24
    assert one() == other() == instant("2026-01-06")
    real[0] -= 100
    assert one() == instant("2026-01-05")


def test_the_clock_waits_for_whoever_does_not_keep_up(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [1_000.0]
    monkeypatch.setattr("leadline.demo.clock.time", lambda: real[0])
    clock = Clock(instant("2026-01-05"))
    clock.allow("judging", instant("2026-01-06"))
    real[0] += 1_000
    assert clock() == instant("2026-01-05")
    clock.start(3600.0)
    real[0] += 12
    assert clock() == instant("2026-01-05T12:00")
    real[0] += 1_000
    assert clock() == instant("2026-01-06")
    clock.allow("judging", instant("2026-01-07"))
    assert clock() == instant("2026-01-06")
    real[0] += 12
    assert clock() == instant("2026-01-06T12:00")
    clock.allow("serving", instant("2026-01-06T18:00"))
    real[0] += 12
    assert clock() == instant("2026-01-06T18:00")
    # It never goes back, whatever is told late.
    clock.allow("serving", instant("2026-01-05"))
    assert clock() == instant("2026-01-06T18:00")


def test_no_day_is_over_before_its_rows_are_there(demo: Running) -> None:
    """However slowly they are made: the clock waits for whoever serves."""
    begin = demo.demo.clock()
    demo.demo.serve(begin)
    demo.demo.clock.start(1e6)
    assert ask(demo, "GET", "/api/v1/demo")[1]["until"] == begin
    assert demo.demo.clock() == begin
    status, state = ask(demo, "PUT", "/api/v1/demo/served", {"until": begin + DAY})
    assert (status, state["until"]) == (200, begin + DAY)
    assert begin <= demo.demo.clock() <= begin + DAY


@pytest.mark.parametrize("now", ["2026-03-01T23:59:59", "2026-02-23", "2026-02-25T12:00"])
def test_every_demo_begins_on_a_monday(now: str) -> None:
    assert origin(instant(now)) == instant("2026-02-23")
