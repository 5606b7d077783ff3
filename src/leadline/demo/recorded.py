"""Traffic that is played from a file: a first part to learn from, a past, and what then comes live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.replay import Recording
from leadline.schedule import DAY, HOUR

LIVE, REFERENCE = 0.1, 0.5
"""Part of a recording's time that is played live, and part of what comes before that is the reference."""

DAYS = 30
"""A shorter recording supports no budget."""


@dataclass(frozen=True, slots=True)
class Due:
    """A batch: when it is to be sent (microseconds since 1970), its number, and its content."""

    moment: int
    number: int
    content: bytes


def live_from(file: str) -> int:
    """The midnight (UTC) at which the live part of a recording begins, microseconds since 1970.

    Raises:
        DataError: it cannot be read, has no times, or is too short.
    """
    found = Recording(file)
    days = (found.end - found.start) // DAY
    if days < DAYS:
        raise DataError(
            "the recording is too short", where=file, found=f"{days} days", accepted=f"{DAYS} days"
        )
    return (found.end - int(LIVE * (found.end - found.start))) // DAY * DAY


class Recorded:
    """A file of past predictions.

    Args:
        file: as `leadline.check` takes it, with columns whose names tell their roles.
        origin: when its live part begins.
    """

    def __init__(self, file: str, origin: int) -> None:
        self._file, self._recording = file, Recording(file)
        start = self._recording.start // DAY * DAY
        self.reference_end = start + int(REFERENCE * (origin - start)) // DAY * DAY

    def baseline(self, budget: str, rows: int) -> Baseline:
        """What the first part says, on a grid of the whole."""
        found = comparison.learn(self._file, budget=budget, rows=rows, window="1d")
        start = self._recording.start // DAY * DAY
        return replace(found, profile=found.profile.between(start, self.reference_end))

    def due(self, model: str) -> Iterator[Due]:
        """The batches after the reference, in the order of time."""
        for number, batch in enumerate(self._recording.due(model, HOUR)):
            if batch.moment >= self.reference_end:
                yield Due(batch.moment, number, batch.content)
