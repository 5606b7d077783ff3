"""How often do the first weeks of a model warn for nothing, and what do they find?

    python benchmarks/quality/first_weeks.py [--runs 60] [--seed 7] [--workers 2]

Training rows without times, then daily windows; the budget is 1 false alert in 30 windows. The processes are
those of `budget.py`. Printed for the first 30 windows: false warnings with the 95 % Garwood interval, windows
flagged per 100, how often training and production were said to differ (they do not), the window at which
the budget took over (median), and the false alerts of the 60 windows after that, per 30. Then power: the
share of streams in which a change at the 15th window is found within 7 windows by a warning that names it.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import budget_streams as streams
import numpy as np
from scipy import stats

from leadline.monitors.budget import Evidence, FirstWeeks, Policy, begin

TRAINED, FIRST, AFTER = 30, 30, 60
CHANGE, WITHIN = 15, 7
POLICY = Policy(alerts=1, windows=30)


@dataclass(frozen=True)
class Quiet:
    """What one quiet stream cost."""

    warnings: int
    flagged: int
    skew: bool
    switched: int | None
    alerts: int
    watched: int


def first_weeks(evidence: Evidence) -> FirstWeeks:
    """Training rows are the first windows together; the rest is judged from its first window on."""
    table = evidence.histograms
    counts = table.counts[:TRAINED].sum(0, keepdims=True)
    training = Evidence(
        replace(table, counts=counts),
        evidence.series.windows(slice(0, 1)),
        np.array([evidence.rows[:TRAINED].sum()]),
    )
    return begin(training, evidence.windows(slice(0, 0)), evidence.windows(slice(TRAINED, None)), POLICY)


def quiet_run(process: streams.Process, seed: int) -> Quiet:
    """One simulated stream without drift."""
    rng = np.random.default_rng([seed, 31])
    found = first_weeks(streams.simulate(process, rng, TRAINED, TRAINED + FIRST + AFTER))
    tiers, alerts = found.judgement.tier, found.judgement.alerts
    return Quiet(
        sum(alert.tier == "warning" and alert.opened < FIRST for alert in alerts),
        tiers[:FIRST].count("warning"),
        bool(found.skew),
        found.switched,
        sum(alert.tier == "alert" for alert in alerts),
        0 if found.switched is None else FIRST + AFTER - found.switched,
    )


def power_run(seed: int) -> list[tuple[bool, bool]]:
    """Every drift in one stream: flagged in time, and named."""
    rng = np.random.default_rng([seed, 32])
    windows, start = TRAINED + CHANGE + WITHIN, TRAINED + CHANGE
    rows = streams.draw(streams.WEEKLY, rng, windows)
    grid = streams.Grid.learn(rows, TRAINED)
    quiet = grid.count(rows, windows)
    volume = np.bincount(rows.window, minlength=windows).astype(float)
    out = []
    for drift in streams.DRIFTS:
        counts, at = streams.drifted(drift, rows, quiet, grid, start, rng)
        stream = streams.evidence(counts, grid, volume, rows.slots)
        found = first_weeks(stream).judgement
        names = {stream.histograms.names[j] for j in at}
        late = [alert for alert in found.alerts if CHANGE <= alert.opened < CHANGE + drift.lasts]
        named = any(source.source in names for alert in late for source in alert.sources)
        out.append(("warning" in found.tier[CHANGE : CHANGE + drift.lasts], named))
    return out


def quiet_line(name: str, runs: Sequence[Quiet]) -> str:
    """One line of the table."""
    warnings = sum(run.warnings for run in runs)
    low = stats.chi2.ppf(0.025, 2 * warnings) / 2 if warnings else 0.0
    high = stats.chi2.ppf(0.975, 2 * warnings + 2) / 2
    flagged = 100 * np.mean([run.flagged for run in runs]) / FIRST
    skew = 100 * np.mean([run.skew for run in runs])
    switched = np.median([np.inf if run.switched is None else run.switched for run in runs])
    watched = sum(run.watched for run in runs)
    later = 30 * sum(run.alerts for run in runs) / watched if watched else np.nan
    count = len(runs)
    return (
        f"{name:<28} {warnings / count:>7.2f} [{low / count:.2f}, {high / count:.2f}] {flagged:>9.1f} "
        f"{skew:>9.0f} {switched:>9.0f} {later:>9.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"{options.runs} runs a row, seed {options.seed}; Python {platform.python_version()}, "
          f"NumPy {np.__version__}\n")  # fmt: skip
    seeds = range(1000 * options.seed, 1000 * options.seed + options.runs)
    print(f"{'Quiet streams':<28} {'warnings in 30 [95 %]':>20} {'flagged':>9} {'skew':>9} {'budget':>9} "
          f"{'alerts':>9}")  # fmt: skip
    print(f"{'':<49} {'per 100':>9} {'% runs':>9} {'from':>9} {'per 30':>9}")
    with ProcessPoolExecutor(options.workers) as pool:
        for process in (*streams.PROTOCOL, *streams.OTHERS):
            print(quiet_line(process.name, list(pool.map(partial(quiet_run, process), seeds))), flush=True)
        found = np.array(list(pool.map(power_run, seeds))).mean(0)
    print(f"\n{'A change at window 15':<28} {'found':>7} {'named':>7}")
    for drift, (flagged, named) in zip(streams.DRIFTS, found, strict=True):
        print(f"{drift.name:<28} {flagged:>7.2f} {named:>7.2f}")


if __name__ == "__main__":
    main()
