from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from leadline.reports import markdown
from leadline.reports.record import ColumnResult, ReportRecord


def test_the_verdict_is_the_heading_and_the_worst_column_the_first_row(small_record: ReportRecord) -> None:
    lines = markdown.render(small_record).splitlines()
    assert lines[0].startswith("## Alert: 1 of 5 columns changed")
    rows = [line for line in lines if line.startswith("| `")]
    assert rows[0].startswith("| `income` | **alert** | Kolmogorov-Smirnov | 0.213 (0.191 to 0.235) | 0.05 |")
    assert rows[1].startswith("| `purpose` | warning |")


def test_performance_quiet_columns_rules_and_assumptions_are_there(small_record: ReportRecord) -> None:
    text = markdown.render(small_record)
    assert "| ROC AUC | 0.843 ±0.006 | 0.871 |" in text
    assert "2 columns quiet. 1 column not judged (`comment`: text is not judged)." in text
    assert "- rule on `age` (between 18 and 100): 3 of 5000 rows break it" in text
    assert "rows are taken as independent" in text


def test_a_comment_stays_within_what_a_forge_accepts(
    small_record: ReportRecord, make_column: Callable[..., ColumnResult]
) -> None:
    """GitHub refuses comments of more than 65,536 characters."""
    columns = [make_column(name=f"c{i}", sentence="long " * 2_000) for i in range(5_000)]
    text = markdown.render(msgspec.structs.replace(small_record, columns=columns))
    assert len(text) <= 60_000
    assert "more columns with an alert or a warning" in text


@given(name=st.text(st.sampled_from("|`*_<>@[]()\\\n\r#!~&ab \u2028\ud800"), min_size=1, max_size=20))
def test_hostile_names_stay_within_their_cell(small_record: ReportRecord, name: str) -> None:
    column = msgspec.structs.replace(small_record.columns[0], name=name, sentence=f"{name} changed")
    record = msgspec.structs.replace(small_record, columns=[column], headline=name, rules=[])
    text = markdown.render(record)
    text.encode("utf-8")
    row = next(line for line in text.splitlines() if "**alert**" in line)
    # As cmark-gfm splits a row: a backslash takes the next character with it.
    assert re.sub(r"\\.", "", row).count("|") == 8
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<" not in outside.replace("<sub>", "").replace("</sub>", "")
    assert not re.search(r"@(?!\u200b)", outside)


def test_a_quiet_headline_is_the_heading_alone_and_sides_tell_their_versions(
    small_record: ReportRecord,
) -> None:
    side = msgspec.structs.replace(small_record.current, rows_left_out=3, versions={"7": 3, "*6*": 1})
    record = msgspec.structs.replace(small_record, verdict="ok", headline="All quiet.", current=side)
    text = markdown.render(record)
    assert text.startswith("## All quiet.\n")
    assert "3 rows left out for their weight, versions 7 (75\u2009%), \\*6\\* (25\u2009%)" in text
