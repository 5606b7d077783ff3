"""Profiles: they add up, can be taken back, and survive being saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.comparison import learn, profile
from leadline.errors import ConfigurationError, DataError
from leadline.profiles.profile import Profile


def table(seed: int, rows: int) -> dict[str, object]:
    """Every sort of column, with what makes trouble."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    x[rng.random(rows) < 0.1] = np.nan
    x[rng.random(rows) < 0.05] = np.inf
    words = [None, "", "a", "b", "c", "new" if seed else "a"]
    return {
        "x": x,
        "k": rng.integers(0, 5, rows),
        "word": [words[i] for i in rng.integers(0, len(words), rows)],
        "flag": rng.random(rows) < 0.3,
        "score": rng.random(rows),
        "label": (rng.random(rows) < 0.4).astype(int),
    }


BASELINE = learn(table(0, 400), label="label", score="score")


def equal(a: Profile, b: Profile) -> bool:
    return (
        a.sums.keys() == b.sums.keys()
        and all(np.array_equal(a.sums[name], b.sums[name]) for name in a.sums)
        and np.array_equal(a.minimum, b.minimum)
        and np.array_equal(a.maximum, b.maximum)
        and (a.start, a.end) == (b.start, b.end)
        and all(np.array_equal(a.distinct[n].hashes, b.distinct[n].hashes) for n in b.distinct)
    )


def rows(data: dict[str, object], chosen: np.ndarray) -> dict[str, object]:
    return {name: [values[i] for i in chosen] for name, values in data.items()}  # type: ignore[index]


@given(st.integers(1, 40), st.integers(0, 59), st.integers(0, 59))
def test_parts_merge_to_the_whole_in_any_order(seed: int, a: int, b: int) -> None:
    data, order = table(seed, 60), np.arange(60)
    first, second = min(a, b), max(a, b)
    parts = [order[:first], order[first:second], order[second:]]
    x, y, z = (profile(rows(data, part), BASELINE) for part in parts)
    whole = profile(data, BASELINE)
    assert equal(x.merge(y).merge(z), whole)
    assert equal(z.merge(x.merge(y)), whole)


@given(st.integers(1, 40), st.integers(0, 60))
def test_subtracting_takes_the_additive_parts_back(seed: int, cut: int) -> None:
    data = table(seed, 60)
    x = profile(rows(data, np.arange(cut)), BASELINE)
    y = profile(rows(data, np.arange(cut, 60)), BASELINE)
    back = x.merge(y).subtract(y)
    assert all(np.array_equal(back.sums[name], x.sums[name]) for name in x.sums)
    assert back.fingerprint == x.fingerprint


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_effect(seed: int, random: object) -> None:
    data, order = table(seed, 60), list(range(60))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert equal(profile(rows(data, np.array(order)), BASELINE), profile(data, BASELINE))


def test_no_rows_are_the_neutral_element() -> None:
    data = table(3, 80)
    nothing = profile(rows(data, np.arange(0)), BASELINE)
    assert nothing.rows == 0
    assert equal(profile(data, BASELINE).merge(nothing), profile(data, BASELINE))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_has_no_effect(threads: int) -> None:
    data = table(4, 5000)
    assert equal(profile(data, BASELINE, threads=threads), profile(data, BASELINE))


def test_a_profile_survives_being_saved(tmp_path: Path) -> None:
    found = profile(table(5, 300), BASELINE)
    loaded = ll.load(found.save(tmp_path / "p.leadline"))
    assert isinstance(loaded, Profile)
    assert equal(loaded, found)
    assert loaded.fingerprint == found.fingerprint
    assert loaded.grid.fingerprint == found.grid.fingerprint


def test_a_baseline_survives_being_saved_and_needs_no_rows(tmp_path: Path) -> None:
    """The loaded baseline and profile give the very same report."""
    data = table(6, 300)
    baseline, current = BASELINE.save(tmp_path / "b.leadline"), profile(data, BASELINE)
    path = current.save(tmp_path / "p.leadline")
    fresh = ll.check(BASELINE, current).to_dict()
    assert ll.check(str(baseline), str(path)).to_dict() == fresh
    assert ll.load(baseline).fingerprint == BASELINE.fingerprint


def test_saving_is_compact(tmp_path: Path) -> None:
    size = BASELINE.save(tmp_path / "b.leadline").stat().st_size
    assert size < 60_000


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda c: c[:100], "damaged or cut off"),
        (lambda c: c[:12], "cut off"),
        (lambda c: c[:-40] + b"x" * 8 + c[-32:], "damaged"),
        (lambda c: c[:8] + b"\xff\x00" + c[10:], "later version"),
    ],
)
def test_a_damaged_file_is_one_clear_error(damage: object, said: str, tmp_path: Path) -> None:
    path = BASELINE.save(tmp_path / "b.leadline")
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DataError, match=said):
        ll.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.leadline"
    path.write_bytes(b"PAR1 and more")
    with pytest.raises(DataError, match="not a Leadline file"):
        ll.load(path)


def test_profiles_of_other_grids_do_not_mix() -> None:
    other = learn(table(1, 400), label="label", score="score")
    with pytest.raises(ConfigurationError, match="different grids"):
        profile(table(2, 50), BASELINE).merge(profile(table(2, 50), other))


def test_more_than_there_is_cannot_be_taken_back() -> None:
    small, large = profile(table(2, 20), BASELINE), profile(table(2, 50), BASELINE)
    with pytest.raises(ConfigurationError, match="does not"):
        small.subtract(large)
