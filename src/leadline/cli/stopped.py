"""The files of a server that is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leadline.errors import DataError

if TYPE_CHECKING:
    from leadline.stores.metadata import Metadata


def place(command: Callable[..., int]) -> Callable[..., int]:
    """Decorator that adds the options that say where a server keeps its small facts."""
    for option in (
        click.option(
            "--metadata-url", metavar="URL", envvar="LEADLINE_METADATA_URL",
            help="The PostgreSQL database of the server's small facts, where it has one.",
        ),
        click.option(
            "--data", "folder", metavar="FOLDER", default="leadline-data", show_default=True,
            help="Where the server keeps everything; it is stopped.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def metadata(folder: str, metadata_url: str | None) -> Iterator[Metadata]:
    """The small facts of a server that is stopped.

    Raises:
        DataError: there are none.
        RetryableError: the server runs.
    """
    from leadline.stores.duckdb_store import DuckDBStore
    from leadline.stores.metadata import Metadata

    with ExitStack() as opened:
        where: str | Path | None = metadata_url
        if where is None:
            where = Path(folder) / "leadline.sqlite"
            if not where.is_file():
                raise DataError(
                    "no server keeps anything here", where=folder, next_step="Name its folder with --data."
                )
            # Whoever has the rows open runs the server, and two writers would not know of each other.
            opened.enter_context(closing(DuckDBStore(where.with_name("rows.duckdb"))))
        yield opened.enter_context(closing(Metadata(where)))
