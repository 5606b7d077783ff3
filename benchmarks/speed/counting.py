"""Millions of values counted per second on one core, in NumPy and compiled, on columns of several shapes.

Next to them what else one pass could be: numpy.searchsorted with numpy.bincount (cells only), and
numpy.sort. The best of several interleaved rounds is shown; the counts of all ways are compared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import data
import machine
import numpy as np

from leadline.profiles import compiled
from leadline.profiles.counting import count, count_sorted
from leadline.profiles.numeric import NumericAxis

TARGET = 250.0

Count = Callable[[], object]


def shapes(rows: int) -> dict[str, np.ndarray]:
    """Columns without nulls, by what they look like."""
    generator = np.random.default_rng([data.SEED, rows])
    normal = generator.normal(50.0, 3.0, rows)
    return {
        "normal": normal,
        "normal, float32": normal.astype(np.float32),
        "lognormal": generator.lognormal(1.0, 1.0, rows),
        "70 % zeros": generator.gamma(2.0, 50.0, rows) * (generator.random(rows) < 0.3),
        "rounded prices": np.round(generator.lognormal(3.0, 0.8, rows), 2),
        "small integers": generator.poisson(4.0, rows),
        "wide integers": generator.integers(0, 1_000_000, rows),
        "heavy tails (t, 2 degrees)": generator.standard_t(2, rows),
        "offset (1e9 + noise)": 1e9 + generator.normal(0.0, 1.0, rows),
    }


def ways(values: np.ndarray, axis: NumericAxis) -> dict[str, Count]:
    """What is timed for a column; `sorted before`: as a reference is counted whose grid was learned."""
    ordered = np.sort(values.astype(np.float64))
    found: dict[str, Count] = {
        "NumPy": lambda: count(axis, values),
        "NumPy, sorted before": lambda: count_sorted(axis, ordered),
    }
    if compiled.available():
        table = compiled.CellTable(axis)
        found["compiled"] = lambda: compiled.count(table, values)

    def searched() -> np.ndarray:
        place = np.searchsorted(axis.edges, values, side="right") - 1
        return np.bincount(place, minlength=axis.cells)

    return found | {"searchsorted + bincount": searched, "np.sort": lambda: np.sort(values)}


def rates(found: dict[str, Count], values: int, rounds: int) -> dict[str, float]:
    """Millions of values per second: the best of some interleaved rounds, after one for the caches."""
    best = dict.fromkeys(found, np.inf)
    for number in range(rounds + 1):
        for name, work in found.items():
            start = time.perf_counter()
            work()
            if number:
                best[name] = min(best[name], time.perf_counter() - start)
    return {name: values / seconds / 1e6 for name, seconds in best.items()}


def agree(found: dict[str, Count]) -> bool:
    """All ways that count put the same numbers into the cells."""
    cells = [np.ravel(getattr(result, "cells", result)) for name, work in found.items()
             if name != "np.sort" for result in [work()]]  # fmt: skip
    return all(np.array_equal(cells[0], other) for other in cells[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="50,000 values")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    rows, rounds = (50_000, 2) if chosen.small else (chosen.rows, chosen.rounds)
    print("## Counting numbers\n")
    print(machine.describe("leadline", "numpy") + f"; {rows:,} values, seed {data.SEED}\n")
    print("Million values per second and core;", end=" ")
    print(f"target: {TARGET:g}, compiled.\n")
    every: dict[str, list[float]] = {}
    for number, (shape, values) in enumerate(shapes(rows).items()):
        axis = NumericAxis.learn(np.sort(values[: min(rows, 1 << 20)].astype(np.float64)))
        found = ways(values, axis)
        measured = rates(found, rows, rounds)
        if number == 0:
            print(f"| Column | Cells | {' | '.join(measured)} | Same counts |")
            print(f"|---|--:|{'--:|' * len(measured)}---|")
        for name, rate in measured.items():
            every.setdefault(name, []).append(rate)
        cells = " | ".join(f"{rate:.0f}" for rate in measured.values())
        print(f"| {shape} | {axis.cells} | {cells} | {'yes' if agree(found) else 'NO'} |", flush=True)
    medians = " | ".join(f"{np.median(rates):.0f}" for rates in every.values())
    print(f"| median | | {medians} | |\n")


if __name__ == "__main__":
    main()
