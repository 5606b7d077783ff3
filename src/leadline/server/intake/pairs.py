"""Requests wait for their responses, and responses for their requests, until a prediction is whole."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leadline.server.intake.formats.cloudevents import Half, Row

WAITING_SECONDS = 300.0
"""After so long a half goes on alone."""

WAITING_ROWS = 200_000
"""Rows that may wait; beyond, the oldest half goes on alone."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Predictions of one request.

    Attributes:
        key: names them: the same events give the same key.
        model, version: whose.
        rows: as the wire has them.
    """

    key: str
    model: str
    version: str | None
    rows: list[Row]


class Pairs:
    """Halves that wait. They are in memory only: what serving has logged is durable once both halves came.

    A request that goes on alone failed, unless its model's responses are not logged at all, as serving can be
    told.

    Args:
        has_answered: whether a model is known, from what was kept before, to have given a response.
    """

    def __init__(self, has_answered: Callable[[str], bool]) -> None:
        self._has_answered = has_answered
        self._answers: dict[str, bool] = {}
        self._changing = threading.Lock()
        self._waiting: OrderedDict[tuple[str, str], tuple[Half, float]] = OrderedDict()
        self._rows = 0

    def take(self, half: Half, now: float) -> list[Whole]:
        """What is whole now, or has waited too long.

        Args:
            half: that came.
            now: seconds.
        """
        with self._changing:
            if half.kind == "response":
                self._answers[half.model] = True
            found = self._late(now)
            place = (half.model, half.id)
            other = self._waiting.get(place)
            if other is not None and other[0].kind != half.kind:
                self._drop(place)
                return [*found, _whole(half, other[0])]
            if other is None:  # a half that comes twice waits once
                self._waiting[place] = (half, now)
                self._rows += len(half.rows)
            while self._rows > WAITING_ROWS:
                found.append(self._alone(next(iter(self._waiting))))
            return found

    def late(self, now: float) -> list[Whole]:
        """Halves that have waited too long."""
        with self._changing:
            return self._late(now)

    def rest(self) -> list[Whole]:
        """All halves, whose others will not come any more."""
        return self.late(float("inf"))

    def _late(self, now: float) -> list[Whole]:
        over = [place for place, (_, since) in self._waiting.items() if now - since > WAITING_SECONDS]
        return [self._alone(place) for place in over]

    def _alone(self, place: tuple[str, str]) -> Whole:
        half = self._drop(place)
        if half.model not in self._answers:
            self._answers[half.model] = self._has_answered(half.model)
        return _whole(half, None, is_answered=self._answers[half.model])

    def _drop(self, place: tuple[str, str]) -> Half:
        half, _ = self._waiting.pop(place)
        self._rows -= len(half.rows)
        return half


def id_of(request: str, place: int, rows: int) -> str:
    """The id of a row of a request with so many rows."""
    return request if rows == 1 else f"{request}.{place}"


def _whole(one: Half, other: Half | None, is_answered: bool = True) -> Whole:
    by_kind = {half.kind: half for half in (one, other) if half is not None}
    request, response = by_kind.get("request"), by_kind.get("response")
    size = max(len(half.rows) for half in by_kind.values())
    moment = request.moment if request is not None else one.moment
    shared: dict[str, Any] = {"timestamp": moment}
    if request is not None and response is not None and request.moment and response.moment:
        shared["latency_ms"] = max(0.0, (response.moment - request.moment) * 1000)
    if response is None and is_answered:
        shared["error"] = "no response"
    rows = []
    for place in range(size):
        row = {**shared, "id": id_of(one.id, place, size)}
        if request is not None and place < len(request.rows):
            row["features"] = request.rows[place]
        if response is not None and place < len(response.rows):
            row.update(response.rows[place])
        rows.append(row)
    return Whole(f"cloudevent/{one.model}/{one.id}", one.model, one.version, rows)
