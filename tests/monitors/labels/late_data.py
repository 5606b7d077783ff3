"""What windows say of traffic whose labels come late (`benchmarks/quality/late_labels.py`)."""

from __future__ import annotations

from typing import Any

from late_labels import ACCURACY, DAY, MEAN_DELAY, POSITIVE, RIGHT, START, Traffic, traffic

import leadline as ll
from leadline.monitors.timeline import Timeline, timeline
from leadline.options import settings_in_force

__all__ = [
    "ACCURACY", "DAY", "MEAN_DELAY", "OPTIONS", "POSITIVE", "RIGHT", "START", "Traffic", "judged", "traffic",
    "windows_of",
]  # fmt: skip

OPTIONS: dict[str, Any] = {
    "label": "y", "prediction": "p", "timestamp": "t", "label_timestamp": "known", "window": "1d",
    "threads": 1, "budget": "1/30d",
}  # fmt: skip


def judged(reference: Any, current: Any, **options: Any) -> Timeline:
    """What windows say of two tables."""
    return windows_of(ll.learn(reference, **{**OPTIONS, **options}), current, **options)


def windows_of(baseline: ll.Baseline, current: Any, **options: Any) -> Timeline:
    """What windows say of a table by a baseline."""
    found = timeline(baseline, ll.profile(current, baseline, **options), settings_in_force(baseline, options))
    assert found is not None
    return found
