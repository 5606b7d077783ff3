"""Runs one tool once, in that tool's environment: worker.py TOOL REFERENCE CURRENT [--warm ROWS].

Loads both tables as pandas frames, runs the tool once on a few rows so that imports and compilers are
not timed, then once on all of them. Prints one line of JSON: seconds, CPU seconds, the peak memory
above what was resident before the run, and what was run.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data
import machine
import numpy as np

Run = Callable[[Any, Any], str]
"""Takes reference and current, says in a few words what came out."""

CHUNKS = 10


def leadline(reference: Any, current: Any) -> str:
    """Every metric, the verdict and the page."""
    import leadline

    report = leadline.check(reference, current)
    alerts = sum(column.verdict == "alert" for column in report.record.columns)
    return f"{alerts} alerts, {len(report.to_html()) / 1e6:.1f} MB page"


def scipy(reference: Any, current: Any) -> str:
    """ks_2samp for each numeric column, chi2_contingency of the value counts for each text column."""

    def table(a: Any, b: Any) -> np.ndarray:
        x, y = a.value_counts(), b.value_counts()
        names = x.index.union(y.index)
        return np.stack([x.reindex(names, fill_value=0), y.reindex(names, fill_value=0)])

    return _loop(reference, current, table)


def scipy_crosstab(reference: Any, current: Any) -> str:
    """The same with pandas.crosstab, as the loop is often written."""
    import pandas as pd

    def table(a: Any, b: Any) -> np.ndarray:
        both = pd.concat([a, b]).to_numpy()
        return pd.crosstab(both, np.repeat([0, 1], [len(a), len(b)])).to_numpy()

    return _loop(reference, current, table)


def _loop(reference: Any, current: Any, table: Callable[[Any, Any], np.ndarray]) -> str:
    from scipy import stats

    small = 0
    for name in reference:
        a, b = reference[name].dropna(), current[name].dropna()
        numeric = a.dtype.kind in "fiu"
        result = stats.ks_2samp(a, b) if numeric else stats.chi2_contingency(table(a, b))
        small += result.pvalue < 0.05
    return f"{small} of p < 0.05"


def sorting(reference: Any, current: Any) -> str:
    """Exact KS distances of the numeric columns, with as little work as NumPy allows on one thread."""
    large = 0
    for a, b in _numbers(reference, current):
        x, y = (np.sort(side) for side in sorted((a, b), key=len))
        # Between two values of the shorter side only the other one's share grows: its limits there suffice.
        gaps = [
            np.searchsorted(x, x, side) / len(x) - np.searchsorted(y, x, side) / len(y)
            for side in ("left", "right")
        ]
        large += np.abs(gaps).max() > 0.05
    return f"{large} of KS > 0.05"


def bare_sort(reference: Any, current: Any) -> str:
    """Nothing but np.sort of every numeric column, on one thread."""
    for a, b in _numbers(reference, current):
        np.sort(a)
        np.sort(b)
    return "no statistic"


def _numbers(reference: Any, current: Any) -> Any:
    for name in reference:
        if reference[name].dtype.kind in "fiu":
            yield tuple(
                values[~np.isnan(values)]
                for values in (frame[name].to_numpy(dtype=np.float64) for frame in (reference, current))
            )


def evidently(reference: Any, current: Any, page: bool = False) -> str:
    """DataDriftPreset."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numeric = [name for name in reference if reference[name].dtype.kind in "fiu"]
    definition = DataDefinition(
        numerical_columns=numeric,
        categorical_columns=[name for name in reference if name not in numeric],
    )
    sides = [Dataset.from_pandas(frame, definition) for frame in (current, reference)]
    result = Report([DataDriftPreset()]).run(*sides)
    if page:
        return f"{len(result.get_html_str(as_iframe=False)) / 1e6:.1f} MB page"
    return f"{len(result.dict()['metrics'])} metrics"


def evidently_page(reference: Any, current: Any) -> str:
    """DataDriftPreset with its page."""
    return evidently(reference, current, page=True)


def nannyml(reference: Any, current: Any) -> str:
    """UnivariateDriftCalculator with its default methods (Jensen-Shannon), 10 chunks."""
    from nannyml import UnivariateDriftCalculator

    calculator = UnivariateDriftCalculator(column_names=list(reference), chunk_number=CHUNKS)
    result = calculator.fit(reference).calculate(current)
    return f"{len(result.to_df())} chunks"


def whylogs(reference: Any, current: Any) -> str:
    """Profiles of both sides and drift scores of all columns."""
    import whylogs as why
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    views = [why.log(frame).profile().view() for frame in (reference, current)]
    scores = calculate_drift_scores(target_view=views[1], reference_view=views[0])
    return f"{len(scores)} scores"


def alibi_detect(reference: Any, current: Any) -> str:
    """TabularDrift (KS and chi-squared) on float32 arrays: categories as codes, nulls filled."""
    from alibi_detect.cd import TabularDrift

    a, b, categories = _coded(reference, current)
    detector = TabularDrift(a, categories_per_feature=categories)
    result = detector.predict(b, drift_type="feature")
    return f"{int(np.sum(result['data']['is_drift']))} drifted"


def _coded(reference: Any, current: Any) -> tuple[np.ndarray, np.ndarray, dict[int, None]]:
    """Both sides as float32 arrays, which is what the detector takes."""
    import pandas as pd

    sides = np.empty((len(reference), reference.shape[1])), np.empty((len(current), reference.shape[1]))
    categories: dict[int, None] = {}
    for k, name in enumerate(reference):
        if reference[name].dtype.kind in "fiu":
            sides[0][:, k], sides[1][:, k] = reference[name].fillna(0), current[name].fillna(0)
        else:
            codes, _ = pd.factorize(pd.concat([reference[name], current[name]]))
            codes = np.where(codes < 0, codes.max() + 1, codes)
            sides[0][:, k], sides[1][:, k] = codes[: len(reference)], codes[len(reference) :]
            categories[k] = None
    return *(side.astype(np.float32) for side in sides), categories


TOOLS: dict[str, Run] = {
    run.__name__: run
    for run in (
        leadline, scipy, scipy_crosstab, sorting, bare_sort,
        evidently, evidently_page, nannyml, whylogs, alibi_detect,
    )
}  # fmt: skip


def measure(run: Run, reference: Any, current: Any) -> dict[str, Any]:
    """Seconds, CPU seconds and MB above the input of one run."""
    machine.forget_peak()
    before = machine.resident_mb()
    cpu, start = time.process_time(), time.perf_counter()
    said = run(reference, current)
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": machine.peak_mb() - before,
        "said": said,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("reference", type=Path)
    parser.add_argument("current", type=Path)
    parser.add_argument("--warm", type=int, default=2000, metavar="ROWS")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    said = os.dup(1)
    os.dup2(2, 1)  # tools print to standard output; the result goes out alone
    run = TOOLS[chosen.tool]
    run(data.load(chosen.reference, chosen.warm), data.load(chosen.current, chosen.warm))
    result = measure(run, data.load(chosen.reference), data.load(chosen.current))
    os.write(said, json.dumps(result).encode() + b"\n")
    sys.exit(0)


if __name__ == "__main__":
    main()
