"""The alert budget by reference replay: the reference's own windows say what is unusual.

Every window of the reference is compared with the rest of the reference, exactly as a new window will be.
The alert logic is then replayed over those windows, and the threshold is the smallest at which the replay
raises no more alerts than the budget allows. Season, autocorrelation, repeated entities, dependence between
columns and the noise of the baseline are thereby inside the threshold. Pure functions of arrays.

    calibration = fit(reference, Policy(alerts=1, windows=30))
    judgement = judge(calibration, reference_and_current)
"""

from leadline.monitors.budget.alerts import Alert, Named
from leadline.monitors.budget.calibrate import FEWEST, Calibration, fit
from leadline.monitors.budget.evidence import Evidence, Histograms, Series, joined
from leadline.monitors.budget.first_weeks import FirstWeeks, begin
from leadline.monitors.budget.judging import Judgement, State, judge
from leadline.monitors.budget.policy import Policy

__all__ = [
    "FEWEST",
    "Alert",
    "Calibration",
    "Evidence",
    "FirstWeeks",
    "Histograms",
    "Judgement",
    "Named",
    "Policy",
    "Series",
    "State",
    "begin",
    "fit",
    "joined",
    "judge",
]
