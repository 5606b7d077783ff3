"""Rows of JSON are the same batch as columns of JSON."""

from __future__ import annotations

import json
import re
import tracemalloc
from typing import Any

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


MISTAKES = [
    (5, r"predictions: not a row; found 'int'; accepted: an object"),
    (None, r"predictions: not a row; found 'NoneType'"),
    ({"features": {"new": 1.0}, "segment": [1]}, r"predictions\.segment: not a row; found 'list'"),
    ({"features": {"new": 1.0}, "scor": 0.5}, r"predictions: unknown column; found 'scor'.*mean 'score'"),
]


def read(predictions: Any) -> Any:
    text = json.dumps({"format": 1, "model": "m", "predictions": predictions}).encode()
    return wire.read_batch(text, "key", 10**15)


@pytest.mark.parametrize(("wrong", "reason"), MISTAKES)
def test_what_is_no_row_is_refused_and_the_others_are_kept(wrong: Any, reason: str) -> None:
    good = [{"id": "a", "score": 0.25}, {"id": "b", "features": {"known": 1.0}}]
    batch, clean = read([good[0], wrong, good[1]]), read(good)
    answer = json.loads(batch.answer)
    assert answer["accepted"] == {"predictions": 2}
    ((kind, row, told),) = [one.values() for one in answer["refused"]]
    assert (kind, row) == ("predictions", 1)
    assert re.match(reason, told)
    kept, wanted = batch.sections["predictions"], clean.sections["predictions"]
    assert kept.ids.data == wanted.ids.data == b"ab"
    assert kept.columns.keys() == wanted.columns.keys()  # the wrong row made no column


@pytest.mark.parametrize(("wrong", "reason"), MISTAKES)
def test_rows_that_are_all_wrong_are_no_batch(wrong: Any, reason: str) -> None:
    """Whoever wrote them takes the format for another one: an answer of 202 could be overlooked."""
    with pytest.raises(DataError, match=reason.replace("predictions", r"predictions\[0\]")):
        read([wrong, wrong])


@pytest.mark.parametrize("form", ["rows", "columns"])
def test_an_answer_names_so_many_rows_at_most(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of nothing but mistakes would have an answer that no store can keep; a client halves it."""
    monkeypatch.setattr(bounds, "REFUSED", 3)

    def batch(wrong: int) -> Any:
        if form == "rows":
            return read([{"id": "a"}, *([7] * wrong)])
        ids = ["a", *([[]] * wrong)]
        return read({"rows": 1 + wrong, "id": ids})

    assert len(json.loads(batch(3).answer)["refused"]) == 3
    with pytest.raises(TooLarge, match=r"too many rows that cannot be kept; found .4 or more; .*smaller"):
        batch(4)


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
    found, _ = columns(rows, ("id", "features"), ("features",), "predictions")
    assert len(found["id"]) == 20
    with pytest.raises(TooLarge, match="too many values"):
        columns([*rows, {"id": "more"}], ("id", "features"), ("features",), "predictions")


def named(first: int, last: int) -> dict[str, float]:
    return {f"n{i}": 0.5 for i in range(first, last)}


@pytest.mark.parametrize("place", ["features", "segment", "score"])
@pytest.mark.parametrize("form", ["rows", "columns"])
def test_names_beyond_what_a_model_may_have_cost_the_rows_that_have_them(place: str, form: str) -> None:
    """Whichever comes first has the room; a row with a name beyond leaves the rest of the batch alone."""
    most = FIELDS - 2  # beside the ids and times
    rows: list[dict[str, Any]] = [
        {"id": "first", "timestamp": 0.0, place: named(0, most)},
        {"id": "more", "timestamp": 1.0, place: {**named(0, 3), **named(FIELDS, FIELDS + 3)}},
        {"id": "known", "timestamp": 2.0, place: named(1, 3)},
        {"id": "none", "timestamp": 3.0},
    ]
    section: Any = rows
    if form == "columns":
        values = {name: [row.get(place, {}).get(name) for row in rows] for name in named(0, FIELDS + 3)}
        values |= {"empty": [None] * len(rows)}
        section = {"rows": len(rows), "id": [row["id"] for row in rows], "timestamp": [0, 1, 2, 3]}
        section[place] = [row.get(place) for row in rows] if place == "score" else values
    if place == "score":
        rows[1][place] |= named(most, most + 3)
    text = json.dumps({"format": 1, "model": "m", "predictions": section}).encode()
    batch = wire.read_batch(text, "key", 10**15)
    answer = json.loads(batch.answer)
    assert answer["accepted"] == {"predictions": 3}
    (refused,) = answer["refused"]
    assert (refused["kind"], refused["row"]) == ("predictions", 1)
    assert str(FIELDS) in refused["reason"]
    kept = batch.sections["predictions"]
    assert kept.timestamps.tolist() == [0, 2_000_000, 3_000_000]
    assert len(kept.columns) <= FIELDS


def test_a_row_with_too_many_names_takes_no_room_of_others() -> None:
    rows = [{"id": "wide", "features": named(0, FIELDS + 1)}, {"id": "a", "features": named(7, FIELDS)}]
    text = json.dumps({"format": 1, "model": "m", "predictions": rows}).encode()
    batch = wire.read_batch(text, "key", 10**15)
    assert [row["row"] for row in json.loads(batch.answer)["refused"]] == [0]
    (alone,) = [json.dumps({"format": 1, "model": "m", "predictions": rows[:1]}).encode()]
    none = wire.read_batch(alone, "key", 10**15)
    assert none.sections == {}
    assert json.loads(none.answer)["accepted"] == {}
