"""Which labels had come when a window ended, against a count of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.monitors.labels import Hindsight
from leadline.monitors.look import windows_of

DAY = 86_400_000_000
ROLES: dict[str, Any] = {
    "label": "label", "score": "score", "timestamp": "time", "label_timestamp": "known", "threads": 1,
}  # fmt: skip


def table(days: int, delay: float, labelled: float = 1.0) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    time = np.sort(rng.integers(0, days * DAY, days * 300))
    known = time + (rng.exponential(delay, len(time)) * DAY).astype(np.int64)
    score = rng.random(len(time))
    label = np.where(rng.random(len(time)) < labelled, rng.random(len(time)) < score, np.nan)
    return {
        "time": time.astype("datetime64[us]"),
        "score": score,
        "label": label,
        "known": np.where(np.isnan(label), np.datetime64("NaT"), known.astype("datetime64[us]")),
    }


@pytest.mark.parametrize(("width", "delay"), [("1d", 0.2), ("1d", 1.0), ("1w", 3.0), ("1w", 30.0)])
def test_the_times_of_labels_say_what_had_come(width: str, delay: float) -> None:
    rows = table(28, delay, labelled=0.8)
    baseline = ll.learn(rows, window=width, **ROLES)
    assert baseline.calendar is not None
    windows = windows_of(baseline.profile, baseline.calendar)
    found = Hindsight().share(baseline.profile, windows, baseline.calendar)
    moments, known = rows["time"].astype(np.int64), rows["known"].astype(np.int64)
    for w, (start, end) in enumerate(zip(windows.starts, windows.ends, strict=True)):
        inside = (moments >= start) & (moments < end) & ~np.isnan(rows["label"])
        # Delays are known to 9 %, and of a row nobody knows where in its bucket it lies.
        assert found[w] == pytest.approx((known[inside] < end).mean(), abs=0.12)


@pytest.mark.parametrize(("delay_hours", "share"), [(0, 1.0), (12, 0.5), (24, 0.0), (24 * 30, 0.0)])
def test_one_delay_for_all_labels_cuts_each_day(delay_hours: int, share: float) -> None:
    rows = table(28, 1.0)
    baseline = ll.learn(rows, window="1d", **ROLES)
    assert baseline.calendar is not None
    windows = windows_of(baseline.profile, baseline.calendar)
    delay = Hindsight(delay_hours * 3_600_000_000)
    found = delay.share(baseline.profile, windows, baseline.calendar)
    assert found == pytest.approx(np.full(len(windows), share), abs=0.07)


def test_without_labels_or_their_times_nothing_is_known() -> None:
    rows = table(28, 1.0)
    roles = {name: value for name, value in ROLES.items() if name != "label_timestamp"}
    baseline = ll.learn({n: v for n, v in rows.items() if n != "known"}, window="1d", **roles)
    assert baseline.calendar is not None
    windows = windows_of(baseline.profile, baseline.calendar)
    assert np.isnan(Hindsight().share(baseline.profile, windows, baseline.calendar)).all()
