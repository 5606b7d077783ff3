"""Fisher's F law against SciPy."""

from __future__ import annotations

import numpy as np
from scipy import stats

from leadline.metrics.special import chi_squared_sf, f_sf


def test_the_upper_tail_is_scipys() -> None:
    rng = np.random.default_rng(3)
    x = 10 ** rng.uniform(-3, 4, 4000)
    numerator, denominator = 10 ** rng.uniform(-0.5, 3, 4000), 10 ** rng.uniform(-0.5, 4, 4000)
    expected = stats.f.sf(x, numerator, denominator)
    told = expected > 1e-200
    np.testing.assert_allclose(f_sf(x, numerator, denominator)[told], expected[told], rtol=1e-9)


def test_ends_and_limits() -> None:
    np.testing.assert_array_equal(f_sf([0.0, -1.0, np.nan], 3, 5), [1.0, 1.0, np.nan])
    np.testing.assert_allclose(f_sf([0.5, 2.0, 9.0], 3, np.inf), chi_squared_sf([1.5, 6.0, 27.0], 3))


def test_an_element_does_not_depend_on_its_neighbours():
    x = np.array([[0.3, np.nan, 7.0], [1e-9, 1e6, 1.0]])
    denominator = np.array([[4.0, 9.0, np.nan], [2000.0, 3.0, np.inf]])
    alone = [
        [float(f_sf(a, 6, b)) for a, b in zip(*row, strict=True)] for row in zip(x, denominator, strict=True)
    ]
    np.testing.assert_array_equal(f_sf(x, 6, denominator), alone)
