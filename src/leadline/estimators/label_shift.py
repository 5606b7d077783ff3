"""Label shift: the classes' shares move while each class keeps its scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from leadline.estimators.calibration import SEED, Calibrator
from leadline.estimators.estimated import Estimated, Outcomes, cautioned, measured, unavailable
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.support import folded
from leadline.estimators.tables import NONE, Filled, Floats, ScoreTable
from leadline.metrics.special import chi_squared_sf

FOLDS = 20
"""Groups of score cells, of about equal reference mass, in which the assumption is tested."""

REJECTED = 0.01
"""p-value below which label shift does not explain the scores."""

Prevalence = Callable[[Floats, Floats, ScoreTable], tuple[Floats, Floats]]
"""From calibrated probabilities (C,), labelled reference rows (C, 3, 3) and windows: the windows' share of
positives, shape (...), and its standard error from the window's rows."""


def label_shift(
    calibrator: Calibrator,
    table: ScoreTable,
    prevalence: Prevalence,
    method: str,
    metrics: Iterable[str] | None = None,
) -> dict[str, Estimated]:
    """Estimate metrics with posteriors moved to the windows' share of positives.

    With a share pi in the window and pi0 in the reference, the probability c of a score becomes
    c a / (c a + (1 - c) b), a = pi / pi0, b = (1 - pi) / (1 - pi0). A caution says where the window's scores
    are not such a mixture of the reference's.

    Source: Saerens, Latinne and Decaestecker, Neural Comput. 14 (2002).
    """
    keys = list(ESTIMABLE if metrics is None else metrics)
    shape = table.rows.shape[:-3]
    if calibrator.reason:
        return {key: unavailable(shape, calibrator.reason, method) for key in keys}
    rng = np.random.default_rng(SEED)
    share, error = prevalence(calibrator.probability, calibrator.table.rows, table)
    moved = _moved(calibrator.probability, calibrator.table.rows, share)
    deviations = np.empty((len(calibrator.refits), *moved.shape))
    for b, (probability, rows) in enumerate(zip(calibrator.refits, calibrator.drawn, strict=True)):
        again, _ = prevalence(probability, rows, table)
        again = np.clip(again + error * rng.standard_normal(error.shape), 0.0, 1.0)
        deviations[b] = _moved(probability, rows, again) - moved
    outcomes = Outcomes(Filled(table, table.unlabelled * moved[..., None]), deviations, calibrator)
    caution = _cautions(misfit(calibrator.table, table, share))
    return {key: cautioned(measured(ESTIMABLE[key], outcomes, method), caution) for key in keys}


def prior(rows: Floats) -> float:
    """Share of positives among labelled reference rows (C, 3, 3)."""
    by_class = rows.sum((0, 1))
    return float(by_class[1] / by_class[:NONE].sum())


def _moved(probability: Floats, rows: Floats, share: Floats) -> Floats:
    """Probabilities (..., C) at the share of positives (...)."""
    base = prior(rows)
    up = probability * (share / base)[..., None]
    down = (1 - probability) * ((1 - share) / (1 - base))[..., None]
    total = up + down
    return np.where(total > 0, up / np.where(total > 0, total, 1.0), probability)


def misfit(reference: ScoreTable, table: ScoreTable, share: Floats) -> Floats:
    """p-value of the windows' scores being the mixture of the reference's classes at `share`, shape (...).

    Pearson's chi-squared on cells of equal reference mass, both samples random.
    """
    known = reference.rows.sum(-2)[:, :NONE]
    effective = reference.rows.sum() / reference.squares.sum() / np.max(reference.inflation)
    totals = known.sum(0)
    mass = known.sum(-1)
    by_class = folded((known / totals).T, mass, FOLDS)
    here = table.mass
    with np.errstate(divide="ignore", invalid="ignore"):
        n = here.sum(-1) ** 2 / table.squares.sum((-1, -2, -3)) / table.inflation
        seen = folded(here, mass, FOLDS) / here.sum(-1, keepdims=True)
        pi = share[..., None]
        mixed = pi * by_class[1] + (1 - pi) * by_class[0]
        noise = pi**2 * by_class[1] / totals[1] + (1 - pi) ** 2 * by_class[0] / totals[0]
        variance = mixed / n[..., None] + noise / effective
        statistic = np.where(variance > 0, (seen - mixed) ** 2 / variance, 0.0).sum(-1)
    p = chi_squared_sf(np.nan_to_num(statistic), max(by_class.shape[-1] - 2, 1))
    return np.where(np.isfinite(statistic), p, np.nan)


def _cautions(p: Floats) -> npt.NDArray[np.object_]:
    out = np.full(p.shape, "", object)
    for index in np.ndindex(p.shape):
        if p[index] < REJECTED:
            out[index] = f"label shift does not explain the scores (p = {p[index]:.2g})"
    return out
