"""The report as JUnit XML, so that any continuous integration shows it as tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as xml

from leadline.reports import words
from leadline.reports.monitors import backtested
from leadline.reports.record import (
    ColumnResult,
    MonitorResult,
    PerformanceValue,
    ReportRecord,
    RuleResult,
    Verdict,
)

# XML 1.0 has no way to write these, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Case:
    suite: str
    name: str
    verdict: Verdict
    message: str
    details: str = ""


def render(record: ReportRecord) -> bytes:
    """One test case for each column, performance metric, rule and monitor, as a UTF-8 XML document.

    An alert is a failure, a column that could not be judged is skipped, a warning goes to `system-out`.
    Characters that XML cannot hold become U+FFFD.
    """
    cases = [
        *(_column(record, column) for column in record.columns),
        *(_metric(record, key, value) for key, value in record.performance.items()),
        *(_rule(rule) for rule in record.rules),
        *(_monitor(monitor) for monitor in record.monitors),
    ]
    if not record.performance:
        reason = record.task.reason or "no performance in this check"
        cases.append(_Case("performance", "performance", "unknown", reason))
    root = xml.Element("testsuites", _counts(cases) | {"name": "leadline"})
    for suite in ("columns", "performance", "rules", "monitors"):
        members = [case for case in cases if case.suite == suite]
        if members:
            element = xml.SubElement(root, "testsuite", _counts(members) | {"name": f"leadline.{suite}"})
            for case in members:
                _append(element, case)
    xml.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="utf-8") + b"\n"


def _counts(cases: list[_Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.verdict == "alert" for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.verdict == "unknown" for case in cases)),
        "time": "0",
    }


def _append(suite: xml.Element, case: _Case) -> None:
    element = xml.SubElement(
        suite,
        "testcase",
        {"classname": f"leadline.{case.suite}", "name": _valid(case.name) or "(unnamed)", "time": "0"},
    )
    message, details = _valid(case.message), _valid(case.details)
    if case.verdict == "alert":
        xml.SubElement(element, "failure", {"message": message, "type": "alert"}).text = details or message
    elif case.verdict == "unknown":
        xml.SubElement(element, "skipped", {"message": message})
    elif case.verdict == "warning":
        xml.SubElement(element, "system-out").text = f"warning: {message}\n{details}".rstrip()


def _column(record: ReportRecord, column: ColumnResult) -> _Case:
    details = [column.reason]
    if column.effect is not None and column.decided_by:
        floor = (
            f", floor {words.declared(column.effect.floor, column.effect.unit)}"
            if column.effect.floor
            else ""
        )
        by = (
            ""
            if column.decided_by == column.effect.metric
            else f", by {words.short(record, column.decided_by)}"
        )
        details.append(
            f"{words.title(record, column.effect.metric)} {words.effect(column.effect)}{floor}{by}"
        )
    if column.p_value_adjusted is not None:
        details.append(f"adjusted p {words.p_value(column.p_value_adjusted)}")
    return _Case(
        "columns",
        column.name,
        column.verdict,
        column.sentence or column.reason,
        "\n".join(filter(None, details)),
    )


def _metric(record: ReportRecord, key: str, value: PerformanceValue) -> _Case:
    # A metric without a value is skipped even where it does not vote: silence would read as a pass.
    verdict: Verdict = "unknown" if value.current is None and value.verdict == "ok" else value.verdict
    return _Case("performance", key, verdict, words.performance_line(record, key))


def _rule(rule: RuleResult) -> _Case:
    message = rule.reason or f"{words.count(rule.broken)} of {words.counted(rule.rows, 'row')} break it"
    details = "\n".join([message, *(f"example: {example}" for example in rule.examples)])
    return _Case("rules", f"{rule.column}: {rule.rule}", rule.verdict, message, details)


def _monitor(monitor: MonitorResult) -> _Case:
    rate = backtested(monitor)
    details = [alert.sentence for alert in monitor.alerts] + ([f"Backtested: {rate}."] if rate else [])
    details += [f"Runbook: {monitor.runbook}"] if monitor.runbook else []
    return _Case("monitors", monitor.name, monitor.verdict, monitor.sentence, "\n".join(details))


def _valid(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
