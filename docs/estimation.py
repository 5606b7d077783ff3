"""Draws docs/images/estimation.svg: accuracy by day, realised and estimated without labels."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "explanation" / "estimation.md"
PICTURE = Path(__file__).resolve().parent / "images" / "estimation.svg"
DAYS = 30
PHASES = {"nothing changes": 0, "inputs near the threshold": 10, "labels follow another rule": 20}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 280, 56, 90, 16, 34
LOW, HIGH = 0.64, 0.88


def main() -> None:
    """Run the page's example and draw what it found."""
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        exec(block, names)
    accuracy = names["accuracy"]
    PICTURE.write_text(drawn(accuracy["realised"], accuracy["estimated"]), encoding="utf-8")


def drawn(realised: object, estimated: object) -> str:
    """The picture: a line of what labels say, and a band and a line of what was estimated."""
    step = (WIDTH - LEFT - RIGHT) / DAYS

    def x(day: float) -> float:
        return round(LEFT + (day + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(TOP + (HIGH - value) / (HIGH - LOW) * (HEIGHT - TOP - BOTTOM), 1)

    def path(values: list[float], days: range) -> str:
        return "L".join(f"{x(day)} {y(value)}" for day, value in zip(days, values, strict=True))

    days, back = range(DAYS), range(DAYS - 1, -1, -1)
    band = f"M{path(estimated.high[-DAYS:], days)}L{path(estimated.low[-DAYS:][::-1], back)}Z"
    parts = [
        f'<path d="{band}" fill="#1f5fae" opacity=".14"/>',
        *(
            f'<path d="M{path(series.values[-DAYS:], days)}" fill="none" stroke="{ink}" stroke-width="1.75"/>'
            for series, ink in ((estimated, "#1f5fae"), (realised, "#b7791f"))
        ),
    ]
    parts += [
        f'<circle cx="{x(day)}" cy="{y(value)}" r="2.5" fill="#fbfaf6" stroke="#b7791f"/>'
        for day, value in enumerate(realised.values[-DAYS:])
    ]
    for name, first in PHASES.items():
        if first:
            parts.append(f'<path d="M{x(first - 0.5)} {TOP}V{HEIGHT - BOTTOM}" stroke="#d8d4c8"/>')
        parts.append(f'<text x="{x(first + 4.5)}" y="{HEIGHT - 12}" text-anchor="middle">{name}</text>')
    parts += [
        f'<text x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value:.0%}</text>'
        for value in (0.65, 0.7, 0.75, 0.8, 0.85)
    ]
    for name, series, ink in (("estimated", estimated, "#1f5fae"), ("realised", realised, "#8a5a12")):
        height = y(series.values[-1]) + 4
        parts.append(f'<text x="{x(DAYS - 1) + 10}" y="{height}" fill="{ink}">{name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui" '
        f'font-size="12" fill="#1c2733"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>'
        f"{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    main()
