"""Alerts in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.diagnosis.words import distance, number, percent, rows
from leadline.monitors.budget import Named
from leadline.monitors.evidence import NAMED
from leadline.reports.alerts import named_source


@given(st.floats(1e-5, 9_999_999, exclude_max=True))
def test_numbers_in_sentences_have_no_exponent_and_no_more_digits_than_matter(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"(\d{1,4}|\d{2,3}\u2009\d{3}|\d\u2009\d{3}\u2009\d{3})(\.\d+)?", text)
    digits = text.replace("\u2009", "")
    whole, _, behind = digits.partition(".")
    assert not behind or whole == "0" or len(whole + behind) <= 3


def test_rounding_to_one_digit_more_adds_no_decimals() -> None:
    """9.996 is 10.0, as 10.04 is, and never 10.00."""
    assert number(9.996) == number(10.04) == "10.0"
    assert number(99.96) == "100"
    assert number(1 - 1e-13) == "1"


@given(st.floats(0, 1))
def test_what_is_left_of_a_distance_by_rounding_is_none(value: float) -> None:
    assert abs(float(distance(value)) - value) <= 5.6e-4
    assert distance(1.2e-5) == "0"


def test_shares_are_written_as_everywhere() -> None:
    assert percent(0.0249) == "2.49\u2009%"
    assert percent(0.9999996) == "100\u2009%"
    assert rows(0.999) == "all rows"
    assert rows(0.8) == "80\u2009% of the rows"


@pytest.mark.parametrize(
    ("cities", "cell", "what"),
    [
        (80, 0, "“city 00”"),
        (80, NAMED, f"values rarer than the {NAMED} most frequent"),
        (20, 20, "never-seen values"),
    ],
)
def test_a_share_is_of_a_category_or_of_all_values_without_a_cell(cities: int, cell: int, what: str) -> None:
    """What stands for many values is never called by the name of one of them."""
    rows_of = [f"city {i:02}" for i in range(cities) for _ in range(200 - i)]
    grid = ll.learn({"city": rows_of}).grid
    found = Named("city", f"city[{cell}]", "category share", 1, 0.05, 12.0, 3)
    assert named_source(found, grid).sentence == f"The share of {what} in city rose by 5 points"
