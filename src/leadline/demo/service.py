"""The process that serves one model: trains it, tells of its past, and goes on live.

Run as `python -m leadline.demo.service PLAN`, with a `Plan` as JSON. It says on standard output, a line
each, how far it is; after the line "ready" it waits until the server's clock runs.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.baselines.file import baseline_bytes
from leadline.demo.clock import Clock
from leadline.demo.faults import of_model
from leadline.demo.fleet import FLEET, Deployment
from leadline.demo.plan import Plan
from leadline.demo.prepared import baseline, releases
from leadline.demo.recorded import Recorded
from leadline.demo.state import State
from leadline.demo.traffic import Slice, Traffic
from leadline.errors import RetryableError
from leadline.schedule import DAY

if TYPE_CHECKING:
    from leadline_client import Leadline

TICK_SECONDS = 0.5
"""Real time between two looks at the clock."""

READY = "ready"
"""Said when the past is told."""

DAYS_AT_ONCE = 15
"""Of the past, before the server is waited for."""

FLUSH_SECONDS = 120.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Recorder:
    """Logs what a model says through the client, and its labels once they are known."""

    def __init__(self, client: Leadline, deployment: Deployment) -> None:
        self._client, self._deployment = client, deployment
        self._waiting: list[Slice] = []

    def log(self, slices: Sequence[Slice]) -> None:
        """Log requests with their answers; their labels wait."""
        for part in slices:
            scores = [*part.scores.values()]
            several = self._deployment.task == "multiclass"
            self._client.model(self._deployment.name, part.version).log_batch(
                {name: _nulls(values) for name, values in part.features.items()},
                id=part.ids,
                score=_by_class(part) if several else _nulls(scores[0]),
                prediction=part.decisions if several else None,
                timestamp=part.at / 1e6,
                latency_ms=part.latency_ms,
                steps={name: _nulls(values) for name, values in part.steps_ms.items()},
                error=part.error,
            )
        self._waiting += slices

    def tell(self, now: int) -> None:
        """Say of earlier requests what has become known by now."""
        handle, later = self._client.model(self._deployment.name), []
        for part in self._waiting:
            known = part.known <= now
            if known.any():
                handle.label_batch(part.ids[known], part.labels[known].tolist(), part.known[known] / 1e6)
            if not known.all():
                later.append(part.only(~known))
        self._waiting = later


def _nulls(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values with None where a number is missing."""
    if values.dtype.kind != "f" or not np.isnan(values).any():
        return values
    found = values.astype(object)
    found[np.isnan(values)] = None
    return found


def _by_class(part: Slice) -> list[dict[str, float] | None]:
    columns = [values.tolist() for values in part.scores.values()]
    rows = (dict(zip(part.scores, row, strict=True)) for row in zip(*columns, strict=True))
    return [row if error is None else None for row, error in zip(rows, part.error, strict=True)]


def run(plan: Plan) -> None:
    """Serve until the server is gone."""
    if plan.file:
        _replay(plan)
        return
    from leadline_client import Leadline

    deployment = next(found for found in FLEET if found.name == plan.model)
    _give_way(FLEET.index(deployment))
    _say("training")
    models = releases(deployment, plan)
    _say("learning")
    learned = baseline_bytes(baseline(deployment, models, plan))
    # Heartbeats tell real time, which says nothing here: after the first there is none.
    client = Leadline(
        plan.url, spool=False, server_policies=False, interval_seconds=0.1, heartbeat_seconds=1e7
    )
    recorder = Recorder(client, deployment)
    _ask(plan, _baseline_path(plan), learned)
    _history(Traffic(deployment, models, plan, plan.history), client, recorder, plan)
    _say(READY)
    _live(Traffic(deployment, models, plan, plan.origin), client, recorder, plan)


def _give_way(place: int) -> None:
    """Let the server go first, and earlier models: it judges them one by one, and waits for the first."""
    if hasattr(os, "nice"):
        os.nice(1 + 5 * place)


def _history(traffic: Traffic, client: Leadline, recorder: Recorder, plan: Plan) -> None:
    for days in range(0, plan.history_days, DAYS_AT_ONCE):
        last = min(days + DAYS_AT_ONCE, plan.history_days)
        recorder.log(traffic.until(plan.history + last * DAY))
        recorder.tell(plan.origin)
        if not client.flush(FLUSH_SECONDS):
            raise RetryableError("the server does not take the history", where=plan.url)
        _say(f"history {last} of {plan.history_days} days")


def _live(traffic: Traffic, client: Leadline, recorder: Recorder, plan: Plan) -> None:
    clock = Clock(plan.origin)
    while True:
        state = _state(plan)
        if state is None:
            client.close(0.1)
            return
        if state.started is not None:
            clock.pace = state.pace
            now = clock()
            # What comes until the next look is logged now: no row comes after its hour is over.
            ahead = round(2 * TICK_SECONDS * state.speed * 1e6)
            recorder.log(traffic.until(now + ahead, of_model(state.active, plan.model)))
            recorder.tell(now)
        time.sleep(TICK_SECONDS)


def _replay(plan: Plan) -> None:
    """The same with the traffic of a file: a first part to learn from, a past, and what then comes live."""
    _say("learning")
    recorded = Recorded(plan.file, plan.origin)
    learned = baseline_bytes(recorded.baseline(plan.budget, plan.rows))
    _ask(plan, _baseline_path(plan), learned)
    clock, ready = Clock(plan.origin), False
    for due in recorded.due(plan.model):
        while due.moment > clock():
            if not ready:
                _say(READY)
                ready = True
            time.sleep(TICK_SECONDS)
            state = _state(plan)
            if state is None:
                return
            if state.started is not None:
                clock.pace = state.pace
        _ask(plan, "/api/v1/ingest", due.content, {"Idempotency-Key": f"{plan.model} {due.number}"})
        if not ready and due.number % 100 == 0:
            _say(f"history until {np.datetime64(due.moment, 'us').astype('datetime64[D]')}")
    _say("the recording is over")
    while _state(plan) is not None:
        time.sleep(TICK_SECONDS)


def _baseline_path(plan: Plan) -> str:
    return f"/api/v1/models/{quote(plan.model, safe='')}/baseline"


def _state(plan: Plan) -> State | None:
    """What the server says of the demo; None: it has ended."""
    try:
        return msgspec.json.decode(_ask(plan, "/api/v1/demo"), type=State)
    except OSError:
        return None


def _ask(plan: Plan, path: str, body: bytes | None = None, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
    sent = {"Content-Type": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(plan.url + path, body, sent), timeout=60) as response:
        answer: bytes = response.read()
    return answer


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    run(msgspec.json.decode(sys.argv[1], type=Plan))
