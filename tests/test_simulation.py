from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leadline.simulation import credit

DISCRETE = {"channel", "state", "purpose", "employer", "has_mortgage", "loan_months", "defaulted"}


def test_one_seed_one_deployment() -> None:
    first, again, other = credit(500, 200, seed=1), credit(500, 200, seed=1), credit(500, 200, seed=2)
    for name in first.reference:
        np.testing.assert_array_equal(first.current[name], again.current[name])
    assert not np.array_equal(first.current["income"], other.current["income"])


def test_sizes_and_columns_are_those_asked_for() -> None:
    deployment = credit(700, 300, seed=3)
    assert {len(values) for values in deployment.reference.values()} == {700}
    assert {len(values) for values in deployment.current.values()} == {300}
    assert list(deployment.reference) == list(deployment.current)
    assert set(deployment.roles.values()) | deployment.drifted <= set(deployment.reference)


@pytest.mark.parametrize("drift", [True, False])
def test_only_what_is_said_to_drift_drifts(drift: bool) -> None:
    """Two-sample Kolmogorov-Smirnov and chi-squared tests of SciPy, on 40,000 rows, at one in a million."""
    deployment = credit(20_000, 20_000, seed=4, drift=drift)
    for name, reference in deployment.reference.items():
        if name in ("application_id", "requested_at"):
            continue
        current = deployment.current[name]
        if name in DISCRETE:
            levels = np.unique(np.concatenate([reference, current]))
            counts = [[np.count_nonzero(side == level) for level in levels] for side in (reference, current)]
            p = stats.chi2_contingency(counts).pvalue
        else:
            p = stats.ks_2samp(reference, current, nan_policy="omit").pvalue
            missing = [[np.isnan(side).sum(), np.isfinite(side).sum()] for side in (reference, current)]
            if np.array(missing)[:, 0].any():
                p = min(p, stats.fisher_exact(missing).pvalue)
        assert (p < 1e-6) == (name in deployment.drifted), f"{name}: p {p}"


def test_the_model_ranks_worse_after_the_drift() -> None:
    """ROC AUC as the probability that a defaulter scores higher (Mann-Whitney, SciPy)."""
    deployment = credit(20_000, 20_000, seed=5)

    def auc(side: dict[str, np.ndarray]) -> float:
        bad = side["defaulted"] == 1
        u = stats.mannwhitneyu(side["p_default"][bad], side["p_default"][~bad]).statistic
        return float(u / bad.sum() / (~bad).sum())

    assert auc(deployment.reference) > 0.8
    assert auc(deployment.current) < auc(deployment.reference) - 0.04
