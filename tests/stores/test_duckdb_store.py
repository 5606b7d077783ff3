"""The embedded store keeps the contract, and what is its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from leadline.errors import DataError, RetryableError
from leadline.stores.conformance import ALL_CHECKS, T0, batch, rows
from leadline.stores.contents import Contents
from leadline.stores.contract import QUARTER, Kept, RowStore, Wanted
from leadline.stores.duckdb_store import DuckDBStore


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
def test_the_contract_is_kept(check: Callable[[Callable[[], RowStore]], None], tmp_path: Path) -> None:
    check(lambda: DuckDBStore(tmp_path / "store.duckdb"))


def test_a_profile_that_could_not_be_kept_leaves_no_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it may be sent again, and counts then; also after a new start."""
    path = tmp_path / "store.duckdb"
    given = [Kept(0, 10, 1, 0, b"one", b"", b"one")]
    store = DuckDBStore(path)
    with monkeypatch.context() as broken:
        broken.setattr(Contents, "put", _no_room)
        with pytest.raises(RetryableError, match="the disk is full"):
            store.take_profiles("g", batch("p"), given)
    assert (store.last(), store.profiles("m", "g")) == (0, [])
    store.close()
    store = DuckDBStore(path)
    assert store.take_profiles("g", batch("p"), given) == b"p"
    assert store.profiles("m", "g") == [replace(given[0], upto=1)]
    store.close()


def _no_room(*_: object) -> None:
    raise RetryableError("the disk is full")


def test_without_pyarrow(tmp_path: Path) -> None:
    """Nothing of the store needs more than the core's libraries."""
    code = (
        "import sys; sys.modules['pyarrow'] = None; sys.modules['pandas'] = None\n"
        "from leadline.stores.conformance import check_what_is_kept_is_there_after_reopening as check\n"
        "from leadline.stores.duckdb_store import DuckDBStore\n"
        f"check(lambda: DuckDBStore({str(tmp_path / 'store')!r}))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_store_belongs_to_one_process(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    code = (
        "from leadline.errors import RetryableError\n"
        "from leadline.stores.duckdb_store import DuckDBStore\n"
        f"try: DuckDBStore({str(path)!r})\n"
        "except RetryableError as error: print(error)"
    )
    store = DuckDBStore(path)
    with store.snapshot() as taken:
        for file, _ in taken.files.values():
            # As a backup does: the lock of a file that is closed anywhere in a process is gone.
            file.read_bytes()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    store.close()
    assert "another process has the store open" in done.stdout
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b""


def test_other_files_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="cannot open the store"):
        DuckDBStore(path)
    later = tmp_path / "later.duckdb"
    DuckDBStore(later).close()
    with duckdb.connect(str(later)) as connection:
        connection.execute("UPDATE version SET version = 99")
    with pytest.raises(DataError, match="later version; found 99"):
        DuckDBStore(later)


def test_what_cannot_be_written_is_told_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    """The table vanishes under the store: the transaction fails as a whole, and can be tried again."""
    store = DuckDBStore(tmp_path / "store.duckdb")
    store.append([batch("a", predictions=rows(["1"], [0]))])
    other = store._file._connected().cursor()
    other.execute("ALTER TABLE predictions_1 RENAME TO gone")
    with pytest.raises(RetryableError):
        store.append([batch("b", predictions=rows(["2"], [0])), batch("c")])
    other.execute("ALTER TABLE gone RENAME TO predictions_1")
    assert store.append([batch("b", predictions=rows(["2"], [0]))]) == [b"b"]
    assert store.last() == 2
    assert store.rows("m")["predictions"] == 2
    store.close()


def test_many_batches_in_one_call_are_numbered_in_order(tmp_path: Path) -> None:
    """Rows come by time; of equal times, in the order in which their batches came."""
    store = DuckDBStore(tmp_path / "store.duckdb")
    store.append([batch(str(i), predictions=rows([str(i)], [0])) for i in range(50)])
    with store.looking("m", store.last()) as look:
        look.prepare([(T0, T0 + QUARTER)])
        (part,) = look.read(T0, T0 + QUARTER, [Wanted("id", (("", "id"),), "string")]).batches()
    column = part.column("id")
    assert column.dictionary is not None
    assert [column.dictionary[code] for code in column.values] == [str(i) for i in range(50)]
    assert part.rows == 50
    store.close()


def test_nan_and_infinity_are_values_and_nulls_are_not(tmp_path: Path) -> None:
    from leadline.stores.cells import Key, texts, typed
    from leadline.stores.contract import Rows

    store = DuckDBStore(tmp_path / "store.duckdb")
    found = typed([None, None, None, 1.5], {"NaN": [0], "-Infinity": [2]})
    columns = {Key("features", "x", kind): cells for kind, cells in found.items()}
    sent = Rows(texts(["a", "b", "c", "d"]), T0 + np.arange(4), columns)
    store.append([batch("a", predictions=sent)])
    with store.looking("m", 1) as look:
        look.prepare([])
        (part,) = look.read(T0, T0 + QUARTER, [Wanted("x", (("features", "x"),), "float")]).batches()
    column = part.column("x")
    assert column.valid is not None
    assert column.valid.tolist() == [True, False, True, True]
    assert np.isnan(column.values[0])
    assert column.values[[2, 3]].tolist() == [-np.inf, 1.5]
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot open the store"):
        DuckDBStore(tmp_path / "store.duckdb")


VERSION_1 = Path(__file__).parent / "rows_1.sql"
"""A store of version 1 with two predictions, a label and a profile."""


def test_the_first_version_becomes_what_is_made_now(tmp_path: Path) -> None:
    """The same tables, whichever way; its rows, labels and profiles are there and go on."""
    with duckdb.connect(str(tmp_path / "old")) as connection:
        connection.execute(VERSION_1.read_text())
    old, new = DuckDBStore(tmp_path / "old"), DuckDBStore(tmp_path / "new")
    new.append([batch("a", predictions=rows(["1"], [0], x=[1.0]))])
    assert _columns(old) == _columns(new)
    assert old.rows("m") == {"predictions": 2, "labels": 1, "feedback": 0}
    assert [kept.content for kept in old.profiles("m", "g")] == [b"content"]
    assert [kept.frozen for kept in old.profiles("m", "g")] == [b""]
    assert old.labels("m").lost == 0
    assert old.append([batch("known"), batch("b", predictions=rows(["3"], [0], x=[2.0]))]) == [b"told", b"b"]
    assert old.last() == 3
    old.close()
    new.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "old")) as connection:
        connection.execute(VERSION_1.read_text())
        connection.execute("ALTER TABLE profiles ADD COLUMN frozen BLOB")  # as no version 1 has it
    with pytest.raises(DataError, match="cannot open the store"):
        DuckDBStore(tmp_path / "old")
    with duckdb.connect(str(tmp_path / "old")) as connection:
        assert connection.execute("SELECT version FROM version").fetchall() == [(1,)]
        assert connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'aged'"
        ).fetchall() == [(0,)]


def _columns(store: DuckDBStore) -> dict[str, set[str]]:
    with store._file.reader() as reader:
        found: dict[str, set[str]] = {}
        for table, column in reader.execute(
            "SELECT table_name, column_name FROM duckdb_columns()"
        ).fetchall():
            found.setdefault(table, set()).add(column)
    return found
