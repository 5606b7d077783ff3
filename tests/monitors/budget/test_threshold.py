"""How many alerts the replay may raise, and the threshold that follows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadline.monitors.budget.alerts import Record, replay
from leadline.monitors.budget.threshold import (
    allowed,
    by_replay,
    by_windows,
    rate,
    window_scores,
    windows_needed,
)


@given(st.integers(10, 3000), st.floats(1e-3, 0.3))
def test_confident_count_is_the_largest_with_the_beta_tail_within_a_tenth(steps: int, rate: float) -> None:
    count = allowed("confident", steps, rate)
    tail = [stats.beta.sf(rate, n + 1, steps - n) for n in range(min(count + 2, steps))]
    assert all(value <= 0.1 + 1e-9 for value in tail[: count + 1])
    assert len(tail) <= count + 1 or tail[count + 1] > 0.1 - 1e-9


def test_published_numbers_of_windows() -> None:
    """68 daily windows for 1 in 30 and 1,657 hourly ones for 1 in 720 (90 % statement)."""
    assert windows_needed("confident", 1 / 30) == 68
    assert windows_needed("confident", 1 / 720) == 1657
    assert windows_needed("default", 1 / 30) == 29


@given(st.sampled_from(["default", "strict", "confident"]), st.floats(1e-3, 0.3))
def test_needed_windows_are_just_enough(mode: str, rate: float) -> None:
    needed = windows_needed(mode, rate)  # type: ignore[arg-type]
    assert allowed(mode, needed, rate) >= 0  # type: ignore[arg-type]
    assert allowed(mode, needed - 1, rate) == -1  # type: ignore[arg-type]


@pytest.mark.parametrize(("steps", "count"), [(28, -1), (29, 0), (59, 1), (60, 1), (119, 3), (120, 3)])
def test_alerts_allowed_by_default(steps: int, count: int) -> None:
    assert allowed("default", steps, 1 / 30) == count


@given(st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_the_replay_keeps_the_limit_and_lower_thresholds_would_not(seed: int, limit: int) -> None:
    surprise = np.random.default_rng(seed).exponential(2, (60, 5)) + 3
    found = by_replay(surprise, limit, 1 / 30, 3)
    record = Record.of(surprise, -np.inf)

    def alerts(threshold: float) -> int:
        return len(replay(record, threshold, 3).spells)

    assert alerts(found.value) == found.replayed <= limit
    lowest = max(float(np.median(window_scores(surprise))), math.log(30))
    values = np.unique(surprise[surprise > lowest])[::-1]
    counts = np.maximum.accumulate([alerts(value) for value in values])
    kept = values[counts <= limit].min()
    fewer = values[counts < limit].min() if limit else kept
    if (counts > limit).any():
        middle = (kept + fewer) / 2
        assert found.value == pytest.approx(middle if alerts(middle) <= limit else fewer)


@pytest.mark.parametrize("limit", [0, 3])
def test_later_windows_alert_at_the_rate_that_is_said(limit: int) -> None:
    """Surprises are exponential, so that a window exceeds a threshold with probability exp(-threshold)."""
    rng = np.random.default_rng(5)
    found = [by_replay(rng.exponential(size=(400, 1)), limit, 0.05, 1).value for _ in range(400)]
    assert np.mean(np.exp(-np.array(found))) == pytest.approx(rate("default", limit, 400), rel=0.1)


def test_too_few_windows_go_beyond_all_that_was_seen() -> None:
    surprise = np.random.default_rng(1).exponential(1, (20, 3))
    found = by_replay(surprise, -1, 1 / 30, 3)
    assert found.extrapolated
    assert found.value >= surprise.max()


def test_nothing_worth_an_alert_in_the_reference_leaves_the_rate_of_one_channel() -> None:
    found = by_replay(np.full((60, 4), -np.inf), 1, 1 / 30, 3)
    assert found.value == pytest.approx(math.log(30))


@given(st.integers(0, 2**32 - 1), st.integers(0, 10))
def test_windows_above_the_strict_threshold(seed: int, limit: int) -> None:
    scores = np.random.default_rng(seed).exponential(2, 50) + 4
    assert (scores > by_windows(scores, limit, 1 / 30).value).sum() == limit
