from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline
from leadline.reports import markdown, terminal
from leadline.reports.record import ColumnResult, Distribution, ReportRecord
from leadline.reports.terminal import Style

MakeColumn = Callable[..., ColumnResult]


def cells(line: str) -> int:
    """Terminal cells of a line, counted here on our own."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in line
    )


class Screen(io.StringIO):
    """A text stream that calls itself a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(
    small_record: ReportRecord, make_column: MakeColumn, width: int, unicode: bool
) -> None:
    wide = [make_column(name="a_column_with_a_very_long_name_" * 4), make_column(name="\u6536\u5165" * 20)]
    record = msgspec.structs.replace(small_record, columns=[*wide, *small_record.columns])
    text = terminal.render(record, Style(width, unicode=unicode))
    assert max(map(cells, text.splitlines())) <= width


def test_the_verdict_comes_first_and_the_worst_column_before_the_others(small_record: ReportRecord) -> None:
    text = terminal.render(small_record)
    assert text.splitlines()[0].startswith("▲ ALERT  1 of 5 columns changed")
    assert text.index("income") < text.index("purpose")


def test_a_column_shows_what_decided_with_interval_floor_and_p(small_record: ReportRecord) -> None:
    text = terminal.render(small_record, Style(120))
    line = next(line for line in text.splitlines() if "alert " in line and "income " in line)
    for part in ("alert", "KS", "KS 0.213", "0.191 to 0.235", "0.05", "<1e-9", "→"):
        assert part in line


def test_quiet_columns_are_one_line(small_record: ReportRecord) -> None:
    text = terminal.render(small_record)
    assert "2 columns quiet" in text
    assert "tenure" not in text


def test_columns_that_were_not_judged_are_grouped_by_reason(
    small_record: ReportRecord, make_column: MakeColumn
) -> None:
    few = {"verdict": "unknown", "reason": "fewer than 30 rows"}
    record = msgspec.structs.replace(
        small_record, columns=[make_column(name=f"c{i}", **few) for i in range(12)]
    )
    text = " ".join(terminal.render(record).split())
    assert "? 12 columns (c0, c1, c2, c3, c4, c5, c6, c7, …) not judged: fewer than 30 rows" in text
    one = msgspec.structs.replace(record, columns=[make_column(name="how many", **few)])
    assert "? “how many” not judged: fewer than 30 rows" in terminal.render(one)


def test_a_thousand_alerts_do_not_flood_the_screen(
    small_record: ReportRecord, make_column: MakeColumn
) -> None:
    record = msgspec.structs.replace(small_record, columns=[make_column(name=f"c{i}") for i in range(1000)])
    text = terminal.render(record)
    assert len(text.splitlines()) < 150
    assert "960 more columns with an alert or a warning" in text


def test_performance_shows_value_interval_reference_and_how_many_more_there_are(
    small_record: ReportRecord,
) -> None:
    text = terminal.render(small_record)
    assert "▲ ROC AUC 0.843 ±0.006 · reference 0.871" in text
    assert "1 more metric in the page and in the JSON" in text


def test_metrics_that_are_unknown_for_the_same_reason_share_a_line(small_record: ReportRecord) -> None:
    first = next(iter(small_record.performance.values()))
    values = {
        key: msgspec.structs.replace(
            first, reference=0.871, current=None, low=None, high=None, verdict="unknown", reason=reason
        )
        for key, reason in (("roc_auc", "no score"), ("accuracy", "no label"), ("brier", "no score"))
    }
    text = terminal.render(msgspec.structs.replace(small_record, performance=values), Style(120))
    assert "? not known: no score (reference: ROC AUC 0.871, Brier score 0.871)" in text
    assert "? not known: no label (reference: accuracy 0.871)" in text


def test_performance_without_values_says_why(small_record: ReportRecord) -> None:
    task = msgspec.structs.replace(small_record.task, kind=None, reason="no label was given", sentence="")
    record = msgspec.structs.replace(small_record, task=task, performance={})
    assert "performance not judged: no label was given" in terminal.render(record)


def test_broken_rules_are_shown_with_examples_and_kept_ones_counted(small_record: ReportRecord) -> None:
    text = terminal.render(small_record, Style(120))
    assert "▲ rule age: between 18 and 100: 3 of 5000 rows break it (7, -1)" in text
    assert "1 rule held" in text


def test_assumptions_and_the_promise_are_stated(small_record: ReportRecord) -> None:
    text = " ".join(terminal.render(small_record).split())
    assert "At most 1\u2009% of checks without a change alert".replace("\u2009", " ") in text
    assert "rows are taken as independent" in text


def test_colour_only_on_a_terminal(small_record: ReportRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    screen, file = Screen(), io.StringIO()
    terminal.write(small_record, screen)
    terminal.write(small_record, file)
    assert "\x1b[1;35m" in screen.getvalue()
    assert "\x1b" not in file.getvalue()


def test_no_color_is_honoured(small_record: ReportRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    terminal.write(small_record, screen)
    assert "\x1b" not in screen.getvalue()


def test_colour_changes_nothing_but_colour(small_record: ReportRecord) -> None:
    painted = terminal.render(small_record, Style(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == terminal.render(small_record)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_without_blocks_gets_ascii(small_record: ReportRecord, encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    terminal.write(small_record, stream)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "! ALERT" in text
    assert "ROC AUC 0.843 +-0.006 | reference 0.871" in text


@given(name=st.text(st.characters(codec=None), max_size=40), unicode=st.booleans())
def test_hostile_names_cannot_move_the_cursor_or_break_the_table(
    small_record: ReportRecord, name: str, unicode: bool
) -> None:
    column = msgspec.structs.replace(small_record.columns[0], name=name, sentence=f"{name} changed.")
    record = msgspec.structs.replace(small_record, columns=[column])
    text = terminal.render(record, Style(unicode=unicode))
    text.encode("utf-8" if unicode else "ascii")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert max(map(cells, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2024-01-01T08:00:00Z", "2024-03-31T23:00:00Z", "2024-01-01 to 2024-03-31"),
        ("2024-01-01T08:00:00Z", "2024-01-02T09:30:00Z", "2024-01-01 08:00 to 2024-01-02 09:30"),
        ("-290308-12-21T19:59:05.224193Z", "294247-01-10T04:00:54.775807Z", "-290308-12-21 to 294247-01-10"),
    ],
)
def test_a_span_of_days_is_said_without_the_time_of_day(
    small_record: ReportRecord, start: str, end: str, said: str
) -> None:
    side = msgspec.structs.replace(small_record.current, start=start, end=end, name="current")
    text = terminal.render(msgspec.structs.replace(small_record, current=side), Style(width=160))
    line = next(line for line in text.splitlines() if line.lstrip().startswith("current"))
    assert said in line
    assert ("08:00" in line) == ("08:00" in said)


def test_versions_and_rows_left_out_stand_below_their_side(small_record: ReportRecord) -> None:
    versions = {"7": 90, "6\x1b[2J": 10} | {f"5.{i}": 0 for i in range(4)}
    side = msgspec.structs.replace(small_record.current, rows_left_out=1234, versions=versions)
    lines = terminal.render(msgspec.structs.replace(small_record, current=side)).splitlines()
    place = next(i for i, line in enumerate(lines) if line.lstrip().startswith("current"))
    assert "1234 rows left out for their weight \u00b7 versions 7 (90\u2009%)" in lines[place + 1]
    assert "\x1b" not in lines[place + 1]


def test_few_values_are_a_bar_each(small_record: ReportRecord, make_column: MakeColumn) -> None:
    flag = Distribution(edges=[-0.5, 0.5, 1.5], labels=None, reference=[0.5, 0.5], current=[1.0, 0.0])
    record = msgspec.structs.replace(small_record, columns=[make_column(distribution=flag)])
    assert "\u2584\u2584 \u2192 \u2588 " in terminal.render(record, Style(width=100))


def test_floors_and_chances_of_all_rows_are_not_shown_where_windows_decide() -> None:
    """A window that alerts stands beside a table that hardly moved: its floor and p-value would mislead."""

    def traffic(first: str, days: int, shift: float) -> dict[str, np.ndarray]:
        day = np.repeat(np.arange(days), 60)
        values = np.random.default_rng(days).normal(0, 1, len(day)) + shift * (day >= days - 3)
        return {"timestamp": np.datetime64(first, "D") + day, "x": values}

    sides = traffic("2026-01-05", 60, 0.0), traffic("2026-03-06", 30, 1.5)
    by_windows = leadline.check(*sides, budget="1/30d").record
    assert by_windows.columns[0].verdict == "alert"
    head = next(line for line in terminal.render(by_windows).splitlines() if "decided by" in line)
    assert "all rows" in head
    assert "floor" not in head
    assert "adj. p" not in head
    assert "| - | - |" in markdown.render(by_windows)
    by_rows = leadline.check(*sides).record
    assert by_rows.columns[0].verdict == "alert"
    head = next(line for line in terminal.render(by_rows).splitlines() if "decided by" in line)
    assert "adj. p" in head
    assert "| - | - |" not in markdown.render(by_rows)


def test_rows_that_came_twice_are_told_though_no_column_changed() -> None:
    rng = np.random.default_rng(1)
    reference, current = ({"id": np.arange(500) * 7, "x": rng.normal(size=500)} for _ in range(2))
    twice = {name: np.concatenate([values, values]) for name, values in current.items()}
    record = leadline.check(reference, twice, id="id").record
    assert record.verdict == "ok"
    said = "50\u2009% of the rows repeat an id of an earlier row (0\u2009% in the reference)."
    assert said in record.summary
    assert said in " ".join(terminal.render(record).split("\n    "))
    assert said not in leadline.check(reference, current, id="id").record.summary
