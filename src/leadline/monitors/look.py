"""What windows of either side are looked at with: counts by window, performance, what takes part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.estimators import Calibrator
from leadline.monitors import multivariate
from leadline.monitors.budget import Evidence
from leadline.monitors.estimates import best_known, calibrator, channels, estimates
from leadline.monitors.estimates_by_rows import ByRows
from leadline.monitors.evidence import evidence
from leadline.monitors.folding import Fold, fold
from leadline.monitors.labels import Usual, maturity, unbiased
from leadline.monitors.series import Performed, SeriesChannel, outcomes_of, realised_metrics
from leadline.monitors.windows import Windows, cut, untimed
from leadline.profiles.arrays import Axes
from leadline.profiles.profile import Profile
from leadline.schedule import Calendar, Width, span
from leadline.settings import Settings

Booleans = npt.NDArray[np.bool_]

ON_TIME = 0.99
"""Share of the reference's labels that come within the lateness limit where none is stated."""


@dataclass(frozen=True, eq=False)
class Side:
    """One table in windows, with the outcomes that were counted in them."""

    profile: Profile
    windows: Windows
    outcomes: Any


@dataclass(frozen=True, eq=False)
class Look:
    """What windows of either side are looked at with; what it takes of the baseline is made once."""

    baseline: Baseline
    settings: Settings
    calendar: Calendar

    @cached_property
    def columns(self) -> Fold:
        """Cells on which the columns of windows are compared."""
        return fold(self.baseline)

    @property
    def changing(self) -> tuple[str, ...]:
        """Columns whose values keep being replaced, in the reference already."""
        columns = self.columns.columns[self.columns.changing]
        return tuple(self.baseline.grid.columns[k].name for k in columns)

    @cached_property
    def known(self) -> Calibrator | None:
        """What scores mean in the reference; None where nothing can be estimated."""
        return calibrator(self.baseline, self.settings)

    def at(self, profile: Profile, windows: Windows) -> Side:
        """One table with the outcomes of its windows."""
        return Side(profile, windows, outcomes_of(profile, windows, self.settings))

    @cached_property
    def by_rows(self) -> ByRows:
        """What estimates by rows take of the baseline."""
        return ByRows(self.baseline)

    def performed(
        self,
        side: Side,
        labels: Usual,
        known_at: int | None,
        moved: Booleans | None = None,
        waited: Booleans | None = None,
    ) -> Performed:
        """The model's performance in the windows.

        Args:
            labels: of the reference.
            known_at: as of when labels are there.
            moved: shape (W,): windows whose inputs moved; their estimates take rows. None: none takes any.
            waited: shape (W,): windows that are estimated as if none of their labels were there.
        """
        outcomes = side.outcomes
        mature = maturity(labels, side.profile, side.windows, outcomes, self.calendar, known_at)
        realised = realised_metrics(self.baseline.grid.outcome.task, outcomes, mature)
        alone, best = estimates(self.known, outcomes), best_known(self.known, outcomes, mature)
        estimated = alone
        if moved is not None:
            counted, found = (side.profile, side.windows, outcomes), (estimated, best)
            estimated, best = self.by_rows.improved(
                self.known, counted, realised, found, mature.labels, moved
            )
            if waited is not None and waited.any():
                none = np.where(waited, 0.0, mature.labels)
                estimated, _ = self.by_rows.improved(self.known, counted, realised, found, none, moved)
        return Performed(mature, realised, alone, estimated, best, unbiased(outcomes, mature))

    def together(self, side: Side, compared: multivariate.Compared) -> list[SeriesChannel]:
        """What the columns of rows say together.

        Args:
            compared: rows of the windows with those of the reference.
        """
        found = multivariate.channels(compared, len(side.windows))
        return found + multivariate.vectors(compared, self.settings)

    def estimated(self, side: Side, performed: Performed, where: Booleans | None) -> list[SeriesChannel]:
        """The channels of estimates.

        Args:
            where: shape (W,): where they take part; None: they are no channels.
        """
        if where is None:
            return []
        return channels(self.baseline, self.known, side.outcomes, performed, where, self.settings)

    def evidence(self, side: Side, performed: Performed, beside: Sequence[SeriesChannel] = ()) -> Evidence:
        """What the windows say."""
        return evidence(
            self.baseline,
            side.profile,
            side.windows,
            performed,
            self.columns,
            beside,
            self.settings,
            self.calendar.place,
        )


def stated_calendar(calendar: Calendar, settings: Settings) -> Calendar:
    """The baseline's calendar, with the width of windows that is stated now.

    Raises:
        ConfigurationError: buckets do not fill windows of that width.
    """
    if settings.width is None:
        return calendar
    width = Width.parse(settings.width)
    if width.unit != "row" and width.hours % calendar.bucket.hours:
        raise ConfigurationError(
            "the baseline's buckets do not fill such windows",
            where="window",
            found=width.words,
            accepted=f"a multiple of {calendar.bucket.words}",
            next_step="Learn the baseline again with this width.",
        )
    return structs.replace(calendar, window=width, why="stated")


def windows_of(profile: Profile, calendar: Calendar, until: int | None = None) -> Windows:
    """The windows of a profile, up to a moment after its last row if one is given; none without times."""
    if not timed(profile):
        return untimed()
    buckets = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    last = profile.end if profile.end is None or until is None else max(profile.end, until)
    return cut(buckets, rows, calendar.window, calendar.place, ends=(profile.start, last), until=until)


def lateness(labels: Usual, settings: Settings) -> int | None:
    """Microseconds after the end of a window for which its late labels may open an alert; None: unknown."""
    if settings.label_lateness is not None:
        return span(settings.label_lateness)
    if labels.curve is None or labels.curve.reason:
        return None
    found = labels.curve.pooled_within(ON_TIME)
    return round(found) if np.isfinite(found) else None


def timed(profile: Profile) -> bool:
    """The rows were counted by time."""
    return profile.axes.buckets != Axes().buckets
