"""Does a quiet table raise an alert at most at the stated rate?

    python benchmarks/quality/calibration.py [--small] [--rate 0.01] [--tables 2000] [--data FOLDER]

Draws tables of undrifted pairs (`draws.py`), judges each table as a check does, with the floors off, and
prints for each cell the share of tables with an alert. Exits 1 when a cell's one-sided 99.9 % lower limit
(Clopper & Pearson) exceeds the rate, or the pooled share does.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import draws
import numpy as np
import numpy.typing as npt
from scipy import stats

from leadline.metrics.pair import Pair
from leadline.monitors import joint
from leadline.profiles.grid import NumericAxis

Floats = npt.NDArray[np.float64]
SIZES = (30, 100, 1_000, 10_000, 100_000, 1_000_000)
SMALL = ((30, 30), (30, 10_000), (1_000, 100), (1_000, 1_000), (100_000, 10_000))
MISSING = (0.0, 0.001, 0.02, 0.3)
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


def rows(rng: np.random.Generator, cell: Cell, tables: int) -> list[joint.Channel]:
    parts: list[list[joint.Channel]] = []
    for _ in range(tables):
        pairs = [(law(rng, cell.m), law(rng, cell.n)) for law in draws.NUMERIC.values()]
        parts.append(numeric_channels(pairs))
    return [channel for part in parts for channel in part]


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


DRAW = {
    "continuous": continuous,
    "discrete": discrete,
    "even": categorical,
    "zipf": categorical,
    "rows": rows,
}


def cells(small: bool, tables: int) -> Iterator[Cell]:
    sizes = SMALL if small else tuple((m, n) for m in SIZES for n in SIZES)
    for m, n in sizes:
        yield Cell("continuous", m, n, 5, tables)
        yield Cell("discrete", m, n, len(draws.DISCRETE), tables)
        yield Cell("even", m, n, len(draws.LEVELS), tables)
        yield Cell("zipf", m, n, len(draws.LEVELS), tables)
        if max(m, n) <= 1_000 and not small:
            yield Cell("rows", m, n, len(draws.NUMERIC), tables)
    if not small:
        for columns, share in ((1, 1), (50, 1), (500, 10)):
            yield Cell("continuous", 10_000, 1_000, columns, tables // share)
        yield Cell("rows", 10_000, 10_000, len(draws.NUMERIC), min(tables, 500))


def run(cell: Cell, rate: float, seed: int) -> int:
    rng = np.random.default_rng([seed, cell.m, cell.n, cell.columns, len(cell.name)])
    batch = max(1, BATCH // cell.columns)
    hits = 0
    for start in range(0, cell.tables, batch):
        tables = min(batch, cell.tables - start)
        hits += alerts(DRAW[cell.name](rng, cell, tables), cell.columns, rate)
    return hits


def real_sets(folder: Path, tables: int, seed: int) -> Iterator[tuple[str, int, int, int]]:
    """Random row splits of the data sets: name, rows of a side, columns, alerts."""
    import duckdb

    for path in sorted(folder.glob("*.parquet")):
        frame = duckdb.sql(f"select * from read_parquet('{path}')").fetchnumpy()
        yield path.stem, *_split(frame, tables, np.random.default_rng(seed))


def _split(
    frame: dict[str, npt.NDArray[np.generic]], tables: int, rng: np.random.Generator
) -> tuple[int, int, int]:
    numeric = [
        np.ma.filled(np.ma.asarray(v, np.float64), np.nan)
        for v in frame.values()
        if np.issubdtype(np.asarray(v).dtype, np.number)
    ]
    total = len(next(iter(frame.values())))
    m, n = min(total // 2, 2_000), min(total // 2, 1_000)
    if not numeric or m < 30:
        return 0, 0, 0
    hits = 0
    for _ in range(tables):
        chosen = rng.choice(total, m + n, replace=False)
        pairs = [(v[chosen[:m]], v[chosen[m:]]) for v in numeric]
        pairs = [(x[np.isfinite(x)], y[np.isfinite(y)]) for x, y in pairs]
        pairs = [(x, y) for x, y in pairs if len(x) >= 10 and len(y) >= 10]
        hits += alerts(numeric_channels(pairs), len(pairs), RATE) if pairs else 0
    return m, len(numeric), hits


RATE = 0.01


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a minute instead of an hour")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(DRAW))
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    options = parser.parse_args()
    failed, hits, tables = [], 0, 0
    print(f"{'cell':<14}{'m':>9}{'n':>9}{'columns':>9}{'tables':>8}{'share':>9}{'lower':>9}{'s':>7}")
    for cell in cells(options.small, options.tables):
        if options.only and cell.name != options.only:
            continue
        start = time.perf_counter()
        found = run(cell, options.rate, options.seed)
        lower = stats.beta.ppf(0.001, found, cell.tables - found + 1) if found else 0.0
        bad = lower > options.rate
        failed += [cell] if bad else []
        hits, tables = hits + found, tables + cell.tables
        print(
            f"{cell.name:<14}{cell.m:>9}{cell.n:>9}{cell.columns:>9}{cell.tables:>8}"
            f"{found / cell.tables:>9.4f}{lower:>9.4f}{time.perf_counter() - start:>7.1f}"
            + ("  FAIL" if bad else ""),
            flush=True,
        )
    if options.data and not options.small:
        for name, size, columns, found in real_sets(Path(options.data), 200, options.seed):
            if columns:
                lower = stats.beta.ppf(0.001, found, 200 - found + 1) if found else 0.0
                failed += [name] if lower > options.rate else []
                hits, tables = hits + found, tables + 200
                print(f"{name:<32}{size:>9}{columns:>9}{200:>8}{found / 200:>9.4f}{lower:>9.4f}", flush=True)
    print(
        f"pooled {hits / max(tables, 1):.4f} of {tables} tables at rate {options.rate}; "
        f"cells failed: {len(failed)}"
    )
    return 1 if failed or hits > options.rate * tables else 0


if __name__ == "__main__":
    sys.exit(main())
