"""Commands that open the files of a server that is stopped."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from leadline.cli.main import run
from leadline.server.access import passwords
from leadline.server.service import Service
from leadline.stores.metadata import Metadata


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", (4, 8, 1))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """What a server kept, which stopped."""
    service = Service(tmp_path / "data", pause_seconds=3600.0)
    service.printed_token()
    service.close()
    return str(tmp_path / "data")


def reset(name: str, folder: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The password that was told."""
    assert run(["admin", "reset", name, "--data", folder]) == 0
    return capsys.readouterr().out.split()[-1]


def test_an_admin_is_made_anew(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = reset("ada", folder, capsys), reset("ada", folder, capsys)
    assert first != second
    metadata = Metadata(Path(folder) / "leadline.sqlite")
    with metadata.database.transaction() as own:
        user = metadata.users.named(own, "ada")
        assert user is not None
        assert (user.role, user.models) == ("admin", None)
        metadata.users.change(own, user.id, "viewer", ["m"])
        metadata.users.open(own, user.id, "digest", 0, 2**62, "", "")
    found = metadata.users.password("ada")
    assert found is not None
    assert passwords.fits(second, found[1])
    assert not passwords.fits(first, found[1])
    metadata.close()
    reset("ada", folder, capsys)
    metadata = Metadata(Path(folder) / "leadline.sqlite")
    assert [(user.role, user.models) for user in metadata.users.all()] == [("admin", None)]
    assert metadata.users.session("digest") is None
    assert [entry.told.action for entry in metadata.audit.latest(None, 10)] == [
        "users.reset", "users.reset", "users.reset", "tokens.printed",
    ]  # fmt: skip
    metadata.close()


def test_a_log_is_verified(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify", "--data", folder]) == 0
    seal = capsys.readouterr().out.split()[-1]
    reset("ada", folder, capsys)
    assert run(["audit", "verify", "--data", folder, "--known", seal]) == 0
    assert "2 entries, unchanged" in capsys.readouterr().out
    assert run(["audit", "verify", "--data", folder, "--known", "0" * 64]) == 2
    with sqlite3.connect(Path(folder) / "leadline.sqlite") as connection:
        connection.execute("UPDATE audit SET who = 'nobody' WHERE id = 1")
    connection.close()
    capsys.readouterr()
    assert run(["audit", "verify", "--data", folder]) == 1
    assert capsys.readouterr().out == "entry 1 is not what was written\n"


def test_a_log_is_cut_and_says_so(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        reset("ada", folder, capsys)
    assert run(["audit", "cut", "--before", "2000-01-01", "--data", folder]) == 0
    assert capsys.readouterr().out == "nothing is older\n"
    assert run(["audit", "cut", "--before", "soon", "--data", folder]) == 2
    assert run(["audit", "cut", "--before", "2199-01-01", "--data", folder]) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 entries are gone, up to number 3; its seal: ")
    seal = said.split()[-1]
    assert run(["audit", "verify", "--data", folder, "--known", seal]) == 0
    assert "5 entries, the first 3 cut off, unchanged" in capsys.readouterr().out
    metadata = Metadata(Path(folder) / "leadline.sqlite")
    last = metadata.audit.latest(None, 10)
    assert [(entry.id, entry.told.action) for entry in last] == [(5, "audit.cut"), (4, "users.reset")]
    assert last[0].told.about == {"before": "2199-01-01", "entries": "3"}
    metadata.close()
    with sqlite3.connect(Path(folder) / "leadline.sqlite") as connection:
        connection.execute("UPDATE audit SET who = 'nobody' WHERE id = 4")
    connection.close()
    assert run(["audit", "cut", "--before", "2199-01-01", "--data", folder]) == 2
    assert "entry 4" in capsys.readouterr().err


def test_a_server_that_runs_is_not_disturbed(tmp_path: Path) -> None:
    service = Service(tmp_path, pause_seconds=3600.0)
    try:
        for arguments in (["audit", "verify"], ["admin", "reset", "ada"]):
            done = subprocess.run(
                [sys.executable, "-m", "leadline", *arguments, "--data", str(tmp_path)],
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert done.returncode == 3
            assert "another process has the store open" in done.stderr
        assert service.metadata.users.all() == []
    finally:
        service.close()


def test_where_no_server_was_there_is_nothing_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["audit", "verify"], ["admin", "reset", "ada"]):
        assert run([*arguments, "--data", str(tmp_path)]) == 2
        assert "no server keeps anything here" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_be(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "reset", "a\nb", "--data", folder]) == 2
    assert "no name" in capsys.readouterr().err
