"""Roles and kinds: stated ones hold, inferred ones are safe."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest

import leadline
from leadline.errors import DataError
from leadline.schema import Kind, Note, Role
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.roles import infer

ROWS = 200


def schema(columns, **options):
    table = open_table(columns)
    found = infer(table.fields, first_look(table), Settings.of(**options))
    assert [column.name for column in found] == [item.name for item in table.fields]
    assert all(column.why for column in found)
    return {column.name: column for column in found}


def kind(values, name="x"):
    return schema({name: values})[name].kind


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("id", [str(i) for i in range(ROWS)], Role.ID),
        ("timestamp", [dt.datetime(2024, 1, 1)] * ROWS, Role.TIMESTAMP),
        ("ts", [dt.datetime(2024, 1, 1)] * ROWS, Role.TIMESTAMP),
        ("prediction", [0, 1] * 100, Role.PREDICTION),
        ("y_pred", [0.5, 1.5] * 100, Role.PREDICTION),
        ("Target", [0, 1] * 100, Role.LABEL),
        ("y_true", ["a", "b"] * 100, Role.LABEL),
        ("score", [0.5, 0.25] * 100, Role.SCORE),
        ("sample_weight", [1.0, 2.0] * 100, Role.WEIGHT),
        ("model_version", ["1", "2"] * 100, Role.VERSION),
        ("label_timestamp", [dt.datetime(2024, 1, 1)] * ROWS, Role.IGNORED),
        ("__index_level_0__", [7, 3] * 100, Role.IGNORED),
    ],
)
def test_names_that_mean_one_thing_give_a_role(name, values, role):
    found = schema({name: values, "x": [1.0] * ROWS})
    assert found[name].role is role
    assert not found[name].stated
    assert found["x"].role is Role.FEATURE


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("timestamp", ["monday"] * ROWS),
        ("score", ["high", "low"] * 100),
        ("labels", [0, 1] * 100),
        ("credit_score", [0.5] * ROWS),
        ("weight", [70.5, 81.0] * 100),
        ("sample_weight", ["heavy"] * ROWS),
        ("version", ["1"] * ROWS),
    ],
)
def test_a_name_alone_is_not_enough(name, values):
    assert schema({name: values})[name].role is Role.FEATURE


def test_a_stated_role_is_not_inferred_for_another_column():
    found = schema({"label": [0, 1] * 100, "paid": [0, 1] * 100}, label="paid")
    assert found["paid"].role is Role.LABEL
    assert found["paid"].stated
    assert found["label"].role is Role.FEATURE


def test_scores_of_several_classes_share_a_prefix():
    columns = {"score_cat": [0.5] * ROWS, "score_dog": [0.5] * ROWS, "p_a": [0.1] * ROWS, "p_b": [0.9] * ROWS}
    assert [c.role for c in schema(columns).values()] == [Role.SCORE, Role.SCORE, Role.FEATURE, Role.FEATURE]
    stated = schema(columns, score="p")
    assert [c.role for c in stated.values()] == [Role.FEATURE, Role.FEATURE, Role.SCORE, Role.SCORE]


def test_stated_features_leave_the_others_out():
    found = schema({"a": [1.0], "b": [2.0], "id": ["x"]}, features=["a"])
    assert [c.role for c in found.values()] == [Role.FEATURE, Role.IGNORED, Role.ID]


def test_segments_stay_features():
    assert schema({"country": ["de", "fr"] * 100}, segment="country")["country"].role is Role.FEATURE


@pytest.mark.parametrize(
    "options",
    [
        {"label": "lable"}, {"segment": ["nope"]}, {"ignore": "nope"}, {"features": ["nope"]},
        {"kinds": {"nope": "text"}},
        {"score": "nope"}, {"rules": {"nope": {"min": 0}}}, {"proxies": "nope"},
    ],
)  # fmt: skip
def test_an_option_that_names_no_column_says_so(options):
    with pytest.raises(DataError, match=f"no column for `{next(iter(options))}`"):
        schema({"label": [0, 1] * 100}, **options)


def test_kinds_follow_from_type_and_values():
    rng = np.random.default_rng(3)
    assert kind(rng.normal(size=ROWS)) is Kind.NUMERIC
    assert kind(rng.integers(0, 3, ROWS)) is Kind.NUMERIC
    assert kind([True, False] * 100) is Kind.BOOLEAN
    assert kind([dt.date(2024, 1, 1)] * ROWS) is Kind.DATETIME
    assert kind([dt.time(1)] * ROWS) is Kind.DATETIME
    assert kind(["a", "b"] * 100) is Kind.CATEGORICAL
    assert kind([[1.0, 2.0]] * ROWS) is Kind.VECTOR
    assert kind([b"x"] * ROWS) is Kind.VECTOR
    assert kind([f"u{i}" for i in range(ROWS)]) is Kind.IDENTIFIER
    assert kind([f"a sentence about thing number {i} of many" for i in range(ROWS)]) is Kind.TEXT
    assert kind([None] * ROWS) is Kind.CATEGORICAL
    assert kind(pd.array([None] * ROWS, "Int64")) is Kind.NUMERIC


@pytest.mark.parametrize(
    ("distinct", "rows", "expected"),
    [
        (101, 200, Kind.IDENTIFIER),
        (100, 200, Kind.CATEGORICAL),
        (49, 49, Kind.CATEGORICAL),
        (50, 50, Kind.IDENTIFIER),
    ],
)
def test_texts_are_identifiers_when_more_than_half_of_fifty_rows_differ(distinct, rows, expected):
    assert kind([f"v{i % distinct}" for i in range(rows)]) is expected


def test_integers_are_identifiers_only_when_name_or_order_say_so():
    rng = np.random.default_rng(4)
    scattered = rng.choice(10**9, ROWS, replace=False)
    assert kind(scattered) is Kind.NUMERIC
    assert kind(scattered, "customer_id") is Kind.IDENTIFIER
    assert kind(scattered, "customerId") is Kind.IDENTIFIER
    assert kind(scattered, "humidity") is Kind.NUMERIC
    assert kind(np.arange(5, 5 + ROWS)) is Kind.IDENTIFIER
    assert kind(np.append(scattered[:-1], scattered[0]), "customer_id") is Kind.NUMERIC


def test_a_stated_kind_holds():
    found = schema({"code": [1, 2] * 100}, kinds={"code": "categorical"})["code"]
    assert found.kind is Kind.CATEGORICAL
    assert found.stated


def test_whole_floats_that_count_up_or_are_named_so_are_identifiers_as_integers_are():
    """Integers of which one is missing are floats in pandas, and decimals in many databases."""
    up = np.arange(ROWS) + 1e6
    assert kind(up) is Kind.IDENTIFIER
    gap = pd.Series(up)
    gap[7] = np.nan
    assert kind(gap) is Kind.IDENTIFIER
    assert kind([decimal.Decimal(i) for i in range(ROWS)]) is Kind.IDENTIFIER
    spread = np.random.default_rng(0).permutation(10**6)[:ROWS].astype(float)
    assert kind(spread) is Kind.NUMERIC
    assert kind(spread, "customer_id") is Kind.IDENTIFIER
    assert kind(up + 0.5) is Kind.NUMERIC
    assert kind(np.where(up > up[3], np.inf, up)) is Kind.NUMERIC
    assert kind([dt.timedelta(seconds=i) for i in range(ROWS)]) is Kind.NUMERIC


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{:,.2f}", True), ("${:,.2f}", True), ("{:.3f} %", True), ("({:.2f})", True), ("{:.2f} €", True),
        ("{:08.0f}", False), ("A{:.2f}", False), ("{:.2f} km", False), ("x{:.0f}", False),
    ],
)  # fmt: skip
def test_numbers_that_are_written_as_text_are_told(form, said):
    values = [form.format(value) for value in np.random.default_rng(0).permutation(10**6)[:ROWS] * 1.01]
    found = schema({"x": values})["x"]
    assert found.kind is Kind.IDENTIFIER
    assert (Note.NUMBERS_AS_TEXT in found.notes, "convert them" in found.why) == (said, said)


def test_the_report_says_which_numbers_it_could_not_compare():
    values = {"price": [f"{i * 1.37:,.2f}" for i in range(ROWS)], "word": ["a", "b"] * 100}
    record = leadline.check(values, values).record
    assert any("the texts of price are numbers" in said for said in record.assumptions)
    record = leadline.check(values, values, kinds={"price": "identifier"}).record
    assert not any("are numbers" in said for said in record.assumptions)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_numbers_that_count_from_1970_are_times_where_the_name_says_so(unit, dtype):
    ticks = (1_700_000_000 * unit + np.arange(ROWS) * unit).astype(dtype)
    found = schema({"timestamp": ticks, "x": ticks})
    assert (found["timestamp"].role, found["timestamp"].kind) == (Role.TIMESTAMP, Kind.DATETIME)
    assert found["x"].kind is not Kind.DATETIME
    assert schema({"x": ticks}, timestamp="x")["x"].kind is Kind.DATETIME


@pytest.mark.parametrize("values", [[20240105] * ROWS, [5] * ROWS, [1.7e9, 1.7e12] * 100, [np.nan] * ROWS])
def test_other_numbers_are_no_times_whatever_their_name(values):
    assert schema({"timestamp": values})["timestamp"].role is Role.FEATURE


@pytest.mark.parametrize(
    "values",
    [["a", "b"] * 100, [dt.datetime(2024, 1, 1)] * ROWS, [{1: "a"}] * ROWS],
    ids=["text", "time", "parts"],
)
def test_a_proxy_without_a_mean_is_refused(values):
    with pytest.raises(DataError, match=r"proxies: the column 'x' has no mean.*numbers or booleans"):
        schema({"x": values}, proxies=["x"])


@pytest.mark.parametrize(
    "values", [[1.5, 2.5] * 100, [True, False] * 100, [None] * ROWS], ids=["float", "bool", "null"]
)
def test_a_proxy_of_numbers_is_a_feature(values):
    assert schema({"x": values}, proxies=["x"])["x"].role is Role.FEATURE


def test_values_with_parts_say_what_to_do():
    found = schema({"user": [{3: "age"}] * ROWS, "tags": [["a", "b"]] * ROWS, "vector": [[1.0, 2.0]] * ROWS})
    assert [Note.NESTED in column.notes for column in found.values()] == [True, True, False]
    assert "make them columns" in found["user"].why


def days(count=ROWS, step=dt.timedelta(hours=7)):
    return [dt.datetime(2024, 1, 1) + i * step for i in range(count)]


@pytest.mark.parametrize(
    "name", ["Datum", "fecha", "jour", "date_heure", "created", "event_ts", "pickup_datetime", "x"]
)
@pytest.mark.parametrize("form", [list, np.array, lambda moments: [str(moment) for moment in moments]])
def test_the_only_column_of_times_is_the_timestamp_whatever_its_name(name, form):
    found = schema({name: form(days()), "seen_at": [dt.time(i % 24) for i in range(ROWS)], "y": [0, 1] * 100})
    assert (found[name].role, found[name].kind, found[name].stated) == (Role.TIMESTAMP, Kind.DATETIME, False)
    assert Note.ONLY_TIME in found[name].notes
    assert found["seen_at"].role is Role.FEATURE


@pytest.mark.parametrize(
    ("name", "times", "why"),
    [
        ("date_of_birth", days(), "its name"),
        ("Geburtsdatum", days(), "its name"),
        ("validUntil", days(), "its name"),
        ("last_order", days(), "its name"),
        ("d", [*days(ROWS - 3), None, None, None], "some rows have none"),
        ("d", days()[:9] * 20 + days()[:9] * 3, "fewer than 10"),
        ("d", days(step=dt.timedelta(days=60)), "within 33 years"),
    ],
)
def test_a_column_of_other_times_is_left_and_says_why(name, times, why):
    found = schema({name: times})[name]
    assert found.role is Role.FEATURE
    assert why in found.why
    assert Note.MAY_BE_TIME in found.notes
    assert schema({name: times}, timestamp=name)[name].role is Role.TIMESTAMP


def test_of_two_columns_of_times_neither_is_taken_and_the_report_names_both():
    columns = {"picked_up": days(), "dropped": days(), "x": [1.0, 2.0] * 100}
    found = schema(columns)
    assert [column.role for column in found.values()] == [Role.FEATURE] * 3
    said = leadline.check(columns, columns).record.assumptions
    assert any("name a timestamp, such as picked_up and dropped, or entity" in text for text in said)
    stated = schema(columns, ignore="dropped")
    assert stated["picked_up"].role is Role.TIMESTAMP


def test_a_stated_or_named_timestamp_and_a_stated_kind_leave_other_times_alone():
    columns = {"ts": days(), "d": days()}
    assert [column.role for column in schema(columns).values()] == [Role.TIMESTAMP, Role.FEATURE]
    assert schema(columns, timestamp="d")["ts"].role is Role.FEATURE
    assert schema({"d": days()}, kinds={"d": "datetime"})["d"].role is Role.FEATURE
    assert schema({"d": [str(day) for day in days()]}, segment="d")["d"].role is Role.FEATURE
    assert schema({"d": days(), "x": days()}, features=["x"])["d"].role is Role.TIMESTAMP


def test_the_report_says_which_column_it_took_for_the_time():
    columns = {"Datum": days(400), "x": [1.0, 2.0] * 200}
    record = leadline.check(columns, columns).record
    assert any("Datum is taken for the time of the prediction" in said for said in record.assumptions)
    assert record.reference.start is not None
    assert not any("by name: Datum" in said for said in record.assumptions)


def numbers_of(moments, unit):
    if unit == "day":
        return [int(moment.strftime("%Y%m%d")) for moment in moments]
    return (np.array(moments, "datetime64[us]").astype(f"datetime64[{unit}]").astype(np.int64)).tolist()


def shuffled(values):
    return list(np.random.default_rng(0).permutation(values))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "day"])
@pytest.mark.parametrize(("name", "order"), [("Datum", shuffled), ("updatedAt", shuffled), ("x", list)])
def test_numbers_that_read_as_times_stay_numbers_and_say_so(unit, name, order):
    columns = {name: order(numbers_of(days(), unit)), "amount": [1.0, 2.0] * 100}
    found = schema(columns)[name]
    assert (found.role, found.kind) == (Role.FEATURE, Kind.NUMERIC)
    assert found.notes == (Note.NUMBERS_OF_TIMES, *([] if unit == "day" else [Note.MAY_BE_TIME]))
    said = leadline.check(columns, columns).record.assumptions
    assert any(f"the numbers of {name} read as times" in text for text in said)
    timed = schema({**columns, "ts": days()})[name]
    assert timed.notes == (Note.NUMBERS_OF_TIMES,)
    assert not schema(columns, kinds={name: "datetime"})[name].notes


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", shuffled(numbers_of(days(), "s"))),
        ("date", [20240105 + i % 9 for i in range(ROWS)]),
        ("date", [20241301 + i % 20 for i in range(ROWS)]),
        ("date", [20240140 + i % 20 for i in range(ROWS)]),
        ("date", [i % 97 for i in range(ROWS)]),
        ("date", [20240105.5 + i % 20 for i in range(ROWS)]),
    ],
    ids=["not named, in no order", "nine days", "no month", "no day", "small", "parts of days"],
)
def test_numbers_without_a_hint_of_time_say_nothing_of_it(name, values):
    assert not schema({name: values})[name].notes


def test_y_is_a_label_but_not_beside_x_and_z():
    sides = {name: [1.5, 2.5] * 100 for name in ("x", "y", "z")}
    assert schema(sides)["y"].role is Role.FEATURE
    assert schema({"x": sides["x"], "y": sides["y"]})["y"].role is Role.LABEL
