"""A baseline: what was learned from the reference. Immutable, fingerprinted, enough for later checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.baselines.noise import SHOWN, Blocks, OutcomeNoise, side_inflation
from leadline.once import Once
from leadline.profiles.file import Arrays, encode, write
from leadline.profiles.grid import Grid, plain_json
from leadline.profiles.profile import Profile
from leadline.schedule import Calendar
from leadline.schema import ColumnSchema
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inflation:
    """Noise inflation at one length of blocks; NaN where it could not be estimated.

    Attributes:
        seconds: length of the blocks in time; 0 for blocks of entities.
        blocks: number of blocks compared; rows: mean number of rows in one.
        columns: shape (K,), of the values of each column.
        missing: shape (K,), of the share of missing rows.
        outcomes: of the table of the model's outcomes, in the direction in which blocks differ most.
        performance: of each performance metric whose own could be estimated, by key.
    """

    seconds: float
    blocks: int
    rows: float
    columns: Floats
    missing: Floats
    outcomes: float
    performance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Baseline(Once):
    """What a check needs to know of the reference; its rows are not needed again.

    What many checks against it fit to it alike is kept `once`: counts and sampled rows give it again.

    Attributes:
        profile: counts of the reference, by time bucket where it has times.
        schema: all columns of the reference, also the ignored ones.
        settings: the options in force when it was learned.
        inflations: noise inflation by length of blocks; empty: rows are taken as independent.
        sampled: rows that taught the grid and were left out of the counts; 0 for exact edges.
        calendar: how time is cut; None: the reference has no times.
    """

    profile: Profile
    schema: tuple[ColumnSchema, ...]
    settings: Settings
    inflations: tuple[Inflation, ...]
    sampled: int
    calendar: Calendar | None = None

    @cached_property
    def whole(self) -> Profile:
        """The counts of all reference rows together, on one bucket."""
        return self.profile.collapse()

    @property
    def grid(self) -> Grid:
        """The cells on which all tables are counted."""
        return self.profile.grid

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the counts and of the options that decide."""
        digest = hashlib.sha256(self.profile.fingerprint.encode())
        digest.update(msgspec.json.encode(self.settings, order="deterministic"))
        return digest.hexdigest()[:32]

    def save(self, path: str | Path) -> Path:
        """Save to one file, from which `leadline.load` makes an equal baseline; returns the path.

        Folders on the way are made.

        Raises:
            DataError: the folder cannot be made, or may not be written to.
        """
        return write(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of the file that `save` writes."""
        facts, arrays = self.profile.to_state()
        for i, part in enumerate(self.inflations):
            arrays[f"inflation/{i}"] = np.stack([part.columns, part.missing])
        return encode(
            "baseline",
            {
                "profile": facts,
                "schema": msgspec.to_builtins(self.schema),
                "settings": plain_json(self.settings),
                "inflations": [
                    # JSON has no NaN.
                    [part.seconds, part.blocks, part.rows, None if np.isnan(part.outcomes) else part.outcomes]
                    for part in self.inflations
                ],
                "performance_inflations": [dict(part.performance) for part in self.inflations],
                "sampled": self.sampled,
                "calendar": None if self.calendar is None else msgspec.to_builtins(self.calendar),
            },
            arrays,
        )

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Arrays) -> Baseline:
        """The baseline whose file holds these facts and arrays."""

        # Files of before knew no inflation of single metrics.
        performance = facts.get("performance_inflations", [{}] * len(facts["inflations"]))

        def inflation(i: int, seconds: float, blocks: int, rows: float, outcomes: float | None) -> Inflation:
            columns, missing = arrays[f"inflation/{i}"]
            return Inflation(
                seconds,
                blocks,
                rows,
                columns,
                missing,
                np.nan if outcomes is None else outcomes,
                performance[i],
            )

        return cls(
            profile=Profile.from_state(facts["profile"], arrays),
            schema=msgspec.convert(facts["schema"], tuple[ColumnSchema, ...]),
            settings=msgspec.convert(json.loads(facts["settings"]), Settings),
            inflations=tuple(inflation(i, *part) for i, part in enumerate(facts["inflations"])),
            sampled=facts["sampled"],
            calendar=msgspec.convert(facts["calendar"], Calendar | None),
        )

    def inflation(self, rows: float, seconds: float | None = None) -> Floats:
        """Shape (K,): the noise inflation of a table of so many rows that lasts so many seconds."""
        return self._inflation([part.columns for part in self.inflations], rows, seconds)

    def missing_inflation(self, rows: float, seconds: float | None = None) -> Floats:
        """Shape (K,): the same of the share of missing rows."""
        return self._inflation([part.missing for part in self.inflations], rows, seconds)

    def outcome_inflation(self, rows: float, seconds: float | None = None) -> OutcomeNoise:
        """The same of the model's outcomes: of their table, and of each performance metric."""
        keys = list(dict.fromkeys(key for part in self.inflations for key in part.performance))
        found = [
            np.array([part.outcomes, *(part.performance.get(key, np.nan) for key in keys)])
            for part in self.inflations
        ]
        inflation = self._inflation(found, rows, seconds, 1)
        if self.inflations:
            inflation = np.maximum(inflation, self._slow(inflation[0], found[0], rows, seconds))
        table, *metrics = inflation.tolist()
        return OutcomeNoise(table, dict(zip(keys, metrics, strict=True)))

    def _slow(self, table: float, found: Floats, rows: float, seconds: float | None) -> Floats:
        """What is too little between the shortest blocks to show how it grows, grown as the whole table does.

        Args:
            table: inflation of the table of outcomes; found: what the shortest blocks told, that of the table
                first.
        """
        part = self.inflations[0]
        short = side_inflation([Blocks(part.seconds, part.blocks, part.rows, found)], rows, seconds)
        growth = (table - 1) / (short[0] - 1) if short[0] > 1 else 1.0
        hidden = found - 1 <= SHOWN * np.sqrt(2 / part.blocks)
        grown: Floats = np.where(hidden, 1 + (short - 1) * growth, 1.0)
        return grown

    def _inflation(
        self, found: Sequence[Floats], rows: float, seconds: float | None, width: int | None = None
    ) -> Floats:
        """Of what each length of blocks told; ones of this width where there are no blocks."""
        if not self.inflations:
            return np.ones(len(self.grid.columns) if width is None else width)
        parts = [
            Blocks(part.seconds, part.blocks, part.rows, values)
            for part, values in zip(self.inflations, found, strict=True)
        ]
        return side_inflation(parts, rows, seconds)
