"""Living alerts: what one report after another tells becomes one alert for one problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from leadline.reports.record import ReportRecord
from leadline.server.alerts import PERFORMANCE, RULES, TABLE, WINDOWS, Told, changed, plain, told
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.channels import Event
from leadline.stores.metadata.judgements import Judgement

DAY = 86_400_000_000


def judgement(revision: int) -> Judgement:
    return Judgement("m", revision, revision * 1000, "d", "alert", "headline", b"", b"")


def problem(opened: int, last: int, *sources: str, over: bool = False, monitor: str = WINDOWS) -> Told:
    return Told(monitor, opened * DAY, last * DAY, over, sources or ("a",), "sentence", "harm")


class Life:
    """Reports one after another, and what became of the alerts."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.revision = 0

    def tell(self, *problems: Told) -> list[str]:
        """What is told of it: events in order."""
        self.revision += 1
        found = changed(self.alerts, problems, judgement(self.revision))
        for alert, _ in found:
            known = [a for a in self.alerts if a.id == alert.id]
            if known:
                self.alerts[self.alerts.index(known[0])] = alert
            else:
                self.alerts.append(replace(alert, id=len(self.alerts) + 1))
        return [json.loads(event.body)["event"] for _, event in found if event is not None]

    @property
    def states(self) -> list[str]:
        return [alert.state for alert in self.alerts]


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


def test_a_revision_that_moves_an_alert_keeps_it() -> None:
    life = Life()
    life.tell(problem(3, 4))
    assert life.tell(problem(2, 4)) == []
    assert [alert.opened for alert in life.alerts] == [2 * DAY]


def test_an_acknowledged_alert_stays_so_until_it_is_over() -> None:
    life = Life()
    life.tell(problem(1, 2))
    life.alerts[0] = replace(life.alerts[0], state="acknowledged")
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


def test_every_event_of_an_alert_has_a_key_of_its_own() -> None:
    life, keys = Life(), set()
    for problems in ([problem(1, 2)], [], [problem(1, 2)], [problem(1, 2, over=True)]):
        life.revision += 1
        for alert, event in changed(life.alerts, problems, judgement(life.revision)):
            assert isinstance(event, Event)
            assert event.key not in keys
            keys.add(event.key)
            life.alerts = [replace(alert, id=1)]
    assert len(keys) == 4
    same = {e.key for _, e in changed([], [problem(1, 2)], judgement(1)) if e}
    assert same == {e.key for _, e in changed([], [problem(1, 2)], judgement(1)) if e}, (
        "told again, it is the same"
    )


def test_a_report_without_windows_tells_of_the_table(small_record: ReportRecord) -> None:
    found = {one.monitor: one for one in told(small_record)}
    assert set(found) == {TABLE, RULES}
    assert found[TABLE].sources == ("income", PERFORMANCE)
    assert found[RULES].sources == ("age",)
    assert "between 18 and 100" in found[RULES].sentence


def test_a_quiet_report_tells_nothing(small_record: ReportRecord, make_column: Callable[..., Any]) -> None:
    task = replace(small_record.task, verdict="ok")
    quiet = replace(small_record, columns=[make_column(verdict="warning")], rules=[], task=task)
    assert told(quiet) == []


def test_others_read_times_as_iso() -> None:
    (alert, event) = changed([], [problem(0, 1)], judgement(1))[0]
    assert plain(alert).last == "1970-01-02T00:00:00+00:00"
    assert event is not None
    assert json.loads(event.body)["alert"]["sources"] == ["a"]
