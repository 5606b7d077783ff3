"""What a monitor makes of given numbers: for people who test the monitors that they declare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.errors import ConfigurationError
from leadline.limits import Monitor
from leadline.monitors.rules.band import Raised, band, run
from leadline.monitors.rules.measures import measure


def trial(monitor: Monitor, usual: float | None, values: Sequence[float | None]) -> tuple[Raised, ...]:
    """The alerts of a monitor, in positions of the values.

    Args:
        monitor: as declared.
        usual: the number in the reference; None: unknown.
        values: the number by window; None: unknown, which changes nothing. Times are in the measure's unit.

    Raises:
        ConfigurationError: the monitor compares with a reference that is unknown or 0.
    """
    allowed = band(monitor, measure(monitor.metric), float("nan") if usual is None else usual)
    if allowed is None:
        raise ConfigurationError(
            "the monitor compares with the reference",
            where="reference",
            found="nothing" if usual is None else usual,
            accepted="the number of the reference, not 0 where the limit is in per cent",
        )
    found = np.array([np.nan if value is None else value for value in values], np.float64)
    return run(found, allowed, monitor.windows, monitor.clear_after).alerts
