"""Is the alert budget kept, and what is found within it?

    python benchmarks/quality/budget.py [--small] [--runs 100] [--workers 2] [--data FOLDER] [--out FILE]

Budget: 1 false alert in 30 windows. Quiet streams are simulated, or real ones with their weeks in a
random order, which makes them quiet whatever their seasons and storms. Printed for each: false alerts per 30
windows with the 95 % Garwood interval, windows flagged per 100, and how often a fixed baseline is refused.
Then power: the share of streams flagged within 7 windows of a change (2 for the burst), how often a new alert
names what changed, the mean delay and the number of alerts, beside the same numbers without a change.
Seeded: run r of a process is the same stream in every configuration.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import budget_streams as streams
import numpy as np
from scipy import stats

from leadline.monitors.budget import Calibration, Judgement, Policy, fit, judge

QUIET = 60
BEFORE, AFTER = 20, 14
DEFAULT = Policy(alerts=1, windows=30)


@dataclass(frozen=True)
class Quiet:
    """What one quiet stream cost."""

    alerts: int
    flagged: int
    judged: int
    refused: bool
    supported: bool


@dataclass(frozen=True)
class Found:
    """Whether a change was found: by any flag, by an alert that names what changed; and how many alerts."""

    flagged: bool
    named: bool
    delay: float
    alerts: int


def flags(judgement: Judgement) -> list[bool]:
    """Which windows are over the threshold of alerts."""
    return [tier == "alert" for tier in judgement.tier]


def watch(evidence: streams.Evidence, reference: int, policy: Policy) -> Quiet:
    """Learn from the reference and count what the rest raises."""
    calibration = fit(evidence.windows(slice(0, reference)), policy)
    judgement = judge(calibration, evidence)
    alerts = sum(alert.tier == "alert" for alert in judgement.alerts)
    refused = calibration.frame.moving
    return Quiet(alerts, sum(flags(judgement)), len(judgement.window), refused, calibration.supported)


def quiet_run(process: streams.Process, reference: int, policy: Policy, seed: int) -> Quiet:
    """One simulated stream without drift."""
    rng = np.random.default_rng([seed, reference, 1])
    return watch(streams.simulate(process, rng, reference, reference + QUIET), reference, policy)


def real_run(name: str, folder: Path, reference_weeks: int, policy: Policy, seed: int) -> Quiet:
    """One shuffle of a real stream."""
    rng = np.random.default_rng([seed, reference_weeks, 2])
    evidence = streams.shuffled_weeks(streams.load(name, folder), rng, reference_weeks)
    return watch(evidence, 7 * reference_weeks, policy)


def power_run(reference: int, policy: Policy, seed: int) -> list[Found]:
    """One stream with every drift in turn; the first entry is without."""
    rng = np.random.default_rng([seed, reference, 3])
    rows = streams.draw(streams.WEEKLY, rng, reference + BEFORE + AFTER)
    grid = streams.Grid.learn(rows, reference)
    windows, start = reference + BEFORE + AFTER, reference + BEFORE
    quiet = grid.count(rows, windows)
    volume = np.bincount(rows.window, minlength=windows).astype(float)
    calibration = fit(streams.evidence(quiet, grid, volume, rows.slots).windows(slice(0, reference)), policy)
    found = [_found(calibration, streams.evidence(quiet, grid, volume, rows.slots), start, 7, ())]
    for drift in streams.DRIFTS:
        counts, at = streams.drifted(drift, rows, quiet, grid, start, rng)
        stream = streams.evidence(counts, grid, volume, rows.slots)
        names = tuple(stream.histograms.names[j] for j in at)
        if drift.features == streams.FEATURES:
            names = (*names, "all columns")
        found.append(_found(calibration, stream, start, drift.lasts, names))
    return found


def second_run(reference: int, policy: Policy, seed: int) -> Found:
    """A harmless drift of one sd is open in one feature when another moves by half an sd, 8 windows later."""
    rng = np.random.default_rng([seed, reference, 4])
    rows = streams.draw(streams.WEEKLY, rng, reference + BEFORE + AFTER)
    grid = streams.Grid.learn(rows, reference)
    start = reference + BEFORE
    first, second = rng.choice([0, 1, 2, 3, 5, 6, 7, 8], 2, replace=False)
    rows.latent[rows.window >= start - 8, first] += 1.0
    rows.latent[rows.window >= start, second] += 0.5
    windows = start + AFTER
    volume = np.bincount(rows.window, minlength=windows).astype(float)
    stream = streams.evidence(grid.count(rows, windows), grid, volume, rows.slots)
    calibration = fit(stream.windows(slice(0, reference)), policy)
    return _found(calibration, stream, start, 3, (stream.histograms.names[second],))


def _found(
    calibration: Calibration, stream: streams.Evidence, start: int, lasts: int, names: Sequence[str]
) -> Found:
    judgement = judge(calibration, stream)
    first = start - calibration.windows
    after = np.flatnonzero(flags(judgement)[first : first + lasts])
    named = any(
        alert.tier == "alert"
        and start <= alert.opened < start + lasts
        and any(source.source in names for source in alert.sources)
        for alert in judgement.alerts
    )
    opened = sum(alert.tier == "alert" and alert.opened >= start for alert in judgement.alerts)
    return Found(bool(after.size), named, float(after[0] + 1) if after.size else np.nan, opened)


# ---- tables


def quiet_row(name: str, runs: Sequence[Quiet], note: str = "") -> str:
    """One line of the table of quiet streams."""
    alerts, judged = sum(run.alerts for run in runs), sum(run.judged for run in runs)
    low = stats.chi2.ppf(0.025, 2 * alerts) / 2 if alerts else 0.0
    high = stats.chi2.ppf(0.975, 2 * alerts + 2) / 2
    per = 30 / judged
    flagged = 100 * sum(run.flagged for run in runs) / judged
    refused = 100 * sum(run.refused for run in runs) / len(runs)
    supported = 100 * sum(run.supported for run in runs) / len(runs)
    return (
        f"{name:34}{alerts * per:8.2f} [{low * per:4.2f}, {high * per:4.2f}]{flagged:9.1f}"
        f"{refused:9.0f}{supported:11.0f}{len(runs):7d}  {note}"
    )


QUIET_HEAD = f"{'':34}{'alerts per 30 [95 %]':>21}{'flagged':>9}{'refused':>9}{'supported':>11}{'runs':>7}"
UNITS = f"{'':34}{'':21}{'per 100':>9}{'% runs':>9}{'% runs':>11}"


def quiet_table(run: Runner, runs: int, references: Sequence[int], seed: int) -> Iterator[str]:
    """Simulated quiet streams."""
    cases = [(process, DEFAULT, "") for process in streams.PROTOCOL + streams.OTHERS]
    cases += [(streams.PROTOCOL[i], replace(DEFAULT, baseline="fixed"), "fixed") for i in (4, 5)]
    cases += [(streams.PROTOCOL[i], replace(DEFAULT, baseline="rolling"), "rolling") for i in (2, 4, 5)]
    cases += [(streams.PROTOCOL[2], replace(DEFAULT, mode=mode), mode) for mode in ("strict", "confident")]
    for reference in references:
        yield f"\nQuiet streams, R = {reference} reference windows, {QUIET} watched"
        yield QUIET_HEAD
        yield UNITS
        for process, policy, note in cases:
            yield quiet_row(
                process.name, run(partial(quiet_run, process, reference, policy), runs, seed), note
            )


def real_table(run: Runner, runs: int, folder: Path, seed: int) -> Iterator[str]:
    """Real streams with shuffled weeks: three fifths of them are the reference."""
    yield "\nReal streams, whole weeks shuffled, daily windows"
    yield QUIET_HEAD
    yield UNITS
    for name in streams.REAL:
        weeks = streams.load(name, folder).weeks
        reference = round(0.6 * weeks)
        found = run(partial(real_run, name, folder, reference, DEFAULT), runs, seed)
        yield quiet_row(name, found, f"{reference} + {weeks - reference} weeks")


def power_table(run: Runner, runs: int, references: Sequence[int], seed: int) -> Iterator[str]:
    """Drifts on the weekly process."""
    for reference in references:
        found = run(partial(power_run, reference, DEFAULT), runs, seed)
        yield f"\nPower on '{streams.WEEKLY.name}', R = {reference}"
        yield f"{'':34}{'flagged':>8}{'named':>8}{'delay':>8}{'alerts':>8}"
        for i, name in enumerate(["no change", *(drift.name for drift in streams.DRIFTS)]):
            column = [each[i] for each in found]
            delay = np.array([one.delay for one in column if one.flagged])
            yield (
                f"{name:34}{np.mean([one.flagged for one in column]):8.2f}"
                f"{np.mean([one.named for one in column]):8.2f}"
                f"{delay.mean() if delay.size else np.nan:8.1f}"
                f"{np.mean([one.alerts for one in column]):8.1f}"
            )
        second = run(partial(second_run, reference, DEFAULT), runs, seed)
        named = np.mean([one.named for one in second])
        yield f"{'second drift, named in 3 windows':34}{'':8}{named:8.2f}"


Runner = Callable[[Callable[[int], object], int, int], list]


def speed_table() -> Iterator[str]:
    """Seconds to fit, and to judge one more window."""
    yield "\nSpeed: multinomial counts on 21 cells a column"
    for columns, windows in ((100, 720), (500, 2000)):
        rng = np.random.default_rng(1)
        share = np.append(np.full(20, 0.0495), 0.01)
        counts = rng.multinomial(1000, share, (windows + 1, columns)).reshape(windows + 1, -1).astype(float)
        names = [str(j) for j in range(columns)]
        table = streams.Histograms(
            names, counts, np.arange(columns + 1) * 21, np.arange(columns) % 5 > 0, ["feature"] * columns
        )
        slots = {"day of week": np.arange(windows + 1) // 24 % 7, "hour of day": np.arange(windows + 1) % 24}
        stream = streams.Evidence(
            table, streams.Series.none(windows + 1), np.full(windows + 1, 1000.0), slots
        )
        start = time.perf_counter()
        calibration = fit(stream.windows(slice(0, windows)), DEFAULT)
        middle = time.perf_counter()
        judge(calibration, stream)
        end = time.perf_counter()
        size, more = f"{columns} columns x {windows} windows", 1000 * (end - middle)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        yield f"{size}: fit {middle - start:.1f} s, one more window {more:.0f} ms, {peak:.2f} GiB at most"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a minute's run")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=["quiet", "real", "power", "speed"])
    parser.add_argument("--references", type=int, nargs="*", default=[60, 120])
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    options = parser.parse_args()
    runs = 4 if options.small else options.runs
    references = options.references[:1] if options.small else options.references
    print(f"`python benchmarks/quality/budget.py {' '.join(sys.argv[1:])}`".replace(" `", "`"), end="; ")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}")
    with ProcessPoolExecutor(options.workers) as pool:

        def run(one: Callable[[int], object], count: int, seed: int) -> list:
            return list(pool.map(one, range(1000 * seed, 1000 * seed + count), chunksize=2))

        tables = {
            "quiet": lambda: quiet_table(run, runs, references, options.seed),
            "real": lambda: (
                real_table(run, runs, Path(options.data), options.seed) if options.data else iter(())
            ),
            "power": lambda: power_table(run, runs, references, options.seed),
            "speed": speed_table,
        }
        for name in options.only:
            for line in tables[name]():
                print(line, flush=True)


if __name__ == "__main__":
    main()
