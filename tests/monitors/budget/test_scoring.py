"""Standardised differences and moving averages, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.monitors.budget.scoring import KERNEL, Compared, moving_average, standardised, worth


def one(statistic: float, sampling: float = 0.0) -> Compared:
    value = np.array([[statistic]])
    return Compared(value, value, np.array([[sampling]]), 0, 0)


def z(compared: Compared, deviation: float, sampling: float, sign: int) -> float:
    arrays = np.zeros(1), np.array([deviation]), np.array([sampling])
    return float(standardised(compared, *arrays, np.array([sign]))[0, 0])


def test_a_moving_average_weighs_known_values_by_age() -> None:
    values = np.array([[1.0], [np.nan], [4.0], [2.0]])
    variance = np.full((4, 1), 0.5)
    average, noise = moving_average(values, variance)
    weights = KERNEL[[3, 1, 0]]
    assert average[3, 0] == pytest.approx((weights @ [1, 4, 2]) / weights.sum())
    assert noise[3, 0] == pytest.approx(0.5 * (weights**2).sum() / weights.sum() ** 2)
    assert np.isnan(average[1, 0])
    assert average[0, 0] == 1.0


def test_a_moving_average_of_a_constant_is_the_constant() -> None:
    average, _ = moving_average(np.full((30, 2), 3.5), np.zeros((30, 2)))
    assert average == pytest.approx(np.full((30, 2), 3.5))


@pytest.mark.parametrize(("sign", "expected"), [(1, -2.0), (-1, 2.0), (0, 2.0), (2, -2.0)])
def test_the_bad_direction_is_up(sign: int, expected: float) -> None:
    assert z(one(-6.0), 3.0, 0.0, sign) == pytest.approx(expected)


def test_sampling_noise_is_the_least_deviation() -> None:
    assert z(one(6.0, sampling=4.0), 0.0, 0.0, 1) == pytest.approx(3.0)
    assert z(one(6.0, sampling=4.0), 1.0, 4.0, 1) == pytest.approx(3.0)
    assert z(one(6.0, sampling=4.0), 3.0, 4.0, 1) == pytest.approx(2.0)
    assert z(one(6.0, sampling=11.0), 3.0, 4.0, 1) == pytest.approx(1.5)


def test_what_never_varied_is_far_out_once_it_moves_and_not_before() -> None:
    assert z(one(0.0), 0.0, 0.0, 1) == 0
    assert z(one(1e-9), 0.0, 0.0, 1) > 10
    assert np.isnan(z(one(np.nan), 0.0, 0.0, 1))


@pytest.mark.parametrize(("sign", "effect", "enough"), [(1, -1.0, False), (-1, -1.0, True), (0, -1.0, True)])
def test_floors_look_at_the_bad_direction(sign: int, effect: float, enough: bool) -> None:
    assert worth(np.array([[effect]]), np.array([sign]), np.array([0.5]))[0, 0] == enough
