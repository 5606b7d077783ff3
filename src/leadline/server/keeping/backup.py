"""Backup of everything while the server goes on, and its way back.

The metadata are copied first, then the rows as of one moment. What the rows know more is made again after
the restore, as it is after any end of the process: buckets are counted, and judged. So both belong together.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from leadline.errors import DataError
from leadline.server.judging.judge import moment
from leadline.server.keeping import archive
from leadline.server.keeping.archive import Manifest, Source
from leadline.stores.contract import RowStore
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.copying import copied

ROWS, FACTS = "rows.duckdb", "leadline.sqlite"
"""Names of the two files, in a folder as in a backup."""


def backup(store: RowStore, metadata: Metadata, now: int) -> Iterator[bytes]:
    """The bytes of a backup; to be read to the end or closed."""
    with tempfile.TemporaryDirectory(prefix="leadline-backup-") as folder:
        path = Path(folder) / FACTS
        _copy(metadata, path)
        with store.snapshot() as taken:
            sources = [
                Source(FACTS, path, path.stat().st_size),
                *(Source(name, where, size) for name, (where, size) in taken.files.items()),
            ]
            yield from archive.written(sources, "backup", moment(now), {"rows": taken.rows})


def _copy(metadata: Metadata, path: Path) -> None:
    target = Metadata(path)
    try:
        copied(metadata.database, target.database)
    finally:
        target.close()


def restore(path: Path, folder: Path, metadata_url: str | None = None) -> Manifest:
    """Put a backup into a new folder, and check that what it says is there.

    Args:
        path: of the backup.
        folder: that the server will use; it must be empty, or not be there.
        metadata_url: of the empty PostgreSQL database that takes the metadata; None: they stay a file.

    Raises:
        DataError: the folder holds something; the backup is none, damaged, or of a later version.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DataError(
            "the folder is not empty", where=str(folder), next_step="Name a new one, or move it away."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest = archive.unpacked(path, part, "backup")
        _check(part, manifest, metadata_url)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def _check(folder: Path, manifest: Manifest, metadata_url: str | None) -> None:
    store = DuckDBStore(folder / ROWS)
    try:
        found = {model: store.rows(model) for model in store.models()}
    finally:
        store.close()
    expected = manifest.facts.get("rows")
    if found != expected:
        raise DataError("the rows are not those of the backup", found=found, accepted=str(expected))
    metadata = Metadata(folder / FACTS)
    try:
        if metadata_url is not None:
            target = Metadata(metadata_url)
            try:
                copied(metadata.database, target.database)
            finally:
                target.close()
    finally:
        metadata.close()
    if metadata_url is not None:
        (folder / FACTS).unlink()
