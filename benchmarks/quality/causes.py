"""Is the right cause first, and is there none where nothing happened?

    python benchmarks/quality/causes.py [--seeds 2] [--first 10] [--quiet 100] [--data FOLDER]

Injects one fault at a time (`faults.py`) into simulated tables and into real sets cut at random, and runs
what `leadline.check` runs before it draws. Counts, among the pairs that alert, those whose first cause is the
fault (and names its column); pairs that do not alert are shown beside, for a cause is only sought for an
alert. With --data also the scenarios of `magic_scenarios`. Exits 1 when fewer than 95 % are right, when a
scenario is not, or when a pair without an alert has a cause.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import numpy as np
import polars
from faults import Case, quiet, real, simulated
from scipy import stats

from leadline import comparison
from leadline.diagnosis import Cause, explain
from leadline.monitors.compare import Comparison, compare
from leadline.tables import open_table

SCENARIOS = {
    "none": "", "covariate": "covariate_shift", "label": "label_shift", "concept": "concept_change",
    "missing": "missing_values", "unit": "unit_change", "frozen": "stuck_value", "swapped": "columns_swapped",
    "segment": "one_segment",
}  # fmt: skip
"""The scenarios of `magic_scenarios`, and the cause that its page describes."""

NOTHING = "(none)"


def compared(case: Case) -> Comparison:
    """What `leadline.check` does before it draws."""
    baseline = comparison.learn(case.reference, threads=1, **case.options)
    table = open_table(case.current, "current")
    physical = {field.name: field.physical for field in table.fields}
    return compare(baseline, comparison.profile(case.current, baseline), baseline.settings, physical)


def alerts(found: Comparison) -> bool:
    """Some column or performance metric alerts."""
    scores = [s.decision for s in found.performance.scores.values() if s.decision is not None]
    return any(d.verdict == "alert" for d in [*found.decisions.values(), *scores])


Result = tuple[str, str, bool, bool, str]
"""Kind, where, whether the check alerted, whether the first cause is right, and its key."""


def judge(case: Case) -> Result:
    """Run one case."""
    found = compared(case)
    causes = explain(found)
    first = causes[0] if causes else None
    return case.kind, case.where, alerts(found), _right(case, first), first.key if first else NOTHING


def judge_simulated(seed: int) -> list[Result]:
    return [judge(case) for case in simulated(seed)]


def judge_real(folder: Path, seed: int) -> list[Result]:
    return [judge(case) for case in real(folder, seed)]


def judge_quiet(seed: int) -> Result:
    return judge(quiet(1_000 + seed))


def _right(case: Case, cause: Cause | None) -> bool:
    if cause is None:
        return not case.expected
    return cause.key in case.expected and (not case.columns or case.columns <= set(cause.columns))


def magic(folder: Path) -> Iterable[Case]:
    """Chunks 6 to 10 of each scenario against the shared reference."""
    rows = polars.read_parquet(folder / "magic_scenarios.parquet")
    left_out = ["timestamp", "scenario", "chunk", "drifted", "partition"]
    reference = rows.filter(polars.col("partition") == "reference").drop(left_out)
    roles = {"label": "label", "score": "score", "prediction": "prediction", "id": "id", "segment": "segment"}
    for scenario, key in SCENARIOS.items():
        chosen = (polars.col("scenario") == scenario) & (polars.col("chunk") > 5)
        current = rows.filter((polars.col("partition") == "analysis") & chosen).drop(left_out)
        expected = frozenset({key} if key else ())
        yield Case(scenario, "magic", expected, frozenset(), reference, current, roles)


def report(title: str, results: list[Result]) -> float:
    """Print the confusion table, and give the share of right causes among the pairs that alerted."""
    print(f"\n{title}\n{'fault':<18}{'pairs':>7}{'alerted':>9}{'right':>7}   first cause")
    for kind in dict.fromkeys(result[0] for result in results):
        mine = [r for r in results if r[0] == kind]
        loud = [r for r in mine if r[2]]
        firsts = Counter(r[4] for r in loud).most_common()
        said = ", ".join(f"{key} {count}" for key, count in firsts)
        print(f"{kind:<18}{len(mine):>7}{len(loud):>9}{sum(r[3] for r in loud):>7}   {said}")
    print(f"\n{'where':<24}{'pairs':>7}{'alerted':>9}{'right':>7}   wrong")
    for where in dict.fromkeys(result[1] for result in results):
        loud = [r for r in results if r[1] == where and r[2]]
        wrong = Counter((r[0], r[4]) for r in loud if not r[3]).most_common(6)
        said = ", ".join(f"{kind} -> {key} {count}" for (kind, key), count in wrong)
        pairs = sum(r[1] == where for r in results)
        print(f"{where:<24}{pairs:>7}{len(loud):>9}{sum(r[3] for r in loud):>7}   {said}")
    loud = [r for r in results if r[2]]
    right = sum(r[3] for r in loud)
    low, high = stats.binomtest(right, len(loud)).proportion_ci(0.95, "exact")
    print(
        f"\nright: {right} of {len(loud)} = {right / len(loud):.3f} (95 % interval {low:.3f} to {high:.3f})"
    )
    return right / len(loud)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=10, help="seed 0 was looked at when rules were written")
    parser.add_argument("--quiet", type=int, default=100)
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, Leadline {version('leadline')}")
    fine = True
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = chain.from_iterable(pool.map(judge_simulated, seeds))
        fine &= report("simulated tables", list(found)) >= 0.95
        if options.data:
            folder = Path(options.data)
            found = chain.from_iterable(pool.map(partial(judge_real, folder), seeds))
            fine &= report("real sets, cut at random", list(found)) >= 0.95
            print("\nscenario        first cause")
            for scenario, _, _, right, key in map(judge, magic(folder)):
                print(f"{scenario:<16}{key:<20}{'' if right else '<- wrong'}")
                fine &= right
        still = list(pool.map(judge_quiet, range(options.quiet), chunksize=8))
    loud = sum(result[2] for result in still)
    false = sum(result[4] != NOTHING and not result[2] for result in still)
    told = sum(result[4] != NOTHING for result in still)
    print(f"\nundrifted pairs: {len(still)}, alerted {loud}, with a cause {told}, without an alert {false}")
    return 0 if fine and not false else 1


if __name__ == "__main__":
    sys.exit(main())
