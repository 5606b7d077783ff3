"""What the worlds of all models share: their days, and how a deployment is described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadline.schedule import DAY, HOUR

Columns = dict[str, npt.NDArray[Any]]
"""Values by name, all of one length."""

Floats = npt.NDArray[np.float64]
Moments = npt.NDArray[np.int64]
"""Microseconds since 1970 UTC."""

Generator = np.random.Generator


AT = "at"
"""When a request comes; a column of `Moments` in every world."""


@dataclass(frozen=True)
class Latency:
    """How long an answer takes, in milliseconds: log-normal, in two steps and a rest.

    Attributes:
        features, model: medians of the steps "feature_store" and "model".
        spread: standard deviation of the logarithms.
        busy: by how much more the feature store takes in the busiest hour than in the quietest.
        failing: share of requests that end in a timeout.
    """

    features: float
    model: float
    spread: float = 0.35
    busy: float = 0.5
    failing: float = 0.002


@dataclass(frozen=True)
class Deployment:
    """A model and the world in which it works.

    Attributes:
        name, title: of the model; in words, what it decides.
        task: what it predicts.
        version: that answers.
        features: columns of a request that the model is given, in order.
        target: name of the label.
        options: of the baseline, beside the roles that every deployment has.
        requests: what happens on a day (days since 1970): requests by time, with what the model is not told.
        truth: what comes true of requests.
        label_days: how many days later that is known, before the nightly export.
        latency: of an answer.
    """

    name: str
    title: str
    task: Literal["binary", "regression", "multiclass"]
    version: str
    features: tuple[str, ...]
    target: str
    requests: Callable[[Generator, int], Columns]
    truth: Callable[[Generator, Columns], npt.NDArray[Any]]
    label_days: Callable[[Generator, int], Floats]
    latency: Latency
    options: Mapping[str, Any] = field(default_factory=dict)


def weekday(day: int) -> int:
    """0 for Monday; `day` in days since 1970."""
    return (day + 3) % 7


def moments(generator: Generator, day: int, rows: int, hours: Floats) -> Moments:
    """Times of the requests of a day, ascending.

    Args:
        hours: shape (24,): how busy each hour is.
    """
    hour = generator.choice(24, rows, p=hours / hours.sum())
    within = generator.integers(0, HOUR, rows)
    return np.sort(day * DAY + hour * HOUR + within)


def logistic(log_odds: Floats) -> Floats:
    """Probabilities of log odds."""
    return 1.0 / (1.0 + np.exp(-log_odds))


def choice(generator: Generator, shares: Mapping[str, float], rows: int) -> npt.NDArray[Any]:
    """Names, as often as their shares say."""
    weights = np.array(list(shares.values()))
    return generator.choice(np.array(list(shares), object), rows, p=weights / weights.sum())
