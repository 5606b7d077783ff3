"""Structures become a column for each part, alike from every source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

import leadline as ll
from leadline.tables import open_table
from leadline.tables.parts import DEPTH, MOST
from leadline.tables.table import Table

ROWS: list[dict[str, Any]] = [
    {"id": 1, "features": {"age": 41, "city": "Bern", "home": {"rooms": 2.5}, "v": [1.0, 2.0]}},
    {"id": 2, "features": {"age": None, "city": "Lyon", "home": None, "v": [3.0, 4.0]}},
    {"id": 3, "features": None},
    {"id": 4, "features": {"age": 7, "city": "Bern", "home": {"rooms": None}, "v": None}},
]
EXPECTED = {
    "id": [1, 2, 3, 4],
    "features.age": [41, None, None, 7],
    "features.city": ["Bern", "Lyon", None, "Bern"],
    "features.home.rooms": [2.5, None, None, None],
}


def values(table: Table, name: str) -> list[Any]:
    """Python values of all rows, None where null."""
    found: list[Any] = []
    for batch in table.batches([name]):
        column = batch.column(name)
        listed = column.values.tolist()
        if column.dictionary is not None:
            listed = [column.dictionary[code] for code in listed]
        valid = [True] * len(listed) if column.valid is None else column.valid
        found += [value if there else None for value, there in zip(listed, valid, strict=True)]
    return found


def sources(folder: Path) -> dict[str, Any]:
    table = pyarrow.Table.from_pylist(ROWS)
    frame = polars.from_arrow(table)
    assert isinstance(frame, polars.DataFrame)
    frame.write_ndjson(folder / "rows.jsonl")
    frame.write_parquet(folder / "rows.parquet")
    pyarrow.feather.write_feather(table, folder / "rows.feather")
    frame.write_ipc(folder / "rows.arrow")
    return {
        "json": folder / "rows.jsonl",
        "parquet": folder / "rows.parquet",
        "files": [folder / "rows.parquet", folder / "rows.parquet"],
        "feather": folder / "rows.feather",
        "ipc": folder / "rows.arrow",
        "arrow": table,
        "chunks": pyarrow.concat_tables([table.slice(0, 1), table.slice(1)]),
        "slice": pyarrow.concat_tables([table, table]).slice(4),
        "reader": table.to_reader(),
        "polars": frame,
        "lazy": frame.lazy(),
        "rows": ROWS,
        "columns": {name: [row.get(name) for row in ROWS] for name in ("id", "features")},
    }


SOURCES = [
    "json", "parquet", "files", "feather", "ipc", "arrow", "chunks", "slice", "reader", "polars", "lazy",
    "rows", "columns",
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_parts(source: str, tmp_path: Path) -> None:
    def fresh() -> Table:
        return open_table(sources(tmp_path)[source])

    assert [item.name for item in fresh().fields] == [*EXPECTED, "features.v"]
    for name, expected in EXPECTED.items():
        assert values(fresh(), name) == expected * (2 if source == "files" else 1), name
    vectors = [batch.column("features.v").vectors for batch in fresh().batches(["features.v"])]
    assert all(found is not None for found in vectors)
    some = fresh().sample(["features.age"], 2, seed=1).batch
    assert some.rows == len(some.column("features.age").values) == 2


def test_coded_texts_in_structures_are_read_from_files_and_frames(tmp_path: Path) -> None:
    inner = polars.Series("c", ["a", "b", None, "a"], dtype=polars.Categorical)
    frame = polars.DataFrame({"s": polars.DataFrame({"c": inner, "n": [1, 2, 3, 4]}).to_struct("s")})
    frame.write_ipc(tmp_path / "coded.arrow")
    for source in (frame, tmp_path / "coded.arrow"):
        assert values(open_table(source), "s.c") == ["a", "b", None, "a"]


def test_a_column_that_is_called_as_a_part_keeps_its_name(tmp_path: Path) -> None:
    rows = [{"s": {"a": 1}, "s.a": 5}, {"s": {"a": 2}, "s.a": 6}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "t.parquet")
    for source in (rows, tmp_path / "t.parquet"):
        table = open_table(source)
        assert [item.name for item in table.fields] == ["s.a (2)", "s.a"]
        assert values(table, "s.a") == [5, 6]
        assert values(table, "s.a (2)") == [1, 2]


def nested(depth: int) -> Any:
    return {"x": nested(depth - 1)} if depth else 1


@pytest.mark.parametrize("form", ["rows", "arrow", "parquet"])
def test_what_lies_deeper_or_has_too_many_parts_stays_one_column(form: str, tmp_path: Path) -> None:
    wide = {f"k{i}": i for i in range(MOST + 1)}
    rows = [{"deep": nested(DEPTH + 1), "wide": wide, "full": nested(DEPTH)}] * 3
    source: Any = rows if form == "rows" else pyarrow.Table.from_pylist(rows)
    if form == "parquet":
        pyarrow.parquet.write_table(source, tmp_path / "t.parquet")
        source = tmp_path / "t.parquet"
    kinds = {item.name: item.physical for item in open_table(source).fields}
    assert kinds == {"deep" + ".x" * DEPTH: "struct", "wide": "struct", "full" + ".x" * DEPTH: "int"}


def test_keys_that_are_no_texts_and_maps_stay_one_column() -> None:
    assert [item.name for item in open_table([{"m": {1: 2}}, {"m": {3: 4}}]).fields] == ["m"]
    maps = pyarrow.array([[("a", 1)], [("b", 2)]], pyarrow.map_(pyarrow.string(), pyarrow.int64()))
    assert [item.name for item in open_table(pyarrow.table({"m": maps})).fields] == ["m"]


def test_json_values_without_a_type_in_common_are_the_text_of_each(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"s": {"a": "x"}}\n{"s": {"a": 3}}\n{"s": {}}\n', "utf-8")
    assert values(open_table(tmp_path / "t.jsonl"), "s.a") == ["x", "3", None]


def test_a_check_names_the_part_that_moved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def rows(shift: float) -> list[dict[str, Any]]:
        pairs = zip(rng.normal(shift, 1, 2000), rng.normal(size=2000), strict=True)
        return [{"features": {"a": a, "b": b}, "prediction": b} for a, b in pairs]

    record = ll.check(rows(0.0), rows(1.0)).record
    assert {column.name: column.verdict for column in record.columns} == {
        "features.a": "alert", "features.b": "ok", "prediction": "ok",
    }  # fmt: skip
    assert ll.check(rows(0.0), rows(0.0), ignore="features.a").ok
