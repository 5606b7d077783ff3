"""Black box shift estimation: the share of positives from the decisions and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from leadline.estimators.calibration import Calibrator
from leadline.estimators.declare import Method
from leadline.estimators.estimated import NEEDS_DECISIONS, Estimated, explained
from leadline.estimators.label_shift import label_shift
from leadline.estimators.tables import NONE, Floats, ScoreTable


def bbse(
    calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str] | None = None
) -> dict[str, Estimated]:
    """Estimate metrics under label shift, with the share of positives that the decisions imply.

    Arguments as in `cbpe`. NaN where decisions are unknown, or say nothing about the label.

    Source: Lipton, Wang and Smola, ICML (2018), arXiv 1802.03916.
    """
    found = label_shift(calibrator, table, implied_prevalence, "bbse", metrics)
    decided = table.rows[..., :NONE, :].sum((-1, -2, -3))
    return {key: explained(value, decided == 0, NEEDS_DECISIONS) for key, value in found.items()}


def implied_prevalence(probability: Floats, rows: Floats, table: ScoreTable) -> tuple[Floats, Floats]:
    """The share pi with P(decided positive) = pi * recall + (1 - pi) * false positive rate."""
    counted = rows.sum(0)[:NONE, :NONE]
    here = table.rows.sum((-1, -3))
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = counted[1] / counted.sum(0)
        decided = here[..., :NONE].sum(-1)
        chosen = here[..., 1] / decided
        gap = rates[1] - rates[0]
        share = np.clip((chosen - rates[0]) / gap, 0.0, 1.0)
        error = np.sqrt(chosen * (1 - chosen) / decided) / np.abs(gap)
    known = np.isfinite(share) & np.isfinite(error)
    return np.where(known, share, np.nan), np.where(known, np.minimum(error, 0.5), np.nan)


METHOD = Method(
    key="bbse",
    title="Black box shift estimation",
    summary="Moves calibrated probabilities to the share of positives that the decisions imply.",
    assumes="Only the shares of the classes move; the scores of each class stay.",
    needs_rows=False,
    tasks=frozenset({"binary"}),
    reference="Lipton, Wang and Smola, ICML (2018)",
)
