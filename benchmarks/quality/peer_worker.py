"""Runs one peer in that peer's environment: peer_worker.py TOOL INPUT.npz OUTPUT.json

river: every array of the input, shape (rows, signals), goes through every detector; the output has the rows
at which a detector of any signal alarmed, by detector and array. river_kswin: KSWIN alone, which makes a test
of every row and takes nearly a millisecond for it.

evidently, nannyml, alibi_detect: the input has `values`, shape (rows, columns), `window`, the window of each
row, `reference`, the number of windows that are the reference, and `categorical`, shape (columns,) bool. The
output has, for each later window, `score`, the largest drift of any column, and `alarm`, what the tool says
by its defaults.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]


def detectors() -> dict[str, Callable[[], Any]]:
    """River's detectors, at their defaults first and then over a range of their main parameter."""
    from river.drift import ADWIN, PageHinkley
    from river.drift.binary import DDM, EDDM, HDDMA, HDDMW

    found: dict[str, Callable[[], Any]] = {
        "ADWIN": ADWIN,
        "Page-Hinkley": PageHinkley,
        "DDM": DDM,
        "EDDM": EDDM,
        "HDDM-A": HDDMA,
        "HDDM-W": HDDMW,
    }
    for delta in (1e-1, 1e-2, 1e-4, 1e-6, 1e-9, 1e-12):
        found[f"ADWIN delta={delta:g}"] = lambda delta=delta: ADWIN(delta=delta)
    for threshold in (5, 10, 20, 100):
        found[f"Page-Hinkley threshold={threshold}"] = lambda t=threshold: PageHinkley(threshold=t)
    for threshold in (4.0, 5.0, 6.0):
        found[f"DDM drift_threshold={threshold:g}"] = lambda t=threshold: DDM(drift_threshold=t)
    for confidence in (1e-5, 1e-7, 1e-10):
        found[f"HDDM-A drift_confidence={confidence:g}"] = lambda c=confidence: HDDMA(drift_confidence=c)
        found[f"HDDM-W drift_confidence={confidence:g}"] = lambda c=confidence: HDDMW(drift_confidence=c)
    return found


BINARY = ("DDM", "EDDM", "HDDM")
"""Detectors that take nothing but zeros and ones."""


def river(data: Arrays) -> dict[str, Any]:
    """Rows of alarms by detector and array."""
    return _alarms(data, detectors())


def river_kswin(data: Arrays) -> dict[str, Any]:
    """The same of KSWIN, at its defaults."""
    from river.drift import KSWIN

    return _alarms(data, {"KSWIN": lambda: KSWIN(seed=1)})


def _alarms(data: Arrays, chosen: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, make in chosen.items():
        found[name] = {}
        for key, signals in data.items():
            if name.startswith(BINARY) and not np.isin(signals, (0, 1)).all():
                continue
            alarms: set[int] = set()
            for signal in signals.T.tolist():
                detector = make()
                for row, value in enumerate(signal):
                    detector.update(value)
                    if detector.drift_detected:
                        alarms.add(row)
            found[name][key] = sorted(alarms)
    return found


def _frame(data: Arrays, rows: np.ndarray) -> Any:
    import pandas as pd

    kinds = data["categorical"]
    return pd.DataFrame(
        {
            f"x{j}": [f"v{value:g}" for value in values[rows]] if kinds[j] else values[rows].astype(float)
            for j, values in enumerate(data["values"].T)
        }
    )


def _later(data: Arrays) -> range:
    return range(int(data["reference"]), int(data["window"].max()) + 1)


def evidently(data: Arrays) -> dict[str, Any]:
    """DataDriftPreset of each window: share of drifted columns >= 0.5 is its alarm; scores by distance.

    By default it measures Wasserstein and Jensen-Shannon distances (threshold 0.1) of more than 1,000 rows.
    `any` is the alarm that one drifted column is enough for.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    kinds = data["categorical"]
    definition = DataDefinition(
        numerical_columns=[f"x{j}" for j in np.flatnonzero(~kinds)],
        categorical_columns=[f"x{j}" for j in np.flatnonzero(kinds)],
    )
    reference = Dataset.from_pandas(_frame(data, data["window"] < data["reference"]), definition)
    score, share = [], []
    for window in _later(data):
        current = Dataset.from_pandas(_frame(data, data["window"] == window), definition)
        metrics = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
        drift = [float(m["value"]) for m in metrics if "ValueDrift" in m["metric_name"]]
        score.append(max(drift))
        share.append(next(m["value"]["share"] for m in metrics if "DriftedColumnsCount" in m["metric_name"]))
    at = np.array(share)
    return {"score": score, "alarm": (at >= 0.5).tolist(), "any": (at > 0).tolist()}


def nannyml(data: Arrays) -> dict[str, Any]:
    """UnivariateDriftCalculator, Jensen-Shannon distance, 3 standard deviations of the reference's chunks.

    A window's score is how many of these standard deviations the farthest column is from its mean.
    """
    import pandas as pd
    from nannyml import UnivariateDriftCalculator

    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(data["window"], unit="D")
    frame = _frame(data, np.ones(len(data["window"]), bool))
    names = list(frame)
    frame["day"] = day
    before = data["window"] < data["reference"]
    calculator = UnivariateDriftCalculator(names, timestamp_column_name="day", chunk_period="D")
    result = calculator.fit(frame[before]).calculate(frame[~before]).to_df(multilevel=False)
    reference = result[result["chunk_period"] == "reference"]
    analysis = result[result["chunk_period"] == "analysis"]
    score = np.full(len(analysis), -np.inf)
    alarm = np.zeros(len(analysis), bool)
    for name in names:
        column = f"{name}_jensen_shannon_value"
        spread = reference[column].std(ddof=0)
        score = np.fmax(score, ((analysis[column] - reference[column].mean()) / spread).to_numpy(float))
        alarm |= analysis[f"{name}_jensen_shannon_alert"].to_numpy(bool)
    return {"score": score.tolist(), "alarm": alarm.tolist()}


def alibi_detect(data: Arrays) -> dict[str, Any]:
    """TabularDrift (KS and chi-squared), Bonferroni at 0.05; scores are -log10 of the least p; nulls 0."""
    from alibi_detect.cd import TabularDrift

    before = data["window"] < data["reference"]
    categories = dict.fromkeys(np.flatnonzero(data["categorical"]).tolist())
    values = np.nan_to_num(data["values"]).astype(np.float32)
    detector = TabularDrift(values[before], p_val=0.05, categories_per_feature=categories)
    score, alarm = [], []
    for window in _later(data):
        found = detector.predict(values[data["window"] == window])["data"]
        score.append(-float(np.log10(np.maximum(found["p_val"].astype(float), 1e-300)).min()))
        alarm.append(bool(found["is_drift"]))
    return {"score": score, "alarm": alarm}


TOOLS: dict[str, Callable[[Arrays], dict[str, Any]]] = {
    run.__name__: run for run in (river, river_kswin, evidently, nannyml, alibi_detect)
}


def main() -> None:
    tool, source, target = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    os.dup2(2, 1)  # tools print to standard output; the result goes to a file
    start = time.process_time()
    found = TOOLS[tool](dict(np.load(source)))
    Path(target).write_text(json.dumps({"found": found, "cpu_seconds": time.process_time() - start}))


if __name__ == "__main__":
    main()
