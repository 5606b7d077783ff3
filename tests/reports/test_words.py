from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.reports import words
from leadline.reports.record import ReportRecord, Side


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
        (0.0, "0"),
        (0.8434, "0.843"),
        (-0.028, "\u22120.028"),
        (0.005, "0.005"),
        (0.00034, "0.00034"),
        (1.5, "1.50"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (2009.0, "2009"),
        (9999.6, "10\u2009000"),
        (20_000.0, "20\u2009000"),
        (12_345_678.0, "1.23e7"),
        (1.5e-7, "1.50e-7"),
    ],
)
def test_number_keeps_the_digits_that_matter(value: float | None, written: str) -> None:
    assert words.number(value) == written


@given(st.floats(-1e300, 1e300))
def test_number_reads_back_within_its_digits(value: float) -> None:
    """Half a unit: of the third digit from 1 up, of the third decimal, of the second digit below 0.01."""
    read = float(words.number(value).replace("\u2009", "").replace("\u2212", "-"))
    size = abs(value)
    allowed = 0.005 * size if size >= 1 else 5.1e-4 if size >= 0.01 else 0.051 * size
    assert abs(read - value) <= allowed


def test_shares_are_written_in_percent() -> None:
    assert words.amount(0.031, "share") == "3.10\u2009%"
    assert words.declared(0.005, "share") == "0.5\u2009%"
    assert words.interval(0.01, 0.02, "share") == "1 to 2\u2009%"


@pytest.mark.parametrize(
    ("p", "written"), [(None, "-"), (0.0, "<1e-9"), (4e-5, "4e-5"), (0.034, "0.034"), (1.0, "1")]
)
def test_p_values_show_two_digits(p: float | None, written: str) -> None:
    assert words.p_value(p) == written


def test_performance_stands_beside_its_interval_and_its_reference(small_record: ReportRecord) -> None:
    assert words.performance_line(small_record, "roc_auc") == (
        "ROC AUC 0.843 ±0.006 · reference 0.871 · change \u22120.028 (\u22120.036 to \u22120.020)"
    )
    assert words.performance_line(small_record, "log_loss") == "log loss: scores of 0 for positive labels"


def test_a_lopsided_interval_is_written_with_both_ends(small_record: ReportRecord) -> None:
    auc = msgspec.structs.replace(small_record.performance["roc_auc"], low=0.7)
    assert words.half_width(auc) == "(0.700 to 0.849)"


def test_metrics_that_alert_come_first_and_those_without_value_never(small_record: ReportRecord) -> None:
    assert words.key_performance(small_record) == ["roc_auc", "brier"]


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=30).flatmap(
        lambda widths: st.tuples(
            st.just(widths), st.lists(st.floats(0, 1), min_size=len(widths), max_size=len(widths))
        )
    ),
    st.integers(1, 20),
)
def test_bars_hold_all_of_the_mass(cells: tuple[list[float], list[float]], width: int) -> None:
    widths, shares = cells
    edges = [sum(widths[:i]) for i in range(len(widths) + 1)]
    drawn = words.bars(edges, shares, width)
    assert len(drawn) == width
    assert sum(drawn) == pytest.approx(sum(shares), abs=1e-9)


def test_bars_spread_a_wide_cell_evenly() -> None:
    assert words.bars([0.0, 1.0, 4.0], [0.4, 0.6], 4) == pytest.approx([0.4, 0.2, 0.2, 0.2])


@given(st.text(st.characters(codec=None)))
def test_plain_text_stays_on_its_line_and_can_be_encoded(text: str) -> None:
    written = words.plain(text)
    assert len(written.splitlines()) <= 1
    assert "\x1b" not in written
    written.encode("utf-8")


def test_a_metric_that_could_not_be_judged_says_why(small_record: ReportRecord) -> None:
    value = msgspec.structs.replace(
        small_record.performance["roc_auc"], verdict="unknown", reason="too few rows"
    )
    record = msgspec.structs.replace(small_record, performance={"roc_auc": value})
    assert words.performance_line(record, "roc_auc").endswith("not judged: too few rows")


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({}, ""),
        ({"7": 5}, "version 7"),
        ({"7": 3, "6": 1}, "versions 7 (75\u2009%), 6 (25\u2009%)"),
        (
            dict.fromkeys("abcdef", 10),
            "versions " + ", ".join(f"{v} (16.7\u2009%)" for v in "abcd") + " and 2 more",
        ),
    ],
)
def test_versions_in_words(versions: dict[str, int], said: str) -> None:
    assert words.versions(Side("current", 10, versions=versions)) == said
