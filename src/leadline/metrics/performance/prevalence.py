"""Shares of rows: positive labels, positive decisions, conversions."""

from __future__ import annotations

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, proportion
from leadline.metrics.performance.views import BinaryCounts


def prevalence(counts: BinaryCounts) -> Estimate:
    """Share of labelled rows whose label is positive, 0..1; shape (...). NaN without labels."""
    c, s = counts.confusion, counts.confusion_squares
    total = c[..., :2, :].sum((-1, -2))
    squares = s[..., :2, :].sum((-1, -2))
    positive = c[..., 1, :].sum(-1)
    return proportion(positive, total, squares, counts.inflation, [(total == 0, "no row has a label")])


def predicted_positive_share(counts: BinaryCounts) -> Estimate:
    """Share of decisions that are positive, labelled or not, 0..1; shape (...). NaN without decisions."""
    c, s = counts.confusion, counts.confusion_squares
    total = c[..., :2].sum((-1, -2))
    squares = s[..., :2].sum((-1, -2))
    positive = c[..., 1].sum(-1)
    return proportion(positive, total, squares, counts.inflation, [(total == 0, "no row has a prediction")])


def conversion_rate(counts: BinaryCounts) -> Estimate:
    """Share of all rows with a positive label, 0..1; a label that never came counts as none. Shape (...)."""
    c, s = counts.confusion, counts.confusion_squares
    total, squares = c.sum((-1, -2)), s.sum((-1, -2))
    unlabelled = c[..., :2, :].sum((-1, -2)) == 0
    problems = [(total == 0, "no rows"), (unlabelled, "no row has a label")]
    return proportion(c[..., 1, :].sum(-1), total, squares, counts.inflation, problems)


PREVALENCE = Metric(
    key="prevalence",
    title="Prevalence",
    family="performance",
    summary="Share of labels that are positive.",
    tasks=frozenset({"binary"}),
    range=(0.0, 1.0),
    worse="either",
    unit="share",
    reference="Wilson, J. Am. Stat. Assoc. 22 (1927)",
    compute=prevalence,
)

PREDICTED_POSITIVE_SHARE = Metric(
    key="predicted_positive_share",
    title="Predicted positive share",
    family="performance",
    summary="Share of decisions that are positive.",
    tasks=frozenset({"binary"}),
    range=(0.0, 1.0),
    worse="either",
    unit="share",
    reference="Wilson, J. Am. Stat. Assoc. 22 (1927)",
    compute=predicted_positive_share,
)

CONVERSION_RATE = Metric(
    key="conversion_rate",
    title="Conversion rate",
    family="performance",
    summary="Share of all rows that turned out positive; a missing label counts as no conversion.",
    tasks=frozenset({"binary"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Wilson, J. Am. Stat. Assoc. 22 (1927)",
    compute=conversion_rate,
)
