"""Do columns of vectors keep the rate of false alarms and the alert budget, and what do they find?

    python benchmarks/quality/vectors.py [--runs 500] [--streams 30] [--seed 7]

Checks: a reference of 2,000 vectors of 32 numbers against a table of 300 or 1,000; the rate is 1 %. Without a
change: the share of checks that alert, and of p-values at most 0.2, 0.05 and 0.01. With a change: the share
that alerts, at the floor of 0.05 and with none, and the medians of both distances. Streams: 60 daily windows
of 120 vectors whose level moves from day to day (a tenth of a standard deviation, AR(1) with 0.6) are the
reference, 60 more are quiet, or shift from the sixth day on; the budget is 1/30d. Alerts per 30 windows with
the 95 % Garwood interval, and the share of streams flagged within 7 windows.
Set OPENBLAS_NUM_THREADS=1 where several processes share the processor.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

import leadline as ll

DIMENSION = 32
REFERENCE, DAYS, ROWS = 60, 60, 120
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

LAWS: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "normal": lambda n, rng: rng.normal(size=(n, DIMENSION)),
    "uneven, Student t5": lambda n, rng: rng.standard_t(5, (n, DIMENSION)) * np.linspace(2, 0.1, DIMENSION),
    "four clusters": lambda n, rng: (
        rng.normal(size=(n, DIMENSION)) * 0.5 + np.eye(4, DIMENSION)[rng.integers(0, 4, n)] * 4
    ),
}
CHANGES: dict[str, Change] = {
    "all numbers + 0.05 sd": lambda x, rng: x + 0.05,
    "all numbers + 0.1 sd": lambda x, rng: x + 0.1,
    "all numbers + 0.2 sd": lambda x, rng: x + 0.2,
    "one number + 1 sd": lambda x, rng: x + np.eye(DIMENSION)[0],
    "spread x 1.1": lambda x, rng: x * 1.1,
    "half of the numbers alike": lambda x, rng: np.where(
        np.arange(DIMENSION) < 16, x * 0.7 + 0.71 * x[:, :1], x
    ),
}


def table(values: np.ndarray, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"vector": list(values), **columns})


def checked(reference: np.ndarray, current: np.ndarray) -> tuple[bool, float, float, float]:
    """Alert; p-value of the discrepancy; both distances."""
    report = ll.check(table(reference), table(current))
    found = report.record.columns[0]
    return (
        found.verdict == "alert",
        found.votes[0].p_value,
        *(found.drift[key].value or 0.0 for key in ("maximum_mean_discrepancy", "frechet")),
    )


def quiet(law: str, rows: int, runs: int, seed: int) -> str:
    found = []
    for run in range(runs):
        rng = np.random.default_rng([seed, rows, run])
        found.append(checked(LAWS[law](2_000, rng), LAWS[law](rows, rng)))
    p = np.array([one[1] for one in found])
    shares = "".join(f"{np.mean(p <= level):8.3f}" for level in (0.2, 0.05, 0.01))
    return f"{law:28}{rows:6d}{np.mean([one[0] for one in found]):8.3f}{shares}"


def power(change: str, rows: int, runs: int, seed: int) -> str:
    found = []
    for run in range(runs):
        rng = np.random.default_rng([seed, rows, run, 1])
        found.append(
            checked(
                rng.normal(size=(2_000, DIMENSION)), CHANGES[change](rng.normal(size=(rows, DIMENSION)), rng)
            )
        )
    alert, p, mmd, frechet = np.array(found, float).T
    return (
        f"{change:28}{rows:6d}{alert.mean():8.2f}{np.mean(p <= 0.01):8.2f}"
        f"{np.median(mmd):8.3f}{np.median(frechet):8.3f}"
    )


def stream(seed: int, shift: float, after: int) -> pd.DataFrame:
    rng = np.random.default_rng([seed, 2])
    days = REFERENCE + DAYS
    level = np.zeros((days, DIMENSION))
    for day in range(1, days):
        level[day] = 0.6 * level[day - 1] + 0.08 * rng.normal(size=DIMENSION)
    day = np.repeat(np.arange(days), ROWS)
    values = rng.normal(size=(len(day), DIMENSION)) + level[day]
    values[day >= after] += shift
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(
        day * 1440 + rng.integers(0, 1440, len(day)), unit="min"
    )
    return table(values, timestamp=times)


def watched(seed: int, shift: float = 0.0) -> tuple[int, bool]:
    """Alerts, and whether one opened within 7 windows of the shift on the sixth day."""
    start = REFERENCE + 6
    rows = stream(seed, shift, start if shift else REFERENCE + DAYS)
    cut = rows["timestamp"] < pd.Timestamp("2026-01-01") + pd.Timedelta(days=REFERENCE)
    report = ll.check(rows[cut], rows[~cut], timestamp="timestamp", window="1d", budget="1/30d")
    timeline = report.record.timeline
    alerts = [alert for alert in timeline.alerts if alert.tier == "alert"]
    return len(alerts), any(start <= alert.opened < start + 7 for alert in alerts)


def rate(alerts: Sequence[int]) -> str:
    total, per = sum(alerts), 30 / (len(alerts) * DAYS)
    low = stats.chi2.ppf(0.025, 2 * total) / 2 if total else 0.0
    return f"{total * per:5.2f} [{low * per:4.2f}, {stats.chi2.ppf(0.975, 2 * total + 2) / 2 * per:4.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--streams", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"Seed {options.seed}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"{options.runs} runs")
    print(f"\n{'No change':28}{'rows':>6}{'alerts':>8}{'p<=0.2':>8}{'0.05':>8}{'0.01':>8}")
    for law in LAWS:
        for rows in (300, 1_000):
            print(quiet(law, rows, options.runs, options.seed), flush=True)
    print(f"\n{'Change, normal':28}{'rows':>6}{'alerts':>8}{'p<=0.01':>8}{'MMD':>8}{'Frechet':>8}")
    for change in CHANGES:
        for rows in (300, 1_000):
            print(power(change, rows, max(options.runs // 10, 1), options.seed), flush=True)
    seeds = range(1000 * options.seed, 1000 * options.seed + options.streams)
    print(f"\nStreams, {options.streams} runs")
    print(f"quiet: alerts per 30 windows {rate([watched(s)[0] for s in seeds])}", flush=True)
    for shift in (0.1, 0.2, 0.4):
        share = np.mean([watched(s, shift)[1] for s in seeds])
        print(f"shift of {shift} sd: flagged within 7 windows {share:.2f}", flush=True)


if __name__ == "__main__":
    main()
