"""Do estimates of performance, as channels of the alert budget, keep it, and what do they find?

    python benchmarks/quality/estimates_in_budget.py [--runs 60] [--workers 2] [--seed 7] [--out FILE]

A binary model with a score and four features; 60 days of 400 rows are the reference, and no label of the
later days has come. Days differ: an autoregressive level (0.6), and another one at weekends. The budget is 1
false alert in 30 windows. Each stream is judged without and with the channels of estimated performance.
Printed: false alerts in 30 windows of quiet streams with the 95 % Garwood interval; then the share of streams
in which an alert opens within 7 windows of a change, in which one names the estimated performance, and the
median delay.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

import leadline as ll
from leadline.monitors.budget import Evidence, fit, joined, judge
from leadline.monitors.series import ESTIMATED_PERFORMANCE
from leadline.monitors.timeline import timeline

DAY = 86_400_000_000
REFERENCE, LATER, ROWS, BEFORE, WITHIN = 60, 30, 400, 10, 7
CHANGES = ("quiet", "less spread", "little less spread", "towards the threshold", "another feature")


@dataclass(frozen=True)
class Seen:
    """Alerts of one stream, and the windows after the change until one opened, and one named estimates."""

    alerts: int
    delay: float
    named: float


def table(rng: np.random.Generator, change: str) -> dict[str, Any]:
    """All rows of one stream in order of time; labels of the reference only."""
    days = REFERENCE + LATER
    level = np.zeros(days)
    for day in range(days):
        level[day] = 0.6 * level[max(day - 1, 0)] + 0.06 * rng.standard_normal()
    weekend = np.arange(days) % 7 >= 5
    day = np.repeat(np.arange(days), ROWS)
    x = rng.standard_normal((len(day), 4)) + level[day, None] + 0.15 * weekend[day, None]
    late = day >= REFERENCE + BEFORE
    logit = 1.5 * x[:, 0] + 0.5 * x[:, 1] - 0.5
    x[:, 3] += np.where(late & (change == "another feature"), 0.3, 0.0)
    spread = {"less spread": 0.6, "little less spread": 0.8}.get(change, 1.0)
    logit = np.where(late, spread * (logit + 0.5) - 0.5, logit)
    logit += np.where(late & (change == "towards the threshold"), 0.25, 0.0)
    score = 1 / (1 + np.exp(-logit))
    label = (rng.random(len(day)) < score).astype(float)
    return {
        "t": (day * DAY + rng.integers(0, DAY, len(day))).astype("datetime64[us]"),
        **{f"x{i}": x[:, i] for i in range(4)},
        "score": score,
        "y": np.where(day < REFERENCE, label, np.nan),
    }


def run(change: str, seed: int, number: int) -> tuple[Seen, Seen]:
    """One stream, judged without and with estimates."""
    rows = table(np.random.default_rng([seed, number]), change)
    first = rows["t"] < np.datetime64(REFERENCE * DAY, "us")
    reference, current = ({name: part[side] for name, part in rows.items()} for side in (first, ~first))
    baseline = ll.learn(
        reference, label="y", score="score", timestamp="t", window="1d", budget="1/30d", threads=1
    )
    found = timeline(baseline, ll.profile(current, baseline), baseline.settings)
    assert found is not None
    assert found.calibration is not None
    policy = found.calibration.policy
    plain = [_without(side) for side in (found.before, found.now)]
    return _seen(plain[0], plain[1], policy), _seen(found.before, found.now, policy)


def _without(evidence: Evidence) -> Evidence:
    series = evidence.series
    kept = [i for i, source in enumerate(series.source) if source != ESTIMATED_PERFORMANCE]
    return replace(
        evidence,
        series=replace(
            series,
            names=tuple(series.names[i] for i in kept),
            source=tuple(series.source[i] for i in kept),
            values=series.values[:, kept],
            variance=series.variance[:, kept],
            direction=series.direction[kept],
            floor=series.floor[kept],
            family=tuple(series.family[i] for i in kept),
        ),
    )


def _seen(before: Evidence, now: Evidence, policy: Any) -> Seen:
    judgement = judge(fit(before, policy), joined(before, now))
    opened = [alert for alert in judgement.alerts if alert.tier == "alert"]
    at = [alert.opened - REFERENCE - BEFORE for alert in opened]
    named = [
        delay
        for delay, alert in zip(at, opened, strict=True)
        if any(source.source == ESTIMATED_PERFORMANCE for source in alert.sources)
    ]

    def first(delays: list[int]) -> float:
        return min((d for d in delays if 0 <= d < WITHIN), default=np.nan)

    return Seen(len(opened), first(at), first(named))


def _said(change: str, title: str, seen: list[Seen]) -> str:
    if change == "quiet":
        alerts = sum(one.alerts for one in seen)
        low = stats.chi2.ppf(0.025, 2 * alerts) / 2 / len(seen) if alerts else 0.0
        high = stats.chi2.ppf(0.975, 2 * alerts + 2) / 2 / len(seen)
        return f"{change}, {title}: {alerts / len(seen):.2f} alerts in 30 windows ({low:.2f} to {high:.2f})"
    delay, named = (np.array([getattr(one, name) for one in seen]) for name in ("delay", "named"))
    found: npt.NDArray[np.bool_] = np.isfinite(delay)
    median = f", median delay {np.median(delay[found]):.0f}" if found.any() else ""
    return f"{change}, {title}: found in {found.mean():.2f}, named in {np.isfinite(named).mean():.2f}{median}"


def _lines(options: argparse.Namespace) -> Iterator[str]:
    yield (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.runs} streams of each kind, "
        f"seed {options.seed}"
    )
    with ProcessPoolExecutor(options.workers) as pool:
        for change in CHANGES:
            both = list(pool.map(partial(run, change, options.seed), range(options.runs)))
            for place, title in enumerate(("without estimates", "with estimates")):
                yield _said(change, title, [one[place] for one in both])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = []
    for line in _lines(options):
        print(line, flush=True)
        lines.append(line)
    if options.out is not None:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
