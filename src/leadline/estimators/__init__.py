"""Performance without labels: calibrated probabilities in place of outcomes.

Everything starts from a `ScoreTable` (rows by score cell, decision and outcome) of the reference and of
windows; most methods need no more. Where the inputs move, `estimate` asks for rows.
"""

from leadline.estimators import atc as _atc
from leadline.estimators import bbse as _bbse
from leadline.estimators import cbpe as _cbpe
from leadline.estimators import direct_loss as _direct_loss
from leadline.estimators import importance as _importance
from leadline.estimators import mlls as _mlls
from leadline.estimators import weighted as _weighted
from leadline.estimators.atc import atc
from leadline.estimators.bbse import bbse
from leadline.estimators.blend import blend_losses, blended, contradiction, realised
from leadline.estimators.calibration import LABELLED_MIN, Calibrator, calibrate
from leadline.estimators.cbpe import cbpe
from leadline.estimators.choose import Rows, estimate
from leadline.estimators.declare import Method
from leadline.estimators.direct_loss import LossModel, direct_loss, learn_loss
from leadline.estimators.domain import Domain, tell_apart
from leadline.estimators.estimated import CONCEPT_DRIFT, Estimated
from leadline.estimators.importance import importance
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.mlls import mlls
from leadline.estimators.multiclass import MULTICLASS, calibrate_multiclass, cbpe_multiclass
from leadline.estimators.rows import Sample
from leadline.estimators.tables import ScoreTable, of_counts, of_rows
from leadline.estimators.weighted import weighted

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        _cbpe.METHOD,
        _weighted.METHOD,
        _importance.METHOD,
        _mlls.METHOD,
        _bbse.METHOD,
        _atc.METHOD,
        _direct_loss.METHOD,
    )
}
"""Every method by key. A new method is its own file and one line here."""

__all__ = [
    "CONCEPT_DRIFT",
    "ESTIMABLE",
    "LABELLED_MIN",
    "METHODS",
    "MULTICLASS",
    "Calibrator",
    "Domain",
    "Estimated",
    "LossModel",
    "Method",
    "Rows",
    "Sample",
    "ScoreTable",
    "atc",
    "bbse",
    "blend_losses",
    "blended",
    "calibrate",
    "calibrate_multiclass",
    "cbpe",
    "cbpe_multiclass",
    "contradiction",
    "direct_loss",
    "estimate",
    "importance",
    "learn_loss",
    "mlls",
    "of_counts",
    "of_rows",
    "realised",
    "tell_apart",
    "weighted",
]
