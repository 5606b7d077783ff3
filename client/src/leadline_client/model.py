"""A model's handle: what serving code calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from time import time
from typing import TYPE_CHECKING, Any, TypeVar, overload

from leadline_client.buffer import ROW_BYTES, copied, size_of
from leadline_client.prediction import Prediction

if TYPE_CHECKING:
    from leadline_client.worker import Worker

Function = TypeVar("Function", bound=Callable[..., Any])

_NUMBERS = count()


class Model:
    """Logs predictions, labels and feedback of one model. Made by `Leadline.model`.

    No method raises, waits for the network, or keeps more than the queue may hold: what cannot be taken is
    counted by its reason and reported with the next batch.

    Args:
        worker: Who sends what is logged.
        name, version: The model's.
        feature_names: Names for features that come as bare values.
    """

    def __init__(
        self, worker: Worker, name: str, version: str | None, feature_names: tuple[str, ...]
    ) -> None:
        self.name = name
        self.version = version
        self._worker = worker
        self._channel = worker.channel(name, version, feature_names)

    def __repr__(self) -> str:
        return f"Model({self.name!r}, version={self.version!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self

    def __copy__(self) -> Model:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            "a Leadline model handle cannot be pickled: it would carry the token or lose the policies."
            " Make a new one where it is loaded."
        )

    def prediction(
        self,
        id: Any = None,
        features: Any = None,
        *,
        timestamp: Any = None,
        weight: float | None = None,
        segment: Mapping[str, Any] | None = None,
    ) -> Prediction:
        """One prediction, measured while it is made.

        Args:
            id: By which labels and feedback will find it; without one it gets a new one, `p.id`.
            features: A mapping, or a row as the model takes it.
            timestamp: When it was asked for, if not now: Unix seconds, datetime (without a zone: UTC) or
                ISO 8601.
            weight: How much the row counts.
            segment: Values by name that are not features but by which performance is looked at.
        """
        if id is None:
            id = self._new_id()
        return Prediction(self._worker, self._channel, id, features, timestamp, weight, segment)

    def log(
        self,
        features: Any = None,
        *,
        id: Any = None,
        score: Any = None,
        prediction: Any = None,
        label: Any = None,
        weight: float | None = None,
        segment: Mapping[str, Any] | None = None,
        timestamp: Any = None,
        latency_ms: float | None = None,
        steps: Mapping[str, float] | None = None,
        error: str | None = None,
    ) -> Any:
        """Log one prediction that was made elsewhere; says its id.

        The arguments are those of `Prediction`; `steps` are milliseconds of parts by name.
        """
        if id is None:
            id = self._new_id()
        try:
            # The commonest row without another call.
            features = features.copy() if type(features) is dict else copied(features)
            moment = time() if timestamp is None else timestamp
            self._worker.put(
                self._channel,
                (
                    size_of(features),
                    1,
                    "predictions",
                    id,
                    moment,
                    latency_ms,
                    error,
                    score,
                    prediction,
                    label,
                    weight,
                    segment,
                    steps,
                    features,
                ),
            )
        except Exception as problem:
            self._failed("predictions", problem)
        return id

    def log_batch(
        self,
        features: Any,
        *,
        id: Any = None,
        score: Any = None,
        prediction: Any = None,
        label: Any = None,
        weight: Any = None,
        segment: Mapping[str, Any] | None = None,
        timestamp: Any = None,
        latency_ms: Any = None,
        steps: Mapping[str, Any] | None = None,
        error: Any = None,
    ) -> Sequence[Any]:
        """Log many predictions; says their ids.

        Nothing is copied: do not write into the columns afterwards.

        Args:
            features: A mapping of columns, a pandas or polars frame, an Arrow table or a two-dimensional
                array.
            id, score, prediction, label, weight, timestamp, latency_ms, error: A column each, or the name of
                one of `features`, which then is no feature. A number is the same for all rows.
            segment, steps: Columns by name.
        """
        from leadline_client.batches import frame_event

        try:
            roles = {
                "id": id,
                "score": score,
                "prediction": prediction,
                "label": label,
                "weight": weight,
                "timestamp": timestamp,
                "latency_ms": latency_ms,
                "error": error,
            }
            groups = {"segment": segment, "steps": steps}
            event, size = frame_event(features, roles, groups, self._channel.feature_names, self._new_id())
            self._worker.put(self._channel, (size, event.rows, "predictions", event))
        except Exception as problem:
            self._failed("predictions", problem)
            return []
        ids: Sequence[Any] = event.scalars.columns["id"]
        return ids

    def label(self, id: Any, label: Any, timestamp: Any = None) -> None:
        """Say what was true of a prediction. A later label for the same id replaces an earlier one.

        Args:
            id: The prediction's.
            label: The truth.
            timestamp: When it became known, if not now.
        """
        try:
            moment = time() if timestamp is None else timestamp
            self._worker.put(self._channel, (ROW_BYTES, 1, "labels", id, label, moment))
        except Exception as problem:
            self._failed("labels", problem)

    def label_batch(self, ids: Any, labels: Any, timestamps: Any = None) -> None:
        """Say what was true of many predictions; three columns of equal length."""
        from leadline_client.batches import label_event

        try:
            event, size = label_event(ids, labels, timestamps)
            self._worker.put(self._channel, (size, event.rows, "labels", event))
        except Exception as problem:
            self._failed("labels", problem)

    def feedback(self, id: Any, name: str, value: Any, timestamp: Any = None) -> None:
        """Say how a prediction was received: a click, a rating, a thumb, a dwell time.

        Args:
            id: The prediction's.
            name: What was observed, such as "click". A prediction may have many of one name.
            value: A number, truth value or text.
            timestamp: When, if not now.
        """
        try:
            moment = time() if timestamp is None else timestamp
            self._worker.put(self._channel, (ROW_BYTES, 1, "feedback", id, name, value, moment))
        except Exception as problem:
            self._failed("feedback", problem)

    @overload
    def predicts(self, function: Function) -> Function: ...
    @overload
    def predicts(
        self,
        *,
        id: Callable[..., Any] | None = None,
        features: Callable[..., Any] | None = None,
        score: Callable[[Any], Any] | None = None,
        prediction: Callable[[Any], Any] | None = None,
    ) -> Callable[[Function], Function]: ...
    def predicts(
        self,
        function: Function | None = None,
        *,
        id: Callable[..., Any] | None = None,
        features: Callable[..., Any] | None = None,
        score: Callable[[Any], Any] | None = None,
        prediction: Callable[[Any], Any] | None = None,
    ) -> Function | Callable[[Function], Function]:
        """Decorates a function, plain or async, each call of which is one prediction.

        Args:
            id, features: Take the function's arguments and give the prediction's; without `features` the
                arguments by name are the features, or the only one if it is a row.
            score, prediction: Take the function's result. Without either, a float is the score and
                anything else the prediction.
        """
        from leadline_client.decorate import decorated

        def decorate(wrapped: Function) -> Function:
            return decorated(wrapped, self.prediction, self._failed, id, features, score, prediction)

        return decorate if function is None else decorate(function)

    def _new_id(self) -> str:
        return f"{self._worker.state.instance}.{next(_NUMBERS)}"

    def _failed(self, kind: str, problem: Exception) -> None:
        self._worker.failed(self._channel, kind, problem)
