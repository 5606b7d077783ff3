"""What serving code calls: every row arrives as it was meant, and nothing reaches the caller but its own
errors.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import math
import pickle
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadline_client import Leadline, current_prediction
from leadline_client.testing import Recorder

Connect = Callable[..., Leadline]

ROW = {"income": 42_000, "age": 37.5, "channel": "app", "married": True, "phone": None}


def test_a_prediction_is_measured_and_arrives_whole(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit", version=7)
    with model.prediction(id="a", features=ROW, segment={"country": "DE"}, weight=2.0) as p:
        with p.step("feature_store"):
            pass
        with p.step("feature_store"):
            pass
        with p.step("model"):
            pass
        p.score = np.float32(0.25)
        p.prediction = np.bool_(False)
        p.label = 0
    assert client.flush()
    (row,) = recorder.rows()
    assert row["id"] == "a"
    assert row["features"] == {name: value for name, value in ROW.items() if value is not None}
    assert (row["score"], row["prediction"], row["label"], row["weight"]) == (0.25, False, 0, 2.0)
    assert row["segment"] == {"country": "DE"}
    assert set(row["steps"]) == {"feature_store", "model"}
    assert 0 <= sum(row["steps"].values()) <= row["latency_ms"]
    assert "error" not in row
    batch = next(batch for batch in recorder.batches if "predictions" in batch)
    assert (batch["model"], batch["version"], batch["format"]) == ("credit", "7", 1)


def test_an_exception_is_counted_and_goes_on(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")
    failure = RuntimeError("customer 4711 has no account")
    with pytest.raises(RuntimeError) as raised, model.prediction(id="a", features=ROW):
        raise failure
    assert raised.value is failure
    assert client.flush()
    (row,) = recorder.rows()
    assert row["error"] == "RuntimeError"
    assert row["latency_ms"] >= 0
    assert b"4711" not in b"".join(request.body for request in recorder.requests)


def test_what_is_written_into_a_row_later_is_not_logged(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder, interval_seconds=30.0)
    model = client.model("credit", feature_names=["a", "b"])
    features, values = {"a": 1, "b": 2}, np.array([3.0, 4.0])
    with model.prediction(features=features) as p:
        features["a"] = 99
        p.score = 1.0
    model.log(features, score=2.0)
    model.log(values, score=3.0)
    features["a"] = 100
    values[0] = 101
    assert client.flush()
    assert [row["features"]["a"] for row in recorder.rows()] == [1, 99, 3.0]


def test_features_may_be_set_within_the_block(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    with client.model("credit").prediction() as p:
        p.features = {"a": 1}
        p.id = "named"
    assert client.flush()
    (row,) = recorder.rows()
    assert (row["id"], row["features"]) == ("named", {"a": 1})


def test_ids_are_made_where_there_are_none_and_labels_find_them(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")
    with model.prediction(features=ROW) as p:
        pass
    ids = [p.id, model.log(ROW), model.log(ROW), *model.log_batch({"a": [1, 2, 3]})]
    assert len(set(ids)) == 6
    for name in ids:
        model.label(name, 1)
    assert client.flush()
    assert (
        {row["id"] for row in recorder.rows()} == {row["id"] for row in recorder.rows("labels")} == set(ids)
    )


def test_labels_and_feedback(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")
    known = datetime(2024, 5, 1, 12, tzinfo=UTC)
    model.label(7, "paid", timestamp=known)
    model.label_batch([8, 9.0, "ten"], np.array([0, 1, 1]), timestamps=pd.Series([known] * 3))
    model.label_batch(pd.Series([11, 12]), [0, 1])
    model.feedback(7, "click", True)
    model.feedback(7, "dwell_s", 12.5, timestamp="2024-05-01T12:00:00Z")
    assert client.flush()
    labels = {row["id"]: row for row in recorder.rows("labels")}
    assert {name: row["label"] for name, row in labels.items()} == {
        "7": "paid", "8": 0, "9": 1, "ten": 1, "11": 0, "12": 1,
    }  # fmt: skip
    assert all(labels[name]["timestamp"] == known.timestamp() for name in ("7", "8", "9", "ten"))
    click, dwell = sorted(recorder.rows("feedback"), key=lambda row: row["name"])
    assert (click["id"], click["name"], click["value"]) == ("7", "click", True)
    assert (dwell["value"], dwell["timestamp"]) == (12.5, known.timestamp())


Point = namedtuple("Point", ["a", "b"])


@dataclass
class Row:
    a: int
    b: float


@pytest.mark.parametrize(
    "features",
    [
        {"a": 1, "b": 2.5},
        Point(1, 2.5),
        Row(1, 2.5),
        pd.Series({"a": 1, "b": 2.5}),
        pd.DataFrame({"a": [1], "b": [2.5]}),
        pl.DataFrame({"a": [1], "b": [2.5]}),
        pa.table({"a": [1], "b": [2.5]}),
        np.array([1, 2.5]),
        np.array([[1, 2.5]]),
        [1, 2.5],
        (1, 2.5),
    ],
    ids=lambda features: f"{type(features).__module__}.{type(features).__name__}",
)
def test_a_row_may_come_as_the_model_takes_it(features: Any, recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit", feature_names=["a", "b"])
    model.log(features)
    with model.prediction(features=features):
        pass
    assert client.flush()
    assert [row["features"] for row in recorder.rows()] == [{"a": 1, "b": 2.5}] * 2


@pytest.mark.parametrize(
    "make",
    [
        dict,
        pd.DataFrame,
        pl.DataFrame,
        pa.table,
        lambda columns: {k: np.array(v) for k, v in columns.items()},
    ],
    ids=["dict", "pandas", "polars", "arrow", "numpy"],
)
def test_a_batch_is_its_rows(make: Callable[[Any], Any], recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    rows = 3_210
    columns = {
        "request": [f"r{row}" for row in range(rows)],
        "p": [row / rows for row in range(rows)],
        "a": list(range(rows)),
        "b": [f"text {row % 7}" for row in range(rows)],
    }
    ids = client.model("credit").log_batch(
        make(columns), id="request", score="p", prediction=np.arange(rows) % 2, segment={"site": "north"}
    )
    assert len(ids) == rows
    assert client.flush()
    found = {row["id"]: row for row in recorder.rows()}
    assert len(recorder.rows()) == len(found) == rows
    for row in (0, 1, 499, 1_000, rows - 1):
        kept = found[f"r{row}"]
        assert kept["features"] == {"a": row, "b": f"text {row % 7}"}
        assert kept["score"] == pytest.approx(row / rows)
        assert (kept["prediction"], kept["segment"]) == (row % 2, {"site": "north"})
    assert max(batch["predictions"]["rows"] for batch in recorder.batches if "predictions" in batch) <= 2_000


def test_what_was_measured_elsewhere_is_logged(recorder: Recorder, connect: Connect) -> None:
    """Steps and errors of rows that were served by a program without the client."""
    client = connect(recorder)
    model = client.model("credit")
    model.log({"a": 1}, id="one", latency_ms=9.5, steps={"feature_store": 7.0}, error="TimeoutError")
    model.log_batch(
        {"a": [1, 2, 3]},
        id=["b1", "b2", "b3"],
        latency_ms=[9.0, 8.0, 7.0],
        steps={"feature_store": np.array([6.0, 5.0, 4.0]), "model": [1.0, None, 2.0]},
        error=[None, "TimeoutError", None],
    )
    assert client.flush()
    found = {row["id"]: row for row in recorder.rows()}
    assert (found["one"]["steps"], found["one"]["error"]) == ({"feature_store": 7.0}, "TimeoutError")
    assert found["b1"]["steps"] == {"feature_store": 6.0, "model": 1.0}
    assert found["b2"]["steps"] == {"feature_store": 5.0}
    assert [found[name].get("error") for name in ("b1", "b2", "b3")] == [None, "TimeoutError", None]


def test_values_of_every_kind_keep_their_meaning(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")
    values = [
        1,
        2.5,
        math.nan,
        math.inf,
        -math.inf,
        None,
        "text",
        True,
        np.int8(3),
        np.float32(0.5),
        pd.NA,
        pd.NaT,
    ]
    values += [np.datetime64("2024-05-01T12:00"), [1.0, math.nan], {"k": np.arange(2)}, "\ud800", 10**30]
    for value in values:
        model.log({"x": value})
    assert client.flush()
    found = [row.get("features", {}).get("x") for row in recorder.rows()]
    expected = [1, 2.5, math.nan, math.inf, -math.inf, None, "text", True, 3, 0.5, None, None]
    expected += ["2024-05-01T12:00", [1.0, None], {"k": [0, 1]}, "?", 10**30]
    # In a column with texts NaN means missing; each slice decides for itself.
    assert found[3:5] in ([math.inf, -math.inf], [None, None])
    assert found[5:] == expected[5:]
    assert found[:2] == expected[:2]
    assert client.dropped() == {}


class Hostile:
    """Everything that can be asked of it fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError("str")

    __repr__ = __len__ = __iter__ = __float__ = __eq__ = __hash__ = __sizeof__ = __str__  # type: ignore[assignment]


def test_nothing_raises_into_the_caller_and_everything_lost_is_counted(
    recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(recorder)
    model = client.model("credit")
    with caplog.at_level(logging.WARNING, "leadline"):
        for bad in (Hostile(), 3, "text", pd.DataFrame({"a": [1, 2]}), {Hostile: 1}):
            model.log(bad, id="bad")
            with model.prediction(features=bad) as p:
                p.score = 1
        model.log({"x": Hostile(), "y": 1}, id="good")
        model.log({}, id="late", timestamp="when?")
        model.label(Hostile(), 1)
        model.label(None, 1)
        model.label_batch([1, 2], [1])
        model.feedback("a", "click", 1, timestamp=[])
        model.log_batch({"a": [1, 2], "b": [1]})
        model.log_batch(5)
        model.log_batch({"a": [1]}, score="missing")
        model.log(ROW, id="after", segment=5)  # type: ignore[arg-type]
        model.log(ROW, id="end")
        assert client.flush()
    rows = {row["id"]: row for row in recorder.rows()}
    assert rows["good"]["features"] == {"y": 1}
    assert rows["end"]["features"]["income"] == 42_000
    lost = client.dropped()["credit"]
    assert lost["values"] == {"not_json": 1}
    assert sum(lost["labels"].values()) == 3
    assert sum(lost["feedback"].values()) == 1
    arrived = len(recorder.rows())
    # Three batches count as one each: nobody knows how many rows they were meant to be.
    assert arrived + sum(lost["predictions"].values()) == 10 + 2 + 3 + 2
    assert any("left out: score names no column" in message for message in caplog.messages)
    assert not any("missing" in message for message in caplog.messages), "what was passed may be data"
    assert recorder.batches[-1]["dropped"] or client.close()
    assert recorder.batches[-1]["dropped"] == lost


def test_a_decorated_function_predicts(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")

    @model.predicts
    def score(row: dict[str, float]) -> float:
        """Scores."""
        made = current_prediction()
        assert made is not None
        with made.step("sum"):
            return sum(row.values())

    @model.predicts(
        id=lambda age, *, name: name, score=lambda result: result[1], prediction=lambda result: result[0]
    )
    def decide(age: int, *, name: str) -> tuple[str, float]:
        return "yes", 0.75

    @model.predicts
    async def ask(question: str) -> str:
        await asyncio.sleep(0)
        return question.upper()

    @model.predicts(features=lambda: 1 / 0)
    def unlucky() -> int:
        return 5

    @model.predicts
    def broken(a: int) -> int:
        raise KeyError(a)

    assert (score({"a": 1.0, "b": 2.0}), decide(30, name="x"), asyncio.run(ask("hm")), unlucky()) == (
        3.0, ("yes", 0.75), "HM", 5,
    )  # fmt: skip
    with pytest.raises(KeyError):
        broken(3)
    assert score.__doc__ == "Scores."
    assert current_prediction() is None
    assert client.flush()
    rows = recorder.rows()
    assert (rows[0]["features"], rows[0]["score"], set(rows[0]["steps"])) == (
        {"a": 1.0, "b": 2.0},
        3.0,
        {"sum"},
    )
    assert (rows[1]["id"], rows[1]["features"], rows[1]["score"], rows[1]["prediction"]) == (
        "x", {"age": 30, "name": "x"}, 0.75, "yes",
    )  # fmt: skip
    assert (rows[2]["features"], rows[2]["prediction"]) == ({"question": "hm"}, "HM")
    assert rows[3]["prediction"] == 5
    assert (rows[4]["features"], rows[4]["error"]) == ({"a": 3}, "KeyError")


def test_arguments_of_a_decorated_function_may_have_any_name(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    named = {"model": 1, "function": 2, "chosen": 3, "failed": 4, "begin": 5, "arguments": 6, "made": 7}

    @client.model("credit").predicts
    def add(**values: int) -> int:
        return sum(values.values())

    @client.model("credit").predicts(features=lambda **values: values)
    def multiply(model: int, function: int) -> int:
        return model * function

    assert (add(**named), multiply(model=4, function=5)) == (28, 20)
    assert client.flush()
    first, second = recorder.rows()
    assert (first["features"], first["prediction"]) == (named, 28)
    assert (second["features"], second["prediction"]) == ({"model": 4, "function": 5}, 20)


def test_concurrent_tasks_keep_their_predictions_apart(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")

    @model.predicts
    async def answer(number: int) -> int:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        made = current_prediction()
        assert made is not None
        made.id = f"task {number}"
        return number

    async def all_of_them() -> None:
        await asyncio.gather(*(answer(number) for number in range(200)))

    asyncio.run(all_of_them())
    assert client.flush()
    assert {row["id"]: row["prediction"] for row in recorder.rows()} == {f"task {n}": n for n in range(200)}


def test_a_cancelled_task_is_an_error_of_its_prediction(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")

    async def slow() -> None:
        with model.prediction(id="slow"):
            await asyncio.Event().wait()

    async def cancelled() -> None:
        task = asyncio.ensure_future(slow())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert client.flush()
    assert recorder.rows()[0]["error"] == "CancelledError"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"url": ""}, "LEADLINE_URL"),
        ({"url": "ftp://host"}, "url"),
        ({"url": "http://user:secret@host"}, "url"),
        ({"url": "http://host:port"}, "[Pp]ort"),
        ({"token": "two words"}, "token"),
        ({"queue_mb": 0}, "queue_mb"),
        ({"interval_seconds": float("nan")}, "interval_seconds"),
        ({"policies": {"ssn": "shred"}}, "ssn.*shred.*drop"),
        ({"policies": {"ssn": "hash"}}, "secret"),
        ({"policies": {"id": "drop"}}, "id.*hash"),
        ({"policies": {"zip": {"action": "truncate"}}}, "zip.*characters"),
        ({"policies": {"zip": {"action": "truncate", "length": 3}}}, "length.*characters"),
        ({"policies": {"age": {"action": "generalise", "step": 0}}}, "age.*step"),
        ({"policies": {"age": {"action": "generalise", "step": 5, "to": "year"}}}, "age"),
        ({"policies": {"note": {"action": "redact", "kinds": ["names"]}}}, "names.*email"),
        ({"policies": {"note": 5}}, "note.*5"),
    ],
    ids=str,
)
def test_mistakes_are_raised_when_the_program_starts(
    options: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADLINE_URL", raising=False)
    with pytest.raises(ValueError, match=named):
        Leadline(**{"url": "http://127.0.0.1:1", **options})
    with pytest.raises(ValueError, match="name"):
        Leadline("http://127.0.0.1:1").model("")


def test_url_and_token_come_from_the_environment(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_URL", recorder.url + "/")
    monkeypatch.setenv("LEADLINE_TOKEN", "secret-token")
    with Leadline(spool=False) as client:
        client.model("credit").log(ROW)
        assert client.flush()
    assert {request.headers["authorization"] for request in recorder.requests} == {"Bearer secret-token"}


def test_a_handle_is_copied_by_reference_and_never_pickled(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    model = client.model("credit")
    assert copy.deepcopy({"model": model})["model"] is model
    assert copy.copy(model) is model
    for secretive in (model, client):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(secretive)


def test_after_closing_rows_are_counted_and_nothing_else_happens(
    recorder: Recorder, connect: Connect
) -> None:
    client = connect(recorder)
    model = client.model("credit")
    model.log(ROW)
    assert client.close()
    assert client.close()
    model.log(ROW)
    with model.prediction(features=ROW):
        pass
    assert client.dropped() == {"credit": {"predictions": {"closed": 2}}}
    assert len(recorder.rows()) == 1


def test_versions_and_models_do_not_mix(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    for name, version in (("credit", "1"), ("credit", "2"), ("churn", None)):
        client.model(name, version).log({"made_by": f"{name} {version}"})
    assert client.flush()
    for batch in recorder.batches:
        for made in batch.get("predictions", {}).get("features", {}).get("made_by", []):
            assert made == f"{batch['model']} {batch['version']}"
    assert len(recorder.rows()) == 3
