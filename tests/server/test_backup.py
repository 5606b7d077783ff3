"""Everything in a file, and back: while rows come in, checked, also into PostgreSQL, and without secrets."""

from __future__ import annotations

import io
import json
import shlex
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import leadline
from leadline.baselines.file import loaded
from leadline.cli.main import run
from leadline.errors import DataError
from leadline.server.judging import counting
from leadline.server.keeping import export
from leadline.server.keeping.archive import MANIFEST, Source, unpacked, written
from leadline.server.keeping.backup import backup, restore
from leadline.server.keeping.private import SMALL
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.copying import content, copied, tables
from leadline.stores.metadata.retention import Retention

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "stores")]

import kept
from cluster import postgresql
from kept import DAY, MODEL, START

__all__ = ["postgresql"]


@pytest.fixture(scope="module")
def known() -> Any:
    return kept.baseline()


@pytest.fixture
def opened(tmp_path: Path, known: Any) -> Iterator[tuple[DuckDBStore, Metadata]]:
    """A store with three days, counted, and metadata."""
    store, metadata = DuckDBStore(tmp_path / "rows.duckdb"), Metadata(tmp_path / "facts")
    rows = kept.table(np.random.default_rng(3), 120, 0, 3, "row")
    store.append(
        [kept.predictions("a", rows, START), kept.labels("b", rows["id"], rows["y"].tolist(), START, 1)]
    )
    metadata.models.set_baseline(MODEL, known.to_bytes(), 1)
    metadata.retention.keep(MODEL, Retention(1, 2, 3, 4))
    counting.count(store, MODEL, known)
    yield store, metadata
    store.close()
    metadata.close()


def saved(store: DuckDBStore, metadata: Metadata, path: Path) -> Path:
    path.write_bytes(b"".join(backup(store, metadata, START)))
    return path


def test_all_of_it_comes_back(opened: Any, tmp_path: Path, known: Any) -> None:
    store, metadata = opened
    manifest = restore(saved(store, metadata, tmp_path / "b"), tmp_path / "new")
    assert manifest.facts == {"rows": {MODEL: {"predictions": 120, "labels": 120, "feedback": 0}}}
    again, facts = (
        DuckDBStore(tmp_path / "new" / "rows.duckdb"),
        Metadata(tmp_path / "new" / "leadline.sqlite"),
    )
    assert again.rows(MODEL) == store.rows(MODEL)
    assert again.last() == store.last()
    assert again.profiles(MODEL, counting.grid_name(known)) == store.profiles(
        MODEL, counting.grid_name(known)
    )
    assert facts.retention.of(MODEL) == Retention(1, 2, 3, 4)
    assert facts.models.baseline(MODEL) == metadata.models.baseline(MODEL)
    assert again.append([kept.predictions("a", kept.table(np.random.default_rng(3), 1, 0, 1, "x"), 1)])
    assert again.rows(MODEL)["predictions"] == 120, "keys of batches are known, too"
    again.close()
    facts.close()


def test_rows_that_come_meanwhile_are_there_or_not(opened: Any, tmp_path: Path) -> None:
    """Whole batches only, as many as the backup says; nobody waits for it."""
    store, metadata = opened
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            rows = kept.table(np.random.default_rng(number), 50, 0, 3, f"more-{number}")
            store.append([kept.predictions(f"more-{number}", rows, START)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            pieces = backup(store, metadata, START)
            first = next(pieces)
            before = store.last()
            while store.last() == before:  # rows are kept while the backup is under way
                stop.wait(0.001)
            path = tmp_path / f"backup-{number}"
            path.write_bytes(first + b"".join(pieces))
            found = restore(path, tmp_path / f"new-{number}").facts["rows"][MODEL]["predictions"]
            assert (found - 120) % 50 == 0
    finally:
        stop.set()
        writer.join()


def test_a_backup_that_is_given_up_holds_nothing_back(opened: Any, tmp_path: Path) -> None:
    store, metadata = opened
    pieces = backup(store, metadata, START)
    next(pieces)
    pieces.close()
    saved(store, metadata, tmp_path / "b")
    threshold = store._one("SELECT current_setting('checkpoint_threshold')")
    assert "TiB" not in threshold
    assert "931" not in threshold


def damaged(how: str, whole: bytes, store: DuckDBStore, metadata: Metadata) -> bytes:
    """Something that is no whole backup."""
    if how == "short":
        return whole[: len(whole) // 2]
    if how == "flipped":
        return whole[:700_000] + bytes([whole[700_000] ^ 1]) + whole[700_001:]
    if how == "export":
        return b"".join(export.export(store, metadata, START, private=False))
    if how == "escaping":
        return b"".join(written([("../outside", b"x")], "backup", "", {}))
    if how == "more":
        with tarfile.open(fileobj=(out := io.BytesIO(whole)), mode="a") as archive:
            archive.addfile(tarfile.TarInfo("extra"), io.BytesIO())
        return out.getvalue()
    return {"foreign": b"no archive" * 1000, "empty": b""}[how]


@pytest.mark.parametrize("damage", ["short", "flipped", "foreign", "empty", "more", "escaping", "export"])
def test_a_damaged_backup_is_refused_and_leaves_nothing(damage: str, opened: Any, tmp_path: Path) -> None:
    store, metadata = opened
    path = saved(store, metadata, tmp_path / "b")
    path.write_bytes(damaged(damage, path.read_bytes(), store, metadata))
    before = {p for p in tmp_path.iterdir() if p.name != "new"}
    with pytest.raises(DataError):
        restore(path, tmp_path / "new")
    assert {*tmp_path.iterdir()} == before


def test_a_folder_with_something_in_it_is_not_touched(opened: Any, tmp_path: Path) -> None:
    path = saved(*opened, tmp_path / "b")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(DataError, match="the folder is not empty"):
        restore(path, tmp_path / "full")
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    restore(path, tmp_path / "empty")


def test_facts_move_to_postgresql_and_back(opened: Any, tmp_path: Path, postgresql: Any) -> None:
    store, metadata = opened
    with metadata.database.transaction() as own:
        metadata.tokens.add(own, "first", "digest", "read", 1)
    url = postgresql.new()
    restore(saved(store, metadata, tmp_path / "b"), tmp_path / "new", url)
    assert not (tmp_path / "new" / "leadline.sqlite").exists()
    moved = Metadata(url)
    assert facts(moved) == facts(metadata)
    with moved.database.transaction() as own:
        assert moved.tokens.add(own, "second", "another", "read", 1) == 2, "numbers go on"
    back = Metadata(tmp_path / "back")
    copied(moved.database, back.database)
    assert facts(back) == facts(moved)
    with pytest.raises(DataError, match="the database is not empty"):
        copied(moved.database, back.database)
    back.close()
    moved.close()


def test_what_is_to_be_done_after_a_restore_works_as_it_is_written(
    opened: Any, tmp_path: Path, postgresql: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address is complete, but for a password."""
    path, url = saved(*opened, tmp_path / "b"), postgresql.new()
    start, _, host = url.partition("//")
    assert "@" in host
    known = f"{start}//{host.replace('@', ':se%40cret@', 1)}"
    folder = tmp_path / "a folder"
    assert run(["restore", str(path), "--data", str(folder), "--metadata-url", known]) == 0
    following = shlex.split(capsys.readouterr().out.rpartition("go on with: ")[2])
    assert following == ["leadline", "up", "--data", str(folder), "--metadata-url", url]


def facts(metadata: Metadata) -> dict[str, Any]:
    with metadata.database.transaction() as own:
        return {table: [sorted(map(repr, rows)) for rows in content(own, table)] for table in tables()}


def parts(pieces: Iterator[bytes]) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]


def test_an_export_is_read_by_others(opened: Any, tmp_path: Path) -> None:
    """Parquet with the names of the wire, baselines that load, JSON lines without secrets."""
    store, metadata = opened
    with metadata.database.transaction() as own:
        metadata.tokens.add(own, "serving", "digest-of-a-token", "read", 1)
        metadata.users.add(own, "ann", "hashed-password", "admin", None, 1)
    found = parts(export.export(store, metadata, START, private=False))
    (tmp_path / "p.parquet").write_bytes(found[f"models/{MODEL}/predictions.parquet"])
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path}/p.parquet'")
    assert {"id", "timestamp", "score", "features.amount", "segment.region"} <= set(rows.columns)
    assert rows.shape[0] == 120
    assert json.loads(found[MANIFEST])["facts"]["models"][MODEL]["labels"] == 120
    assert isinstance(loaded(found[f"models/{MODEL}/baseline.leadline"], "b"), leadline.Baseline)
    assert sum(name.startswith(f"models/{MODEL}/profiles/") for name in found) == 3
    everything = b"".join(value for name, value in found.items() if name.startswith("metadata/"))
    assert b"serving" in everything
    assert b"ann" in everything
    assert b"digest-of-a-token" not in everything
    assert b"hashed-password" not in everything


def test_what_is_secret_is_known(tmp_path: Path) -> None:
    """A new column that sounds secret must be thought of."""
    metadata = Metadata(tmp_path / "m")
    with metadata.database.transaction() as own:
        for table in tables():
            if table in export.LEFT_OUT:
                continue
            for column in own.columns(table):
                sounds = any(word in column for word in ("secret", "password", "digest", "token", "code"))
                named = column in export.SECRET.get(table, ())
                harmless = (table, column) in {
                    ("audit", "digest"), ("audit_end", "digest"), ("judgements", "digest"),
                    ("channels", "digest_at"),
                }  # fmt: skip
                assert not sounds or named or harmless, (table, column)
    metadata.close()


def test_a_private_export_holds_counts_of_many_only(opened: Any, known: Any, tmp_path: Path) -> None:
    store, metadata = opened
    found = parts(export.export(store, metadata, START, private=True))
    assert not any(name.endswith(".parquet") for name in found)
    everything = b"".join(found.values())
    for text in (b"row-1", b"customer-1", b"reference-1"):
        assert text not in everything
    baseline: Any = loaded(found[f"models/{MODEL}/baseline.leadline"], "b")
    profiles: Any = [loaded(v, n) for n, v in found.items() if "/profiles/" in n]
    whole, exact = profiles[0], kept.counts(store, known)
    for profile in profiles[1:]:
        whole = whole.merge(profile)
    for profile in (baseline.profile, *profiles):
        assert profile.sample is None
        assert not np.isfinite(profile.maximum).any()
        offsets = profile.grid.offsets
        for k, column in enumerate(profile.grid.columns):
            cells = profile.sums["cells"][:, :, 0, offsets[k] : offsets[k + 1]]
            many = cells.sum(-1, keepdims=True) >= SMALL
            assert ((cells == 0) | (cells >= SMALL) | ~many).all(), column.schema.name
    for k in range(len(known.grid.columns)):
        own = slice(int(known.grid.offsets[k]), int(known.grid.offsets[k + 1]))
        assert whole.sums["cells"][..., own].sum() == exact.sums["cells"][..., own].sum()
    np.testing.assert_array_equal(whole.sums["rows"], exact.sums["rows"])
    mean, expected = (_mean(p, "amount") for p in (whole, exact))
    assert mean == pytest.approx(expected, rel=1e-6)
    report = leadline.check(baseline, whole)
    assert report.to_dict()["current"]["rows"] == 120


def _mean(profile: Any, name: str) -> float:
    k = profile.grid.index[name]
    own = slice(int(profile.grid.offsets[k]), int(profile.grid.offsets[k + 1]))
    axis = profile.grid.columns[k].axis
    moments = profile.sums["moments"][:, :, 0, own].sum((0, 1)) * axis.units
    return float(moments.sum() / profile.rows * axis.scale + axis.centre)


def test_parts_must_be_what_the_manifest_says(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"123")
    with pytest.raises(DataError, match="became shorter"):
        b"".join(written([Source("a", tmp_path / "short", 5)], "backup", "", {}))
    path = tmp_path / "archive"
    path.write_bytes(b"".join(written([("a/b", b"1" * 1000), ("c", b"")], "backup", "now", {"x": 1})))
    assert unpacked(path, tmp_path / "out", "backup").facts == {"x": 1}
    assert (tmp_path / "out" / "a" / "b").read_bytes() == b"1" * 1000


def test_the_commands(live: Any, baseline_file: Path, make_traffic: Any, tmp_path: Path, capsys: Any) -> None:
    live.give(baseline_file)
    live.send(make_traffic(3, 60, "2026-04-01", 2))
    live.judge()
    where = ["--url", live.url, "--token", live.token]
    file, folder = tmp_path / "all.backup", tmp_path / "new"
    assert run(["backup", str(file), *where]) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert run(["restore", str(file), "--data", str(folder)]) == 0
    assert "credit: 180 predictions, 180 labels" in capsys.readouterr().out
    assert run(["restore", str(file), "--data", str(folder)]) == 2
    assert run(["export", "--all", str(tmp_path / "e.tar"), *where]) == 0
    assert run(["export", "--all", str(tmp_path / "p.tar"), "--private", *where]) == 0
    assert (tmp_path / "p.tar").stat().st_size < (tmp_path / "e.tar").stat().st_size
    assert run(["size", *where]) == 0
    assert run(["size", "--json", *where]) == 0
    shown = capsys.readouterr().out
    size = json.loads(shown[shown.index("[") :])
    assert (size[0]["model"], size[0]["rows"], size[0]["buckets"]) == ("credit", 180, 3)
    assert size[0]["profiles_bytes"] > 0
    assert run(["erase", "credit", "2026-04-01-2-5", "--yes", *where]) == 0
    assert "erased: 1 predictions, 1 labels" in capsys.readouterr().out
    assert run(["backup", str(tmp_path / "new folder" / "all.backup"), *where]) == 0
    assert run(["backup", str(file / "folder"), *where]) == 2
    assert run(["backup", str(tmp_path / "x"), "--url", live.url, "--token", "wrong"]) == 2
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "x.part").exists()


def test_how_long_things_are_kept_over_http(live: Any, baseline_file: Path, make_traffic: Any) -> None:
    """Set, shown, and done: features go, labels of months ago are told as lost."""
    path = "/api/v1/models/credit/retention"
    assert live.ask("GET", path).document["retention"]["rows_days"] == Retention().rows_days
    wrong = {"rows_days": 9, "labels_days": 8, "buckets_days": 90, "profiles_days": 90}
    assert live.ask("PUT", path, wrong).status == 400
    assert live.ask("PUT", path, {"rows_days": "1"}).status == 400
    days = {"rows_days": 1, "labels_days": 2, "buckets_days": 90, "profiles_days": 90}
    assert live.ask("PUT", path, days).document == days
    live.give(baseline_file)
    live.send(make_traffic(3, 60, "2026-04-01", 2))
    before = live.report()["current"]["rows"]
    for _ in range(4):
        live.clock.now += DAY
        live.service.worker.let_go(anew=True, seconds=60)
    assert live.service.store.rows("credit")["predictions"] == 0
    live.client().model("credit").label("2026-04-01-2-5", 1)
    for client in live.clients:
        assert client.flush(30)
    assert live.ask("GET", path).document["labels_waiting"] == 1
    assert live.report()["current"]["rows"] == before, "what was counted stays"
    for _ in range(4):
        live.clock.now += DAY
        live.service.worker.let_go(anew=True, seconds=60)
    found = live.ask("GET", path).document
    assert (found["labels_waiting"], found["labels_lost"]) == (0, 1)
