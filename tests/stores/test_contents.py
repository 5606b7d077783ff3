"""Contents are there once, as long as somebody keeps them, and then nowhere."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from leadline.errors import DataError, RetryableError
from leadline.stores.conformance import batch, rows
from leadline.stores.contents import Contents, digest
from leadline.stores.contract import Kept
from leadline.stores.duckdb_store import CONTENTS, DuckDBStore


def test_contents_are_kept_by_their_digest(tmp_path: Path) -> None:
    path, large = tmp_path / "c", os.urandom(3_000_000)
    contents = Contents(path)
    names = contents.put([b"one", large, b"", b"one"])
    assert names == [digest(b"one"), digest(large), "", digest(b"one")]
    contents.close()
    contents = Contents(path)
    assert contents.get([*names, "unknown"]) == {names[0]: b"one", names[1]: large, "": b""}
    assert contents.digests() == {names[0], names[1]}
    contents.drop([names[0], "unknown"])
    assert contents.get(names) == {names[1]: large, "": b""}
    contents.close()


def test_what_is_dropped_cannot_be_read_from_the_files(tmp_path: Path) -> None:
    contents, secret = Contents(tmp_path / "c"), b"the secret of somebody" * 10
    names = contents.put([secret, b"another"])
    contents.scrub()
    assert secret in (tmp_path / "c").read_bytes()
    contents.drop(names[:1])
    contents.scrub()
    assert b"".join(path.read_bytes() for path in tmp_path.iterdir()).count(b"the secret of somebody") == 0
    contents.close()


def test_the_room_of_what_is_dropped_is_used_again(tmp_path: Path) -> None:
    contents = Contents(tmp_path / "c")
    for _ in range(20):
        contents.drop(contents.put([os.urandom(1_000_000)]))
    contents.scrub()
    assert (tmp_path / "c").stat().st_size < 3_000_000
    contents.close()


def test_a_snapshot_does_not_change_and_is_whole(tmp_path: Path) -> None:
    contents = Contents(tmp_path / "c")
    names = contents.put([b"first" * 1000, b"second" * 1000])
    with contents.snapshot() as (path, size):
        before = path.read_bytes()[:size]
        for _ in range(20):
            contents.put([os.urandom(1_000_000)])
        contents.drop(names)
        assert path.read_bytes()[:size] == before
    (tmp_path / "copy").write_bytes(before)
    copy = Contents(tmp_path / "copy")
    assert copy.digests() == {*names}
    copy.close()
    assert contents.get(names) == {"": b""}
    contents.close()


def test_threads_put_and_get_at_a_time(tmp_path: Path) -> None:
    contents = Contents(tmp_path / "c")

    def put(name: str) -> None:
        for i in range(20):
            (found,) = contents.put([f"{name}{i}".encode()])
            assert contents.get([found])[found] == f"{name}{i}".encode()

    threads = [Thread(target=put, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contents.digests()) == 60
    contents.close()


def test_what_fails_is_told_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    contents = Contents(tmp_path / "c")
    contents._own.execute("PRAGMA max_page_count = 10")
    with pytest.raises(RetryableError, match="the disk is full"):
        contents.put([b"small", os.urandom(3_000_000)])
    assert contents.digests() == set()
    contents.put([b"small"])
    contents.close()
    with pytest.raises(RetryableError, match="could not do this"):
        contents.put([b"small"])


def test_other_files_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / f"s{CONTENTS}").write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="cannot open the store"):
        DuckDBStore(tmp_path / "s")
    (tmp_path / f"s{CONTENTS}").unlink()
    DuckDBStore(tmp_path / "s").close()


def test_rows_without_the_file_of_their_profiles_are_not_opened(tmp_path: Path) -> None:
    """And are whole again once it is back."""
    store = DuckDBStore(tmp_path / "s")
    store.append([batch("a", predictions=rows(["1"], [0]))])
    one = Kept(0, 10, 1, 1, b"content", b"samples")
    store.keep_profiles("m", "g", 1, [one])
    store.close()
    beside = tmp_path / f"s{CONTENTS}"
    away = beside.rename(tmp_path / "away")
    with pytest.raises(DataError, match="profiles are missing"):
        DuckDBStore(tmp_path / "s")
    away.rename(beside)
    store = DuckDBStore(tmp_path / "s")
    assert store.profiles("m", "g") == [one]
    store.close()


def test_what_nobody_refers_to_any_more_goes(tmp_path: Path) -> None:
    """At once where a profile took its place, else when the store is opened; what two have stays for one."""
    store = DuckDBStore(tmp_path / "s")
    store.append([batch("a", predictions=rows(["1"], [0]))])
    one, two = Kept(0, 10, 1, 1, b"same", b"of one"), Kept(10, 20, 1, 1, b"same", b"of two", b"frozen")
    store.keep_profiles("m", "g", 1, [one, two])
    store.keep_profiles("m", "g", 1, [Kept(0, 10, 1, 1, b"new")])
    known = {digest(content) for content in (b"new", b"same", b"of two", b"frozen")}
    assert store._contents.digests() == known
    # As if the process had ended before it said what refers to this.
    store._contents.put([b"orphan"])
    store.close()
    store = DuckDBStore(tmp_path / "s")
    assert store._contents.digests() == known
    assert store.profiles("m", "g")[1] == two
    assert store.forget_profiles("m", 20) == 2
    assert store._contents.digests() == set()
    store.close()


def test_readers_see_profiles_whole_while_they_change(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path / "s")
    store.append([batch("a", predictions=rows(["1"], [0]))])

    def kept(number: int) -> list[Kept]:
        return [Kept(i, i + 10, 1, number, b"%d of %d" % (i, number)) for i in range(0, 50, 10)]

    def keep() -> None:
        for number in range(1, 40):
            store.keep_profiles("m", "g", number, kept(number))

    store.keep_profiles("m", "g", 0, kept(0))
    keeper = Thread(target=keep)
    keeper.start()
    seen = []
    while keeper.is_alive():
        found = store.profiles("m", "g")
        assert found == kept(found[0].upto)
        seen.append(found[0].upto)
    keeper.join()
    assert seen == sorted(seen)
    store.close()
