"""Many columns of few rows: where the time and the memory of a check go when counting costs least.

10,000 columns of 300 rows in memory, 8 in 10 of them continuous, one of small counts, one of six texts; every
hundredth has drifted. Peaks are above what was resident before the check, with the input already in memory.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import data
import machine
import numpy as np

TEXTS = np.array(["a", "b", "c", "d", "e", "f"], object)


def table(columns: int, rows: int, drifted: bool) -> dict[str, Any]:
    """The columns by name."""
    generator = np.random.default_rng([data.SEED, columns, drifted])
    found: dict[str, Any] = {}
    for k in range(columns):
        if k % 10 == 9:
            found[f"c{k}"] = TEXTS[generator.integers(0, len(TEXTS), rows)]
        elif k % 10 == 8:
            found[f"c{k}"] = generator.poisson(4, rows)
        else:
            found[f"c{k}"] = generator.normal(0.5 if drifted and k % 100 == 0 else 0.0, 1.0, rows)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="200 columns")
    parser.add_argument("--columns", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=300)
    chosen = parser.parse_args()
    columns, rows = 200 if chosen.small else chosen.columns, chosen.rows
    from leadline import comparison
    from leadline.monitors.compare import compare
    from leadline.reports.build import build
    from leadline.reports.report import Report

    print(f"## {columns:,} columns of {rows} rows\n")
    print(machine.describe("leadline", "numpy") + f"; seed {data.SEED}\n")
    print("| Step | Seconds | CPU seconds | Peak MB above the input, so far |")
    print("|---|--:|--:|--:|")
    sides = table(columns, rows, False), table(columns, rows, True)
    machine.forget_peak()
    before = machine.resident_mb()

    def step(name: str, run: Callable[[], Any]) -> Any:
        cpu, start = time.process_time(), time.perf_counter()
        result = run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {machine.peak_mb() - before:.0f} |", flush=True)
        return result

    baseline = step("learn the reference", lambda: comparison.learn(sides[0]))
    current = step("count the current table", lambda: comparison.profile(sides[1], baseline))
    found = step("measure and decide", lambda: compare(baseline, current, baseline.settings, None))
    record = step("put into words", lambda: build(found))
    page = step("page", lambda: Report(record).to_html())
    print(f"page of {len(page) / 1e6:.1f} MB", file=sys.stderr)
    print()


if __name__ == "__main__":
    main()
