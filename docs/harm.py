"""Draws docs/images/harm.svg: the loss in the windows of each alert, with its floor and what is ruled out."""

from __future__ import annotations

import re
from pathlib import Path

from leadline import comparison
from leadline.monitors.compare import compare
from leadline.monitors.harm import MARGIN, Harm

PAGE = Path(__file__).resolve().parent / "explanation" / "harm.md"
PICTURE = Path(__file__).resolve().parent / "images" / "harm.svg"
WIDTH, HEIGHT, LEFT, RIGHT, TOP = 720, 170, 150, 24, 28
LOW, HIGH = -0.012, 0.068


def main() -> None:
    """Run the page's example and draw what its alerts cost."""
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        exec(block, names)
    baseline = comparison.learn(names["reference"], **names["options"])
    current = comparison.profile(names["current"], baseline)
    judged = compare(baseline, current, baseline.settings, None).timeline
    told = [
        (alert.sources[0].source, harm)
        for alert, harm in zip(judged.judgement.alerts, judged.harms, strict=True)
        if harm is not None
    ]
    PICTURE.write_text(drawn(told), encoding="utf-8")


def drawn(told: list[tuple[str, Harm]]) -> str:
    """The picture: an interval for each alert on an axis of lost accuracy."""

    def x(loss: float) -> float:
        return round(LEFT + (loss - LOW) / (HIGH - LOW) * (WIDTH - LEFT - RIGHT), 1)

    bottom = HEIGHT - 44
    floor = told[0][1].floor
    parts = [
        f'<rect x="{x(LOW)}" y="{TOP}" width="{x(floor) - x(LOW)}" height="{bottom - TOP}" fill="#2f7d4f" '
        'opacity=".10"/>',
        f'<path d="M{x(0)} {TOP}V{bottom}" stroke="#9aa3ad"/>',
        f'<path d="M{x(floor)} {TOP}V{bottom}" stroke="#2f7d4f"/>',
        f'<path d="M{x(MARGIN * floor)} {TOP}V{bottom}" stroke="#2f7d4f" stroke-dasharray="4 3"/>',
        f'<text x="{x(floor)}" y="{TOP - 8}" text-anchor="middle">floor</text>',
        f'<text x="{x(MARGIN * floor)}" y="{TOP - 8}" text-anchor="middle">must be ruled out</text>',
    ]
    for place, (source, harm) in enumerate(told):
        height = TOP + (place + 0.5) * (bottom - TOP) / len(told)
        ink = "#2f7d4f" if harm.harmless else "#a3327e"
        low, high = harm.loss
        loss = harm.worse * (harm.value - harm.reference)
        parts += [
            f'<path d="M{x(low)} {height}H{x(high)}" stroke="{ink}" stroke-width="2"/>',
            f'<circle cx="{x(loss)}" cy="{height}" r="4.5" fill="{ink}"/>',
            f'<text x="{LEFT - 10}" y="{height - 3}" text-anchor="end">{source} moved</text>',
            f'<text x="{LEFT - 10}" y="{height + 13}" text-anchor="end" fill="{ink}">'
            f"{'for the digest' if harm.harmless else 'alert'}</text>",
        ]
    parts += [
        f'<text x="{x(value)}" y="{bottom + 18}" text-anchor="middle">{value:.2f}</text>'
        for value in (0.0, 0.02, 0.04, 0.06)
    ]
    parts.append(
        f'<text x="{x((LOW + HIGH) / 2)}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{told[0][1].title.lower()} lost, with its 95 % interval</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui" '
        f'font-size="12" fill="#1c2733"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>'
        f"{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    main()
