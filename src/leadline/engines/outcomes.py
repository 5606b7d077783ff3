"""From columns to outcomes: which task a model has; its labels, predictions and scores as counts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.profiles import outcomes
from leadline.profiles.columns import Weights
from leadline.profiles.grid import PREFIX, Outcome
from leadline.profiles.outcomes import BinaryGrid, MulticlassGrid, RegressionGrid
from leadline.schema import ColumnSchema, Role
from leadline.settings import Settings
from leadline.tables.table import Batch, Column

Group = npt.NDArray[np.intp]
Ints = npt.NDArray[np.int64]


def learn_outcome(
    columns: Sequence[ColumnSchema], batch: Batch, settings: Settings, weighted: bool
) -> Outcome:
    """Find the task and learn its cells from the rows of the first look.

    Raises:
        DataError: the positive label cannot be told, or is not one of two label values.
    """
    by_role = {role: [c.name for c in columns if c.role is role] for role in Role}
    label = next(iter(by_role[Role.LABEL]), None)
    prediction = next(iter(by_role[Role.PREDICTION]), None)
    scores = tuple(by_role[Role.SCORE])
    if label is None:
        return Outcome(None, "no label column: name it with `label` to see performance")
    if prediction is None and not scores:
        return Outcome(None, "no prediction or score column: name one to see performance")
    data = batch.column(label)
    counts = outcomes.value_counts(data.values, data.valid, data.dictionary)
    if not counts:
        return Outcome(None, f"the label column {label!r} holds no label in the reference")
    scale = 1.0 if weighted else None
    task = outcomes.infer_task(counts, data.dictionary is None)
    if task == "multiclass" and prediction is not None and _fractional(batch.column(prediction)):
        task = "regression"
    if task == "binary" and len(scores) == 2:
        scores = _positive_score(scores, counts, settings, label)
    if task == "binary" and len(scores) <= 1:
        return _binary(data, counts, prediction, scores, batch, settings, label, scale)
    if task == "regression" or (task == "multiclass" and prediction is None and len(scores) == 1):
        name = prediction or scores[0]
        guess = batch.column(name)
        if task == "multiclass" and data.dictionary is not None:
            return Outcome(
                None,
                f"the label {label!r} has {len(counts)} values, and one score tells only two apart:"
                " name a prediction, or the common beginning of the score columns of all classes",
            )
        if data.dictionary is not None or guess.dictionary is not None or len(guess.values) != batch.rows:
            return Outcome(None, f"labels look like a regression, but {label!r} or {name!r} holds no numbers")
        grid_r = outcomes.learn_regression(_floats(data), _floats(guess), scale)
        return Outcome(grid_r, "", label, name, ())
    return _multiclass(data, counts, prediction, scores, batch, label, scale)


def _binary(
    data: Column,
    counts: Mapping[str, int],
    prediction: str | None,
    scores: Sequence[str],
    batch: Batch,
    settings: Settings,
    label: str,
    scale: float | None,
) -> Outcome:
    try:
        classes = outcomes.binary_classes(counts, settings.positive, label)
    except DataError as error:
        if settings.label is not None or settings.positive is not None:
            raise
        return Outcome(None, f"{error.what}: {label!r} holds {', '.join(counts)}; state it with `positive`")
    score = batch.column(scores[0]) if scores else None
    if score is not None and (score.dictionary is not None or len(score.values) != batch.rows):
        return Outcome(None, f"the score column {scores[0]!r} holds no numbers")
    grid = outcomes.learn_binary(
        classes,
        None if score is None else score.values,
        None if score is None else score.valid,
        _encode(data, classes),
        None if prediction is None else _encode(batch.column(prediction), classes),
        settings.threshold,
        scale,
    )
    return Outcome(grid, "", label, prediction, tuple(scores))


def _multiclass(
    data: Column,
    counts: Mapping[str, int],
    prediction: str | None,
    scores: Sequence[str],
    batch: Batch,
    label: str,
    scale: float | None,
) -> Outcome:
    ordered, classes = _scores_by_class(scores, outcomes.known_classes(counts))
    if prediction is None and not ordered:
        return Outcome(
            None,
            f"labels have {len(classes)} classes, but there is no prediction and no score for each class "
            f"(columns <score>_<class> for {', '.join(classes[:5])})",
        )
    matrix, valid = _matrix([batch.column(name) for name in ordered], batch.rows)
    grid = outcomes.learn_multiclass(
        classes,
        matrix,
        valid,
        _encode(data, classes),
        None if prediction is None else _encode(batch.column(prediction), classes),
        scale,
    )
    return Outcome(grid, "", label, prediction, ordered)


def _scores_by_class(
    scores: Sequence[str], classes: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The score columns in the order of the classes, where each class has one; and the classes.

    `score_a` is the score of class `a`. A class that has a score but no label in the reference is a class.
    """
    if len(scores) < 2:
        return (), classes
    shared = len(os.path.commonprefix(list(scores)))  # noqa: RUF071 - characters are what is wanted
    head = scores[0][:shared]
    head = head[: head.rfind("_") + 1] or head
    found = {outcomes.canonical(name[len(head) :]): name for name in scores}
    if not set(classes) <= set(found):
        return (), classes
    every = outcomes.known_classes(dict.fromkeys(found, 1))
    return tuple(found[name] for name in every), every


def _positive_score(
    scores: tuple[str, ...], counts: Mapping[str, int], settings: Settings, label: str
) -> tuple[str, ...]:
    """Of two score columns, that of the positive class."""
    ordered, classes = _scores_by_class(scores, outcomes.known_classes(counts))
    if not ordered:
        return ()
    positive = outcomes.binary_classes(dict.fromkeys(classes, 1), settings.positive, label)[1]
    return (ordered[classes.index(positive)],)


def _fractional(data: Column) -> bool:
    """Some value is a number between whole ones: an estimate, not a class."""
    if data.dictionary is not None or data.values.dtype.kind != "f":
        return False
    values = _floats(data)
    values = values[np.isfinite(values)]
    return bool((values != np.trunc(values)).any())


def _encode(data: Column, classes: Sequence[str]) -> npt.NDArray[np.int16]:
    return outcomes.encode(data.values, data.valid, data.dictionary, classes)


def _matrix(
    columns: Sequence[Column], rows: int
) -> tuple[npt.NDArray[np.float64] | None, npt.NDArray[np.bool_] | None]:
    """Scores of several classes as (rows, classes), and which rows have them all."""
    if not columns:
        return None, None
    valid = np.ones(rows, bool)
    matrix = np.empty((rows, len(columns)))
    for k, data in enumerate(columns):
        if data.dictionary is not None or len(data.values) != rows:
            matrix[:, k] = np.nan
            continue
        matrix[:, k] = data.values
        if data.valid is not None:
            valid &= data.valid
    return matrix, valid


def _floats(data: Column) -> npt.NDArray[np.float64]:
    """Numbers with NaN for null."""
    values = np.asarray(data.values, np.float64)
    return values if data.valid is None else np.where(data.valid, values, np.nan)


class OutcomeCounter:
    """Counts outcomes batch by batch (an `engines.local.Extra`)."""

    def __init__(self, outcome: Outcome) -> None:
        if outcome.grid is None:
            raise ValueError("outcomes without a grid cannot be counted")
        self.outcome, self.grid = outcome, outcome.grid
        self.columns = outcome.columns
        self._sums: list[dict[str, Ints]] = []

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch; a column that the table lacks, or whose values cannot be read, counts as missing."""
        while len(self._sums) < groups:
            self._sums.append(outcomes.empty(self.grid))
        columns = {name: data for name, data in columns.items() if len(data.values) == rows}
        if group is None:
            self._add(0, columns, None, weights)
            return
        # Rows come group by group.
        bounds = np.searchsorted(group, np.arange(groups + 1))
        for g in range(groups):
            if bounds[g] < bounds[g + 1]:
                self._add(g, columns, slice(bounds[g], bounds[g + 1]), weights)

    def sums(self, groups: int) -> dict[str, Ints]:
        """Outcome arrays of shape (groups, ...), by prefixed name."""
        parts = self._sums or [outcomes.empty(self.grid) for _ in range(groups)]
        return {PREFIX + key: np.stack([part[key] for part in parts]) for key in parts[0]}

    def _add(
        self, g: int, columns: Mapping[str, Column], chosen: slice | None, weights: Weights | None
    ) -> None:
        def rows(name: str | None) -> Column | None:
            data = columns.get(name) if name is not None else None
            return data if data is None or chosen is None else data.take(chosen)

        w = None if weights is None else weights.units if chosen is None else weights.units[chosen]
        self._sums[g] = outcomes.add(self._sums[g], self._count(rows, w))

    def _count(self, rows: Callable[[str | None], Column | None], w: Any) -> dict[str, Ints]:
        grid, outcome = self.grid, self.outcome
        label, prediction = rows(outcome.label), rows(outcome.prediction)
        if isinstance(grid, RegressionGrid):
            y, p = _numbers(label), _numbers(prediction)
            return outcomes.count_regression(grid, y, p, weights=w)
        classes = grid.classes if isinstance(grid, BinaryGrid | MulticlassGrid) else ()
        y_codes = None if label is None else _encode(label, classes)
        p_codes = None if prediction is None else _encode(prediction, classes)
        found = [data for name in outcome.scores if (data := rows(name)) is not None]
        size = next((len(c) for c in (y_codes, p_codes) if c is not None), 0)
        size = size or max((len(data.values) for data in found), default=0)
        if isinstance(grid, BinaryGrid):
            score = _numbers(found[0]) if found else None
            return outcomes.count_binary(grid, y_codes, p_codes, score, None, w)
        if not isinstance(grid, MulticlassGrid):
            raise TypeError(f"no outcomes are counted on a {type(grid).__name__}")
        matrix, valid = _matrix(found, size) if len(found) == len(outcome.scores) else (None, None)
        return outcomes.count_multiclass(grid, y_codes, p_codes, matrix, valid, w)


def _numbers(data: Column | None) -> npt.NDArray[np.float64] | None:
    """The column as floats, NaN where null; None where it is missing or holds no numbers."""
    if data is None or data.dictionary is not None:
        return None
    return _floats(data)
