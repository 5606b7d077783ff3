"""Events that nobody tells: versions that come with the traffic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leadline.diagnosis.words import named
from leadline.engines.versions import MISSING, OTHER
from leadline.profiles.profile import VERSION_PREFIX, Profile
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.events import Event, Events


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


def keep(own: Transaction, events: Events, model: str, versions: Mapping[str, int], now: int) -> bool:
    """Keep an event for each version, once; whether there was a new one."""
    kept = [
        events.add(own, Event(0, model, "version", first, f"version {named(name)} answers", name, "", now))
        for name, first in versions.items()
    ]
    return any(kept)
