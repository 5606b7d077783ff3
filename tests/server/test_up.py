"""`leadline up` as a process: it starts without anything, tells its token once, and stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

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


def test_the_token_is_told_once_and_opens_the_page(tmp_path: Path) -> None:
    process, lines = start(tmp_path / "data")
    url = lines[-1].split()[-1]
    link = lines[1].split()[-1]
    token = lines[0].split()[-1]
    assert link == f"{url}/login?token={token}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    assert "No model has sent anything" in opener.open(link).read().decode()
    for path in ("/healthz", "/readyz"):
        assert urllib.request.urlopen(url + path).status == 200
    stop(process)
    again, lines = start(tmp_path / "data")
    assert len(lines) == 1
    assert token not in lines[0]
    url = lines[-1].split()[-1]
    request = urllib.request.Request(f"{url}/api/v1/models", headers={"Authorization": f"Bearer {token}"})
    assert urllib.request.urlopen(request).status == 200
    stop(again, signal.SIGINT)


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
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, options: list[str], code: int, message: str) -> None:
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path / "data"), *options], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_files_is_refused(tmp_path: Path) -> None:
    process, _ = start(tmp_path / "data")
    done = subprocess.run(
        [*COMMAND, "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=60
    )
    stop(process)
    assert done.returncode == 3
    assert "another process has the store open" in done.stderr
    assert re.search(r"Stop it first", done.stderr)
