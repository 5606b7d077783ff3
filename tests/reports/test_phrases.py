from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np
import pytest

from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Change, Estimate
from leadline.monitors.joint import Decision
from leadline.monitors.outcomes import Scored
from leadline.reports import phrases
from leadline.reports.record import ColumnResult, ReportRecord, RuleResult, Task, Verdict

headline = partial(
    phrases.headline,
    worst="", rules=(), monitors=(), others=(), reference_rows=1, current_rows=1, unjudged=(),
)  # fmt: skip

MakeColumn = Callable[..., ColumnResult]
QUIET = Task(verdict="ok")
WORSE = Task(kind="binary", verdict="alert", sentence="ROC AUC got worse.")
BROKEN = RuleResult(column="age", rule="min 18", verdict="alert", broken=3, rows=5000)


def columns(make_column: MakeColumn, **verdicts: str) -> list[ColumnResult]:
    return [make_column(name=name, verdict=verdict) for name, verdict in verdicts.items()]


def test_harm_comes_before_what_changed(make_column: MakeColumn) -> None:
    found = columns(make_column, a="alert", b="alert", c="alert", d="alert", e="ok")
    text = headline("alert", found, WORSE, 6, worst="ROC AUC 0.87 to 0.84")
    assert (
        text == "Performance got worse (ROC AUC 0.87 to 0.84) and 4 of 5 columns changed: a, b, c and 1 more."
    )


def test_performance_that_fell_alone_says_that_no_column_changed(make_column: MakeColumn) -> None:
    assert headline("alert", columns(make_column, a="ok"), WORSE, 2) == (
        "Performance got worse at times and no column changed."
    )


def test_a_broken_rule_is_no_loss_of_performance(make_column: MakeColumn) -> None:
    found = columns(make_column, a="ok")
    assert headline("alert", found, QUIET, 2, rules=[BROKEN]) == "1 rule is broken."


def test_a_warning_says_may(make_column: MakeColumn) -> None:
    found = columns(make_column, a="warning", b="ok")
    assert headline("warning", found, QUIET, 2) == "1 of 2 columns may have changed: a."
    worse = msgspec.structs.replace(WORSE, verdict="warning")
    assert headline("warning", found, worse, 2, worst="F1 0.8 to 0.7") == (
        "Performance may have got worse (F1 0.8 to 0.7) and 1 of 2 columns may have changed: a."
    )


def test_quiet_tells_how_many_columns_could_not_be_judged(make_column: MakeColumn) -> None:
    found = columns(make_column, a="ok", b="unknown")
    assert headline("ok", found, QUIET, 1) == (
        "All quiet: no change worth an alert in 1 channel; 1 column could not be judged."
    )


def test_metrics_without_a_verdict_are_not_passed_over() -> None:
    assert headline("ok", [], QUIET, 2, unjudged=["ROC AUC"]) == (
        "All quiet: no change worth an alert in 2 channels; ROC AUC could not be judged."
    )


@pytest.mark.parametrize(
    ("reference", "current", "why"),
    [
        (0, 5, "the reference has no rows"),
        (5, 0, "the current table has no rows"),
        (0, 0, "both tables have no rows"),
    ],
)
def test_nothing_judged_names_the_empty_table(reference: int, current: int, why: str) -> None:
    text = headline("unknown", [], QUIET, 0, reference_rows=reference, current_rows=current)
    assert text == f"Nothing could be judged: {why}."


def test_nothing_judged_names_the_commonest_reason(make_column: MakeColumn) -> None:
    few = [make_column(name=f"c{i}", verdict="unknown", reason="too few rows") for i in range(2)]
    other = make_column(name="d", verdict="unknown", reason="no value in the reference")
    assert headline("unknown", [other, *few], QUIET, 0) == "Nothing could be judged: too few rows."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("income", "income"),
        ("a.b-c", "a.b-c"),
        ("monthly income", "“monthly income”"),
        ("", "“”"),
        ("a, b", "“a, b”"),
    ],
)
def test_a_name_that_would_not_read_as_one_word_is_quoted(name: str, said: str) -> None:
    assert phrases.named(name) == said


def test_the_summary_holds_harm_then_broken_rules_then_columns(
    make_column: MakeColumn, small_record: ReportRecord
) -> None:
    found = [make_column(name="a", verdict="alert", sentence="a shifted.")]
    assert phrases.summary(found, WORSE, small_record.performance, [BROKEN]) == [
        "ROC AUC got worse.",
        "age breaks its rule (min 18) in 3 of 5000 rows.",
        "a shifted.",
    ]


def test_a_long_summary_is_cut_and_says_so(make_column: MakeColumn) -> None:
    found = [make_column(name=f"c{i}", verdict="alert", sentence=f"c{i} shifted.") for i in range(13)]
    lines = phrases.summary(found, QUIET, {})
    assert len(lines) == 11
    assert lines[-1] == "3 more findings below."


@pytest.mark.parametrize(
    ("seconds", "said"), [(45, "45 seconds"), (3600, "1 hour"), (172_800, "2 days"), (604_800, "1 week")]
)
def test_a_duration_is_said_in_its_largest_whole_unit(seconds: float, said: str) -> None:
    assert phrases.duration(seconds) == said


def auc(verdict: Verdict, change: float, low: float, high: float) -> Scored:
    """A ROC AUC of 0.8 that changed, with the interval of that."""

    def measured(value: float) -> Estimate:
        return Estimate(np.array(value), size=np.array(100.0))

    decision = Decision("performance/roc_auc", verdict, "", "", None, 0.03, 0.3, 0.1, ())
    moved = Change(np.array(change), np.array(low), np.array(high), np.array(0.03))
    return Scored(
        METRICS["roc_auc"], measured(0.8), measured(0.8 + change), moved, (100, 100), 0.01, decision
    )


@pytest.mark.parametrize(
    ("change", "low", "high", "said"),
    [
        (-0.1, -0.18, -0.01, "is not clearly worse"),
        (-0.1, -0.21, 0.01, "held"),
        (-0.004, -0.006, -0.002, "held"),  # certain, and smaller than its floor
        (0.1, 0.01, 0.18, "got better"),
    ],
)
def test_a_loss_beyond_chance_that_raised_no_alert_is_not_said_to_have_held(
    change: float, low: float, high: float, said: str
) -> None:
    text = phrases.performance({"roc_auc": auc("ok", change, low, high)})
    assert text.startswith(f"ROC AUC {said}: ")


@pytest.mark.parametrize(
    ("change", "low", "high"), [(0.004, -0.002, 0.01), (0.05, 0.01, 0.09), (-0.01, -0.03, 0.01)]
)
def test_a_loss_of_some_windows_is_not_said_of_all_rows(change: float, low: float, high: float) -> None:
    """Numbers that do not say worse are not given as proof that it got worse."""
    found = auc("warning", change, low, high)
    assert phrases.ends(found) == ""
    assert phrases.performance({"roc_auc": found}).startswith(
        f"ROC AUC may have got worse at times: over all rows 0.800 to {0.8 + change:.3f}, a change of "
    )


def test_a_loss_of_all_rows_is_proved_by_their_numbers() -> None:
    found = auc("alert", -0.1, -0.18, -0.01)
    assert phrases.ends(found) == "ROC AUC 0.800 to 0.700"
    assert phrases.performance({"roc_auc": found}).startswith(
        "ROC AUC got worse: 0.800 to 0.700, a change of "
    )


def test_columns_of_which_nothing_can_be_compared_are_not_called_quiet(make_column: MakeColumn) -> None:
    found = [make_column(name="note", verdict="ok", effect=None, kind="text")]
    nothing = Task(kind=None, verdict="unknown", reason="no label column")
    assert headline("ok", found, nothing, 1) == (
        "No rise of missing values; no column has values that can be compared."
    )
    assert headline("ok", found, QUIET, 1).startswith("All quiet")


@pytest.mark.parametrize(
    ("before", "now", "told"), [(0.0, 0.5, True), (0.2, 0.5, False), (0.0, 0.001, False)]
)
def test_rows_that_are_sent_twice_are_told(before: float, now: float, told: bool) -> None:
    quality = {"duplicate_id_share": now, "duplicate_id_share_reference": before, "columns_added": None}
    said = ["50\u2009% of the rows repeat an id of an earlier row (0\u2009% in the reference)."]
    assert phrases.summary([], QUIET, {}, quality=quality) == (said if told else [])


def test_new_columns_are_told() -> None:
    assert phrases.summary([], QUIET, {}, quality={"columns_added": "a, b"}) == [
        "New and not judged: a and b."
    ]
