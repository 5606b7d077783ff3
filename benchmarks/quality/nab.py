"""Operations series with labelled anomalies (Numenta Anomaly Benchmark), by the benchmark's own scorer.

    python benchmarks/quality/nab.py [--data FOLDER] [--series]

One configuration for all series, judged row by row, each row by what came before it. As the benchmark
demands, a detector gives every row a score, and one threshold for all series is chosen for each profile.

The score (Lavin and Ahmad 2015, "Evaluating real-time anomaly detection algorithms", and version 1.1 of the
benchmark): of the detections within a window of an anomaly the earliest counts, from 1 at its beginning down
to 0 at its end, by the sigmoid 2 / (1 + exp(5 y)) - 1 of the relative position y in [-1, 0]. A detection
outside of windows costs up to the weight of false positives, little just behind a window, all of it from
three window widths on or before the first window. A missed window costs the weight of false negatives. The
first 15 % of a series (at most 750 rows) are for learning and are not scored. 0 is a detector that says
nothing, 100 one that finds every window at its first row.

Beside it: the benchmark's windowed Gaussian (mean and deviation of up to 6,400 rows), measured here.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from leadline.monitors.operations.series import Series as Metric
from leadline.monitors.operations.surprise import surprise

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400_000_000
SAME_TROUBLE = 600
"""Steps that an alert is remembered: two days of five minutes, the interval of most of the series."""


@dataclass(frozen=True)
class Profile:
    """What right and wrong detections weigh; a detection at the first row of a window weighs 1."""

    name: str
    false_positive: float
    false_negative: float


PROFILES = (
    Profile("standard", 0.11, 1.0),
    Profile("low false positives", 0.22, 1.0),
    Profile("low false negatives", 0.11, 2.0),
)


@dataclass(frozen=True, eq=False)
class Series:
    """One series; arrays of shape (rows,)."""

    name: str
    moments: npt.NDArray[np.int64]
    values: Floats
    in_window: Bools
    probation: Bools

    @property
    def windows(self) -> list[tuple[int, int]]:
        """First and last row of each window."""
        edges = np.flatnonzero(np.diff(np.r_[False, self.in_window, False].astype(int)))
        return [(int(start), int(stop) - 1) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def sigmoid(position: Floats | float) -> Floats:
    """1 far before 0, -1 far behind it."""
    return 2 / (1 + np.exp(5 * np.asarray(position, float))) - 1


def weights(series: Series) -> tuple[Floats, npt.NDArray[np.int64]]:
    """What a detection at each row is worth (false positives not yet weighted), and the window it is in (-1:
    none)."""
    worth = np.full(len(series.values), -1.0)
    window = np.full(len(series.values), -1, np.int64)
    rows = np.arange(len(worth))
    for number, (first, last) in enumerate(series.windows):
        length = last - first + 1
        inside = slice(first, last + 1)
        window[inside] = number
        worth[inside] = sigmoid(-(last - rows[inside] + 1) / length) / sigmoid(-1.0)
        behind = (rows[last + 1 :] - last) / max(length - 1, 1)
        worth[last + 1 :] = np.where(behind > 3, -1.0, sigmoid(behind))
    return worth, window


def best(corpus: Sequence[Series], scores: Sequence[Floats], profile: Profile) -> tuple[float, float]:
    """The score, 0 to 100, at the threshold that makes it largest, and that threshold."""
    found = sorted(
        (
            (float(score[row]), number, int(row))
            for number, (series, score) in enumerate(zip(corpus, scores, strict=True))
            for row in np.flatnonzero(~series.probation & (score > 0))
        ),
        reverse=True,
    )
    worth = [weights(series) for series in corpus]
    windows = sum(len(scored_windows(series)) for series in corpus)
    caught: dict[tuple[int, int], float] = {}
    total, largest, threshold = -profile.false_negative * windows, -math.inf, math.inf
    none = total
    for i, (score, number, row) in enumerate(found):
        value, window = worth[number][0][row], int(worth[number][1][row])
        if window < 0:
            total += profile.false_positive * value
        else:
            before = caught.get((number, window))
            caught[number, window] = value if before is None else max(before, value)
            total += caught[number, window] - (-profile.false_negative if before is None else before)
        last_of_its_score = i + 1 == len(found) or found[i + 1][0] < score
        if last_of_its_score and total > largest:
            largest, threshold = total, score
    if largest < none:
        largest, threshold = none, math.inf
    return 100 * (largest - none) / (windows - none), threshold


def scored_windows(series: Series) -> list[tuple[int, int]]:
    """Windows that do not end while a detector still learns."""
    return [(first, last) for first, last in series.windows if not series.probation[last]]


def windowed_gaussian(series: Series) -> Floats:
    """1 less the tail probability of each value under a normal distribution fitted to the rows before it: all
    of them up to 6,400, from then on the last 6,400, refitted every 100 rows."""
    window, step = 6400, 100
    scores = np.zeros(len(series.values))
    mean = deviation = 0.0
    for row, value in enumerate(series.values):
        if row:
            distance = abs(value - mean) / deviation if deviation > 0 else 0.0
            scores[row] = 1 - 0.5 * math.erfc(distance / math.sqrt(2))
        known = row + 1
        if known <= window or (known - window) % step == 0:
            recent = series.values[max(0, known - window) : known]
            mean, deviation = float(recent.mean()), float(recent.std()) or 1e-6
    return scores


def leadline(series: Series) -> Floats:
    """How surprising each row is, 0 where a row of the two days before was as surprising: a later row of the
    same trouble is no new alert."""
    step = float(np.median(np.diff(series.moments)[np.diff(series.moments) > 0]))
    place = np.rint((series.moments - series.moments[0]) / step).astype(int)
    place = np.maximum.accumulate(place)
    regular = np.full(place[-1] + 1, np.nan)
    regular[place] = series.values
    day = round(DAY / step)
    found = surprise([Metric("value", regular)], (day, 7 * day)).values[:, 0]
    loudest = np.max(np.where(np.isfinite(found), found, -np.inf), axis=1)
    scores = np.zeros(len(place))
    rows = np.flatnonzero(np.diff(place, prepend=-1))
    for row in rows[loudest[place[rows]] > 0].tolist():
        at = int(place[row])
        before = loudest[max(0, at - SAME_TROUBLE) : at].max(initial=-np.inf)
        scores[row] = loudest[at] if loudest[at] > before else 0.0
    return scores


def stored(path: Path) -> list[Series]:
    """The series of the file; rows in the order in which they are stored."""
    found = duckdb.sql(
        f"select series, epoch_us(timestamp) as moment, value, in_window, probation from "
        f"(select *, row_number() over () as place from '{path}') order by category, series, place"
    ).fetchnumpy()
    names = np.asarray(found["series"])
    return [
        Series(
            name,
            np.asarray(found["moment"])[rows].astype(np.int64),
            np.asarray(found["value"], float)[rows],
            np.asarray(found["in_window"])[rows].astype(bool),
            np.asarray(found["probation"])[rows].astype(bool),
        )
        for name in dict.fromkeys(names.tolist())
        for rows in [np.flatnonzero(names == name)]
    ]


def by_series(corpus: Sequence[Series], scores: Sequence[Floats], threshold: float) -> list[str]:
    """Windows found and false alarms of each series at a threshold."""
    lines = []
    for series, score in zip(corpus, scores, strict=True):
        rows = np.flatnonzero(~series.probation & (score >= threshold))
        windows = scored_windows(series)
        found = sum(any(first <= row <= last for row in rows) for first, last in windows)
        outside = int((~series.in_window[rows]).sum())
        lines.append(f"  {series.name:42} {found} of {len(windows)} windows, {outside:3} rows outside")
    return lines


DETECTORS: dict[str, Callable[[Series], Floats]] = {
    "Leadline": leadline,
    "windowed Gaussian": windowed_gaussian,
}


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description="Operations series with labelled anomalies")
    arguments.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    arguments.add_argument("--series", action="store_true", help="what is found in each series")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("say where the data is: --data FOLDER, or LEADLINE_TEST_DATA")
    corpus = stored(Path(options.data) / "nab_ops_a.parquet")
    windows = sum(len(scored_windows(series)) for series in corpus)
    rows = sum(len(series.values) for series in corpus)
    print(f"`python benchmarks/quality/nab.py`; Python {platform.python_version()}, NumPy {np.__version__}.")
    print(f"{len(corpus)} series, {rows:,} rows, {windows} windows; 0: says nothing, 100: perfect.\n")
    print(f"{'':20}" + "".join(f"{profile.name:>21}" for profile in PROFILES))
    for name, detector in DETECTORS.items():
        scores = [detector(series) for series in corpus]
        found = [best(corpus, scores, profile) for profile in PROFILES]
        print(f"{name:20}" + "".join(f"{score:21.1f}" for score, _ in found))
        if options.series:
            print("\n".join(by_series(corpus, scores, found[0][1])))


if __name__ == "__main__":
    main()
