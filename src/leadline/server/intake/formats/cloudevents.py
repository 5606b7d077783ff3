"""Payloads as KServe and Seldon log them: a CloudEvent for each request and one for each response.

Both send the binary HTTP encoding, `ce-` headers beside the body as the model had it: instances and
predictions (protocol V1), named tensors (V2, the open inference protocol), or Seldon's `data` with `names`
and `ndarray` or `tensor`. The structured encoding is taken, too. Seldon also sends what became known of a
prediction, as an event of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from leadline.errors import DataError

STRUCTURED = "application/cloudevents+json"
_TYPES: Mapping[str, Literal["request", "response", "feedback"]] = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
    "io.seldon.serving.inference.request": "request",
    "io.seldon.serving.inference.response": "response",
    "io.seldon.serving.feedback": "feedback",
}
ROWS = 100_000
"""Most rows of a request."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Half:
    """A request or its response.

    Attributes:
        model, version: from the event, unless the address says otherwise.
        id: what both halves have in common.
        kind: which half.
        moment: seconds since 1970, from the event; None: it has no time.
        rows: of a request features by name; of a response `score` or `prediction`.
    """

    model: str
    version: str | None
    id: str
    kind: Literal["request", "response"]
    moment: float | None
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Truth:
    """What became known of the predictions of a request.

    Attributes:
        model: from the event, unless the address says otherwise.
        event: names the event itself.
        id: that the halves of the request have.
        moment: seconds since 1970, from the event; None: it has no time.
        labels: of its rows.
        reward: None: none was told.
    """

    model: str
    event: str
    id: str
    moment: float | None
    labels: list[Any]
    reward: float | None


def read(
    headers: Mapping[str, str],
    body: bytes,
    features: Callable[[str], Sequence[str]],
    model: str | None = None,
    version: str | None = None,
) -> Half | Truth:
    """Read an event.

    Args:
        headers: of the request, lower case.
        body: of the request.
        features: names for values of a model that come without, in the order of its inputs.
        model, version: what the address says of them.

    Raises:
        DataError: it is no event of a known type, or its body is in none of the protocols.
    """
    event, document = _event(headers, body)
    kind = _TYPES.get(event.get("type", ""))
    if kind is None:
        raise DataError("unknown event", where="ce-type", found=event.get("type"), accepted=tuple(_TYPES))
    name = model or event.get("inferenceservicename") or event.get("modelid")
    number = event.get("requestid") or event.get("id")
    if not name or not number:
        raise DataError(
            "the event does not say whose it is",
            found=sorted(event),
            accepted="ce-inferenceservicename (or ?model=) and ce-id",
        )
    moment = _moment(event.get("time"))
    if kind == "feedback":
        return _truth(document, name, event.get("id") or number, number, moment)
    rows = _inputs(document, features(name)) if kind == "request" else _outputs(document)
    _check_rows(rows, name)
    # KServe names the endpoint only where it has a canary beside it.
    return Half(name, version or event.get("endpoint") or None, number, kind, moment, rows)


def _check_rows(rows: Sequence[Any], name: str) -> None:
    if len(rows) > ROWS:
        raise DataError("too many rows", where=name, found=len(rows), accepted=f"at most {ROWS}")


def _truth(document: Any, name: str, event: str, number: str, moment: float | None) -> Truth:
    """Seldon's feedback: `truth` as a response would say it, `reward` a number.

    Whoever sends feedback without the request's id in the header has it in the response that it repeats.
    """
    if not isinstance(document, dict):
        raise _unknown(document, "truth or reward")
    known = document.get("response")
    meta = known.get("meta") if isinstance(known, dict) else None
    own = meta.get("puid") if isinstance(meta, dict) else None
    labels = [_label(row) for row in _outputs(document["truth"])] if document.get("truth") else []
    _check_rows(labels, name)
    reward = _number(document.get("reward"))
    if not labels and reward is None:
        raise _unknown(document, "truth or reward")
    return Truth(name, event, own if isinstance(own, str) and own else number, moment, labels, reward)


def _number(value: Any) -> float | None:
    try:
        found = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _label(row: Row) -> Any:
    return row.get("prediction", row.get("score"))


def _event(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, str], Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError("the event has no JSON", found=str(error)) from None
    if headers.get("content-type", "").split(";")[0].strip().lower() == STRUCTURED:
        if type(document) is not dict:
            raise DataError("not an event", found=type(document).__name__, accepted="an object")
        event = {name: value for name, value in document.items() if isinstance(value, str)}
        return event, document.get("data")
    return {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}, document


def _moment(time: str | None) -> float | None:
    if time is None:
        return None
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def _inputs(document: Any, features: Sequence[str]) -> list[Row]:
    if isinstance(document, dict):
        if isinstance(document.get("inputs"), list):
            return _tensors(document["inputs"], features)
        if isinstance(document.get("instances"), list):
            return [_named(value, features) for value in document["instances"]]
        if isinstance(document.get("data"), dict):
            names, values = _seldon(document["data"])
            return [_named(value, names or features) for value in values]
        if isinstance(document.get("jsonData"), dict):
            return [document["jsonData"]]
    raise _unknown(document, "instances, inputs or data")


def _outputs(document: Any) -> list[Row]:
    if isinstance(document, dict):
        if isinstance(document.get("outputs"), list):
            return _merged(document["outputs"])
        if isinstance(document.get("predictions"), list):
            return [_output(value, ()) for value in document["predictions"]]
        if isinstance(document.get("data"), dict):
            names, values = _seldon(document["data"])
            return [_output(value, names) for value in values]
        if isinstance(document.get("jsonData"), dict):
            return [_output(document["jsonData"], ())]
    raise _unknown(document, "predictions, outputs or data")


def _unknown(document: Any, accepted: str) -> DataError:
    found = sorted(map(str, document)) if isinstance(document, dict) else type(document).__name__
    return DataError("the event has no known payload", found=found, accepted=f"an object with {accepted}")


def _seldon(data: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    names = [str(name) for name in data["names"]] if isinstance(data.get("names"), list) else []
    if isinstance(data.get("ndarray"), list):
        return names, data["ndarray"]
    tensor = data.get("tensor")
    if isinstance(tensor, dict):
        return names, _shaped(tensor.get("values"), tensor.get("shape"))
    raise _unknown(data, "ndarray or tensor")


def _tensors(tensors: Sequence[Any], features: Sequence[str]) -> list[Row]:
    """Rows of features: a tensor of one value a row is a feature, one of several is as many."""
    alone = len(tensors) == 1

    def put(row: Row, name: str, value: Any) -> None:
        if isinstance(value, list) and len(value) != 1:
            row.update(_named(value, features if alone else [f"{name}_{i}" for i in range(len(value))]))
        else:
            row[name] = value[0] if isinstance(value, list) else value

    return _filled(tensors, put)


def _merged(tensors: Sequence[Any]) -> list[Row]:
    """Rows of outputs of named tensors: what is called a probability is the score."""
    return _filled(
        tensors,
        lambda row, name, value: row.update(_output(value, (), "score" if "prob" in name.lower() else "")),
    )


def _filled(tensors: Sequence[Any], put: Callable[[Row, str, Any], None]) -> list[Row]:
    """Rows into which each value of each tensor is put."""
    found: list[Row] = []
    for tensor in tensors:
        name, values = _tensor(tensor)
        found = found or [{} for _ in values]
        if len(values) != len(found):
            raise DataError(
                "tensors of different lengths", where=name, found=len(values), accepted=str(len(found))
            )
        for row, value in zip(found, values, strict=True):
            put(row, name, value)
    return found


def _tensor(tensor: Any) -> tuple[str, list[Any]]:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise DataError("not a tensor", found=type(tensor).__name__, accepted="name, shape and data")
    return tensor["name"], _shaped(tensor.get("data"), tensor.get("shape"))


def _shaped(values: Any, shape: Any) -> list[Any]:
    """A flat tensor by rows; nested ones are so already."""
    whole = isinstance(shape, list) and all(type(size) is int and size > 0 for size in shape)
    if not isinstance(values, list) or not (whole and shape):
        raise DataError("not a tensor", found=str(shape), accepted="a list of values and its shape")
    if values and isinstance(values[0], list):
        return values
    if math.prod(shape) != len(values):
        raise DataError("not a tensor", found=f"{len(values)} values", accepted=f"shape {shape}")
    width = math.prod(shape[1:])
    return values if width == 1 else [values[i : i + width] for i in range(0, len(values), width)]


def _named(value: Any, names: Sequence[str]) -> Row:
    if isinstance(value, dict):
        return value
    values = value if isinstance(value, list) else [value]
    known = names if len(names) == len(values) else [f"feature_{i}" for i in range(len(values))]
    return dict(zip(known, values, strict=True))


def _output(value: Any, names: Sequence[str], kind: str = "") -> Row:
    """What a model gave: numbers of several classes and fractions are scores, all else is its prediction."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        return {name: value[name] for name in ("score", "prediction") if name in value} or {"score": value}
    if isinstance(value, list) and value and all(type(one) in (int, float) for one in value):
        classes = names if len(names) == len(value) else [str(i) for i in range(len(value))]
        return {"score": dict(zip(classes, value, strict=True))}
    if kind == "score" or type(value) is float:
        return {"score": value}
    return {"prediction": value}
