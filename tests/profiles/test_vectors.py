"""Vectors are summed exactly: in any order, in any parts, and as the random features say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.profiles.vectors import (
    COORDINATES,
    DIMENSION_MAX,
    FEATURES,
    FREQUENCIES,
    ROWS_MIN,
    VectorAxis,
    count,
)
from leadline.tables.vectors import Vectors, of_objects


def vectors_of(values: np.ndarray) -> Vectors:
    return Vectors.even(values.ravel(), *values.shape)


def learned(values: np.ndarray) -> VectorAxis:
    axis = VectorAxis.learn(vectors_of(values), None)
    assert axis is not None
    return axis


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(900, 40)) @ np.diag(np.linspace(0.2, 2, 40)) + 3


@pytest.fixture(scope="module")
def axis(values) -> VectorAxis:
    return learned(values)


def test_sums_are_those_of_cosines_and_principal_coordinates(axis, values):
    rows, features, products, coordinates, squares = axis.means(
        count(axis, vectors_of(values), None, None, 1).sums[0]
    )
    unit = (values - axis.centre) / axis.scale
    turns = unit @ (axis.projection[:, :FREQUENCIES] * axis.units[:FREQUENCIES]) * 2.0**15 / 4096
    expected = np.hstack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)]) / np.sqrt(FREQUENCIES)
    along = unit @ (axis.projection[:, FREQUENCIES:] * axis.units[FREQUENCIES:]) * 2.0**5 * axis.spreads
    assert rows == 900
    np.testing.assert_allclose(features, expected.mean(0), atol=2e-4)
    np.testing.assert_allclose(products, expected.T @ expected / 900, atol=2e-4)
    np.testing.assert_allclose(coordinates, along.mean(0), atol=1e-3)
    np.testing.assert_allclose(squares, along.T @ along / 900, atol=1e-3)


def test_directions_are_principal_and_frequencies_those_of_the_median_distance(axis, values):
    scales = np.linalg.eigvalsh(np.cov(values.T, bias=True))[::-1][:COORDINATES]
    np.testing.assert_allclose(axis.spreads**2 * 40 * axis.scale**2, scales, rtol=1e-3)
    some = values[:300] / axis.scale
    median = np.median(np.linalg.norm(some[:, None] - some, axis=-1)[np.triu_indices(300, 1)])
    frequencies = axis.projection[:, :FREQUENCIES] * axis.units[:FREQUENCIES] * 2.0**15 / 4096 * 2 * np.pi
    root = np.sqrt((frequencies**2).sum(0).mean())
    assert root == pytest.approx(np.sqrt(40) / median, rel=0.15)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_order_and_any_parts_give_the_same_sums(axis, values, seed):
    rng = np.random.default_rng(seed)
    whole = count(axis, vectors_of(values), None, None, 1).sums
    order = rng.permutation(len(values))
    parts = np.array_split(order, int(rng.integers(1, 9)))
    added = sum(count(axis, vectors_of(values).take(part), None, None, 1).sums for part in parts)
    np.testing.assert_array_equal(added, whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
def test_groups_count_apart_what_they_count_alone(axis, values, seed, groups):
    rng = np.random.default_rng(seed)
    group, valid = rng.integers(0, groups, len(values)), rng.random(len(values)) < 0.8
    found = count(axis, vectors_of(values), valid, group, groups)
    for g in range(groups):
        alone = count(axis, vectors_of(values).take(valid & (group == g)), None, None, 1)
        np.testing.assert_array_equal(found.sums[g], alone.sums[0])


def test_the_library_that_multiplies_does_not_matter(axis, values):
    # One row at a time goes another way through a library of linear algebra than many do.
    many = axis.map(values[:64])
    for i in range(64):
        for part, one in zip(many, axis.map(values[i : i + 1]), strict=True):
            np.testing.assert_array_equal(part[i], one[0])


def test_what_is_no_vector_is_counted_beside(axis, values):
    rows = [*values[:6], values[0][:-1], np.full(40, np.nan), np.r_[values[0][:-1], np.inf], np.zeros(0)]
    found = count(axis, of_objects(rows, None), None, None, 1)
    assert found.sums[0, 0] == 6
    assert (found.unreadable[0], found.nan[0], found.infinite[0], found.clipped[0]) == (2, 1, 1, 0)
    np.testing.assert_array_equal(found.sums, count(axis, vectors_of(values[:6]), None, None, 1).sums)


@pytest.mark.parametrize("factor", [1e6, 1e300])
def test_what_is_far_out_is_clipped_and_counted(axis, values, factor):
    found = count(axis, vectors_of(values[:10] * factor), None, None, 1)
    assert found.clipped[0] == 10
    assert found.sums[0, 0] == 10
    assert np.abs(found.sums).max() < 10 * 2**30 + 1


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((200, 5)),
        np.full((200, 5), 1e308) * np.array([1, -1, 1, -1, 1]),
        np.random.default_rng(2).normal(size=(ROWS_MIN, 1)),
        np.random.default_rng(2).normal(size=(60, 500)),
        np.random.default_rng(2).normal(size=(500, 2)) * [1, 1e-12],
        np.random.default_rng(2).normal(size=(200, 3)) * 1e-200,
    ],
    ids=["constant", "huge", "one number", "more numbers than rows", "flat", "tiny"],
)
def test_any_vectors_can_be_learned_and_summed(rows):
    axis = learned(rows)
    found = count(axis, vectors_of(rows), None, None, 1)
    means = axis.means(found.sums[0])
    assert means[0] == len(rows)
    assert all(np.isfinite(part).all() for part in means)
    assert np.trace(means[2]) == pytest.approx(1.0, abs=1e-4)
    assert axis.size == found.sums.shape[1]
    assert means[1].shape == (FEATURES,)


def test_too_few_or_too_different_lists_teach_nothing():
    rng = np.random.default_rng(3)
    many = rng.normal(size=(200, 4))
    assert VectorAxis.learn(vectors_of(many[: ROWS_MIN - 1]), None) is None
    assert VectorAxis.learn(vectors_of(many), np.zeros(200, bool)) is None
    assert VectorAxis.learn(vectors_of(np.zeros((200, 0))), None) is None
    assert VectorAxis.learn(vectors_of(np.full((200, 4), np.nan)), None) is None
    ragged = of_objects([rng.normal(size=i % 7) for i in range(300)], None)
    assert VectorAxis.learn(ragged, None) is None
    long = Vectors(np.zeros(DIMENSION_MAX + 1), np.zeros(200, np.int64), np.full(200, DIMENSION_MAX + 1))
    assert VectorAxis.learn(long, None) is None


def test_the_length_that_most_have_is_learned():
    rng = np.random.default_rng(4)
    rows = [rng.normal(size=3 if i % 5 else 2) for i in range(400)]
    axis = VectorAxis.learn(of_objects(rows, None), None)
    assert axis is not None
    assert axis.dimension == 3
