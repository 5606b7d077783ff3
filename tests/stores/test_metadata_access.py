"""People, sessions, tokens and the audit log, in both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.stores.metadata import Metadata
from leadline.stores.metadata.audit import Told, verified
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.users import User


@pytest.fixture
def metadata(place: Path | str) -> Iterator[Metadata]:
    found = Metadata(place)
    yield found
    found.close()


def person(metadata: Metadata, own: Transaction, name: str) -> User:
    found = metadata.users.add(own, name, f"kept of {name}", "viewer", ["a", "b"], 5)
    assert found is not None
    return found


def test_a_name_belongs_to_one_person(metadata: Metadata) -> None:
    with metadata.database.transaction() as own:
        ada = person(metadata, own, "ada")
        assert metadata.users.add(own, "ada", "other", "admin", None, 6) is None
        assert metadata.users.named(own, "ada") == metadata.users.get(own, ada.id) == ada
        assert metadata.users.named(own, "Ada") is None
        assert metadata.users.admins(own) == []
        metadata.users.change(own, ada.id, "admin", None)
        assert metadata.users.admins(own) == [ada.id]
    assert metadata.users.password("ada") == (ada.id, "kept of ada")
    assert metadata.users.password("eve") is None
    assert metadata.users.all() == [User(ada.id, "ada", "admin", None, 5)]


def test_sessions_end_with_time_password_and_person(metadata: Metadata) -> None:
    with metadata.database.transaction() as own:
        ada, eve = person(metadata, own, "ada"), person(metadata, own, "eve")
        for number, (user, ends) in enumerate([(ada, 10), (ada, 20), (eve, 30)]):
            metadata.users.open(own, user.id, f"digest {number}", number, ends, "127.0.0.1", "browser")
    assert [(s.user.name, s.expires_at) for s in metadata.users.sessions(10)] == [("ada", 20), ("eve", 30)]
    found = metadata.users.session("digest 2")
    assert found is not None
    assert (found.user, found.opened_at, found.used_at, found.address) == (eve, 2, 2, "127.0.0.1")
    metadata.users.used(found.id, 7)
    assert [session.used_at for session in metadata.users.sessions(0)] == [0, 1, 7]
    with metadata.database.transaction() as own:
        metadata.users.set_password(own, ada.id, "new")
        assert metadata.users.end(own, found.id)
        assert not metadata.users.end(own, found.id)
    assert metadata.users.sessions(0) == []
    with metadata.database.transaction() as own:
        metadata.users.open(own, eve.id, "digest", 3, 40, "", "")
        metadata.users.remove(own, eve.id)
    assert metadata.users.session("digest") is None
    assert [user.name for user in metadata.users.all()] == ["ada"]


def test_tokens_say_for_what_and_how_long(metadata: Metadata) -> None:
    with metadata.database.transaction() as own:
        first = metadata.tokens.add(own, "t", "digest 1", "read", 5)
        second = metadata.tokens.add(own, "t", "digest 2", "ingest", 6, models=["m"], expires_at=9)
    one, two = metadata.tokens.all()
    assert (one.id, one.scope, one.models, one.expires_at, one.used_at) == (first, "read", None, None, None)
    assert (two.id, two.scope, two.models, two.expires_at) == (second, "ingest", ("m",), 9)
    metadata.tokens.used(second, 8)
    found = metadata.tokens.of("digest 2")
    assert found is not None
    assert found.used_at == 8
    with metadata.database.transaction() as own:
        metadata.tokens.remove_named(own, "t")
    assert metadata.tokens.all() == []


def test_entries_of_many_at_once_are_one_chain(metadata: Metadata) -> None:
    def tell(who: str) -> None:
        for number in range(10):
            with metadata.database.transaction() as own:
                metadata.audit.add(own, Told(number, who, "action", "/", "", {"\u00e9\u202e": "\u2603"}))

    threads = [threading.Thread(target=tell, args=(str(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verified(metadata.audit) == 0
    found = metadata.audit.latest(None, 100)
    assert [entry.id for entry in reversed(found)] == list(range(1, 41))
    assert metadata.audit.end() == (40, found[0].digest)
    with metadata.database.transaction() as own:
        own.do("UPDATE audit SET who = 'nobody' WHERE id = 17")
    assert verified(metadata.audit) == 17


def test_an_entry_goes_with_what_it_tells_of(metadata: Metadata) -> None:
    def fail() -> None:
        with metadata.database.transaction() as own:
            person(metadata, own, "ada")
            metadata.audit.add(own, Told(1, "who", "action", "/", "", {}))
            raise RuntimeError("in the midst")

    with pytest.raises(RuntimeError):
        fail()
    assert metadata.users.all() == []
    assert metadata.audit.end() == (0, "")
    assert verified(metadata.audit) == 0
