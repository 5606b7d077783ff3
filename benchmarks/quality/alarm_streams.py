"""What every tool of `alarms.py` sees: rows in windows, and the same rows with each drift.

Simulated streams are those of `budget.py`, as rows. Real ones are the sets of `budget.py` with their weeks in
a random order, which makes them quiet whatever their seasons and storms; each drift is put into columns
with many values, in units of their standard deviation in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import budget_streams as streams
import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

BEFORE, AFTER = 20, 14
QUIET = BEFORE + AFTER
FEW_VALUES, MANY_VALUES = 12, 50
"""Numbers with at most so many values are categories; drifts of location need more than so many."""


@dataclass(frozen=True)
class Stream:
    """Rows of windows one after the other.

    Attributes:
        reference: how many of the windows are the reference.
        values: shape (N, columns): numbers, NaN missing; codes of categories.
        window: shape (N,), sorted.
        categorical: shape (columns,).
        changed: for each drift of `budget_streams.DRIFTS` the rows from window `start` on; None where the
            stream has no column for it.
    """

    reference: int
    values: Floats
    window: npt.NDArray[np.intp]
    categorical: npt.NDArray[np.bool_]
    changed: tuple[Floats | None, ...]

    @property
    def start(self) -> int:
        """The window that drifts begin with."""
        return self.reference + BEFORE

    @property
    def first(self) -> int:
        """The first row that drifts may change."""
        return int(np.searchsorted(self.window, self.start))


def simulated(process: streams.Process, reference: int, seed: int) -> Stream:
    """A process of `budget.py`."""
    rng = np.random.default_rng([seed, 31])
    rows = streams.draw(process, rng, reference + QUIET)
    categorical = np.arange(streams.FEATURES) >= streams.NUMERIC
    stream = Stream(reference, _observed(rows.latent), rows.window, categorical, ())
    changed = []
    for drift in streams.DRIFTS:
        latent = rows.latent[stream.first :].copy()
        drift.change(latent, rows.window[stream.first :] - stream.start, _features(drift, rng), rng)
        changed.append(_observed(latent))
    return replace(stream, changed=tuple(changed))


def _observed(latent: npt.NDArray[np.float32]) -> Floats:
    """Columns as a tool sees them: counts with many zeros, and codes of categories."""
    found = latent.astype(np.float64)
    for j in range(4, streams.NUMERIC, 5):
        found[:, j] = np.floor(np.maximum(0.0, np.expm1(found[:, j])))
    for i, levels in enumerate(streams.LEVELS):
        shares = 0.85 ** np.arange(levels)
        edges = special.ndtri(np.cumsum(shares / shares.sum())[:-1])
        found[:, streams.NUMERIC + i] = np.searchsorted(edges, found[:, streams.NUMERIC + i])
    return found


def _features(drift: streams.Drift, rng: np.random.Generator) -> np.ndarray:
    """Which features drift."""
    if drift.features == 0:
        return np.array([streams.TEN_LEVELS])
    if drift.features == streams.FEATURES:
        return np.arange(streams.FEATURES)
    return rng.choice([j for j in range(streams.NUMERIC) if j % 5 != 4], drift.features, replace=False)


def real(name: str, folder: Path, reference: int, seed: int) -> Stream:
    """A real set in daily windows, some of its weeks in a random order."""
    table = streams.load(name, folder)
    rng = np.random.default_rng([seed, 32])
    weeks = -(-(reference + QUIET) // 7)
    place = np.full(table.weeks, weeks)
    place[rng.permutation(table.weeks)[:weeks]] = np.arange(weeks)
    window = place[table.day // 7] * 7 + table.day % 7
    rows = np.argsort(window, kind="stable")[: np.count_nonzero(window < reference + QUIET)]
    values = np.stack([column[rows].astype(np.float64) for column in table.columns.values()], axis=1)
    texts = np.array([column.dtype.kind != "f" for column in table.columns.values()])
    sizes = np.array([len(np.unique(column[~np.isnan(column)])) for column in values.T])
    stream = Stream(reference, values, window[rows], texts | (sizes <= FEW_VALUES), ())
    movable = np.flatnonzero(~stream.categorical & (sizes > MANY_VALUES))
    changed = [_changed(stream, drift, movable, rng) for drift in streams.DRIFTS]
    return replace(stream, changed=tuple(changed))


def _changed(
    stream: Stream, drift: streams.Drift, movable: np.ndarray, rng: np.random.Generator
) -> Floats | None:
    """The rows from `start` on with a drift, or None where no column can have it."""
    rows = stream.values[stream.first :].copy()
    if drift.features == 0:
        return _lose_level(rows, np.flatnonzero(stream.categorical), rng)
    wanted = min(drift.features, len(movable))
    reference = stream.values[: np.searchsorted(stream.window, stream.reference)]
    for j in rng.choice(movable, wanted, replace=False):
        centre, scale = np.nanmean(reference[:, j]), np.nanstd(reference[:, j])
        standard = ((rows[:, [j]] - centre) / scale).astype(np.float32)
        before = standard.copy()
        drift.change(standard, stream.window[stream.first :] - stream.start, np.array([0]), rng)
        moved = (standard != before)[:, 0] & ~np.isnan(rows[:, j])
        after = standard[:, 0] * scale + centre
        known = reference[:, j][~np.isnan(reference[:, j])]
        if (known == np.rint(known)).all():  # whole numbers stay whole
            after = np.rint(after)
        rows[moved, j] = after[moved]
    return rows


def _lose_level(rows: Floats, columns: np.ndarray, rng: np.random.Generator) -> Floats | None:
    """Half of the rows of the level whose share is nearest to 0.1 take another row's level."""
    found = [
        (abs(count / len(rows) - 0.1), j, level)
        for j in columns
        for level, count in zip(*np.unique(rows[:, j], return_counts=True), strict=True)
        if count < len(rows)
    ]
    if not found:
        return None
    _, j, level = min(found)
    inside = rows[:, j] == level
    lost = np.flatnonzero(inside & (rng.random(len(rows)) < 0.5))
    rows[lost, j] = rng.choice(rows[~inside, j], len(lost))
    return rows


def source(name: str, folder: Path | None, reference: int) -> partial[Stream]:
    """The stream of a seed: of the process that a letter of `budget.py` names, or of a real set.

    Raises:
        SystemExit: a real set without its folder.
    """
    if name in streams.REAL:
        if folder is None:
            raise SystemExit(f"{name} is a real set: name the folder with --data or LEADLINE_TEST_DATA")
        return partial(real, name, folder, reference)
    return partial(simulated, next(each for each in streams.PROTOCOL if each.name[0] == name), reference)


def title(name: str) -> str:
    """How a stream is called in a table."""
    if name in streams.REAL:
        return f"{name}, weeks shuffled"
    return next(each.name for each in streams.PROTOCOL if each.name[0] == name)
