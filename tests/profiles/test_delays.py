"""Delays of labels as counts: where a delay lands, and that counts add up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadline.profiles.delays import CELLS, EDGES, MINUTE, UNTIMED, count_delays

YEARS = 365.25 * 1440 * MINUTE

row = st.tuples(
    st.integers(-1, 2),
    st.one_of(st.floats(-1e16, 1e16), st.just(float("nan"))),
    st.integers(0, 3),
)


def counted(rows: list[tuple[int, float, int]]) -> np.ndarray:
    codes, delays, group = (np.array(part) for part in zip(*rows, strict=True)) if rows else [np.zeros(0)] * 3
    return count_delays(codes.astype(np.intp), delays.astype(float), group.astype(np.intp), 4, 3)


@given(st.lists(row, max_size=40), st.integers(0, 40))
def test_counts_of_parts_add_up_to_those_of_the_whole(rows: list[tuple[int, float, int]], cut: int) -> None:
    whole, parts = counted(rows), [counted(rows[:cut]), counted(rows[cut:])]
    assert (whole == parts[0] + parts[1]).all()
    assert (whole - parts[1] == parts[0]).all()


@given(st.lists(row, max_size=40))
def test_each_label_is_counted_once_and_no_missing_one(rows: list[tuple[int, float, int]]) -> None:
    found = counted(rows).sum(-1)
    for group in range(4):
        for code in range(3):
            assert found[group, code] == sum(r[0] == code and r[2] == group for r in rows)


@given(st.floats(MINUTE, 4 * YEARS))
def test_a_delay_is_known_to_within_nine_percent(delay: float) -> None:
    cell = int(np.flatnonzero(count_delays(np.zeros(1, np.intp), np.array([delay]), None, 1, 1)[0, 0])[0])
    assert EDGES[cell] <= delay
    if cell < CELLS - 1:
        assert delay < EDGES[cell + 1] <= 1.0906 * EDGES[cell]


def test_what_is_no_delay_has_a_place_of_its_own() -> None:
    delays = np.array([np.nan, -1.0, -np.inf, 0.0, 1.0])
    found = count_delays(np.zeros(5, np.intp), delays, None, 1, 1)[0, 0]
    assert found[UNTIMED] == 3
    assert found[0] == 2
