"""Maximum likelihood label shift: the share of positives under which the window's scores are most likely."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from leadline.estimators.calibration import Calibrator
from leadline.estimators.declare import Method
from leadline.estimators.estimated import Estimated
from leadline.estimators.label_shift import label_shift, prior
from leadline.estimators.tables import Floats, ScoreTable

STEPS = 30
NEAR = 1e-9


def mlls(
    calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str] | None = None
) -> dict[str, Estimated]:
    """Estimate metrics under label shift, with the maximum likelihood share of positives.

    Arguments as in `cbpe`. Source: Saerens et al., Neural Comput. 14 (2002); Alexandari, Kundaje and
    Shrikumar, ICML (2020).
    """
    return label_shift(calibrator, table, likely_prevalence, "mlls", metrics)


def likely_prevalence(probability: Floats, rows: Floats, table: ScoreTable) -> tuple[Floats, Floats]:
    """The share of positives with the largest likelihood, by Newton's method on a concave function."""
    base = prior(rows)
    here = table.mass
    odd, even = probability / base, (1 - probability) / (1 - base)
    share = np.full(here.shape[:-1], base)
    information = np.ones(share.shape)
    for _ in range(STEPS):
        pull = (odd - even) / np.maximum(share[..., None] * odd + (1 - share[..., None]) * even, 1e-12)
        information = np.maximum((here * pull**2).sum(-1), 1e-12)
        step = (here * pull).sum(-1) / information
        share, before = np.clip(share + step, 1e-6, 1 - 1e-6), share
        if np.all(np.abs(share - before) < NEAR):
            break
    return share, np.minimum(1 / np.sqrt(information), 0.5)


METHOD = Method(
    key="mlls",
    title="Maximum likelihood label shift",
    summary="Moves calibrated probabilities to the share of positives that makes the scores most likely.",
    assumes="Only the shares of the classes move; the scores of each class stay.",
    needs_rows=False,
    tasks=frozenset({"binary"}),
    reference="Alexandari, Kundaje and Shrikumar, ICML (2020)",
)
