"""The baselines of all models: everything of them is at hand, their counts only while they are needed.

The counts are nearly all of a baseline's size (tens of megabytes where its windows are hours), and only
judging and looking read them; counting what came in needs the grid.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import DataError, RetryableError
from leadline.profiles.profile import Ints
from leadline.server.judging import counting
from leadline.stores.metadata.models import Models

HELD_BYTES = 256 << 20
"""Bytes of counts that are held; those of the baseline that was used last are, whatever their size."""

Sums = Mapping[str, Ints]
Name = tuple[str, int]
"""A model, and the revision of its baseline."""


class Baselines:
    """Baselines by model. Threads may use it at the same time.

    Args:
        models: where they are kept.
        held_bytes: of counts that are held.
    """

    def __init__(self, models: Models, held_bytes: int = HELD_BYTES) -> None:
        self._models, self._held_bytes = models, held_bytes
        self._found: dict[str, tuple[int, Baseline]] = {}
        self._held: OrderedDict[Name, Sums] = OrderedDict()
        self._lock = threading.RLock()

    def of(self, model: str) -> Baseline | None:
        """The baseline of a model, with a calendar; None: it has none."""
        known = self._models.baselines().get(model)
        return None if known is None else self.at(model, known.revision)

    def at(self, model: str, revision: int) -> Baseline:
        """The same where its revision is known.

        Raises:
            DataError: what is kept is no baseline.
        """
        with self._lock:
            known = self._found.get(model)
            if known is None or known[0] != revision:
                known = self._found[model] = revision, self._light((model, revision))
            return known[1]

    def known(self, model: str) -> Baseline | None:
        """The one that was asked for last, however old; None: none was."""
        found = self._found.get(model)
        return None if found is None else found[1]

    def sums(self, name: Name) -> Sums:
        """The counts of a baseline.

        Raises:
            RetryableError: the baseline was replaced since it was asked for.
        """
        with self._lock:
            found = self._held.get(name)
            if found is None:
                found = self._hold(name, self._read(name).profile.sums)
            self._held.move_to_end(name)
            return found

    def _light(self, name: Name) -> Baseline:
        found = counting.live(self._read(name))
        sums = self._hold(name, found.profile.sums)
        light = _Kept(tuple(sums), lambda: self.sums(name))
        return replace(found, profile=replace(found.profile, sums=light))

    def _hold(self, name: Name, sums: Sums) -> Sums:
        self._held = OrderedDict((own, one) for own, one in self._held.items() if own[0] != name[0])
        self._held[name] = sums
        while len(self._held) > 1 and sum(map(_size, self._held.values())) > self._held_bytes:
            self._held.popitem(last=False)
        return sums

    def _read(self, name: Name) -> Baseline:
        model, revision = name
        found = loaded(self._models.baseline(model) or b"", f"the baseline of {model!r}")
        known = self._models.baselines().get(model)
        if known is None or known.revision != revision:
            raise RetryableError("the baseline was replaced meanwhile", where=model, next_step="Try again.")
        if not isinstance(found, Baseline):
            raise DataError("not a baseline", where=model)
        return found


class _Kept(Mapping[str, Ints]):
    """Counts that are read when they are asked for."""

    def __init__(self, names: tuple[str, ...], read: Callable[[], Sums]) -> None:
        self._names, self._read = names, read

    def __getitem__(self, name: str) -> Ints:
        if name not in self._names:
            raise KeyError(name)
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _size(sums: Sums) -> int:
    return sum(array.nbytes for array in sums.values())
