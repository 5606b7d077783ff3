"""Fixed rules: silence, and labels that are late."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadline.monitors.operations.rules import CLOCK_OFF, lateness, losses, runs, silence, wrong_clocks
from leadline.profiles.exponential import cells_of

HOUR = 3_600_000_000


def test_silence_is_told_when_it_is_longer_than_ever() -> None:
    rows = np.full(100, 50)
    assert silence(rows) is None
    rows[98:] = 0
    found = silence(rows)
    assert found is not None
    assert (found.first, found.longest) == (98, 0)
    rows[40:43] = 0
    assert silence(rows) is None
    rows[96:] = 0
    found = silence(rows)
    assert found is not None
    assert (found.first, found.longest) == (96, 3)


def test_nights_without_traffic_are_no_silence() -> None:
    rows = np.tile(np.where(np.arange(24) < 8, 0, 30), 10)
    for step in range(200, 240):
        assert silence(rows[:step]) is None


def test_of_a_model_that_has_hardly_begun_silence_says_nothing() -> None:
    assert silence(np.concatenate([np.full(10, 5), np.zeros(20)]).astype(int)) is None
    assert silence(np.zeros(50, int)) is None


def _labels(share: np.ndarray, hours: float = 24.0, rows: int = 200) -> tuple[np.ndarray, ...]:
    """So large a part of the predictions of each bucket has labels of about that age."""
    rng = np.random.default_rng(1)
    bucket = np.repeat(np.arange(len(share)), (share * rows).astype(int))
    cell = cells_of(rng.uniform(0.8, 1.0, len(bucket)) * hours * 3600)
    order = np.lexsort((cell, bucket))
    return np.full(len(share), rows), bucket[order], cell[order], np.ones(len(bucket), np.int64)


def test_labels_are_late_once_they_should_be_there_and_not_before() -> None:
    share = np.full(120, 0.9)
    share[80:] = 0.0
    rows, *cells = _labels(share)
    ends = (np.arange(120) + 1) * HOUR
    for now, late in ((103, []), (106, [(80, 81)]), (120, [(80, 95)])):
        known = slice(0, now)
        inside = cells[0] < now
        found = lateness(rows[known], ends[known], now * HOUR, *(part[inside] for part in cells))
        assert found is not None
        assert abs(found.age_seconds / 3600 - 23.5) < 0.7
        first = runs(found.late)
        assert [run[0] for run in first] == [run[0] for run in late]


def test_labels_that_come_in_time_are_not_late() -> None:
    rows, *cells = _labels(np.random.default_rng(2).uniform(0.7, 1.0, 120))
    found = lateness(rows, (np.arange(120) + 1) * HOUR, 200 * HOUR, *cells)
    assert found is not None
    assert not found.late.any()


def test_without_labels_there_is_no_usual_age() -> None:
    nothing = np.zeros(0, np.int64)
    assert lateness(np.full(100, 50), np.arange(100) * HOUR, 200 * HOUR, nothing, nothing, nothing) is None


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_where_it_holds(flags: list[bool]) -> None:
    found = runs(np.array(flags, bool))
    marked = [any(first <= place <= last for first, last in found) for place in range(len(flags))]
    assert marked == flags
    assert all(b[0] > a[1] + 1 for a, b in pairwise(found))


def test_a_loss_is_a_run_with_its_share_and_its_reasons() -> None:
    none, came = np.zeros(6, int), np.full(6, 90)
    dropped = {"closed": none.copy(), "queue_full": none.copy(), "never": none}
    dropped["closed"][[1, 4]] = 2, 10
    dropped["queue_full"][[1, 2]] = 8, 10
    first, second = losses(dropped, came)
    assert (first.first, first.last, first.rows, first.reasons) == (1, 2, 20, ("queue_full", "closed"))
    assert (second.first, second.last, second.rows, second.reasons) == (4, 4, 10, ("closed",))
    assert (first.share, second.share) == (0.1, 0.1)
    assert [loss.share for loss in losses(dropped, None)] == [None, None]
    assert losses({}, came) == losses({"never": none}, came) == []
    assert losses({"all": came}, none)[0].share == 1.0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.lists(st.integers(0, 3), min_size=30))
def test_no_loss_is_told_twice_or_left_out(first: list[int], second: list[int]) -> None:
    dropped = {"a": np.array(first), "b": np.array(second[: len(first)])}
    total = dropped["a"] + dropped["b"]
    found = losses(dropped, None)
    assert sum(loss.rows for loss in found) == total.sum()
    told = [place for loss in found for place in range(loss.first, loss.last + 1)]
    assert told == np.flatnonzero(total).tolist()


def test_a_clock_is_wrong_beyond_some_minutes_either_way() -> None:
    offset = np.array([0.0, CLOCK_OFF, CLOCK_OFF + 1, -900.0, np.nan, -301.0, 2.0])
    assert wrong_clocks(offset) == [(2, 3, -900.0), (5, 5, -301.0)]
    assert wrong_clocks(np.full(3, np.nan)) == []
