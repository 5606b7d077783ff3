from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as xml

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from leadline.reports import junit
from leadline.reports.record import ColumnResult, ReportRecord


def parsed(record: ReportRecord) -> xml.Element:
    return xml.fromstring(junit.render(record))


def cases(record: ReportRecord, suite: str) -> dict[str, xml.Element]:
    return {
        case.attrib["name"]: case for case in parsed(record).findall(f"testsuite[@name='{suite}']/testcase")
    }


def test_every_column_metric_and_rule_is_a_test_case(small_record: ReportRecord) -> None:
    assert list(cases(small_record, "leadline.columns")) == ["income", "purpose", "comment", "age", "tenure"]
    assert list(cases(small_record, "leadline.performance")) == ["brier", "roc_auc", "log_loss"]
    assert len(cases(small_record, "leadline.rules")) == 3


def test_alert_fails_unknown_is_skipped_warning_is_said_and_quiet_passes(small_record: ReportRecord) -> None:
    columns = cases(small_record, "leadline.columns")
    failure = columns["income"].find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "Income shifted down by 0.4 sd."
    assert "floor 0.05" in (failure.text or "")
    skipped = columns["comment"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "text is not judged"
    assert "never seen before" in (columns["purpose"].findtext("system-out") or "")
    assert len(columns["purpose"]) == 1
    assert len(columns["age"]) == 0


def test_the_counts_are_those_of_the_cases(small_record: ReportRecord) -> None:
    root = parsed(small_record)
    for element in (root, *root.findall("testsuite")):
        assert int(element.attrib["tests"]) == len(list(element.iter("testcase")))
        assert int(element.attrib["failures"]) == len(list(element.iter("failure")))
        assert int(element.attrib["skipped"]) == len(list(element.iter("skipped")))


def test_a_check_without_performance_says_why(small_record: ReportRecord) -> None:
    task = msgspec.structs.replace(small_record.task, kind=None, reason="no label was given")
    record = msgspec.structs.replace(small_record, performance={}, task=task)
    skipped = cases(record, "leadline.performance")["performance"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "no label was given"


@given(name=st.text(st.characters(codec=None), max_size=30))
def test_the_document_is_valid_whatever_the_names_hold(small_record: ReportRecord, name: str) -> None:
    """Control characters, lone surrogates, U+FFFE, markup."""
    column = msgspec.structs.replace(small_record.columns[0], name=name, sentence=name, reason=name)
    (case,) = cases(msgspec.structs.replace(small_record, columns=[column]), "leadline.columns").values()
    assert case.attrib["name"]


def test_columns_of_one_name_are_all_there(
    small_record: ReportRecord, make_column: Callable[..., ColumnResult]
) -> None:
    record = msgspec.structs.replace(small_record, columns=[make_column(), make_column()])
    suite = parsed(record).find("testsuite[@name='leadline.columns']")
    assert suite is not None
    assert suite.attrib["tests"] == "2"
