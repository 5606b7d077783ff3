"""Performance with several classes against scikit-learn."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.per_class import per_class
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

METRICS = {metric.key: metric for metric in PERFORMANCE if "multiclass" in metric.tasks}


def draw(seed, n, k):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(k) / 2, n)
    if seed % 3 == 0:
        scores = np.round(scores, 1)
    labels = (rng.random(n)[:, None] > scores.cumsum(1)).sum(1).clip(0, k - 1).astype(np.int16)
    weights = np.rint(rng.exponential(size=n) * 2**20 + 1) / 2**20
    return labels, scores, weights if seed % 2 else None


def seen(labels, scores, weights=None, predictions=None, classes=None):
    k = scores.shape[1] if scores is not None else len(classes)
    names = classes or tuple("abcdefgh"[:k])
    scale = None if weights is None else 1.0
    grid = outcomes.learn_multiclass(names, scores, None, labels, predictions, scale)
    counts = outcomes.count_multiclass(grid, labels, predictions, scores, weights=weights)
    return view(outcomes.decode(grid, counts))


@given(seed=st.integers(0, 10**6), n=st.sampled_from([2, 5, 60, 1500]), k=st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_metrics_agree_with_scikit_learn(seed, n, k):
    y, s, w = draw(seed, n, k)
    p = s.argmax(1)
    counts = seen(y, s, w)
    kw = {"sample_weight": w}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "accuracy": oracle.accuracy_score(y, p, **kw),
            "balanced_accuracy": oracle.balanced_accuracy_score(y, p, **kw),
            "precision": oracle.precision_score(y, p, average="macro", **kw),
            "precision_weighted": oracle.precision_score(y, p, average="weighted", **kw),
            "recall": oracle.recall_score(y, p, average="macro", **kw),
            "f1": oracle.f1_score(y, p, average="macro", **kw),
            "f1_weighted": oracle.f1_score(y, p, average="weighted", **kw),
            "f1_micro": oracle.f1_score(y, p, average="micro", **kw),
            "f2": oracle.fbeta_score(y, p, beta=2, average="macro", **kw),
            "mcc": oracle.matthews_corrcoef(y, p, **kw),
            "cohen_kappa": oracle.cohen_kappa_score(y, p, **kw),
            "log_loss": np.average(-np.log(np.clip(s[np.arange(n), y], 2**-52, 1 - 2**-52)), weights=w),
            "brier": np.average(((s - np.eye(k)[y]) ** 2).sum(1), weights=w),
        }
        if k > 2:
            expected["top_2_accuracy"] = oracle.top_k_accuracy_score(y, s, k=2, labels=range(k), **kw)
        areas = [oracle.roc_auc_score(y == c, s[:, c], **kw) for c in range(k) if 0 < (y == c).sum() < n]
    for key, metric in METRICS.items():
        got = metric.compute(counts)
        if np.isnan(got.value):
            assert got.reason[()], key
            continue
        assert metric.range[0] - 1e-9 <= got.value <= metric.range[1] + 1e-9, key
        if key in expected:
            assert float(got.value) == pytest.approx(expected[key], abs=1e-8), key
        if key == "roc_auc":
            assert abs(got.value - np.mean(areas)) <= got.bin_error + 1e-9


def test_each_class_has_the_values_of_its_binary_problem():
    y, s, _ = draw(5, 2000, 3)
    p = s.argmax(1)
    got = per_class(seen(y, s))
    assert got["precision"].value == pytest.approx(oracle.precision_score(y, p, average=None))
    assert got["recall"].value == pytest.approx(oracle.recall_score(y, p, average=None))
    assert got["f1"].value == pytest.approx(oracle.f1_score(y, p, average=None))
    assert got["prevalence"].value == pytest.approx(np.bincount(y) / len(y))
    assert got["predicted_positive_share"].value == pytest.approx(np.bincount(p) / len(p))
    for c in range(3):
        assert got["accuracy"].value[c] == pytest.approx(np.mean((y == c) == (p == c)))
        exact = oracle.roc_auc_score(y == c, s[:, c])
        assert abs(got["roc_auc"].value[c] - exact) <= got["roc_auc"].bin_error[c]


def test_labels_that_are_no_class_count_as_wrong():
    """A row whose label is new cannot be right, and rows without a prediction take no part."""
    y, p = np.array([0, 1, -2, 0, 1], np.int16), np.array([0, 1, -2, -1, 0], np.int16)
    counts = seen(y, None, predictions=p, classes=("a", "b"))
    assert float(METRICS["accuracy"].compute(counts).value) == 0.5


def test_predictions_alone_are_enough_for_the_confusion_matrix():
    y = np.array([0, 1, 2, 2], np.int16)
    counts = seen(y, None, predictions=y, classes=("a", "b", "c"))
    assert float(METRICS["f1"].compute(counts).value) == 1.0
    for key in ("roc_auc", "log_loss", "top_2_accuracy"):
        assert METRICS[key].compute(counts).reason[()] in ("there is no score", "there are no scores")


def test_a_class_that_is_missing_on_this_side_takes_no_part_in_the_mean():
    """As scikit-learn: classes are those that occur as label or prediction."""
    y = np.array([0, 0, 1, 1], np.int16)
    p = np.array([0, 1, 1, 1], np.int16)
    counts = seen(y, None, predictions=p, classes=("a", "b", "c"))
    assert float(METRICS["f1"].compute(counts).value) == pytest.approx(oracle.f1_score(y, p, average="macro"))


def test_scores_that_are_missing_leave_the_decision_in_use():
    y = np.array([0, 1, 1], np.int16)
    s = np.array([[0.9, 0.1], [np.nan, 0.5], [0.2, 0.8]])
    grid = outcomes.learn_multiclass(("a", "b"), s, None, y, y)
    counts = view(outcomes.decode(grid, outcomes.count_multiclass(grid, y, y, s)))
    assert counts.status["score_bad"] == 1
    assert float(METRICS["accuracy"].compute(counts).value) == 1.0
    assert float(METRICS["log_loss"].compute(counts).value) == pytest.approx(-np.log([0.9, 0.8]).mean())


def test_many_classes_keep_their_tables_small_and_their_ranks_sharp():
    rng = np.random.default_rng(6)
    k, n = 64, 4000
    y = rng.integers(0, k, n).astype(np.int16)
    s = rng.dirichlet(np.ones(k), n)
    s[np.arange(n), y] += 0.02
    s /= s.sum(1, keepdims=True)
    names = tuple(f"c{i}" for i in range(k))
    grid = outcomes.learn_multiclass(names, s, None, y)
    counts = outcomes.count_multiclass(grid, y, None, s)
    assert grid.cells <= 256
    assert counts["cells"].nbytes < 500_000
    got = METRICS["roc_auc"].compute(view(outcomes.decode(grid, counts)))
    assert got.bin_error <= 0.005
    exact = np.mean([oracle.roc_auc_score(y == c, s[:, c]) for c in range(k)])
    assert abs(got.value - exact) <= got.bin_error
