"""People, and the sessions of their browsers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from leadline.stores.metadata.database import Database, Row, Transaction
from leadline.stores.metadata.tokens import read, written

Role = Literal["viewer", "editor", "admin"]

TABLES = """
    CREATE TABLE users (
        id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT, role TEXT, models TEXT, created_at BIGINT);
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY, digest TEXT UNIQUE, user_id BIGINT REFERENCES users ON DELETE CASCADE,
        opened_at BIGINT, expires_at BIGINT, used_at BIGINT, address TEXT, browser TEXT)
"""


class User(msgspec.Struct, frozen=True):
    """Somebody who signs in. Times are microseconds since 1970.

    Attributes:
        role: viewers read, editors also change, admins also say who may do what.
        models: which they may see; None: all.
    """

    id: int
    name: str
    role: Role
    models: tuple[str, ...] | None
    created_at: int


class KeptSession(msgspec.Struct, frozen=True):
    """A browser in which somebody signed in; the secret in its cookie is not kept, only its digest.

    Attributes:
        used_at: about when it was used last.
        address, browser: where it was opened, as the browser told.
    """

    id: int
    user: User
    opened_at: int
    expires_at: int
    used_at: int
    address: str
    browser: str


class Users:
    """All people and all sessions. What changes something takes part in a transaction of its caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[User]:
        """All people."""
        return [_user(row) for row in self._database.all(f"SELECT {_USER} FROM users ORDER BY id")]

    def get(self, own: Transaction, number: int) -> User | None:
        """The user of a number."""
        found = own.all(f"SELECT {_USER} FROM users WHERE id = ?", [number])
        return _user(found[0]) if found else None

    def named(self, own: Transaction, name: str) -> User | None:
        """The user of a name."""
        found = own.all(f"SELECT {_USER} FROM users WHERE name = ?", [name])
        return _user(found[0]) if found else None

    def password(self, name: str) -> tuple[int, str] | None:
        """Number of a user, and what is kept of the password."""
        found = self._database.all("SELECT id, password FROM users WHERE name = ?", [name])
        return (int(found[0][0]), found[0][1]) if found else None

    def add(
        self,
        own: Transaction,
        name: str,
        password: str,
        role: Role,
        models: Sequence[str] | None,
        now: int,
    ) -> User | None:
        """A new user; None: there is one of that name. `password` is what is kept of it."""
        found = own.all(
            "INSERT INTO users (name, password, role, models, created_at) VALUES (?, ?, ?, ?, ?)"
            f" ON CONFLICT DO NOTHING RETURNING {_USER}",
            [name, password, role, written(models), now],
        )
        return _user(found[0]) if found else None

    def change(self, own: Transaction, number: int, role: Role, models: Sequence[str] | None) -> None:
        """Say anew what a user may do."""
        own.do("UPDATE users SET role = ?, models = ? WHERE id = ?", [role, written(models), number])

    def set_password(self, own: Transaction, number: int, password: str) -> None:
        """Put a password in the place of the one before; all sessions of the user end."""
        own.do("UPDATE users SET password = ? WHERE id = ?", [password, number])
        own.do("DELETE FROM sessions WHERE user_id = ?", [number])

    def remove(self, own: Transaction, number: int) -> None:
        """A user is gone, with all sessions."""
        own.do("DELETE FROM users WHERE id = ?", [number])

    def admins(self, own: Transaction) -> list[int]:
        """Numbers of all who may do everything."""
        return [int(row[0]) for row in own.all("SELECT id FROM users WHERE role = 'admin'")]

    def open(
        self,
        own: Transaction,
        user: int,
        digest: str,
        now: int,
        expires_at: int,
        address: str,
        browser: str,
    ) -> None:
        """A session begins; those that have expired are forgotten."""
        own.do("DELETE FROM sessions WHERE expires_at <= ?", [now])
        own.do(
            "INSERT INTO sessions (digest, user_id, opened_at, expires_at, used_at, address, browser)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [digest, user, now, expires_at, now, address, browser],
        )

    def session(self, digest: str) -> KeptSession | None:
        """The session of a digest; None: there is none."""
        found = self._database.all(f"{_SESSIONS} WHERE digest = ?", [digest])
        return _session(found[0]) if found else None

    def sessions(self, now: int) -> list[KeptSession]:
        """All sessions that have not expired."""
        found = self._database.all(f"{_SESSIONS} WHERE expires_at > ? ORDER BY sessions.id", [now])
        return [_session(row) for row in found]

    def end(self, own: Transaction, number: int) -> bool:
        """A session ends; whether there was one."""
        return bool(own.do("DELETE FROM sessions WHERE id = ?", [number]))

    def used(self, number: int, now: int) -> None:
        """A session was used."""
        with self._database.transaction() as own:
            own.do("UPDATE sessions SET used_at = ? WHERE id = ?", [now, number])


_USER = "id, name, role, models, created_at"
_SESSIONS = (
    "SELECT sessions.id, opened_at, expires_at, used_at, address, browser,"
    " users.id, name, role, models, created_at FROM sessions JOIN users ON users.id = user_id"
)


def _user(row: Row) -> User:
    number, name, role, models, created_at = row
    return User(number, name, role, read(models), created_at)


def _session(row: Row) -> KeptSession:
    number, *rest = row[:6]
    return KeptSession(number, _user(row[6:]), *rest)
