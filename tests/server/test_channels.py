"""Channels are set up, tried and changed, and keep their secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

MAIL = {"host": "localhost", "sender": "a@example.org", "recipients": ["b@example.org"]}


def add(live: Any, kind: str, settings: Any, status: int = 201, **more: Any) -> Any:
    document = {"name": "ours", "kind": kind, "settings": settings, **more}
    found = live.ask("POST", "/api/v1/channels", document)
    assert found.status == status, found.body
    return found.document


def test_a_webhook_gets_a_secret_that_is_told_once(live: Any) -> None:
    made = add(live, "webhook", {"url": "http://127.0.0.1:1/x"})
    assert len(made["secret"]) > 30
    listed = live.ask("GET", "/api/v1/channels")
    assert made["secret"] not in listed.body.decode()
    (channel,) = listed.document["items"]
    assert channel == made["channel"]
    assert channel["secret"] == "(kept)"
    assert live.ask("DELETE", f"/api/v1/channels/{channel['id']}").status == 204
    assert live.ask("DELETE", f"/api/v1/channels/{channel['id']}").status == 404


def test_no_two_channels_have_one_name(live: Any) -> None:
    """Files and commands know them by it: of two, one would be told of nothing that is meant for it."""
    add(live, "mail", MAIL)
    refused = add(live, "webhook", {"url": "http://127.0.0.1:1/x"}, status=409)
    assert (refused["where"], refused["found"]) == ("name", "ours")
    number = add(live, "mail", MAIL, name="other")["channel"]["id"]
    path = f"/api/v1/channels/{number}"
    assert live.ask("PUT", path, {"name": "ours", "kind": "mail", "settings": MAIL}).status == 409
    assert live.ask("PUT", path, {"name": "other", "kind": "mail", "settings": MAIL}).status == 200
    assert [one["name"] for one in live.ask("GET", "/api/v1/channels").document["items"]] == ["ours", "other"]


def test_a_secret_of_the_environment_is_not_kept(
    live: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEADLINE_TEST_SECRET", "hunter2hunter2")
    made = add(live, "mail", {**MAIL, "user": "a"}, secret="env:LEADLINE_TEST_SECRET")
    assert made["channel"]["secret"] == "env:LEADLINE_TEST_SECRET"
    assert made["secret"] == ""
    files = [path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert not any(b"hunter2hunter2" in content for content in files)


def test_a_kept_secret_stays_when_a_channel_is_changed_and_goes_to_no_other_target(
    live: Any, receiving: Any
) -> None:
    receiver, elsewhere = receiving(200), receiving(200)
    url = f"http://127.0.0.1:{receiver.port}"
    number = add(live, "alertmanager", {"url": url}, secret="hunter2")["channel"]["id"]
    path = f"/api/v1/channels/{number}"
    change = {"name": "new", "kind": "alertmanager", "settings": {"url": url, "labels": {"team": "x"}}}
    changed = live.ask("PUT", path, change)
    assert changed.status == 200
    assert (changed.document["name"], changed.document["secret"]) == ("new", "(kept)")
    assert live.ask("POST", f"{path}/test").document == {"delivered": True, "problem": ""}
    assert receiver.came[0][0]["Authorization"] == "Bearer hunter2"
    change["settings"] = {"url": f"http://127.0.0.1:{elsewhere.port}"}
    for secret in (None, "(kept)"):
        assert live.ask("PUT", path, {**change, "secret": secret}).status == 400
    assert live.ask("PUT", path, {**change, "secret": ""}).status == 200
    assert live.ask("POST", f"{path}/test").document["delivered"]
    assert "Authorization" not in elsewhere.came[0][0]
    assert live.ask("PUT", "/api/v1/channels/99", change).status == 404


def test_a_test_says_what_became_of_it(live: Any, receiving: Any) -> None:
    receiver = receiving(500, 200)
    number = add(live, "webhook", {"url": receiver.url})["channel"]["id"]
    path = f"/api/v1/channels/{number}/test"
    assert live.ask("POST", path).document == {"delivered": False, "problem": "status 500"}
    assert live.ask("POST", path).document == {"delivered": True, "problem": ""}
    assert [d["event"] for d in receiver.documents] == ["test", "test"]
    assert live.ask("POST", "/api/v1/channels/99/test").status == 404


@pytest.mark.parametrize(
    ("kind", "settings", "more"),
    [
        ("pigeon", {}, {}),
        ("webhook", {}, {}),
        ("webhook", {"url": "ftp://x"}, {}),
        ("webhook", {"url": "http://x", "more": 1}, {}),
        ("webhook", {"url": 5}, {}),
        ("webhook", {"url": "http://x"}, {"secret": "env:LEADLINE_TEST_NO_SUCH"}),
        ("mail", {**MAIL, "recipients": []}, {}),
        ("mail", {**MAIL, "port": 0}, {}),
        ("mail", {**MAIL, "user": "a"}, {}),
        ("apprise", {}, {}),
        ("apprise", {}, {"secret": "nonsense"}),
        ("alertmanager", {"url": "http://x", "labels": {"1a": "x"}}, {}),
        ("webhook", {"url": "http://x"}, {"routing": {"quiet": {"begins": "7", "ends": "8:00"}}}),
        ("webhook", {"url": "http://x"}, {"routing": {"quiet": {"begins": "07:00", "ends": "07:00"}}}),
        ("webhook", {"url": "http://x"}, {"routing": {"digest": {"zone": "Mars/Base"}}}),
        ("webhook", {"url": "http://x"}, {"routing": {"digest": {"zone": "../../etc/passwd"}}}),
        ("webhook", {"url": "http://x"}, {"routing": {"digest": {"weekday": 7}}}),
        ("webhook", {"url": "http://x"}, {"routing": {"tiers": ["all"]}}),
        ("webhook", {"url": "http://x"}, {"routing": {"after_minutes": -1}}),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Apprise itself imports
def test_what_cannot_be_set_up_is_refused(live: Any, kind: str, settings: Any, more: Any) -> None:
    assert add(live, kind, settings, 400, **more)["message"]
    assert live.ask("GET", "/api/v1/channels").document["items"] == []


def test_private_targets_are_refused_unless_they_are_allowed(serve: Any, tmp_path: Path) -> None:
    with serve(tmp_path / "data", private_targets=False) as live:
        for kind, settings in (
            ("webhook", {"url": "http://169.254.169.254/latest"}),
            ("alertmanager", {"url": "http://localhost:9093"}),
            ("mail", {**MAIL, "host": "10.0.0.1"}),
        ):
            assert "--allow-private-targets" in add(live, kind, settings, 400)["message"]
        assert add(live, "webhook", {"url": "http://8.8.8.8/"})


def test_kinds_say_what_they_need(live: Any) -> None:
    kinds = {kind["key"]: kind for kind in live.ask("GET", "/api/v1/channels/kinds").document["items"]}
    assert set(kinds) == {"mail", "webhook", "alertmanager", "apprise"}
    assert "recipients" in json.dumps(kinds["mail"]["settings"])
    assert kinds["apprise"]["needs_secret"]
    assert kinds["webhook"]["makes_secret"]


def test_the_audit_log_knows_of_channels_and_of_no_secret(live: Any) -> None:
    made = add(live, "alertmanager", {"url": "http://127.0.0.1:1"}, secret="hunter2hunter2")
    live.ask("DELETE", f"/api/v1/channels/{made['channel']['id']}")
    log = live.ask("GET", "/api/v1/audit").body.decode()
    assert "channels" in log
    assert "hunter2hunter2" not in log
