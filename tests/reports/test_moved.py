from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars
import pytest

from leadline import comparison
from leadline.reports.record import ColumnResult


def column(reference: Any, current: Any) -> ColumnResult:
    tables = [polars.DataFrame({"x": values}) for values in (reference, current)]
    return comparison.check(*tables).record.columns[0]


def test_a_change_of_categories_names_the_values_that_moved_most() -> None:
    """Two of four values change places: 40 % and 10 %, then 10 % and 40 %."""
    before = ["a"] * 400 + ["b"] * 100 + ["c"] * 300 + ["d"] * 200
    now = ["a"] * 100 + ["b"] * 400 + ["c"] * 300 + ["d"] * 200
    sentence = column(before, now).sentence
    assert sentence.startswith("x changed its mix of values: ")
    assert "a fell from 40\u2009% to 10\u2009%" in sentence
    assert "b rose from 10\u2009% to 40\u2009%" in sentence
    assert sentence.endswith("a major change (TV 0.300).")


def test_values_never_seen_before_are_told_beside_those_that_gave_way() -> None:
    """A fifth of the rows is new, and takes from the larger of two others."""
    sentence = column(["a"] * 600 + ["b"] * 400, ["a"] * 400 + ["b"] * 400 + ["new"] * 200).sentence
    assert "never seen in the reference" in sentence or "never-seen values rose from 0\u2009%" in sentence


@pytest.mark.parametrize(
    ("no", "yes", "said"),
    [(0, 1, "1"), (False, True, "True"), ("no", "yes", "yes"), ("left", "right", "right")],
)
def test_of_two_values_one_share_is_said(no: Any, yes: Any, said: str) -> None:
    sentence = column([no] * 700 + [yes] * 300, [no] * 400 + [yes] * 600).sentence
    assert sentence.startswith(f"x: the share of {said} rose from 30\u2009% to 60\u2009%, a major change")


def test_a_stuck_sensor_is_found_where_it_is_stuck() -> None:
    """Half of the values become one that was nearly never there; the mean stays."""
    rng = np.random.default_rng(1)
    values = rng.normal(50, 10, 4000)
    sentence = column(values, np.where(rng.random(4000) < 0.5, 50.0, rng.normal(50, 10, 4000))).sentence
    share, place = sentence.split(" of the values now lie ")
    assert float(share.removeprefix("x: ").removesuffix("\u2009%")) == pytest.approx(50, abs=3)
    low, high = (float(part) for part in place.split(" (")[0].removeprefix("between ").split(" and "))
    assert 49 < low <= 50 <= high < 51


@pytest.mark.parametrize(("factor", "way"), [(0.4, "moved towards its middle"), (2.0, "spread away from")])
def test_a_change_of_spread_alone_is_called_so(factor: float, way: str) -> None:
    rng = np.random.default_rng(2)
    sentence = column(rng.normal(0, 1, 5000), factor * rng.normal(0, 1, 5000)).sentence
    assert way in sentence
    assert "shifted" not in sentence


def test_a_shift_says_its_way_and_both_medians() -> None:
    rng = np.random.default_rng(3)
    found = column(rng.normal(100, 10, 5000), rng.normal(105, 10, 5000))
    said = re.fullmatch(r"x shifted up by (\S+) sd \(median (\S+) to (\S+)\), a .*", found.sentence)
    assert said is not None
    assert [float(part) for part in said.groups()] == pytest.approx([0.5, 100, 105], rel=0.06)


def test_a_column_that_begins_to_vary_is_called_so() -> None:
    rng = np.random.default_rng(4)
    found = column(np.full(2000, 3.0), rng.normal(3, 1, 2000))
    assert found.sentence.startswith("x was constant and varies now")


def test_new_values_are_compared_with_those_that_chance_brings() -> None:
    """Good and Turing: a sample in which 5 % of the rows hold a value seen once leads one to expect 5 %."""
    rng = np.random.default_rng(5)
    before = [f"v{i}" for i in rng.integers(0, 40, 1900)] + [f"once{i}" for i in range(100)]
    now = [f"v{i}" for i in rng.integers(0, 40, 1000)] + ["new"] * 1000
    sentence = column(before, now).sentence
    said = re.fullmatch(
        r"x: 50\u2009% of the values were never seen in the reference \((\S+)\u2009% .*", sentence
    )
    assert said is not None
    assert float(said[1]) == pytest.approx(5)


def test_where_values_gathered_beside_a_frequent_one_is_said_without_rounding() -> None:
    """Zero is frequent before; lengths between 4 and 10 then come in inches, below all others but zero."""
    rng = np.random.default_rng(2)
    lengths = np.where(rng.random(8000) < 0.02, 0.0, rng.uniform(4, 10, 8000))
    sentence = column(lengths[:5000], lengths[5000:] / 25.4).sentence
    said = re.search(r"lie between (\S+) and (\S+) ", sentence)
    assert said is not None, sentence
    assert said[1] == "0"
    assert float(said[2]) > 10 / 25.4
