"""Drift metrics: functions of a `Pair`, the counts of reference and current on the same cells."""

from leadline.metrics.declare import Metric
from leadline.metrics.drift.anderson_darling import METRIC as ANDERSON_DARLING
from leadline.metrics.drift.chi_squared import METRIC as CHI_SQUARED
from leadline.metrics.drift.cramer_von_mises import METRIC as CRAMER_VON_MISES
from leadline.metrics.drift.energy import METRIC as ENERGY
from leadline.metrics.drift.g_test import METRIC as G_TEST
from leadline.metrics.drift.hellinger import METRIC as HELLINGER
from leadline.metrics.drift.jensen_shannon import METRIC as JENSEN_SHANNON
from leadline.metrics.drift.kolmogorov_smirnov import METRIC as KOLMOGOROV_SMIRNOV
from leadline.metrics.drift.kullback_leibler import METRIC as KULLBACK_LEIBLER
from leadline.metrics.drift.l_infinity import METRIC as L_INFINITY
from leadline.metrics.drift.mean_change import METRIC as MEAN_CHANGE
from leadline.metrics.drift.mean_rank_shift import METRIC as MEAN_RANK_SHIFT
from leadline.metrics.drift.psi import METRIC as PSI
from leadline.metrics.drift.total_variation import METRIC as TOTAL_VARIATION
from leadline.metrics.drift.variance_change import METRIC as VARIANCE_CHANGE
from leadline.metrics.drift.wasserstein import METRIC as WASSERSTEIN

DRIFT: tuple[Metric, ...] = (
    KOLMOGOROV_SMIRNOV,
    TOTAL_VARIATION,
    WASSERSTEIN,
    MEAN_RANK_SHIFT,
    PSI,
    JENSEN_SHANNON,
    KULLBACK_LEIBLER,
    HELLINGER,
    L_INFINITY,
    CHI_SQUARED,
    G_TEST,
    CRAMER_VON_MISES,
    ANDERSON_DARLING,
    ENERGY,
    MEAN_CHANGE,
    VARIANCE_CHANGE,
)

__all__ = ["DRIFT"]
