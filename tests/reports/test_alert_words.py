"""Alerts in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.diagnosis.words import distance, number, percent, rows
from leadline.monitors.budget import Named
from leadline.monitors.folding import NAMED
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
        (80, NAMED, f"some values rarer than the {NAMED} most frequent"),
        (20, 20, "never-seen values"),
    ],
)
def test_a_share_is_of_a_category_or_of_all_values_without_a_cell(cities: int, cell: int, what: str) -> None:
    """What stands for many values is never called by the name of one of them."""
    rows_of = [f"city {i:02}" for i in range(cities) for _ in range(20_000 // (i + 1))]
    baseline = ll.learn({"city": rows_of})
    found = Named("city", f"city[{cell}]", "category share", 1, 0.05, 12.0, 3)
    assert named_source(found, baseline).sentence == f"The share of {what} in city rose by 5 points"


@pytest.mark.parametrize(
    "column", ["f1", "lift", "accuracy", "performance", "estimated performance", "inputs", "mmd"]
)
def test_a_column_may_bear_the_name_of_a_metric_or_of_what_alerts_name_beside_columns(column: str) -> None:
    """Its distances and shares are those of a column; nothing of the model's performance is said of it."""
    baseline = ll.learn({column: [float(i) for i in range(300)]})
    moved = named_source(Named(column, column, "mean_rank_shift", 1, 0.2, 12.0, 3), baseline)
    assert (moved.channel, moved.unit) == ("kolmogorov_smirnov", "")
    assert moved.sentence.endswith("moved by 0.200 (Kolmogorov-Smirnov distance)")
    missing = named_source(Named(column, f"{column}/missing_share", "value", 1, 0.2, 12.0, 3), baseline)
    assert missing.channel == "missing_share"
    assert missing.sentence.startswith("The missing share of ")


def test_metrics_of_the_model_and_of_a_segment_are_said_by_their_titles() -> None:
    baseline = ll.learn({"plan": ["free", "pro"] * 100})
    lost = named_source(Named("performance", "performance/accuracy", "value", 1, -0.05, 12.0, 3), baseline)
    assert (lost.channel, lost.sentence) == ("accuracy", "Accuracy fell by 0.050")
    inside = named_source(Named("plan = pro", "plan = pro/accuracy", "value", 1, -0.05, 12.0, 3), baseline)
    assert (inside.channel, inside.sentence) == ("accuracy", "Accuracy of “plan = pro” fell by 0.050")
