"""What is found at the same rate of false alarms: Leadline beside other tools, run for real.

    python benchmarks/quality/alarms.py [--small] [--runs 10] [--streams a c bike_sharing ...] [--tools ...]
        [--reference 60]

Streams are processes of `budget.py`, by letter, and real sets with their weeks in a random order: by default
60 reference windows of the former, 26 weeks of the latter; 34 quiet ones, and each of its drifts in turn in
place of the last quiet ones. Every tool
sees the same rows. Leadline learns a baseline and judges days within a budget of one alert in 30, nothing
else said; the others score every window against the reference, each in its own environment
(`benchmarks/speed/peers.py` makes them). Power is the share of streams flagged within 7 windows of a change
(2 for the burst); a dash where a set has no column for a drift.

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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import budget_streams as streams
import numpy as np
from alarm_streams import BEFORE, QUIET, Stream, source, title

from leadline.comparison import learn, profile
from leadline.monitors.timeline import timeline

HERE = Path(__file__).resolve().parent
REFERENCE, REAL_REFERENCE = 60, 26 * 7
"""Windows of reference."""
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


def leadline(make: Callable[[int], Stream], seed: int) -> Scored:
    """The product as it is: a baseline, a budget of one alert in 30 days, nothing else said."""
    stream = make(seed)
    days = int(np.searchsorted(stream.window, stream.reference))
    baseline = learn(table(stream, stream.values[:days], 0), timestamp="day", window="1d", budget="1/30d")

    def judged(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the later windows, and which of them alert."""
        found = timeline(baseline, profile(table(stream, values, days), baseline), baseline.settings)
        assert found is not None
        assert found.judgement is not None
        score, alarm = np.full(QUIET, -np.inf), np.zeros(QUIET, bool)
        at = found.judgement.window - len(found.reference)
        score[at] = np.nan_to_num(found.judgement.score, nan=-np.inf)
        alarm[at] = [tier == "alert" for tier in found.judgement.tier]
        return score, alarm

    quiet = judged(stream.values[days:])
    drifted = []
    for drift, changed in zip(streams.DRIFTS, stream.changed, strict=True):
        if changed is None:
            drifted.append((np.zeros(0), np.zeros(0, bool)))
            continue
        both = judged(np.concatenate([stream.values[days : stream.first], changed]))
        drifted.append(tuple(each[BEFORE : BEFORE + drift.lasts] for each in both))
    alarms = (quiet[1], tuple(each[1] for each in drifted))
    return Scored(quiet[0], tuple(each[0] for each in drifted), (alarms,), np.nan)


def table(stream: Stream, values: np.ndarray, first: int) -> dict[str, object]:
    """Rows from row `first` of a stream on, as columns; categories are texts, a window is a day."""
    window = stream.window[first : first + len(values)]
    columns: dict[str, object] = {"day": np.datetime64("2024-01-01", "us") + window * np.timedelta64(1, "D")}
    for j, column in enumerate(values.T):
        columns[f"x{j}"] = [f"v{value:g}" for value in column] if stream.categorical[j] else column
    return columns


def peer(tool: str, make: Callable[[int], Stream], seed: int) -> Scored:
    """A peer on the same rows: all windows in one call, those with drifts after the quiet ones."""
    sys.path.insert(0, str(HERE.parent / "speed"))
    import peers

    stream = make(seed)
    values, window, edges = [stream.values], [stream.window], [QUIET]
    for drift, changed in zip(streams.DRIFTS, stream.changed, strict=True):
        lasts = 0 if changed is None else drift.lasts
        if changed is not None:
            step = stream.window[stream.first :] - stream.start
            inside = step < lasts
            values.append(changed[inside])
            window.append(step[inside] + stream.reference + edges[-1])
        edges.append(edges[-1] + lasts)
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.json")
        np.savez(
            source,
            values=np.concatenate(values),
            window=np.concatenate(window),
            reference=stream.reference,
            categorical=stream.categorical,
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
    for i in range(len(streams.DRIFTS)):
        seen = [flags[i].any() for flags in drifted if len(flags[i])]
        cells.append(f"{np.mean(seen):7.2f}" if seen else f"{'-':>7}")
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
    parser.add_argument("--streams", nargs="+", default=["a", "c", *streams.REAL], metavar="NAME")
    parser.add_argument("--reference", type=int, help="windows of reference, for all streams")
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    parser.add_argument("--tools", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    runs, tools = (2, []) if options.small else (options.runs, options.tools)
    sys.path.insert(0, str(HERE.parent / "speed"))
    import peers

    seeds = range(1000 * options.seed, 1000 * options.seed + runs)
    print(f"Seed {options.seed}, Python {platform.python_version()}, NumPy {np.__version__}")
    # Forked workers would inherit DuckDB's locks without the threads that hold them.
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for name in options.streams:
            usual = REAL_REFERENCE if name in streams.REAL else REFERENCE
            reference = options.reference or usual
            make = source(name, options.data and Path(options.data), reference)
            print(f"\n{title(name)}, R = {reference}, {runs} runs of {QUIET} quiet windows")
            print(head())
            for tool in ("leadline", *tools):
                if tool != "leadline" and not peers.ready(tool):
                    print(f"{tool}: no environment; benchmarks/speed/peers.py makes it")
                    continue
                one = partial(leadline, make) if tool == "leadline" else partial(peer, tool, make)
                for line in rows_of(tool, list(pool.map(one, seeds))):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
