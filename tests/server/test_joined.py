"""Which problems are one: of common sources, of one proven cause, in one place, or once the same alert."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadline.server.alerting.alerts import RULES, WINDOWS, joined
from leadline.server.alerting.findings import Told

sys.path.append(str(Path(__file__).parent))

from problems import DAY, Life, because, cause, problem


def test_monitors_that_tell_of_the_same_are_one_alert() -> None:
    life = Life()
    assert life.tell(
        problem(1, 3, "a", "b"),
        problem(2, 4, "b", monitor="monitor ages"),
        problem(1, 90, "b", monitor=RULES),
    ) == ["opened"]
    (alert,) = life.alerts
    assert alert.monitors == (WINDOWS, "monitor ages", RULES)
    assert (alert.monitor, alert.opened, alert.last) == (WINDOWS, DAY, 4 * DAY)
    assert alert.sources == ("a", "b")
    # What one of them says no longer is still there while another says it.
    assert life.tell(problem(2, 4, "b", monitor="monitor ages")) == []
    assert life.states == ["open"]


def test_what_a_common_cause_explains_is_one_alert() -> None:
    both = (cause("unit_change", "a", "b"),)
    one, two = (problem(1, 2, name, causes=both, cause="unit_change") for name in "ab")
    assert [p.sources for p in joined([one, two])] == [("a", "b")]
    of_its_own = [
        problem(1, 2, name, causes=(cause("unit_change", name),), cause="unit_change") for name in "ab"
    ]
    at_the_time = [problem(1, 2, name, causes=(cause("event", "a", "b"),)) for name in "ab"]
    assert len(joined(of_its_own)) == len(joined(at_the_time)) == 2


@pytest.mark.parametrize(
    ("key", "one", "other", "together"),
    [
        ("one_segment", (("a",), "country = BR"), (("b",), "country = BR"), True),
        ("one_segment", (("a",), "country = BR"), ((), "country = BR"), True),
        ("one_segment", (("a",), "country = BR"), (("b",), "country = US"), False),
        ("unit_change", (("a", "c"), ""), (("b", "c"), ""), True),
        ("unit_change", (("a",), ""), (("b",), ""), False),
        ("concept_change", ((), ""), ((), ""), True),
    ],
)
def test_what_happened_in_one_place_is_one_alert(
    key: str, one: tuple[Any, str], other: tuple[Any, str], together: bool
) -> None:
    """Though none of the columns that one problem names is of the other: one segment, one column in common,
    or the model as a whole."""
    found = joined(
        [
            because(name, key, *columns, **({"segment": segment} if segment else {}))
            for name, (columns, segment) in (("a", one), ("b", other))
        ]
    )
    assert len(found) == (1 if together else 2)


def test_the_performance_of_the_segment_in_which_something_happened_is_the_same_alert() -> None:
    moved = because("a", "one_segment", "a", segment="country = BR")
    assert len(joined([moved, problem(2, 3, "country = BR")])) == 1
    assert len(joined([moved, problem(2, 3, "country = US")])) == 2


def test_another_cause_at_the_same_time_is_another_alert() -> None:
    segment = because("a", "one_segment", "a", "b", segment="country = BR")
    found = joined([segment, because("c", "new_category", "c"), problem(1, 2, "d")])
    assert [one.sources for one in found] == [("a",), ("c",), ("d",)]


def test_what_was_joined_has_the_causes_of_its_parts() -> None:
    """Whatever order they come in: what one part explains joins when all others have."""
    parts = [
        because("a", "default_value", "a"),
        because("a", "one_segment", "b", segment="country = BR"),
        because("c", "one_segment", "c", segment="country = BR"),
    ]
    for order in (parts, parts[::-1], [parts[1], parts[2], parts[0]]):
        assert len(joined(order)) == 1


def test_a_cause_that_several_days_prove_is_named_once() -> None:
    """With the figures of the problem that leads; another cause of the same column is another one."""
    found = []
    for day, other in ((1, "one_segment"), (2, "missing_values"), (3, "one_segment")):
        unit = replace(cause("unit_change", "a"), sentence=f"day {day}")
        found.append(problem(day, day + 2, "a", causes=(unit, cause(other, "a"))))
    (one,) = joined(found)
    assert [c.key for c in one.causes] == ["unit_change", "one_segment", "missing_values"]
    assert one.causes[0].sentence == "day 1"


def test_what_sits_in_one_segment_is_said_once() -> None:
    """Of more columns on some days and of fewer on others; another segment is another cause."""
    found = [
        problem(day, day + 2, "a", causes=(cause("one_segment", *columns, segment=f"country = {country}"),))
        for day, columns, country in ((1, "ab", "BR"), (2, "bc", "BR"), (2, "d", "BR"), (3, "ab", "US"))
    ]
    (one,) = joined(found)
    assert [(c.columns, c.evidence["segment"]) for c in one.causes] == [
        (["a", "b"], "country = BR"), (["a", "b"], "country = US"),
    ]  # fmt: skip


def test_what_follows_from_more_columns_or_fewer_is_said_once() -> None:
    follows = [problem(1, 2, "a", causes=(cause("follows", *columns),)) for columns in ("ab", "abc", "d")]
    (one,) = joined(follows)
    assert [c.columns for c in one.causes] == [["a", "b"], ["d"]]


@pytest.mark.parametrize(("named", "began"), [(("age", "all columns"), 5), (("income", "all columns"), 2)])
def test_a_warning_dates_an_alert_only_where_it_tells_of_what_leads_it(
    named: tuple[str, ...], began: int
) -> None:
    """Else a warning of another column, open since before, makes it begin before what happened."""
    warning = problem(2, 6, *named, tier="warning")
    alert = problem(5, 6, "income", "all columns")
    for parts in ([warning, alert], [alert, warning]):
        (one,) = joined(parts)
        assert (one.tier, one.opened, one.last) == ("alert", began * DAY, 6 * DAY)
        assert {*one.sources} == {"income", *named}
    life = Life()
    life.tell(warning)
    life.tell(warning, alert)
    assert [(a.tier, a.opened) for a in life.alerts] == [("alert", began * DAY)]


def test_what_is_said_of_two_columns_in_the_same_words_is_said_once() -> None:
    same = replace(cause("event", "b"), sentence="Version 7 came.")
    other = replace(cause("event", "c"), sentence="Version 7 came.")
    (one,) = joined([problem(1, 2, "a", causes=(same,)), problem(1, 2, "a", causes=(cause("x", "a"), other))])
    assert [c.sentence for c in one.causes] == ["Version 7 came.", cause("x", "a").sentence]


def test_what_was_one_alert_stays_one_when_nobody_explains_it_any_more() -> None:
    """A report explains the worst few alerts; a later, worse one takes the place of these."""
    both = cause("one_segment", "a", "b", "c", segment="country = BR")
    of_segment: dict[str, Any] = {"causes": (both,), "cause": both.key}
    life = Life()
    life.tell(problem(1, 5, "a", **of_segment), problem(2, 5, "b", **of_segment))
    life.tell(problem(1, 6, "a", over=True), problem(2, 6, "b"), problem(6, 7, "c", **of_segment))
    later = (cause("default_value", "a"),)
    parts = (
        problem(1, 6, "a", over=True, causes=later, cause="default_value"),
        problem(2, 6, "b", over=True),
        problem(6, 7, "c", over=True),
    )
    assert life.tell(*parts) == ["resolved"]
    assert (life.states, life.alerts[0].cause) == (["resolved"], "one_segment")
    assert life.tell(*parts, problem(30, 31, "d")) == ["opened"]
    assert life.states == ["resolved", "open"]


def test_what_comes_long_after_an_alert_is_none_of_its() -> None:
    life = Life()
    life.tell(problem(1, 5, "a", "b"))
    assert life.tell(problem(1, 5, "a"), problem(20, 25, "b")) == ["opened"]
    assert [alert.sources for alert in life.alerts] == [("a",), ("b",)]


def test_what_is_over_does_not_join_what_has_no_date() -> None:
    """Else yesterday's drift would live for as long as a rule is broken."""
    found = joined([problem(1, 2, over=True), problem(0, 90, monitor=RULES)])
    assert [one.over for one in found] == [True, False]


def test_two_alerts_that_turn_out_to_be_one_leave_the_older() -> None:
    life = Life()
    assert life.tell(problem(1, 2, "a"), problem(1, 2, "b")) == ["opened", "opened"]
    assert life.tell(problem(1, 3, "a", "b")) == ["resolved"]
    assert life.states == ["open", "resolved"]
    assert life.steps[-1] == ("resolved", "It is one problem with alert 1.")


problems = st.lists(
    st.builds(
        lambda first, length, names, over: problem(first, first + length, *names, over=over),
        st.integers(0, 20),
        st.integers(1, 5),
        st.sets(st.sampled_from("abcd"), min_size=1),
        st.booleans(),
    ),
    max_size=8,
)


@given(problems)
def test_joining_loses_nothing_and_ends(found: list[Told]) -> None:
    """Whatever is told is in one of them; joined once, nothing is left to join."""
    result = joined(found)
    for one in found:
        (holder,) = [
            r
            for r in result
            if set(one.sources) <= set(r.sources) and r.opened <= one.opened and one.last <= r.last
        ][:1]
        assert one.over or not holder.over
    again = joined(result)
    assert [(r.sources, r.opened, r.last, r.over) for r in again] == [
        (r.sources, r.opened, r.last, r.over) for r in result
    ]


@given(st.lists(problems, max_size=5))
def test_however_reports_change_nothing_lives_that_is_not_told(reports: list[list[Told]]) -> None:
    life = Life()
    for report in reports:
        before = [*life.alerts]
        life.tell(*report)
        living = [p for p in joined(report, before) if not p.over]
        assert sum(state != "resolved" for state in life.states) == len(living)
    left = life.states.count("open")
    assert life.tell() == ["resolved"] * left
    assert set(life.states) <= {"resolved"}


def test_what_people_were_told_of_goes_on_rather_than_an_older_warning() -> None:
    """They hear of one problem once, and the number that they have stays its number."""
    life = Life()
    life.tell(problem(1, 2, "a", tier="warning"))
    life.tell(problem(1, 2, "a", tier="warning"), problem(2, 2, "b"))
    assert [alert.tier for alert in life.alerts] == ["warning", "alert"]
    assert life.tell(problem(1, 3, "a", "b")) == ["resolved"], "the warning, and no alert is opened or raised"
    assert life.states == ["resolved", "open"]
    assert ("resolved", "It is one problem with alert 2.") in life.steps
