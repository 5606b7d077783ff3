"""Events: what people told of a model, and versions that come with the traffic, of which nobody tells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leadline.diagnosis.words import named
from leadline.engines.versions import MISSING, OTHER
from leadline.profiles.arrays import VERSION_PREFIX
from leadline.profiles.profile import Profile
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.events import Event, Events
from leadline.tables.events import Event as Told


def new_versions(reference: Profile, current: Profile) -> Mapping[str, int]:
    """The versions that took the place of others, with the first moment of the bucket that shows each first.

    A version that was there from the first bucket on is new only if the reference knows others.

    Args:
        reference: of the baseline.
        current: by buckets of time.
    """
    found: dict[str, int] = {}
    known = reference.versions
    begin = current.axes.buckets[0]
    for name in current.versions:
        if name in known or name in (MISSING, OTHER):
            continue
        place = int(np.argmax(current.sums[VERSION_PREFIX + name][:, :, 0].any(1)))
        first = current.axes.buckets[place]
        if first > begin or known:
            found[name] = first
    return found


def told(events: Events, model: str, since: int, until: int) -> list[Told]:
    """What people told of a model, or of all models, between two moments; the oldest first."""
    found = events.find(model, since, until)
    people = [Told(event.at, event.kind, event.text) for event in found if event.kind != "version"]
    return sorted(people, key=lambda event: event.time)


def keep(own: Transaction, events: Events, model: str, versions: Mapping[str, int], now: int) -> bool:
    """Keep an event for each version, once; whether there was a new one."""
    kept = [
        events.add(own, Event(0, model, "version", first, f"version {named(name)} answers", name, "", now))
        for name, first in versions.items()
    ]
    return any(kept)
