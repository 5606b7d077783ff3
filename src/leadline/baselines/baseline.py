"""A baseline: what was learned from the reference. Immutable, fingerprinted, enough for later checks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.grid import Grid
from leadline.profiles.profile import Profile
from leadline.schema import ColumnSchema
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inflation:
    """Noise inflation of each column, at one length of blocks.

    Attributes:
        seconds: length of the blocks in time; 0 for blocks of entities.
        blocks: number of blocks compared.
        columns: shape (K,), >= 1; 1 where it could not be estimated.
        outcomes: the same of the model's errors.
    """

    seconds: float
    blocks: int
    columns: Floats
    outcomes: float = 1.0


@dataclass(frozen=True)
class Baseline:
    """What a check needs to know of the reference; its rows are not needed again.

    Attributes:
        profile: counts of the reference, on one bucket.
        schema: all columns of the reference, also the ignored ones.
        settings: the options in force when it was learned.
        inflations: noise inflation by length of blocks; empty: rows are taken as independent.
        sampled: rows that taught the grid and were left out of the counts; 0 for exact edges.
    """

    profile: Profile
    schema: tuple[ColumnSchema, ...]
    settings: Settings
    inflations: tuple[Inflation, ...]
    sampled: int

    @property
    def grid(self) -> Grid:
        return self.profile.grid

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the counts and of the options that decide."""
        digest = hashlib.sha256(self.profile.fingerprint.encode())
        digest.update(msgspec.json.encode(self.settings, order="deterministic"))
        return digest.hexdigest()[:32]

    def save(self, path: str | Path) -> Path:
        """Save to one file, from which `leadline.load` makes an equal baseline; returns the path.

        Raises:
            DataError: the folder does not exist or may not be written to.
        """
        from leadline.baselines.file import save

        return save(self, path)

    def inflation(self, seconds: float | None) -> Floats:
        """Shape (K,): the noise inflation for a current table that lasts so many seconds.

        The largest over all blocks that are no longer than the current table (at least the shortest
        ones): longer blocks hold variation that the comparison cannot show.
        """
        ones = np.ones(len(self.grid.columns))
        return np.max([ones, *(part.columns for part in self._usable(seconds))], axis=0)

    def outcome_inflation(self, seconds: float | None) -> float:
        """The same of the model's errors."""
        return max([1.0, *(part.outcomes for part in self._usable(seconds))])

    def _usable(self, seconds: float | None) -> list[Inflation]:
        if not self.inflations:
            return []
        shortest = min((part.seconds for part in self.inflations if part.seconds > 0), default=0.0)
        limit = np.inf if seconds is None else max(seconds, shortest)
        return [part for part in self.inflations if part.seconds <= limit * 1.01]
