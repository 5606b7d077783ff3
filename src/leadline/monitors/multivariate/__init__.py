"""What the rows of windows say together that no column says alone, as channels of the alert budget.

Rows come from the samples of the profiles. A window of the reference is compared with the reference without
the windows around it, so that the budget's replay of the reference sees what a new window will see.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.monitors.budget.channels import JOINT
from leadline.monitors.multivariate.compared import WINDOWS_MIN, Compared, Found, WindowRows
from leadline.monitors.multivariate.coordinates import Floats
from leadline.monitors.multivariate.correlation import correlation
from leadline.monitors.multivariate.domain_classifier import domain_classifier, told_apart_by
from leadline.monitors.multivariate.mmd import mmd
from leadline.monitors.multivariate.projections import COMPONENTS, projections
from leadline.monitors.multivariate.reconstruction import reconstruction
from leadline.monitors.multivariate.vectors import vectors
from leadline.monitors.series import SeriesChannel

SOURCE = "inputs"
"""What an alert names when the features moved together; their channels are "inputs/<key>"."""

STATISTICS: tuple[Callable[[Compared], list[Found]], ...] = (
    projections,
    reconstruction,
    correlation,
    domain_classifier,
    mmd,
)

TITLES = {
    **{
        f"projection_{i + 1}_{part}": f"The {word} of the inputs along their {place} principal direction"
        for i, place in zip(range(COMPONENTS), ("first", "second", "third"), strict=True)
        for part, word in (("mean", "mean"), ("variance", "log variance"))
    },
    "reconstruction_error": "The relative reconstruction error of the inputs",
    "largest_correlation_change": "The largest change of a correlation of inputs, in standard errors,",
    "correlation_change": "The root mean square change of the correlations of inputs",
    "domain_classifier": "The area under the curve by which inputs are told from the reference",
    "mmd": "The maximum mean discrepancy of the inputs",
}
"""What the values of each channel are, by its key."""


def channels(compared: Compared, windows: int) -> list[SeriesChannel]:
    """One channel for each number that `STATISTICS` give; none where fewer than two columns can be compared.

    There is none either where fewer than `WINDOWS_MIN` windows of the reference have `ROWS_MIN` sampled rows.
    Values are NaN for windows with fewer, and for all of them where the profile has no sample.

    Args:
        compared: windows with those of the reference.
        windows: how many they are, also those without rows.
    """
    if len(compared.reference) < WINDOWS_MIN:
        return []
    return [
        SeriesChannel(
            f"{SOURCE}/{found.key}",
            SOURCE,
            JOINT,
            _spread(found.values, compared.current, windows),
            _spread(found.variance, compared.current, windows),
            found.direction,
            found.floor,
        )
        for statistic in STATISTICS
        for found in compared.once(statistic.__name__, statistic)
    ]


def _spread(values: Floats, side: WindowRows, windows: int) -> Floats:
    found = np.full(windows, np.nan)
    found[side.window] = values
    return found


__all__ = [
    "SOURCE",
    "STATISTICS",
    "TITLES",
    "WINDOWS_MIN",
    "Compared",
    "channels",
    "told_apart_by",
    "vectors",
]
