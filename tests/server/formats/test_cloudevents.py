"""Payloads as KServe and Seldon log them become predictions, whatever half comes first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.server.intake.formats.cloudevents import Half, Truth, read
from leadline.server.intake.pairs import WAITING_SECONDS, Pairs

FEATURES = ("income", "age")


def half(headers: dict[str, str], body: bytes, features: tuple[str, ...], **named: str) -> Half:
    found = read(headers, body, lambda model: features, **named)
    assert isinstance(found, Half)
    return found


def kserve(kind: str, document: Any, number: str = "r1", **more: str) -> Half:
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": number,
        "ce-source": "http://localhost:9081/",
        "ce-type": f"org.kubeflow.serving.inference.{kind}",
        "ce-inferenceservicename": "credit",
        "ce-namespace": "prod",
        "ce-component": "predictor",
        "ce-endpoint": "default",
        "ce-time": "2026-05-01T12:00:00.5Z" if kind == "response" else "2026-05-01T12:00:00Z",
        **more,
    }
    return half(headers, json.dumps(document).encode(), FEATURES)


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"instances": [[1000, 30], [2000, 40]]}, [[1000, 30], [2000, 40]]),
        ({"instances": [{"income": 1000, "age": 30}]}, [[1000, 30]]),
        (
            {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}]},
            [[1, 2], [3, 4]],
        ),
        (
            {
                "inputs": [
                    {"name": "income", "shape": [2], "datatype": "FP64", "data": [5, 6]},
                    {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [[7], [8]]},
                ]
            },
            [[5, 7], [6, 8]],
        ),
        ({"data": {"names": ["income", "age"], "ndarray": [[1, 2]]}}, [[1, 2]]),
        ({"data": {"tensor": {"shape": [1, 2], "values": [1, 2]}}}, [[1, 2]]),
    ],
)  # fmt: skip
def test_inputs_in_every_protocol(document: Any, rows: list[list[float]]) -> None:
    found = kserve("request", document)
    assert (found.model, found.version, found.id, found.moment) == ("credit", "default", "r1", 1777636800.0)
    assert found.rows == [dict(zip(FEATURES, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"predictions": [0.25, 0.75]}, [{"score": 0.25}, {"score": 0.75}]),
        ({"predictions": [1, "no"]}, [{"prediction": 1}, {"prediction": "no"}]),
        ({"predictions": [[0.25, 0.75]]}, [{"score": {"0": 0.25, "1": 0.75}}]),
        ({"predictions": [{"score": 0.5, "prediction": 1}]}, [{"score": 0.5, "prediction": 1}]),
        ({"jsonData": {"prediction": "no"}}, [{"prediction": "no"}]),
        (
            {
                "outputs": [
                    {"name": "predict", "shape": [2], "datatype": "INT64", "data": [0, 1]},
                    {"name": "proba", "shape": [2, 2], "datatype": "FP64", "data": [0.9, 0.1, 0.3, 0.7]},
                ]
            },
            [
                {"prediction": 0, "score": {"0": 0.9, "1": 0.1}},
                {"prediction": 1, "score": {"0": 0.3, "1": 0.7}},
            ],
        ),
        (
            {"data": {"names": ["no", "yes"], "ndarray": [[0.25, 0.75]]}},
            [{"score": {"no": 0.25, "yes": 0.75}}],
        ),
    ],
)  # fmt: skip
def test_outputs_in_every_protocol(document: Any, rows: list[dict[str, Any]]) -> None:
    assert kserve("response", document).rows == rows


def test_seldon_names_the_request_in_a_header_of_its_own() -> None:
    headers = {
        "ce-type": "io.seldon.serving.inference.request",
        "ce-id": "of-this-event",
        "ce-requestid": "of-both",
        "ce-modelid": "classifier",
        "ce-inferenceservicename": "credit",
        "ce-endpoint": "canary",
    }
    found = half(headers, b'{"data": {"ndarray": [[1, 2]]}}', (), version="9")
    assert (found.id, found.model, found.version, found.moment) == ("of-both", "credit", "9", None)
    assert found.rows == [{"feature_0": 1, "feature_1": 2}]


def test_without_a_canary_kserve_names_no_endpoint() -> None:
    """The header is there, and empty."""
    found = kserve("request", {"instances": [[1, 2]]}, **{"ce-endpoint": ""})
    assert found.version is None


SELDON_FEEDBACK = {
    "ce-type": "io.seldon.serving.feedback",
    "ce-id": "of-this-event",
    "ce-requestid": "of-this-request",
    "ce-modelid": "classifier",
    "ce-inferenceservicename": "credit",
    "ce-time": "2026-05-02T12:00:00Z",
}


@pytest.mark.parametrize(
    ("document", "number", "labels", "reward"),
    [
        ({"truth": {"data": {"ndarray": [1, 0]}}, "reward": 0}, "of-this-request", [1, 0], 0.0),
        ({"truth": {"data": {"names": ["y"], "tensor": {"shape": [1, 1], "values": [0.5]}}}},
         "of-this-request", [0.5], None),
        ({"response": {"meta": {"puid": "r1"}, "data": {"ndarray": [[0.9]]}}, "reward": 1.0}, "r1", [], 1.0),
    ],
)  # fmt: skip
def test_seldon_sends_what_became_known(
    document: Any, number: str, labels: list[Any], reward: float | None
) -> None:
    found = read(SELDON_FEEDBACK, json.dumps(document).encode(), lambda model: ())
    assert found == Truth("credit", "of-this-event", number, 1777723200.0, labels, reward)


@pytest.mark.parametrize(
    "document", [{}, [], {"truth": {}, "reward": "much"}, {"request": {"data": {}}}, {"reward": 10**400}]
)
def test_feedback_that_says_nothing_is_told(document: Any) -> None:
    with pytest.raises(DataError, match="truth or reward"):
        read(SELDON_FEEDBACK, json.dumps(document).encode(), lambda model: ())


def test_names_of_inputs_are_those_of_the_model_that_the_event_names() -> None:
    event = {
        "id": "r1",
        "type": "org.kubeflow.serving.inference.request",
        "inferenceservicename": "credit",
        "data": {"instances": [[1, 2]]},
    }
    names = {"credit": FEATURES}
    found = read(
        {"content-type": "application/cloudevents+json"}, json.dumps(event).encode(), names.__getitem__
    )
    assert isinstance(found, Half)
    assert found.rows == [{"income": 1, "age": 2}]


def test_the_structured_encoding_is_taken_too() -> None:
    event = {
        "specversion": "1.0",
        "id": "r1",
        "type": "org.kubeflow.serving.inference.request",
        "inferenceservicename": "credit",
        "data": {"instances": [[1, 2]]},
    }
    found = half(
        {"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps(event).encode(), ()
    )
    assert found.model == "credit"
    assert len(found.rows) == 1


def ANSWERED(model: str) -> bool:
    return True


@pytest.mark.parametrize("first", ["request", "response"])
def test_both_halves_make_predictions_in_either_order(first: str) -> None:
    halves = {
        "request": kserve("request", {"instances": [[1000, 30], [2000, 40]]}),
        "response": kserve("response", {"predictions": [0.25, 0.75]}),
    }
    pairs = Pairs(ANSWERED)
    assert pairs.take(halves.pop(first), 0.0) == []
    (whole,) = pairs.take(halves.popitem()[1], 1.0)
    assert (whole.model, whole.version, whole.key) == ("credit", "default", "cloudevent/credit/r1")
    assert whole.rows == [
        {
            "id": f"r1.{place}",
            "timestamp": 1777636800.0,
            "latency_ms": 500.0,
            "features": {"income": income, "age": age},
            "score": score,
        }
        for place, (income, age, score) in enumerate([(1000, 30, 0.25), (2000, 40, 0.75)])
    ]
    assert pairs.rest() == []


def test_a_half_that_waits_too_long_goes_on_alone() -> None:
    pairs = Pairs(ANSWERED)
    request = kserve("request", {"instances": [[1, 2]]})
    assert pairs.take(request, 0.0) == []
    assert pairs.take(request, 1.0) == []  # logged twice
    assert pairs.late(WAITING_SECONDS) == []
    (whole,) = pairs.late(WAITING_SECONDS + 1)
    assert whole.rows[0]["error"] == "no response"
    assert whole.rows[0]["id"] == "r1"
    assert pairs.rest() == []


def test_where_no_response_was_ever_logged_a_request_alone_has_not_failed() -> None:
    """KServe can be told to log requests only; the store is asked once for each model."""
    asked: list[str] = []

    def has_answered(model: str) -> bool:
        asked.append(model)
        return False

    pairs = Pairs(has_answered)
    for number in "ab":
        pairs.take(kserve("request", {"instances": [[1, 2]]}, number), 0.0)
    assert ["error" in whole.rows[0] for whole in pairs.rest()] == [False, False]
    assert asked == ["credit"]
    pairs.take(kserve("response", {"predictions": [0.5]}, "c"), 1.0)
    pairs.take(kserve("request", {"instances": [[1, 2]]}, "d"), 1.0)
    assert [whole.rows[0].get("error") for whole in pairs.rest()] == [None, "no response"]


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.server.intake.pairs.WAITING_ROWS", 2)
    pairs, alone = Pairs(ANSWERED), []
    for number in range(5):
        alone += pairs.take(kserve("request", {"instances": [[1, 2]]}, str(number)), 0.0)
    assert [whole.rows[0]["id"] for whole in alone] == ["0", "1", "2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PAYLOAD = st.dictionaries(
    st.sampled_from(["instances", "predictions", "inputs", "outputs", "data"]),
    st.dictionaries(st.sampled_from(["names", "ndarray", "tensor", "name", "shape", "data"]), JSON)
    | st.lists(st.fixed_dictionaries({"name": JSON, "shape": JSON, "data": JSON}), max_size=2)
    | JSON,
)


@given(st.sampled_from(["request", "response"]), PAYLOAD | JSON)
def test_any_payload_is_read_or_a_told_error(kind: str, document: Any) -> None:
    try:
        found = kserve(kind, document)
    except DataError:
        return
    assert all(type(row) is dict for row in found.rows)


FEEDBACK = st.fixed_dictionaries(
    {},
    optional={
        "truth": PAYLOAD | JSON,
        "reward": JSON,
        "response": st.fixed_dictionaries({"meta": JSON}) | JSON,
    },
)


@given(FEEDBACK | JSON)
def test_any_feedback_is_read_or_a_told_error(document: Any) -> None:
    try:
        found = read(SELDON_FEEDBACK, json.dumps(document).encode(), lambda model: ())
    except DataError:
        return
    assert isinstance(found, Truth)
    assert found.labels or found.reward is not None


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="ce-type: unknown event; found 'x'"):
        half({"ce-type": "x"}, b"{}", FEATURES)
    with pytest.raises(DataError, match="does not say whose"):
        half({"ce-type": "io.seldon.serving.inference.request", "ce-id": "1"}, b"{}", FEATURES)
