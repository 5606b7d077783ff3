"""Accuracy."""

from __future__ import annotations

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, proportion
from leadline.metrics.performance.margins import hits
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def accuracy(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Share of labelled rows whose decision is right, 0..1; shape (...). NaN without a labelled decision."""
    table = counts.table
    right = hits(table, isinstance(counts, MulticlassCounts)).sum(-1)
    total = table.sum((-1, -2))
    squares = counts.table_squares.sum((-1, -2))
    return proportion(right, total, squares, counts.inflation, [(total == 0, NO_PAIRS)])


METRIC = Metric(
    key="accuracy",
    title="Accuracy",
    family="performance",
    summary="Share of decisions that are right.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Metz, Semin. Nucl. Med. 8 (1978)",
    compute=accuracy,
)
