"""The scorer of the Numenta benchmark against cases that were worked out by hand from its definition."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "quality" / "nab.py"


@pytest.fixture(scope="module")
def nab() -> ModuleType:
    spec = importlib.util.spec_from_file_location("nab_benchmark", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nab_benchmark"] = module
    spec.loader.exec_module(module)
    return module


def series(nab: ModuleType, rows: int, *windows: tuple[int, int], probation: int = 0) -> object:
    inside = np.zeros(rows, bool)
    for first, last in windows:
        inside[first : last + 1] = True
    rows_ = np.arange(rows)
    return nab.Series("x", rows_ * 300_000_000, np.zeros(rows), inside, rows_ < probation)


def at(rows: int, **scores: float) -> np.ndarray:
    found = np.zeros(rows)
    for row, score in scores.items():
        found[int(row[1:])] = score
    return found


def scaled(y: float) -> float:
    return 2 / (1 + math.exp(5 * y)) - 1


STANDARD = 0


def test_saying_nothing_is_0_and_the_first_row_of_every_window_is_100(nab: ModuleType) -> None:
    one = series(nab, 100, (20, 29), (60, 69))
    for profile in nab.PROFILES:
        assert nab.best([one], [np.zeros(100)], profile)[0] == 0
        assert nab.best([one], [at(100, r20=1, r60=1)], profile)[0] == pytest.approx(100)


def test_a_later_row_of_a_window_is_worth_less(nab: ModuleType) -> None:
    """Row 5 of a window of 10: relative position -0.5, worth 0.8483 / 0.9866 of the first row; of -1 (the
    window missed) that is the part (0.8598 + 1) / 2."""
    found, _ = nab.best([series(nab, 100, (20, 29))], [at(100, r25=1)], nab.PROFILES[STANDARD])
    assert found == pytest.approx(100 * (scaled(-0.5) / scaled(-1) + 1) / 2)
    assert found == pytest.approx(92.99, abs=0.01)


def test_only_the_earliest_row_of_a_window_counts(nab: ModuleType) -> None:
    one = series(nab, 100, (20, 29))
    early = nab.best([one], [at(100, r21=1)], nab.PROFILES[STANDARD])[0]
    assert nab.best([one], [at(100, r21=1, r24=1, r28=1)], nab.PROFILES[STANDARD])[0] == pytest.approx(early)


@pytest.mark.parametrize(("profile", "weight"), [(0, 0.11), (1, 0.22), (2, 0.11)])
def test_a_false_alarm_far_away_costs_its_whole_weight(nab: ModuleType, profile: int, weight: float) -> None:
    """Before the first window, and more than three widths behind the last. One window: the scale is from
    minus the weight of a missed one (1, 1, 2) to 1."""
    one, kind = series(nab, 200, (60, 69)), nab.PROFILES[profile]
    for row in ("r5", "r150"):
        found, _ = nab.best([one], [at(200, r60=1, **{row: 1})], kind)
        assert found == pytest.approx(100 * (1 - weight / (1 + kind.false_negative)))


def test_just_behind_a_window_a_false_alarm_costs_little(nab: ModuleType) -> None:
    """Two rows behind a window of 10: position 2 / 9, worth 2 / (1 + exp(10 / 9)) - 1 = -0.5047."""
    found, _ = nab.best([series(nab, 100, (20, 29))], [at(100, r20=1, r31=1)], nab.PROFILES[STANDARD])
    assert found == pytest.approx(100 * (1 - 0.11 * 0.5047 / 2), abs=0.01)


def test_the_best_threshold_is_one_for_all_series(nab: ModuleType) -> None:
    """A loud false alarm in one series, a quiet hit in the other: both or none."""
    both = [series(nab, 100, (20, 29)), series(nab, 100)]
    found, threshold = nab.best(both, [at(100, r20=0.3), at(100, r50=0.9)], nab.PROFILES[STANDARD])
    assert threshold == 0.3
    assert found == pytest.approx(100 * (1 - 0.11 / 2))


def test_rows_for_learning_are_not_scored(nab: ModuleType) -> None:
    one = series(nab, 100, (40, 49), probation=15)
    found, _ = nab.best([one], [at(100, r3=1, r40=1)], nab.PROFILES[STANDARD])
    assert found == pytest.approx(100)


def test_the_windowed_gaussian_is_that_of_the_definition(nab: ModuleType) -> None:
    """1 less the upper tail of |z|, by the mean and deviation of all rows before (while they are few)."""
    values = np.random.default_rng(1).normal(5, 2, 50)
    one = nab.Series("x", np.arange(50), values, np.zeros(50, bool), np.zeros(50, bool))
    scores = nab.windowed_gaussian(one)
    z = abs(values[30] - values[:30].mean()) / values[:30].std()
    assert scores[30] == pytest.approx(0.5 + 0.5 * math.erf(z / math.sqrt(2)))


def test_scores_of_leadline_rest_on_what_came_before(nab: ModuleType) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, 900)
    values[700] = 40
    changed = values.copy()
    changed[701:] = 1000
    whole, other = (
        nab.leadline(nab.Series("x", np.arange(900) * 300_000_000, part, values > 1e9, values > 1e9))
        for part in (values, changed)
    )
    assert np.array_equal(whole[:701], other[:701])
    assert whole.argmax() == 700
