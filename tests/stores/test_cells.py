"""Values of JSON as typed columns: nothing is lost, nothing changes its kind but as the page says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.stores.cells import Cells, Kind, concatenated, constant, take, texts, typed

INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
EXACT = st.integers(-(2**53), 2**53)
"""Whole numbers that are the same among others."""

VALUES = st.one_of(
    st.none(), st.booleans(), EXACT, NUMBERS, st.text(st.characters(codec="utf-8"), max_size=5),
    st.lists(st.integers(-9, 9), max_size=3), st.dictionaries(st.sampled_from("ab"), st.booleans()),
)  # fmt: skip


def values_of(found: dict[Kind, Cells], rows: int) -> list[Any]:
    """The values as JSON had them."""
    out: list[Any] = [None] * rows
    for kind, cells in found.items():
        valid = np.ones(rows, bool) if cells.valid is None else cells.valid
        ends = np.cumsum(cells.values) if kind in ("text", "nested") else None
        for row in np.flatnonzero(valid):
            assert out[row] is None, "a value of two kinds"
            if ends is None:
                out[row] = cells.values[row].item()
                continue
            text = cells.data[ends[row] - cells.values[row] : ends[row]].decode()
            out[row] = json.loads(text) if kind == "nested" else text
    return out


@given(st.lists(VALUES, min_size=1, max_size=30))
def test_every_value_is_there_once(values: list[Any]) -> None:
    found = values_of(typed(values, {}), len(values))
    assert found == values  # 1 == 1.0, but no truth value became a number
    assert [type(v) is bool for v in found] == [type(v) is bool for v in values]


@given(st.lists(INTEGERS | st.none(), min_size=1))
def test_whole_numbers_of_64_bits_are_exact(values: list[int | None]) -> None:
    found = typed(values, {})
    assert set(found) <= {"integer"}
    assert values_of(found, len(values)) == values


@given(st.lists(st.lists(VALUES, min_size=1, max_size=6), min_size=1, max_size=4))
def test_parts_put_together_are_the_whole(parts: list[list[Any]]) -> None:
    found = [typed(part, {}) for part in parts]
    kinds = {kind for one in found for kind in one}
    whole = {
        kind: concatenated(kind, [(len(p), f.get(kind)) for p, f in zip(parts, found, strict=True)])
        for kind in kinds
    }
    rows = sum(map(len, parts))
    assert values_of(whole, rows) == [value for part in parts for value in part]


@given(st.lists(VALUES, min_size=1, max_size=10), st.randoms())
def test_chosen_rows_are_those_rows(values: list[Any], random: Any) -> None:
    keep = np.array([random.random() < 0.5 for _ in values])
    found = {kind: take(kind, cells, keep) for kind, cells in typed(values, {}).items()}
    wanted = [value for value, kept in zip(values, keep, strict=True) if kept]
    assert values_of(found, len(wanted)) == wanted


def test_large_whole_numbers_and_mixed_numbers_are_numbers() -> None:
    assert set(typed([2**70, 1], {})) == {"number"}
    assert set(typed([2**70, 1, "a"], {})) == {"number", "text"}
    assert set(typed([1, 2.5, None], {})) == {"number"}
    assert set(typed([1, None], {"NaN": [1]})) == {"number"}
    assert typed([10**400, 1.0], {})["number"].values.tolist() == [np.inf, 1.0]
    assert typed([None, None], {}) == {}


def test_numbers_that_json_has_not() -> None:
    (cells,) = typed([None, 1.0, None, None], {"NaN": [0], "Infinity": [2]}).values()
    assert np.isnan(cells.values[0])
    assert cells.values[[1, 2]].tolist() == [1.0, np.inf]
    assert cells.valid is not None
    assert cells.valid.tolist() == [True, True, True, False]


@pytest.mark.parametrize("special", [{"nan": [0]}, {"NaN": [5]}, {"NaN": [-1]}, {"NaN": [1]}])
def test_what_is_not_finite_must_make_sense(special: dict[str, list[int]]) -> None:
    with pytest.raises(ValueError, match="not_finite"):
        typed([None, 1.0], special)


def test_lone_surrogates_become_something_that_can_be_kept() -> None:
    assert texts(["\ud800"]).data == b"?"
    assert constant("ä", 3).data.decode() == "äää"
