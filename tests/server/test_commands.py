"""The commands that speak to a running server."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leadline.cli.main import run
from leadline.cli.remote import Remote, ahead
from leadline.errors import ConfigurationError, DataError, RetryableError
from leadline.reports.record import ReportRecord
from leadline.server.alerting.alerts import told


@pytest.fixture
def leadline(live: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command against the server; gives its exit code and what it said."""
    monkeypatch.setenv("LEADLINE_URL", live.url)
    monkeypatch.setenv("LEADLINE_TOKEN", live.token)

    def command(*arguments: str) -> tuple[int, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


@pytest.fixture
def alert(live: Any, small_record: ReportRecord) -> int:
    """An alert, by number."""
    with live.service.metadata.database.transaction() as own:
        live.service.telling.judged(own, "credit", told(small_record)[:1], small_record, live.clock())
    return 1


def test_events(leadline: Any, live: Any) -> None:
    assert leadline("event", "deploy", "gateway 4", "--model", "credit", "--version", "8")[0] == 0
    assert leadline("event", "holiday", "Whitsun", "--at", "2026-05-25")[0] == 0
    code, said = leadline("event", "list")
    assert code == 0
    first, second = said.splitlines()
    assert first.split(None, 1)[1] == "2026-05-25T00:00Z  all models  holiday: Whitsun"
    assert "credit  deploy: gateway 4" in second
    assert leadline("event", "list", "--since", "2026-05-30")[1].count("\n") == 1
    assert leadline("event", "remove", "1") == (0, "")
    code, said = leadline("event", "remove", "1")
    assert code == 2
    assert "no such event" in said
    assert leadline("event", "party", "x")[0] == 2
    code, said = leadline("event", "note", "x", "--at", "tomorrow")
    assert code == 2
    assert "not a time" in said


def test_the_life_of_an_alert(leadline: Any, live: Any, alert: int) -> None:
    code, said = leadline("alerts", "list")
    assert code == 1, "something alerts"
    assert "credit  open" in said
    for arguments, state in (
        (("acknowledge", "1"), "acknowledged"),
        (("snooze", "1", "2026-06-01T10:00"), "snoozed"),
        (("assign", "1", "ada"), "snoozed"),
        (("comment", "1", "looking"), "snoozed"),
        (("useful", "1", "no", "--text", "known"), "snoozed"),
        (("resolve", "1"), "resolved"),
    ):
        assert leadline("alerts", *arguments) == (0, f"alert 1 of credit: {state}\n")
    assert leadline("alerts", "list") == (0, "none\n")
    assert leadline("alerts", "list", "--state", "resolved", "--model", "credit")[0] == 1
    code, said = leadline("alerts", "resolve", "1")
    assert code == 2
    assert "the alert is resolved" in said
    assert leadline("alerts", "reopen", "1")[0] == 0
    code, said = leadline("alerts", "show", "1")
    assert code == 0
    for part in ("income shifted", "Evidence", "What to do", "tests: commented looking", "ada"):
        assert part.lower() in said.lower()


def test_whoever_asks_for_alerts_alone_hears_that_there_are_warnings(
    leadline: Any, live: Any, small_record: ReportRecord
) -> None:
    problems = [replace(one, tier="warning") for one in told(small_record)[:1]]
    with live.service.metadata.database.transaction() as own:
        live.service.telling.judged(own, "credit", problems, small_record, live.clock())
    assert leadline("alerts", "list") == (0, "none; 1 warning (--tier warning)\n")
    assert leadline("alerts", "list", "--model", "fraud") == (0, "none\n")
    assert leadline("alerts", "list", "--tier", "warning")[0] == 1
    assert leadline("alerts", "show", "1")[1].startswith("credit, warning 1, open\n")


@pytest.mark.parametrize("answer", ["", "n\n"])
def test_nothing_is_erased_without_a_yes(leadline: Any, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    code, said = leadline("erase", "credit", "4711")
    assert code == 2
    assert "Erase 4711 of credit, for ever?" in said
    assert said.endswith("leadline: nothing was erased. Say --yes.\n")


def test_channels(leadline: Any, live: Any, receiving: Callable[..., Any]) -> None:
    receiver = receiving(500, 200)
    code, said = leadline(
        "channels", "add", "ours", "webhook", "--set", f"url={receiver.url}", "--model", "cred*",
        "--after", "15", "--quiet", "22:00-07:00", "--digest", "monday:9", "--zone", "Europe/Berlin",
    )  # fmt: skip
    assert code == 0
    assert "told once" in said
    (channel,) = live.ask("GET", "/api/v1/channels").document["items"]
    assert channel["routing"] == {
        "models": ["cred*"], "tiers": ["alert"], "after_minutes": 15,
        "quiet": {"begins": "22:00", "ends": "07:00", "zone": "Europe/Berlin"},
        "digest": {"weekday": 0, "hour": 9, "zone": "Europe/Berlin"},
    }  # fmt: skip
    assert leadline("channels", "test", "1") == (3, "not delivered: status 500\n")
    assert leadline("channels", "test", "ours") == (0, "delivered\n")
    code, said = leadline(
        "channels", "add", "mail", "mail", "--set", "host=localhost", "--set", "port=2525",
        "--set", "sender=a@b", "--set", "recipients=c@d,e@f", "--set", "security=none",
    )  # fmt: skip
    assert code == 0, said
    code, said = leadline("channels", "list")
    assert code == 0
    assert "ours  webhook" in said
    assert "mail  mail" in said
    assert "recipients" in leadline("channels", "kinds")[1]
    assert leadline("channels", "remove", "1") == (0, "")
    for gone in ("1", "ours"):
        code, said = leadline("channels", "remove", gone)
        assert code == 2
        assert "accepted: mail." in said
    assert "No alerts." in leadline("channels", "digest")[1]
    for *wrong, where in (
        ["--set", "url", "--set"], ["--digest", "someday:9", "--digest"], ["--quiet", "night", "--quiet"],
        ["--quiet", "25:00-3", "--quiet"], ["--zone", "Europe/Berlin", "--zone"],
    ):  # fmt: skip
        code, said = leadline("channels", "add", "x", "webhook", *wrong)
        assert (code, said.partition(":")[0]) == (2, "leadline")
        assert f"leadline: {where}: not " in said or f"leadline: {where}: no " in said


def test_of_channels_of_one_name_the_number_is_asked_for(
    leadline: Any, live: Any, receiving: Callable[..., Any]
) -> None:
    """Servers took them once; a command speaks of none of them by chance."""
    settings = {"url": receiving(200).url}
    for name in ("ours", "theirs"):
        live.ask("POST", "/api/v1/channels", {"name": name, "kind": "webhook", "settings": settings})
    with live.service.metadata.database.transaction() as own:
        own.do("UPDATE channels SET name = ?", ["ours"])
    code, said = leadline("channels", "test", "ours")
    assert code == 2
    assert "several channels of this name; found 'ours'; accepted: one of the numbers, 1, 2" in said
    assert leadline("channels", "test", "2") == (0, "delivered\n")


def test_a_secret_may_come_from_standard_input(
    leadline: Any, live: Any, monkeypatch: pytest.MonkeyPatch, receiving: Callable[..., Any]
) -> None:
    import io

    receiver = receiving(200)
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2\n"))
    url = f"url=http://127.0.0.1:{receiver.port}"
    assert leadline("channels", "add", "am", "alertmanager", "--set", url, "--secret", "-")[0] == 0
    assert leadline("channels", "test", "1")[0] == 0
    assert receiver.came[0][0]["Authorization"] == "Bearer hunter2"


def test_maintenance(leadline: Any, live: Any) -> None:
    code, said = leadline("maintenance", "add", "cred*", "2026-06-02T00:00", "--why", "new disks")
    assert (code, said) == (0, "maintenance 1: 2026-06-01T00:00Z to 2026-06-02T00:00Z\n")
    assert "(now): new disks" in leadline("maintenance", "list")[1]
    assert leadline("maintenance", "end", "1") == (0, "")
    assert leadline("maintenance", "list") == (0, "")
    assert leadline("maintenance", "add", "m", "whenever", "--why", "x")[0] == 2


def test_times_ahead() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert ahead("30m", "X", now) == "2026-06-01T00:30:00+00:00"
    assert ahead("4h", "X", now) == "2026-06-01T04:00:00+00:00"
    assert ahead("2d", "X", now) == "2026-06-03T00:00:00+00:00"
    assert ahead("2026-06-05", "X", now) == "2026-06-05"
    for wrong in ("", "m", "-1h", "1.5h", "2 weeks", "99999999999d", "soon"):
        with pytest.raises(ConfigurationError, match="not a time"):
            ahead(wrong, "X", now)


def test_what_stands_in_the_way_is_said(live: Any, receiving: Callable[..., Any]) -> None:
    with pytest.raises(RetryableError, match="leadline up"):
        Remote("http://127.0.0.1:1").ask("GET", "/healthz")
    with pytest.raises(DataError, match="LEADLINE_TOKEN"):
        Remote(live.url).ask("GET", "/api/v1/alerts")
    with pytest.raises(DataError, match="no such alert"):
        Remote(live.url, live.token).ask("GET", "/api/v1/alerts/99")
    for url in ("", "localhost:8470", "ftp://x", "http://"):
        with pytest.raises(ConfigurationError, match="not the address of a server"):
            Remote(url)
    redirecting = receiving(302)
    with pytest.raises(DataError, match="status 302"):
        Remote(f"http://127.0.0.1:{redirecting.port}", "token").ask("POST", "/x", {})
    assert len(redirecting.came) == 1, "a token goes to the server that was named only"
    failing = receiving(503)
    with pytest.raises(RetryableError, match="status 503"):
        Remote(f"http://127.0.0.1:{failing.port}").ask("POST", "/x", {})


def test_long_lists_come_page_by_page(live: Any) -> None:
    remote = Remote(live.url, live.token)
    for number in range(5):
        remote.ask("POST", "/api/v1/events", {"kind": "note", "text": str(number)})
    assert [event["text"] for event in remote.all("/api/v1/events", limit=2)] == ["4", "3", "2", "1", "0"]
