"""Counting whole tables: segments, groups, weights, left-out rows, files and memory."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.comparison import learn, profile
from leadline.engines.buckets import TimeBuckets
from leadline.engines.groups import EntityBlocks
from leadline.engines.local import count
from leadline.errors import ConfigurationError, DataError
from leadline.profiles.arrays import NO_TIME, OTHER_TIME, WHOLE_ROWS
from leadline.profiles.grid import OTHER_SEGMENT
from leadline.profiles.outcomes_sums import WEIGHT_BITS
from leadline.schedule import Unit, Width, floor, zone
from leadline.tables import open_table
from leadline.tables.table import Column

ROWS = 3000


def table(seed: int, rows: int = ROWS) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "x": rng.lognormal(size=rows),
        "word": rng.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.3, 0.15, 0.05]),
        "w": rng.random(rows) * 3,
        "hour": np.datetime64("2026-01-01")
        + np.sort(rng.integers(0, 20 * 24, rows)).astype("timedelta64[h]"),
        "who": rng.integers(0, 200, rows),
        "score": rng.random(rows),
        "label": (rng.random(rows) < 0.4).astype(int),
    }


def unscored(seed: int) -> dict[str, Any]:
    """Without what outcomes are counted of, and what is derived from it."""
    return {name: values for name, values in table(seed).items() if name not in ("score", "label")}


def place(found: Any, name: str) -> slice:
    k = found.grid.index[name]
    return slice(int(found.grid.offsets[k]), int(found.grid.offsets[k + 1]))


def test_segments_partition_the_rows_and_count_what_a_filter_would() -> None:
    """Each segment of a column holds just the rows with its value; together they are all rows."""
    data = table(1)
    found = learn(data, segment="word", label="label", score="score", ignore="hour").profile
    assert found.axes.segments[0] is None
    cells = found.sums["cells"][0, 0]
    assert np.array_equal(cells[1:].sum(0), cells[0])
    for i, segment in enumerate(found.grid.segments, 1):
        rows = data["word"] == segment[1] if segment[1] != OTHER_SEGMENT else np.zeros(ROWS, bool)
        edges = found.grid.columns[found.grid.index["x"]].axis.edges  # type: ignore[union-attr]
        expected = np.bincount(
            np.searchsorted(edges, data["x"][rows], side="right") - 1, minlength=len(edges) - 1
        )
        assert np.array_equal(cells[i, place(found, "x")], expected)
        assert found.sums["rows"][0, 0, i] == rows.sum()
        assert found.sums["outcomes/confusion"][0, 0, i].sum() == rows.sum()


def test_two_segment_columns_are_counted_side_by_side() -> None:
    data = table(2)
    data["even"] = np.where(data["who"] % 2 == 0, "even", "odd")
    found = learn(data, segment=["word", "even"], ignore="hour").profile
    rows = found.sums["rows"][0, 0]
    names = [name for name, _ in found.grid.segments]
    assert rows[1 : 1 + names.count("word")].sum() == rows[1 + names.count("word") :].sum() == rows[0] == ROWS


def test_too_many_segments_are_refused_with_the_limit() -> None:
    data = {f"s{i}": np.array([str(v) for v in range(20)] * 10) for i in range(6)}
    with pytest.raises(ConfigurationError, match="at most 64"):
        learn(data, segment=list(data))


def test_weighted_counts_are_sums_of_weights() -> None:
    """Cells hold the sum of w and of w squared to the stated unit; the weighted mean agrees with NumPy."""
    data = table(3)
    found = learn(data, weight="w", ignore="hour").profile
    grid = found.grid
    w = data["w"] / grid.weight_unit
    axis = grid.columns[grid.index["x"]].axis
    assert axis is not None
    cell = np.searchsorted(axis.edges, data["x"], side="right") - 1  # type: ignore[union-attr]
    unit = 2.0**-WEIGHT_BITS
    cells = found.sums["cells_weight"][0, 0, 0, place(found, "x")] * unit
    squares = found.sums["cells_weight_squared"][0, 0, 0, place(found, "x")] * unit
    assert cells == pytest.approx(np.bincount(cell, weights=w, minlength=axis.cells), abs=1e-6 * ROWS)
    assert squares == pytest.approx(np.bincount(cell, weights=w * w, minlength=axis.cells), abs=1e-6 * ROWS)
    moments = (found.sums["moments_weight"][0, 0, 0, place(found, "x")] * axis.units).sum()  # type: ignore[union-attr]
    mean = axis.centre + axis.scale * moments / cells.sum()  # type: ignore[union-attr]
    assert mean == pytest.approx(np.average(data["x"], weights=data["w"]), rel=1e-6)


def test_rows_with_an_unusable_weight_are_left_out() -> None:
    data = table(4)
    data["w"][:5] = [np.nan, -1.0, np.inf, 0.0, 1.0]
    assert learn(data, weight="w", ignore="hour").profile.rows == ROWS - 3


def test_a_weight_column_without_numbers_is_one_clear_error() -> None:
    with pytest.raises(DataError, match="weight column holds no numbers"):
        learn(table(5), weight="word", ignore="hour")


def test_left_out_rows_are_not_counted() -> None:
    data, baseline = unscored(6), learn(unscored(0), ignore="hour")
    starts, stops = np.array([10, 500]), np.array([20, 700])
    part = count(open_table(data, "data"), baseline.grid, skip=(starts, stops))
    keep = np.r_[0:10, 20:500, 700:ROWS]
    rest = profile({name: values[keep] for name, values in data.items()}, baseline)
    assert np.array_equal(part.sums["cells"], rest.sums["cells"])
    assert part.rows == len(keep)


def test_time_buckets_hold_the_rows_of_their_hours() -> None:
    data, baseline = unscored(7), learn(unscored(0), timestamp="hour")
    micro = data["hour"].astype("datetime64[us]").astype(np.int64)
    day = 86_400_000_000
    grouping = TimeBuckets("hour", Width(1, "day"), UTC, 100)
    found = count(open_table(data, "data"), baseline.grid, grouping=grouping)
    starts, rows = np.unique(micro // day * day, return_counts=True)
    assert found.axes.buckets == tuple(starts.tolist())
    assert np.array_equal(found.sums["rows"][:, 0, 0], rows)
    whole = found.collapse()
    assert np.array_equal(whole.sums["cells"], profile(data, baseline).collapse().sums["cells"])
    assert (whole.start, whole.end) == (micro.min(), micro.max())


@pytest.mark.parametrize("place", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["hour", "day", "week"])
@pytest.mark.parametrize("order", ["sorted", "late by minutes", "any"])
def test_each_row_is_in_the_bucket_of_its_own_time(place: str, unit: Unit, order: str) -> None:
    """Whatever its neighbours are: rows that come together are looked up together."""
    rng = np.random.default_rng(5)
    late = {"sorted": 0, "late by minutes": 300_000_000, "any": 10**13}[order]
    times = np.sort(rng.integers(-(10**12), 10**13, 20_500)) + rng.integers(0, late + 1, 20_500)
    for valid in (None, rng.random(len(times)) < 0.999, np.arange(len(times)) >= 9_000):
        grouping = TimeBuckets("t", Width(1, unit), zone(place), 10_000)
        found = grouping.assign({"t": Column(times, valid)}, len(times))
        expected = floor(times, Width(1, unit), zone(place))
        if valid is not None:
            expected[~valid] = NO_TIME
        assert np.array_equal(grouping.starts[found], expected)


def test_buckets_do_not_depend_on_the_order_of_rows() -> None:
    data, baseline = unscored(7), learn(unscored(0), timestamp="hour", segment="word")
    shuffled = np.random.default_rng(3).permutation(ROWS)
    one = profile(data, baseline)
    other = profile({name: values[shuffled] for name, values in data.items()}, baseline)
    assert one.fingerprint == other.fingerprint
    assert len(one.axes.buckets) > 3


def test_profiles_of_different_days_add_up() -> None:
    data, baseline = unscored(7), learn(unscored(0), timestamp="hour")
    order = np.argsort(data["hour"], kind="stable")
    early, late = order[: ROWS // 3], order[ROWS // 3 :]
    parts = [
        profile({name: values[rows] for name, values in data.items()}, baseline) for rows in (early, late)
    ]
    whole = profile(data, baseline)
    assert parts[0].merge(parts[1]).fingerprint == whole.fingerprint
    assert parts[1].merge(parts[0]).fingerprint == whole.fingerprint
    rest = whole.subtract(parts[0])
    assert np.array_equal(rest.collapse().sums["cells"], parts[1].collapse().sums["cells"])


def test_too_many_buckets_share_one() -> None:
    hours = np.arange(50) * 3_600_000_000
    grouping = TimeBuckets("t", Width(1, "hour"), UTC, 20)
    place = grouping.assign({"t": Column(hours, np.arange(50) != 49)}, 50)
    assert grouping.axes.buckets[:2] == (NO_TIME, OTHER_TIME)
    assert len(grouping.axes.buckets) == 21
    rows = np.bincount(place, minlength=grouping.groups)[grouping.order]
    assert rows.tolist() == [1, 30, *[1] * 19]


def test_a_column_that_holds_other_numbers_holds_no_times() -> None:
    """Among them NaN, which is no integer on any machine."""
    grouping = TimeBuckets("t", Width(1, "hour"), UTC, 20)
    place = grouping.assign({"t": Column(np.array([1.7e9, np.nan, np.inf]))}, 3)
    assert place.tolist() == [0, 0, 0]
    assert grouping.axes.buckets == (NO_TIME,)


def test_an_entity_is_always_in_one_block() -> None:
    data, baseline = unscored(8), learn(unscored(0))
    blocks = EntityBlocks("who", 16)
    batch = next(iter(open_table(data, "data").batches()))
    assigned = blocks.assign({"who": batch.column("who")}, ROWS)
    for who in range(200):
        assert len(np.unique(assigned[data["who"] == who])) <= 1
    found = count(open_table(data, "data"), baseline.grid, grouping=blocks)
    assert np.array_equal(found.sums["rows"][:, 0, 0], np.bincount(assigned, minlength=16))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_file_gives_the_same_integers_as_memory(form: str, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas writes the file")
    data = table(9)
    del data["hour"]
    frame = pandas.DataFrame(data)
    path = tmp_path / f"t.{form}"
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow writes Parquet")
        frame.to_parquet(path, row_group_size=700)
    else:
        frame.to_csv(path, index=False)
    baseline = learn({name: values for name, values in table(0).items() if name != "hour"})
    a, b = profile(data, baseline), profile(path, baseline)
    assert a.sums.keys() == b.sums.keys()
    for name in a.sums:
        assert np.array_equal(a.sums[name], b.sums[name]), name


def test_duplicate_rows_are_found_whatever_their_ids() -> None:
    data = table(10)
    twice = {name: np.concatenate([values, values[:300]]) for name, values in data.items()}
    twice["id"] = np.arange(ROWS + 300)
    exact = learn(twice, exact_duplicates=True).profile.distinct[WHOLE_ROWS]
    assert exact.repeated_share() == pytest.approx(300 / (ROWS + 300))
    sampled = learn(twice).profile.distinct[WHOLE_ROWS]
    assert sampled.repeated_share() == pytest.approx(300 / (ROWS + 300), abs=0.04)
    data["id"] = np.arange(ROWS)
    assert learn(data).profile.distinct[WHOLE_ROWS].repeated_share() == 0.0


def test_a_ratio_of_sums_agrees_with_numpy() -> None:
    data = table(11)
    report_profile = learn(
        data, metrics={"r": {"numerator": "x * (label == 1)", "denominator": "x"}}, proxies=["score"]
    )
    from leadline.comparison import check

    record = check(report_profile, table(12)).record
    now = table(12)
    assert record.performance["r"].reference == pytest.approx(
        data["x"][data["label"] == 1].sum() / data["x"].sum(), rel=1e-9
    )
    assert record.performance["r"].current == pytest.approx(
        now["x"][now["label"] == 1].sum() / now["x"].sum(), rel=1e-9
    )
    assert record.performance["mean_score"].current == pytest.approx(now["score"].mean(), rel=1e-9)


def test_a_sampled_reference_leaves_the_sample_out() -> None:
    """Beyond 2**20 rows the grid is learned from a sample that is not counted."""
    rng = np.random.default_rng(13)
    rows = (1 << 20) + 5000
    baseline = learn({"x": rng.normal(size=rows), "k": rng.integers(0, 4, rows)})
    assert baseline.sampled == 1 << 18
    assert baseline.profile.rows == rows - (1 << 18)
    axis = baseline.grid.columns[0].axis
    assert axis is not None
    assert not axis.random_edges  # type: ignore[union-attr]
