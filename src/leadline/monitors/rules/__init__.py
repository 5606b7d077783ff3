"""Monitors with a limit of their own: one number of each window, one condition, one way to alert.

A number is a metric of the registry or one of `MEASURES`, each a pure function of windows in its own file.
"""

from leadline.monitors.rules.band import Band, Raised, State, band, run, step
from leadline.monitors.rules.declare import Measure, Reading, Side
from leadline.monitors.rules.measures import MEASURES, measure
from leadline.monitors.rules.trial import trial
from leadline.monitors.rules.watch import Watched, check_columns, check_metrics, watch

__all__ = [
    "MEASURES",
    "Band",
    "Measure",
    "Raised",
    "Reading",
    "Side",
    "State",
    "Watched",
    "band",
    "check_columns",
    "check_metrics",
    "measure",
    "run",
    "step",
    "trial",
    "watch",
]
