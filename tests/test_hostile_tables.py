"""Tables of the worst kind, through the public call: a result with reasons, or one clear error."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow as pa
import pytest
from small_tables import ROWS, made, reasons, verdicts

import leadline
from leadline.errors import LeadlineError

Audited = Callable[..., dict[str, Any]]


EMPTY: dict[str, Any] = {
    "pandas without columns": pandas.DataFrame(),
    "pandas with an index only": pandas.DataFrame(index=range(5)),
    "a dict without columns": {},
    "a list without rows": [],
    "columns without rows": {name: values[:0] for name, values in made(0).items()},
    "polars without rows": polars.DataFrame(made(0)).head(0),
    "arrow without rows": pa.table({"number": pa.array([], pa.float64())}),
}


@pytest.mark.parametrize("reference", EMPTY)
@pytest.mark.parametrize("current", ["columns without rows", "polars without rows", "a list without rows"])
def test_tables_without_rows_are_unknown_and_never_an_alert(
    audited: Audited, reference: str, current: str
) -> None:
    record = audited(EMPTY[reference], EMPTY[current], renderings=True)
    missing = {name for name, reason in reasons(record).items() if "missing in the current" in reason}
    assert record["verdict"] == ("alert" if missing else "unknown")
    assert missing == set() or current == "a list without rows"


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_rows_on_either_side_say_so(audited: Audited, rows: int) -> None:
    few = {name: values[:rows] for name, values in made(1).items()}
    for sides in ((few, made(2)), (made(2), few), (few, few)):
        record = audited(*sides)
        assert record["verdict"] == "unknown"
        assert all(verdict == "unknown" for verdict in verdicts(record).values())


def test_an_all_null_reference_says_so_and_an_all_null_current_table_is_an_alert(audited: Audited) -> None:
    """A column of nulls has no type: that values appear is no change of type."""
    nothing = dict.fromkeys(made(3), [None] * ROWS)
    typed = pa.table(
        {
            "number": pa.nulls(ROWS, pa.float64()),
            "word": pa.nulls(ROWS, pa.string()),
            "flag": pa.nulls(ROWS, pa.bool_()),
        }
    )
    for empty in (nothing, typed):
        assert set(reasons(audited(empty, made(3))).values()) == {"no value in the reference"}
        lost = audited(made(3), empty)
        assert set(verdicts(lost).values()) == {"alert"}
        assert all("missing" in column["sentence"] for column in lost["columns"])


def test_a_column_that_vanished_is_an_alert_and_one_that_appeared_is_told(audited: Audited) -> None:
    less = {name: values for name, values in made(4).items() if name != "word"}
    gone = audited(made(4), less)
    assert (verdicts(gone)["word"], gone["verdict"]) == ("alert", "alert")
    assert gone["quality"]["columns_missing"] == "word"
    new = audited(less, made(4))
    assert new["verdict"] == "ok"
    assert new["quality"]["columns_added"] == "word"


TYPES: dict[str, pa.Array] = {
    "bool": pa.array([True, False] * (ROWS // 2)),
    "int": pa.array(range(ROWS)),
    "float": pa.array(np.linspace(0, 1, ROWS)),
    "decimal": pa.array([decimal.Decimal(i) / 4 for i in range(ROWS)], pa.decimal128(20, 4)),
    "decimal256": pa.array([decimal.Decimal(10) ** 40] * ROWS, pa.decimal256(60, 4)),
    "string": pa.array(["a", "b", None, ""] * (ROWS // 4)),
    "dictionary": pa.array(["a", "b"] * (ROWS // 2)).dictionary_encode(),
    "view": pa.array(["a", "a longer text than twelve"] * (ROWS // 2)).cast(pa.string_view()),
    "identifier": pa.array([f"id{i}" for i in range(ROWS)]),
    "text": pa.array([f"the quick brown fox number {i} jumps" for i in range(ROWS)]),
    "date": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)] * (ROWS // 2)),
    "timestamp": pa.array([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)] * (ROWS // 2)),
    "zoned": pa.array([dt.datetime(2024, 3, 31)] * ROWS, pa.timestamp("ns", tz="Asia/Kathmandu")),
    "seconds beyond": pa.array([-(2**63) + 1, 2**63 - 1] * (ROWS // 2), pa.timestamp("s")),
    "time": pa.array([dt.time(i % 24) for i in range(ROWS)]),
    "duration": pa.array([dt.timedelta(hours=i) for i in range(ROWS)]),
    "binary": pa.array([b"\xff", b"x"] * (ROWS // 2)),
    "list": pa.array([[1, None], None] * (ROWS // 2)),
    "map": pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())),
    "null": pa.nulls(ROWS),
}  # fmt: skip
SORTS = {
    "bool": "bool", "int": "number", "float": "number", "decimal": "number", "decimal256": "number",
    "string": "string", "dictionary": "string", "view": "string", "identifier": "string", "text": "string",
    "date": "date", "timestamp": "date", "zoned": "date", "seconds beyond": "date",
    "time": "time", "duration": "duration", "binary": "binary", "list": "list",
    "map": "struct", "null": "null",
}  # fmt: skip


@pytest.mark.parametrize("before", TYPES)
def test_a_column_that_becomes_a_structure_is_missing_and_stops_no_other(
    audited: Audited, before: str
) -> None:
    """Its parts are columns of their own, that the reference does not know."""
    quiet, parts = np.arange(ROWS) % 17, pa.array([{"x": 1, "y": None}, None] * (ROWS // 2))
    record = audited(
        pa.table({"column": TYPES[before], "quiet": quiet}), pa.table({"column": parts, "quiet": quiet})
    )
    assert record["verdict"] == "alert"
    assert "missing in the current table" in reasons(record)["column"]
    assert reasons(record)["quiet"] == "no significant change"


@pytest.mark.parametrize("before", TYPES)
def test_a_changed_type_is_an_alert_whatever_the_types_and_never_stops_other_columns(
    audited: Audited, before: str
) -> None:
    quiet = np.arange(ROWS) % 17
    for now in TYPES:
        record = audited(
            pa.table({"column": TYPES[before], "quiet": quiet}),
            pa.table({"column": TYPES[now], "quiet": quiet}),
        )
        changed = "type changed" in reasons(record)["column"]
        differ = SORTS[before] != SORTS[now] and "null" not in (before, now)
        assert changed == differ, (before, now, reasons(record))
        assert verdicts(record)["quiet"] == "ok"
        if before == now:
            assert verdicts(record)["column"] == ("unknown" if before == "null" else "ok")


NUMBERS: dict[str, Any] = {
    "largest": lambda rng: rng.uniform(-1, 1, ROWS) * 1.7e308,
    "subnormal": lambda rng: rng.normal(size=ROWS) * 1e-310,
    "every magnitude": lambda rng: 10.0 ** rng.uniform(-308, 308, ROWS),
    "offset": lambda rng: 1e9 + rng.normal(size=ROWS) * 1e-3,
    "constant": lambda rng: np.full(ROWS, 3.0),
    "nearly constant": lambda rng: np.where(np.arange(ROWS) == 0, 4.0, 3.0),
    "some infinite": lambda rng: np.where(rng.random(ROWS) < 0.2, np.inf, rng.normal(size=ROWS)),
    "NaN beside null": lambda rng: [1.0, None, np.nan, 2.0] * (ROWS // 4),
    "beyond 2^53": lambda rng: 2**62 + rng.integers(0, 10**9, ROWS),
    "unsigned": lambda rng: np.full(ROWS, 2**64 - 1, np.uint64),
    "integers without bound": lambda rng: [10**400 * (-1) ** i for i in range(ROWS // 2)] + [7] * (ROWS // 2),
    "decimals": lambda rng: [decimal.Decimal("NaN"), decimal.Decimal(1), decimal.Decimal("-Infinity")] * 50,
    "half": lambda rng: rng.normal(size=ROWS).astype(np.float16),
    "zeros of both signs": lambda rng: np.where(rng.random(ROWS) < 0.5, 0.0, -0.0),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_at_the_edge_of_what_a_float_holds_are_quiet_against_themselves(
    audited: Audited, kind: str
) -> None:
    values = NUMBERS[kind](np.random.default_rng(5))
    for frame in (dict, pandas.DataFrame):
        record = audited(frame({"a": values}), frame({"a": values}), renderings=True)
        assert verdicts(record) == {"a": "ok"}


def test_nothing_but_infinities_or_nan_is_unknown(audited: Audited) -> None:
    for value in (np.inf, -np.inf, np.nan):
        record = audited({"a": np.full(ROWS, value)}, {"a": np.full(ROWS, value)})
        assert verdicts(record) == {"a": "unknown"}


def test_values_that_became_infinite_or_constant_are_alerts(audited: Audited) -> None:
    before = made(6)["number"]
    for now in (np.where(np.arange(ROWS) < 50, np.inf, before), np.full(ROWS, before[0])):
        assert audited({"a": before}, {"a": now})["verdict"] == "alert"


def test_columns_of_mixed_and_unhashable_objects_are_read_as_their_texts(audited: Audited) -> None:
    mixed = [1, "x", None, 2.5, True, (1, 2), {"z": 1}, b"x", [3], "\ud800"] * (ROWS // 10)
    for frame in (dict, pandas.DataFrame):
        record = audited(frame({"a": mixed}), frame({"a": mixed}), renderings=True)
        assert verdicts(record) == {"a": "ok"}


NAMES = [
    "", "a", "a (2)", "a b", "\u00e9", "e\u0301", "\U0001f600", "\u05e9\u05dc\u05d5\u05dd", "a\x00b",
    "\x1b[31mred", "a\nb", "x" * 10_000, "None", "a.b", "a,b", 'q"uote', "<script>alert(1)</script>", "]]>",
    "`tick`", "\ud800", "\u202eabc", " ", "(unnamed)",
]  # fmt: skip


def test_names_of_every_sort_stay_apart_in_every_rendering(audited: Audited) -> None:
    rng = np.random.default_rng(7)
    table = {name: rng.normal(size=ROWS) for name in NAMES}
    record = audited(table, table, renderings=True)
    assert len({column["name"] for column in record["columns"]}) == len(NAMES)
    page = leadline.check(table, table).to_html()
    assert "<script>alert(1)" not in page


def test_repeated_and_odd_names_of_frames_are_made_unique(audited: Audited) -> None:
    values = np.random.default_rng(8).normal(size=(ROWS, 4))
    frame = pandas.DataFrame(values, columns=["a", "a", "", np.nan])
    arrow = pa.Table.from_arrays([pa.array(column) for column in values.T], names=["a", "a", "", "A"])
    levels = pandas.DataFrame(values[:, :2], columns=pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    for table, columns in ((frame, 4), (arrow, 4), (levels, 2)):
        assert len(verdicts(audited(table, table))) == columns


def test_values_with_surrogates_and_control_characters_are_counted_everywhere(
    audited: Audited, tmp_path: Any
) -> None:
    """As categories, segments and labels; also through a saved baseline."""
    words = np.array(["\ud800", "fine", "\x00", "\x1b[2J", "a\nb", "\u202e", "x" * 50_000, " "] * 50, object)
    table = {"word": words, "label": np.where(np.arange(ROWS) % 2, "\udfff", "b"), "prediction": words}
    options = {"label": "label", "prediction": "prediction", "segment": "word", "positive": "b"}
    objects = pandas.DataFrame({name: pandas.Series(list(v), dtype=object) for name, v in table.items()})
    for frame in (table, objects):
        assert audited(frame, frame, renderings=True, **options)["verdict"] == "ok"
    saved = leadline.learn(table, label="label", prediction="word", positive="b").save(
        tmp_path / "b.leadline"
    )
    assert audited(str(saved), table)["verdict"] == "ok"


SOURCES: list[Any] = [
    None, 5, b"x", object(), np.ones(5), np.ones((2, 2)), {"a": 1}, {"a": "text"}, {"a": [1], "b": [1, 2]},
    [1, 2], [{"a": 1}, 5], "", "a\0b", "x" * 100_000, "/nowhere/at/all", pandas.Series([1]), pa.array([1]),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(SOURCES)))
def test_what_is_no_table_is_one_short_error(place: int) -> None:
    for sides in ((SOURCES[place], made(18)), (made(18), SOURCES[place])):
        with pytest.raises(LeadlineError) as caught:
            leadline.check(*sides)
        assert caught.value.exit_code == 2
        assert len(str(caught.value)) < 2_000


def test_every_pair_of_frames_of_the_same_rows_is_quiet(audited: Audited) -> None:
    rows = made(19)
    frames = [rows, pandas.DataFrame(rows), polars.DataFrame(rows), pa.table(rows)]
    for reference, current in itertools.permutations(frames, 2):
        assert audited(reference, current)["verdict"] == "ok"


@pytest.mark.long
def test_ten_thousand_columns_are_judged(audited: Audited) -> None:
    rng = np.random.default_rng(20)
    before, now = (
        {f"c{i}": rng.normal(size=300) if i % 5 else rng.choice(list("abcdefgh"), 300) for i in range(10_000)}
        for _ in range(2)
    )
    now["c7"] = now["c7"] + 1.0
    record = audited(before, now)
    assert len(record["columns"]) == 10_000
    assert [name for name, verdict in verdicts(record).items() if verdict == "alert"] == ["c7"]


@pytest.mark.long
def test_five_million_categories_are_counted_whether_tested_or_not(audited: Audited) -> None:
    rows = 5_000_000
    first = np.char.add("user-", np.arange(rows).astype("U8"))
    second = np.char.add("user-", (np.arange(rows) + rows).astype("U8"))
    tables = [pa.table({"who": first}), pa.table({"who": second})]
    assert verdicts(audited(*tables)) == {"who": "ok"}
    stated = audited(*tables, kinds={"who": "categorical"})
    distinct = stated["columns"][0]["quality"]
    assert distinct["distinct_share"] == pytest.approx(1.0, abs=0.05)


def test_columns_that_are_not_compared_do_not_make_a_handful_of_rows_quiet(audited: Audited) -> None:
    """One row of lists is what a column-wise JSON file becomes when it is read row by row."""
    for rows in (1, 9):
        table = {"a": [[1, 2, 3]] * rows, "note": [b"x"] * rows}
        record = audited(table, table)
        assert record["verdict"] == "unknown"
        assert "10 needed" in record["headline"]
    many = {"note": [b"x"] * 50}
    assert audited(many, many)["verdict"] == "ok"


@pytest.mark.parametrize("years", [11, 12, 13])
def test_few_windows_that_keep_moving_are_too_few_to_judge_and_no_failure(
    audited: Audited, years: int
) -> None:
    """A rolling baseline is longer than the whole reference then."""

    def moving(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        year = rng.integers(0, years, 200)
        return {
            "date": np.array([f"{1970 + passed}-01-01" for passed in year], "datetime64[s]"),
            "power": rng.normal(0.2 * year, 1),
        }

    record = audited(moving(1), moving(2), timestamp="date")
    assert record["verdict"] in ("ok", "warning")
