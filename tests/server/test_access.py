"""No token can do what it should not; without tokens nobody but this machine is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leadline.errors import ConfigurationError
from leadline.server.access import AccessError, Gate, digest, is_loopback
from leadline.server.app import App
from leadline.server.run import check_reach
from leadline.stores.metadata import Metadata

NEEDED = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/login"): None,
    ("GET", "/"): "read",
    ("GET", "/models/{name}"): "read",
    ("GET", "/metrics"): "read",
    ("POST", "/api/v1/ingest"): "ingest",
    ("GET", "/api/v1/models"): "read",
    ("GET", "/api/v1/models/{name}/report"): "read",
    ("POST", "/api/v1/models/{name}/baseline"): "write",
    ("GET", "/api/v1/alerts"): "read",
    ("POST", "/api/v1/alerts/{number:int}/acknowledge"): "write",
    ("GET", "/api/v1/alerts/{number:int}"): "read",
    ("GET", "/api/v1/changes"): "read",
    ("GET", "/api/v1/webhooks"): "admin",
    ("POST", "/api/v1/webhooks"): "admin",
    ("DELETE", "/api/v1/webhooks/{number:int}"): "admin",
    ("GET", "/api/v1/tokens"): "admin",
    ("POST", "/api/v1/tokens"): "admin",
    ("DELETE", "/api/v1/tokens/{number:int}"): "admin",
}
ALLOWED = {
    "ingest": {"ingest"},
    "read": {"read"},
    "write": {"read", "write"},
    "admin": {"ingest", "read", "write", "admin"},
    None: set(),
}


def test_every_path_is_in_the_table(live: Any) -> None:
    routes = App(live.service, open=False).asgi().routes
    found = {(method, route.path) for route in routes for method in route.methods if method != "HEAD"}  # type: ignore[attr-defined]
    assert found == set(NEEDED)


@pytest.mark.parametrize("scope", [*ALLOWED, "unknown"])
def test_a_scope_does_what_it_says_and_no_more(live: Any, scope: str | None) -> None:
    token = {None: None, "unknown": "guessed"}.get(scope)
    if scope in ("ingest", "read", "write", "admin"):
        token = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": scope}).document["token"]
    for (method, path), needed in NEEDED.items():
        named = path.replace("{name}", "m").replace("{number:int}", "999")
        if path == "/login":
            continue  # it takes the token itself; see below
        status = live.ask(method, named, token=token, whole=False).status
        if needed is None or needed in ALLOWED.get(scope, set()):
            assert status not in (401, 403), (method, path)
        else:
            assert status == (403 if scope in ("ingest", "read", "write") else 401), (method, path)


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
    for wrong in ({"name": "x"}, {"name": "x", "scope": "root"}, {"name": 1, "scope": "read"}, [1], {"a": 1}):
        assert live.ask("POST", "/api/v1/tokens", wrong).status == 400


def test_a_cookie_reads_and_changes_nothing(live: Any) -> None:
    cookie = {"Cookie": f"leadline={live.token}"}
    assert live.ask("GET", "/api/v1/tokens", token=None, headers=cookie).status == 200
    assert (
        live.ask("POST", "/api/v1/tokens", {"name": "x", "scope": "admin"}, token=None, headers=cookie).status
        == 401
    )


def test_pages_cannot_be_framed_or_guessed_at(live: Any) -> None:
    headers = live.ask("GET", "/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "http://",
        "http://a b",
        "http://user:pw@host",
        "http://x:port",
        "file:///etc/passwd",
        "http://ä",
    ],
)
def test_an_address_that_is_none(live: Any, url: str) -> None:
    assert live.ask("POST", "/api/v1/webhooks", {"url": url}).status == 400


def test_without_tokens_only_this_machine_is_answered(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    gate = Gate(metadata, open=True)
    for host in ("127.0.0.1:8470", "localhost", "[::1]:8470", "[::1]", "localhost:1"):
        gate.check("admin", {"host": host}, None)
        gate.check("admin", {"host": host, "origin": f"http://{host}"}, None)
    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {},
        {"host": "localhost", "origin": "http://evil.example"},
        {"host": "localhost", "origin": "null"},
    ):
        with pytest.raises(AccessError):
            gate.check("read", headers, None)
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
