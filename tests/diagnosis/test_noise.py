"""How much of a distance is undone, and what chance brings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadline.diagnosis.noise import (
    kolmogorov_mean,
    kolmogorov_noise,
    undone,
    variation_mean,
    variation_noise,
)

shares = st.floats(0, 1)


@given(distance=shares, noise=st.floats(0, 0.2))
def test_nothing_is_undone_where_all_is_left(distance: float, noise: float) -> None:
    assert undone(distance, distance, noise) == pytest.approx(0.0, abs=1e-9)


@given(distance=st.floats(0.3, 1), noise=st.floats(0, 0.2))
def test_all_is_undone_where_noise_is_left(distance: float, noise: float) -> None:
    assert undone(distance, noise, noise) == 1.0
    assert undone(distance, 0.0, noise) == 1.0


@given(distance=shares, one=shares, other=shares, noise=st.floats(0, 0.2))
def test_what_leaves_less_undoes_more(distance: float, one: float, other: float, noise: float) -> None:
    less, more = sorted((one, other))
    assert 0 <= undone(distance, more, noise) <= undone(distance, less, noise) <= 1


def test_a_distance_of_noise_alone_is_not_explained() -> None:
    assert undone(0.02, 0.0, 0.02) == 0.0
    assert undone(float("nan"), 0.0, 0.02) == 0.0


def test_kolmogorov_of_samples_of_one_law() -> None:
    """Mean and 0.995 quantile of SciPy's two-sample statistic at 2,000 and 1,000 rows."""
    rng = np.random.default_rng(1)
    found = [stats.ks_2samp(rng.random(2_000), rng.random(1_000)).statistic for _ in range(400)]
    harmonic = 2_000 * 1_000 / 3_000
    assert kolmogorov_mean(harmonic) == pytest.approx(np.mean(found), rel=0.06)
    assert np.mean(np.array(found) > kolmogorov_noise(harmonic)) <= 0.015


def test_total_variation_of_samples_of_one_law() -> None:
    rng = np.random.default_rng(2)
    p = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    one, other = rng.multinomial(2_000, p, 1_000) / 2_000, rng.multinomial(800, p, 1_000) / 800
    found = np.abs(one - other).sum(1) / 2
    harmonic = 2_000 * 800 / 2_800
    assert variation_mean(p, harmonic) == pytest.approx(found.mean(), rel=0.03)
    assert np.mean(found > variation_noise(p, harmonic)) <= 0.005
