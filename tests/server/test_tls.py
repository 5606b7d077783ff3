"""HTTPS by itself and behind a proxy that speaks it."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadline.cli.remote import Remote
from leadline.errors import ConfigurationError
from leadline.server.run import server

PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes certificates, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-out", files[0], "-keyout", files[1], "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def test_https(serve: Callable[..., Any], tmp_path: Path, certificate: tuple[str, str]) -> None:
    with serve(tmp_path / "data", web={"tls": certificate}) as live:
        trusting = ssl.create_default_context(cafile=certificate[0])
        address = live.url.removeprefix("http://")

        def ask(method: str, path: str, document: Any = None) -> http.client.HTTPResponse:
            connection = http.client.HTTPSConnection(address, context=trusting, timeout=30)
            headers = {"Authorization": f"Bearer {live.token}"}
            connection.request(method, path, document and json.dumps(document), headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer

        assert "max-age=" in ask("GET", "/api/v1/models").headers["Strict-Transport-Security"]
        person = {"name": "ada", "password": PASSWORD}
        assert ask("POST", "/api/v1/users", {**person, "role": "admin"}).status == 201
        assert "Secure" in ask("POST", "/api/v1/session", person).headers["Set-Cookie"].split("; ")
        with pytest.raises(ssl.SSLError):
            http.client.HTTPSConnection(
                address, context=ssl.create_default_context(), timeout=30
            ).request("GET", "/healthz")  # fmt: skip


def test_no_certificate(live: Any, certificate: tuple[str, str], tmp_path: Path) -> None:
    other = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(other)],
        check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "text").write_text("no certificate")
    cert, key = certificate
    for wrong in ((cert, str(other)), (key, cert), (str(tmp_path / "text"), key), (str(tmp_path), key)):
        with pytest.raises(ConfigurationError, match="not a certificate"):
            server(live.service, open=False, tls=wrong)


def test_a_proxy_is_believed_where_it_is_named(serve: Callable[..., Any], tmp_path: Path) -> None:
    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    person = {"name": "ada", "password": PASSWORD}
    for proxies, believed in (("", False), ("10.0.0.0/8", False), ("127.0.0.1", True)):
        with serve(tmp_path / "data", web={"proxies": proxies}) as live:
            live.ask("POST", "/api/v1/users", {**person, "role": "admin"})
            found = live.ask("POST", "/api/v1/session", person, headers=said)
            assert ("Secure" in found.headers["Set-Cookie"]) == believed
            assert ("Strict-Transport-Security" in found.headers) == believed
            session = live.ask("GET", "/api/v1/sessions").document["items"][-1]
            assert session["address"] == ("203.0.113.9" if believed else "127.0.0.1")


def test_a_certificate_that_is_not_trusted_is_told_by_commands(
    serve: Callable[..., Any], tmp_path: Path, certificate: tuple[str, str]
) -> None:
    with serve(tmp_path / "data", web={"tls": certificate}) as live:
        remote = Remote(live.url.replace("http://", "https://"), live.token)
        with pytest.raises(ConfigurationError, match=r"not trusted here.*SSL_CERT_FILE"):
            remote.ask("GET", "/api/v1/models")


def test_https_where_none_is_spoken_is_told_by_commands(live: Any) -> None:
    """Waiting would not mend it."""
    with pytest.raises(ConfigurationError, match=r"no HTTPS is spoken there.*http://"):
        Remote(live.url.replace("http:", "https:"), None).ask("GET", "/healthz")
