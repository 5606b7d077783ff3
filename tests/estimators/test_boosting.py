"""Boosted trees: the same whatever the order of rows, and as good as each split allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline import kernels
from leadline.estimators import boosting
from leadline.estimators.boosting import DEPTH, LEAF_ROWS, boost_mean, boost_probability

LIBRARY, NEWEST = kernels._library() or (None, "")
SETS = kernels._SUFFIXES[: kernels._SUFFIXES.index(NEWEST) + 1] if NEWEST else ("",)


def rows(seed, n=600, columns=5):
    """Coarse numbers, so that many splits are equally good; one category, and gaps."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(n, columns)) * 3) / 3
    x[:, 1] = x[:, 0]
    x[:, 2] = rng.integers(0, 6, n)
    x[rng.random((n, columns)) < 0.05] = np.nan
    categorical = np.arange(columns) == 2
    y = rng.random(n) < 1 / (1 + np.exp(-np.nan_to_num(x[:, 0])))
    return x, categorical, y.astype(float), rng


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_trees_do_not_depend_on_the_order_of_rows(seed):
    x, categorical, y, rng = rows(seed)
    order = rng.permutation(len(x))
    # Targets that are whole in the last digit: their own mean is exact in any order too.
    residual = np.round((y - x[:, 3] * 0.1) * 256) / 256
    residual = np.nan_to_num(residual)
    for learn, target in ((boost_probability, y), (boost_mean, residual)):
        one, other = learn(x, categorical, target), learn(x[order], categorical, target[order])
        assert one.features.tolist() == other.features.tolist()
        assert one.cuts.tolist() == other.cuts.tolist()
        np.testing.assert_allclose(one.leaves, other.leaves, rtol=1e-9, atol=1e-12)


def test_rows_of_a_leaf_are_many_and_their_mean_moves_towards_the_target():
    x, categorical, y, _ = rows(1)
    model = boost_mean(x, categorical, y)
    codes = model.binning.codes(x)
    raw = np.full(len(x), model.start)
    for feature, cut, leaf in zip(model.features, model.cuts, model.leaves, strict=True):
        place = np.zeros(len(x), int)
        for _ in range(DEPTH):
            right = codes[np.arange(len(x)), feature[place]] > cut[place]
            place = 2 * place + 1 + right
        place -= len(feature)
        used, sizes = np.unique(place, return_counts=True)
        assert sizes.min() >= LEAF_ROWS
        for one in used:
            gap = y[place == one].mean() - raw[place == one].mean()
            assert leaf[one] * gap >= -1e-9
        raw += leaf[place]
    np.testing.assert_allclose(model.predict(x), raw, rtol=1e-12)
    assert ((y - raw) ** 2).mean() < 0.95 * y.var()


@pytest.mark.parametrize("n", [0, 1, LEAF_ROWS])
def test_too_few_rows_give_no_split(n):
    x, categorical, y, _ = rows(2)
    model = boost_probability(x[:n], categorical, y[:n])
    assert np.ptp(model.predict(x)) == 0


def hostile(seed, n, columns):
    """Few and many rows, constant and empty columns, infinities, ties, and categories that are rare."""
    rng = np.random.default_rng([seed, n])
    x = np.round(rng.normal(size=(n, columns)), 1)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.02] = np.inf
    x[rng.random(x.shape) < 0.02] = -np.inf
    x[:, 0] = rng.integers(0, 9, n)
    if columns > 3:
        x[:, 1], x[:, 2], x[:, 3] = np.nan, 7.0, rng.normal(size=n)
    return x, np.arange(columns) == 0, rng


@pytest.mark.parametrize("n", [0, 1, 2 * LEAF_ROWS, 255, 256, 257, 3_000])
@pytest.mark.parametrize("columns", [1, 5])
@pytest.mark.parametrize("instructions", SETS)
def test_compiled_loops_grow_the_same_trees_and_predict_the_same(n, columns, instructions, monkeypatch):
    if not boosting.available():
        pytest.skip("the compiled loops were not built")
    monkeypatch.setattr(kernels, "_library", lambda: (LIBRARY, instructions))
    x, categorical, rng = hostile(11, n, columns)
    clear = np.nan_to_num(x[:, -1], posinf=3, neginf=-3)
    targets = {
        boost_probability: (rng.random(n) < 1 / (1 + np.exp(-clear))).astype(float),
        boost_mean: clear * rng.lognormal(0, 3, n) if n else np.zeros(0),
    }
    others, _, _ = hostile(12, 300, columns)
    for fit, target in targets.items():
        if fit is boost_mean and n == 0:
            continue  # there is no mean
        fits, codes, said = [], [], []
        for compiled in (True, False):
            monkeypatch.setattr(boosting, "available", lambda compiled=compiled: compiled)
            kernels.kernel.cache_clear()
            fits.append(fit(x, categorical, target))
            codes.append(fits[0].binning.codes(others))
            said.append(fits[0].predict(others))
        for part in ("features", "cuts", "leaves"):
            assert np.array_equal(getattr(fits[0], part), getattr(fits[1], part))
        assert np.array_equal(*codes)
        assert np.array_equal(*said)
    kernels.kernel.cache_clear()
