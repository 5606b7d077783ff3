"""Rows as numbers of one scale."""

from __future__ import annotations

import numpy as np
from scipy import stats

from leadline.comparison import learn
from leadline.monitors.look import windows_of
from leadline.monitors.multivariate.compared import FOLDS, ROWS_MAX, WindowRows
from leadline.monitors.multivariate.coordinates import COORDINATES_MAX, Coordinates


def rows_of(baseline):
    sample = baseline.profile.sample
    return Coordinates.of(baseline).rows(sample, np.arange(len(sample))), sample


def test_numbers_become_normal_scores_of_their_ranks():
    """Against scipy's ranks, but for the width of a cell."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(size=5_000)
    baseline = learn({"x": values, "other": rng.normal(size=5_000)})
    found, _ = rows_of(baseline)
    usual = np.sort(stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values)))
    near = np.abs(usual) < 2
    np.testing.assert_allclose(np.sort(found[:, 0])[near], usual[near], atol=0.05)


def test_every_coordinate_has_mean_0_and_variance_1_in_the_reference(baseline, traffic):
    coordinates = Coordinates.of(baseline)
    names = [(one.column, one.ordered) for one in coordinates.listed]
    # The largest category of `kind` and of `flag` is what the others leave; `c` is missing now and then.
    assert names == [(name, True) for name in "abcd"] + [
        (name, False) for name in ("c", "flag", "kind", "kind")
    ]
    found, sample = rows_of(baseline)
    assert len(sample) == 6_000
    present = found[:, 4] < 0
    for j in range(len(coordinates)):
        # A gap lies in the middle, which takes from the variance of the number.
        some = found[present, j] if j == 2 else found[:, j]
        np.testing.assert_allclose([some.mean(), some.std()], [0, 1], atol=1e-3)
    assert (found[~present, 2] == 0).all()


def test_a_table_of_one_column_or_of_constants_has_no_coordinates():
    x = np.random.default_rng(2).normal(size=500)
    assert not Coordinates.of(learn({"x": x}))
    assert not Coordinates.of(learn({"x": x, "y": np.ones(500), "z": np.full(500, "same")}))


def test_of_many_columns_the_first_are_taken():
    rng = np.random.default_rng(3)
    wide = {f"c{i}": rng.normal(size=300) for i in range(COORDINATES_MAX + 20)}
    found = Coordinates.of(learn(wide))
    assert [one.column for one in found.listed] == sorted(wide)[:COORDINATES_MAX]


def test_windows_take_the_rows_with_the_smallest_hashes(traffic):
    """Of half-days together, as many as a window may have; in an order that says nothing."""
    data = traffic.draw(4, 9, rows=2_500)
    baseline = learn(data, timestamp="time", window="12h", rows=40_000)
    sample = baseline.profile.sample
    coordinates = Coordinates.of(baseline)
    windows = windows_of(baseline.profile, baseline.calendar)
    found = WindowRows.of(coordinates, baseline.profile, windows)
    assert len(found) == len(windows) == 18
    assert (found.size == ROWS_MAX).all()
    first = np.flatnonzero(sample.bucket < windows.ends[0])
    smallest = first[np.argsort(sample.hashes[first])][:ROWS_MAX]
    np.testing.assert_array_equal(found.of_window(0), coordinates.rows(sample, smallest))
    np.testing.assert_allclose(found.means[3], found.of_window(3).mean(0, np.float64), atol=1e-6)
    np.testing.assert_allclose(
        found.covariances[3], np.cov(found.of_window(3), rowvar=False, ddof=0), atol=1e-4
    )


def test_no_reference_window_is_compared_with_itself_or_its_neighbours(baseline, traffic):
    compared = traffic.compared(baseline)
    seen = np.zeros(len(compared.reference), int)
    parts = list(compared.parts())
    assert len(parts) == FOLDS
    for part in parts:
        seen[part.windows] += 1
        near = np.unique(np.clip(part.windows[:, None] + [-1, 0, 1], 0, len(seen) - 1))
        assert not part.rest[near].any()
        assert part.rest.sum() >= len(seen) / 2
    assert (seen == 1).all()


def test_new_windows_are_compared_with_all_of_the_reference(baseline, traffic):
    compared = traffic.compared(baseline, traffic.draw(5, 3))
    (part,) = compared.parts()
    assert part.rest.all()
    assert part.windows.tolist() == [0, 1, 2]
