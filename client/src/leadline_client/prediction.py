"""One prediction while it is made: what goes in, what comes out, how long it takes."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter, time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from leadline_client.buffer import Channel, copied, size_of

if TYPE_CHECKING:
    from leadline_client.worker import Worker

CURRENT: ContextVar[Prediction | None] = ContextVar("leadline_prediction", default=None)


def current_prediction() -> Prediction | None:
    """The prediction that a middleware or a decorator has opened around this code, None outside of one."""
    return CURRENT.get()


class Prediction:
    """A prediction that is logged when its `with` block ends, with its latency, and with the type of the
    exception that ended it. The exception goes on as if nothing had seen it; its message is not kept.

    Made by `Model.prediction`.

    Attributes:
        id: By which labels and feedback find the prediction.
        features: The row, by name or as the model takes it.
        score: A number (probability of the positive class, or what a regression says), or numbers by class.
        prediction: The decision.
        label: The truth, where it is known at once.
        weight: How much the row counts, at least 0.
        segment: Values by name that are not features but by which performance is looked at.
        timestamp: When it was asked for.
        error: The name of what went wrong, set by an exception or by hand.
        optional: If nothing is said about it and nothing goes wrong, it was none and is not logged.
    """

    # No slots: a misspelt attribute must not raise in the caller's code. All are set at once, because the
    # interpreter finds an object's own attributes faster than its class's.
    _given: Any = None
    _started: float = 0.0

    def __init__(
        self,
        worker: Worker,
        channel: Channel,
        id: Any,
        features: Any,
        timestamp: Any,
        weight: Any,
        segment: Any,
    ) -> None:
        self._worker = worker
        self._channel = channel
        self.id = id
        self.features = features
        self.score: Any = None
        self.prediction: Any = None
        self.label: Any = None
        self.weight = weight
        self.segment = segment
        self.timestamp = timestamp
        self.error: str | None = None
        self.optional = False
        self._steps: dict[str, float] | None = None

    def step(self, name: str) -> Step:
        """Times a part: `with p.step("feature_store"): ...`. Times under one name add up."""
        return Step(self, name)

    def __enter__(self) -> Prediction:
        try:
            # The model may write into its input.
            features = self.features
            self.features = self._given = features.copy() if type(features) is dict else copied(features)
        except Exception:
            self._given = self.features
        if self.timestamp is None:
            self.timestamp = time()
        self._started = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        milliseconds = (perf_counter() - self._started) * 1e3
        if kind is not None and self.error is None:
            self.error = kind.__name__
        if self.optional and self._is_empty():
            return
        try:
            features = self.features
            if features is not self._given:
                features = copied(features)
            self._worker.put(
                self._channel,
                (
                    size_of(features),
                    1,
                    "predictions",
                    self.id,
                    self.timestamp,
                    milliseconds,
                    self.error,
                    self.score,
                    self.prediction,
                    self.label,
                    self.weight,
                    self.segment,
                    self._steps,
                    features,
                ),
            )
        except Exception as problem:
            self._worker.failed(self._channel, "predictions", problem)

    def _is_empty(self) -> bool:
        said = (self.features, self.score, self.prediction, self.label, self.error, self._steps)
        return all(value is None for value in said)


class Step:
    """A timed part of a prediction."""

    __slots__ = ("_name", "_prediction", "_started")

    def __init__(self, prediction: Prediction, name: str) -> None:
        self._prediction = prediction
        self._name = name
        self._started = 0.0

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, *_: object) -> None:
        milliseconds = (perf_counter() - self._started) * 1e3
        steps = self._prediction._steps
        if steps is None:
            steps = self._prediction._steps = {}
        steps[self._name] = steps.get(self._name, 0.0) + milliseconds
