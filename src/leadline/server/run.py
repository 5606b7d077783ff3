"""The server as a process: listening, and stopping without losing anything."""

from __future__ import annotations

import signal
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from leadline.errors import ConfigurationError, RetryableError
from leadline.server.access.gate import is_loopback
from leadline.server.api.endpoint import Endpoint
from leadline.server.app import App
from leadline.server.protocol import InTime
from leadline.server.service import Service

STOPPING_SECONDS = 10
"""Longest time that requests under way may take when the server stops."""


def check_reach(host: str, open: bool) -> None:
    """A server without tokens listens on this machine only.

    Raises:
        ConfigurationError: it would listen wider.
    """
    if open and not is_loopback(host):
        raise ConfigurationError(
            "a server without tokens is for this machine only",
            where="--host",
            found=host,
            accepted="127.0.0.1, ::1 or localhost",
            next_step="Leave out --no-tokens, and give each client a token.",
        )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0: anywhere free.

    Raises:
        RetryableError: the port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2048)
    except OSError as error:
        found.close()
        raise RetryableError(
            "cannot listen", where=f"{host}:{port}", found=error.strerror,
            next_step="Name another address with --host and --port, or end what listens there.",
        ) from None  # fmt: skip
    return found


class Server(uvicorn.Server):
    """A uvicorn server that ends quietly on SIGTERM and SIGINT; off the main thread it takes no signal."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """While requests are answered."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def server(
    service: Service,
    open: bool,
    more: Sequence[Endpoint] = (),
    *,
    tls: tuple[str, str] | None = None,
    proxies: str = "",
) -> Server:
    """A server of a service; `run(sockets=[...])` answers until it is told to stop.

    Args:
        service: to serve.
        open: nothing needs a token; see `Gate`.
        more: further paths.
        tls: files of a certificate with its chain, and of its key, as PEM; None: no TLS.
        proxies: addresses and networks, parted by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` say
            who asks and how; "": nobody's.

    Raises:
        ConfigurationError: the certificate or the key cannot be used.
    """
    app = App(service, open, more)
    config = uvicorn.Config(
        app.asgi(),
        http=InTime,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=STOPPING_SECONDS,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        ssl_certfile=tls and tls[0],
        ssl_keyfile=tls and tls[1],
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "not a certificate and its key",
            where="--tls-cert, --tls-key",
            found=next((f"no file {name}" for name in tls or () if not Path(name).is_file()), str(error)),
            accepted="PEM files, the certificate with its chain first",
        ) from None
    return Server(config)
