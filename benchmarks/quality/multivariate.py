"""Do the channels of several columns together keep the alert budget, and what do they find?

    python benchmarks/quality/multivariate.py [--small] [--runs 30] [--workers 2] [--seed 7]

Whole checks over time of simulated tables: 60 daily windows of about 1,000 rows are the reference, the budget
is 1/30d. Each stream is judged without and with the channels of `monitors/multivariate`. Quiet streams: false
alerts per 30 windows with the 95 % Garwood interval. Changes on the weekly process: share of streams flagged
within 7 windows (2 for the burst), share in which an alert names what changed (a column, or the inputs
together).
Set OPENBLAS_NUM_THREADS=1 where several workers share the processor.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import budget_streams as streams
import numpy as np
from scipy import special, stats

from leadline.baselines.baseline import Baseline
from leadline.comparison import learn, profile
from leadline.monitors.budget import Evidence, Judgement, fit, joined, judge
from leadline.monitors.evidence import evidence, fold
from leadline.monitors.look import windows_of
from leadline.monitors.multivariate import SOURCE, Compared, channels
from leadline.monitors.timeline import timeline

REFERENCE, QUIET = 60, 60
BEFORE, AFTER = 6, 8
DAY = 86_400_000_000
PAIR = (0, 1)
"""Two columns that correlate by more than 0.8 in streams with drifts."""

Latent = np.ndarray
Change = Callable[[Latent, np.random.Generator], None]


@dataclass(frozen=True)
class Joint:
    """A change of the rows of the windows from one on; `named` are the columns that may be named."""

    name: str
    change: Change
    named: tuple[int, ...] = ()


def _turn(x: Latent, rng: np.random.Generator) -> None:
    """Column 3 falls where it rose: its correlations with all others change sign, its distribution stays."""
    x[:, 3] = 2 * x[:, 3].mean() - x[:, 3]


def _uncouple(x: Latent, rng: np.random.Generator) -> None:
    """A pair of columns that agreed no longer does: one takes the values of other rows."""
    x[:, PAIR[1]] = rng.permutation(x[:, PAIR[1]])


def _rotate(x: Latent, rng: np.random.Generator) -> None:
    """Four pairs of columns are turned by 45 degrees, and brought back to their means and variances."""
    for i, j in ((2, 3), (5, 6), (7, 8), (10, 11)):
        both = x[:, [i, j]]
        turned = (both - both.mean(0)) @ np.array([[1, -1], [1, 1]], np.float32)
        x[:, [i, j]] = turned / turned.std(0) * both.std(0) + both.mean(0)


def _mix(x: Latent, rng: np.random.Generator) -> None:
    """In half of the rows columns agree twice as much, in the others not at all: no correlation moves."""
    numbers = x[:, : streams.NUMERIC]
    mean, rows = numbers.mean(0), len(x)
    common = rng.standard_normal((rows, 1), dtype=np.float32)
    share = np.where(rng.random((rows, 1)) < 0.5, np.float32(0.6), np.float32(0.0))
    own = rng.standard_normal(numbers.shape, dtype=np.float32)
    x[:, : streams.NUMERIC] = mean + np.sqrt(share) * common + np.sqrt(1 - share) * own


def _all(x: Latent, rng: np.random.Generator) -> None:
    x += np.float32(0.1)


JOINTS = (
    Joint("one column turned around", _turn, (3,)),
    Joint("one pair uncoupled", _uncouple, PAIR),
    Joint("four pairs rotated", _rotate),
    Joint("mixture of dependences", _mix),
    Joint("all +0.1 sd", _all, tuple(range(streams.FEATURES))),
)
ONES = tuple(drift for drift in streams.DRIFTS if drift.features in (0, 1) and drift.name != "one +0.5 sd")


def coupled(rows: streams.Rows) -> streams.Rows:
    """The same rows; a pair of columns follows one of them."""
    first, second = PAIR
    rows.latent[:, second] = (
        np.float32(0.8) * rows.latent[:, first] + np.float32(0.6) * rows.latent[:, second]
    )
    return rows


def table(latent: Latent, window: np.ndarray) -> dict[str, object]:
    """A table of rows with the days of their windows."""
    inside = np.arange(len(window)) * 7_919_003 % DAY
    found: dict[str, object] = {"time": (window * DAY + inside).astype("datetime64[us]")}
    for j in range(streams.NUMERIC):
        values = latent[:, j].astype(np.float64)
        found[f"number {j}"] = np.expm1(np.maximum(values, 0)) // 1 if j % 5 == 4 else values
    for i, levels in enumerate(streams.LEVELS):
        shares = 0.85 ** np.arange(levels)
        edges = special.ndtri(np.cumsum(shares / shares.sum())[:-1])
        found[f"category of {levels}"] = np.searchsorted(edges, latent[:, streams.NUMERIC + i])
    return found


def column(j: int) -> str:
    """Name of a feature."""
    if j < streams.NUMERIC:
        return f"number {j}"
    return f"category of {streams.LEVELS[j - streams.NUMERIC]}"


@dataclass(frozen=True)
class Judged:
    """One stream judged: alerts and flagged windows of the quiet part, or what was found after a change."""

    alerts: int
    flagged: bool
    named: bool
    windows: int


class Watched:
    """A stream's reference, and what judges later windows: without and with what columns say together."""

    def __init__(self, baseline: Baseline, latent: Latent, window: np.ndarray) -> None:
        found = timeline(baseline, profile(table(latent, window), baseline), baseline.settings)
        assert found is not None
        assert found.calibration is not None
        self.baseline, self.found, self.columns = baseline, found, fold(baseline)
        self.itself = Compared.itself(baseline, found.reference)
        self.fitted = [fit(_alone(found.before), found.calibration.policy), found.calibration]

    def judged(self, latent: Latent, window: np.ndarray) -> list[Judgement]:
        """What both say of the same windows with other rows."""
        found = self.found
        current = profile(table(latent, window), self.baseline)
        windows = windows_of(current, found.calendar)
        settings, place = self.baseline.settings, found.calendar.place
        now = evidence(
            self.baseline,
            current,
            windows,
            found.performed_now,
            self.columns,
            channels(self.itself.beside(current, windows), len(windows)),
            settings,
            place,
        )
        return [
            judge(calibration, joined(before, after))
            for calibration, before, after in zip(
                self.fitted, (_alone(found.before), found.before), (_alone(now), now), strict=True
            )
        ]


def _alone(evidence: Evidence) -> Evidence:
    """The evidence of single columns."""
    series = evidence.series
    kept = np.array([source != SOURCE for source in series.source], bool)

    def few(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(value for value, keep in zip(values, kept, strict=True) if keep)

    return replace(
        evidence,
        series=replace(
            series,
            names=few(series.names),
            source=few(series.source),
            family=few(series.family),
            values=series.values[:, kept],
            variance=series.variance[:, kept],
            direction=series.direction[kept],
            floor=series.floor[kept],
        ),
    )


def reference_of(rows: streams.Rows) -> Baseline:
    """What is learned from the first windows."""
    end = int(np.searchsorted(rows.window, REFERENCE))
    kinds = {f"category of {levels}": "categorical" for levels in streams.LEVELS}
    data = table(rows.latent[:end], rows.window[:end])
    return learn(data, timestamp="time", window="1d", budget="1/30d", kinds=kinds)


def quiet_run(process: streams.Process, seed: int) -> list[Judged]:
    """One quiet stream."""
    rows = streams.draw(process, np.random.default_rng([seed, 11]), REFERENCE + QUIET)
    after = slice(int(np.searchsorted(rows.window, REFERENCE)), None)
    watched = Watched(reference_of(rows), rows.latent[after], rows.window[after])
    return [
        Judged(sum(a.tier == "alert" for a in judgement.alerts), False, False, len(judgement.window))
        for judgement in watched.judged(rows.latent[after], rows.window[after])
    ]


def power_run(seed: int) -> list[list[Judged]]:
    """One stream with every change in turn, without one first."""
    rng = np.random.default_rng([seed, 12])
    rows = coupled(streams.draw(streams.WEEKLY, rng, REFERENCE + BEFORE + AFTER))
    baseline = reference_of(rows)
    start = REFERENCE + BEFORE
    early, late = (int(np.searchsorted(rows.window, at)) for at in (REFERENCE, start))
    window = rows.window[early:]
    watched = Watched(baseline, rows.latent[early:], window)

    def found(changed: Latent, lasts: int, names: set[str]) -> list[Judged]:
        latent = np.concatenate([rows.latent[early:late], changed])
        return [_found(judgement, start, lasts, names) for judgement in watched.judged(latent, window)]

    results = [found(rows.latent[late:], 7, set())]
    for joint in JOINTS:
        changed = rows.latent[late:].copy()
        joint.change(changed, rng)
        results.append(found(changed, 7, {SOURCE, "all columns", *map(column, joint.named)}))
    for drift in ONES:
        at = np.array([streams.TEN_LEVELS if drift.features == 0 else rng.choice([2, 3, 5, 6, 7, 8])])
        changed = rows.latent[late:].copy()
        drift.change(changed, rows.window[late:] - start, at, rng)
        results.append(found(changed, drift.lasts, {column(int(at[0]))}))
    return results


def _found(judgement: Judgement, start: int, lasts: int, names: set[str]) -> Judged:
    first = start - REFERENCE
    flagged = any(tier == "alert" for tier in judgement.tier[first : first + lasts])
    named = any(
        alert.tier == "alert"
        and start <= alert.opened < start + lasts
        and any(source.source in names for source in alert.sources)
        for alert in judgement.alerts
    )
    return Judged(len(judgement.alerts), flagged, named, len(judgement.window))


def quiet_row(name: str, runs: Sequence[Judged]) -> str:
    """One line of the table of quiet streams."""
    alerts, per = sum(run.alerts for run in runs), 30 / sum(run.windows for run in runs)
    low = stats.chi2.ppf(0.025, 2 * alerts) / 2 if alerts else 0.0
    high = stats.chi2.ppf(0.975, 2 * alerts + 2) / 2
    return f"{name:44}{alerts * per:6.2f} [{low * per:4.2f}, {high * per:4.2f}]{len(runs):6d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a minute's run")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=["quiet", "power"])
    options = parser.parse_args()
    runs = 2 if options.small else options.runs
    seeds = range(1000 * options.seed, 1000 * options.seed + runs)
    print(f"Seed {options.seed}, Python {platform.python_version()}, NumPy {np.__version__}")
    with ProcessPoolExecutor(options.workers) as pool:
        if "quiet" in options.only:
            print(f"\nQuiet streams: R = {REFERENCE}, {QUIET} watched; alerts per 30 windows [95 %], runs")
            for process in (streams.PROTOCOL[0], streams.WEEKLY):
                quiet = list(pool.map(partial(quiet_run, process), seeds))
                for i, kind in enumerate(("single columns", "and together")):
                    print(quiet_row(f"{process.name}: {kind}", [run[i] for run in quiet]), flush=True)
        if "power" in options.only:
            power = list(pool.map(power_run, seeds))
            print(f"\nPower on '{streams.WEEKLY.name}', R = {REFERENCE}, {runs} runs: flagged, named")
            print(f"{'':34}{'single columns':>16}{'and together':>16}")
            for i, name in enumerate(["no change", *(one.name for one in (*JOINTS, *ONES))]):
                cells = [
                    f"{np.mean([run[i][k].flagged for run in power]):10.2f}"
                    f"{np.mean([run[i][k].named for run in power]):6.2f}"
                    for k in range(2)
                ]
                print(f"{name:34}{cells[0]}{cells[1]}", flush=True)


if __name__ == "__main__":
    main()
