"""A recording is sent as serving would have sent it: every row once, in the order of time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.replay import Recording
from leadline.server.intake import wire

SECOND = 1_000_000


def recording(moments: list[int], **more: Any) -> dict[str, Any]:
    return {
        "at": np.array(moments, "datetime64[s]"),
        "id": [f"r{i}" for i in range(len(moments))],
        "amount": np.arange(len(moments)) + 0.5,
        **more,
    }


def documents(found: Recording, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(due.content) for due in found.due("m", **options)]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.none() | st.integers(1, 20), st.data())
def test_every_row_and_label_goes_once_and_in_order(moments: list[int], step: int | None, data: Any) -> None:
    delays = data.draw(st.lists(st.integers(0, 30), min_size=len(moments), max_size=len(moments)))
    known = np.array(moments) + np.array(delays)
    table = recording(moments, y=[0, 1] * 15, known=known.astype("datetime64[s]"))
    table["y"] = table["y"][: len(moments)]
    found = Recording(table, timestamp="at", id="id", label="y", label_timestamp="known")
    due = list(found.due("m", None if step is None else step * SECOND))
    sent = [json.loads(one.content) for one in due]
    rows = [i for d in sent if "predictions" in d for i in d["predictions"]["id"]]
    labels = {
        i: v
        for d in sent
        if "labels" in d
        for i, v in zip(d["labels"]["id"], d["labels"]["label"], strict=True)
    }
    assert sorted(rows) == sorted(table["id"])
    assert labels == dict(zip(table["id"], table["y"], strict=True))
    times = [t for d in sent if "predictions" in d for t in d["predictions"]["timestamp"]]
    assert times == sorted(float(m) for m in moments)
    seen: set[str] = set()
    for document in sent:  # no label before its prediction, as both know the time
        seen |= set(document.get("predictions", {}).get("id", []))
        assert set(document.get("labels", {}).get("id", [])) <= seen
    if step is not None:
        for document in sent:
            if "predictions" in document:
                own = document["predictions"]["timestamp"]
                assert own[-1] - own[0] < step
    for one in due:
        wire.read_batch(one.content, "key", 10**15)


def test_each_column_has_its_place() -> None:
    table = recording(
        [5, 3],
        p=[0.25, float("nan")],
        decision=["yes", "no"],
        w=[1.0, 2.0],
        country=["DE", None],
        v=["7", "8"],
        born=np.array(["2001-02-03", "NaT"], "datetime64[D]"),
    )
    found = Recording(
        table, timestamp="at", score="p", prediction="decision", weight="w", segment="country", version="v"
    )
    first, second = documents(found, shift=SECOND)
    assert (first["version"], second["version"]) == ("8", "7")
    assert first["predictions"]["timestamp"] == [4.0]
    assert first["predictions"]["score"] == {"values": [None], "not_finite": {"NaN": [0]}}
    assert second["predictions"]["score"] == [0.25]
    assert second["predictions"]["prediction"] == ["yes"]
    assert second["predictions"]["weight"] == [1.0]
    own = {**second["predictions"].get("segment", {}), **second["predictions"]["features"]}
    assert own["country"] == ["DE"]
    assert own["born"][0].startswith("2001-02-03")
    assert first["predictions"]["features"]["born"] == [None]


def test_scores_of_several_classes() -> None:
    table = recording([1], p_cat=[0.75], p_dog=[0.25], y=["cat"])
    (document,) = documents(Recording(table, timestamp="at", score="p", label="y"))
    assert document["predictions"]["score"] == [{"cat": 0.75, "dog": 0.25}]
    assert document["predictions"]["label"] == ["cat"]


def test_without_times_there_is_no_replay() -> None:
    with pytest.raises(DataError, match="needs the times"):
        Recording({"a": [1, 2]})
    with pytest.raises(DataError, match="some rows have no time"):
        Recording({"at": np.array(["2026-01-01", "NaT"], "datetime64[s]"), "a": [1, 2]}, timestamp="at")
