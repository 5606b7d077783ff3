"""Products in blocks are the products."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.metrics.products import ALONE, gram, product


@pytest.mark.parametrize("rows", [0, 1, 99, 102, 103, 1000])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_products_are_those_of_all_rows_at_once(rows, kind):
    rng = np.random.default_rng([rows, 7])
    some, matrix = rng.normal(size=(rows, 20)).astype(kind), rng.normal(size=(20, 128)).astype(kind)
    exact = some.astype(np.float64), matrix.astype(np.float64)
    digits = 1e-5 if kind is np.float32 else 1e-12
    found, squares = product(some, matrix), gram(some)
    assert found.dtype == squares.dtype == kind
    np.testing.assert_allclose(found, exact[0] @ exact[1], atol=digits * 10)
    np.testing.assert_allclose(squares, exact[0].T @ exact[0], atol=digits * 1000)


def test_rows_of_any_length_and_without_columns():
    wide = np.random.default_rng(3).normal(size=(3, ALONE + 5))
    np.testing.assert_allclose(product(wide, wide.T.copy()), wide @ wide.T, rtol=1e-9)
    assert product(np.empty((4, 0)), np.empty((0, 2))).tolist() == [[0.0, 0.0]] * 4
    assert gram(np.empty((4, 0))).shape == (0, 0)
    strided = wide[:, :40:2]
    np.testing.assert_allclose(gram(strided), strided.T @ strided, rtol=1e-9)
