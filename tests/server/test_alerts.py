"""What reports tell one after another becomes one alert for one problem."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from leadline.reports.record import CauseResult, Distribution, ReportRecord
from leadline.server.alerting.alerts import HYSTERESIS, RULES, TABLE, WINDOWS, plain, told
from leadline.server.alerting.findings import PERFORMANCE, Evidence, Findings, with_former
from leadline.stores.metadata.maintenance import Maintenance

sys.path.append(str(Path(__file__).parent))

from problems import DAY, Life, cause, problem


def test_an_alert_opens_once_goes_on_and_is_resolved() -> None:
    life = Life()
    assert life.tell(problem(1, 2)) == ["opened"]
    assert life.tell(problem(1, 2)) == []
    assert life.tell(problem(1, 3, "a", "b")) == []
    assert (life.alerts[0].last, life.alerts[0].sources) == (3 * DAY, ("a", "b"))
    assert life.tell(problem(1, 3, over=True)) == ["resolved"]
    assert life.tell(problem(1, 3, over=True)) == []
    assert life.states == ["resolved"]


def test_what_a_revision_takes_back_is_resolved_and_may_open_again() -> None:
    life = Life()
    life.tell(problem(1, 2))
    assert life.tell() == ["resolved"]
    assert life.tell(problem(1, 2)) == ["reopened"]
    assert life.states == ["open"]
    assert len(life.alerts) == 1


def test_another_source_or_another_time_is_another_alert() -> None:
    life = Life()
    assert life.tell(problem(1, 2, over=True), problem(1, 2, "b")) == ["opened", "opened"]
    assert life.tell(problem(1, 2, over=True), problem(1, 2, "b"), problem(5, 6)) == ["opened"]
    assert life.states == ["resolved", "open", "open"]


def test_what_comes_back_soon_is_the_same_problem() -> None:
    life = Life()
    life.tell(problem(1, 2))
    assert life.tell(problem(1, 2, over=True)) == ["resolved"]
    assert life.tell(problem(1, 2, over=True), problem(3, 4)) == ["reopened"]
    assert len(life.alerts) == 1
    assert life.tell(problem(1, 2, over=True), problem(3, 4, over=True)) == ["resolved"]
    assert HYSTERESIS == DAY


def test_a_revision_that_moves_an_alert_keeps_it() -> None:
    life = Life()
    life.tell(problem(3, 4))
    assert life.tell(problem(2, 4)) == []
    assert [alert.opened for alert in life.alerts] == [2 * DAY]


def test_an_acknowledged_alert_stays_so_until_it_is_over() -> None:
    life = Life()
    life.tell(problem(1, 2))
    life.put(state="acknowledged")
    assert life.tell(problem(1, 5)) == []
    assert life.states == ["acknowledged"]
    assert life.tell(problem(1, 5, over=True)) == ["resolved"]


@pytest.mark.parametrize("monitor", [TABLE, RULES])
def test_what_no_window_dates_is_one_alert_while_it_lasts(monitor: str) -> None:
    """The days that a report speaks of move on with every report."""
    life = Life()
    assert life.tell(problem(1, 30, monitor=monitor)) == ["opened"]
    assert life.tell(problem(40, 70, monitor=monitor)) == []
    assert life.tell() == ["resolved"]
    assert life.tell(problem(80, 90, monitor=monitor)) == ["opened"]


def test_what_a_person_resolved_stays_so_until_it_was_over() -> None:
    life = Life()
    life.tell(problem(1, 2))
    life.put(state="resolved", settled=True)
    assert life.tell(problem(1, 3)) == []
    assert life.tell(problem(1, 4)) == []
    assert life.states == ["resolved"]
    assert life.tell(problem(1, 4, over=True)) == []
    assert not life.alerts[0].settled
    assert life.tell(problem(1, 5)) == ["reopened"]
    assert life.states == ["open"]


@pytest.mark.parametrize("monitor", [TABLE, RULES])
def test_what_no_window_dates_stays_resolved_too(monitor: str) -> None:
    life = Life()
    life.tell(problem(1, 30, monitor=monitor))
    life.put(state="resolved", settled=True)
    assert life.tell(problem(2, 31, monitor=monitor)) == []
    assert life.tell() == []
    assert life.tell(problem(3, 32, monitor=monitor)) == ["opened"]
    assert life.states == ["resolved", "open"]


def test_what_is_snoozed_tells_nothing_while_it_grows() -> None:
    life = Life()
    life.tell(problem(1, 2))
    life.put(state="snoozed", snoozed_until=10**18)
    assert life.tell(problem(1, 3, "a", "b")) == []
    assert life.states == ["snoozed"]
    assert life.tell(problem(1, 3, over=True)) == ["resolved"]
    assert life.alerts[0].snoozed_until is None


def test_labels_that_came_too_late_open_no_alert_and_still_update_one() -> None:
    life = Life()
    assert life.tell(problem(1, 2, over=True, late=True)) == []
    assert life.alerts == []
    assert life.tell(problem(5, 6, "a")) == ["opened"]
    assert life.tell(problem(5, 7, "a", "b", over=True, late=True)) == ["resolved"]
    assert life.alerts[0].sources == ("a", "b")
    assert life.tell(problem(5, 6, "a", late=True), problem(5, 6, "a", "c")) == ["reopened"]


def test_a_warning_is_told_when_it_becomes_an_alert_and_back() -> None:
    life = Life()
    assert life.tell(problem(1, 2, tier="warning")) == ["opened"]
    assert life.alerts[0].tier == "warning"
    assert life.tell(problem(1, 3)) == ["opened"]
    assert life.tell(problem(1, 3, tier="warning")) == ["lowered"]
    assert life.tell(problem(1, 3, tier="warning")) == []
    assert len(life.alerts) == 1


@pytest.mark.parametrize("over", [False, True], ids=["goes on", "is over"])
def test_an_alert_that_grew_out_of_a_warning_began_with_it(over: bool) -> None:
    """Whether it was known as a warning before, or both are told at once; also where it has just ended."""
    warning = problem(3, 5, "a", "b", tier="warning", over=over)
    grown = problem(5, 7, "b", "c")
    early = Life()
    early.tell(problem(3, 4, "a", tier="warning"))
    early.tell(warning)
    told = early.tell(warning, grown)
    late = Life()
    assert late.tell(warning, grown) == ["opened"]
    for life in (early, late):
        assert [(a.opened, a.last, a.tier, a.state) for a in life.alerts] == [
            (3 * DAY, 7 * DAY, "alert", "open")
        ]
    assert told in (["opened"], ["reopened"])
    assert plain(early.alerts[0]).opened == "1970-01-04T00:00:00+00:00"


def test_a_warning_that_was_over_does_not_date_an_alert_too_early() -> None:
    life = Life()
    warning = problem(3, 5, tier="warning", over=True)
    life.tell(warning)
    assert life.tell(warning, problem(6, 7)) == ["opened"]
    assert [(a.tier, a.opened) for a in life.alerts] == [("warning", 3 * DAY), ("alert", 6 * DAY)]


def test_a_warning_long_before_is_another_problem() -> None:
    life = Life()
    assert life.tell(problem(1, 2, tier="warning", over=True), problem(5, 6)) == ["opened", "opened"]
    assert [alert.opened for alert in life.alerts] == [DAY, 5 * DAY]


def window(begins: int, ends: int, model: str = "*") -> Maintenance:
    return Maintenance(1, model, begins, ends, "new disks", "ada")


def test_nothing_is_told_in_a_maintenance_and_the_mark_stays() -> None:
    life = Life(window(1000 * DAY, 1003 * DAY))
    assert life.tell(problem(1, 2)) == []
    assert (life.alerts[0].maintenance, life.alerts[0].silent) == ("new disks", True)
    assert life.tell(problem(1, 2)) == []
    life.now = 1010 * DAY
    assert life.tell(problem(1, 2)) == ["opened"]
    assert (life.alerts[0].maintenance, life.alerts[0].silent) == ("new disks", False)


def test_what_was_never_told_is_not_told_to_be_over() -> None:
    life = Life(window(1000 * DAY, 1003 * DAY))
    life.tell(problem(1, 2))
    assert life.tell(problem(1, 2, over=True)) == []
    assert life.states == ["resolved"]


def test_what_lies_within_a_maintenance_is_not_told_after_it_either() -> None:
    life = Life(window(0, 5 * DAY))
    assert life.tell(problem(1, 3)) == []
    assert life.tell(problem(1, 5)) == []
    assert life.tell(problem(1, 6)) == ["opened"]


def test_a_maintenance_of_other_models_is_none() -> None:
    assert Life(window(0, 10**18, "demand-*")).tell(problem(1, 2)) == ["opened"]
    assert Life(window(0, 10**18, "m*")).tell(problem(1, 2)) == []


def test_a_report_without_windows_tells_of_the_table(small_record: ReportRecord) -> None:
    found = {one.monitor: one for one in told(small_record)}
    assert set(found) == {TABLE, RULES}
    assert found[TABLE].sources == ("income", PERFORMANCE)
    assert found[RULES].sources == ("age",)
    assert "between 18 and 100" in found[RULES].sentence
    assert [e.source for e in found[TABLE].evidence] == ["income", PERFORMANCE]
    lost = small_record.performance[found[TABLE].evidence[1].metric]
    assert lost.verdict == "alert"


def test_the_likeliest_proven_cause_names_a_problem(small_record: ReportRecord) -> None:
    causes = [cause("unit_change", "income"), cause("event", "income"), cause("offset", "age")]
    found = {one.monitor: one for one in told(replace(small_record, causes=causes))}
    assert found[TABLE].cause == "unit_change"
    assert [c.key for c in found[TABLE].causes] == ["unit_change", "event"]
    assert found[RULES].cause == "offset"
    only = {one.monitor: one for one in told(replace(small_record, causes=[cause("event", "income")]))}
    assert only[TABLE].cause == "", "what happened at the same time proves nothing"
    other_days = replace(small_record, causes=causes, explained="1980-01-01 to 1980-01-05")
    assert {one.cause for one in told(other_days)} == {""}, "causes are those of the days they explain"


def test_what_one_report_explained_stays_until_another_explains_it_again() -> None:
    """Its picture and its causes are of the alert's own days; those of all rows do not replace them."""

    def seen(dates: str, share: float, *causes: CauseResult) -> Findings:
        drawn = Distribution(edges=None, labels=["x"], reference=[1.0], current=[share])
        one = Evidence(
            source="a", monitor=WINDOWS, sentence="s", value=share, distribution=drawn, dates=dates
        )
        return Findings(evidence=[one], causes=[*causes])

    first = seen("2026-01-01 to 2026-01-02", 0.1, cause("unit_change", "a"))
    (kept,) = with_former(seen("", 0.9), first).evidence
    assert (kept.dates, kept.distribution) == (first.evidence[0].dates, first.evidence[0].distribution)
    assert kept.value == 0.9
    assert with_former(seen("", 0.9), first).causes == first.causes
    later = seen("2026-01-01 to 2026-01-05", 0.2, cause("offset", "a"))
    assert with_former(later, first) == later


def test_a_quiet_report_tells_nothing(small_record: ReportRecord, make_column: Callable[..., Any]) -> None:
    task = replace(small_record.task, verdict="ok")
    quiet = replace(small_record, columns=[make_column(verdict="warning")], rules=[], task=task)
    assert told(quiet) == []


def test_others_read_times_as_iso() -> None:
    life = Life()
    life.tell(problem(0, 1))
    shown = plain(life.alerts[0])
    assert shown.last == "1970-01-02T00:00:00+00:00"
    assert shown.snoozed_until is None
