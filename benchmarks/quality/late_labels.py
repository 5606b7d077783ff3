"""Traffic of a model whose accuracy is known and whose labels come late, sooner for one class.

For `maturity.py` and for the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

DAY = 86_400_000_000
START = 19_723 * DAY  # 2024-01-01

POSITIVE, RIGHT = 0.3, (0.9, 0.7)
ACCURACY = (1 - POSITIVE) * RIGHT[0] + POSITIVE * RIGHT[1]
MEAN_DELAY = (10 * DAY, 3 * DAY)


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
    lost: tuple[int, tuple[float, float]] | None = None,
) -> Traffic:
    """Rows of some days with exponential delays.

    Args:
        right: chance that the prediction of a negative, and of a positive row is right.
        ever: share of rows that have a label in the end.
        means: of the delays of negative and positive labels, microseconds.
        lost: the day from which the model is worse, and how often it is right from then on.
    """
    size = days * rows
    times = START + first * DAY + np.sort(rng.integers(0, days * DAY, size))
    labels = (rng.random(size) < POSITIVE).astype(np.int64)
    share = np.array(right)[labels]
    if lost is not None:
        share = np.where(times >= START + lost[0] * DAY, np.array(lost[1])[labels], share)
    hit = rng.random(size) < share
    arrivals = times + (rng.exponential(size=size) * np.array(means)[labels]).astype(np.int64)
    return Traffic(times, labels, np.where(hit, labels, 1 - labels), arrivals, rng.random(size) < ever)
