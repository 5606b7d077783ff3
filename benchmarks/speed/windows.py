"""A hundred days of traffic: drift, alert budget, performance and its estimate without labels, day by day.

5,000,000 rows x 20 features with score, decision, label and time, as Parquet. The first 50 days are the
reference, 50 are watched. Leadline does everything that a check does, with a budget of one false alert in
30 days; NannyML does univariate drift (its defaults) and CBPE (ROC AUC and accuracy) of daily chunks. Every
run has a fresh process in the tool's own environment (peers.py makes NannyML's). Reading is not timed where
frames are named, and each tool first runs on few rows.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import machine
import numpy as np

SEED = 20_250
FEATURES = 20
DAYS = 100
ROLES = {"timestamp": "time", "label": "label", "score": "score", "prediction": "prediction"}
TOOLS = {
    "leadline_frame": "Leadline: everything, from frames",
    "leadline_file": "Leadline: everything, from files, with reading",
    "nannyml": "NannyML: univariate drift and CBPE, from frames",
}

Steps = dict[str, tuple[float, float]]
"""Seconds and CPU seconds of each step."""


def frame(rows: int) -> Any:
    """The table: half of the features are float32, half float64; one in four moves after day 80."""
    import pandas as pd

    rng = np.random.default_rng([SEED, rows])
    day = np.arange(rows) * DAYS // rows
    found: dict[str, np.ndarray] = {}
    logit = np.zeros(rows)
    for k in range(FEATURES):
        values = rng.standard_normal(rows, dtype=np.float32)
        if k % 4 == 1:
            values += np.float32(0.2) * (day >= 80)
        logit += values * (0.5 if k < 5 else 0.0)
        if k % 4 == 2:
            values = np.exp(values)
        found[f"x{k:02d}"] = values if k % 2 else values.astype(np.float64)
    score = 1 / (1 + np.exp(-logit))
    found["score"] = score
    found["prediction"] = (score >= 0.5).astype(np.int8)
    found["label"] = (rng.random(rows) < score).astype(np.int8)
    found["time"] = (np.arange(rows) * (DAYS * 86_400_000_000 / rows)).astype("datetime64[us]")
    return pd.DataFrame(found)


def write(folder: Path, rows: int) -> None:
    """Both halves as Parquet."""
    table = frame(rows)
    half = rows // 2
    for name, part in (("reference", table[:half]), ("current", table[half:])):
        part.to_parquet(folder / f"{name}.parquet", index=False)


@contextmanager
def timed(steps: Steps, name: str) -> Iterator[None]:
    """Put what a step took into `steps`."""
    cpu, start = time.process_time(), time.perf_counter()
    yield
    steps[name] = (time.perf_counter() - start, time.process_time() - cpu)


def leadline_frame(folder: Path, rows: int | None) -> tuple[Steps, str]:
    """From pandas frames in memory; `rows` of each only, if given."""
    return _leadline(*(_read(folder, name, rows) for name in ("reference", "current")))


def leadline_file(folder: Path, rows: int | None) -> tuple[Steps, str]:
    """From the files themselves; the first run, on few rows, is from frames."""
    if rows is not None:
        return leadline_frame(folder, rows)
    return _leadline(folder / "reference.parquet", folder / "current.parquet")


def _leadline(reference: Any, current: Any) -> tuple[Steps, str]:
    import leadline

    steps: Steps = {}
    with timed(steps, "learn the reference"):
        baseline = leadline.learn(reference, **ROLES, window="1d", budget="1/30d")
    with timed(steps, "count the current table"):
        counted = leadline.profile(current, baseline)
    with timed(steps, "judge and explain"):
        report = leadline.check(baseline, counted)
    found = report.to_dict()["timeline"]
    alerts = sum(alert["tier"] == "alert" for alert in found["alerts"])
    return steps, f"{len(found['windows'])} windows, {alerts} alerts"


def nannyml(folder: Path, rows: int | None) -> tuple[Steps, str]:
    """Univariate drift of all features and the score, and CBPE."""
    from nannyml import CBPE, UnivariateDriftCalculator

    reference, current = (_read(folder, name, rows) for name in ("reference", "current"))
    columns = [name for name in reference if name.startswith("x")] + ["score"]
    steps: Steps = {}
    with timed(steps, "univariate drift"):
        calculator = UnivariateDriftCalculator(columns, timestamp_column_name="time", chunk_period="D")
        drift = calculator.fit(reference).calculate(current)
    with timed(steps, "CBPE"):
        estimator = CBPE(
            metrics=["roc_auc", "accuracy"], y_pred_proba="score", y_pred="prediction", y_true="label",
            timestamp_column_name="time", chunk_period="D", problem_type="classification_binary",
        )  # fmt: skip
        estimator.fit(reference).estimate(current)
    return steps, f"{len(drift.to_df())} chunks"


def _read(folder: Path, name: str, rows: int | None) -> Any:
    """A frame; a few rows are spread over all days."""
    import pandas as pd

    table = pd.read_parquet(folder / f"{name}.parquet")
    return table if rows is None else table[:: max(1, len(table) // rows)].reset_index(drop=True)


RUNS: dict[str, Callable[[Path, int | None], tuple[Steps, str]]] = {
    run.__name__: run for run in (leadline_frame, leadline_file, nannyml)
}


def work(tool: str, folder: Path, warm: int) -> None:
    """In a process of its own: once on few rows, once on all; one line of JSON."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    said = os.dup(1)
    os.dup2(2, 1)  # tools print to standard output; the result goes out alone
    RUNS[tool](folder, warm)
    steps, words = RUNS[tool](folder, None)
    result = {"steps": steps, "said": words, "peak_mb": machine.peak_mb()}
    os.write(said, json.dumps(result).encode() + b"\n")


def start(tool: str, folder: Path, warm: int) -> dict[str, Any]:
    """One run; `failed` in the answer says why there is none."""
    import peers

    if tool == "nannyml" and not peers.ready(tool):
        return {"failed": "no environment; benchmarks/speed/peers.py makes it"}
    python = peers.python(tool) if tool == "nannyml" else sys.executable
    command = [str(python), __file__, "--worker", tool, "--folder", str(folder), "--warm", str(warm)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(tool: str, found: dict[str, Any], base: tuple[float, float] | None) -> Iterator[str]:
    """Rows of the table: the whole, then its steps."""
    if "failed" in found:
        yield f"| {TOOLS[tool]} | | | | | | {found['failed']} |"
        return
    wall, cpu = total(found)
    ratios = f"{wall / base[0]:.1f} | {cpu / base[1]:.1f}" if base else " | "
    said, peak = found["said"], found["peak_mb"]
    yield f"| {TOOLS[tool]} | {wall:.2f} | {cpu:.2f} | {ratios} | {peak:.0f} | {said} |"
    for name, (seconds, processor) in found["steps"].items():
        yield f"| - {name} | {seconds:.2f} | {processor:.2f} | | | | |"


def total(found: dict[str, Any]) -> tuple[float, float]:
    """Seconds and CPU seconds of all steps."""
    wall, cpu = np.sum(list(found["steps"].values()), axis=0)
    return float(wall), float(cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="50,000 rows, no peer")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--warm", type=int, default=5000, metavar="ROWS")
    parser.add_argument("--worker", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        work(chosen.worker, chosen.folder, chosen.warm)
        return
    rows = 50_000 if chosen.small else chosen.rows
    tools = [tool for tool in chosen.tools if not (chosen.small and tool == "nannyml")]
    print(f"## {rows:,} rows in {DAYS} daily windows\n")
    print(machine.describe("leadline", "numpy", "pandas") + f"; seed {SEED}\n")
    print("| Tool | Seconds | CPU seconds | x Leadline | CPU x Leadline | Peak MB, with input | Gives |")
    print("|---|--:|--:|--:|--:|--:|---|")
    base = None
    with TemporaryDirectory() as name:
        write(Path(name), rows)
        for tool in tools:
            found = start(tool, Path(name), chosen.warm)
            if tool == "leadline_frame" and "failed" not in found:
                base = total(found)
            for line in lines(tool, found, base):
                print(line, flush=True)


if __name__ == "__main__":
    main()
