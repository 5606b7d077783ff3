"""Numbers, names and verdicts as people read them; shared by every rendering in text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from leadline.diagnosis.words import count as count
from leadline.diagnosis.words import counted as counted
from leadline.diagnosis.words import listed, percent
from leadline.diagnosis.words import number as number
from leadline.reports.record import Effect, PerformanceValue, ReportRecord, Side, Verdict

SEVERITY: dict[Verdict, int] = {"alert": 0, "warning": 1, "unknown": 2, "ok": 3}
"""Worst first."""

# Characters that could move a terminal's cursor, break a line of a table, or reverse the reading direction.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def plain(text: str) -> str:
    """Text on one line without control characters or lone surrogates (shown as U+FFFD)."""
    return _CONTROL.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates become U+FFFD."""
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


def amount(value: float | None, unit: str = "") -> str:
    """A number with its unit; shares in percent."""
    if value is None or not math.isfinite(value):
        return "-"
    if unit == "share":
        return percent(value)
    return f"{number(value)} {unit}" if unit else number(value)


_REPEATS = 0.005
"""Share of repeated rows or ids from which they are told, where the reference had fewer."""


def whole(quality: Mapping[str, Any]) -> list[str]:
    """What is to be said of the current table as a whole: repeated ids or rows, new columns."""
    said = []
    for key, what in (("duplicate_id_share", "an id"), ("duplicate_row_share", "all values")):
        before, now = quality.get(key + "_reference"), quality.get(key)
        if before is None or now is None or not before < _REPEATS <= now:
            continue
        said.append(
            f"{_repeating(quality, key)} of the rows repeat {what} of an earlier row"
            f" ({_repeating(quality, key + '_reference')} in the reference)."
        )
    added = [name for name in (quality.get("columns_added") or "").split(", ") if name]
    if added:
        said.append(f"New and not judged: {listed(added)}.")
    return said


def _repeating(quality: Mapping[str, Any], key: str) -> str:
    """`6.2 %`, or `6.2 % (4.9 % to 8.1 %)` where a sample says so."""
    share, low, high = (quality.get(key + end) for end in ("", "_low", "_high"))
    said = amount(share, "share")
    return said if low == high else f"{said} ({amount(low, 'share')} to {amount(high, 'share')})"


_VERSIONS = 4


def left_out(side: Side) -> str:
    """`12 rows left out for their weight`: rows that were not counted; "" where all were."""
    return f"{counted(side.rows_left_out, 'row')} left out for their weight" if side.rows_left_out else ""


def versions(side: Side) -> str:
    """`version 7`, or `versions 7 (88 %), 6 (12 %)`; "" where none is known."""
    total = sum(side.versions.values())
    if len(side.versions) <= 1:
        return "".join(f"version {name}" for name in side.versions)
    named = [f"{name} ({amount(rows / total, 'share')})" for name, rows in side.versions.items()]
    more = f" and {len(named) - _VERSIONS} more" if len(named) > _VERSIONS else ""
    return f"versions {', '.join(named[:_VERSIONS])}{more}"


def declared(value: float | None, unit: str = "") -> str:
    """A number that somebody chose (a floor, a rate), as it was chosen; "-" where there is none."""
    if value is None:
        return "-"
    return f"{100 * value:.6g}\u2009%" if unit == "share" else f"{value:.6g}"


def interval(low: float | None, high: float | None, unit: str = "") -> str:
    """`0.19 to 0.23`, or "" where there is no interval."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    if unit == "share":
        return f"{number(100 * low)} to {amount(high, unit)}"
    return f"{number(low)} to {number(high)}"


def p_value(value: float | None) -> str:
    """A p-value: two digits, `<1e-9` below that, "-" where there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    if value < 1e-9:
        return "<1e-9"
    return f"{value:.0e}".replace("e-0", "e-") if value < 1e-3 else f"{value:.2g}"


def half_width(value: PerformanceValue) -> str:
    """`±0.006` where the interval is nearly symmetric, else `(0.81 to 0.86)`; "" without interval."""
    if value.current is None or value.low is None or value.high is None:
        return ""
    below, above = value.current - value.low, value.high - value.current
    if min(below, above) >= 0.8 * max(below, above):
        return f"±{number(max(below, above))}"
    return f"({interval(value.low, value.high)})"


def title(record: ReportRecord, key: str) -> str:
    """The title of a metric: as declared, else its key in words."""
    declared = record.metrics.get(key)
    return declared.title if declared else key.replace("_", " ")


_SHORT = {
    "kolmogorov_smirnov": "KS",
    "total_variation": "TV",
    "chi_squared": "chi-squared",
    "mean_rank_shift": "mean rank",
    "largest_cell": "largest category",
}
"""What the field calls statistics where there is little room."""


def short(record: ReportRecord, key: str) -> str:
    """The short name of a statistic, else its title."""
    return _SHORT.get(key) or title(record, key)


def effect(value: Effect | None) -> str:
    """`0.21 (0.19 to 0.23)` with its unit, "" without effect."""
    if value is None or value.value is None:
        return ""
    between = interval(value.low, value.high, value.unit)
    return amount(value.value, value.unit) + (f" ({between})" if between else "")


def performance_line(record: ReportRecord, key: str) -> str:
    """`ROC AUC 0.843 ±0.006 · reference 0.871 · change −0.028 (−0.036 to −0.02)`."""
    value = record.performance[key]
    name = title(record, key)
    if value.current is None:
        line = f"{name}: {value.reason or 'no value'}"
        return f"{line} · reference {number(value.reference)}" if value.reference is not None else line
    parts = [f"{name} {number(value.current)} {half_width(value)}".rstrip()]
    if value.reference is not None:
        parts.append(f"reference {number(value.reference)}")
    if value.change is not None:
        between = interval(value.change_low, value.change_high)
        parts.append(f"change {number(value.change)}" + (f" ({between})" if between else ""))
    if value.verdict == "unknown" and value.reason:
        parts.append(f"not judged: {value.reason}")
    return " · ".join(parts)


def was(record: ReportRecord, key: str) -> str:
    """A metric of the reference alone: `ROC AUC 0.871`."""
    return f"{title(record, key)} {number(record.performance[key].reference)}"


def key_performance(record: ReportRecord, limit: int = 6) -> list[str]:
    """Keys of the metrics worth a line: those that alert or vote first, then the others, at most `limit`.

    Metrics without a value on either side are left out.
    """
    known = [
        key
        for key, value in record.performance.items()
        if value.current is not None or value.reference is not None
    ]

    def rank(key: str) -> tuple[int, bool]:
        value = record.performance[key]
        return SEVERITY[value.verdict], value.floor is None

    return sorted(known, key=rank)[:limit]


def bars(
    edges: Sequence[float] | None,
    shares: Sequence[float],
    width: int,
    span: tuple[float, float] | None = None,
) -> list[float]:
    """Shares redrawn as `width` bars: by position for numbers, the first cells for categories.

    Numeric mass is spread evenly within its cell, so that cells of unequal width draw a density.
    """
    if edges is None or len(edges) != len(shares) + 1:
        return [float(share) for share in shares[:width]]
    low, high = span or (edges[0], edges[-1])
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return [float(share) for share in shares[:width]]
    drawn = [0.0] * width
    for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
        start = min(max((left - low) / (high - low), 0.0), 1.0) * width
        stop = min(max((right - low) / (high - low), 0.0), 1.0) * width
        _spread(drawn, start, stop, share)
    return drawn


def _spread(drawn: list[float], start: float, stop: float, share: float) -> None:
    first, last = min(int(start), len(drawn) - 1), min(int(stop), len(drawn) - 1)
    if stop <= start:
        drawn[first] += share
        return
    for bar in range(first, last + 1):
        overlap = min(stop, bar + 1) - max(start, bar)
        drawn[bar] += share * max(overlap, 0.0) / (stop - start)


def central_span(
    edges: Sequence[float], reference: Sequence[float], current: Sequence[float]
) -> tuple[float, float]:
    """The range that holds all cells with more than 0.1 % of either side, so that a tail does not flatten
    the picture."""
    held = [i for i in range(len(reference)) if max(reference[i], current[i]) > 0.001]
    return (edges[held[0]], edges[held[-1] + 1]) if held else (edges[0], edges[-1])
