"""Files that are damaged, missing, misnamed or large."""

import gzip
import os

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.tables import duckdb_files, files, first_look, open_table
from leadline.tables.arrow import ArrowBatch

HEAVY = pa.table({"a": np.arange(20_000), "s": [f"v{i % 7}" for i in range(20_000)]})


def read(path):
    table = open_table(path)
    return table, [
        batch.rows
        for batch in table.batches()
        for item in table.fields
        if len(batch.column(item.name).values)
    ]


def fails(path, *words):
    """Opening or reading fails with one DataError that names the file and says these words."""
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    for word in words:
        assert word in message, message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "duckdb" not in message.lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n3,4,5\n6,7\n", ["line 3", "3 values", "accepted: 2"]),
        ("a,b\n" + "1,2\n" * 30_000 + "3\n6,7\n", ["line 30002", "1 values"]),
        ('a,b\n"x,1\n', ["1 values"]),
        (b"a,b\n1,x\xff\xfe\n2,y\n", ["line 2", "UTF-8"]),
        (b"a,b\n" + b"1,xx\n" * 50_000 + b"1,\xff\n", ["line 50002", "UTF-8"]),
        ("a,b\n1,2\n".encode("utf-16"), ["UTF-16"]),
        ("", ["empty"]),
    ],
)
def test_a_damaged_csv_file_is_named_with_its_line(tmp_path, text, words):
    path = tmp_path / "x.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    fails(path, *words)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a;b\n1;2\n", {"a": "int", "b": "int"}),
        ("a\tb\n1\t2\n", {"a": "int", "b": "int"}),
        ("name\nhello world\n", {"name": "string"}),
        ("a,a,,b\n1,2,3,4\n", {"a": "int", "a (2)": "int", "(unnamed)": "int", "b": "int"}),
        ("\ufeffa,b\n1,x\n", {"a": "int", "b": "string"}),
        ("n\n" + "1\n" * 30_000 + "late\n", {"n": "string"}),
        ('"a\nb",c\n1,2\n', {"a\nb": "int", "c": "int"}),
    ],
)
def test_csv_header_delimiter_and_types_are_found(tmp_path, text, fields):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    table, _ = read(path)
    assert {item.name: item.physical for item in table.fields} == fields


def test_csv_without_rows_has_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n")
    table, _ = read(path)
    assert [item.name for item in table.fields] == ["a", "b"]
    assert first_look(table).rows == 0


def test_compressed_csv_is_read(tmp_path):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n"))
    assert [item.physical for item in read(path)[0].fields] == ["int", "string"]


@pytest.mark.parametrize(
    "text", ['{"a":1}\n{"a":\n', "1\n2\n", '{"a":1,"a":2}\n', "a,b\n1,2\n", "[]", '{"a":"\\ud800"}\n']
)
def test_a_damaged_json_file_is_named(tmp_path, text):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    fails(path, "JSON")


def test_json_without_one_type_becomes_text(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a":1,"l":[1]}\n{"a":"x","l":null}\n')
    table, _ = read(path)
    column = next(iter(table.batches())).column("a")
    assert [column.dictionary[code] for code in column.values] == ["1", "x"]
    assert [item.physical for item in table.fields] == ["string", "list"]


@pytest.fixture
def parquet_bytes(tmp_path):
    pa.parquet.write_table(HEAVY, tmp_path / "whole.parquet")
    return (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize("damage", ["half", "tail", "zeros", "magic"])
def test_a_damaged_parquet_file_is_named(tmp_path, parquet_bytes, damage):
    raw = parquet_bytes
    damaged = {
        "half": raw[: len(raw) // 2],
        "tail": raw[:-3],
        "zeros": raw[:2000] + bytes(3000) + raw[5000:],
        "magic": b"PAR1",
    }[damage]
    path = tmp_path / "x.parquet"
    path.write_bytes(damaged)
    fails(path, "Parquet", "write it again")


def test_text_that_is_not_utf8_in_parquet_is_named(tmp_path):
    path = tmp_path / "x.parquet"
    texts = pa.array([b"ok", b"b\xff"], pa.binary()).view(pa.string())
    pa.parquet.write_table(pa.table({"s": texts}), path)
    fails(path, "UTF8")


def test_a_damaged_arrow_file_is_named(tmp_path):
    path = tmp_path / "x.feather"
    pa.feather.write_feather(HEAVY, path)
    path.write_bytes(path.read_bytes()[:3000])
    fails(path, "Arrow")
    path.write_bytes(b"hello there")
    fails(path, "Arrow")


def test_a_wrong_suffix_is_told_or_seen_through(tmp_path, parquet_bytes):
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    fails(tmp_path / "text.parquet", "not a Parquet file", "first bytes")
    (tmp_path / "binary.csv").write_bytes(parquet_bytes)
    assert open_table(tmp_path / "binary.csv").rows == 20_000
    (tmp_path / "sheet.xlsx").write_bytes(b"PK\3\4")
    fails(tmp_path / "sheet.xlsx", ".xlsx", ".parquet", "Save the sheet as CSV")


def test_a_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "reference.parquet").write_bytes(b"")
    fails(tmp_path / "referense.parquet", "no such file", "reference.parquet")
    fails(tmp_path / "Referense.csv", "no such file", "reference.parquet")
    fails(tmp_path / "nothing.parquet", "no such file", "Check the path")
    fails(tmp_path / "nowhere" / "x.csv", "no such file")
    fails(tmp_path / "*.parq", "no file matches")


def test_an_empty_folder_is_told(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    fails(tmp_path, "without data files", "notes.md", ".parquet")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_missing_permission_is_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    fails(path, "permission")
    folder = tmp_path / "folder"
    folder.mkdir(mode=0)
    fails(folder, "permission")
    folder.chmod(0o700)


def test_permission_refused_by_the_system_is_told(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    monkeypatch.setattr(files, "open", refuse, raising=False)
    fails(path, "no permission", "Give the user")
    monkeypatch.setattr(files.os, "walk", lambda top, onerror: onerror(PermissionError(13, "", top)))
    fails(tmp_path, "no permission")


def test_folders_globs_and_lists_are_one_table(tmp_path):
    for i in range(3):
        pa.parquet.write_table(HEAVY.slice(i * 10, 10), tmp_path / f"{i}.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".hidden.parquet").write_text("")
    paths = sorted(tmp_path.glob("[0-9].parquet"))
    for source in (tmp_path, str(tmp_path / "[0-9].parquet"), paths, list(map(str, paths))):
        table = open_table(source)
        assert table.rows == 30
        assert np.concatenate([b.column("a").values for b in table.batches(["a"])]).tolist() == list(
            range(30)
        )


def test_a_column_that_some_files_lack_is_null_there(tmp_path):
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pa.parquet.write_table(pa.table({"z": [1.5], "a": [2]}), tmp_path / "2.parquet")
    table = open_table(tmp_path)
    parts = [batch.column("z") for batch in table.batches()]
    assert [p.valid is None or bool(p.valid[0]) for p in parts] == [False, True] or (
        len(parts) == 1 and parts[0].valid.tolist() == [False, True]
    )


def test_folder_names_of_the_form_key_value_become_columns(tmp_path):
    for i in (1, 2):
        (tmp_path / f"day={i}").mkdir()
        pa.parquet.write_table(HEAVY.slice(0, 2), tmp_path / f"day={i}" / "x.parquet")
    assert [item.name for item in open_table(tmp_path).fields] == ["a", "s", "day"]
    assert [item.name for item in open_table(tmp_path / "day=1" / "x.parquet").fields] == ["a", "s"]


def test_file_names_may_hold_anything(tmp_path):
    path = tmp_path / "we[i]rd'*?%s.parquet"
    pa.parquet.write_table(HEAVY.slice(0, 5), path)
    assert open_table(path).rows == 5
    assert open_table(path).name == str(path)


def test_files_of_different_formats_are_refused(tmp_path):
    pa.parquet.write_table(HEAVY, tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("a\n1\n")
    fails(tmp_path, "different formats", "csv", "parquet")


@pytest.fixture
def numbered(tmp_path):
    """Two files, 5,000 rows each in groups of 1,000, with the row number in every column."""
    for part in range(2):
        rows = np.arange(part * 5000, part * 5000 + 5000)
        table = pa.table({f"c{i}": rows for i in range(6)} | {"s": [f"row {r}" for r in rows]})
        pa.parquet.write_table(table, tmp_path / f"{part}.parquet", row_group_size=1000)
    return tmp_path


@pytest.mark.parametrize("several", [False, True])
def test_a_sample_holds_the_rows_of_its_ranges(numbered, several):
    table = open_table(numbered if several else numbered / "0.parquet")
    sample = table.sample(["c3", "s"], 500, 7)
    rows = np.concatenate([np.arange(a, b) for a, b in zip(sample.starts, sample.stops, strict=True)])
    assert sample.batch.rows == len(rows) == 500
    assert np.array_equal(sample.batch.column("c3").values, rows)
    texts = sample.batch.column("s")
    assert [texts.dictionary[code] for code in texts.values] == [f"row {r}" for r in rows]


@pytest.mark.parametrize("several", [False, True])
def test_wide_files_are_read_in_groups_of_columns(numbered, several, monkeypatch):
    monkeypatch.setattr(duckdb_files, "_STREAMED_VALUES", 1)
    monkeypatch.setattr(duckdb_files, "_GROUP_COLUMNS", 2)
    monkeypatch.setattr(duckdb_files, "_RANGE_ROWS", 700)
    table = open_table(numbered if several else numbered / "0.parquet")
    seen = []
    for batch in table.batches():
        assert batch.rows <= 700
        parts = [batch.column(f"c{i}").values for i in (0, 5, 3)]
        assert np.array_equal(parts[0], parts[1])
        assert np.array_equal(parts[0], parts[2])
        assert np.array_equal(parts[0], batch.column("c0").values)
        seen.append(parts[0])
    assert np.array_equal(np.concatenate(seen), np.arange(table.rows))


def test_csv_samples_hold_the_rows_of_their_ranges(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("n\n" + "\n".join(map(str, range(3000))) + "\n")
    table = open_table(path)
    sample = table.sample(["n"], 300, 1)
    rows = np.concatenate([np.arange(a, b) for a, b in zip(sample.starts, sample.stops, strict=True)])
    assert np.array_equal(sample.batch.column("n").values, rows)
    assert table.rows == 3000


def test_rows_of_several_row_groups_come_as_one_array(numbered):
    table = open_table(numbered / "0.parquet")
    batch = table._range_batch(["c3", "s"], [(500, 4500)])
    assert isinstance(batch._load(["c3", "s"]), ArrowBatch)
    assert np.array_equal(batch.column("c3").values, np.arange(500, 4500))


@given(columns=st.integers(0, 5000), rows=st.integers(0, 1 << 21))
def test_groups_of_columns_are_few_and_alike(columns, rows):
    width = duckdb_files._group_width(columns, rows)
    sizes = [min(width, columns - low) for low in range(0, columns, width)]
    assert 1 <= width <= duckdb_files._GROUP_COLUMNS
    assert width == 1 or width * rows <= duckdb_files._GROUP_VALUES
    most = max(1, min(duckdb_files._GROUP_COLUMNS, duckdb_files._GROUP_VALUES // max(rows, 1)))
    assert len(sizes) == -(-columns // most)  # no more groups than are needed


def test_opening_reads_no_extension_from_the_network(numbered):
    table = open_table(numbered)
    for connection in (table._connection, table._alone):
        found = dict(
            connection.sql(
                "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%known%'"
            ).fetchall()
        )
        assert set(found.values()) == {"false"}
        assert len(found) == 2


@pytest.mark.parametrize(
    "address", ["s3://bucket/a.parquet", "https://example.org/a.csv", "file:///tmp/a.csv"]
)
def test_an_address_is_told_from_a_path(address):
    fails(address, "not a path on this machine", "Download it first")


def test_standard_input_and_pipes_say_why_they_are_not_read(tmp_path):
    with pytest.raises(DataError, match=r"standard input is not read.*write them to a file"):
        open_table("-")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    fails(pipe, "not a file or folder", "write what a pipe brings to a file")


def test_a_text_in_utf_16_and_a_packed_file_say_what_to_do(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-16")
    fails(path, "UTF-16", "Write it anew as UTF-8")
    packed = tmp_path / "a.csv.bz2"
    packed.write_bytes(b"BZh9")
    fails(packed, "Unpack it first", ".gz and .zst")


def test_a_glob_may_match_folders(tmp_path):
    for day in ("01", "02"):
        folder = tmp_path / f"day={day}"
        folder.mkdir()
        pa.parquet.write_table(HEAVY.slice(0, 100), folder / "part.parquet")
    table, rows = read(tmp_path / "day=*")
    assert sum(rows) == 200 * len(table.fields)
    # Where files match, a folder beside them is not read a second time.
    table, rows = read(tmp_path / "**")
    assert sum(rows) == 200 * len(table.fields)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}',
        '{"a": [1, 2], "b": ["x", "y"]}',
        '{"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}',
        '{"data": [{"a": 1}, {"a": 2}]}',
    ],
)
def test_json_by_columns_is_refused_and_never_one_row(tmp_path, text):
    path = tmp_path / "table.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"one JSON object of columns.*lines=True"):
        open_table(str(path))


def test_one_row_of_json_is_one_row(tmp_path):
    path = tmp_path / "row.json"
    path.write_text('{"id": 1, "features": {"a": 1, "b": [1, 2]}}')
    assert next(iter(open_table(str(path)).batches())).rows == 1


def test_files_beside_folders_of_partitions_are_named_as_such(tmp_path):
    table = pa.table({"a": [1, 2]})
    (tmp_path / "day=1").mkdir()
    for path in (tmp_path / "day=1" / "x.parquet", tmp_path / "x.parquet"):
        pa.parquet.write_table(table, path)
    with pytest.raises(DataError, match=r"same keys for all files.*glob"):
        open_table(str(tmp_path))
