"""Texts of times: what Python's own parser reads is read alike, and what is no time is none."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline
from leadline.errors import DataError
from leadline.schema import Kind, Role
from leadline.tables.times import as_times, from_numbers

MOMENTS = st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.builds(
    dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(
        lambda gap: dt.timedelta(minutes=gap // dt.timedelta(minutes=1))
    ),
), min_value=dt.datetime(2, 1, 1), max_value=dt.datetime(9998, 1, 1))  # fmt: skip


def microseconds(moment: dt.datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


@given(
    st.lists(st.tuples(MOMENTS, st.sampled_from("T "), st.sampled_from(["seconds", "microseconds", "auto"])))
)
def test_texts_are_the_moments_that_python_reads_of_them(cases):
    texts = [moment.isoformat(sep, spec) for moment, sep, spec in cases]
    moments, good = as_times(texts)
    assert good.all()
    assert moments.tolist() == [microseconds(dt.datetime.fromisoformat(text)) for text in texts]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-05", "2024-01-05T00:00"),
        ("2024-02-29", "2024-02-29T00:00"),
        ("2024-01-05 10:00", "2024-01-05T10:00"),
        ("2024-01-05t10:00:00z", "2024-01-05T10:00"),
        ("2024-01-05 10:00:00 UTC", "2024-01-05T10:00"),
        ("2024-01-05 10:00:00.5", "2024-01-05T10:00:00.5"),
        ("2024-01-05T10:00:00,123456789", "2024-01-05T10:00:00.123456"),
        ("2024-01-05T10:00:00.123456789+00:30", "2024-01-05T09:30:00.123456"),
        ("2024-01-05 10:00-0530", "2024-01-05T15:30"),
        ("2024-01-05 10:00:00+02", "2024-01-05T08:00"),
        ("1969-12-31T23:59:59", "1969-12-31T23:59:59"),
    ],
)
def test_every_usual_way_of_writing_a_time_is_read(text, moment):
    moments, good = as_times([text])
    assert good.all()
    assert moments[0] == np.datetime64(moment, "us").astype(np.int64)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "yesterday", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-04-31",
        "2024-1-5", "20240105", "2024", "2024-01", " 2024-01-05", "2024-01-05 ", "2024-01-05T",
        "2024-01-05T24:00", "2024-01-05 10:60", "2024-01-05 10:00:60", "2024-01-05 10:00:00.",
        "2024-01-05 10:00:00.1234567890", "2024-01-05Z", "2024-01-05+02:00", "2024-01-05 10:00:00+2:00",
        "2024-01-05 10:00:00 CET", "2024-01-05 10:00ZZ", "2024-01-05 10:00+02:00Z", "2024-01-05 10:00+24:00",
        "2024-01-05 10:00:00" + " " * 40, "2024-01-05T10:00:00.123456789+05:300000", "2024-01-05\x0010:00",
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0665", "\ud800", "2024-01-05X10:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(text):
    moments, good = as_times(["2024-01-05", text])
    assert good.tolist() == [True, False]
    assert moments[1] == 0


@given(st.lists(st.text(alphabet="0123456789-:+TZ .,tz\x00é", max_size=40)))
def test_no_text_is_read_that_python_does_not_know_and_none_stops_the_others(texts):
    moments, good = as_times(texts)
    for text, moment, known in zip(texts, moments.tolist(), good.tolist(), strict=True):
        if known:
            # Python lacks the year 0, and fractions of more than six digits it cuts as well.
            expected = np.datetime64(text[:10], "us") if text.startswith("0000") else None
            if expected is None:
                assert moment == microseconds(dt.datetime.fromisoformat(text.replace(" UTC", "Z").upper()))


def test_longer_lists_than_are_read_at_once():
    start = np.datetime64("2020-01-01T00:00:00")
    expected = start + np.arange(100_000)
    moments, good = as_times([*map(str, expected), "never"])
    assert good.sum() == len(expected)
    assert (moments[:-1] == expected.astype("datetime64[us]").astype(np.int64)).all()


ROWS = 400
TEXTS = [f"2024-01-{1 + i // 24:02d} {i % 24:02d}:30:00+01:00" for i in range(ROWS)]


def columns(texts=TEXTS, name="ts"):
    return {"x": np.random.default_rng(0).normal(size=len(texts)), name: list(texts)}


def written(folder, suffix):
    frame, path = pd.DataFrame(columns()), folder / f"rows.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


@pytest.mark.parametrize("source", ["dict", "pandas", "polars", "arrow", "category", "csv", "jsonl"])
def test_texts_of_times_are_a_timestamp_wherever_they_come_from(source, tmp_path):
    made = {
        "dict": columns, "arrow": lambda: pa.table(columns()), "polars": lambda: pl.DataFrame(columns()),
        "pandas": lambda: pd.DataFrame(columns()),
        "category": lambda: pd.DataFrame(columns()).astype({"ts": "category"}),
    }.get(source, lambda: written(tmp_path, source))  # fmt: skip
    baseline = leadline.learn(made())
    column = {item.name: item for item in baseline.schema}["ts"]
    assert (column.role, column.kind) == (Role.TIMESTAMP, Kind.DATETIME)
    side = leadline.check(baseline, made()).to_dict()["current"]
    assert (side["start"], side["end"]) == ("2023-12-31T23:30:00Z", "2024-01-17T14:30:00Z")


def test_a_stated_timestamp_of_other_texts_is_an_error_that_names_one():
    with pytest.raises(DataError, match="'tomorrow'") as caught:
        leadline.learn(columns([*TEXTS, "tomorrow"], "when"), timestamp="when")
    assert caught.value.where == "when"


def test_a_column_that_is_only_named_like_a_timestamp_stays_what_it_is():
    schema = {item.name: item for item in leadline.learn(columns([*TEXTS, "tomorrow"])).schema}
    assert schema["ts"].role is Role.FEATURE
    assert "'tomorrow' is no time" in schema["ts"].why


def test_texts_without_a_value_are_no_timestamp_and_no_error():
    schema = {item.name: item for item in leadline.learn(columns([""] * ROWS), timestamp="ts").schema}
    assert schema["ts"].kind is Kind.CATEGORICAL


def test_later_texts_that_are_no_times_are_missing_times_and_said():
    record = leadline.check(columns(), columns([*TEXTS[:-3], "tomorrow", "", None])).to_dict()
    assert "3 current rows have no time in ts" in record["assumptions"]
    column = next(column for column in record["columns"] if column["name"] == "ts")
    assert column["quality"]["missing_share"] == pytest.approx(3 / ROWS)


def test_moments_now_and_texts_before_are_the_same_column():
    moments = np.array([text[:19] for text in TEXTS], "datetime64[s]") - np.timedelta64(1, "h")
    record = leadline.check(columns(), {"x": columns()["x"], "ts": moments}).to_dict()
    assert record["verdict"] == "ok"
    assert record["current"]["start"] == record["reference"]["start"]


@given(st.integers(1_000_000_000_000_000, 4_199_999_999_999_999), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_a_number_is_the_moment_that_its_unit_says(moment: int, unit: int) -> None:
    number = moment * unit // 10**6
    moments, good = from_numbers(np.array([number], np.int64))
    assert good.all()
    # Beyond 2^53 floats tell billionths of a second apart in steps of a few hundred.
    assert abs(int(moments[0]) - number * 10**6 // unit) <= 1


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_a_moment_in_this_century_or_none(number: float) -> None:
    moments, good = from_numbers([number])
    assert (1e15 <= moments[0] < 4.2e15) if good[0] else moments[0] == 0


def test_times_as_numbers_give_the_report_of_the_same_times() -> None:
    rng = np.random.default_rng(1)
    seconds = 1_700_000_000 + np.sort(rng.integers(0, 40 * 86_400, 4_000))
    rows = {"x": rng.normal(size=4_000), "ts": seconds}
    records = [
        leadline.check(table, table).record
        for table in (rows, {**rows, "ts": seconds.astype("datetime64[s]")}, {**rows, "ts": seconds * 1000})
    ]
    first = dt.datetime.fromtimestamp(int(seconds[0]), dt.UTC)
    assert records[0].current.start == first.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len({(record.current.start, record.current.end) for record in records}) == 1
    assert len({tuple(record.assumptions) for record in records}) == 1
