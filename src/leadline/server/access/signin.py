"""How people come in: the first admin with a code that the server told, everybody with a password."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from leadline.errors import ConfigurationError, LeadlineError
from leadline.server.access import passwords
from leadline.server.access.throttle import Buckets, allowed
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.audit import Told
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.users import User

SESSION_SECONDS = 7 * 86_400
"""How long a session lasts."""

TRIES = (5, 1 / 60), (20, 1 / 10), (100, 1 / 10)
"""Failed tries to sign in at once, and how many a second come back: of a name at an address, of an address,
and of a name. Who guesses from one place waits soon; who guesses one name from everywhere, later."""

NAME_LETTERS = 200
"""Most letters of the name of a person or a token."""


class WrongPassword(LeadlineError):
    """The name, the password or the code is wrong."""


class SignIn:
    """Makes sessions.

    Args:
        metadata: with the people.
        clock: microseconds since 1970.
    """

    def __init__(self, metadata: Metadata, clock: Callable[[], int]) -> None:
        self._metadata, self._clock = metadata, clock
        self._code: str | None = None
        self._here, self._of_address, self._of_name = (Buckets(*tries) for tries in TRIES)

    def new_code(self) -> str | None:
        """A code with which the first admin can be made, once; None: there are people already."""
        self._code = None if self._metadata.users.all() else secrets.token_urlsafe(24)
        return self._code

    @property
    def is_open(self) -> bool:
        """Whether the first admin can be made now."""
        return self._code is not None and not self._metadata.users.all()

    def check_code(self, code: str, address: str) -> None:
        """Whether it is the code of the first admin.

        Raises:
            WrongPassword: it is not.
            TooOften: too many were tried.
        """
        allowed("too many tries", (self._of_address, address))
        known = self._code
        if known is None or not hmac.compare_digest(known.encode(), code.encode("utf-8", "replace")):
            self._failed("set-up failed", "", address)
            raise WrongPassword("unknown code", next_step="Each start without users tells a new one.")
        self._of_address.give_back(address)

    def first_admin(self, own: Transaction, name: str, password: str) -> User | None:
        """Make the first admin; None: there is one. `password` is what is kept of it."""
        if self._metadata.users.admins(own):
            return None
        found = self._metadata.users.add(own, name, password, "admin", None, self._clock())
        self._code = None
        return found

    def check(self, name: str, password: str, address: str) -> int:
        """Number of the user with this name and password.

        Raises:
            WrongPassword: there is none.
            TooOften: too many were tried.
        """
        tries = (self._here, (name, address)), (self._of_address, address), (self._of_name, name)
        allowed("too many tries to sign in", *tries)
        known = self._metadata.users.password(name)
        if not passwords.fits(password, known and known[1]) or known is None:
            self._failed("sign-in failed", name, address)
            raise WrongPassword("wrong name or password")
        for buckets, key in tries:
            buckets.give_back(key)
        return known[0]

    def open(self, own: Transaction, user: int, digest: str, address: str, browser: str) -> None:
        """Begin a session of a user; its secret has the digest."""
        now = self._clock()
        ends = now + SESSION_SECONDS * 1_000_000
        self._metadata.users.open(own, user, digest, now, ends, address, shown(browser))

    def _failed(self, action: str, name: str, address: str) -> None:
        with self._metadata.database.transaction() as own:
            self._metadata.audit.add(own, Told(self._clock(), shown(name), action, "", address, {}))


def checked_name(name: str) -> str:
    """A name of a person or a token.

    Raises:
        ConfigurationError: it is empty, too long, or has letters that cannot be seen.
    """
    if not 0 < len(name) <= NAME_LETTERS or not name.isprintable() or name != name.strip():
        raise ConfigurationError(
            "no name", where="name", found=name,
            accepted=f"1 to {NAME_LETTERS} letters that can be seen, no space at the ends",
        )  # fmt: skip
    return name


def checked_password(password: str) -> str:
    """What is kept of a new password.

    Raises:
        ConfigurationError: it is too short or too long.
    """
    fewest, most = passwords.LETTERS
    if not fewest <= len(password) <= most:
        raise ConfigurationError(
            "too short or too long a password", where="password", accepted=f"{fewest} to {most} letters"
        )
    return passwords.kept(password)


def shown(text: str, letters: int = NAME_LETTERS) -> str:
    """A text that somebody sent, as a log may hold it: not longer, and without what cannot be seen."""
    return "".join(char if char.isprintable() else "?" for char in text[:letters])
