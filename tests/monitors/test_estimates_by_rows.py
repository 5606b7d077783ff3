"""Estimates by window that take rows: inputs that moved, and the losses of regressions."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import leadline as ll

START = datetime(2026, 1, 1)


def times(rng: np.random.Generator, first: int, days: int, rows: int) -> list[datetime]:
    return [
        START + timedelta(days=first + day, minutes=int(minute))
        for day in range(days)
        for minute in np.sort(rng.integers(0, 1440, rows))
    ]


def classified(first: int, days: int, *, shift: float, labelled: bool, seed: int) -> pd.DataFrame:
    """A score that means less where `x` is high, so that weights are needed once `x` moves."""
    rng = np.random.default_rng(seed)
    rows = 250
    x, z = rng.normal(size=days * rows) + shift, rng.normal(size=days * rows)
    p = 1 / (1 + np.exp(-2 * z * np.where(x > 1, 0.0, 1.0)))
    y = (rng.random(len(x)) < p).astype(float)
    score = 1 / (1 + np.exp(-2 * z))
    return pd.DataFrame(
        {
            "timestamp": times(rng, first, days, rows),
            "x": x,
            "z": z,
            "score": score,
            "label": y if labelled else np.nan,
            "truth": y,
        }
    )


def regressed(first: int, days: int, *, shift: float, labelled: float, seed: int) -> pd.DataFrame:
    """Errors grow with `x`."""
    rng = np.random.default_rng(seed)
    rows = 200
    x = rng.normal(size=days * rows) + shift
    target = 3 * x + rng.normal(size=len(x)) * np.exp(0.5 * np.clip(x, -3, 3))
    known = rng.random(len(x)) < labelled
    return pd.DataFrame(
        {
            "timestamp": times(rng, first, days, rows),
            "x": x,
            "other": rng.normal(size=len(x)),
            "prediction": 3 * x,
            "target": np.where(known, target, np.nan),
            "truth": target,
        }
    )


def series(report, key: str, kind: str):
    found = [s for s in report.record.timeline.performance if (s.key, s.kind) == (key, kind)]
    return found[0] if found else None


def last(report, key: str, kind: str, windows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value and interval in the last windows."""
    found = series(report, key, kind)
    parts = (found.values, found.low, found.high)
    return tuple(np.array([np.nan if v is None else v for v in part[-windows:]]) for part in parts)


@pytest.fixture(scope="module")
def classifier() -> pd.DataFrame:
    return classified(0, 30, shift=0.0, labelled=True, seed=1).drop(columns="truth")


@pytest.mark.long
def test_windows_whose_inputs_moved_are_weighted(classifier):
    now = classified(30, 6, shift=0.8, labelled=False, seed=2)
    options = {"timestamp": "timestamp", "label": "label", "score": "score", "window": "1d"}
    report = ll.check(classifier, now.drop(columns="truth"), **options)
    value, low, high = last(report, "brier", "estimated", 6)
    day = now["timestamp"].dt.floor("D")
    truth = ((now["score"] - now["truth"]) ** 2).groupby(day).mean().to_numpy()
    rows_off = ll.check(ll.learn(classifier, rows=0, **options), now.drop(columns="truth"))
    plain = last(rows_off, "brier", "estimated", 6)[0]
    assert np.abs(value - truth).mean() < 0.5 * np.abs(plain - truth).mean()
    assert np.mean((low <= truth) & (truth <= high)) >= 0.6
    best = last(report, "brier", "best", 6)[0]
    np.testing.assert_array_equal(best, value)


@pytest.mark.long
def test_windows_that_did_not_move_keep_what_counts_say(classifier):
    now = classified(30, 5, shift=0.0, labelled=False, seed=3).drop(columns="truth")
    options = {"timestamp": "timestamp", "label": "label", "score": "score", "window": "1d"}
    with_rows = ll.check(classifier, now, **options)
    without = ll.check(ll.learn(classifier, rows=0, **options), now)
    assert series(with_rows, "brier", "estimated").values == series(without, "brier", "estimated").values


@pytest.mark.long
def test_inputs_that_the_reference_never_held_are_told(classifier):
    now = classified(30, 4, shift=6.0, labelled=False, seed=4).drop(columns="truth")
    report = ll.check(classifier, now, timestamp="timestamp", label="label", score="score", window="1d")
    assert "Extrapolating in 4 windows" in series(report, "brier", "estimated").note


@pytest.fixture(scope="module")
def regression() -> pd.DataFrame:
    return regressed(0, 30, shift=0.0, labelled=1.0, seed=5).drop(columns="truth")


REGRESSION = {"timestamp": "timestamp", "label": "target", "prediction": "prediction", "window": "1d"}


@pytest.mark.long
@pytest.mark.parametrize("labelled", [0.0, 0.5])
def test_losses_of_a_regression_are_estimated_by_window(regression, labelled):
    now = regressed(30, 12, shift=0.5, labelled=labelled, seed=6)
    report = ll.check(regression, now.drop(columns="truth"), **REGRESSION)
    day = now["timestamp"].dt.floor("D")
    truth = (now["truth"] - now["prediction"]).abs().groupby(day).mean().to_numpy()
    usual = float((regression["target"] - regression["prediction"]).abs().mean())
    value, low, high = last(report, "mae", "estimated", 12)
    assert np.abs(value - truth).mean() < 0.4 * np.abs(usual - truth).mean()
    assert np.mean((low <= truth) & (truth <= high)) >= 0.75
    reference_windows = len(series(report, "mae", "estimated").values) - 12
    assert series(report, "mae", "estimated").values[:reference_windows] == [None] * reference_windows


@pytest.mark.long
def test_labels_take_the_place_of_estimated_losses(regression):
    now = regressed(30, 8, shift=0.0, labelled=0.5, seed=7)
    report = ll.check(regression, now.drop(columns="truth"), **REGRESSION)
    day = now["timestamp"].dt.floor("D")
    truth = (now["truth"] - now["prediction"]).abs().groupby(day).mean().to_numpy()
    off = [np.abs(last(report, "mae", kind, 8)[0] - truth).mean() for kind in ("best", "estimated")]
    assert off[0] < off[1]


def test_where_all_labels_have_come_nothing_is_estimated(regression):
    now = regressed(30, 5, shift=0.0, labelled=1.0, seed=8).drop(columns="truth")
    assert series(ll.check(regression, now, **REGRESSION), "mae", "estimated") is None
