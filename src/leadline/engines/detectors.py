"""Row-wise drift detectors of the `river` package, run over the errors of a model in the order of time.

They look at each row as its label comes and say at which row errors began to differ. How often they say so
where nothing changes follows from their own settings and from the stream, and is not calibrated: they stand
beside the verdict, outside the budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.engines.sampling import row_outcomes
from leadline.errors import MissingExtraError
from leadline.profiles.grid import Grid
from leadline.profiles.outcomes import BinaryGrid, RegressionGrid
from leadline.settings import Detector
from leadline.tables.table import Batch, Table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHOWN = 100
"""Detected changes that are told one by one; the first ones."""

WAITING = 1 << 20
"""Rows that are held back to be put into the order of time."""

SEED = 20

_OF_ERRORS = frozenset({"ddm", "eddm", "hddm_a", "hddm_w"})
"""They count right and wrong answers, and cannot read the size of an error."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a change was detected.

    Attributes:
        row: of the current table's labelled rows in the order in which they were looked at, from 1 on.
        time: of that row, microseconds since 1970 UTC; None without times.
    """

    row: int
    time: int | None


@dataclass(frozen=True, slots=True)
class Detected:
    """What one detector said.

    Attributes:
        detector: its key.
        changes: how often it saw a change in the current table; `moments`: of the first `SHOWN`.
        rows: rows of the current table that it looked at; `warmed_up`: of the reference before them.
        disordered: rows that came later in the table than `WAITING` rows of a later time.
        reason: why it says nothing, or "".
    """

    detector: Detector
    changes: int = 0
    moments: tuple[Moment, ...] = ()
    rows: int = 0
    warmed_up: int = 0
    disordered: int = 0
    reason: str = ""


def require(detectors: Sequence[Detector]) -> None:
    """See that the detectors can be made, before any row is read.

    Raises:
        MissingExtraError: their package is not installed.
    """
    for name in detectors:
        _made(name)


def detect(
    detectors: Sequence[Detector],
    grid: Grid,
    timestamp: str | None,
    reference: Table | None,
    current: Table | None,
) -> tuple[Detected, ...]:
    """Run detectors over the errors of the current table: 0 or 1, or the absolute error of a regression.

    Rows without a label, without an answer of the model or (where there are times) without a time are left
    out. Memory does not grow with the tables. One row takes a detector about a microsecond, `hddm_a` and
    `hddm_w` ten, and `kswin` nearly a millisecond.

    Args:
        detectors: by key.
        grid: says which columns hold labels and answers.
        timestamp: column of the time, as microseconds; None: rows are taken in the table's order.
        reference: its rows are looked at first, so that detectors know the usual; None: they are not at hand.
        current: as counted; None: of it, too, there are no rows at hand.
    """
    return tuple(_one(name, grid, timestamp, reference, current) for name in detectors)


def _one(
    name: Detector, grid: Grid, timestamp: str | None, reference: Table | None, current: Table | None
) -> Detected:
    if grid.outcome.grid is None:
        return Detected(name, reason=grid.outcome.reason)
    if name in _OF_ERRORS and isinstance(grid.outcome.grid, RegressionGrid):
        return Detected(name, reason="it counts wrong answers, and a regression has errors of any size")
    if current is None or not current.replayable:
        return Detected(name, reason="needs the rows of the current table, and to read them a second time")
    detector, warmed_up = _made(name), 0
    if reference is not None and reference.replayable:
        for _, errors in _in_order(_errors(reference, grid, timestamp)):
            warmed_up += len(errors)
            for error in errors.tolist():
                detector.update(error)
    rows = changes = disordered = 0
    latest = int(np.iinfo(np.int64).min)
    moments: list[Moment] = []
    for times, errors in _in_order(_errors(current, grid, timestamp)):
        if times is not None:
            disordered += int((times < latest).sum())
            latest = int(np.max(times, initial=latest))
        for at, error in enumerate(errors.tolist()):
            detector.update(error)
            if detector.drift_detected:
                changes += 1
                if len(moments) < SHOWN:
                    moments.append(Moment(rows + at + 1, None if times is None else int(times[at])))
        rows += len(errors)
    reason = "" if rows else "no row of the current table has a label and an answer of the model"
    return Detected(name, changes, tuple(moments), rows, warmed_up, disordered, reason)


def _made(name: Detector) -> Any:
    try:
        from river import drift
    except ImportError:
        raise MissingExtraError.named("river", "detectors", "the option `detectors`") from None
    made: dict[Detector, Any] = {
        "adwin": drift.ADWIN,
        "page_hinkley": drift.PageHinkley,
        "kswin": drift.KSWIN,
        "ddm": drift.binary.DDM,
        "eddm": drift.binary.EDDM,
        "hddm_a": drift.binary.HDDMA,
        "hddm_w": drift.binary.HDDMW,
    }
    return made[name](seed=SEED) if name == "kswin" else made[name]()


_Part = tuple[Ints | None, Floats]
"""Times (None without any) and errors of some rows."""


def _errors(table: Table, grid: Grid, timestamp: str | None) -> Iterator[_Part]:
    """Times and errors of the rows that have both, batch by batch."""
    here = {item.name for item in table.fields}
    timed = timestamp if timestamp in here else None
    names = [name for name in grid.outcome.columns if name in here]
    for batch in table.batches([*names, *([timed] if timed else [])]):
        errors = _wrong(grid, batch, names)
        known = np.isfinite(errors)
        if timed is None:
            yield None, errors[known]
            continue
        data = batch.column(timed)
        if data.dictionary is not None or len(data.values) != batch.rows:
            continue
        if data.valid is not None:
            known &= data.valid
        yield data.values[known].astype(np.int64), errors[known]


def _wrong(grid: Grid, batch: Batch, names: Sequence[str]) -> Floats:
    """The error of each row, shape (rows,); NaN without a label or an answer."""
    score, prediction, label = row_outcomes(
        grid.outcome, {name: batch.column(name) for name in names}, batch.rows
    )
    plan = grid.outcome.grid
    if isinstance(plan, RegressionGrid):
        return np.abs(label - prediction)
    if isinstance(plan, BinaryGrid) and grid.outcome.prediction is None and plan.threshold is not None:
        prediction = np.where(np.isfinite(score), score >= plan.threshold, -1.0)
    # Codes below 0: no value, or none of the classes.
    return np.where((label >= 0) & (prediction >= 0), label != prediction, np.nan)


def _in_order(parts: Iterator[_Part]) -> Iterator[_Part]:
    """The same rows in the order of time, as far as `WAITING` rows reach; equal times stay in their order."""
    waiting: list[tuple[Ints, Floats]] = []
    held = 0
    for times, errors in parts:
        if times is None:
            yield None, errors
            continue
        waiting.append((times, errors))
        held += len(times)
        if held >= 2 * WAITING:
            times, errors = _sorted(waiting)
            yield times[:-WAITING], errors[:-WAITING]
            waiting, held = [(times[-WAITING:], errors[-WAITING:])], WAITING
    if waiting:
        yield _sorted(waiting)


def _sorted(parts: Sequence[tuple[Ints, Floats]]) -> tuple[Ints, Floats]:
    times, errors = (np.concatenate(side) for side in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return times[order], errors[order]
