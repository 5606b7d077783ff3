"""Duplicate rows against a plain count, where rows with the same values of a column lie together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from leadline.comparison import check, learn
from leadline.profiles.arrays import WHOLE_ROWS


def days(rows: int, seed: int) -> dict[str, Any]:
    """Rows by the hour, of which the first days were written twice; and the share that repeats."""
    rng = np.random.default_rng(seed)
    hour = np.sort(rng.integers(0, 30 * 24, rows))
    day = hour // 24
    data: dict[str, Any] = {
        "hour": np.datetime64("2026-01-01") + hour.astype("timedelta64[h]"),
        "day": day,
        "delay": np.where(rng.random(rows) < 0.3, 0.0, np.round(rng.normal(5, 20, rows))),
        "distance": rng.choice(rng.integers(100, 3000, 200), rows),
        "air": np.round(rng.gamma(4, 30, rows)),
    }
    twice = np.flatnonzero(day < 2)
    return {name: np.concatenate([values, values[twice]]) for name, values in data.items()}


def repeated(data: dict[str, Any]) -> float:
    table = list(zip(*(values.tolist() for values in data.values()), strict=True))
    return 1 - len(set(table)) / len(table)


@pytest.mark.parametrize("rows", [900, 1_400, 20_000, 100_000])
def test_repeated_days_are_found_whatever_the_size(rows: int) -> None:
    inside = 0
    for seed in range(3):
        data = days(rows, seed)
        found = learn(data).profile.distinct[WHOLE_ROWS]
        low, high = found.repeated_interval()
        assert high - low < 0.06
        inside += low - 1e-12 <= repeated(data) <= high + 1e-12
        if rows < 1_000:
            assert low == high == pytest.approx(repeated(data))
    assert inside >= 2


def test_a_pivot_that_is_often_zero_or_missing_chooses_no_more_of_these_rows() -> None:
    """Every second row has no delay; those rows alone are repeated."""
    rng = np.random.default_rng(1)
    delay = np.where(np.arange(60_000) % 2, rng.normal(size=60_000), 0.0)
    other = rng.normal(size=60_000)
    twice = np.flatnonzero(delay == 0)[:6_000]
    data = {"delay": np.r_[delay, delay[twice]], "other": np.r_[other, other[twice]]}
    found = learn(data).profile.distinct[WHOLE_ROWS]
    assert len(found.hashes) > 400
    low, high = found.repeated_interval()
    assert low < 6 / 66 < high


def test_rows_of_few_values_each_keep_a_sample() -> None:
    """No column tells rows apart; all of them together do."""
    rng = np.random.default_rng(2)
    data = {f"flag{i}": rng.integers(0, 2, 30_000) for i in range(20)}
    low, high = learn(data).profile.distinct[WHOLE_ROWS].repeated_interval()
    assert low < repeated(data) < high < low + 0.06


def test_the_report_says_how_sure_a_sampled_share_is() -> None:
    rng = np.random.default_rng(3)
    reference = {"x": rng.normal(size=20_000), "y": rng.normal(size=20_000)}
    once = {"x": rng.normal(size=20_000), "y": rng.normal(size=20_000)}
    current = {name: np.r_[values, values[:2_000]] for name, values in once.items()}
    record = check(reference, current).record
    quality = record.quality
    share, low, high = (quality["duplicate_row_share" + end] for end in ("", "_low", "_high"))
    assert low < share < high
    assert low < 1 / 11 < high
    assert any("repeat all values" in line and " to " in line for line in record.summary), record.summary
