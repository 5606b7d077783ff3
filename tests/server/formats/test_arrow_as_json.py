"""A batch of Arrow is kept as the same batch of JSON, and a hostile one is refused."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.server.intake import wire
from leadline.stores.contract import Batch, Rows

NOW = 1_700_000_000_000_000
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "whole": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "large": (pa.uint64(), st.sampled_from([0, 7, 2**63 - 1])),
    "number": (pa.float64(), st.floats()),
    "truth": (pa.bool_(), st.booleans()),
    "text": (pa.string(), st.text(st.characters(codec="utf-8"), max_size=20)),
    "long": (pa.large_string(), st.sampled_from(["", "ä", "no longer short at all"])),
    "view": (pa.string_view(), st.sampled_from(["", "ä", "longer than what fits into a view"])),
    "category": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "bb", ""])),
    "nothing": (pa.null(), st.none()),
}


def stream(table: pa.Table, rows: int = 3, compression: str | None = None) -> bytes:
    target, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(target, table.schema, options=options) as writer:
        for batch in table.combine_chunks().to_batches(max_chunksize=rows):
            writer.write_batch(batch)
    return target.getvalue()


def plain(rows: Rows) -> dict[str, Any]:
    """What is kept, by value; a column of nothing is none."""
    found: dict[str, Any] = {"moments": rows.timestamps.tolist(), "ids": listed(rows.ids)}
    return found | {repr(key): listed(cells) for key, cells in rows.columns.items()}


def listed(cells: Any) -> list[Any]:
    values = cells.values.tolist()
    if cells.data or (cells.values.dtype == np.int64 and not any(values)):
        ends = np.cumsum(cells.values).tolist()
        values = [cells.data[end - size : end] for end, size in zip(ends, values, strict=True)]
    valid = [True] * len(values) if cells.valid is None else cells.valid.tolist()
    return [repr(value) if good else None for value, good in zip(values, valid, strict=True)]


def of_json(section: dict[str, Any]) -> Batch:
    document = {"format": 1, "model": "m", "version": "1", "predictions": section}
    return wire.read_batch(json.dumps(document).encode(), "k", NOW)


def of_arrow(body: bytes, section: Any = "predictions") -> Batch:
    return wire.read_arrow(body, "m", "1", section, "k", NOW)


def finite(values: list[Any]) -> Any:
    odd: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if isinstance(value, float) and not np.isfinite(value):
            name = "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            odd.setdefault(name, []).append(place)
    hidden = [None if any(i in rows for rows in odd.values()) else v for i, v in enumerate(values)]
    return {"values": hidden, "not_finite": odd} if odd else values


@given(st.data())
def test_arrow_is_kept_as_json_is(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 8))
    drawn = {
        name: data.draw(st.lists(st.none() | values, min_size=size, max_size=size))
        for name, (_, values) in COLUMNS.items()
    }
    ids = [f"row {i}" for i in range(size)]
    times = [1.6e9 + i for i in range(size)]
    table = pa.table(
        {"id": ids, "timestamp": times, "score": [0.5] * size}
        | {name: pa.array(values, COLUMNS[name][0]) for name, values in drawn.items()}
    )
    features = {name: finite(values) for name, values in drawn.items()}
    section = {"rows": size, "id": ids, "timestamp": times, "score": [0.5] * size, "features": features}
    found, expected = of_arrow(stream(table)), of_json(section)
    assert found.answer == expected.answer
    assert plain(found.sections["predictions"]) == plain(expected.sections["predictions"])


def test_scores_by_class_times_and_ids_that_are_numbers() -> None:
    moments = np.array([1_600_000_000_000_000, 1_600_000_001_500_000])
    table = pa.table({
        "id": [1, 2], "timestamp": pa.array(moments, pa.timestamp("us", "UTC")),
        "score.cat": [0.25, None], "score.dog": [0.75, 1.0],
    })  # fmt: skip
    section = {
        "rows": 2, "id": [1, 2], "timestamp": [1.6e9, 1_600_000_001.5],
        "score": [{"cat": 0.25, "dog": 0.75}, {"cat": None, "dog": 1.0}],
    }  # fmt: skip
    found, expected = of_arrow(stream(table)), of_json(section)
    assert plain(found.sections["predictions"]) == plain(expected.sections["predictions"])


def test_labels_without_an_id_or_a_value_are_refused() -> None:
    body = stream(pa.table({"id": ["a", None, "c"], "label": pa.array([1, 0, None], pa.int8())}))
    found = of_arrow(body, "labels")
    assert json.loads(found.answer)["accepted"] == {"labels": 1}
    assert [row["row"] for row in json.loads(found.answer)["refused"]] == [1, 2]
    assert len(found.sections["labels"]) == 1


def test_lists_are_read_too() -> None:
    found = of_arrow(stream(pa.table({"id": ["a"], "tags": [["x", "y"]], "n": [1]})))
    assert plain(found.sections["predictions"])["Key(section='features', name='tags', kind='nested')"] == [
        repr(b'["x","y"]')
    ]


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_buffers_are_refused_before_they_are_opened(compression: str) -> None:
    texts = pa.array(["a text"] * 100).dictionary_encode()
    for column in (pa.array(range(100)), texts):
        with pytest.raises(DataError, match="compressed buffers"):
            of_arrow(stream(pa.table({"x": column}), 100, compression))


def test_a_text_that_ends_within_a_letter() -> None:
    letters = "ää".encode()
    offsets = np.array([0, 1, 4], np.int32)
    texts = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(offsets), pa.py_buffer(letters)])
    with pytest.raises(DataError, match="within a letter"):
        of_arrow(stream(pa.table({"x": texts})))


def test_damaged_bodies_are_refused_or_read() -> None:
    whole = stream(pa.table({
        "id": ["a", "b", "c"], "timestamp": [1.0, 2.0, 3.0], "n": [1, None, 3], "text": ["x", None, "z"],
        "category": pa.array(["x", "y", "x"]).dictionary_encode(), "truth": [True, None, False],
    }))  # fmt: skip
    chance, refused = random.Random(1), 0
    for _ in range(1_000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            of_arrow(bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])]))
        except DataError:
            refused += 1
    assert refused > 300
