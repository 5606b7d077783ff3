"""What is to be done is said for every cause that can be found."""

from __future__ import annotations

from leadline.diagnosis.declare import Scope
from leadline.diagnosis.rules import RULES
from leadline.server.alerting.runbook import ANYWAY, STEPS, steps


def test_every_cause_has_first_steps() -> None:
    causes = {rule.key for rule in RULES if rule.scope is not Scope.COINCIDENCE}
    assert causes <= STEPS.keys()
    assert all(text.endswith((".", "?")) for found in STEPS.values() for text in found)


def test_the_likeliest_cause_with_steps_counts_and_owners_come_first() -> None:
    assert steps(["event", "offset", "unit_change"], ["ours", ""]) == ["ours", *STEPS["offset"]]
    assert steps([], []) == [*ANYWAY]
