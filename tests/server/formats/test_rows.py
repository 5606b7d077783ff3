"""Rows of JSON are the same batch as columns of JSON."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.server.intake import bounds, wire
from leadline.server.intake.bounds import TooLarge
from leadline.server.intake.formats.rows import columns
from leadline.stores.contract import FIELDS

VALUE = st.none() | st.integers(-5, 5) | st.text(max_size=3) | st.booleans()


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.text("ab", min_size=1, max_size=3)},
            optional={"prediction": VALUE, "features": st.dictionaries(st.sampled_from("xyz"), VALUE)},
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rows_are_kept_as_the_same_columns(rows: list[dict[str, object]]) -> None:
    as_columns: dict[str, object] = {
        "rows": len(rows),
        "id": [row["id"] for row in rows],
        "prediction": [row.get("prediction") for row in rows],
        "features": {
            name: [row.get("features", {}).get(name) for row in rows]  # type: ignore[attr-defined]
            for name in "xyz"
        },
    }
    kept = [
        wire.read_batch(
            json.dumps({"format": 1, "model": "m", "predictions": section}).encode(), "key", 10**15
        )
        for section in (rows, as_columns)
    ]
    first, second = (batch.sections["predictions"] for batch in kept)
    assert first.ids.data == second.ids.data
    assert first.columns.keys() == second.columns.keys()
    for key, cells in first.columns.items():
        assert cells.data == second.columns[key].data
        assert cells.values.tolist() == second.columns[key].values.tolist()
    assert kept[0].answer == kept[1].answer


def test_what_is_no_row_is_named() -> None:
    with pytest.raises(DataError, match=r"predictions\[1\]: not a row; found 'int'"):
        columns([{"id": "a"}, 5], ("id", "features"), ("features",), "predictions")
    with pytest.raises(DataError, match=r"predictions\[0\]\.features: not a row; found 'list'"):
        columns([{"id": "a", "features": [1]}], ("id", "features"), ("features",), "predictions")


def test_no_rows_are_no_batch() -> None:
    with pytest.raises(DataError, match="rows"):
        wire.read_batch(b'{"format": 1, "model": "m", "predictions": []}', "key", 0)


@pytest.mark.parametrize("group", ["features", "segment", "score"])
def test_names_that_differ_in_each_row_are_refused_before_they_fill_the_memory(group: str) -> None:
    """Rows times names: what takes half a megabyte of JSON would be billions of values."""
    names = [f"n{i}" for i in range(40_000)]
    rows = [{group: {name: 0.5}} for name in names]
    text = json.dumps({"format": 1, "model": "m", "predictions": rows}).encode()
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="too many") as caught:
            wire.read_batch(text, "key", 10**15)
        assert caught.value.next_step
        assert tracemalloc.get_traced_memory()[1] < 40 * len(text) + (400 << 20)
    finally:
        tracemalloc.stop()


def test_many_rows_of_some_names_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client halves what is too large (413), and what is left is taken."""
    monkeypatch.setattr(bounds, "VALUES", 60)
    rows = [{"id": str(i), "features": {"a": 1, "b": 2}} for i in range(20)]
    assert len(columns(rows, ("id", "features"), ("features",), "predictions")["id"]) == 20
    with pytest.raises(TooLarge, match="too many values"):
        columns([*rows, {"id": "more"}], ("id", "features"), ("features",), "predictions")


def test_columns_have_no_more_names_than_a_model_may_have() -> None:
    features = {f"n{i}": [1] for i in range(FIELDS)}
    section = {"rows": 1, "id": ["a"], "features": features}
    text = json.dumps({"format": 1, "model": "m", "predictions": section}).encode()
    with pytest.raises(DataError, match="too many fields of predictions"):
        wire.read_batch(text, "key", 10**15)
