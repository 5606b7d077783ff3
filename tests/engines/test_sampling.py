"""Which rows are sampled, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import leadline as ll
from leadline.comparison import learn, profile
from leadline.errors import ConfigurationError
from leadline.profiles.arrays import EMPTY_TEXT, NAN, NULL
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.profile import Profile
from leadline.profiles.sample import MISSING, SAMPLE_ARRAYS, UNREADABLE, sampled_columns

ROWS = 3_000
WORDS = np.array(["", "a", "b", "c"])


def table(seed: int, rows: int = ROWS) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    x[rng.random(rows) < 0.1] = np.nan
    x[rng.random(rows) < 0.02] = np.inf
    return {
        "x": x,
        "skewed": rng.lognormal(0, 2, rows),
        "few": rng.poisson(2, rows),
        "word": WORDS[rng.integers(0, 4, rows)],
        "time": np.datetime64("2024-01-01") + (rng.random(rows) * 40 * 86_400).astype("timedelta64[s]"),
        "score": rng.random(rows),
        "label": (rng.random(rows) < 0.4).astype(int),
    }


ROLES = {"label": "label", "score": "score", "timestamp": "time"}
BASELINE = learn(table(0), **ROLES)


def chosen(data: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in data.items()}


def same(a: Profile, b: Profile) -> bool:
    return all(
        np.array_equal(
            getattr(a.sample, name),
            getattr(b.sample, name),
            equal_nan=name in ("score", "label", "prediction"),
        )
        for name in SAMPLE_ARRAYS
    )


def test_the_cells_of_sampled_rows_are_those_that_counting_finds() -> None:
    """Where all rows are kept, the sample holds each count."""
    found = profile(table(1), BASELINE, rows=1_000_000)
    sample, grid = found.sample, found.grid
    assert sample is not None
    assert len(sample) == ROWS
    cells, specials = (found.sums[name][:, 0, 0].sum(0) for name in ("cells", "specials"))
    for place, k in enumerate(sampled_columns(grid)):
        code = sample.cells[:, place]
        own = cells[grid.offsets[k] : grid.offsets[k + 1]].copy()
        # Infinities are no counted values; the sample has them in the outermost cells.
        own[[0, -1]] += specials[k, 2:4]
        known = code[code < UNREADABLE]
        assert np.array_equal(np.bincount(known, minlength=len(own)), own), grid.columns[k].name
        assert (code == MISSING).sum() == specials[k, [NULL, NAN, EMPTY_TEXT]].sum()


def test_scores_and_labels_are_kept_as_they_are() -> None:
    data = table(2)
    sample = profile(data, BASELINE, rows=1_000_000).sample
    assert sorted(zip(sample.score, sample.label, strict=True)) == sorted(
        zip(data["score"], data["label"], strict=True)
    )


def test_each_bucket_keeps_a_twentieth_of_rows_and_all_together_five_times_rows() -> None:
    sample = profile(table(3), BASELINE, rows=400).sample
    assert np.bincount(np.unique(sample.bucket, return_inverse=True)[1]).max() == 20
    assert len(sample) <= 2_000
    crowded = profile(table(3), BASELINE, rows=100).sample
    assert len(crowded) == min(500, 5 * len(np.unique(crowded.bucket)))
    untimed = learn(table(3), ignore="time", rows=400)
    assert len(untimed.profile.sample) == 400


def test_neither_order_nor_parts_nor_files_change_the_sample(tmp_path: Path) -> None:
    data, rng = table(4), np.random.default_rng(4)
    whole = profile(data, BASELINE, rows=1_000)
    assert same(profile(chosen(data, rng.permutation(ROWS)), BASELINE, rows=1_000), whole)
    place = rng.integers(0, 3, ROWS)
    first, second, third = (profile(chosen(data, place == i), BASELINE, rows=1_000) for i in range(3))
    assert same(third.merge(first).merge(second), whole)
    duckdb = pytest.importorskip("duckdb")
    del duckdb
    import pandas as pd

    pd.DataFrame(data).to_csv(tmp_path / "rows.csv", index=False)
    assert same(profile(tmp_path / "rows.csv", BASELINE, rows=1_000), whole)


def test_labels_that_come_later_change_no_row_of_the_sample() -> None:
    data = table(5)
    early = profile(data | {"label": np.full(ROWS, np.nan)}, BASELINE, rows=1_000).sample
    late = profile(data, BASELINE, rows=1_000).sample
    assert np.array_equal(early.hashes, late.hashes)
    assert (early.label == -1).all()


def test_a_sample_is_uniform_over_rows() -> None:
    """Mean of a column over 2,000 of 60,000 rows within four standard errors, in each of two tables."""
    for seed in (6, 7):
        data = table(seed, 60_000)
        sample = profile(data, learn(data, rows=2_000, ignore="time"), rows=2_000).sample
        few = sample.cells[:, sampled_columns(learn(data, ignore="time").grid).index(2)]
        usual = np.bincount(data["few"], minlength=1).cumsum() / 60_000
        axis_cells = np.bincount(few, minlength=few.max() + 1).cumsum() / len(few)
        assert len(sample) == 2_000
        # The distribution function at the second of few's values, whatever cells lie between them.
        assert np.abs(axis_cells[:, None] - usual[1]).min() < 4 * np.sqrt(0.25 / 2_000)


def test_rows_of_few_different_kinds_are_not_drawn_kind_by_kind() -> None:
    """Two columns of three values make nine kinds of rows, which are sampled as often as they occur."""
    rng = np.random.default_rng(8)
    data = {"a": WORDS[1 + rng.choice(3, 40_000, p=[0.6, 0.3, 0.1])], "b": rng.integers(0, 3, 40_000)}
    baseline = learn(data, rows=2_000)
    assert baseline.grid.key.repeats
    sample = baseline.profile.sample
    axis = baseline.grid.columns[0].axis
    assert isinstance(axis, CategoricalAxis)
    share = np.bincount(sample.cells[:, 0], minlength=3)[:3] / 2_000
    usual = [np.mean(data["a"] == word) for word in axis.vocabulary]
    assert len(sample) == 2_000
    np.testing.assert_allclose(share, usual, atol=4 * np.sqrt(0.25 / 2_000))
    order = rng.permutation(40_000)
    again = profile({name: values[order] for name, values in data.items()}, baseline)
    assert np.array_equal(again.sample.cells, sample.cells)


def test_a_key_whose_columns_broke_still_gives_a_sample() -> None:
    """All columns of the key constant: rows are told apart by counting them."""
    data = table(9)
    assert "time" in BASELINE.grid.key.columns
    broken = data | dict.fromkeys(BASELINE.grid.key.columns, np.full(ROWS, np.nan))
    broken["time"] = np.full(ROWS, np.datetime64("2024-01-01T12:00:00"))
    sample = profile(broken, BASELINE, rows=4_000).sample
    assert len(sample) == 200
    assert np.abs(np.mean(sample.label) - np.mean(data["label"])) < 4 * np.sqrt(0.25 / 200)


def test_a_table_without_the_columns_of_the_key_has_no_sample() -> None:
    data = table(10)
    for name in BASELINE.grid.key.columns:
        del data[name]
    assert profile(data, BASELINE).sample is None


def test_the_id_is_the_key_where_it_identifies_rows() -> None:
    data = table(11)
    assert learn(data | {"row_id": np.arange(ROWS)}, id="row_id").grid.key.columns == ("row_id",)
    repeated = learn(data | {"row_id": np.arange(ROWS) // 3}, id="row_id").grid.key
    assert "row_id" not in repeated.columns
    assert "label" not in repeated.columns
    assert len(repeated.columns) == 3


def test_no_rows_are_kept_where_none_are_asked_for() -> None:
    data = table(12)
    without = learn(data, **ROLES, rows=0)
    assert without.profile.sample is None
    assert profile(data, BASELINE, rows=0).sample is None
    assert profile(data, BASELINE).merge(profile(data, BASELINE, rows=0)).sample is None
    assert without.grid.fingerprint == learn(data, **ROLES).grid.fingerprint
    with pytest.raises(ConfigurationError, match="rows"):
        learn(data, rows=-1)


def test_a_sample_survives_being_saved(tmp_path: Path) -> None:
    found = profile(table(13), BASELINE)
    loaded = ll.load(found.save(tmp_path / "p.leadline"))
    assert isinstance(loaded, Profile)
    assert same(loaded, found)
    assert loaded.sample.limits == found.sample.limits
    assert loaded.grid.key == found.grid.key
    assert ll.load(profile(table(13), BASELINE, rows=0).save(tmp_path / "q.leadline")).sample is None


def test_a_file_of_the_first_format_loads_without_a_sample(tmp_path: Path) -> None:
    """Written as that format was: no key, no sample."""
    from leadline.profiles import file

    facts, arrays = profile(table(14), BASELINE, rows=0).to_state()
    del facts["key"]
    path = tmp_path / "old.leadline"
    file.write(path, file.encode("profile", {"profile": facts}, arrays))
    loaded = ll.load(path)
    assert isinstance(loaded, Profile)
    assert loaded.sample is None
    assert loaded.grid.key is None


def test_hostile_columns_have_codes() -> None:
    """Texts where numbers were, numbers where texts were, and a column that is gone."""
    data = table(15)
    data["x"] = np.array([*["", "text"] * (ROWS // 2)])
    data["word"] = np.arange(ROWS) % 3
    del data["few"]
    found = profile(data, BASELINE, rows=1_000_000)
    columns = [found.grid.columns[k].name for k in sampled_columns(found.grid)]
    codes = {name: found.sample.cells[:, place] for place, name in enumerate(columns)}
    assert sorted(np.unique(codes["x"])) == [UNREADABLE, MISSING]
    assert (codes["few"] == UNREADABLE).all()
    assert (codes["word"] < UNREADABLE).all()
