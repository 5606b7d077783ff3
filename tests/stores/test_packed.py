"""A packed profile is the profile, and what is added up is what merging makes."""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline
from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.profiles.profile import Profile
from leadline.stores import packed

DAY = 86_400_000_000
KINDS = ("binary", "weighted", "regression", "multiclass", "plain")


def table(seed: int, size: int, kind: str, day: int = 0) -> dict[str, Any]:
    """Rows of some days, with whatever a profile can hold."""
    generator = np.random.default_rng(seed)
    found: dict[str, Any] = {
        "at": (day * DAY + generator.integers(0, 3 * DAY, size)).astype("datetime64[us]"),
        "number": np.where(generator.random(size) < 0.1, np.nan, generator.normal(size=size) * 1e6),
        "few": generator.integers(-3, 3, size),
        "text": generator.choice(["a", "", "ü", "x" * 300, "\ud800"], size).tolist(),
        "version": [f"v{i}" for i in generator.integers(0, 3, size)],
    }
    if kind in ("binary", "weighted"):
        found |= {"p": generator.random(size), "y": generator.integers(0, 2, size)}
    if kind == "weighted":
        found["w"] = generator.random(size)
    if kind == "regression":
        found |= {"guess": generator.normal(size=size), "y": generator.normal(size=size)}
    if kind == "multiclass":
        found |= {
            "guess": generator.choice(["a", "b", "c"], size).tolist(),
            "y": generator.choice(["a", "b", "c"], size).tolist(),
        }
    return found


_ROLES: dict[str, dict[str, Any]] = {
    "binary": {"score": "p", "label": "y", "version": "version", "segment": ["few"]},
    "weighted": {"score": "p", "label": "y", "weight": "w"},
    "regression": {"prediction": "guess", "label": "y", "rules": {"number": {"max": 1e6}}},
    "multiclass": {"prediction": "guess", "label": "y", "rows": 0},
    "plain": {},
}


@cache
def baseline(kind: str) -> Baseline:
    return leadline.learn(table(0, 3_000, kind), timestamp="at", **_ROLES[kind])


@cache
def profile(kind: str, seed: int, size: int) -> Profile:
    return leadline.profile(table(seed, size, kind, 3 * (seed % 3)), baseline(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_profile_is_the_same_again(kind: str) -> None:
    for size in (1, 400, 1_500):
        one = profile(kind, size, size)
        again = packed.unpack(*packed.pack(one), baseline(kind).grid)
        assert again.to_bytes() == one.to_bytes()
        assert packed.rows(packed.pack(one)[0]) == (one.rows, one.versions)
    assert (profile(kind, 400, 400).versions != {}) == (kind == "binary")


@pytest.mark.parametrize("kind", KINDS)
@given(seeds=st.lists(st.integers(1, 9), min_size=1, max_size=20))
@settings(max_examples=3, deadline=None)
def test_what_is_added_up_is_what_merging_makes(kind: str, seeds: list[int]) -> None:
    """Beyond the number of parts whose samples are merged at once, and of values that a sample holds."""
    parts = [profile(kind, seed, 80 * seed) for seed in seeds]
    merged = reduce(lambda one, other: one.merge(other), parts)
    added = packed.Added(baseline(kind).grid, merged.axes.buckets)
    for part in parts:
        added.add(*packed.pack(part))
    assert added.profile().to_bytes() == merged.to_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_into_one_bucket_go_the_counts_of_all(kind: str) -> None:
    parts = [profile(kind, seed, 700) for seed in (1, 2, 3)]
    added = packed.Added(baseline(kind).grid, [5])
    for part in parts:
        added.add(*packed.pack(part), into=5)
    found, merged = added.profile(), reduce(lambda one, other: one.merge(other), parts)
    assert found.axes.buckets == (5,)
    for name, array in merged.collapse().sums.items():
        np.testing.assert_array_equal(found.sums[name], array, name)
    np.testing.assert_array_equal(found.minimum, merged.collapse().minimum)
    np.testing.assert_array_equal(found.maximum, merged.collapse().maximum)
    if merged.sample is not None:
        assert found.sample is not None
        np.testing.assert_array_equal(found.sample.bucket, merged.sample.bucket)


def test_some_sums_are_read_without_the_others() -> None:
    one = profile("binary", 1, 500)
    content, _ = packed.pack(one)
    found = packed.arrays(content, ["cells", "rows", "unknown"])
    assert set(found) == {"cells", "rows"}
    np.testing.assert_array_equal(found["cells"], one.sums["cells"])


def test_two_texts_become_one_and_two_again() -> None:
    both = packed.pack(profile("binary", 1, 500))
    assert packed.parted(packed.joined(both)) == both


def test_what_an_older_store_saved_is_read() -> None:
    """Whole saved profiles, also together with packed ones."""
    old, new = profile("binary", 1, 500), profile("binary", 2, 500)
    content, grid = old.to_bytes(), baseline("binary").grid
    assert packed.parted(content) == (content, b"")
    assert packed.unpack(content, b"", grid).to_bytes() == content
    assert packed.rows(content) == (old.rows, old.versions)
    np.testing.assert_array_equal(packed.arrays(content, ["cells"])["cells"], old.sums["cells"])
    merged = old.merge(new)
    added = packed.Added(grid, merged.axes.buckets)
    added.add(content, b"")
    added.add(*packed.pack(new))
    assert added.profile().to_bytes() == merged.to_bytes()


def test_what_is_none_of_ours_or_cut_off_is_said() -> None:
    content, samples = packed.pack(profile("binary", 1, 500))
    grid = baseline("binary").grid
    for wrong in (b"", b"LLP1", b"something else", content[:-1], content + b"x"):
        with pytest.raises(DataError):
            packed.unpack(wrong, samples, grid)
    with pytest.raises(DataError):
        packed.unpack(content, samples[:-1], grid)
    added = packed.Added(grid, [0])
    added.add(content, samples, 0)
    other = packed.pack(profile("plain", 1, 500))
    with pytest.raises(DataError, match="different axes"):
        added.add(*other, 0)
