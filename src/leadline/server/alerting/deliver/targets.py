"""Where messages may go: not into the private network, unless that is allowed.

Whoever may set up a channel makes the server call an address. Addresses are checked when the channel is set
up, and again with every connection: a name may come to mean another address.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from leadline.errors import ConfigurationError

TIMEOUT_SECONDS = 10.0

ANSWER_BYTES = 1 << 16
"""Most bytes of an answer that are read."""


class NotAllowed(ConfigurationError):
    """The target is in the private network."""


def connect(host: str, port: int, private: bool, timeout: float = TIMEOUT_SECONDS) -> socket.socket:
    """A connection to the first address of a host that answers.

    Args:
        private: addresses of this machine and of private networks are allowed.

    Raises:
        NotAllowed: it has other addresses than public ones.
        OSError: none of them answers.
    """
    problem: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in resolved(host, port, private):
        found = socket.socket(family, kind, protocol)
        found.settimeout(timeout)
        try:
            found.connect(address)
        except OSError as error:
            found.close()
            problem = error
        else:
            return found
    raise problem


def resolved(host: str, port: int, private: bool) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """The addresses of a host, as `socket.getaddrinfo` has them.

    Raises:
        NotAllowed: one of them is not public.
        OSError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host}: {error}") from None
    for *_, address in found:
        if not private and not _is_public(str(address[0])):
            raise NotAllowed(
                "the address is in the private network",
                where=host,
                found=str(address[0]),
                next_step="Start the server with --allow-private-targets if messages may go there.",
            )
    return found  # type: ignore[return-value]


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def check_url(url: str, private: bool, where: str) -> None:
    """An address of the web that messages may be sent to; a name that is not known yet is left for later.

    Raises:
        ConfigurationError: it is no such address.
        NotAllowed: it is in the private network.
    """
    if not _is_url(url):
        raise ConfigurationError(
            "not an address", where=where, found=url, accepted="http(s)://host[:port][/path]"
        )
    check_host(urlsplit(url).hostname or "", private)


def check_host(host: str, private: bool) -> None:
    """A host that messages may be sent to; see `check_url`."""
    if not private:
        try:
            resolved(host, 0, private)
        except OSError:
            return


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain_text = url.isascii() and url.isprintable() and " " not in url
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and plain_text
    )


def post(url: str, body: bytes, headers: Mapping[str, str], private: bool) -> str | None:
    """Post a body; None if it was taken (any status 2xx), else why not. No redirect is followed."""
    parts = urlsplit(url)
    try:
        kind = _Secure if parts.scheme == "https" else _Plain
        connection = kind(parts.hostname or "", parts.port, private)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            sent = {"Content-Type": "application/json", "User-Agent": "leadline", **headers}
            connection.request("POST", path, body, sent)
            answer = connection.getresponse()
            text = answer.read(ANSWER_BYTES)
        finally:
            connection.close()
    except NotAllowed as error:
        return str(error)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    if 200 <= answer.status < 300:
        return None
    said = text.decode("utf-8", "replace").strip()[:200]
    return f"status {answer.status}" + (f": {said}" if said else "")


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, port: int | None, private: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._private = private

    def connect(self) -> None:
        self.sock = connect(self.host, self.port, self._private)


class _Secure(http.client.HTTPSConnection):
    def __init__(self, host: str, port: int | None, private: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._private = private

    def connect(self) -> None:
        self.sock = ssl.create_default_context().wrap_socket(
            connect(self.host, self.port, self._private), server_hostname=self.host
        )


ENVIRONMENT = "env:"


def revealed(secret: str) -> str:
    """The secret itself, where `env:NAME` names a variable of the server's environment.

    Raises:
        ConfigurationError: there is no such variable.
    """
    if not secret.startswith(ENVIRONMENT):
        return secret
    name = secret.removeprefix(ENVIRONMENT)
    found = os.environ.get(name)
    if found is None:
        raise ConfigurationError(
            "no such variable in the server's environment", where="secret", found=secret,
            next_step="Set it where the server is started, and start it again.",
        )  # fmt: skip
    return found
