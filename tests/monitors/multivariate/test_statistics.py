"""Each statistic against another library or a known answer, quiet and moved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from leadline.monitors.multivariate.correlation import correlation
from leadline.monitors.multivariate.domain_classifier import domain_classifier, told_apart_by
from leadline.monitors.multivariate.mmd import Fourier, mmd
from leadline.monitors.multivariate.projections import projections
from leadline.monitors.multivariate.reconstruction import KEPT, reconstruction

UNCORRELATED = np.diag([1.0, 1.0, 1.0, 0.95])


def values(found, key):
    return next(one.values for one in found if one.key == key)


def test_projections_are_those_of_scikit_learn(baseline, traffic):
    compared = traffic.compared(baseline, traffic.draw(11, 3))
    found = projections(compared)
    fitted = PCA().fit(compared.reference.rows)
    for window in range(3):
        rows = fitted.transform(compared.current.of_window(window))[:, :3] / np.sqrt(
            fitted.explained_variance_[:3]
        )
        for i in range(3):
            mean = values(found, f"projection_{i + 1}_mean")[window]
            assert abs(mean) == pytest.approx(abs(rows[:, i].mean()), abs=0.02)
            spread = values(found, f"projection_{i + 1}_variance")[window]
            assert spread == pytest.approx(np.log(rows[:, i].var(ddof=1)), abs=0.02)


def test_the_reconstruction_error_is_that_of_scikit_learn(baseline, traffic):
    compared = traffic.compared(baseline, traffic.draw(12, 2, mix=UNCORRELATED))
    rows = compared.reference.rows
    fitted = PCA().fit(rows)
    # The components without which less than the share would be kept.
    kept = int(np.searchsorted(np.cumsum(fitted.explained_variance_ratio_), KEPT)) + 1
    fitted = PCA(kept).fit(rows)

    def error(x):
        return float(((x - fitted.inverse_transform(fitted.transform(x))) ** 2).sum(1).mean())

    found = values(reconstruction(compared), "reconstruction_error")
    expected = [error(compared.current.of_window(w)) / error(rows) for w in range(2)]
    np.testing.assert_allclose(found, expected, rtol=0.02)
    assert (found > 1.3).all()


def test_a_pair_that_no_longer_agrees_is_the_largest_change(baseline, traffic):
    """0.8 becomes 0: by 1.1 on Fisher's scale, whose standard error is about 1 / sqrt(197) here."""
    quiet = correlation(traffic.compared(baseline, traffic.draw(13, 4)))
    moved = correlation(traffic.compared(baseline, traffic.draw(13, 4, mix=UNCORRELATED)))
    assert (values(quiet, "largest_correlation_change") < 5).all()
    np.testing.assert_allclose(
        values(moved, "largest_correlation_change"), np.arctanh(0.8) * np.sqrt(197), rtol=0.25
    )
    assert (values(quiet, "correlation_change") < 0.05).all()
    assert (values(moved, "correlation_change") > 0.15).all()


def test_moves_and_stretches_of_columns_are_no_change_of_correlations(baseline, traffic):
    data = traffic.draw(14, 3)
    moved = data | {"a": 0.2 + 1.1 * data["a"], "d": data["d"] - 0.2}
    before, after = (
        values(correlation(traffic.compared(baseline, table)), "correlation_change")
        for table in (data, moved)
    )
    np.testing.assert_allclose(after, before, atol=0.02)


def test_random_features_give_the_kernel(baseline, traffic):
    """Within four standard errors of a mean of 128 cosines."""
    rows = traffic.compared(baseline).reference.rows[:300]
    fourier = Fourier.of(rows)
    some = rows[:40].astype(float)
    width = np.median(cdist(rows.astype(float), rows.astype(float))[np.triu_indices(300, 1)])
    kernel = np.exp(-(cdist(some, some) ** 2) / (2 * width**2))
    features = np.stack([fourier.mean(rows[i : i + 1]) for i in range(40)])
    assert np.abs(features @ features.T - kernel).max() < 4 / np.sqrt(128) * np.sqrt(2)
    np.testing.assert_allclose((features**2).sum(1), 1, rtol=1e-5)


def test_the_discrepancy_of_quiet_windows_is_as_often_above_0_as_not(traffic):
    """The square is unbiased: about half of its estimates are negative, and shown as 0."""
    baseline = traffic.learn(traffic.draw(15, 60))
    found = values(mmd(traffic.compared(baseline, traffic.draw(16, 60))), "mmd")
    assert 0.2 < np.mean(found > 0) < 0.8
    moved = values(mmd(traffic.compared(baseline, traffic.draw(16, 20, shift=0.7))), "mmd")
    assert moved.min() > found.max()


def test_the_area_is_a_half_for_quiet_windows_and_that_of_scikit_learn_for_moved_ones(baseline, traffic):
    quiet = values(domain_classifier(traffic.compared(baseline, traffic.draw(17, 40))), "domain_classifier")
    assert abs(quiet.mean() - 0.5) < 4 * quiet.std() / np.sqrt(40)
    compared = traffic.compared(baseline, traffic.draw(18, 10, shift=1.0))
    moved = values(domain_classifier(compared), "domain_classifier")
    rng = np.random.default_rng(19)
    expected = []
    for u in range(10):
        rows, reference = compared.current.of_window(u), compared.reference.rows
        half = rng.permutation(len(rows)) % 2 == 0
        train = np.concatenate([reference, rows[half]])
        target = np.repeat([0, 1], [len(reference), half.sum()])
        fitted = LinearDiscriminantAnalysis().fit(train, target)
        score = fitted.decision_function(np.concatenate([reference, rows[~half]]))
        expected.append(roc_auc_score(np.repeat([0, 1], [len(reference), (~half).sum()]), score))
    assert moved.mean() == pytest.approx(np.mean(expected), abs=0.02)


def test_the_classifier_sees_a_variance_that_grew_and_says_by_which_column(baseline, traffic):
    data = traffic.draw(20, 3)
    compared = traffic.compared(baseline, data | {"d": 2.0 * data["d"]})
    assert (values(domain_classifier(compared), "domain_classifier") > 0.6).all()
    for window in range(3):
        named = told_apart_by(compared, [window])[window]
        assert named[0][0] == "d"
        assert named[0][1] > 0.5
        assert sum(share for _, share in named) == pytest.approx(1)
    assert told_apart_by(compared, [99]) == {}
