"""The wire format: valid JSON that gives back what went in."""

from __future__ import annotations

import json
import math
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline_client.encode import Batch, split
from leadline_client.privacy import Policies
from leadline_client.slices import FrameEvent, Slicer
from leadline_client.testing import rows_of
from leadline_client.values import Frame, Unusable, finite, identifier, named_values, plain, unix_seconds

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats()
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(st.dictionaries(st.sampled_from("abcdef"), NUMBERS, max_size=6), max_size=40)


def never(kind: str, problem: Exception, rows: int) -> None:
    raise AssertionError((kind, problem, rows))


def event(features: Any, name: str = "id", kind: str = "predictions") -> tuple[Any, ...]:
    return 100, 1, kind, name, 0.0, None, None, None, None, None, None, None, None, features


def encoded(events: list[Any], head: dict[str, Any] | None = None) -> bytes:
    batch = Batch(Policies(({},), None), lambda: None)
    for found in Slicer((), never, lambda: None).slices(events):
        batch.add(found)
    return batch.body({"model": "m", **(head or {})})


def decoded(body: bytes) -> dict[str, Any]:
    text = zlib.decompress(body, zlib.MAX_WBITS | 16)
    found: dict[str, Any] = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    # A strict reader agrees.
    assert msgspec.json.decode(text) is not None
    return found


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and bool(left == right)


def assert_rows(batch: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    found = list(rows_of(batch["predictions"])) if "predictions" in batch else []
    assert len(found) == len(rows)
    for kept, row in zip(found, rows, strict=True):
        expected = {name: value for name, value in row.items() if value is not None}
        features = kept.get("features", {})
        assert features.keys() == expected.keys()
        assert all(same(features[name], expected[name]) for name in expected), (features, expected)


@given(ROWS)
def test_numbers_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    """NaN, infinities, whole numbers of any size, and truth values included; a missing value is a missing
    one.
    """
    assert_rows(decoded(encoded([event(row) for row in rows])), rows)


@given(
    st.lists(
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), TEXTS, max_size=5), max_size=20
    )
)
def test_texts_and_names_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    assert_rows(decoded(encoded([event(row) for row in rows])), rows)


@given(
    st.recursive(NUMBERS | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))
)
def test_nested_values_stay_valid_json(value: Any) -> None:
    batch = decoded(encoded([event({"x": value})]))
    (row,) = rows_of(batch["predictions"])
    if isinstance(value, (list, dict)):
        expected = json.loads(json.dumps(finite(value)).encode("utf-8", "replace"))
        assert row["features"]["x"] == json.loads(
            json.dumps(expected, ensure_ascii=False).encode("utf-8", "replace")
        )


@given(ROWS.filter(bool), st.integers(1, 60))
def test_a_frame_is_the_same_as_its_rows(rows: list[dict[str, Any]], repeats: int) -> None:
    rows = rows * repeats
    names = sorted({name for row in rows for name in row})
    columns = {name: [row.get(name) for row in rows] for name in names}
    scalars = Frame({"id": [str(place) for place in range(len(rows))], "timestamp": 0.0})
    frame = FrameEvent(scalars, {"features": Frame(columns)}, len(rows))
    batch = decoded(encoded([(1, len(rows), "predictions", frame)]))
    assert_rows(batch, rows)
    assert [row["id"] for row in rows_of(batch["predictions"])] == [str(place) for place in range(len(rows))]


@given(ROWS, st.integers(0, 5), st.integers(0, 5))
def test_halves_of_a_batch_hold_its_rows_once(rows: list[dict[str, Any]], labels: int, feedback: int) -> None:
    events = [event(row, name=f"p{place}") for place, row in enumerate(rows)]
    events += [(1, 1, "labels", f"l{place}", place, 0.0) for place in range(labels)]
    events += [(1, 1, "feedback", f"f{place}", "click", math.inf, 0.0) for place in range(feedback)]
    body = encoded(events, {"heartbeats": [1], "dropped": {}})
    total = len(rows) + labels + feedback
    halves = split(body)
    if total < 2:
        assert halves == []
        return
    documents = [decoded(half) for half, _ in halves]
    assert [sum(counts.values()) for _, counts in halves] == [total // 2, total - total // 2]
    assert [document.get("heartbeats") for document in documents] == [[1], None]
    whole = decoded(body)
    for kind in ("predictions", "labels", "feedback"):
        expected = list(rows_of(whole[kind])) if kind in whole else []
        found = [row for document in documents if kind in document for row in rows_of(document[kind])]
        assert repr(found) == repr(expected)
        for document, (_, counts) in zip(documents, halves, strict=True):
            assert document.get(kind, {}).get("rows", 0) == counts.get(kind, 0)


@given(st.text(st.sampled_from('a"\\\n\u00e9\u2028\U0001f600'), min_size=1), st.integers(30_000, 70_000))
def test_long_texts_are_encoded_in_pieces_and_come_back_whole(text: str, length: int) -> None:
    long = (text * (length // len(text) + 1))[:length]
    rows = [{"a": long, "b": 1.5}, {"a": None, "b": math.inf}, {"a": "short", "b": None}]
    assert_rows(decoded(encoded([event(row) for row in rows])), rows)


def test_columns_that_hold_nothing_are_left_out() -> None:
    batch = decoded(encoded([event({"a": None, "b": 1}), event({"c": None})]))
    assert set(batch["predictions"]) == {"rows", "id", "timestamp", "features"}
    assert set(batch["predictions"]["features"]) == {"b"}


def test_what_is_not_finite_is_told_apart_from_texts_of_that_name() -> None:
    batch = decoded(encoded([event({"x": value}) for value in ("NaN", "Infinity", "1")]))
    assert batch["predictions"]["features"]["x"] == ["NaN", "Infinity", "1"]
    batch = decoded(encoded([event({"x": value}) for value in (1.0, math.nan, None, -math.inf)]))
    assert batch["predictions"]["features"]["x"] == {
        "values": [1.0, None, None, None], "not_finite": {"NaN": [1], "-Infinity": [3]},
    }  # fmt: skip


def test_a_value_without_a_place_in_json_is_missing_and_counted() -> None:
    batch = Batch(Policies(({},), None), lambda: None)
    for found in Slicer((), never, lambda: None).slices(
        [event({"x": object(), "y": 1}), event({"x": 2, "y": 2})]
    ):
        batch.add(found)
    assert batch.failed_values == 1
    rows = list(rows_of(decoded(batch.body({}))["predictions"]))
    assert [row["features"] for row in rows] == [{"y": 1}, {"x": 2, "y": 2}]


# Values.


@pytest.mark.parametrize(
    "same_id",
    [
        [7, "7", 7.0, np.int64(7), np.float64(7), np.float32(7), b"7"],
        ["a", b"a", np.str_("a")],
        [UUID(int=1), str(UUID(int=1))],
    ],
    ids=str,
)
def test_an_id_is_the_same_however_it_comes(same_id: list[Any]) -> None:
    assert len({identifier(value) for value in same_id}) == 1


@pytest.mark.parametrize("missing", [None, math.nan, np.nan, pd.NA, pd.NaT, np.float32("nan")])
def test_a_missing_id_or_time_is_none(missing: Any) -> None:
    assert identifier(missing) is None
    assert unix_seconds(missing) is None


NOON = 1714564800.0


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        int(NOON),
        np.float64(NOON),
        np.int64(NOON),
        datetime(2024, 5, 1, 12),
        datetime(2024, 5, 1, 12, tzinfo=UTC),
        datetime(2024, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2024-05-01 12:00"),
        pd.Timestamp("2024-05-01 14:00+02:00"),
        np.datetime64("2024-05-01T12:00", "ns"),
        np.datetime64("2024-05-01T12:00", "s"),
        "2024-05-01T12:00:00Z",
        "2024-05-01 12:00:00",
        "2024-05-01T14:00:00+02:00",
    ],
    ids=repr,
)
def test_a_time_is_seconds_in_utc_however_it_comes(moment: Any) -> None:
    assert unix_seconds(moment) == NOON


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert unix_seconds(date(2024, 5, 1)) == NOON - 12 * 3600


@pytest.mark.parametrize(
    "moment", ["yesterday", "", True, math.inf, [], object()], ids=lambda v: type(v).__name__
)
def test_what_is_no_time_is_refused(moment: Any) -> None:
    with pytest.raises((Unusable, ValueError)):
        unix_seconds(moment)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.arange(3), [0, 1, 2]),
        (Decimal("1.5"), 1.5),
        (date(2024, 5, 1), "2024-05-01"),
        (timedelta(seconds=1.5), 1.5),
        ({1}, [1]),
        (np.datetime64("2024-05-01"), "2024-05-01"),
        (pd.Series([1, 2]), [1, 2]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_common_objects_have_a_place_in_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    "features", [object(), 5, "text", b"bytes", pd.DataFrame({"a": [1, 2]})], ids=lambda v: type(v).__name__
)
def test_what_is_no_row_is_refused(features: Any) -> None:
    with pytest.raises((Unusable, TypeError)):
        named_values(features, ())
    with pytest.raises(Unusable):
        named_values([1, 2], ("a",))
