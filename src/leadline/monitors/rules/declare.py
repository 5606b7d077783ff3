"""What a monitor watches: one table cut into windows, and how a number of it is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.limits import Limit, Monitor
from leadline.metrics.declare import Direction
from leadline.monitors.series import Performed
from leadline.monitors.windows import Windows
from leadline.profiles.profile import Profile
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


TIMES = {"hours": 1.0, "days": 24.0}
"""Units of time in which numbers are told, in hours."""

NO_TIMES = "rows have no times"


@dataclass(frozen=True, eq=False)
class Side:
    """One table, or one segment of it, in windows.

    Attributes:
        baseline: what it is compared with; `reference`: its counts (of the same segment) on one bucket.
        profile: counts with time buckets, of one segment.
        windows: of that profile; one for all rows where there are no times.
        settings: options in force.
        bucket: length of a time bucket, microseconds; 0 without times.
        until: last moment known, microseconds since 1970; None without times.
        performed: the model's performance in the windows, over all segments; None: labels are complete.
    """

    baseline: Baseline
    reference: Profile
    profile: Profile
    windows: Windows
    settings: Settings
    bucket: int
    until: int | None
    performed: Performed | None = None

    def __len__(self) -> int:
        return len(self.windows)

    @cached_property
    def rows(self) -> Ints:
        """Shape (W,): rows of the segment in each window."""
        return self.windows.sums(self.profile.sums["rows"][:, 0, 0])

    @cached_property
    def ends(self) -> Floats:
        """Shape (W,): the moment at which each window is judged, microseconds; NaN without times."""
        if self.until is None:
            return np.full(len(self), np.nan)
        ends = np.minimum(self.windows.ends, self.until).astype(np.float64)
        ends[-1:] = self.until
        return ends

    @cached_property
    def filled(self) -> tuple[Ints, Floats, Floats]:
        """Window, start and end of each bucket with rows, in order of time."""
        rows = self.profile.sums["rows"][:, 0, 0]
        kept = np.flatnonzero((self.windows.of_bucket >= 0) & (rows > 0)) if self.bucket else np.zeros(0, int)
        starts = np.array(self.profile.axes.buckets, np.float64)[kept]
        return self.windows.of_bucket[kept], starts, starts + self.bucket


@dataclass(frozen=True)
class Reading:
    """A number by window.

    Attributes:
        values: shape (W,); NaN: unknown.
        reason: why values are unknown, in words; "" where that needs none.
        resolution: the value may be larger by less than this, except in the last window, where it is exact:
            time is known in whole buckets only.
    """

    values: Floats
    reason: str = ""
    resolution: float = 0.0

    @classmethod
    def unknown(cls, side: Side, reason: str) -> Reading:
        """No value in any window."""
        return cls(np.full(len(side), np.nan), reason)


def enough(side: Side, monitor: Monitor, rows: npt.NDArray[Any], values: Floats, said: Any) -> Reading:
    """The values of the windows that have enough rows and are not cut off.

    Args:
        rows: shape (W,): of the sort that counts.
        said: why values are unknown; a text, or one by window, "" where they are known; None: all are.
    """
    kept = (rows >= monitor.min_rows) & ~side.windows.partial
    texts = np.broadcast_to(np.asarray("" if said is None else said, object), kept.shape)
    reasons = [text for text in texts[kept] if text]
    few = f"no window has {monitor.min_rows} rows that tell of it"
    return Reading(np.where(kept, values, np.nan), str(reasons[-1]) if reasons else few)


@dataclass(frozen=True)
class Measure:
    """A number that can be watched.

    Attributes:
        key, title, summary, unit, worse: as in `metrics.declare.Metric`; units of time are "hours", "days".
        compute: the number in each window of a side.
        of_column: it is about a column.
        usual: its value in the reference: "whole", over all reference rows, or "median", of the reference's
            windows.
    """

    key: str
    title: str
    summary: str
    unit: str
    worse: Direction
    compute: Callable[[Side, Monitor], Reading]
    of_column: bool = False
    usual: Literal["whole", "median"] = "median"

    def amount(self, limit: Limit) -> float:
        """A limit in the measure's unit."""
        return limit.amount / TIMES[self.unit] if limit.unit == "h" else limit.amount
