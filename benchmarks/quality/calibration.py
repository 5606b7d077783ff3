"""Does a quiet table raise an alert at most at the stated rate?

    python benchmarks/quality/calibration.py [--small] [--rate 0.01] [--tables 2000] [--data FOLDER]

Draws tables of undrifted pairs (`draws.py`), judges each table as a check does, and prints for each cell the
share of tables with significant evidence (floors off) and with an alert (floors on; shown where rows went
through a whole check). Cells named "continuous", "discrete", "even" and "zipf" draw counts on cells, at any
size; "rows ..." go through the grid, the counting and the decision of `leadline.check`, as do those with a
model's outcomes ("binary" ...), with a timestamp ("hours ...", "days ..."; "clock ...": columns that follow
the time of the day) or an entity, and the random row splits of the shared sets. Exits 1 when a cell's
one-sided 99.9 % lower limit (Clopper & Pearson) of the evidence exceeds the rate, or the pooled share does.
"days, AR(1)" is shown and not counted: its last days resemble its first ones less than any block of the
reference can show. Nor is "clock off", which drifted: its share is the power.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import draws
import full_checks as checks
import numpy as np
import numpy.typing as npt
from full_checks import Found
from scipy import stats

from leadline.metrics.pair import Pair
from leadline.monitors import joint
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]
SIZES = (30, 100, 1_000, 10_000, 100_000, 1_000_000)
SMALL = ((30, 30), (30, 10_000), (1_000, 100), (1_000, 1_000), (100_000, 10_000))
MISSING = (0.0, 0.001, 0.02, 0.3)
ROWS = ((30, 30), (30, 1_000), (1_000, 100), (1_000, 1_000), (10_000, 1_000), (100_000, 10_000))
BATCH = 20_000


@dataclass(frozen=True)
class Cell:
    """Tables of one sort; `channels` draws some tables and gives the channels of each."""

    name: str
    m: int
    n: int
    columns: int
    tables: int


def names(count: int) -> list[str]:
    return [str(i) for i in range(count)]


def missing(rng: np.random.Generator, m: int, n: int, count: int) -> joint.ShareChange:
    rates = np.resize(np.array(MISSING), count)
    return joint.missing_share(rng.binomial(m, rates), m, rng.binomial(n, rates), n)


def continuous(rng: np.random.Generator, cell: Cell, tables: int) -> list[joint.Channel]:
    count = tables * cell.columns
    a, b, atoms = draws.continuous_counts(rng, cell.m, cell.n, count)
    # The first and the last cell lie outside the reference's extremes (the maximum is the last edge).
    outside = b[:, 0] + b[:, -1]
    shares = [
        missing(rng, cell.m, cell.n, count),
        joint.out_of_range_share(outside, np.full(count, cell.m), np.full(count, cell.n)),
    ]
    return joint.column_channels(Pair(a, b, True, atoms=atoms), names(count), shares=shares)


def discrete(rng: np.random.Generator, cell: Cell, tables: int) -> list[joint.Channel]:
    laws = list(draws.DISCRETE.values())
    parts = []
    for law in laws:
        a, b = draws.fixed_counts(rng, cell.m, cell.n, tables, law / law.sum())
        pair = Pair(a, b, True, atoms=np.ones(a.shape, bool))
        parts.append(
            joint.column_channels(pair, names(tables), shares=[missing(rng, cell.m, cell.n, tables)])
        )
    return interleave(parts)


def categorical(rng: np.random.Generator, cell: Cell, tables: int) -> list[joint.Channel]:
    parts = []
    for levels in draws.LEVELS:
        law = draws.categories(levels, "even" in cell.name)
        a, b = draws.fixed_counts(rng, cell.m, cell.n, tables, law)
        once, twice = (a == 1).sum(1), (a == 2).sum(1)
        a, b = draws.pool_unseen(a, b)
        size = (np.full(tables, cell.n), np.full(tables, cell.m))
        shares = [missing(rng, cell.m, cell.n, tables), joint.unseen_share(b[:, -1], *size, once, twice)]
        parts.append(joint.column_channels(Pair(a, b, False), names(tables), shares=shares))
    return interleave(parts)


def numeric_channels(
    pairs: list[tuple[Floats, Floats]], more: Sequence[joint.ShareChange] = ()
) -> list[joint.Channel]:
    """Count rows on the grid that the reference learns, as a check does."""
    axes = [NumericAxis.learn(np.sort(reference)) for reference, _ in pairs]
    width = max(axis.cells for axis in axes)
    a, b = np.zeros((len(pairs), width)), np.zeros((len(pairs), width))
    atoms = np.zeros((len(pairs), width), bool)
    outside = np.zeros(len(pairs))
    for k, (axis, sides) in enumerate(zip(axes, pairs, strict=True)):
        for counts, side in ((a, sides[0]), (b, sides[1])):
            cells = np.searchsorted(axis.edges, side, "right") - 1
            counts[k, : axis.cells] = np.bincount(cells, minlength=axis.cells)
        atoms[k, : axis.cells] = axis.atoms
        outside[k] = ((sides[1] < axis.low) | (sides[1] > axis.high)).sum()
    shares = [*more, joint.out_of_range_share(outside, a.sum(1), b.sum(1))]
    return joint.column_channels(Pair(a, b, True, atoms=atoms), names(len(pairs)), shares=shares)


def interleave(parts: list[list[joint.Channel]]) -> list[joint.Channel]:
    return [channel for table in zip(*parts, strict=True) for channel in table]


def alerts(channels: list[joint.Channel], columns: int, rate: float) -> int:
    """Tables in which some channel's adjusted p-value is at most the rate."""
    p = np.array([channel.p_value for channel in channels]).reshape(-1, columns)
    judged = np.isfinite(p).sum(1)
    smallest = np.where(np.isfinite(p), p, 2.0).min(1)
    return int((smallest * judged <= rate).sum())


DRAW = {"continuous": continuous, "discrete": discrete, "even": categorical, "zipf": categorical}


def cells(small: bool, tables: int) -> Iterator[Cell]:
    sizes = SMALL if small else tuple((m, n) for m in SIZES for n in SIZES)
    for m, n in sizes:
        yield Cell("continuous", m, n, 5, tables)
        yield Cell("discrete", m, n, len(draws.DISCRETE), tables)
        yield Cell("even", m, n, len(draws.LEVELS), tables)
        yield Cell("zipf", m, n, len(draws.LEVELS), tables)
    if not small:
        for columns, share in ((1, 1), (50, 1), (500, 10)):
            yield Cell("continuous", 10_000, 1_000, columns, tables // share)


def run(cell: Cell, rate: float, seed: int) -> Found:
    rng = np.random.default_rng([seed, cell.m, cell.n, cell.columns, len(cell.name)])
    batch = max(1, BATCH // cell.columns)
    hits = 0
    for start in range(0, cell.tables, batch):
        tables = min(batch, cell.tables - start)
        hits += alerts(DRAW[cell.name](rng, cell, tables), cell.columns, rate)
    return Found(cell.name, cell.m, cell.n, cell.columns, cell.tables, hits)


def from_rows(small: bool, tables: int, rate: float, seed: int) -> Iterator[Found]:
    """Tables that go through a whole check."""
    sizes = ((30, 30), (1_000, 300)) if small else ROWS
    for m, n in sizes:
        for name, laws in checks.LAWS.items():
            cost = 1 + (m + n) // 10_000
            yield checks.columns(name, laws, m, n, max(tables // cost, 1), rate, seed)
    for name, draw, options in checks.MODELS:
        for m, n in (
            ((30, 30), (1_000, 200)) if small else ((30, 30), (30, 1_000), (1_000, 200), (10_000, 2_000))
        ):
            yield checks.models(name, draw, options, m, n, max(tables // 4, 1), rate, seed)
    for name, draw, options, m, n in checks.DEPENDENT:
        yield checks.dependent(name, draw, options, m, n, max(tables // 10, 1), rate, seed)


def lower_limit(hits: int, tables: int) -> float:
    return float(stats.beta.ppf(0.001, hits, tables - hits + 1)) if hits else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a minute instead of an hour")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--tables", type=int, help="tables a cell; 2,000, or 60 with --small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("counts", "rows", "sets"))
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    options = parser.parse_args()
    tables, rate, seed = options.tables or (60 if options.small else 2_000), options.rate, options.seed
    groups: dict[str, Iterator[Found]] = {
        "counts": (run(cell, rate, seed) for cell in cells(options.small, tables)),
        "rows": from_rows(options.small, tables, rate, seed),
    }
    if options.data and not options.small:
        groups["sets"] = checks.row_splits(Path(options.data), max(tables // 50, 1), rate, seed)
    print(about(tables, rate), flush=True)
    print(
        f"{'cell':<34}{'m':>8}{'n':>8}{'columns':>8}{'tables':>7}{'share':>8}{'lower':>8}{'alerts':>8}{'s':>6}"
    )
    failed, hits, total = 0, 0, 0
    for name, group in groups.items():
        start = time.perf_counter()
        for found in group if options.only in (None, name) else ():
            lower = lower_limit(found.hits, found.tables)
            bad = lower > rate and found.counted
            failed += bad
            if found.counted:
                hits, total = hits + found.hits, total + found.tables
            share = "" if found.alerts is None else f"{found.alerts / found.tables:.4f}"
            print(
                f"{found.name:<34}{found.m:>8}{found.n:>8}{found.columns:>8}{found.tables:>7}"
                f"{found.hits / found.tables:>8.4f}{lower:>8.4f}{share:>8}{time.perf_counter() - start:>6.0f}"
                + ("  FAIL" if bad else ""),
                flush=True,
            )
            start = time.perf_counter()
    print(f"pooled {hits / max(total, 1):.4f} of {total} tables at rate {rate}; cells failed: {failed}")
    return 1 if failed or hits > rate * total else 0


def about(tables: int, rate: float) -> str:
    """When, with what and on what."""
    models = (x.split(":")[1].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name"))
    cpu = next(models, platform.machine())
    made = f"Python {platform.python_version()}, NumPy {np.__version__}, Leadline {version('leadline')}"
    return f"{time.strftime('%Y-%m-%d')}, {tables} tables a cell, rate {rate}\n{made}; {cpu}, one core"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


if __name__ == "__main__":
    sys.exit(main())
