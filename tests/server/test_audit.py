"""Whatever changed something is told, in order, without secrets; a log that was changed is found out."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.audit import Told, verified

PASSWORD = "a long enough password"


def told(live: Any) -> list[tuple[str, str, str]]:
    """Who did what to which, the latest last; without what made the people of a test."""
    found = live.ask("GET", "/api/v1/audit?limit=1000").document["items"]
    return [(entry["who"], entry["action"], entry["object"]) for entry in reversed(found)]


def test_changes_are_told_and_readings_not(live: Any) -> None:
    headers = live.signed_in("ada")
    number = live.ask("GET", "/api/v1/users").document["items"][0]["id"]
    made = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "ingest"}, token=None, headers=headers)
    token = made.document
    path = f"/api/v1/tokens/{token['id']}"
    batch = {"format": 1, "model": "m", "predictions": {"rows": 1, "id": ["a"]}}
    assert live.ask("POST", "/api/v1/ingest", batch, token=token["token"]).status == 202
    live.ask("DELETE", path)
    live.ask("DELETE", path)
    live.ask("POST", "/api/v1/tokens", {"name": "", "scope": "read"})
    live.ask("POST", "/api/v1/session", {"name": "ada\n\u202e", "password": "guess"}, token=None)
    live.ask("PUT", f"/api/v1/users/{number}", {"role": "admin"})
    assert told(live) == [
        ("tests", "users.add_user", "/api/v1/users"),
        ("ada", "session.sign_in", "/api/v1/session"),
        ("ada", "tokens.add_token", "/api/v1/tokens"),
        ("tests", "tokens.remove_token", path),
        ("ada??", "sign-in failed", ""),
        ("tests", "users.change_user", f"/api/v1/users/{number}"),
    ]
    entry = live.ask("GET", "/api/v1/audit?limit=1&after=4").document["items"][0]
    assert (entry["id"], entry["address"], entry["at"]) == (3, "127.0.0.1", "2026-06-01T00:00:00+00:00")
    assert entry["about"] == {"id": str(token["id"]), "name": "t", "scope": "ingest", "models": "all"}


def test_no_secret_is_told(live: Any) -> None:
    code = live.service.sign_in.new_code()
    first = {"code": code, "name": "ada", "password": PASSWORD}
    cookie = live.ask("POST", "/api/v1/setup", first, token=None).headers["Set-Cookie"]
    token = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "read"}).document["token"]
    live.ask("POST", "/api/v1/session", {"name": "ada", "password": "a guessed secret"}, token=None)
    text = live.ask("GET", "/api/v1/audit").body.decode()
    assert "set_up" in text
    for secret in (code, PASSWORD, token, "a guessed secret", cookie.partition(";")[0].partition("=")[2]):
        assert secret not in text


def test_pages_go_on_where_the_last_one_ended(live: Any) -> None:
    for number in range(5):
        live.ask("POST", "/api/v1/tokens", {"name": str(number), "scope": "read"})
    found, after = [], ""
    while after is not None:
        page = live.ask("GET", f"/api/v1/audit?limit=2{after and '&after=' + after}").document
        assert len(page["items"]) <= 2
        found += [entry["about"]["name"] for entry in page["items"]]
        after = page["next"]
    assert found == ["4", "3", "2", "1", "0"]


def test_a_change_and_its_entry_are_there_together(live: Any) -> None:
    def fail(own: Any, told: Told) -> None:
        raise RuntimeError("no room")

    live.service.metadata.audit.add = fail
    found = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "read"})
    assert found.status == 500
    assert "no room" not in found.body.decode()
    assert [token["name"] for token in live.ask("GET", "/api/v1/tokens").document["items"]] == ["tests"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ENTRY = st.builds(
    Told, st.integers(0, 2**62), TEXT, TEXT, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)
)


def log(path: Path, entries: list[Told]) -> Metadata:
    metadata = Metadata(path)
    for entry in entries:
        with metadata.database.transaction() as own:
            metadata.audit.add(own, entry)
    return metadata


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRY, max_size=6))
def test_what_is_told_is_kept_as_it_was(entries: list[Told]) -> None:
    metadata = log(Path(":memory:"), entries)
    assert [entry.told for entry in reversed(metadata.audit.latest(None, 10))] == entries
    assert [entry.id for entry in metadata.audit.latest(None, 10)] == list(range(len(entries), 0, -1))
    assert verified(metadata.audit) == 0
    metadata.close()


COLUMNS = "at, who, action, object, address, about, digest"
ENTRIES = [Told(i, "who", "action", f"/{i}", "127.0.0.1", {"name": str(i)}) for i in range(5)]


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET who = 'other' WHERE id = 3", 3),
        ("UPDATE audit SET about = '{}' WHERE id = 1", 1),
        ("UPDATE audit SET about = 'no JSON' WHERE id = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE id = 5", 5),
        ("UPDATE audit SET who = NULL WHERE id = 5", 5),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 4", 4),
        ("DELETE FROM audit WHERE id = 5", 5),
        ("DELETE FROM audit", 1),
        ("DELETE FROM audit; DELETE FROM audit_end; INSERT INTO audit_end VALUES (1, 5, '')", 1),
        (
            f"INSERT INTO audit SELECT 6, {COLUMNS} FROM audit WHERE id = 5",
            6,
        ),
        (
            f"INSERT INTO audit SELECT 0, {COLUMNS} FROM audit WHERE id = 5",
            1,
        ),
        (
            "UPDATE audit SET id = 9 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
            "UPDATE audit SET id = 3 WHERE id = 9",
            2,
        ),
        ("UPDATE audit SET digest = (SELECT digest FROM audit WHERE id = 1) WHERE id = 2", 2),
    ],
)
def test_the_first_broken_entry_is_named(tmp_path: Path, statement: str, first: int) -> None:
    log(tmp_path / "m", ENTRIES).close()
    with sqlite3.connect(tmp_path / "m") as connection:
        connection.executescript(statement)
    connection.close()
    metadata = Metadata(tmp_path / "m")
    assert verified(metadata.audit) == first
    metadata.close()


def test_a_log_that_was_written_anew_lacks_a_seal_that_is_known(tmp_path: Path) -> None:
    metadata = log(tmp_path / "m", ENTRIES)
    seals = [entry.digest for entry in metadata.audit.latest(None, 10)]
    metadata.close()
    assert len(set(seals)) == len(ENTRIES)
    forged = log(tmp_path / "forged", [*ENTRIES[:2], *ENTRIES[3:], ENTRIES[2]])
    assert verified(forged.audit) == 0
    for number, seal in enumerate(reversed(seals)):
        if number < 2:
            assert verified(forged.audit, seal) == 0
        else:
            with pytest.raises(DataError, match="written anew"):
                verified(forged.audit, seal)
    forged.close()


def cut(metadata: Metadata, before: int) -> int:
    with metadata.database.transaction() as own:
        return metadata.audit.cut(own, before)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(0, 10), st.integers(0, 10))
def test_what_is_left_of_a_cut_log_can_be_verified(times: list[int], first: int, second: int) -> None:
    """Only what is wholly before the date goes, never the last entry, and numbers go on."""
    metadata = log(Path(":memory:"), [Told(at, "", "", "", "", {}) for at in times])
    seals = {entry.id: entry.digest for entry in metadata.audit.latest(None, 100)}
    for before in (first, second):
        cut(metadata, before)
        assert verified(metadata.audit) == 0
    left = [entry.id for entry in reversed(metadata.audit.latest(None, 100))]
    later = [number for number, at in enumerate(times, 1) if at >= max(first, second)]
    assert left == list(range(min([*later, len(times)]), len(times) + 1))
    # A seal that was noted is known as long as its entry is there, and at the cut.
    for number in range(left[0] - 1, len(times) + 1):
        if number:
            assert verified(metadata.audit, seals[number]) == 0
    for number in range(1, left[0] - 1):
        with pytest.raises(DataError, match=f"before number {left[0] - 1}, up to which the log was cut"):
            verified(metadata.audit, seals[number])
    with metadata.database.transaction() as own:
        metadata.audit.add(own, ENTRIES[0])
    assert metadata.audit.latest(None, 1)[0].id == len(times) + 1
    assert verified(metadata.audit) == 0
    metadata.close()


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET who = 'other' WHERE id = 3", 3),
        ("DELETE FROM audit WHERE id = 3", 3),
        ("DELETE FROM audit_end WHERE one = 0", 1),
        ("UPDATE audit_end SET entries = 3 WHERE one = 0", 4),
        ("UPDATE audit_end SET digest = 'other' WHERE one = 0", 3),
    ],
)
def test_a_change_of_what_a_cut_left_is_found_out(tmp_path: Path, statement: str, first: int) -> None:
    metadata = log(tmp_path / "m", ENTRIES)
    assert cut(metadata, 2) == 2
    metadata.close()
    with sqlite3.connect(tmp_path / "m") as connection:
        connection.executescript(statement)
    connection.close()
    metadata = Metadata(tmp_path / "m")
    assert verified(metadata.audit) == first
    metadata.close()
