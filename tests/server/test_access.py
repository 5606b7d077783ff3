"""No token and no role can do what it should not; without tokens nobody but this machine is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadline.errors import ConfigurationError
from leadline.server.access.gate import AccessError, Gate, digest, is_loopback
from leadline.server.api import ENDPOINTS
from leadline.server.app import App
from leadline.server.run import check_reach
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert

NEEDED = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): "read",
    ("GET", "/"): None,
    ("GET", "/login"): None,
    ("GET", "/setup"): None,
    ("GET", "/alerts"): None,
    ("GET", "/alerts/{number}"): None,
    ("GET", "/assets/{file}"): None,
    ("GET", "/api/v1/fleet/budget"): "read",
    ("PUT", "/api/v1/fleet/budget"): "admin",
    ("GET", "/api/v1/models/{name}/days/{feature:path}"): "read",
    ("GET", "/models/{name}"): None,
    ("GET", "/models/{name}/features/{feature:path}"): None,
    ("GET", "/models/{name}/compare"): None,
    ("GET", "/models/{name}/explore"): None,
    ("GET", "/settings"): None,
    ("GET", "/settings/{section}"): None,
    ("GET", "/models/{name}/report.html"): "read",
    ("POST", "/api/v1/ingest"): "ingest",
    ("POST", "/api/v1/cloudevents"): "ingest",
    ("POST", "/api/v1/models/{name}/profiles"): "ingest",
    ("GET", "/api/v1/models"): "read",
    ("GET", "/api/v1/features"): "read",
    ("GET", "/api/v1/models/{name}/report"): "read",
    ("GET", "/api/v1/models/{name}/features/{feature:path}"): "read",
    ("GET", "/api/v1/models/{name}/operations"): "read",
    ("GET", "/api/v1/models/{name}/baseline"): "read",
    ("POST", "/api/v1/models/{name}/baseline"): "write",
    ("GET", "/api/v1/models/{name}/options"): "read",
    ("PUT", "/api/v1/models/{name}/options"): "write",
    ("POST", "/api/v1/models/{name}/backtest"): "read",
    ("POST", "/api/v1/inspect"): "write",
    ("POST", "/api/v1/yaml"): "read",
    ("POST", "/api/v1/models/{name}/reference"): "write",
    ("POST", "/api/v1/models/{name}/learn"): "write",
    ("GET", "/api/v1/models/{name}/learning"): "read",
    ("POST", "/api/v1/models/{name}/compare"): "read",
    ("GET", "/api/v1/models/{name}/parts"): "read",
    ("POST", "/api/v1/models/{name}/explore"): "read",
    ("GET", "/api/v1/retention"): "read",
    ("PUT", "/api/v1/retention"): "admin",
    ("GET", "/api/v1/models/{name}/privacy"): "read",
    ("PUT", "/api/v1/models/{name}/privacy"): "admin",
    ("GET", "/api/v1/models/{name}/policy"): "any",
    ("PUT", "/api/v1/models/{name}/policy"): "admin",
    ("GET", "/api/v1/models/{name}/runbook"): "read",
    ("PUT", "/api/v1/models/{name}/runbook"): "write",
    ("GET", "/api/v1/models/{name}/retention"): "read",
    ("PUT", "/api/v1/models/{name}/retention"): "write",
    ("POST", "/api/v1/models/{name}/erase"): "admin",
    ("GET", "/api/v1/size"): "read",
    ("POST", "/api/v1/backup"): "admin",
    ("POST", "/api/v1/export"): "admin",
    ("GET", "/api/v1/alerts"): "read",
    ("GET", "/api/v1/alerts/{number:int}"): "read",
    ("POST", "/api/v1/alerts/{number:int}/acknowledge"): "write",
    ("POST", "/api/v1/alerts/{number:int}/snooze"): "write",
    ("POST", "/api/v1/alerts/{number:int}/resolve"): "write",
    ("POST", "/api/v1/alerts/{number:int}/reopen"): "write",
    ("POST", "/api/v1/alerts/{number:int}/assign"): "write",
    ("POST", "/api/v1/alerts/{number:int}/comment"): "write",
    ("POST", "/api/v1/alerts/{number:int}/useful"): "write",
    ("GET", "/api/v1/changes"): "read",
    ("GET", "/api/v1/digest"): "read",
    ("GET", "/api/v1/events"): "read",
    ("POST", "/api/v1/events"): "write",
    ("DELETE", "/api/v1/events/{number:int}"): "write",
    ("GET", "/api/v1/maintenance"): "read",
    ("POST", "/api/v1/maintenance"): "write",
    ("DELETE", "/api/v1/maintenance/{number:int}"): "write",
    ("GET", "/api/v1/channels"): "admin",
    ("GET", "/api/v1/channels/kinds"): "read",
    ("POST", "/api/v1/channels"): "admin",
    ("POST", "/api/v1/channels/check"): "admin",
    ("PUT", "/api/v1/channels/{number:int}"): "admin",
    ("DELETE", "/api/v1/channels/{number:int}"): "admin",
    ("POST", "/api/v1/channels/{number:int}/test"): "admin",
    ("GET", "/api/v1/tokens"): "admin",
    ("POST", "/api/v1/tokens"): "admin",
    ("DELETE", "/api/v1/tokens/{number:int}"): "admin",
    ("GET", "/api/v1/session"): "read",
    ("POST", "/api/v1/session"): None,
    ("DELETE", "/api/v1/session"): "read",
    ("POST", "/api/v1/session/password"): "read",
    ("GET", "/api/v1/sessions"): "read",
    ("DELETE", "/api/v1/sessions/{number:int}"): "read",
    ("GET", "/api/v1/setup"): None,
    ("POST", "/api/v1/setup"): None,
    ("GET", "/api/v1/users"): "admin",
    ("POST", "/api/v1/users"): "admin",
    ("PUT", "/api/v1/users/{number:int}"): "admin",
    ("DELETE", "/api/v1/users/{number:int}"): "admin",
    ("POST", "/api/v1/users/{number:int}/password"): "admin",
    ("GET", "/api/v1/audit"): "admin",
    ("GET", "/api/v1/openapi.json"): None,
}
"""What each path needs; "any": a token or a session of whatever kind; None: nothing."""

ALLOWED = {
    "ingest": {"any", "ingest"},
    "read": {"any", "read"},
    "write": {"any", "read", "write"},
    "admin": {"any", "ingest", "read", "write", "admin"},
}
ROLES = {"viewer": "read", "editor": "write", "admin": "admin"}
REFUSED = "may not do this"


def address(path: str, model: str = "m") -> str:
    """The address of a path; there is nothing there."""
    path = re.sub(r"{(number|number:int)}", "999", path).replace("{name}", model)
    return re.sub(r"{\w+(:\w+)?}", "x", path)


def asked() -> Iterator[tuple[str, str, str | None]]:
    """Method and address of every path, with what it needs."""
    for (method, path), needed in NEEDED.items():
        yield method, address(path), needed


def test_every_path_is_in_the_table(live: Any) -> None:
    routes = App(live.service, open=False).asgi().routes
    found = {(method, route.path) for route in routes for method in route.methods if method != "HEAD"}  # type: ignore[attr-defined]
    assert found == set(NEEDED)


@pytest.mark.parametrize("scope", [*ALLOWED, None, "unknown"])
def test_a_scope_does_what_it_says_and_no_more(live: Any, scope: str | None) -> None:
    token = {None: None, "unknown": "guessed"}.get(scope)
    if scope in ALLOWED:
        token = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": scope}).document["token"]
    for method, path, needed in asked():
        found = live.ask(method, path, token=token, whole=False)
        if needed is None or needed in ALLOWED.get(scope or "", ()):
            assert found.status not in (401, 403), (method, path)
        else:
            assert found.status == (403 if scope in ALLOWED else 401), (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_what_it_says_and_no_more(live: Any, role: str) -> None:
    headers = live.signed_in("ada", role)
    for method, path, needed in asked():
        if (method, path) == ("DELETE", "/api/v1/session"):
            continue  # nobody is signed in after it
        found = live.ask(method, path, token=None, headers=headers, whole=False)
        if needed is None or needed in ALLOWED[ROLES[role]]:
            assert found.status not in (401, 403), (method, path)
        else:
            assert found.status == 403, (method, path)


def test_a_session_changes_nothing_without_what_its_pages_know(live: Any) -> None:
    headers = live.signed_in("ada")
    other = live.signed_in("eve")
    forged = (
        {"Cookie": headers["Cookie"]},
        {**headers, "X-CSRF-Token": other["X-CSRF-Token"]},
        {**headers, "X-CSRF-Token": ""},
        {**headers, "Origin": "http://evil.example"},
        {**headers, "Origin": "null"},
        {**headers, "Sec-Fetch-Site": "cross-site"},
        {**headers, "Sec-Fetch-Site": "same-site"},
    )
    for method, path, needed in asked():
        if method == "GET" or needed is None:
            continue
        for sent in forged:
            assert live.ask(method, path, token=None, headers=sent).status == 403, (method, path)
    elsewhere = live.ask("POST", "/api/v1/tokens", {}, token=None, headers=forged[3]).document
    assert elsewhere["found"] == "http://evil.example"
    assert elsewhere["accepted"].endswith(live.url.removeprefix("http://"))
    assert "proxy" in elsewhere["next_step"]
    for sent in (headers, {**headers, "Origin": live.url}, {**headers, "Sec-Fetch-Site": "same-origin"}):
        document = {"name": "t", "scope": "read"}
        assert live.ask("POST", "/api/v1/tokens", document, token=None, headers=sent).status == 201


@pytest.mark.parametrize("scope", ["ingest", "read", "write"])
def test_who_is_limited_to_models_speaks_of_no_other(live: Any, scope: str) -> None:
    """Where a path does not look at the models itself; those that do so are next."""
    wanted = {"name": "t", "scope": scope, "models": ["m"]}
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    narrow = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if endpoint.narrow}
    for (method, path), needed in NEEDED.items():
        if needed not in ALLOWED[scope] or (method, path.replace(":int}", "}")) in narrow:
            continue
        for name in ("m", "other", "M", "m%00", "m%20", "..%2fm", "%2e%2e%2fother"):
            found = live.ask(method, address(path, name), token=token, whole=False)
            if "{name}" in path and name == "m":
                assert found.status != 403, (method, path)
            else:
                assert found.status in (403, 404), (method, path, name)


def test_who_is_limited_to_models_hears_of_no_other(live: Any) -> None:
    for name in ("mine", "hidden"):
        document = {"format": 1, "model": name, "predictions": {"rows": 1, "id": ["a"]}}
        assert live.ask("POST", "/api/v1/ingest", document).status == 202
        event = {"kind": "deploy", "text": f"of {name}", "model": name}
        assert live.ask("POST", "/api/v1/events", event).status == 201
        with live.service.metadata.database.transaction() as own:
            live.service.metadata.alerts.write(
                own, Alert(0, name, "windows", "open", 0, 1, ("a",), name, "", 0, 0)
            )
    wanted = {"name": "t", "scope": "write", "models": ["mine"]}
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    heard = ""
    for (method, path), needed in NEEDED.items():
        if method != "GET" or needed != "read" or path == "/api/v1/changes":
            continue
        for number in ("1", "2"):
            found = live.ask("GET", address(path).replace("999", number), token=token)
            assert "hidden" not in found.body.decode(), path
            heard += found.body.decode()
    assert heard.count("mine") >= 3

    def hidden() -> list[dict[str, Any]]:
        lists = [live.ask("GET", f"/api/v1/{what}").document["items"] for what in ("alerts", "events")]
        return [item for items in lists for item in items if item["model"] == "hidden"]

    before = hidden()
    for (method, path), needed in NEEDED.items():
        if method != "GET" and needed in ("read", "write") and "{number:int}" in path:
            for document in (None, {"to": "x"}, {"text": "x"}, {"useful": True}):
                live.ask(method, address(path).replace("999", "2"), document, token=token)
    assert len(before) == 2
    assert hidden() == before


def test_who_is_limited_to_models_sends_for_no_other(live: Any) -> None:
    wanted = {"name": "t", "scope": "ingest", "models": ["mine"]}
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    for name, status in (("mine", 202), ("hidden", 403)):
        document = {"format": 1, "model": name, "predictions": {"rows": 1, "id": ["a"]}}
        assert live.ask("POST", "/api/v1/ingest", document, token=token).status == status
    assert live.service.store.models() == ["mine"]


def test_tokens_are_told_once_and_can_be_taken_back(live: Any) -> None:
    made = live.ask("POST", "/api/v1/tokens", {"name": "serving", "scope": "ingest"})
    assert made.status == 201
    listed = live.ask("GET", "/api/v1/tokens")
    assert made.document["token"] not in listed.body.decode()
    assert [t["name"] for t in listed.document["items"]] == ["tests", "serving"]
    assert live.ask("DELETE", f"/api/v1/tokens/{made.document['id']}").status == 204
    assert live.ask("DELETE", f"/api/v1/tokens/{made.document['id']}").status == 404
    assert live.ask("POST", "/api/v1/ingest", token=made.document["token"]).status == 401
    assert live.ask("DELETE", f"/api/v1/tokens/{10**30}").status == 404
    assert live.service.metadata.audit.latest(None, 1)[0].told.object != f"/api/v1/tokens/{10**30}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x"},
        {"name": "x", "scope": "root"},
        {"name": 1, "scope": "read"},
        {"name": "", "scope": "read"},
        {"name": "x" * 201, "scope": "read"},
        {"name": "a\0b", "scope": "read"},
        {"name": "\u202egnirts", "scope": "read"},
        {"name": "x", "scope": "read", "days": 0},
        {"name": "x", "scope": "read", "days": 10**9},
        {"name": "x", "scope": "read", "models": [""]},
        {"name": "x", "scope": "read", "models": ["x" * 10_000]},
        {"name": "x", "scope": "read", "models": "m"},
        {"name": "x", "scope": "admin", "models": ["m"]},
        [1],
        {"a": 1},
    ],
)
def test_a_token_that_cannot_be(live: Any, wrong: Any) -> None:
    assert live.ask("POST", "/api/v1/tokens", wrong).status == 400
    assert len(live.ask("GET", "/api/v1/tokens").document["items"]) == 1


def test_a_token_ends_and_tells_when_it_was_used(live: Any) -> None:
    made = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "read", "days": 2}).document
    shown = live.ask("GET", "/api/v1/tokens").document["items"][1]
    assert (shown["expires_at"], shown["used_at"]) == ("2026-06-03T00:00:00+00:00", None)
    live.clock.now += 86_400_000_000
    assert live.ask("GET", "/api/v1/models", token=made["token"]).status == 200
    shown = live.ask("GET", "/api/v1/tokens").document["items"][1]
    assert shown["used_at"] == "2026-06-02T00:00:00+00:00"
    live.clock.now += 86_400_000_000
    assert live.ask("GET", "/api/v1/models", token=made["token"]).status == 401


def test_nothing_runs_in_what_is_no_page_and_pages_cannot_be_framed(live: Any) -> None:
    for path in ("/api/v1/models", "/healthz", "/nothing", "/metrics", "/"):
        headers = live.ask("GET", path).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers


def test_without_tokens_only_this_machine_is_answered(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    gate = Gate(metadata, open=True, clock=lambda: 0)
    for host in ("127.0.0.1:8470", "localhost", "[::1]:8470", "[::1]", "localhost:1"):
        gate.check("admin", "POST", {"host": host}, None)
        gate.check("admin", "POST", {"host": host, "origin": f"http://{host}"}, None)
    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {},
        {"host": "localhost", "origin": "http://evil.example"},
        {"host": "localhost", "origin": "null"},
    ):
        for needed in ("read", None):
            with pytest.raises(AccessError):
                gate.check(needed, "GET", headers, None)
    metadata.close()


def test_a_server_without_tokens_does_not_listen_wider() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.5.5.5"):
        check_reach(host, open=True)
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""):
        check_reach(host, open=False)
        assert not is_loopback(host)
        with pytest.raises(ConfigurationError, match="this machine only"):
            check_reach(host, open=True)


def test_digests_hide_tokens() -> None:
    assert digest("a") != digest("b")
    assert "secret-token" not in digest("secret-token")
