"""The report as one self-contained HTML file, and as a cell of a notebook.

The verdict, its summary, what changed and the performance are written as plain HTML, so that they can be
read where no script runs (mail, untrusted notebooks). The script, built from `ui/`, then draws the whole
report from the record that the page carries as JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from leadline.errors import ConfigurationError
from leadline.reports import monitors, over_time, words
from leadline.reports.record import (
    Budget,
    ColumnResult,
    Effect,
    HeatRow,
    PerformanceValue,
    ReportRecord,
    Side,
    Timeline,
    TimelineAlert,
    Verdict,
)

DIRECTORY = Path(__file__).parent / "page"
BUILD_COMMAND = "python hatch_build.py"

# Beyond this many quiet columns only their verdicts travel with the page; a wide report stays small.
QUIET_IN_FULL = 600
# In a map of more cells than this, only what colours a quiet row travels with the page, with fewer digits.
CELLS_IN_FULL = 60_000
STATIC_ROWS = 60
FRAME_HEIGHT = 720

_WORD: dict[Verdict, str] = {"alert": "Alert", "warning": "Warning", "unknown": "Not judged", "ok": "Quiet"}
_SHAPE: dict[Verdict, str] = {"alert": "▲", "warning": "◆", "unknown": "▨", "ok": "○"}
_SILENT_ROLES = frozenset({"id", "timestamp", "entity", "weight", "ignored", "version"})
# Significant digits; a picture needs fewer than a table.
_DIGITS = {"quality": 7, "distribution": 4, "explained": 4, "effect": 9}


def render(record: ReportRecord) -> str:
    """The report as one HTML page that asks for nothing else: it opens from disk, offline.

    Args:
        record: of any size; beyond 600 quiet columns the page leaves out the details of the quiet ones, and
            beyond 60,000 cells of columns by windows the effects of quiet rows.

    Returns:
        The page. Names and values of the data never become markup.

    Raises:
        ConfigurationError: the page was never built (a source checkout); names the command that does.
    """
    script, style = _asset("page.js"), _asset("page.css")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<link rel="icon" href="data:,">',
            f"<title>{_text(_title(record))}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            f'<div id="page">{static(record)}</div>',
            f'<script type="application/json" id="record">{embedded(record)}</script>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def notebook(record: ReportRecord) -> str:
    """The report as the HTML of a notebook cell: the page in a frame of its own.

    Where the notebook is not trusted, frames and styles are removed together, and the verdict as plain
    HTML comes to light.

    Raises:
        ConfigurationError: as `render`.
    """
    page = render(record).replace("&", "&amp;").replace("'", "&#39;")
    return (
        "<style>.leadline-plain:has(+ iframe){display:none}</style>"
        f'<div class="leadline-plain">{static(record)}</div>'
        f'<iframe title="Leadline report" sandbox="allow-scripts allow-downloads" height="{FRAME_HEIGHT}" '
        f"style=\"width:100%;height:{FRAME_HEIGHT}px;border:0;resize:vertical\" srcdoc='{page}'></iframe>"
    )


def embedded(record: ReportRecord) -> str:
    """The record as JSON that is safe inside a script element: ASCII only, and without `<`.

    Numbers are rounded to what can be read from a page (drawn shares to four significant digits, values in a
    column's own unit to seven, effects to nine, so that they round as their sentences do, others to five);
    nulls are left out, control characters and lone surrogates are shown as U+FFFD.
    """
    builtins = msgspec.to_builtins(_bounded(record))
    text = json.dumps(_compact(builtins, 5), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def static(record: ReportRecord) -> str:
    """The part of the report that needs no script: verdict, summary, what changed, performance."""
    loud = [column for column in record.columns if column.verdict in ("alert", "warning")]
    silent = sum(_is_silent(column) for column in record.columns)
    unjudged = sum(column.verdict == "unknown" and not _is_silent(column) for column in record.columns)
    quiet = len(record.columns) - len(loud) - unjudged - silent
    parts = ["<main>", _verdict(record), _causes(record)]
    if record.timeline is not None:
        parts.append(_over_time(record, record.timeline))
    if loud:
        parts.append(_changed(record, loud))
    parts += [_performance(record), _monitors(record)]
    rest = [f"{_text(words.counted(unjudged, 'column'))} not judged"] if unjudged else []
    rest.append(f"{_text(words.counted(quiet, 'column'))} quiet")
    rest += [f"{_text(words.counted(silent, 'column'))} whose values are not compared"] if silent else []
    parts.append(
        f'<p class="reason">{", ".join(rest)}. Scripts show their details and draw the distributions.</p>'
    )
    parts.append("</main>")
    return "".join(parts)


def _is_silent(column: ColumnResult) -> bool:
    """Whether the column's values are not compared by design."""
    if column.verdict in ("alert", "warning"):
        return False
    return column.role in _SILENT_ROLES or (column.verdict == "ok" and column.effect is None)


def _verdict(record: ReportRecord) -> str:
    word = "All quiet" if record.verdict == "ok" else _WORD[record.verdict]
    lines = "".join(f"<li>{_text(line)}</li>" for line in record.summary)
    assumed = "".join(f"<p>{_text(line)}</p>" for line in record.assumptions)
    return (
        f'<header class="verdict {record.verdict}"><div class="words">{_mark(record.verdict, word)}'
        f"<h1>{_text(record.headline)}</h1>{f'<ul>{lines}</ul>' if lines else ''}</div>"
        f'<dl class="compared"><dt class="reference">Reference</dt><dd>{_side(record.reference)}</dd>'
        f'<dt class="current">Current</dt><dd>{_side(record.current)}</dd><dt>Promise</dt>'
        f"<dd>{_text(over_time.promise(record))}</dd>"
        f"{f'<dt>Assumed</dt><dd>{assumed}</dd>' if assumed else ''}</dl></header>"
    )


def _side(side: Side) -> str:
    span = f", {_text(side.start[:10])} to {_text((side.end or '')[:10])}" if side.start else ""
    left_out = f", {_text(words.left_out(side))}" if side.rows_left_out else ""
    versions = f"<p>{_text(words.versions(side))}</p>" if side.versions else ""
    rows = _text(words.counted(side.rows, "row"))
    return f"<bdi>{_text(side.name)}</bdi><p>{rows}{left_out}{span}</p>{versions}"


def _causes(record: ReportRecord) -> str:
    if not record.causes and not record.harm:
        return ""
    listed = "".join(f"<li>{_text(cause.sentence)}</li>" for cause in record.causes[:STATIC_ROWS])
    harm = f'<p class="sentence">{_text(record.harm)}</p>' if record.harm else ""
    title = ("Likely causes" if listed else "Harm") + (f" ({record.explained})" if record.explained else "")
    return f"<section><h2>{title}</h2>{f'<ol>{listed}</ol>' if listed else ''}{harm}</section>"


def _over_time(record: ReportRecord, timeline: Timeline) -> str:
    budget = timeline.budget
    if timeline.versions:
        first, *each = over_time.lines(record)
        listed = "".join(f"<li>{_text(line)}</li>" for line in each[:STATIC_ROWS])
        return f'<section><h2>Over time</h2><p class="sentence">{_text(first)}</p><ul>{listed}</ul></section>'
    if budget is None:
        said = f"Windows are not judged: {timeline.reason}." if timeline.reason else "Windows are not judged."
        return f'<section><h2>Over time</h2><p class="reason">{_text(said)}</p></section>'
    rate = over_time.rate(budget)
    said = f"You allow {rate}" if budget.stated else f"Windows are shown at {rate}"
    expected = "" if budget.expected is None else f"; expected in the current windows: {budget.expected:.1f}"
    seen = words.counted(budget.observed, "alert") if budget.observed else "no alerts"
    unsupported = "" if budget.supported else f" This budget is not supported: {budget.reason}."
    alerts = "".join(f"<li>{_alert(timeline, alert)}</li>" for alert in _worst_first(timeline)[:STATIC_ROWS])
    if len(timeline.alerts) > STATIC_ROWS:
        alerts += f"<li>{len(timeline.alerts) - STATIC_ROWS} more</li>"
    sentence = _text(f"{said}{expected}; {seen} seen.{unsupported}")
    late = over_time.labels(timeline)
    labels = f'<p class="sentence">{_text(late)}</p>' if late else ""
    return (
        f'<section><h2>Over time</h2><p class="sentence">{sentence}</p>{labels}'
        f"{f'<ul>{alerts}</ul>' if alerts else ''}</section>"
    )


def _worst_first(timeline: Timeline) -> list[TimelineAlert]:
    """Alerts before warnings, open before closed, the latest first: as the script lists them."""
    return sorted(timeline.alerts, key=lambda a: (a.tier != "alert", a.closed is not None, -a.opened))


def _alert(timeline: Timeline, alert: TimelineAlert) -> str:
    starts = [window.start[:16].replace("T", " ") for window in timeline.windows]
    until = "still open" if alert.closed is None else f"closed {starts[alert.closed]}"
    when = f"since {starts[alert.opened]} UTC, {until}"
    return f'{_mark(alert.tier)} {_text(alert.sentence)} <span class="note">({_text(when)})</span>'


def _changed(record: ReportRecord, loud: list[ColumnResult]) -> str:
    rows = []
    for column in loud[:STATIC_ROWS]:
        effect = column.effect
        rows.append(
            f"<tr><td>{_mark(column.verdict)}</td><th scope=row><bdi>{_text(column.name)}</bdi></th>"
            f"<td>{_text(column.sentence or column.reason)}</td>"
            f"<td>{_text(words.title(record, effect.metric)) if effect else ''}</td>"
            f'<td class="n">{_text(words.effect(effect))}</td><td class="n">{_floor(effect)}</td>'
            f'<td class="n">{_text(words.p_value(column.p_value_adjusted))}</td></tr>'
        )
    more = len(loud) - STATIC_ROWS
    note = f'<p class="note">and {_text(words.counted(more, "more column"))}</p>' if more > 0 else ""
    return (
        '<section><h2>What changed</h2><div class="scroll"><table><thead><tr><th>Verdict</th><th>Column</th>'
        '<th>What happened</th><th>Measured by</th><th class="n">Effect</th><th class="n">Floor</th>'
        f'<th class="n">Adjusted p</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>{note}'
        "</section>"
    )


def _performance(record: ReportRecord) -> str:
    if not record.performance:
        reason = record.task.reason or "No performance was computed: there are no labels."
        return f'<section><h2>Performance</h2><p class="reason">{_text(reason)}</p></section>'
    rows = "".join(_performance_row(record, key, value) for key, value in record.performance.items())
    sentence = f'<p class="sentence">{_text(record.task.sentence)}</p>' if record.task.sentence else ""
    return (
        f'<section><h2>Performance</h2>{sentence}<div class="scroll"><table><thead><tr><th>Metric</th>'
        '<th class="n">Reference</th><th class="n">Current</th><th class="n">Change</th><th>Verdict</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></section>"
    )


def _performance_row(record: ReportRecord, key: str, value: PerformanceValue) -> str:
    name = f"<tr><th scope=row>{_text(words.title(record, key))}</th>"
    if value.current is None and value.reference is None:
        return f'{name}<td colspan=4 class="note">{_text(value.reason or "no value")}</td></tr>'
    verdict = _mark(value.verdict) if value.verdict != "ok" else ""
    now = f"{words.number(value.current)} {words.half_width(value)}"
    return (
        f'{name}<td class="n was">{_text(words.number(value.reference))}</td>'
        f'<td class="n">{_text(now)}</td>'
        f'<td class="n">{_text(words.number(value.change))}</td><td>{verdict}</td></tr>'
    )


def _monitors(record: ReportRecord) -> str:
    listed = [f"<li>{_mark(verdict)} {_text(line)}</li>" for verdict, line in monitors.lines(record)]
    return f"<section><h2>Monitors</h2><ul>{''.join(listed)}</ul></section>" if listed else ""


def _mark(verdict: Verdict, word: str | None = None) -> str:
    shape = f'<span aria-hidden="true">{_SHAPE[verdict]}</span>'
    return f'<span class="mark {verdict}">{shape} {word or _WORD[verdict]}</span>'


def _floor(effect: Effect | None) -> str:
    return _text(words.declared(effect.floor, effect.unit)) if effect else "-"


def _text(value: str) -> str:
    """Data as text of the page: escaped, on one line, without control characters and lone surrogates."""
    return escape(_clean(value))


def _clean(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    # A thin space lets a number break at the end of a line; its narrow sister does not.
    return words.plain(value).replace("\u2009", "\u202f")


def _title(record: ReportRecord) -> str:
    return f"{_WORD[record.verdict]} · {record.current.name} · Leadline"


def _bounded(record: ReportRecord) -> ReportRecord:
    quiet = sum(column.verdict == "ok" for column in record.columns)
    if quiet > QUIET_IN_FULL:
        columns = [_bare(column) if column.verdict == "ok" else column for column in record.columns]
        record = msgspec.structs.replace(record, columns=columns)
    timeline = record.timeline
    if timeline is None or len(timeline.heat) * len(timeline.windows) <= CELLS_IN_FULL:
        return record
    heat = [_faint(row, timeline.budget) for row in timeline.heat]
    return msgspec.structs.replace(record, timeline=msgspec.structs.replace(timeline, heat=heat))


def _faint(row: HeatRow, budget: Budget | None) -> HeatRow:
    threshold = None if budget is None else budget.threshold_warning or budget.threshold
    if threshold is None:
        return HeatRow(row.source, row.tier, [], [None if e is None else round(e, 2) for e in row.effect])
    highest = max((value for value in row.surprise if value is not None), default=0.0)
    if row.tier or highest >= threshold:
        return row
    surprise = [None if value is None else float(math.floor(value)) for value in row.surprise]
    return HeatRow(row.source, row.tier, surprise, [])


def _bare(column: ColumnResult) -> ColumnResult:
    note = "Its details are in the JSON of this report; the page leaves them out to stay small."
    reason = f"{column.reason}. {note}" if column.reason else note
    return msgspec.structs.replace(
        column, reason=reason, votes=[], quality={}, quality_reasons={}, drift={}, distribution=None
    )


def _compact(value: Any, digits: int) -> Any:
    if isinstance(value, float):
        return _rounded(value, digits)
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            if item is None:
                continue
            some = _edges(item) if key == "edges" and item else _compact(item, _DIGITS.get(key, digits))
            if some is not None:
                found[_clean(key)] = some
        return found
    if isinstance(value, list):
        return [_compact(item, digits) for item in value]
    return value


def _edges(edges: list[float]) -> list[float | int | None]:
    """Edges with the digits that keep a cell's width to a thousandth, however far from zero they lie."""
    widths = [right - left for left, right in pairwise(edges) if right > left]
    largest = max(map(abs, edges))
    if not widths or not 0 < largest < math.inf:
        return [_rounded(edge, 15) for edge in edges]
    digits = 4 + math.ceil(math.log10(max(1.0, largest / min(widths))))
    return [_rounded(edge, min(15, digits)) for edge in edges]


def _rounded(value: float, digits: int) -> float | int | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < 10**digits:
        return int(value)
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    path = DIRECTORY / name
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "the report page has not been built",
            where=str(path),
            next_step=f"Build it with: {BUILD_COMMAND} (in a checkout; wheels contain it).",
        ) from None
    return text.strip()
