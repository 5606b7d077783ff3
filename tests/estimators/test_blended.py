"""Labels and estimates in one value, where labels come sooner for one class."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.estimators import ScoreTable, blended, calibrate, cbpe, of_rows
from leadline.profiles.outcomes import BinaryGrid, learn_binary

KEYS = ("accuracy", "brier", "roc_auc")
COME = np.array([0.2, 0.8])
"""Shares of negatives and positives whose label has come."""


def drawn(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    scores = rng.beta(1.2, 2.0, rows)
    return scores, (rng.random(rows) < scores).astype(np.int64)


def waiting(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """The labels that have come; -1 for the others."""
    return np.where(rng.random(len(labels)) < COME[labels], labels, -1)


@pytest.fixture(scope="module")
def grid() -> BinaryGrid:
    scores, _ = drawn(np.random.default_rng(1), 20_000)
    return learn_binary(("0", "1"), scores, threshold=0.5)


@pytest.fixture(scope="module")
def reference(grid: BinaryGrid) -> ScoreTable:
    scores, labels = drawn(np.random.default_rng(2), 20_000)
    return of_rows(grid, scores, labels=labels)


def test_rows_that_wait_are_rather_of_the_slow_class(grid: BinaryGrid, reference: ScoreTable) -> None:
    rng = np.random.default_rng(3)
    calibrator = calibrate(reference)
    scores, labels = drawn(rng, 100_000)
    table = of_rows(grid, scores, labels=waiting(rng, labels))
    truth = {
        key: found.value for key, found in cbpe(calibrator, of_rows(grid, scores, labels=labels)).items()
    }
    blind, aware = cbpe(calibrator, table, KEYS), blended(calibrator, table, KEYS, COME)
    for key in KEYS:
        assert abs(aware[key].value - truth[key]) < 0.006
        assert abs(aware[key].value - truth[key]) < 0.5 * abs(blind[key].value - truth[key])


def test_where_labels_of_both_classes_come_alike_it_is_the_plain_mixture(
    grid: BinaryGrid, reference: ScoreTable
) -> None:
    rng = np.random.default_rng(4)
    calibrator = calibrate(reference)
    scores, labels = drawn(rng, 3000)
    table = of_rows(grid, scores, labels=np.where(rng.random(3000) < 0.4, labels, -1))
    plain, same = (blended(calibrator, table, KEYS, come) for come in (None, np.array([0.4, 0.4])))
    for key in KEYS:
        assert same[key].value == pytest.approx(plain[key].value, abs=1e-9)
        assert same[key].standard_error == pytest.approx(plain[key].standard_error, rel=1e-6)


def test_with_all_labels_it_is_what_labels_say(grid: BinaryGrid, reference: ScoreTable) -> None:
    scores, labels = drawn(np.random.default_rng(5), 3000)
    table = of_rows(grid, scores, labels=labels)
    found = blended(calibrate(reference), table, ["accuracy"], np.ones(2))["accuracy"]
    assert found.value == pytest.approx(((scores >= 0.5) == labels).mean())
    assert found.standard_error == pytest.approx(0)


@pytest.mark.long
def test_its_interval_covers_the_value_of_all_labels(grid: BinaryGrid, reference: ScoreTable) -> None:
    rng = np.random.default_rng(6)
    calibrator = calibrate(reference)
    inside = []
    for _ in range(400):
        scores, labels = drawn(rng, 500)
        found = blended(calibrator, of_rows(grid, scores, labels=waiting(rng, labels)), KEYS, COME)
        truth = cbpe(calibrator, of_rows(grid, scores, labels=labels), KEYS)
        for key in KEYS:
            low, high = found[key].low, found[key].high
            assert low is not None
            assert high is not None
            inside.append(bool(low <= truth[key].value <= high))
    assert 0.93 <= np.mean(inside) <= 0.98
