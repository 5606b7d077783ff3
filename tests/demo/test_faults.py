"""Every fault through the real client and server: it is told with its cause, and is over again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.demo.faults import FAULTS, OPERATIONS, Fault
from leadline.diagnosis.rules import RULES

Plans = Callable[..., Any]

QUIET, OBSERVED = 7, 45
"""Days before a fault of the data, and before one of the service, whose usual days have no baseline."""

LONGEST = 8
"""Days of a fault until it must be told: labels of `credit-default` take a week."""

RECOVERY = (6, 6, 6)
"""Days after a fault, and looks at whether it is over: statistics look back over seven days."""


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_told_with_its_cause_and_is_over_again(fault: Fault, serve: Plans, small: Plans) -> None:
    with serve(small(fault.model)) as live:
        live.days(OBSERVED if OPERATIONS in fault.causes else QUIET)
        # A warning may become the alert.
        before = {alert.id for alert in live.alerts() if alert.tier == "alert"}
        for _ in range(LONGEST):
            live.days(1, [fault])
            if live.told(fault):
                break
        told = [alert for alert in live.told(fault) if alert.id not in before]
        assert told, live.said()
        for days in RECOVERY:
            live.days(days)
            if all(alert.state == "resolved" for alert in live.alerts() if alert.tier == "alert"):
                break
        loud = [alert for alert in live.alerts() if alert.tier == "alert" and alert.id not in before]
        assert all(alert.state == "resolved" for alert in loud), live.said()
        if fault.expected == "quiet":
            assert not loud, live.said()
            assert f"digest: {told[0].sentence}" in live.said()


def test_a_change_of_unit_is_told_within_two_days(serve: Plans, small: Plans) -> None:
    fault = next(found for found in FAULTS if found.name == "unit-change")
    with serve(small(fault.model, reference_days=28, budget="1/25d", training_days=5)) as live:
        live.days(1)
        assert live.alerts() == [], live.said()
        live.days(2, [fault])
        (alert,) = live.told(fault)
        assert alert.cause == "unit_change"
        assert "distance_km is 1/1.61 times its former values in all rows" in live.said()
        assert "miles and kilometres" in live.said()
        open_ones = [a for a in live.alerts() if a.tier == "alert" and a.state != "resolved"]
        assert {a.cause for a in open_ones} == {"unit_change"}, "what the model makes of it follows from it"


def test_causes_and_names_that_faults_declare_exist() -> None:
    keys = {rule.key for rule in RULES}
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert set(fault.causes) <= keys | {OPERATIONS}
        assert bool(fault.causes) == (fault.expected == "alert")
