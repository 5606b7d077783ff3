"""Passwords: what is kept of them takes long to guess from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata

from leadline.server.access.throttle import TooOften

LETTERS = 12, 1_000
"""Fewest and most letters of a password."""

COST = 15, 8, 3
"""Of scrypt: log2 of n, r and p, as OWASP's cheat sheet on password storage has them for 32 MiB."""

_WORKING = threading.BoundedSemaphore(2)
"""Each try takes 32 MiB and the processor: two at a time leave room for everything else, and none waits in a
thread that others need."""


def kept(password: str) -> str:
    """What is kept of a password: how it was hashed, a salt, and the hash.

    Raises:
        TooOften: others are at work at this moment.
    """
    salt = secrets.token_bytes(16)
    return _text(*COST, salt, _hashed(password, *COST, salt))


def fits(password: str, known: str | None) -> bool:
    """Whether it is the password that was kept; takes equally long where there is none.

    Raises:
        TooOften: others are at work at this moment.
    """
    _, log_n, r, p, salt, found = (known or _text(*COST, bytes(16), bytes(32))).split("$")
    cost = int(log_n), int(r), int(p)
    same = hmac.compare_digest(_hashed(password, *cost, base64.b64decode(salt)), base64.b64decode(found))
    return same and known is not None


def normal(password: str) -> bytes:
    """What is hashed: the same letters may come composed or not, as the keyboard has it."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _hashed(password: str, log_n: int, r: int, p: int, salt: bytes) -> bytes:
    if not _WORKING.acquire(blocking=False):
        raise TooOften("others sign in at this moment", 1)
    try:
        return hashlib.scrypt(normal(password), salt=salt, n=1 << log_n, r=r, p=p, maxmem=1 << 28, dklen=32)
    finally:
        _WORKING.release()


def _text(log_n: int, r: int, p: int, salt: bytes, found: bytes) -> str:
    texts = (base64.b64encode(part).decode() for part in (salt, found))
    return "$".join(["scrypt", str(log_n), str(r), str(p), *texts])
