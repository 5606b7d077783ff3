"""`leadline up` as a process: it starts without anything, tells what is secret once, and stops cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError

import pytest

from leadline.cli.main import run

COMMAND = [sys.executable, "-m", "leadline", "up", "--port", "0"]


def start(folder: Path, *options: str) -> tuple[subprocess.Popen[str], list[str]]:
    """The process, and what it said until it listened."""
    process = subprocess.Popen(
        [*COMMAND, "--data", str(folder), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if "listens on" in line:
            return process, lines
    raise AssertionError(process.communicate())


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def ask(
    url: str, token: str = "", document: object = None, headers: Mapping[str, str] = MappingProxyType({})
) -> Any:
    """The document of an answer."""
    body = None if document is None else json.dumps(document).encode()
    sent = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
    with urllib.request.urlopen(urllib.request.Request(url, body, sent), timeout=30) as found:
        return json.loads(found.read())


def test_the_first_start_lets_the_first_admin_in(tmp_path: Path) -> None:
    process, lines = start(tmp_path / "data")
    url, link = lines[-1].split()[-1], lines[0].split()[-1]
    assert link.startswith(f"{url}/setup?code=")
    assert "--print-token" in lines[1]
    assert len(lines) == 3
    for path in ("/healthz", "/readyz"):
        assert ask(url + path)["message"]
    first = {"code": link.partition("=")[2], "name": "ada", "password": "a long enough password"}
    made = ask(f"{url}/api/v1/setup", document=first)
    assert (made["name"], made["role"]) == ("ada", "admin")
    stop(process)
    again, lines = start(tmp_path / "data")
    assert len(lines) == 1
    url = lines[0].split()[-1]
    assert not ask(f"{url}/api/v1/setup")["open"]
    entry = {"name": "ada", "password": "a long enough password"}
    assert ask(f"{url}/api/v1/session", document=entry)["name"] == "ada"
    stop(again, signal.SIGINT)


def test_each_start_without_an_admin_tells_another_link(tmp_path: Path) -> None:
    codes = set()
    for _ in range(2):
        process, lines = start(tmp_path / "data")
        codes.add(lines[0].partition("=")[2])
        stop(process)
    assert len(codes) == 2


def test_a_token_is_told_where_one_is_wanted(tmp_path: Path) -> None:
    tokens = []
    for _ in range(2):
        process, lines = start(tmp_path / "data", "--print-token")
        tokens.append(lines[0].split()[-1])
        assert lines[0].startswith("token, told once: ll_")
        url = lines[-1].split()[-1]
        assert ask(f"{url}/api/v1/models", tokens[-1])["items"] == []
        names = [token["name"] for token in ask(f"{url}/api/v1/tokens", tokens[-1])["items"]]
        assert names == ["leadline up"]
        with pytest.raises(HTTPError, match="401"):
            ask(f"{url}/api/v1/models", "x" if len(tokens) == 1 else tokens[0])
        stop(process)


def test_without_tokens_nothing_is_told(tmp_path: Path) -> None:
    process, lines = start(tmp_path / "data", "--no-tokens")
    assert len(lines) == 1
    url = lines[0].split()[-1]
    session = ask(f"{url}/api/v1/session")
    assert (session["role"], session["open"], session["csrf"]) == ("admin", True, "")
    assert not ask(f"{url}/api/v1/setup")["open"]
    stop(process)


def test_passwords_that_can_be_read_on_their_way_are_warned_of(tmp_path: Path) -> None:
    for options, warned in ((("--host", "0.0.0.0"), True), (("--host", "0.0.0.0", *PROXY), False)):
        process, _ = start(tmp_path / "data", *options)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert ("--tls-cert" in said) == warned


PROXY = ("--forwarded-allow-ips", "127.0.0.1")


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    process, _ = start(tmp_path / "data")
    stop(process)
    assert stat.S_IMODE(os.stat(tmp_path / "data").st_mode) == 0o700


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--host", "0.0.0.0", "--no-tokens"], 2, "this machine only"),
        (["--baseline", "credit"], 2, "MODEL=FILE"),
        (["--baseline", "credit=/nowhere"], 2, "No such file"),
        (["--host", "203.0.113.7"], 3, "cannot listen"),
        (["--data", "/dev/null/x"], 2, "cannot make the folder"),
        (["--tls-cert", "/nowhere"], 2, "both, or neither"),
        (["--tls-key", "/nowhere"], 2, "both, or neither"),
        (["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], 2, "not a certificate and its key"),
        (["--tls-cert", "/dev/null", "--tls-key", "/dev/null"], 2, "not a certificate and its key"),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, message: str
) -> None:
    assert run(["up", "--port", "0", "--data", str(tmp_path / "data"), *options]) == code
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_a_second_server_on_the_same_files_is_refused(tmp_path: Path) -> None:
    process, _ = start(tmp_path / "data")
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=60
    )
    stop(process)
    assert done.returncode == 3
    assert "another process has the store open" in done.stderr
    assert re.search(r"Stop it first", done.stderr)
