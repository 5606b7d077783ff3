"""Counts of how a model served become counts of days, and go, as its other counts do."""

from __future__ import annotations

from datetime import UTC

from leadline.baselines.baseline import Baseline
from leadline.schedule import HOUR
from leadline.server.judging.operations_watch import BLOCK_HOURS
from leadline.server.keeping.retention import Old
from leadline.stores.contract import RowStore

JUDGED = 2 * BLOCK_HOURS * HOUR
"""Hours that are judged, or shown beside them, stay hours for so long."""


def keep(store: RowStore, model: str, baseline: Baseline | None, old: Old, now: int) -> None:
    """Put old hours together, and let go what is older still.

    Args:
        old: what is old of the model.
        now: microseconds since 1970.
    """
    calendar = baseline.calendar if baseline is not None else None
    place = calendar.place if calendar is not None else UTC
    judged = now - JUDGED
    store.age_operations(model, min(old.buckets, judged), min(old.profiles, judged), place)
