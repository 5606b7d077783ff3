"""The report as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re

from leadline.reports import concept, monitors, over_time, words
from leadline.reports.record import ColumnResult, ReportRecord, Side, Verdict

_WORDS: dict[Verdict, str] = {"alert": "**alert**", "warning": "warning", "unknown": "not judged", "ok": "ok"}
_ROWS = 50
_CAUSES = 5
_LENGTH = 60_000


def render(record: ReportRecord) -> str:
    """Verdict, changed columns worst first, performance and assumptions; at most 60,000 characters.

    Names cannot break the table, form links, mention anyone or hold markup.
    """
    loud = [column for column in record.columns if column.verdict in ("alert", "warning")]
    rows = _ROWS
    while True:
        text = "\n\n".join(part for part in _parts(record, loud[:rows], len(loud)) if part) + "\n"
        if len(text) <= _LENGTH or rows == 0:
            return text[:_LENGTH]
        rows //= 2


def _parts(record: ReportRecord, shown: list[ColumnResult], loud: int) -> list[str]:
    # A quiet headline says so itself.
    verdict = "" if record.verdict == "ok" else f"{record.verdict.capitalize()}: "
    return [
        f"## {verdict}{_escaped(record.headline)}",
        "\n".join(f"- {_escaped(sentence)}" for sentence in record.summary[:_ROWS]),
        _causes(record),
        _columns(record, shown),
        _left_out(record, loud - len(shown)),
        _performance(record),
        _rules(record),
        _monitors(record),
        _over_time(record),
        "\n".join(f"- {_escaped(line)}" for line in concept.lines(record)),
        _foot(record),
    ]


def _columns(record: ReportRecord, columns: list[ColumnResult]) -> str:
    if not columns:
        return ""
    said = set(record.summary[:_ROWS])
    more = any((column.sentence or column.reason) not in said for column in columns)
    lines = ["| Column | Verdict | Decided by | Effect (95 % interval) | Floor | Adjusted p |" + " |" * more]
    lines.append("|---|---|---|---:|---:|---:|" + "---|" * more)
    for column in columns:
        effect = column.effect
        cells = (
            _code(column.name),
            _WORDS[column.verdict],
            _escaped(words.title(record, column.decided_by)) if column.decided_by else "",
            _escaped(_sized(record, column)),
            words.declared(effect.floor, effect.unit) if effect and not over_time.decided(record) else "-",
            "-" if over_time.decided(record) else _escaped(words.p_value(column.p_value_adjusted)),
            *([_escaped(column.sentence or column.reason)] if more else []),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _sized(record: ReportRecord, column: ColumnResult) -> str:
    """The effect with its interval, and its metric where another statistic decided."""
    effect = column.effect
    if effect is None or effect.metric == column.decided_by:
        return words.effect(effect)
    return f"{words.short(record, effect.metric)} {words.effect(effect)}"


def _left_out(record: ReportRecord, more: int) -> str:
    fine = [column for column in record.columns if column.verdict == "ok"]
    quiet = sum(column.effect is not None for column in fine)
    unknown = [column for column in record.columns if column.verdict == "unknown"]
    parts = [f"{words.counted(more, 'more column')} with an alert or a warning."] if more > 0 else []
    if quiet:
        parts.append(f"{words.counted(quiet, 'column')} quiet.")
    if len(fine) > quiet:
        parts.append(f"{words.counted(len(fine) - quiet, 'column')} whose values are not compared.")
    if unknown:
        named = "; ".join(f"{_code(column.name)}: {_escaped(column.reason)}" for column in unknown[:10])
        rest = "; ..." if len(unknown) > 10 else ""
        parts.append(f"{words.counted(len(unknown), 'column')} not judged ({named}{rest}).")
    return " ".join(parts)


def _performance(record: ReportRecord) -> str:
    keys = words.key_performance(record, limit=12)
    if not keys:
        reason = record.task.reason
        return f"Performance not judged: {_escaped(reason)}" if reason else ""
    lines = [
        "| Metric | Current | Reference | Change (95 % interval) | Verdict |",
        "|---|---:|---:|---:|---|",
    ]
    for key in keys:
        value = record.performance[key]
        between = words.interval(value.change_low, value.change_high)
        cells = (
            _escaped(words.title(record, key)),
            f"{words.number(value.current)} {words.half_width(value)}".rstrip(),
            words.number(value.reference),
            words.number(value.change) + (f" ({between})" if between else ""),
            _WORDS[value.verdict] if value.floor is not None or value.verdict != "ok" else "shown only",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rules(record: ReportRecord) -> str:
    broken = [rule for rule in record.rules if rule.verdict != "ok"]
    return "\n".join(
        f"- rule on {_code(rule.column)} ({_escaped(rule.rule)}): "
        + (
            f"{words.count(rule.broken)} of {words.counted(rule.rows, 'row')} break it"
            if rule.verdict == "alert"
            else _escaped(rule.reason)
        )
        for rule in broken[:_ROWS]
    )


def _monitors(record: ReportRecord) -> str:
    return "\n".join(f"- {_WORDS[verdict]}: {_escaped(text)}" for verdict, text in monitors.lines(record))


def _causes(record: ReportRecord) -> str:
    """The likely causes, then what they did to performance."""
    lines = [f"{place}. {_escaped(cause.sentence)}" for place, cause in enumerate(record.causes[:_CAUSES], 1)]
    if lines:
        when = f" ({record.explained})" if record.explained else ""
        lines.insert(0, f"Likely causes{when}:\n")
    return "\n".join([*lines, *(["", f"Harm: {_escaped(record.harm)}"] if record.harm else [])]).strip()


def _over_time(record: ReportRecord) -> str:
    if record.timeline is None:
        return ""
    first, *alerts = (_escaped(line) for line in over_time.lines(record))
    return "\n".join([first, *([""] if alerts else []), *(f"- {line}" for line in alerts)])


def _foot(record: ReportRecord) -> str:
    sides = f"{_side(record.reference, 'reference')}; {_side(record.current, 'current')}."
    rate = f"{over_time.promise(record)}."
    assumed = "; ".join(_escaped(assumption) for assumption in record.assumptions)
    assumptions = f" Assumptions: {assumed}." if assumed else ""
    return f"<sub>{sides} {rate}{assumptions}</sub>"


def _side(side: Side, noun: str) -> str:
    known = (words.counted(side.rows, f"{noun} row"), words.left_out(side), _escaped(words.versions(side)))
    return ", ".join(filter(None, known))


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = words.plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width character after @ keeps a category named "@team" from calling that team.
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", text).replace("@", "@\u200b")


def _code(text: str) -> str:
    """A name in code letters; a fence longer than any run of backticks within."""
    text = words.plain(text)
    if "|" in text or not text.strip():
        # A bar ends a table's cell even within code, and a backslash before it cannot be written there.
        return _escaped(text) or "(unnamed)"
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
