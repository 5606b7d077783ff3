"""Samples of rows: the smallest hashes of each bucket, in any order and from any parts."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadline.comparison import learn
from leadline.profiles.sample import SAMPLE_ARRAYS, Limits, RowSample

LIMITS = Limits(3, 7)


def drawn(seed: int, rows: int, buckets: int = 4, hashes: int = 2**63) -> RowSample:
    """Rows in any order; few different hashes make ties."""
    rng = np.random.default_rng(seed)
    return RowSample(
        LIMITS,
        rng.integers(0, buckets, rows),
        rng.integers(0, hashes, rows).astype(np.uint64),
        rng.integers(0, 300, (rows, 2)).astype(np.uint16),
        rng.random(rows),
        rng.integers(-1, 2, rows).astype(float),
        np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows)),
    )


def equal(a: RowSample, b: RowSample) -> bool:
    return a.limits == b.limits and all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=name in ("score", "label"))
        for name in SAMPLE_ARRAYS
    )


def part(of: RowSample, rows: np.ndarray) -> RowSample:
    return of.take(rows).cut()


def kept(of: RowSample) -> set[tuple[int, int]]:
    return set(zip(of.bucket.tolist(), of.hashes.tolist(), strict=True))


@given(st.integers(0, 999), st.integers(0, 60))
def test_the_smallest_hashes_of_each_bucket_are_kept_and_of_all_the_smallest(seed: int, rows: int) -> None:
    """Against the definition, in plain Python."""
    every = drawn(seed, rows)
    by_bucket = {
        b: sorted(h for c, h in zip(every.bucket.tolist(), every.hashes.tolist(), strict=True) if c == b)
        for b in range(4)
    }
    listed = sorted((h, b) for b, found in by_bucket.items() for h in found[: LIMITS.bucket])
    assert kept(every.cut()) == {(b, h) for h, b in listed[: LIMITS.total]}


@given(st.integers(0, 999), st.integers(0, 60), st.sampled_from([3, 20, 2**63]))
def test_samples_of_parts_merge_to_the_sample_of_the_whole_in_any_order(
    seed: int, rows: int, hashes: int
) -> None:
    every = drawn(seed, rows, hashes=hashes)
    place = np.random.default_rng(seed + 1).integers(0, 3, rows)
    parts = [part(every, np.flatnonzero(place == i)) for i in range(3)]
    whole = every.cut()
    for x, y, z in permutations(parts):
        assert equal(x.merge(y).merge(z), whole)
        assert equal(x.merge(y.merge(z)), whole)
    assert equal(whole.merge(RowSample.empty(LIMITS, 2)), whole)


@given(st.integers(0, 999), st.integers(1, 60), st.sampled_from([3, 2**63]))
def test_the_order_of_rows_does_not_matter(seed: int, rows: int, hashes: int) -> None:
    """Nor does it where hashes are equal: what is kept of the rows then orders them."""
    every = drawn(seed, rows, hashes=hashes)
    assert equal(part(every, np.random.default_rng(seed).permutation(rows)), every.cut())


def test_of_different_limits_the_smaller_ones_hold() -> None:
    every = drawn(1, 50)
    wide = replace(every, limits=Limits(10, 40)).cut()
    assert equal(wide.merge(RowSample.empty(LIMITS, 2)), every.cut())


def test_what_lies_between_two_moments_is_the_sample_of_these_buckets() -> None:
    every = replace(drawn(2, 40), limits=Limits(3, 40))
    inside = (every.bucket >= 1) & (every.bucket < 3)
    assert equal(every.cut().between(1, 3), part(every, np.flatnonzero(inside)))


def test_an_even_sample_gives_rows_of_thin_and_thick_buckets_the_same_chance() -> None:
    """A bucket of 20,000 rows and one of 1,000, of which 500 each are kept: 1 in 40 of both remain."""
    rng = np.random.default_rng(3)
    sizes = (20_000, 1_000)
    rows = sum(sizes)
    every = RowSample(
        Limits(500, 2_000),
        np.repeat([0, 1], sizes),
        rng.integers(0, 2**64 - 1, rows, np.uint64),
        np.zeros((rows, 1), np.uint16),
        *np.zeros((3, rows)),
    )
    even = every.cut().even()
    found = np.bincount(even.bucket)
    assert found[0] == 500
    assert abs(found[1] - 25) <= 3 * np.sqrt(25)
    together = every.cut().collapse()
    assert set(together.bucket) == {0}
    assert np.array_equal(np.sort(even.hashes), together.hashes)


def test_an_even_sample_of_a_few_rows_is_all_of_them() -> None:
    few = replace(drawn(4, 5, buckets=3), limits=Limits(6, 40)).cut()
    assert equal(few.even(), few)
    assert len(RowSample.empty(LIMITS, 2).even()) == 0


def test_representatives_are_the_means_of_cells() -> None:
    """Rounded to 2**-31 of the scale; where no value lies, an end or the middle of the cell."""
    values = np.random.default_rng(5).lognormal(size=4_000)
    baseline = learn({"x": values, "k": np.arange(4_000) % 7})
    column = baseline.grid.index["x"]
    axis = baseline.grid.columns[column].axis
    found = baseline.profile.representatives()[column]
    cell = np.searchsorted(axis.edges, values, side="right") - 1
    rows = np.bincount(cell, minlength=axis.cells)
    means = np.bincount(cell, values, axis.cells)[rows > 0] / rows[rows > 0]
    np.testing.assert_allclose(found[rows > 0], means, rtol=1e-6, atol=1e-7)
    assert np.isfinite(found).all()
    empty = np.flatnonzero(rows == 0)
    assert (found[empty] >= axis.edges[empty]).all()
    assert (found[empty] <= axis.edges[empty + 1]).all()
