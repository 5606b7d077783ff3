"""Windows of the past as they were when they ended: which of their labels had come by then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.monitors.labels.maturity import POINTS, ages
from leadline.monitors.windows import Windows
from leadline.profiles.delays import CELLS, DELAYS, EDGES, UNTIMED
from leadline.profiles.profile import Profile
from leadline.schedule import Calendar

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hindsight:
    """How long labels took that are all there by now.

    Attributes:
        delay: microseconds from each prediction to its label; None: as the times of the labels tell, and
            labels without a time were there at once.
    """

    delay: int | None = None

    def share(self, profile: Profile, windows: Windows, calendar: Calendar) -> Floats:
        """Labels that had come when their window ended, by those there by now; shape (W,), NaN: none."""
        labels, come = self._come(profile, windows, calendar)
        total = windows.sums(labels)
        with np.errstate(invalid="ignore"):
            return np.asarray(windows.sums(come) / np.where(total > 0, total, np.nan))

    def _come(self, profile: Profile, windows: Windows, calendar: Calendar) -> tuple[Floats, Floats]:
        """Labels of each bucket, and those of them that had come when its window ended: shapes (B,)."""
        inside = windows.of_bucket >= 0
        ends = np.where(inside, windows.ends[windows.of_bucket], 0) if len(windows) else np.zeros(len(inside))
        youngest, oldest = ages(profile, calendar, ends)
        at = youngest[:, None] + (oldest - youngest)[:, None] * ((np.arange(POINTS) + 0.5) / POINTS)
        if self.delay is not None:
            rows = profile.sums["rows"][:, :, 0].sum(1).astype(np.float64)
            return rows, rows * (at >= self.delay).mean(1)
        counts = profile.sums.get(DELAYS)
        if counts is None:
            none = np.zeros(len(inside))
            return none, none
        found = counts[:, :, 0].sum((1, 2)).astype(np.float64)
        at_once, timed = found[:, UNTIMED], found[:, :CELLS]
        below = np.concatenate([np.zeros((len(found), 1)), np.cumsum(timed, 1)[:, :-1]], 1)
        come = np.array(
            [np.interp(moments, EDGES, own).mean() for moments, own in zip(at, below, strict=True)]
        )
        return found.sum(1), at_once + come
