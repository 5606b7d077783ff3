"""Labels that come late: are early ones unbiased once corrected, and is the budget kept while they come?

    python benchmarks/quality/maturity.py [--runs 40] [--days 40] [--workers 2] [--out FILE]

A model whose accuracy is 0.84 by construction: 0.9 for negatives and 0.7 for positives, of which there are
30 %. Labels take 10 days in the mean for negatives and 3 for positives (exponential); a fifth of the rows
never has one. The reference is 60 days with all labels. Current days are judged again every second day as
their labels come (`monitors.revisions`), once with the times of labels, once without. Printed: the bias of
accuracy in provisional windows and how often its 95 % interval holds the truth, the same of maturity, and the
alerts opened in 30 days, quiet and after a loss of five points, with the days until it was found.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from late_labels import ACCURACY, DAY, START, Traffic, traffic
from scipy import stats

import leadline as ll
from leadline.monitors.budget import joined
from leadline.monitors.labels import Maturity
from leadline.monitors.revisions import Revised, Revision, revise
from leadline.monitors.timeline import Timeline, timeline
from leadline.settings import Settings

REFERENCE, ROWS, EVERY = 60, 400, 2
EVER, WORSE = 0.8, (0.85, 0.65)
BEFORE = 10
"""Quiet days before the loss."""


@dataclass(frozen=True)
class Seen:
    """What one stream cost: alerts, the first day on which performance alerted, errors and coverage."""

    alerts: int
    found: float
    errors: list[float]
    naive: list[float]
    inside: list[bool]
    maturity: list[bool]


def run(timed: bool, loss: bool, days: int, seed: int) -> Seen:
    """One stream, judged again and again."""
    rng = np.random.default_rng([seed, loss])
    reference = traffic(rng, 0, REFERENCE, ROWS, ever=EVER)
    lost = (REFERENCE + BEFORE, WORSE) if loss else None
    current = traffic(rng, REFERENCE, days, ROWS, ever=EVER, lost=lost)
    options: dict[str, Any] = {
        "label": "y", "prediction": "p", "timestamp": "t", "window": "1d", "budget": "1/30d", "threads": 1,
        "ignore": () if timed else ("known",), "label_timestamp": "known" if timed else None,
    }  # fmt: skip
    baseline = ll.learn(reference.table(), **options)
    before: Revised | None = None
    found: Timeline | None = None
    for known_at, found in _revisions(baseline, current, options, days):
        assert found.calibration is not None
        ends = np.concatenate([found.reference.ends, found.current.ends])
        revision = Revision(known_at, joined(found.before, found.now), ends, "")
        before = revise(found.calibration, revision, found.lateness, before)
    assert before is not None
    assert found is not None
    opened = [o for o in before.opened if o.alert.tier == "alert"]
    hits = [
        o.known_at / DAY - START / DAY - REFERENCE - BEFORE
        for o in opened
        if any(named.source == "performance" for named in o.alert.sources)
    ]
    late = min((day for day in hits if day > 0), default=np.nan)
    return Seen(len(opened), late, *_measured(found, current, days))


def _revisions(
    baseline: Any, current: Traffic, options: dict[str, Any], days: int
) -> Iterator[tuple[int, Timeline]]:
    settings: Settings = baseline.settings
    for day in range(2, days + 1, EVERY):
        known_at = START + (REFERENCE + day) * DAY
        found = timeline(baseline, ll.profile(current.table(known_at), baseline), settings)
        assert found is not None
        yield known_at, found


def _measured(
    found: Timeline, current: Traffic, days: int
) -> tuple[list[float], list[float], list[bool], list[bool]]:
    known_at = START + (REFERENCE + days) * DAY
    value = found.performed_now.realised["accuracy"]
    maturity: Maturity = found.performed_now.maturity
    assert value.low is not None
    assert value.high is not None
    known = np.isfinite(value.value) & maturity.provisional
    day = (current.times - START) // DAY - REFERENCE
    come = current.ever & (current.arrivals <= known_at)
    right = come & (current.labels == current.predictions)
    plain = np.bincount(day[right], minlength=days) / np.bincount(day[come], minlength=days)
    inside = (value.low <= ACCURACY) & (value.high >= ACCURACY)
    share = np.bincount(day[come], minlength=days) / np.bincount(day[current.ever], minlength=days)
    within = (maturity.low <= share + 1e-9) & (share <= maturity.high + 1e-9)
    return (
        (value.value - ACCURACY)[known].tolist(),
        (plain - ACCURACY)[known].tolist(),
        inside[known].tolist(),
        within.tolist(),
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = [
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.runs} streams of "
        f"{options.days} days of {ROWS} rows, judged every {EVERY} days"
    ]
    with ProcessPoolExecutor(options.workers) as pool:
        for timed in (True, False):
            for loss in (False, True):
                work = partial(run, timed, loss, options.days)
                lines.append(_said(timed, loss, options.days, list(pool.map(work, range(options.runs)))))
                print(lines[-1], flush=True)
    if options.out is not None:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _said(timed: bool, loss: bool, days: int, seen: list[Seen]) -> str:
    title = f"{'with' if timed else 'without'} label times, {'after a loss of 5 points' if loss else 'quiet'}"
    alerts = sum(one.alerts for one in seen)
    months = len(seen) * days / 30
    low = stats.chi2.ppf(0.025, 2 * alerts) / 2 / months if alerts else 0.0
    high = stats.chi2.ppf(0.975, 2 * alerts + 2) / 2 / months
    text = f"{title}: {alerts / months:.2f} alerts in 30 days ({low:.2f} to {high:.2f})"
    if loss:
        days_to = np.array([one.found for one in seen])
        found = np.isfinite(days_to)
        return f"{text}; performance alerted in {found.mean():.0%}, after {np.nanmedian(days_to):.0f} days"
    errors, naive, inside, within = (
        np.concatenate([np.array(getattr(one, name), float) for one in seen])
        for name in ("errors", "naive", "inside", "maturity")
    )
    return (
        f"{text}; accuracy in provisional windows off by {errors.mean():+.4f} "
        f"(uncorrected {naive.mean():+.4f}), its interval holds the truth in {inside.mean():.1%}, "
        f"that of maturity in {within.mean():.1%}"
    )


if __name__ == "__main__":
    main()
