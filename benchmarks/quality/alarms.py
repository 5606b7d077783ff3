"""What is found at the same rate of false alarms: Leadline beside other tools, run for real.

    python benchmarks/quality/alarms.py [--small] [--runs 10] [--processes a c] [--tools ...] [--workers 2]

Rows of the simulated streams of `budget.py`: 60 reference windows of about 1,000 rows and 20 columns, 34
quiet ones, and each of its drifts in turn in place of the last quiet ones. Every tool sees the same rows; the
others score every window against the reference, each in its own environment (`benchmarks/speed/peers.py`
makes them). Power is the share of streams flagged within 7 windows of a change (2 for the burst).
Leadline's part is its alert budget on the counts of single columns, as in `budget.py`.

An alarm goes on until three windows in a row are quiet, as Leadline's alerts do. Each tool at its defaults,
then with the one threshold on its largest score at which the quiet windows of these very streams raise one
alarm in 30 windows: hindsight that nobody has. Leadline is not tuned in its first row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import budget_streams as streams
import numpy as np
from scipy import special

from leadline.monitors.budget import Judgement, Policy, fit, judge

HERE = Path(__file__).resolve().parent
REFERENCE, BEFORE, AFTER = 60, 20, 14
QUIET = BEFORE + AFTER
START = REFERENCE + BEFORE
PEERS = ("nannyml", "alibi_detect", "evidently")
RULES = {
    "leadline": ("Leadline, budget 1 per 30",),
    "nannyml": ("NannyML, any column beyond 3 sd",),
    "alibi_detect": ("Alibi Detect, TabularDrift p < 0.05",),
    "evidently": ("Evidently, half of the columns", "Evidently, any column"),
}


@dataclass(frozen=True)
class Scored:
    """What one tool says of one stream: of its quiet windows, and of the windows after each drift.

    Attributes:
        quiet, drifted: scores, higher is more drift; of shape (34,), and one array for each drift.
        alarm: the same windows by each rule of the tool's own, quiet ones first.
        seconds: of the processor, a window.
    """

    quiet: np.ndarray
    drifted: tuple[np.ndarray, ...]
    alarm: tuple[tuple[np.ndarray, tuple[np.ndarray, ...]], ...]
    seconds: float


def observed(latent: np.ndarray) -> np.ndarray:
    """Columns as a tool sees them: counts with many zeros, and codes of categories."""
    found = latent.astype(np.float64)
    for j in range(4, streams.NUMERIC, 5):
        found[:, j] = np.floor(np.maximum(0.0, np.expm1(found[:, j])))
    for i, levels in enumerate(streams.LEVELS):
        shares = 0.85 ** np.arange(levels)
        edges = special.ndtri(np.cumsum(shares / shares.sum())[:-1])
        found[:, streams.NUMERIC + i] = np.searchsorted(edges, found[:, streams.NUMERIC + i])
    return found


def features(drift: streams.Drift, rng: np.random.Generator) -> np.ndarray:
    """Which features drift."""
    if drift.features == 0:
        return np.array([streams.TEN_LEVELS])
    if drift.features == streams.FEATURES:
        return np.arange(streams.FEATURES)
    return rng.choice([j for j in range(streams.NUMERIC) if j % 5 != 4], drift.features, replace=False)


def stream(process: streams.Process, seed: int) -> tuple[streams.Rows, list[np.ndarray]]:
    """Rows without a drift, and the rows from window `START` on with each drift."""
    rng = np.random.default_rng([seed, 31])
    rows = streams.draw(process, rng, REFERENCE + QUIET)
    first = int(np.searchsorted(rows.window, START))
    changed = []
    for drift in streams.DRIFTS:
        latent = rows.latent[first:].copy()
        drift.change(latent, rows.window[first:] - START, features(drift, rng), rng)
        changed.append(latent)
    return rows, changed


def leadline(process: streams.Process, seed: int) -> Scored:
    """The budget on the counts of single columns, one configuration."""
    rows, changed = stream(process, seed)
    grid = streams.Grid.learn(rows, REFERENCE)
    first = int(np.searchsorted(rows.window, START))
    volume = np.bincount(rows.window, minlength=REFERENCE + QUIET).astype(float)
    counts = grid.count(rows, REFERENCE + QUIET)
    quiet = streams.evidence(counts, grid, volume, rows.slots)
    calibration = fit(quiet.windows(slice(0, REFERENCE)), Policy(alerts=1, windows=30))
    drifted = []
    for latent in changed:
        counts = counts.copy()
        counts[START:] = grid.count(streams.Rows(latent, rows.window[first:] - START, rows.slots), AFTER)
        drifted.append(judge(calibration, streams.evidence(counts, grid, volume, rows.slots)))

    def alarm(judgement: Judgement) -> np.ndarray:
        return np.array([tier == "alert" for tier in judgement.tier])

    def after(values: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        lasts = [drift.lasts for drift in streams.DRIFTS]
        return tuple(each[BEFORE : BEFORE + last] for each, last in zip(values, lasts, strict=True))

    still = judge(calibration, quiet)
    scores = after([judgement.score for judgement in drifted])
    flagged = (alarm(still), after([alarm(judgement) for judgement in drifted]))
    return Scored(still.score, scores, (flagged,), np.nan)


def peer(tool: str, process: streams.Process, seed: int) -> Scored:
    """A peer on the same rows: all windows in one call, those with drifts after the quiet ones."""
    sys.path.insert(0, str(HERE.parent / "speed"))
    import peers

    rows, changed = stream(process, seed)
    first = int(np.searchsorted(rows.window, START))
    latent, window, edges = [rows.latent], [rows.window], [QUIET]
    for drift, values in zip(streams.DRIFTS, changed, strict=True):
        step = rows.window[first:] - START
        inside = step < drift.lasts
        latent.append(values[inside])
        window.append(step[inside] + REFERENCE + edges[-1])
        edges.append(edges[-1] + drift.lasts)
    categorical = np.arange(streams.FEATURES) >= streams.NUMERIC
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.json")
        np.savez(
            source,
            values=observed(np.concatenate(latent)),
            window=np.concatenate(window),
            reference=REFERENCE,
            categorical=categorical,
        )
        command = [str(peers.python(tool)), str(HERE / "peer_worker.py"), tool, str(source), str(target)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        answer = json.loads(target.read_text())
    found = {name: np.split(np.array(values), edges[:-1]) for name, values in answer["found"].items()}
    score = found.pop("score")
    alarms = tuple((parts[0], tuple(parts[1:])) for parts in found.values())
    return Scored(score[0], tuple(score[1:]), alarms, answer["cpu_seconds"] / edges[-1])


# ---- tables


def incidents(flagged: np.ndarray) -> int:
    """Alarms, each of which goes on until three windows in a row are quiet."""
    count, quiet = 0, 3
    for flag in flagged:
        count += bool(flag) and quiet >= 3
        quiet = 0 if flag else quiet + 1
    return count


def hindsight(quiet: Sequence[np.ndarray]) -> float:
    """The least threshold, coming from above, at which these windows raise at most one alarm in 30."""
    allowed = sum(map(len, quiet)) / 30
    values = np.unique(np.concatenate(quiet))
    best = float(values[-1])
    for threshold in values[::-1]:
        if sum(incidents(scores > threshold) for scores in quiet) > allowed:
            break
        best = float(threshold)
    return best


def row(
    name: str, quiet: Sequence[np.ndarray], drifted: Sequence[Sequence[np.ndarray]], note: str = ""
) -> str:
    """Alarms per 30 quiet windows, windows flagged per 100, and the power for each drift."""
    windows = sum(map(len, quiet))
    cells = [
        f"{30 * sum(map(incidents, quiet)) / windows:7.2f}{100 * sum(f.sum() for f in quiet) / windows:8.1f}"
    ]
    cells.append(f"{np.mean([flags[BEFORE : BEFORE + 7].any() for flags in quiet]):7.2f}")
    cells += [f"{np.mean([flags[i].any() for flags in drifted]):7.2f}" for i in range(len(streams.DRIFTS))]
    return f"{name:38}{''.join(cells)}  {note}"


def rows_of(tool: str, runs: Sequence[Scored]) -> Iterator[str]:
    """A tool by its own rules, and with the threshold of hindsight."""
    for i, rule in enumerate(RULES[tool]):
        alarms = [run.alarm[i] for run in runs]
        note = "" if np.isnan(runs[0].seconds) else f"{np.mean([run.seconds for run in runs]):.2f} s a window"
        yield row(rule, [quiet for quiet, _ in alarms], [drifted for _, drifted in alarms], note)
    threshold = hindsight([run.quiet for run in runs])
    quiet = [run.quiet > threshold for run in runs]
    drifted = [[scores > threshold for scores in run.drifted] for run in runs]
    yield row("  with hindsight", quiet, drifted, f"threshold {threshold:.3g}")


def head() -> str:
    """Names of the columns, the drifts in the order of `budget.py`."""
    short = ("+0.25", "+0.5", "x1.5", "5 +0.2", "all .1", "ramp", "burst", "level")
    return f"{'':38}{'per 30':>7}{'flagged':>8}{'none':>7}{''.join(f'{name:>7}' for name in short)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="two runs, Leadline only")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--processes", nargs="+", default=["a", "c"], metavar="LETTER")
    parser.add_argument("--tools", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    runs, tools = (2, []) if options.small else (options.runs, options.tools)
    sys.path.insert(0, str(HERE.parent / "speed"))
    import peers

    seeds = range(1000 * options.seed, 1000 * options.seed + runs)
    print(f"Seed {options.seed}, Python {platform.python_version()}, NumPy {np.__version__}")
    with ProcessPoolExecutor(options.workers) as pool:
        for process in (each for each in streams.PROTOCOL if each.name[0] in options.processes):
            print(f"\n{process.name}, R = {REFERENCE}, {runs} runs of {QUIET} quiet windows")
            print(head())
            for tool in ("leadline", *tools):
                if tool != "leadline" and not peers.ready(tool):
                    print(f"{tool}: no environment; benchmarks/speed/peers.py makes it")
                    continue
                one = partial(leadline, process) if tool == "leadline" else partial(peer, tool, process)
                for line in rows_of(tool, list(pool.map(one, seeds))):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
