"""Telling a window from the reference: how far they are apart, and how much each reference row counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.estimators.boosting import boost_probability
from leadline.estimators.calibration import SEED
from leadline.estimators.rows import Sample
from leadline.estimators.support import cautions
from leadline.estimators.tables import Floats

FOLDS = 2
ROWS_MIN = 100
"""Rows of a window below which it is not told from the reference."""

RATIO_MIN, RATIO_MAX = 0.001, 19.0
"""Density ratios are clipped here; above, the classifier is 95 % sure that a row is the window's."""

SHIFTED = 0.55
"""Domain AUC above which a window is taken to have other inputs than the reference."""


@dataclass(frozen=True)
class Domain:
    """A window against a reference.

    Attributes:
        reference: the reference rows that were looked at.
        weights: shape (len(reference),): density of the window over that of the reference at each of them,
            clipped.
        auc: how well held-out rows of both are told apart: 0.5 not at all, 1 fully.
        effective: (sum w)^2 / sum w^2 as a share of the reference rows.
        unsupported: share of the window's rows with a density ratio above `RATIO_MAX`.
        shifted: the AUC is above `SHIFTED` and above what chance makes of windows of this size.
    """

    reference: Sample
    weights: Floats
    auc: float
    effective: float
    unsupported: float
    shifted: bool

    @property
    def caution(self) -> npt.NDArray[np.object_]:
        """Why estimates for this window extrapolate, shape (): "" where the reference holds rows like it."""
        return cautions(np.asarray(self.effective), np.asarray(self.unsupported))


def tell_apart(reference: Sample, window: Sample) -> Domain:
    """Fit a domain classifier on features and score, cross-fitted, and weigh the reference by it.

    Args:
        reference, window: with the same features; labels play no part. Windows of fewer than `ROWS_MIN` rows
            count as not shifted, with weights of 1.

    Source: density ratios by classification, Bickel et al., JMLR 10 (2009).
    """
    rng = np.random.default_rng(SEED)
    reference, window = reference.thinned(rng), window.thinned(rng)
    m, n = len(reference), len(window)
    if n < ROWS_MIN or m < ROWS_MIN:
        return Domain(reference, np.ones(m), 0.5, 1.0, 0.0, False)
    features, categorical = reference.inputs()
    features = np.concatenate([features, window.inputs()[0]])
    target = np.repeat([0.0, 1.0], [m, n])
    fold = rng.permuted(np.arange(m + n) % FOLDS)
    raw = np.empty(m + n)
    for held in range(FOLDS):
        fit, out = fold != held, fold == held
        raw[out] = boost_probability(features[fit], categorical, target[fit]).predict(features[out])
    ratio = np.exp(np.clip(raw + np.log(m / n), -50, 50))
    weights = np.clip(ratio[:m], RATIO_MIN, RATIO_MAX)
    auc = area_under_curve(raw[:m], raw[m:])
    chance = 0.5 + 3 * np.sqrt((1 / m + 1 / n) / 12)
    return Domain(
        reference=reference,
        weights=weights,
        auc=auc,
        effective=float(weights.sum() ** 2 / (weights**2).sum() / m),
        unsupported=float((ratio[m:] > RATIO_MAX).mean()),
        shifted=auc > max(SHIFTED, chance),
    )


def area_under_curve(negative: npt.NDArray[np.floating], positive: npt.NDArray[np.floating]) -> float:
    """Share of pairs in which the positive has the higher score; ties count half. Neither may be empty."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(ordered)))
