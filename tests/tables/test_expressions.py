"""Row expressions mean what they say, and nothing else gets through."""

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import ConfigurationError, DataError
from leadline.tables import open_table
from leadline.tables.computed import with_columns
from leadline.tables.expressions import parse

COLUMNS = {
    "x": [1.0, 2.0, None, -4.0],
    "y": [0.0, 2.0, 3.0, None],
    "n": [1, 0, 3, 4],
    "s": ["a", "b", None, "it's"],
    "t": ["b", "b", "a", None],
    "ok": [True, False, None, True],
    "two words": [1, 2, 3, 4],
    "l": [[1], [2], None, [4]],
}


def value(text):
    table = with_columns(open_table(COLUMNS), {"new": text})
    column = next(iter(table.batches(["new"]))).column("new")
    cells = column.values.tolist()
    if column.dictionary is not None:
        cells = [column.dictionary[code] for code in cells]
    valid = [True] * len(cells) if column.valid is None else column.valid.tolist()
    return [cell if known else None for cell, known in zip(cells, valid, strict=True)]


NAN = pytest.approx(math.nan, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + n", [2.0, 2.0, None, 0.0]),
        ("1 + 2 * 3 - 4 / 2", [5.0] * 4),
        ("-2 ** 2", [-4.0] * 4),
        ("2 ** 3 ** 2", [512.0] * 4),
        ("(1 + 2) * n", [3.0, 0.0, 9.0, 12.0]),
        ("7 % 4", [3.0] * 4),
        ("n / y", [NAN, 0.0, 1.0, None]),
        ("n % 0", [NAN] * 4),
        ("log(n)", [0.0, NAN, math.log(3), math.log(4)]),
        ("log(x)", [0.0, math.log(2), None, NAN]),
        ("sqrt(4) + exp(0) + abs(0 - n)", [4.0, 3.0, 6.0, 7.0]),
        ("min(x, n, 1.5)", [1.0, 0.0, None, -4.0]),
        ("max(x, n)", [1.0, 2.0, None, 4.0]),
        ("`two words` * 2", [2.0, 4.0, 6.0, 8.0]),
        ("n >= 1 and n < 4", [True, False, True, False]),
        ("not n == 0", [True, False, True, True]),
        ("s == 'a'", [True, False, None, False]),
        ("s == 'it\\'s'", [False, False, None, True]),
        ('s != "a"', [False, True, None, True]),
        ("s < t", [True, False, None, None]),
        ("s == t", [False, True, None, None]),
        ("ok and n > 1", [False, False, None, True]),
        ("ok or n > 1", [True, False, True, True]),
        ("null and false", [False] * 4),
        ("null or true", [True] * 4),
        ("is_null(x)", [False, False, True, False]),
        ("is_null(l)", [False, False, True, False]),
        ("if(n > 1, 'many', s)", ["a", "b", "many", "many"]),
        ("if(ok, x, n)", [1.0, 0.0, None, -4.0]),
        ("if(n > 1, x, null)", [None, None, None, -4.0]),
        ("s", ["a", "b", None, "it's"]),
        ("x == null", [None] * 4),
        ("s == null", [None] * 4),
        ("1e3 + .5 + 2.", [1002.5] * 4),
        ("n * (s == 'a')", [1.0, 0.0, None, 0.0]),
    ],
)
def test_expressions_and_their_values(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("x +", 4),
        ("", 1),
        ("x y", 3),
        ("(x", 1),
        ("x)", 2),
        ("x ? y", 3),
        ("foo(x)", 1),
        ("if(x, 1)", 1),
        ("log()", 5),
        ("log(x, y)", 1),
        ("1 < x < 2", 7),
        ("__import__('os')", 1),
        ("x.y", 2),
        ("x[0]", 2),
        ("lambda: 1", 7),
        ("'open", 1),
        ("x = 1", 3),
        ("and", 1),
        ("x == == y", 6),
        ("s + 1", 1),
        ("s > 1", 3),
        ("if(ok, s, 1)", 1),
        ("l + 1", 1),
        ("a;b", 2),
    ],
)
def test_what_is_no_expression_is_refused_with_its_position(text, position):
    known = {**COLUMNS, "a": [1] * 4, "b": [1] * 4}
    with pytest.raises(ConfigurationError, match=rf"character {position}\b"):
        next(iter(with_columns(open_table(known), {"new": text}).batches())).column("new")


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "1" + ")" * 5000, "-" * 5000 + "1", "not " * 5000 + "1", "1" + "**1" * 5000]
)
def test_deep_nesting_is_refused_and_not_a_crash(text):
    with pytest.raises(ConfigurationError, match="deeply nested"):
        parse(text)


def test_long_chains_are_no_nesting():
    assert value("+".join(["n"] * 500)) == [500.0, 0.0, 1500.0, 2000.0]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_a_configuration_error(text):
    with contextlib.suppress(ConfigurationError):
        parse(text)


NUMBERS = st.sampled_from(["x", "n", "1", "2.5", "0"])
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda p: f"({p[0]} {p[1]} {p[2]})"
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS)
def test_arithmetic_is_that_of_python(text):
    expected = [
        None if x is None and "x" in text else eval(text, {"x": x, "n": n})
        for x, n in zip(COLUMNS["x"], COLUMNS["n"], strict=True)
    ]
    assert value(text) == expected


def test_new_columns_are_typed_and_may_use_earlier_ones():
    table = with_columns(open_table(COLUMNS), {"a": "x + 1", "b": "a > 1", "c": "if(b, s, 'no')", "d": "n"})
    assert {item.name: item.physical for item in table.fields[-4:]} == {
        "a": "float", "b": "bool", "c": "string", "d": "int",
    }  # fmt: skip
    batch = next(iter(table.batches(["c"])))
    column = batch.column("c")
    assert [column.dictionary[i] for i in column.values[[0, 1, 3]]] == ["a", "b", "no"]


def test_samples_have_the_new_columns():
    table = with_columns(open_table({"n": np.arange(1000)}), {"double": "2 * n"})
    sample = table.sample(["double"], 10, 1)
    rows = np.concatenate([np.arange(a, b) for a, b in zip(sample.starts, sample.stops, strict=True)])
    assert np.array_equal(sample.batch.column("double").values, 2.0 * rows)


def test_wrong_columns_are_named():
    with pytest.raises(DataError, match=r"columns\.z.*'xx'"):
        with_columns(open_table(COLUMNS), {"z": "xx + 1"})
    with pytest.raises(ConfigurationError, match=r"columns\.x"):
        with_columns(open_table(COLUMNS), {"x": "n + 1"})
