"""Weighted calibration: the reference counts as much as it looks like the window."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.estimators.calibration import Calibrator, calibrate
from leadline.estimators.cbpe import cbpe
from leadline.estimators.declare import Method
from leadline.estimators.domain import Domain
from leadline.estimators.estimated import Estimated, cautioned
from leadline.estimators.tables import ScoreTable, of_rows
from leadline.profiles.outcomes_binary import BinaryGrid


def weighted(
    grid: BinaryGrid, domain: Domain, table: ScoreTable, metrics: Iterable[str] | None = None
) -> dict[str, Estimated]:
    """Estimate with a calibration learned from the reference rows weighted by the density ratio.

    Right under covariate shift even where the meaning of a score differs between parts of the inputs, as long
    as the reference holds rows like the window's.

    Args:
        grid: the score cells. domain: from `tell_apart`, with a labelled reference. table: the window.
        metrics: keys of `ESTIMABLE`; None: all.

    Source: Białek, Kuberski, Perrakis and Bifet, arXiv 2401.08348 (M-CBPE and PAPE).
    """
    found = cbpe(weighted_calibrator(grid, domain), table, metrics, "weighted")
    return {key: cautioned(estimated, domain.caution) for key, estimated in found.items()}


def weighted_calibrator(grid: BinaryGrid, domain: Domain) -> Calibrator:
    """The calibration for a window, with refits and corrections from the weighted reference."""
    rows = domain.reference
    return calibrate(of_rows(grid, rows.scores, rows.decisions, rows.labels, domain.weights))


METHOD = Method(
    key="weighted",
    title="Weighted calibration",
    summary="Counts each row as positive with the probability of its score among reference rows like it.",
    assumes="Labels depend on the inputs as in the reference, which holds rows like the window's.",
    needs_rows=True,
    tasks=frozenset({"binary"}),
    reference="Białek et al., arXiv 2401.08348",
)
