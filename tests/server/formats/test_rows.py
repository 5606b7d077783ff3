"""Rows of JSON are the same batch as columns of JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.server.intake import wire
from leadline.server.intake.formats.rows import columns

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
        columns([{"id": "a"}, 5], ("features",), "predictions")
    with pytest.raises(DataError, match=r"predictions\[0\]\.features: not a row; found 'list'"):
        columns([{"id": "a", "features": [1]}], ("features",), "predictions")


def test_no_rows_are_no_batch() -> None:
    with pytest.raises(DataError, match="rows"):
        wire.read_batch(b'{"format": 1, "model": "m", "predictions": []}', "key", 0)
