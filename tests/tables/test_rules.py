"""Declared validation rules are counted exactly, batch by batch."""

import math

import numpy as np
import pyarrow as pa
import pytest

from leadline.settings import Rule
from leadline.tables import open_table
from leadline.tables.rules import ColumnRules


def counted(cells, batch_rows=1000, unique_bound=10**6, **rule):
    table = pa.table({"x": cells})
    opened = open_table(table.to_reader(max_chunksize=batch_rows))
    rules = ColumnRules("x", Rule(**rule), opened.fields[0].physical, unique_bound)
    for batch in opened.batches():
        rules.add(batch)
    return rules.counts


@pytest.mark.parametrize(
    ("values", "rule", "broken", "examples"),
    [
        ([1, None, 3], {"not_null": True}, 1, []),
        ([1.0, None, math.nan], {"not_null": True}, 2, []),
        ([1, 5, -1, None], {"min": 0, "max": 4}, 2, ["5", "-1"]),
        ([1.0, math.nan, 2.0], {"max": 1.5}, 2, ["nan", "2.0"]),
        (["a", "b", None, "c"], {"values": ("a", "b")}, 1, ["c"]),
        ([1, 2, 3], {"values": (1, 2.0)}, 1, ["3"]),
        ([True, False], {"values": (True,)}, 1, ["False"]),
        (["ab", "abc", "xab", None], {"pattern": "a[a-z]"}, 2, ["abc", "xab"]),
        (["a", "b", "a", None, None, "a"], {"unique": True}, 2, ["a"]),
        ([1, 2, 1, None, None, 2], {"unique": True}, 2, ["1", "2"]),
        ([1.0, 1.5, None, math.inf], {"type": "integer"}, 2, ["1.5", "inf"]),
        ([1, 2], {"type": "integer"}, 0, []),
        ([1, None], {"type": "text"}, 1, ["1"]),
        (["x"], {"type": "number"}, 1, ["x"]),
        ([1.5], {"type": "number"}, 0, []),
        ([True], {"type": "boolean"}, 0, []),
        ([[1], None], {"type": "number"}, 1, ["(not shown)"]),
    ],
)
@pytest.mark.parametrize("batch_rows", [1, 1000])
def test_broken_rows_are_counted(values, rule, broken, examples, batch_rows):
    (count,) = counted(values, batch_rows, **rule)
    assert count.rows == len(values)
    assert count.broken == broken
    assert count.examples == examples
    assert count.reason == ""


@pytest.mark.parametrize(
    ("values", "rule"),
    [([1], {"pattern": "a"}), (["a"], {"min": 1}), ([[1]], {"unique": True}), ([b"x"], {"values": ("x",)})],
)
def test_a_rule_that_does_not_apply_has_a_reason(values, rule):
    (count,) = counted(values, **rule)
    assert "does not apply" in count.reason
    assert count.broken == 0


def test_a_missing_column_has_a_reason():
    rules = ColumnRules("gone", Rule(min=0, unique=True), None)
    assert [count.reason for count in rules.counts] == ["the table has no such column"] * 2


def test_each_part_of_a_rule_is_counted_by_itself():
    counts = counted([1, 1, None, 9], min=0, max=5, not_null=True, unique=True)
    assert {count.rule: count.broken for count in counts} == {
        "not null": 1,
        "min 0 and max 5": 1,
        "unique": 1,
    }


@pytest.mark.parametrize("text", [False, True])
def test_repeats_are_found_across_batches(text):
    rng = np.random.default_rng(8)
    numbers = rng.integers(0, 5000, 4000)
    values = [f"v{n}" for n in numbers] if text else numbers.astype(float)
    (count,) = counted(values, batch_rows=37, unique=True)
    assert count.broken == len(numbers) - len(np.unique(numbers))


def test_unique_gives_up_beyond_its_bound_with_a_reason():
    (count,) = counted(np.arange(1000), batch_rows=100, unique_bound=500, unique=True)
    assert "more than 500" in count.reason


def test_examples_are_few_and_different():
    (count,) = counted([7] * 50 + list(range(100, 200)), max=6)
    assert len(count.examples) == len(set(count.examples)) == 5
    assert count.broken == 150


def test_counts_of_parts_add_up():
    (a,), (b,) = counted([1, 9], max=5), counted([8, 9], max=5)
    a.merge(b)
    assert (a.rows, a.broken, a.examples) == (4, 3, ["9", "8", "9"])
