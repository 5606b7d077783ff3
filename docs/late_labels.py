"""Draws docs/images/late-labels.svg: accuracy by day from the labels that have come, plain and corrected."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parent / "explanation" / "late-labels.md"
PICTURE = Path(__file__).resolve().parent / "images" / "late-labels.svg"
TRUTH = 0.7 * 0.9 + 0.3 * 0.7
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 280, 56, 16, 40
LOW, HIGH = 0.68, 0.92


def main() -> None:
    """Run the page's example and draw what it found."""
    example = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, object] = {}
    for block in example:
        exec(block, names)
    current, over_time = names["current"], names["over_time"]
    day = ((current["asked"] - np.datetime64("2026-03-02")) // np.timedelta64(1, "D")).astype(int)
    come = ~np.isnan(current["label"])
    right = come & (current["label"] == current["predicted"])
    plain = np.bincount(day[right], minlength=20) / np.bincount(day[come], minlength=20)
    PICTURE.write_text(drawn(plain, names["accuracy"], over_time.labels.maturity[-20:]), encoding="utf-8")


def drawn(plain: np.ndarray, series: object, maturity: list[float]) -> str:
    """The picture."""
    step = (WIDTH - LEFT - 150) / 20

    def x(day: float) -> float:
        return round(LEFT + (day + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(TOP + (HIGH - value) / (HIGH - LOW) * (HEIGHT - TOP - BOTTOM), 1)

    def path(points: list[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{a} {b}" for a, b in points)

    known = [i for i in range(20) if series.values[i - 20] is not None]
    line = [(x(i), y(series.values[i - 20])) for i in known]
    band = [(x(i), y(series.high[i - 20])) for i in known]
    band += [(x(i), y(series.low[i - 20])) for i in reversed(known)]
    seen = [i for i in range(20) if plain[i] >= LOW]
    parts = [
        f'<path d="M{LEFT} {y(TRUTH)}H{x(19.5)}" stroke="#9aa3ad" stroke-width="2"/>',
        f'<path d="{path(band)}Z" fill="#1f5fae" opacity=".14"/>',
        f'<path d="{path([(x(i), y(plain[i])) for i in seen])}" fill="none" stroke="#b7791f" '
        'stroke-width="1.5" stroke-dasharray="4 3"/>',
        f'<path d="{path(line)}" fill="none" stroke="#1f5fae" stroke-width="1.75"/>',
    ]
    parts += [f'<circle cx="{a}" cy="{b}" r="3" fill="#fbfaf6" stroke="#1f5fae"/>' for a, b in line]
    parts += [
        f'<text x="{LEFT - 8}" y="{y(v) + 4}" text-anchor="end">{v:.0%}</text>'
        for v in (0.7, 0.75, 0.8, 0.85, 0.9)
    ]
    parts += [
        f'<text x="{x(i)}" y="{HEIGHT - 22}" text-anchor="middle">{maturity[i]:.0%}</text>'
        for i in (0, 5, 10, 15, 19)
    ]
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">labels that have come, by day of the prediction</text>')
    ends = {
        "truth": (TRUTH, "#6b7785"),
        "corrected": (series.values[known[-1] - 20], "#1f5fae"),
        "as they came": (float(plain[seen[-1]]), "#8a5a12"),
    }
    heights = _apart([y(value) for value, _ in ends.values()])
    parts += [
        f'<text x="{x(19.5) + 8}" y="{height + 4}" fill="{ink}">{name}</text>'
        for height, (name, (_, ink)) in zip(heights, ends.items(), strict=True)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui" '
        f'font-size="12" fill="#1c2733"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _apart(heights: list[float], least: float = 15.0) -> list[float]:
    """Heights moved down until no two are closer than `least`."""
    out = list(heights)
    order = sorted(range(len(out)), key=out.__getitem__)
    for above, below in pairwise(order):
        out[below] = max(out[below], out[above] + least)
    return out


if __name__ == "__main__":
    main()
