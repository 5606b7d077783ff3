"""The client: where to send, as whom, and what must not leave."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from leadline_client.model import Model


class Leadline:
    """Sends what models log to a Leadline server.

    Mistakes in these arguments are raised here, when the program starts. Nothing raises or waits after
    that, but `flush` and `close`, which wait as long as they are told.

    Args:
        url: The server, `https://leadline.internal`; else the environment variable `LEADLINE_URL`.
        token: What the server knows this program by; else `LEADLINE_TOKEN`.
        policies: What happens to a field before anything leaves the process; see `leadline_client.privacy`.
        secret: The key of the policy `hash`; never sent.
        server_policies: Also do what the server wants of a model's fields. Nothing is sent before it has
            said so, once; while it is away, what it last said counts, and before that batches wait on disk
            encrypted, or in memory where there is no token or no spool.
        spool: Keep batches on disk while the server is away: in a private folder among the machine's
            temporary files, in the folder named here, or not at all (False).
        spool_mb: What the batches of one process may take on disk; the oldest go first.
        queue_mb: What rows may take in memory before they are encoded, as estimated; rows beyond are
            counted as lost.
        interval_seconds: How long rows are gathered before they are sent.
        heartbeat_seconds: How often the use of processor, memory, files and GPUs is reported.
        timeout_seconds: How long an answer of the server is waited for.
        exit_seconds: How long the end of the program may be delayed to deliver what is left.

    Raises:
        ValueError: an argument is none of what is accepted.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        policies: Mapping[str, Any] | None = None,
        secret: str | bytes | None = None,
        server_policies: bool = True,
        spool: bool | str | os.PathLike[str] = True,
        spool_mb: float = 200.0,
        queue_mb: float = 64.0,
        interval_seconds: float = 1.0,
        heartbeat_seconds: float = 30.0,
        timeout_seconds: float = 10.0,
        exit_seconds: float = 2.0,
    ) -> None:
        # What runs behind the caller is loaded here, not with the package, and not with the first row.
        from leadline_client.privacy import Policies
        from leadline_client.state import Settings
        from leadline_client.worker import Worker

        numbers = {
            "spool_mb": spool_mb,
            "queue_mb": queue_mb,
            "interval_seconds": interval_seconds,
            "heartbeat_seconds": heartbeat_seconds,
            "timeout_seconds": timeout_seconds,
            "exit_seconds": exit_seconds,
        }
        for name, value in numbers.items():
            if not value > 0:
                raise ValueError(f"{name}: found {value!r}; accepted: a positive number")
        settings = Settings(
            url=_checked_url(url or os.environ.get("LEADLINE_URL", "")),
            token=_checked_token(token or os.environ.get("LEADLINE_TOKEN")),
            policies=dict(policies or {}),
            secret=secret.encode() if isinstance(secret, str) else secret,
            server_policies=server_policies,
            spool=None if isinstance(spool, bool) else os.fspath(spool),
            use_spool=spool is not False,
            spool_bytes=int(spool_mb * 1e6),
            queue_bytes=int(queue_mb * 1e6),
            interval_seconds=interval_seconds,
            heartbeat_seconds=heartbeat_seconds,
            timeout_seconds=timeout_seconds,
            exit_seconds=exit_seconds,
        )
        Policies((settings.policies,), settings.secret)
        self._worker = Worker(settings)

    def model(self, name: str, version: object | None = None, *, feature_names: Sequence[str] = ()) -> Model:
        """A model's handle; several of one name and version log to the same.

        Args:
            name: The model's.
            version: The deployed version.
            feature_names: Names for features that come as bare values, in their order.

        Raises:
            ValueError: an empty name.
        """
        if not isinstance(name, str) or not name:
            raise ValueError(f"name: found {name!r}; accepted: a text that is not empty")
        return Model(self._worker, name, None if version is None else str(version), tuple(feature_names))

    def flush(self, timeout_seconds: float = 10.0) -> bool:
        """Send what was logged now, and wait; whether the server has answered for all of it."""
        return self._worker.flush(timeout_seconds)

    def close(self, timeout_seconds: float = 5.0) -> bool:
        """Send what was logged and stop; what cannot be delivered in time waits on disk for the next process.

        Whether all was delivered. The end of the program does this by itself.
        """
        return self._worker.close(timeout_seconds)

    def dropped(self) -> dict[str, dict[str, dict[str, int]]]:
        """Rows lost in this process, by model, kind and reason."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for channel in list(self._worker.state.channels.values()):
            for kind, reasons in self._worker.buffer.dropped(channel).items():
                counts = found.setdefault(channel.name, {}).setdefault(kind, {})
                for reason, rows in reasons.items():
                    counts[reason] = counts.get(reason, 0) + rows
        return found

    def __enter__(self) -> Leadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a Leadline client cannot be pickled: make a new one where it is needed")


def _checked_url(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError(
            f"url: found {url!r}; accepted: http(s)://host[:port][/path]. Pass it, or set LEADLINE_URL."
        )
    parts.port  # noqa: B018  a port that is no number raises here, with the reason
    return url.rstrip("/")


def _checked_token(token: str | None) -> str | None:
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise ValueError("token: accepted: printable ASCII without spaces")
    return token
