"""Commands of a running server: they speak HTTP, as everyone else does.

A command that is decorated with `@remote` takes the options `--url` and `--token`, and its function the
argument `server: Remote`.
"""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import wraps
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from leadline.errors import ConfigurationError, DataError, LeadlineError, RetryableError

DEFAULT_URL = "http://127.0.0.1:8470"
"""Where `leadline up` listens."""

TIMEOUT_SECONDS = 60.0
COUNTING_SECONDS = 3600.0
"""Time for what is answered once a model is counted: the work on one that is under way is waited for, too."""

TRIES = 8
"""Times that something is sent before it is given up; pauses double from a quarter of a second."""

Read = TypeVar("Read")


class Remote:
    """A running server.

    Args:
        url: http(s)://host[:port][/path].
        token: sent with every request; "" sends none.

    Raises:
        ConfigurationError: the address is none.
    """

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                "not the address of a server",
                where="--url or LEADLINE_URL",
                found=url,
                accepted="http(s)://host[:port]",
            )
        self.url, self._token = url.rstrip("/"), token
        self._opener = build_opener(_NoRedirect)

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """The document that answers a request; None where the answer has none.

        Args:
            path: with names in it as `part` writes them, and a query as `with_query` does.
            document: sent as JSON; or `body`, sent as it is.
            timeout_seconds: longest time without a word of the server.

        Raises:
            DataError: the server refused what was sent (4xx), with its words.
            ConfigurationError: its certificate is not trusted.
            RetryableError: it cannot be reached, or asks to try again.
        """
        answer = self.fetch(method, path, document, body=body, timeout_seconds=timeout_seconds)
        return json.loads(answer) if answer else None

    def fetch(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> bytes:
        """What answers a request, as it came; see `ask`."""
        content = body if document is None else json.dumps(document).encode()
        sent = dict(headers or {})
        if content is not None:
            kind = "application/json" if body is None else "application/octet-stream"
            sent.setdefault("Content-Type", kind)
        return self._opened(method, path, content, sent, timeout_seconds, lambda response: response.read())

    def download(self, method: str, path: str, file: Path) -> int:
        """Write what answers a request to a file that only this user can read; returns its bytes.

        The file is there when all of it is; folders on the way are made. See `ask` for errors.
        """
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                "the folder cannot be made", where=str(file.parent), found=error.strerror,
                next_step="Name a file in a folder that may be written to.",
            ) from None  # fmt: skip
        part = file.with_name(f"{file.name}.part")

        def written(response: IO[bytes]) -> int:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                copyfileobj(response, out, 1 << 20)
                return out.tell()

        try:
            size = self._opened(method, path, None, {}, TIMEOUT_SECONDS, written)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        return size

    def _opened(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        timeout_seconds: float,
        use: Callable[[IO[bytes]], Read],
    ) -> Read:
        sent = {"User-Agent": "leadline", **headers}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        request = Request(self.url + path, content, sent, method=method)
        try:
            with self._opener.open(request, timeout=timeout_seconds) as response:
                return use(response)
        except HTTPError as error:
            with error:
                raise _refused(error.code, error.read(), self.url) from None
        except (URLError, OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise  # of a file here
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise ConfigurationError(
                    "the certificate of the server is not trusted here",
                    where=self.url,
                    found=reason.verify_message,
                    next_step="Name the file of its authority, or of itself, in the variable SSL_CERT_FILE.",
                ) from None
            if isinstance(reason, ssl.SSLError) and self.url.startswith("https:"):
                raise ConfigurationError(
                    "no HTTPS is spoken there",
                    where=self.url,
                    found=str(reason),
                    next_step="A server without --tls-cert, or behind no proxy that has one, speaks http://.",
                ) from None
            if isinstance(reason, TimeoutError):
                raise RetryableError(
                    f"no answer within {timeout_seconds:g} s",
                    where=self.url,
                    next_step="It may still be doing what was asked: look before you ask again.",
                ) from None
            raise RetryableError(
                "the server cannot be reached",
                where=self.url,
                found=str(reason),
                next_step="Start it with `leadline up`, or name it with --url or LEADLINE_URL.",
            ) from None

    def all(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a listing, page by page."""
        after = None
        while True:
            page = self.ask("GET", with_query(path, **query, after=after))
            yield from page["items"]
            after = page["next"]
            if after is None:
                return


def remote(command: Callable[..., int]) -> Callable[..., int]:
    """Decorator of a command: adds `--url` and `--token`, and passes the server on as `server`."""

    @wraps(command)
    def with_server(*, url: str | None, token: str | None, **values: Any) -> int:
        found = url or os.environ.get("LEADLINE_URL") or DEFAULT_URL
        return command(server=Remote(found, token or os.environ.get("LEADLINE_TOKEN", "")), **values)

    with_server = click.option("--token", metavar="TOKEN", help="Token; by default LEADLINE_TOKEN.")(
        with_server
    )
    return click.option(
        "--url", metavar="URL", help=f"The server; by default LEADLINE_URL, else {DEFAULT_URL}."
    )(with_server)


def retried(request: Callable[[], Read]) -> Read:
    """What a request gives that may be sent again, after growing pauses where the server asks for them.

    Raises:
        RetryableError: it cannot be done after `TRIES` times either.
    """
    for attempt in range(TRIES - 1):
        try:
            return request()
        except RetryableError:
            time.sleep(0.25 * 2**attempt)
    return request()


def part(name: object) -> str:
    """A name as a part of a path."""
    return quote(str(name), safe="")


def with_query(path: str, **query: Any) -> str:
    """A path that says more; what is None is not said."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def ahead(text: str, option: str, now: datetime) -> str:
    """A moment in ISO 8601: one that is stated so, or so far ahead: "30m", "4h", "2d".

    Raises:
        ConfigurationError: it is neither.
    """
    units = {"m": "minutes", "h": "hours", "d": "days"}
    try:
        if text[-1:] in units and text[:-1].isdecimal():
            return (now + timedelta(**{units[text[-1]]: int(text[:-1])})).isoformat()
        datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "not a time", where=option, found=text, accepted='30m, 4h, 2d or "2026-04-01T12:00+02:00"'
        ) from None
    return text


class _NoRedirect(HTTPRedirectHandler):
    """A token goes to the server that was named, and to no other."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _refused(status: int, body: bytes, url: str) -> LeadlineError:
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    if not isinstance(problem, Mapping) or not problem.get("message"):
        problem = {"what": f"the server answered with status {status}", "where": url}
    parts: dict[str, Any] = {
        name: problem[name] for name in ("where", "found", "accepted", "next_step") if problem.get(name)
    }
    kind = RetryableError if status == 429 or status >= 500 else DataError
    if status == 401:
        parts["next_step"] = "Give a token with --token or LEADLINE_TOKEN."
    return kind(problem.get("what") or problem["message"], **parts)
