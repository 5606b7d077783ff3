from __future__ import annotations

import io

from leadline.cli.progress import Bar


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drawn(calls: list[tuple[float, int, int | None]], *, terminal: bool = True) -> list[str]:
    """What stands on the line after each call (seconds since the start, rows done, rows in total)."""
    clock, stream = Clock(), io.StringIO()
    lines = []
    with Bar(stream, clock=clock, terminal=terminal) as bar:
        for second, done, total in calls:
            clock.now = 100.0 + second
            bar(done, total)
            lines.append(stream.getvalue().rpartition("\r")[2].rstrip())
    assert stream.getvalue().rpartition("\r")[2] == "", "the line is wiped at the end"
    return lines


def test_nothing_is_drawn_before_two_seconds() -> None:
    assert drawn([(0.5, 10, 100), (1.9, 20, 100)]) == ["", ""]


def test_share_rate_and_remaining_time() -> None:
    assert drawn([(0.0, 0, 8_000_000), (4.0, 2_000_000, 8_000_000)]) == [
        "",
        "[######------------------]  25%  2.0 M rows, 500.0 k rows/s, 12 s left",
    ]


def test_without_a_total_only_rows_and_rate_are_known() -> None:
    assert drawn([(0.0, 0, None), (4.0, 1_000, None)]) == ["", "1.0 k rows, 250 rows/s"]


def test_the_second_side_starts_its_own_rate() -> None:
    """When the count begins again, the rate is that of the new side."""
    lines = drawn([(10.0, 1_000, 1_000), (10.0, 0, 500), (12.0, 100, 500)])
    assert lines[-1].endswith("100 rows, 50 rows/s, 8 s left")


def test_what_came_before_the_first_rows_is_no_part_of_the_rate() -> None:
    """Ten seconds of learning, then ten rows a second."""
    assert drawn([(10.0, 10, 1_000), (20.0, 110, 1_000)]) == [
        "10 rows",
        "[###---------------------]  11%  110 rows, 10 rows/s, 1 min 29 s left",
    ]


def test_long_times_are_in_minutes_and_hours() -> None:
    assert drawn([(0.0, 0, 10), (100.0, 1, 10)])[-1].endswith("15 min 00 s left")
    assert drawn([(0.0, 0, 10), (1000.0, 1, 10)])[-1].endswith("2 h 30 min left")


def test_it_is_silent_where_nobody_looks() -> None:
    assert drawn([(10.0, 1, 2)], terminal=False) == [""]


def test_it_draws_at_most_ten_times_a_second() -> None:
    first, second = drawn([(3.0, 1, 10), (3.05, 5, 10)])
    assert first == second
