"""Labels that come late: how complete they are in each window, and what the early ones say."""

from leadline.monitors.labels.correction import realised, unbiased
from leadline.monitors.labels.curve import DelayCurve
from leadline.monitors.labels.hindsight import Hindsight
from leadline.monitors.labels.maturity import Maturity, Usual, latest, maturity, usual

__all__ = [
    "DelayCurve",
    "Hindsight",
    "Maturity",
    "Usual",
    "latest",
    "maturity",
    "realised",
    "unbiased",
    "usual",
]
