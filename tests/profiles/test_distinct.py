"""Distinct values: exact while few, within the stated interval when many, mergeable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadline.profiles.distinct import EMPTY, LIMIT, Distinct, Sampler, hash_numbers
from leadline.tables.texts import hashes

integers = arrays(np.int64, st.integers(0, 200), elements=st.integers(-50, 50))


def of_numbers(values):
    sampler = Sampler()
    sampler.add(values)
    return sampler.result()


@given(integers)
def test_few_values_are_counted_exactly(x: np.ndarray) -> None:
    count = float(len(np.unique(x)))
    assert of_numbers(x).estimate() == (count, count, count)


@given(integers, integers)
def test_merging_equals_counting_together(a: np.ndarray, b: np.ndarray) -> None:
    both = of_numbers(np.concatenate([a, b]))
    merged = of_numbers(a).merge(of_numbers(b))
    assert merged.shift == both.shift
    assert np.array_equal(merged.hashes, both.hashes)
    assert np.array_equal(of_numbers(a).merge(EMPTY).hashes, of_numbers(a).hashes)


def test_many_values_lie_in_the_interval_as_often_as_stated() -> None:
    """At least 88 of 100 intervals of 95 % (chance of fewer: below 1 in 300)."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(100):
        count = int(rng.integers(LIMIT + 1, 40_000))
        value, low, high = of_numbers(rng.permutation(count) * 1.5 + rng.normal()).estimate()
        hits += low <= count <= high
        assert value == pytest.approx(count, rel=0.12)
    assert hits >= 88


def test_the_state_does_not_depend_on_order_or_chunks() -> None:
    x = np.random.default_rng(8).normal(size=100_000)
    a, b = of_numbers(x), of_numbers(x[::-1])
    assert a.shift == b.shift > 0
    assert np.array_equal(a.hashes, b.hashes)
    assert len(a.hashes) <= LIMIT


@given(integers)
def test_repeated_rows_are_counted_exactly_while_few(x: np.ndarray) -> None:
    if len(x):
        assert of_numbers(x).repeated_share() == pytest.approx(1 - len(np.unique(x)) / len(x))


@pytest.mark.parametrize("values", [1, 3, 900, 5_000, 10**6])
def test_the_sample_is_that_of_a_plain_count_whatever_the_order(values: int) -> None:
    """Distinct hashes below the lowest threshold that leaves at most `LIMIT`, by `np.unique`."""
    x = np.random.default_rng(values).integers(0, values, 200_000)
    hashes, rows = np.unique(hash_numbers(x), return_counts=True)
    shift = 0
    while np.count_nonzero(hashes < 2 ** (64 - shift)) > LIMIT:
        shift += 1
    kept = hashes < 2 ** (64 - shift)
    for ordered in (x, np.sort(x), np.sort(x)[::-1]):
        found = of_numbers(ordered)
        assert found.shift == shift
        assert np.array_equal(found.hashes, hashes[kept])
        assert np.array_equal(found.rows, rows[kept])


def test_values_and_hashes_may_come_in_any_parts() -> None:
    x = np.random.default_rng(11).integers(0, 9_000, 100_000).astype(float)
    sampler = Sampler()
    for part in np.array_split(x[:60_000], 7):
        sampler.add(part)
    values, rows = np.unique(x[60_000:], return_counts=True)
    sampler.add_hashes(hash_numbers(values), rows)
    found, expected = sampler.result(), of_numbers(x)
    assert found.shift == expected.shift > 0
    assert np.array_equal(found.hashes, expected.hashes)
    assert np.array_equal(found.rows, expected.rows)


def test_unique_values_have_no_repeats_however_many() -> None:
    """No false duplicate: every row of a kept value is counted."""
    x = np.random.default_rng(9).permutation(300_000).astype(float)
    assert of_numbers(x).repeated_share() == 0.0
    doubled = of_numbers(np.concatenate([x, x[:60_000]])).repeated_share()
    assert doubled == pytest.approx(60 / 360, abs=0.03)


def test_signed_zeros_are_one_value_and_texts_of_any_kind_hash() -> None:
    assert of_numbers(np.array([0.0, -0.0])).estimate()[0] == 1
    assert Distinct.of(hashes(["", "a", "\ud800", "\x00", "a"])).estimate()[0] == 4


@pytest.mark.parametrize("others", [0, 3, 5_000, 60_000])
def test_a_value_that_fills_the_column_is_one_value_whatever_its_hash(others: int) -> None:
    """The hash of 0 is 0: it is below every threshold."""
    rare = hash_numbers(np.arange(1.0, others + 1))
    found = Distinct.of(np.concatenate([np.zeros(50_000, np.uint64), rare]))
    assert found.rows[0] == 50_000
    assert found.hashes.tolist() == sorted({0, *(h for h in rare.tolist() if h < 2 ** (64 - found.shift))})


@pytest.mark.parametrize("copies", [0.0, 0.06, 0.5])
@pytest.mark.parametrize("together", [1, 8])
def test_the_share_of_repeats_lies_in_its_interval_as_often_as_stated(copies: float, together: int) -> None:
    """Also where values come in groups that are chosen together, all of them repeated or none."""
    values, runs, inside = 20_000, 200, 0
    rng = np.random.default_rng(5)
    share = 1 - 1 / (1 + copies)
    for _ in range(runs):
        high = np.repeat(rng.integers(0, 1 << 32, values // together, np.uint64), together) << np.uint64(32)
        found = high | rng.integers(0, 1 << 32, values, np.uint64)
        rows = np.ones(values, np.int64)
        rows[: int(copies * values)] = 2
        low, top = Distinct.of(found, rows).repeated_interval()
        assert 0 <= low <= top <= 1
        inside += low - 1e-12 <= share <= top
    assert inside >= 0.9 * runs


def test_the_interval_of_repeats_is_one_number_where_all_are_known() -> None:
    found = of_numbers(np.array([1.0, 1.0, 2.0, 3.0]))
    assert found.repeated_interval() == (0.25, 0.25)
    assert all(np.isnan(end) for end in EMPTY.repeated_interval())
