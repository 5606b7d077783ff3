"""Tables of predictions and labels: what kind of change it was, where that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leadline.diagnosis.outcomes import Outcomes, homogeneity

BEFORE = np.array([[900.0, 100.0], [600.0, 400.0], [200.0, 800.0], [50.0, 950.0]])


def table(now: np.ndarray) -> Outcomes:
    return Outcomes(BEFORE * 10, now * 10, ("no", "yes"))


def test_homogeneity_is_the_sum_of_independent_chi_squared_tests() -> None:
    """SciPy's test of each row's two by two table, without correction; the sum has one degree a row."""
    now = np.array([[850.0, 150.0], [610.0, 390.0], [230.0, 770.0], [40.0, 960.0]])
    found = [
        stats.chi2_contingency(np.array([a, b]), correction=False).statistic
        for a, b in zip(BEFORE, now, strict=True)
    ]
    assert homogeneity(BEFORE, now) == pytest.approx(stats.chi2.sf(sum(found), 4), rel=1e-8)


def test_rows_without_enough_of_either_side_do_not_speak() -> None:
    assert homogeneity(np.array([[5.0, 3.0]]), np.array([[1.0, 900.0]])) == 1.0
    assert homogeneity(np.zeros((0, 2)), np.zeros((0, 2))) == 1.0


def test_other_predictions_with_the_same_meaning() -> None:
    found = table(BEFORE * np.array([[0.5], [0.7], [1.2], [1.6]]))
    assert found.by_predictions == 1.0
    assert found.same_concept == pytest.approx(1.0)
    assert found.by_labels < 0.7
    assert found.by_concept < 0.3


def test_other_labels_with_the_same_predictions_within_them() -> None:
    found = table(BEFORE * np.array([[0.4, 1.6]]))
    assert found.by_labels == 1.0
    assert found.same_classes == pytest.approx(1.0)
    assert found.labels_moved[0] > found.labels_moved[1]
    assert found.same_concept < 1e-6


def test_the_same_predictions_with_another_meaning() -> None:
    found = table(np.array([[700.0, 300.0], [500.0, 500.0], [400.0, 600.0], [250.0, 750.0]]))
    assert found.by_concept == 1.0
    assert found.predictions_moved[0] == 0.0
    assert found.same_concept < 1e-6
    assert found.by_predictions == pytest.approx(0.0, abs=1e-9)


def test_a_label_that_came_new_is_not_explained_by_the_labels() -> None:
    """Where the old labels went is explained, which is half; nothing of the reference stands for the new."""
    before = np.column_stack([BEFORE, np.zeros(4)])
    now = np.column_stack([BEFORE / 2, BEFORE.sum(1) / 2])
    found = Outcomes(before, now, ("a", "b", "c"))
    assert found.by_labels == pytest.approx(0.5, abs=0.01)
    assert found.by_concept == 1.0
