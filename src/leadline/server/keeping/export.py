"""Everything that is kept, in files that other programs read."""

from __future__ import annotations

import base64
import hashlib
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.server.judging import counting
from leadline.server.judging.judge import moment
from leadline.server.keeping import archive
from leadline.server.keeping.archive import Source
from leadline.server.keeping.private import Blinding
from leadline.stores.contract import RowStore, Section
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.copying import content, tables

SECRET: Mapping[str, frozenset[str]] = {
    "tokens": frozenset({"digest"}),
    "channels": frozenset({"secret", "settings"}),
    "users": frozenset({"password"}),
}
"""Columns that no export holds, by table."""

LEFT_OUT = frozenset({"sessions", "messages"})
"""Tables that no export holds: what opens pages, and what is on its way."""

PUBLIC = frozenset({"retention", "retention_clock", "options"})
"""Tables that a private export holds: none with names, texts or values of anybody."""

_SECTIONS: tuple[Section, ...] = ("predictions", "labels", "feedback")


def export(store: RowStore, metadata: Metadata, now: int, private: bool) -> Iterator[bytes]:
    """The bytes of an export; to be read to the end or closed.

    Args:
        private: counts only: no rows, samples, extremes or texts, small cells put together.
    """
    facts: dict[str, Any] = {"private": private, "models": {}}
    with tempfile.TemporaryDirectory(prefix="leadline-export-") as folder:
        yield from archive.written(
            _parts(store, metadata, private, Path(folder), facts["models"]), "export", moment(now), facts
        )


def _parts(
    store: RowStore, metadata: Metadata, private: bool, folder: Path, facts: dict[str, Any]
) -> Iterator[Source | tuple[str, bytes]]:
    key = secrets.token_bytes(16) if private else None
    known = metadata.models.baselines()
    for model in sorted({*store.models(), *known}):
        place = f"models/{_file_name(model)}"
        facts[model] = {"folder": place}
        if model in known:
            yield from _counted(store, metadata, model, place, key, facts[model])
        if not private and model in store.models():
            for section in _SECTIONS:
                path = folder / "rows.parquet"
                facts[model][section] = store.write_parquet(model, section, path)
                yield Source(f"{place}/{section}.parquet", path, path.stat().st_size)
                path.unlink()
    with metadata.database.transaction() as own:
        facts_of = {
            table: content(own, table)
            for table in tables()
            if table not in LEFT_OUT and table != "baselines" and (not private or table in PUBLIC)
        }
    for table, (columns, rows) in facts_of.items():
        hidden = SECRET.get(table, frozenset())
        lines = [
            msgspec.json.encode({n: _plain(v) for n, v in zip(columns, row, strict=True) if n not in hidden})
            for row in rows
        ]
        yield f"metadata/{table}.jsonl", b"".join(line + b"\n" for line in lines)


def _counted(
    store: RowStore, metadata: Metadata, model: str, place: str, key: bytes | None, facts: dict[str, Any]
) -> Iterator[tuple[str, bytes]]:
    """The baseline of a model, and the profiles on its grid; private, where there is a key for it.

    Else `facts` come to say how many rows are counted in them.
    """
    saved = metadata.models.baseline(model) or b""
    baseline = loaded(saved, model)
    assert isinstance(baseline, Baseline)
    blinding = None if key is None else Blinding(baseline, key)
    if blinding is not None:
        saved = blinding.baseline(baseline).to_bytes()
    yield f"{place}/baseline.leadline", saved
    grid = counting.grid_name(counting.live(baseline))
    if blinding is None:
        facts["counted"] = 0
    for bucket in store.buckets(model, grid):
        for kept in store.fewest(model, grid, bucket.start, bucket.start + 1):
            found = counting.decoded(kept, baseline.grid)
            if blinding is None:
                facts["counted"] += kept.rows
            else:
                found = blinding.profile(found)
            yield (
                f"{place}/profiles/{moment(kept.start)[:19].replace(':', '')}.leadline",
                found.to_bytes(),
            )


def _plain(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _file_name(model: str) -> str:
    """A name that every file system takes, and that no two models share."""
    name = quote(model, safe="")
    if len(name) <= 100 and not name.startswith("."):
        return name
    return f"{name[:60].lstrip('.')}-{hashlib.sha256(model.encode('utf-8', 'replace')).hexdigest()[:16]}"
