"""The process that serves models: trains them one after another, tells of their past, and goes on live.

Run as `python -m leadline.demo.service PLANS`, with `Plan`s as JSON: those of the fleet, which share what it
costs to start, or the one of a file. It says on standard output, a `Step` as JSON a line, how far each is;
after "ready" it waits until the server's clock runs.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt

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

BEHIND = 5
"""By how much this process gives way to the server, where processes have an order."""

FLUSH_SECONDS = 120.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Step(msgspec.Struct, frozen=True):
    """How far a model is."""

    model: str
    done: str


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


@dataclass(frozen=True)
class Serving:
    """A model that answers: what comes, and where that is logged."""

    plan: Plan
    traffic: Traffic
    recorder: Recorder


def run(plans: Sequence[Plan]) -> None:
    """Serve until the server is gone."""
    if plans[0].file:
        _replay(plans[0])
        return
    from leadline_client import Leadline

    if hasattr(os, "nice"):
        os.nice(BEHIND)
    # Heartbeats tell real time, which says nothing here: after the first there is none.
    client = Leadline(
        plans[0].url, spool=False, server_policies=False, interval_seconds=0.1, heartbeat_seconds=1e7
    )
    _live(client, [_brought_up(plan, client) for plan in plans])


def _brought_up(plan: Plan, client: Leadline) -> Serving:
    """Train a model, and tell of its past."""
    deployment = next(found for found in FLEET if found.name == plan.model)
    _say(plan, "training")
    models = releases(deployment, plan)
    _say(plan, "learning")
    learned = baseline(deployment, models, plan).to_bytes()
    recorder = Recorder(client, deployment)
    _history(Traffic(deployment, models, plan, plan.history), client, recorder, plan)
    _ready(plan, learned)
    return Serving(plan, Traffic(deployment, models, plan, plan.origin), recorder)


def _ready(plan: Plan, learned: bytes) -> None:
    """Nothing is judged before there is a baseline: it comes last, and the past is judged whole."""
    _ask(plan, f"/api/v1/models/{quote(plan.model, safe='')}/baseline", learned)
    _say(plan, READY)


def _history(traffic: Traffic, client: Leadline, recorder: Recorder, plan: Plan) -> None:
    for days in range(0, plan.history_days, DAYS_AT_ONCE):
        last = min(days + DAYS_AT_ONCE, plan.history_days)
        recorder.log(traffic.until(plan.history + last * DAY))
        recorder.tell(plan.origin)
        if not client.flush(FLUSH_SECONDS):
            raise RetryableError("the server does not take the history", where=plan.url)
        _say(plan, f"history {last} of {plan.history_days} days")


def _live(client: Leadline, models: Sequence[Serving]) -> None:
    plan = models[0].plan
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
            until = now + round(2 * TICK_SECONDS * state.speed * 1e6)
            for one in models:
                one.recorder.log(one.traffic.until(until, of_model(state.active, one.plan.model)))
                one.recorder.tell(now)
            if client.flush(FLUSH_SECONDS):
                _served(plan, until)
        time.sleep(TICK_SECONDS)


def _replay(plan: Plan) -> None:
    """The same with the traffic of a file: a first part to learn from, a past, and what then comes live."""
    _say(plan, "learning")
    recorded = Recorded(plan.file, plan.origin)
    learned = recorded.baseline(plan.budget, plan.rows).to_bytes()
    clock, ready = Clock(plan.origin), False
    for due in recorded.due(plan.model):
        while due.moment > clock():
            if not ready:
                _ready(plan, learned)
                ready = True
            time.sleep(TICK_SECONDS)
            state = _state(plan)
            if state is None:
                return
            if state.started is not None:
                clock.pace = state.pace
        _ask(plan, "/api/v1/ingest", due.content, {"Idempotency-Key": f"{plan.model} {due.number}"})
        if not ready and due.number % 100 == 0:
            _say(plan, f"history until {np.datetime64(due.moment, 'us').astype('datetime64[D]')}")
    _say(plan, "the recording is over")
    while _state(plan) is not None:
        time.sleep(TICK_SECONDS)


def _state(plan: Plan) -> State | None:
    """What the server says of the demo; None: it has ended."""
    try:
        return msgspec.json.decode(_ask(plan, "/api/v1/demo"), type=State)
    except OSError:
        return None


def _served(plan: Plan, until: int) -> None:
    """Say that all rows until then are there. A server that is gone is noticed at the next look."""
    with suppress(OSError):
        _ask(plan, "/api/v1/demo/served", msgspec.json.encode({"until": until}), method="PUT")


def _ask(
    plan: Plan,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
    method: str | None = None,
) -> bytes:
    sent = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(plan.url + path, body, sent, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: bytes = response.read()
    return answer


def _say(plan: Plan, done: str) -> None:
    print(msgspec.json.encode(Step(plan.model, done)).decode(), flush=True)


if __name__ == "__main__":
    run(msgspec.json.decode(sys.argv[1], type=list[Plan]))
