"""Isotonic regression on cells, against scikit-learn and by its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.isotonic import IsotonicRegression

from leadline.estimators.isotonic import isotonic

CELLS = arrays.arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 30).map(float))


def oracle(positive, mass):
    known = np.flatnonzero(mass > 0)
    model = IsotonicRegression(out_of_bounds="clip")
    model.fit(known, positive[known] / mass[known], sample_weight=mass[known])
    return model.predict(np.arange(len(mass)))


@given(mass=CELLS, seed=st.integers(0, 2**32 - 1))
def test_scikit_learn_agrees(mass, seed):
    positive = np.random.default_rng(seed).binomial(mass.astype(int), 0.4).astype(float)
    found = isotonic(positive, mass)
    if mass.sum() == 0:
        assert np.isnan(found).all()
    else:
        np.testing.assert_allclose(found, oracle(positive, mass), atol=1e-12)


def test_leading_axes_are_fitted_one_by_one():
    rng = np.random.default_rng(1)
    mass = rng.integers(0, 9, (3, 5, 60)).astype(float)
    positive = rng.binomial(mass.astype(int), 0.5).astype(float)
    together = isotonic(positive, mass)
    for index in np.ndindex(3, 5):
        np.testing.assert_allclose(together[index], isotonic(positive[index], mass[index]), atol=1e-12)


@given(mass=CELLS, seed=st.integers(0, 2**32 - 1))
def test_keeps_the_number_of_positives_and_rises(mass, seed):
    """Pooling moves positives between cells and loses none (Robertson et al., 1988, theorem 1.3.3)."""
    positive = np.random.default_rng(seed).binomial(mass.astype(int), 0.4).astype(float)
    found = isotonic(positive, mass)
    if mass.sum() > 0:
        assert (np.diff(found) >= -1e-12).all()
        assert (mass * found).sum() == pytest.approx(positive.sum())


def test_merging_cells_of_one_level_changes_nothing():
    positive, mass = np.array([1.0, 4, 4, 9]), np.array([10.0, 10, 10, 10])
    split = isotonic(np.array([1.0, 1, 3, 4, 9]), np.array([10.0, 2.5, 7.5, 10, 10]))
    np.testing.assert_allclose(split, np.repeat(isotonic(positive, mass), [1, 2, 1, 1]))
