"""How long labels take: rows by class of the label and by delay, as counts that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.grid import Grid
from leadline.profiles.outcomes import MISSING, BinaryGrid, MulticlassGrid, encode
from leadline.schema import Role

Ints = npt.NDArray[np.int64]

DELAYS = "delay/labels"
"""Name of the counts among the sums of a profile: shape (..., classes, CELLS + 1)."""

MINUTE = 60_000_000
OCTAVES, PER_OCTAVE = 21, 8

EDGES = np.concatenate([[0.0], MINUTE * 2.0 ** (np.arange(OCTAVES * PER_OCTAVE + 1) / PER_OCTAVE)])
"""Inner edges, microseconds: 0, then eight an octave from one minute to four years. Cell i holds delays from
EDGES[i] on; the last cell has no end. A delay of a minute or more is known to within 9 %."""

CELLS = len(EDGES)

UNTIMED = CELLS
"""Place of labels whose delay is not known: one of both times is missing, or the label is older than its
prediction."""

CLASSES_MAX = 16
"""Classes whose delays are counted apart; the rarer ones share the last place."""


def classes(grid: Grid) -> tuple[str, ...]:
    """Names of the classes whose delays are counted apart; one, "", where labels are numbers.

    Of more than 16 classes those after the fifteenth share the last place, named "(other)".
    """
    plan = grid.outcome.grid
    if not isinstance(plan, BinaryGrid | MulticlassGrid):
        return ("",)
    names = tuple(plan.classes)
    return names if len(names) <= CLASSES_MAX else (*names[: CLASSES_MAX - 1], "(other)")


def columns(grid: Grid) -> tuple[str, str, str] | None:
    """Names of the label, its time and the prediction's time; None where the model lacks one of them."""
    named = {column.role: column.name for column in grid.columns}
    label = grid.outcome.label if grid.outcome.grid is not None else None
    arrived, predicted = named.get(Role.LABEL_TIMESTAMP), named.get(Role.TIMESTAMP)
    return None if label is None or arrived is None or predicted is None else (label, arrived, predicted)


def class_codes(
    grid: Grid,
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None,
    dictionary: Any,
) -> npt.NDArray[np.intp]:
    """Place of each label among `classes`; -1 where there is none, or none that the model knows."""
    plan = grid.outcome.grid
    if isinstance(plan, BinaryGrid | MulticlassGrid):
        codes = encode(values, valid, dictionary, plan.classes).astype(np.intp)
        return np.minimum(np.where(codes < 0, MISSING, codes), len(classes(grid)) - 1)
    if dictionary is not None:
        return np.full(len(values), -1, np.intp)
    present = np.isfinite(np.asarray(values, np.float64))
    return np.where(present if valid is None else present & valid, 0, -1).astype(np.intp)


def count_delays(
    codes: npt.NDArray[np.intp],
    delays: npt.NDArray[np.float64],
    group: npt.NDArray[np.intp] | None,
    groups: int,
    number: int,
) -> Ints:
    """Labels by group, class and delay: shape (groups, number, CELLS + 1).

    Args:
        codes: shape (n,): class of each row's label, negative: no label; such rows are not counted.
        delays: shape (n,), microseconds from prediction to label; NaN and negative: unknown.
        group: shape (n,), or None: one group.
        number: of classes.
    """
    width = CELLS + 1
    known = delays >= 0
    cell = np.where(known, np.searchsorted(EDGES, np.where(known, delays, 0.0), side="right") - 1, UNTIMED)
    place = codes * width + cell
    if group is not None:
        place = place + group * (number * width)
    counted = np.bincount(place[codes >= 0], minlength=groups * number * width)
    return counted.reshape(groups, number, width).astype(np.int64)
