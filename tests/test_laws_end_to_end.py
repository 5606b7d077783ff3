"""Laws of a whole check: what must not matter, and what must always hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline

Audited = Callable[..., dict[str, Any]]
LAWS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
OPTIONS = {"label": "y", "score": "p", "timestamp": "t", "segment": "c"}


def traffic(seed: int, rows: int = 1_500, shift: float = 0.0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    p = rng.random(rows)
    number = rng.normal(shift, 1.0, rows)
    return {
        "a": pa.array(number, mask=rng.random(rows) < 0.1),
        "k": pa.array(rng.integers(0, 9, rows)),
        "c": pa.array(rng.choice(["red", "green", "blue", ""], rows)),
        "f": pa.array(rng.random(rows) < 0.3),
        "y": pa.array((rng.random(rows) < p).astype(np.int64)),
        "p": pa.array(p),
        "t": pa.array([dt.datetime(2024, 1, 1) + dt.timedelta(minutes=7 * i) for i in range(rows)]),
    }


def checked(reference: Any, current: Any, **options: Any) -> dict[str, Any]:
    """The JSON without the names of the sides."""
    record: dict[str, Any] = leadline.check(reference, current, **options).to_dict()
    for side in ("reference", "current"):
        record[side].pop("name")
    return record


@pytest.fixture(scope="module")
def sides() -> tuple[pa.Table, pa.Table]:
    return pa.table(traffic(1)), pa.table(traffic(2, shift=0.4))


@pytest.fixture(scope="module")
def expected(sides: tuple[pa.Table, pa.Table]) -> dict[str, Any]:
    return checked(*sides, **OPTIONS)


def test_the_order_of_rows_does_not_matter(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any]
) -> None:
    rng = np.random.default_rng(3)
    mixed = [side.take(pa.array(rng.permutation(side.num_rows))) for side in sides]
    assert checked(*mixed, **OPTIONS) == expected


def test_the_order_of_columns_changes_nothing_but_the_order_of_equals(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any]
) -> None:
    """Fingerprints are of the counts in the table's order."""
    turned = checked(*(side.select(side.column_names[::-1]) for side in sides), **OPTIONS)

    def plain(record: dict[str, Any]) -> dict[str, Any]:
        columns = sorted(record["columns"], key=lambda column: column["name"])
        side = {
            name: {k: v for k, v in record[name].items() if k != "fingerprint"}
            for name in ("reference", "current")
        }
        timeline = {name: part for name, part in record["timeline"].items() if name != "digest"}
        return {**record, **side, "columns": columns, "timeline": timeline}

    assert plain(turned) == plain(expected)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_does_not_matter(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any], threads: int
) -> None:
    assert checked(*sides, **OPTIONS, threads=threads) == expected


@pytest.mark.parametrize("rows", [1, 97, 1_000])
def test_the_size_of_batches_does_not_matter(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any], rows: int
) -> None:
    """The current table as a one-shot stream of batches."""
    stream = pa.RecordBatchReader.from_batches(sides[1].schema, sides[1].to_batches(max_chunksize=rows))
    assert checked(sides[0], stream, **OPTIONS) == expected


def test_the_type_of_frame_or_file_does_not_matter(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any], tmp_path: Path
) -> None:
    def parquet(table: pa.Table, name: str) -> str:
        pyarrow.parquet.write_table(table, tmp_path / name, row_group_size=400)
        return str(tmp_path / name)

    forms: dict[str, tuple[Any, Any]] = {
        "polars": tuple(polars.from_arrow(side) for side in sides),  # type: ignore[dict-item]
        "dict": tuple({n: side.column(n).to_pylist() for n in side.column_names} for side in sides),  # type: ignore[dict-item]
        "rows": tuple(side.to_pylist() for side in sides),  # type: ignore[dict-item]
        "pandas": tuple(side.to_pandas() for side in sides),  # type: ignore[dict-item]
        "pandas of Arrow": tuple(side.to_pandas(types_mapper=pandas.ArrowDtype) for side in sides),  # type: ignore[dict-item]
        "Parquet": (parquet(sides[0], "r.parquet"), parquet(sides[1], "c.parquet")),
    }
    for form, frames in forms.items():
        assert checked(*frames, **OPTIONS) == expected, form


def test_a_saved_baseline_and_profile_say_what_the_tables_say(
    sides: tuple[pa.Table, pa.Table], expected: dict[str, Any], tmp_path: Path
) -> None:
    baseline = leadline.learn(sides[0], **OPTIONS).save(tmp_path / "b.leadline")
    assert checked(str(baseline), sides[1]) == expected
    halves = [leadline.profile(part, str(baseline)) for part in (sides[1][:700], sides[1][700:])]
    merged = leadline.check(str(baseline), halves[1].merge(halves[0])).to_dict()
    for key in ("verdict", "performance", "task", "segments"):
        assert merged[key] == expected[key]


values = st.one_of(
    st.lists(st.floats(), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=1, max_size=8),
    st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.text(max_size=9)), min_size=1, max_size=8),
    st.lists(st.booleans(), min_size=1, max_size=8),
    st.lists(st.datetimes(), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.decimals(), st.binary(max_size=4)), min_size=1, max_size=8),
    st.lists(st.lists(st.integers(), max_size=2), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3), st.booleans()), min_size=1, max_size=8),
)


@st.composite
def frames(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two tables of a few columns, repeated and shuffled values of any type, under any names."""
    names = draw(st.lists(st.text(max_size=6), min_size=1, max_size=4, unique=True))
    sides = []
    for _ in range(2):
        rows = draw(st.sampled_from([0, 1, 9, 40, 200]))
        kept = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        rng = np.random.default_rng(draw(st.integers(0, 9)))
        side = {}
        for name in kept:
            pool = draw(values)
            side[name] = [pool[i] for i in rng.integers(0, len(pool), rows)]
        sides.append(side)
    return sides[0], sides[1]


@LAWS
@given(pair=frames(), data=st.data())
def test_any_two_tables_give_a_valid_report(
    audited: Audited, pair: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    segment = data.draw(st.sampled_from([(), *([name] for name in pair[0] if name)]))
    audited(*pair, renderings=True, segment=segment)


@LAWS
@given(pair=frames())
def test_any_table_is_quiet_against_itself(
    audited: Audited, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """And so is its own saved profile."""
    table = pair[0]
    assert audited(table, table)["verdict"] in ("ok", "unknown")
    baseline = leadline.learn(table)
    assert audited(baseline, leadline.profile(table, baseline))["verdict"] in ("ok", "unknown")


@LAWS
@given(seed=st.integers(0, 10_000), rows=st.sampled_from([30, 200, 2_000]))
def test_a_large_change_is_found_and_the_other_columns_stay_quiet(
    audited: Audited, seed: int, rows: int
) -> None:
    before = traffic(seed, rows)
    now = {**before, "a": pa.array(np.asarray(before["a"].fill_null(0.0)) + 50.0)}
    # With times, one table of 200 rows in a hundred looks as if its hours were alike, and cannot be judged.
    record = audited(pa.table(before), pa.table(now), label="y", score="p", ignore="t")
    alerts = {column["name"] for column in record["columns"] if column["verdict"] == "alert"}
    assert alerts == {"a"}
