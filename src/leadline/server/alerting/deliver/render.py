"""Parcels as plain text and as HTML, and the small picture of an alert."""

from __future__ import annotations

from html import escape

from leadline.server.alerting.deliver.parcel import Parcel
from leadline.server.alerting.findings import Trend
from leadline.server.alerting.notice import Notice, lines, when

WIDTH, HEIGHT = 560, 120
_EDGE = 8


def text(parcel: Parcel) -> str:
    """All of it, as plain text."""
    if parcel.text is not None:
        return "\n".join([*parcel.text.lines, *filter(None, [parcel.text.link])]) + "\n"
    if len(parcel.notices) == 1:
        return "\n".join(lines(parcel.notices[0])) + "\n"
    found = [f"{len(parcel.notices)} alerts of one cause, {len(parcel.models)} models:", ""]
    for notice in parcel.notices:
        found += [f"- {notice.model}: {notice.what}", f"  since {when(notice.since)} {notice.link}".rstrip()]
    return "\n".join([*found, "", "What to do:", *(f"- {step}" for step in parcel.notices[0].steps)]) + "\n"


def html(parcel: Parcel) -> str:
    """The same as a page without script, without anything from elsewhere; all names are escaped."""
    body = "".join(f"<p>{escape(line)}</p>" for line in text(parcel).splitlines() if line)
    if len(parcel.notices) == 1:
        body = _notice(parcel.notices[0])
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head>'
        '<body style="font:15px/1.5 sans-serif;color:#1c2733;max-width:40em">'
        f'<h1 style="font-size:18px">{escape(parcel.subject)}</h1>{body}</body></html>'
    )


def _notice(notice: Notice) -> str:
    """Lines of a notice: a title with its list, or a paragraph."""
    found, items = [], []
    for line in [*lines(notice), ""]:
        if line.startswith("- "):
            items.append(f"<li>{escape(line[2:])}</li>")
            continue
        if items:
            found.append(f"<ul>{''.join(items)}</ul>")
            items = []
        if line and line == notice.link:
            found.append(f'<p><a href="{escape(line)}">{escape(line)}</a></p>')
        elif line:
            found.append(f"<p>{escape(line)}</p>")
    return "".join(found)


def picture(trend: Trend) -> str | None:
    """The trend as SVG: known windows as points, the limit as a dashed line, the alert's windows in magenta.

    None where fewer than two windows are known.
    """
    known = [(i, value) for i, value in enumerate(trend.values) if value is not None]
    if len(known) < 2:
        return None
    heights = [value for _, value in known] + ([trend.limit] if trend.limit is not None else [])
    least, most = min(heights), max(heights)
    across = (WIDTH - 2 * _EDGE) / max(len(trend.values) - 1, 1)
    up = (HEIGHT - 36) / ((most - least) or 1.0)

    def place(i: int, value: float) -> tuple[float, float]:
        return round(_EDGE + i * across, 1), round(HEIGHT - 14 - (value - least) * up, 1)

    points = [(i, *place(i, value)) for i, value in known]
    line = " ".join(f"{x},{y}" for _, x, y in points)
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="2.5" fill="{"#b5127a" if i >= trend.first else "#1f5fae"}"/>'
        for i, x, y in points
    )
    limit = ""
    if trend.limit is not None:
        y = place(0, trend.limit)[1]
        limit = f'<path d="M{_EDGE} {y}H{WIDTH - _EDGE}" stroke="#6b7785" stroke-dasharray="4 4"/>'
    title = escape(f"{trend.title}{f', {trend.unit}' if trend.unit else ''}")
    span = escape(f"{when(trend.starts[0])} to {when(trend.starts[-1])}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img">'
        f'<title>{title}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>'
        f'<text x="{_EDGE}" y="14" font-family="sans-serif" font-size="12" fill="#1c2733">{title}</text>'
        f'<text x="{WIDTH - _EDGE}" y="14" text-anchor="end" font-family="sans-serif" font-size="11"'
        f' fill="#5a6672">{span}</text>{limit}'
        f'<polyline points="{line}" fill="none" stroke="#1f5fae"/>{dots}</svg>'
    )
