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
