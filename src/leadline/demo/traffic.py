"""A world played through a model: requests as they come, what the model says, and what comes true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.demo.faults import Fault
from leadline.demo.fleet import Deployment
from leadline.demo.fleet.world import AT, Columns, Floats, Generator, Moments
from leadline.demo.plan import Plan
from leadline.demo.served import Served
from leadline.schedule import DAY, HOUR

EXPORT = 2 * HOUR
"""Labels are exported once a night, so long after midnight."""


@dataclass(frozen=True)
class Slice:
    """Some requests with their answers; all columns have shape (rows,).

    Attributes:
        version: that answered.
        ids: of the requests.
        at: when they came.
        features: what the model was told.
        scores: what it said, as `Served.scores`; NaN where it failed.
        error: why it failed, None where it answered.
        latency_ms, steps_ms: how long that took, and two parts of it.
        labels, known: what came true, and when that is known.
    """

    version: str
    ids: npt.NDArray[Any]
    at: Moments
    features: Columns
    scores: Columns
    error: npt.NDArray[Any]
    latency_ms: Floats
    steps_ms: Mapping[str, Floats]
    labels: npt.NDArray[Any]
    known: Moments

    def __len__(self) -> int:
        return len(self.at)

    def only(self, rows: npt.NDArray[np.bool_]) -> Slice:
        """Some of the requests; `rows` has shape (rows,)."""

        def some(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
            return {name: values[rows] for name, values in columns.items()}

        return Slice(
            self.version,
            self.ids[rows],
            self.at[rows],
            some(self.features),
            some(self.scores),
            self.error[rows],
            self.latency_ms[rows],
            some(self.steps_ms),
            self.labels[rows],
            self.known[rows],
        )

    @property
    def decisions(self) -> npt.NDArray[Any]:
        """The class with the largest of several scores, None where the model failed."""
        names = np.array(list(self.scores), object)
        found = names[np.stack([np.nan_to_num(values) for values in self.scores.values()]).argmax(0)]
        found[np.isnan(next(iter(self.scores.values())))] = None
        return found


class Traffic:
    """The traffic of a deployment from a moment on. The same plan and faults give the same traffic.

    Args:
        deployment: whose.
        releases: its models by version.
        plan: of the demo.
        start: microseconds since 1970 UTC.
    """

    def __init__(
        self, deployment: Deployment, releases: Mapping[str, Served], plan: Plan, start: int
    ) -> None:
        self.deployment, self.now = deployment, start
        self._releases, self._plan = releases, plan
        self._day = -1
        self._requests: Columns = {}

    def until(self, moment: int, faults: Sequence[Fault] = ()) -> list[Slice]:
        """What comes before a moment, and did not come before; at most one slice a day."""
        found = []
        while self.now < moment:
            day = self.now // DAY
            end = min(moment, (day + 1) * DAY)
            part = self._between(day, self.now, end, faults)
            if len(part):
                found.append(part)
            self.now = end
        return scored(self._releases, found)

    def _between(self, day: int, start: int, end: int, faults: Sequence[Fault]) -> Slice:
        if day != self._day:
            self._day, self._requests = day, self._of_day(day)
        first, last = np.searchsorted(self._requests[AT], [start, end])
        request = {name: values[first:last] for name, values in self._requests.items()}
        generator = np.random.default_rng([*self._seeds(day), 1 + start % DAY])
        return requested(self.deployment, generator, request, self._ids(day, first, last), faults)

    def _of_day(self, day: int) -> Columns:
        return self.deployment.requests(np.random.default_rng(self._seeds(day)), day)

    def _seeds(self, day: int) -> list[int]:
        """The worlds of two deployments have nothing to do with each other."""
        return [*self._plan.seeds(day), *self.deployment.name.encode()]

    def _ids(self, day: int, first: int, last: int) -> npt.NDArray[Any]:
        return np.array([f"{self.deployment.name}-{day}-{row}" for row in range(first, last)], object)


def requested(
    deployment: Deployment,
    generator: Generator,
    request: Columns,
    ids: npt.NDArray[Any],
    faults: Sequence[Fault],
) -> Slice:
    """Requests with all that comes of them under some faults, but for what the model says."""
    # Each part of the world has random numbers of its own: a fault changes its part and what follows from it.
    people, world, concept, pipeline, serving, labelling = generator.spawn(6)
    for fault in faults:
        if fault.population is not None:
            request = fault.population(people, request)
    labels = deployment.truth(world, request)
    for fault in faults:
        if fault.concept is not None:
            labels = fault.concept(concept, request, labels)
    features = {name: request[name] for name in deployment.features}
    for fault in faults:
        if fault.pipeline is not None:
            features = fault.pipeline(pipeline, features)
    version = next((fault.release for fault in faults if fault.release), deployment.version)
    error, latency, steps = _served(deployment, serving, request[AT], faults)
    days = deployment.label_days(labelling, len(labels)) + sum(fault.label_days for fault in faults)
    known = (np.asarray(request[AT] + days * DAY, np.int64) // DAY + 1) * DAY + EXPORT
    return Slice(version, ids, request[AT], features, {}, error, latency, steps, labels, known)


def scored(releases: Mapping[str, Served], slices: Sequence[Slice]) -> list[Slice]:
    """The requests with what the models say of them.

    A model is asked once of slices that follow one another: most of what an answer costs is the question.
    """
    found: list[Slice] = []
    for version, group in groupby(slices, lambda part: part.version):
        parts = list(group)
        features = {
            name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features
        }
        ends = np.cumsum([len(part) for part in parts])[:-1]
        scores = {name: np.split(x, ends) for name, x in releases[version].scores(features).items()}
        for place, part in enumerate(parts):
            fine = part.error == None  # noqa: E711
            own = {name: np.where(fine, values[place], np.nan) for name, values in scores.items()}
            found.append(replace(part, scores=own))
    return found


def _served(
    deployment: Deployment, generator: Generator, at: Moments, faults: Sequence[Fault]
) -> tuple[npt.NDArray[Any], Floats, dict[str, Floats]]:
    """Errors, latencies and those of the steps, in milliseconds."""
    usual = deployment.latency
    rows = len(at)
    hour = at % DAY / HOUR
    busy = 1 + usual.busy * np.sin(np.clip((hour - 6) / 16, 0, 1) * np.pi)
    slower = float(np.prod([fault.slower for fault in faults]))
    store = usual.features * busy * slower * np.exp(generator.normal(0, usual.spread, rows))
    model = usual.model * np.exp(generator.normal(0, usual.spread / 2, rows))
    rest = generator.gamma(4.0, 0.4, rows)
    failed = generator.random(rows) < usual.failing + sum(fault.failing for fault in faults)
    error = np.full(rows, None, object)
    error[failed] = "TimeoutError"
    store = np.where(failed, TIMEOUT_MS, store)
    model = np.where(failed, np.nan, model)
    total = store + np.where(failed, 0.0, model) + rest
    return error, np.round(total, 2), {"feature_store": np.round(store, 2), "model": np.round(model, 2)}


TIMEOUT_MS = 250.0
"""After which a request is given up."""
