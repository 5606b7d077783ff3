"""Default drift reports of Leadline and its peers on the same frames in memory, side by side.

1,000,000 x 50 as the reference and 100,000 x 50 as the current table (40 numeric and 10 text columns), then
the other way round. Every run has a fresh process in the tool's own environment (peers.py makes them; a
missing one is skipped); loading and imports are not timed; rounds are interleaved; medians are shown.
Leadline computes every metric, the verdict and the page.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import data
import machine
import peers

HERE = Path(__file__).resolve().parent
OWN = ("leadline", "scipy", "scipy_crosstab", "sorting", "bare_sort")
TOOLS = {
    "leadline": "Leadline: every metric, verdict, page",
    "scipy": "SciPy loop: ks_2samp, chi2_contingency of value counts",
    "scipy_crosstab": "SciPy loop: the same with pandas.crosstab",
    "sorting": "exact KS by sorting, numeric columns only",
    "bare_sort": "np.sort of the numeric columns, no statistic",
    "alibi_detect": "Alibi Detect: TabularDrift",
    "nannyml": "NannyML: univariate drift",
    "whylogs": "whylogs: profiles and drift scores",
    "evidently": "Evidently: DataDriftPreset",
    "evidently_page": "Evidently: DataDriftPreset, page",
}


@dataclass
class Runs:
    """What the runs of one tool on one case gave."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    said: str = ""
    failed: str = ""


def interpreter(tool: str) -> Path | None:
    """The Python that runs a tool, or None where its environment was not made."""
    if tool in OWN:
        return Path(sys.executable)
    name = tool.removesuffix("_page")
    return peers.python(name) if peers.ready(name) else None


def run(tool: str, reference: Path, current: Path, runs: Runs) -> None:
    """One run in a fresh process."""
    python = interpreter(tool)
    if python is None:
        runs.failed = "no environment; benchmarks/speed/peers.py makes it"
        return
    command = [str(python), str(HERE / "worker.py"), tool, str(reference), str(current)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        runs.failed = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return
    result = json.loads(done.stdout)
    for name in ("seconds", "cpu_seconds", "peak_mb"):
        getattr(runs, name).append(result[name])
    runs.said = result["said"]


def interleaved(
    tools: Iterable[str], reference: Path, current: Path, rounds: int, slow: float
) -> dict[str, Runs]:
    """`rounds` runs of each tool in turn; one that fails, or takes longer than `slow` seconds, runs once."""
    found = {tool: Runs() for tool in tools}
    for number in range(rounds):
        for tool, runs in found.items():
            if runs.failed or (runs.seconds and runs.seconds[0] > slow):
                continue
            run(tool, reference, current, runs)
            if runs.seconds:
                print(f"  round {number + 1}: {tool} {runs.seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    return found


def table(title: str, found: dict[str, Runs]) -> str:
    """A Markdown table: medians, and how many times Leadline's, by the clock and by processor time."""
    lines = [
        f"### {title}", "",
        "| Tool | Seconds | x Leadline | CPU seconds | x Leadline | MB above the input | Runs | Gives |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]  # fmt: skip
    base = found["leadline"]
    for tool, runs in found.items():
        if not runs.seconds:
            lines.append(f"| {TOOLS[tool]} | | | | | | 0 | {runs.failed} |")
            continue
        cells = [
            TOOLS[tool],
            *_beside(runs.seconds, base.seconds),
            *_beside(runs.cpu_seconds, base.cpu_seconds),
            f"{statistics.median(runs.peak_mb):.0f}", str(len(runs.seconds)), runs.said,
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _beside(ours: list[float], base: list[float]) -> tuple[str, str]:
    """The median, and how many times the other median it is."""
    middle = statistics.median(ours)
    return f"{middle:.2f}", f"{middle / statistics.median(base):.1f}" if base else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="20,000 x 2,000 rows, one round, no peers")
    parser.add_argument("--rows", type=int, nargs=2, default=(1_000_000, 100_000), metavar=("LONG", "SHORT"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=float, default=30.0, help="seconds beyond which a tool runs once")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, metavar="TOOL", help=", ".join(TOOLS))
    chosen = parser.parse_args()
    rows, rounds = (20_000, 2_000) if chosen.small else chosen.rows, 1 if chosen.small else chosen.rounds
    tools = chosen.tools or (OWN if chosen.small else TOOLS)
    tools = ["leadline", *(tool for tool in tools if tool != "leadline")]
    print("## Drift reports side by side\n")
    print(machine.describe("leadline", "numpy", "pandas", "scipy") + f"; seed {data.SEED}\n")
    with TemporaryDirectory() as folder:
        sides = {}
        for count in rows:
            for drifted in (False, True):
                sides[count, drifted] = Path(folder, f"{count}-{drifted:d}")
                data.write(sides[count, drifted], count, drifted)
        for a, b in (rows, rows[::-1]):
            found = interleaved(tools, sides[a, False], sides[b, True], rounds, chosen.slow)
            print(table(f"{a:,} x 50 reference, {b:,} x 50 current", found), flush=True)


if __name__ == "__main__":
    main()
