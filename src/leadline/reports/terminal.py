"""The report as a compact table for a terminal, worst first."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from leadline.diagnosis.words import named
from leadline.reports import concept, monitors, over_time, words
from leadline.reports.record import ColumnResult, Effect, ReportRecord, RuleResult, Side, Verdict

_MARKS: dict[Verdict, tuple[str, str]] = {
    "alert": ("▲", "!"),
    "warning": ("△", "~"),
    "unknown": ("?", "?"),
    "ok": ("·", "."),
}
_COLOURS: dict[Verdict, str] = {"alert": "1;35", "warning": "33", "unknown": "2", "ok": "32"}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = " .:-=+*#@"
_ASCII_WORDS = str.maketrans(
    {
        "\u00b7": "|",
        "\u00b1": "+-",
        "\u2212": "-",
        "\u2013": "-",
        "\u2026": "~",
        "\u2192": ">",
        "\u2009": " ",
        "\u00d7": "x",
        "\u201c": '"',
        "\u201d": '"',
        "\u2264": "<=",
        "\u2265": ">=",
    }
)
_ROWS = 40
_BARS = 10
_CAUSES = 5


@dataclass(frozen=True, slots=True)
class Style:
    """How to draw.

    Attributes:
        width: columns of the terminal, at least 60.
        colour: write ANSI colours.
        unicode: the stream can encode block characters; else ASCII.
    """

    width: int = 80
    colour: bool = False
    unicode: bool = True

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """The style that fits a stream: colour on a terminal unless NO_COLOR is set, ASCII where it must."""
        terminal = bool(getattr(stream, "isatty", lambda: False)())
        colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((80, 24)).columns if terminal else 80
        return cls(max(60, min(width, 160)), colour, _can_encode(stream))

    def paint(self, text: str, verdict: Verdict) -> str:
        return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if self.colour else text

    def mark(self, verdict: Verdict) -> str:
        return _MARKS[verdict][0 if self.unicode else 1]

    def text(self, text: str) -> str:
        """Text for one line of this terminal: nothing that moves its cursor, nothing it cannot encode."""
        text = words.plain(text)
        if self.unicode:
            return text
        return text.translate(_ASCII_WORDS).encode("ascii", "backslashreplace").decode("ascii")


def _can_encode(stream: TextIO) -> bool:
    try:
        _BLOCKS.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write(record: ReportRecord, stream: TextIO | None = None) -> None:
    """Print the report to a stream (standard output by default), in the style that fits it."""
    stream = sys.stdout if stream is None else stream
    style = Style.of(stream)
    text = render(record, style)
    # A terminal may know the blocks and still lack a letter of some column's name.
    encoding = getattr(stream, "encoding", None) or "ascii"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def render(record: ReportRecord, style: Style | None = None) -> str:
    """The report as text, ending in a newline: verdict, columns worst first, performance, assumptions."""
    style = style or Style()
    sections = [
        _head(record, style),
        _columns(record, style) + _table_itself(record, style),
        _causes(record, style),
        _unknown(record, style),
        _performance(record, style),
        _rules(record.rules, style),
        _monitors(record, style),
        _over_time(record, style),
        _concept(record, style),
        _foot(record, style),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _wrap(text: str, style: Style, first: str = "", rest: str | None = None) -> list[str]:
    """Text folded at spaces (within a word only where it is longer than a line)."""
    rest = " " * len(first) if rest is None else rest
    lines, line, room = [], first, style.width - len(first)
    # Only at spaces: a thin space stands within a number.
    for word in filter(None, style.text(text).split(" ")):
        gap = " " if line.strip() and line not in (first, rest) else ""
        if gap and _width(word) + 1 > room:
            lines.append(line)
            line, room, gap = rest, style.width - len(rest), ""
        room -= len(gap)
        line += gap
        for piece in _pieces(word, room, style.width - len(rest)):
            if _width(piece) > room:
                lines.append(line)
                line, room = rest, style.width - len(rest)
            line += piece
            room -= _width(piece)
    return [*lines, line.rstrip()]


def _pieces(word: str, room: int, line: int) -> Iterable[str]:
    """A word as a whole where it fits, else character by character."""
    return (word,) if _width(word) <= max(room, line) else word


def _head(record: ReportRecord, style: Style) -> list[str]:
    word = f"{style.mark(record.verdict)} {record.verdict.upper()}"
    lines = _wrap(record.headline, style, " " * (len(word) + 2))
    lines[0] = style.paint(word, record.verdict) + "  " + lines[0][len(word) + 2 :]
    return lines + _side("reference", record.reference, style) + _side("current", record.current, style)


def _table_itself(record: ReportRecord, style: Style) -> list[str]:
    lines = [_wrap(f"{style.mark('ok')} {text}", style, rest="    ") for text in words.whole(record.quality)]
    return [line for folded in lines for line in folded]


def _side(noun: str, side: Side, style: Style) -> list[str]:
    when = _span(side.start, side.end) if side.start and side.end else ""
    name = "" if side.name == noun else side.name
    lines = [f"  {noun:<9}  {' · '.join(filter(None, (words.counted(side.rows, 'row'), when, name)))}"]
    if more := " · ".join(filter(None, (words.left_out(side), words.versions(side)))):
        lines.append(f"{'':<13}{more}")
    return [_fit(style.text(line), style.width, style) for line in lines]


def _span(start: str, end: str) -> str:
    """`2024-01-05 to 2024-02-04`; with the time of day where it is one day, or one and the next."""
    moments = [time.partition("T") for time in (start, end)]
    try:
        first, last = (date.fromisoformat(day) for day, _, _ in moments)
        long = (last - first).days > 1
    except ValueError:  # years beyond 1..9999
        long = True
    return " to ".join(day if long else f"{day} {clock[:5]}" for day, _, clock in moments)


def _columns(record: ReportRecord, style: Style) -> list[str]:
    loud = [column for column in record.columns if column.verdict in ("alert", "warning")]
    quiet = [column for column in record.columns if column.verdict == "ok"]
    silent = [column for column in quiet if column.effect is None]
    lines = _table(record, loud[:_ROWS], style) if loud else []
    if len(loud) > _ROWS:
        lines.append(f"  {words.counted(len(loud) - _ROWS, 'more column')} with an alert or a warning")
    mark = style.paint(style.mark("ok"), "ok")
    if len(quiet) > len(silent):
        lines.append(f"{mark} {words.counted(len(quiet) - len(silent), 'column')} quiet")
    if silent:
        text = f"{words.counted(len(silent), 'column')} whose values are not compared ({_some(silent)})"
        folded = _wrap(f"{style.mark('ok')} {text}", style, rest="    ")
        lines += [style.paint(folded[0][:1], "ok") + folded[0][1:], *folded[1:]]
    return [style.text(line) if not style.unicode else line for line in lines]


_HEADS = ("", "column", "decided by", "effect", "95 % interval", "floor", "adj. p")
_BY_WINDOWS = ("", "column", "decided by", "all rows", "95 % interval", "", "")
"""The same where windows decide: what all rows together say is beside the point."""
_LEAST = {1: 12, 2: 10}
"""Names give way first, then titles; both keep enough to be recognised."""
_SPARED = (4, 5)
"""Cells that a narrow terminal does without: the interval, then the floor."""


def _table(record: ReportRecord, columns: Sequence[ColumnResult], style: Style) -> list[str]:
    heads = _BY_WINDOWS if over_time.decided(record) else _HEADS
    rows = [heads, *(_cells(record, column, style) for column in columns)]
    widths = _widths(rows, style.width)
    spare = style.width - sum(widths) - 2 * (sum(map(bool, widths)) - 1)
    beside = spare >= 2 * _BARS + 5
    lines = [_line(heads, widths, style)]
    for column, cells in zip(columns, rows[1:], strict=True):
        line, drawn = _line(cells, widths, style), _picture(column, style)
        mark = len(cells[0])
        painted = style.paint(line[:mark], column.verdict) + line[mark:]
        lines.append(f"{painted}  {drawn}" if beside and drawn else painted)
        lines += _said(column, "" if beside else drawn, style)
    return lines


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Width of each cell of the table so that a line fits; 0 for cells left out."""
    widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    least = [min(full, _LEAST.get(index, full)) for index, full in enumerate(widths)]
    for index in _SPARED:
        if sum(least) + 2 * (sum(map(bool, least)) - 1) > width:
            least[index] = widths[index] = 0
    over = sum(widths) + 2 * (sum(map(bool, widths)) - 1) - width
    for index in _LEAST:
        give = min(max(over, 0), widths[index] - least[index])
        widths[index] -= give
        over -= give
    return widths


def _said(column: ColumnResult, drawn: str, style: Style) -> list[str]:
    """The finding in words, below its line, with the picture where that found no place beside it."""
    text = column.sentence or column.reason
    if not drawn:
        return _wrap(text, style, "    ") if text else []
    indent = " " * (len(drawn) + 6)
    folded = _wrap(text, style, indent)
    folded[0] = f"    {drawn}  " + folded[0][len(indent) :]
    return [line.rstrip() for line in folded]


def _cells(record: ReportRecord, column: ColumnResult, style: Style) -> tuple[str, ...]:
    effect = column.effect
    decided = column.decided_by or ""
    by_windows = over_time.decided(record)
    return (
        f"{style.mark(column.verdict)} {column.verdict}",
        style.text(column.name),
        style.text(words.short(record, decided)) if decided else "-",
        style.text(_sized(record, effect)) if effect else "-",
        style.text(words.interval(effect.low, effect.high, effect.unit)) if effect else "",
        "" if by_windows else style.text(words.declared(effect.floor, effect.unit)) if effect else "-",
        "" if by_windows else words.p_value(column.p_value_adjusted) if decided else "-",
    )


def _sized(record: ReportRecord, effect: Effect) -> str:
    """`KS 0.213`, or `3.1 %`: the effect need not be measured by the statistic that decided."""
    size = words.amount(effect.value, effect.unit)
    return size if effect.unit == "share" else f"{words.short(record, effect.metric)} {size}"


def _line(cells: Sequence[str], widths: Sequence[int], style: Style) -> str:
    fitted = [
        _pad(_fit(cell, width, style), width, right=index in (3, 5, 6))
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        if width
    ]
    return "  ".join(fitted).rstrip()


def _picture(column: ColumnResult, style: Style) -> str:
    """Reference and current as two small histograms on one scale; "" where there is nothing to draw."""
    drawn = column.distribution
    if drawn is None or not drawn.reference or not drawn.current:
        return ""
    # Few cells hold a value each: they are a bar each, like categories.
    edges = drawn.edges if len(drawn.reference) > _BARS else None
    span = words.central_span(edges, drawn.reference, drawn.current) if edges else None
    sides = [words.bars(edges, shares, _BARS, span) for shares in (drawn.reference, drawn.current)]
    top = max((share for side in sides for share in side), default=0.0)
    if not top > 0:
        return ""
    blocks = _BLOCKS if style.unicode else _ASCII_BLOCKS
    arrow = " → " if style.unicode else " > "
    return arrow.join("".join(_block(share / top, blocks) for share in side) for side in sides)


def _block(height: float, blocks: str) -> str:
    if height <= 0:
        return blocks[0]
    return blocks[max(1, min(len(blocks) - 1, round(height * (len(blocks) - 1))))]


def _unknown(record: ReportRecord, style: Style) -> list[str]:
    """Columns that could not be judged, one line for each reason."""
    by_reason: dict[str, list[ColumnResult]] = {}
    for column in record.columns:
        if column.verdict == "unknown":
            by_reason.setdefault(column.reason or "no reason given", []).append(column)
    lines: list[str] = []
    for reason, columns in list(by_reason.items())[:_ROWS]:
        text = f"{style.mark('unknown')} {_these(columns)} not judged: {reason}"
        lines += _wrap(text, style, rest="    ")
    return lines


def _these(columns: Sequence[ColumnResult]) -> str:
    """`temp`, or `12 columns (c0, c1, ...)`: named first, as the reason may be long."""
    if len(columns) == 1:
        return named(columns[0].name)
    return f"{words.counted(len(columns), 'column')} ({_some(columns)})"


def _some(columns: Sequence[ColumnResult]) -> str:
    return ", ".join(column.name for column in columns[:8]) + (", …" if len(columns) > 8 else "")


def _performance(record: ReportRecord, style: Style) -> list[str]:
    lines: list[str] = []
    keys = words.key_performance(record)
    unknown: dict[str, list[str]] = {}
    for key in keys:
        value = record.performance[key]
        if value.current is None:
            unknown.setdefault(value.reason or "no value", []).append(key)
            continue
        mark = style.mark(value.verdict)
        line = f"{mark} {words.performance_line(record, key)}"
        folded = _wrap(line, style, rest="      ")
        folded[0] = style.paint(folded[0][: len(mark)], value.verdict) + folded[0][len(mark) :]
        lines += folded
    for reason, same in unknown.items():
        before = ", ".join(words.was(record, key) for key in same)
        lines += _wrap(
            f"{style.mark('unknown')} not known: {reason} (reference: {before})", style, rest="      "
        )
    if not keys:
        return _wrap(f"performance not judged: {record.task.reason}", style) if record.task.reason else []
    more = len(record.performance) - len(keys)
    if more > 0:
        lines += _wrap(f"{words.counted(more, 'more metric')} in the page and in the JSON", style, "  ")
    if record.task.sentence:
        lines = _wrap(record.task.sentence, style) + lines
    return lines


def _rules(rules: Iterable[RuleResult], style: Style) -> list[str]:
    rules = list(rules)
    lines: list[str] = []
    for rule in [rule for rule in rules if rule.verdict != "ok"][:_ROWS]:
        found = (
            f"{words.count(rule.broken)} of {words.counted(rule.rows, 'row')} break it"
            if rule.verdict == "alert"
            else rule.reason
        )
        examples = f" ({', '.join(rule.examples[:3])})" if rule.examples else ""
        text = f"{style.mark(rule.verdict)} rule {rule.column}: {rule.rule}: {found}{examples}"
        lines += _wrap(text, style, rest="    ")
    held = sum(rule.verdict == "ok" for rule in rules)
    if held:
        lines.append(f"{style.mark('ok')} {words.counted(held, 'rule')} held")
    return lines


def _monitors(record: ReportRecord, style: Style) -> list[str]:
    lines: list[str] = []
    for verdict, text in monitors.lines(record):
        folded = _wrap(f"{style.mark(verdict)} {text}", style, rest="    ")
        lines += [style.paint(folded[0][:1], verdict) + folded[0][1:], *folded[1:]]
    return lines


def _causes(record: ReportRecord, style: Style) -> list[str]:
    """The likely causes, then what they did to performance."""
    shown = record.causes[:_CAUSES]
    lines = [f"Likely causes{f' ({record.explained})' if record.explained else ''}"] if shown else []
    for place, cause in enumerate(shown, 1):
        lines += _wrap(cause.sentence, style, f"  {place}. ", "     ")
    return lines + (_wrap(f"Harm: {record.harm}", style) if record.harm else [])


def _over_time(record: ReportRecord, style: Style) -> list[str]:
    if record.timeline is None:
        return []
    first, *alerts = over_time.lines(record)
    return [*_wrap(first, style), *(line for text in alerts for line in _wrap(text, style, "  ", "      "))]


def _concept(record: ReportRecord, style: Style) -> list[str]:
    return [line for text in concept.lines(record) for line in _wrap(text, style, "", "  ")]


def _foot(record: ReportRecord, style: Style) -> list[str]:
    assumed = "; ".join(record.assumptions)
    text = f"{over_time.promise(record)}."
    return _wrap(f"{text} Assumptions: {assumed}." if assumed else text, style)


def _width(text: str) -> int:
    """Terminal cells that a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _fit(text: str, width: int, style: Style) -> str:
    """Text cut to a number of cells, with an ellipsis where something was cut."""
    if _width(text) <= width:
        return text
    cut = ""
    for char in text:
        if _width(cut + char) > width - 1:
            break
        cut += char
    return cut + ("…" if style.unicode else "~")


def _pad(text: str, width: int, *, right: bool) -> str:
    space = " " * max(0, width - _width(text))
    return space + text if right else text + space
