"""What was told goes when it is old: messages, alerts that are over, events, maintenance."""

from __future__ import annotations

from collections.abc import Callable

from leadline.schedule import DAY
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.retention import History

AT_ONCE = 500
"""Most of one kind that go in one transaction, for which everything else waits."""


def keep(metadata: Metadata, now: int, days: int, working: Callable[[], bool]) -> bool:
    """Let go what is old.

    Args:
        now: microseconds since 1970.
        days: of which verdicts speak: what a report may still tell of is known as long.
        working: whether there is time for more.

    Returns:
        Whether all was done.
    """
    history = metadata.retention.history()
    while working():
        with metadata.database.transaction() as own:
            if not _forget(metadata, own, history, now, days):
                return True
    return False


def _forget(metadata: Metadata, own: Transaction, history: History, now: int, days: int) -> bool:
    """Let go some of what is old; whether there may be more."""
    # A day more: the first window of a report may begin before the days that it speaks of.
    told = now - (days + 1) * DAY
    alerts = metadata.alerts.forget(own, min(now - history.alerts_days * DAY, told), told, AT_ONCE)
    for number in alerts:
        metadata.channels.forget_alert(own, number)
    messages = metadata.channels.forget(own, now - history.messages_days * DAY, AT_ONCE)
    past = now - history.events_days * DAY
    events = metadata.events.forget(own, past, AT_ONCE)
    metadata.maintenance.forget(own, min(past, told))
    return AT_ONCE in (len(alerts), messages, events)
