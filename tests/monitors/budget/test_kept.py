"""The budget is kept on quiet streams, and not by silence (`benchmarks/quality/budget.py` measures it)."""

from __future__ import annotations

import numpy as np
import pytest
from budget_data import stream

from leadline.monitors.budget import Policy, fit, judge


@pytest.mark.long
@pytest.mark.parametrize("season", [0.0, 0.15])
def test_alerts_and_flags_on_quiet_streams_stay_within_the_budget(season: float) -> None:
    """Twenty-five streams of 60 windows have 50 alerts to spend; silence would be no merit."""
    alerts = flagged = windows = 0
    for seed in range(25):
        evidence = stream(np.random.default_rng([seed, 9]), 120, rows=300, season=season)
        judgement = judge(fit(evidence.windows(slice(0, 60)), Policy()), evidence)
        alerts += sum(alert.tier == "alert" for alert in judgement.alerts)
        flagged += judgement.tier.count("alert")
        windows += len(judgement.window)
    assert 12 <= alerts <= 50
    assert flagged <= 0.1 * windows


def test_windows_of_half_the_volume_are_no_alarm() -> None:
    """Every window of the reference has the same volume, which the later ones have not."""
    flagged = windows = 0
    for seed in range(6):
        rows = np.where(np.arange(90) < 60, 800, 400)
        evidence = stream(np.random.default_rng([seed, 19]), 90, rows=rows, wobble=0.0)
        judgement = judge(fit(evidence.windows(slice(0, 60)), Policy()), evidence)
        flagged += judgement.tier.count("alert")
        windows += len(judgement.window)
    assert flagged <= 0.06 * windows
