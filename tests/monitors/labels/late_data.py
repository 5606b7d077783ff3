"""Traffic of a model whose accuracy is known and whose labels come late, sooner for one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import leadline as ll
from leadline.comparison import _settings
from leadline.monitors.timeline import Timeline, timeline

DAY = 86_400_000_000
START = 19_723 * DAY  # 2024-01-01

POSITIVE, RIGHT = 0.3, (0.9, 0.7)
ACCURACY = (1 - POSITIVE) * RIGHT[0] + POSITIVE * RIGHT[1]
MEAN_DELAY = (10 * DAY, 3 * DAY)

OPTIONS: dict[str, Any] = {
    "label": "y", "prediction": "p", "timestamp": "t", "label_timestamp": "known", "window": "1d",
    "threads": 1, "budget": "1/30d",
}  # fmt: skip


@dataclass(frozen=True)
class Traffic:
    """Rows with the time of their label, whether or not it has come."""

    times: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    arrivals: npt.NDArray[np.int64]
    ever: npt.NDArray[np.bool_]

    def table(self, known_at: int | None = None) -> dict[str, Any]:
        """The rows predicted until a moment, with the labels that had come by then; None: all."""
        seen = np.full(len(self.times), True) if known_at is None else self.times <= known_at
        come = self.ever if known_at is None else self.ever & (self.arrivals <= known_at)
        return {
            "t": np.array(self.times[seen], "datetime64[us]"),
            "p": self.predictions[seen],
            "y": np.where(come, self.labels, np.nan)[seen],
            "known": np.where(come, self.arrivals.astype("datetime64[us]"), np.datetime64("NaT"))[seen],
        }


def traffic(
    rng: np.random.Generator,
    first: int,
    days: int,
    rows: int = 400,
    right: tuple[float, float] = RIGHT,
    ever: float = 1.0,
    means: tuple[float, float] = MEAN_DELAY,
) -> Traffic:
    """Rows of some days with exponential delays; `ever`: share of rows that have a label in the end."""
    size = days * rows
    times = START + first * DAY + np.sort(rng.integers(0, days * DAY, size))
    labels = (rng.random(size) < POSITIVE).astype(np.int64)
    hit = rng.random(size) < np.array(right)[labels]
    arrivals = times + (rng.exponential(size=size) * np.array(means)[labels]).astype(np.int64)
    return Traffic(times, labels, np.where(hit, labels, 1 - labels), arrivals, rng.random(size) < ever)


def judged(reference: Any, current: Any, **options: Any) -> Timeline:
    """What windows say of two tables."""
    return windows_of(ll.learn(reference, **{**OPTIONS, **options}), current, **options)


def windows_of(baseline: ll.Baseline, current: Any, **options: Any) -> Timeline:
    """What windows say of a table by a baseline."""
    found = timeline(baseline, ll.profile(current, baseline, **options), _settings(baseline, options))
    assert found is not None
    return found
