"""Top-k accuracy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, proportion, unavailable
from leadline.metrics.performance.views import MulticlassCounts


def top_k_accuracy(k: int) -> Callable[[MulticlassCounts], Estimate]:
    """Share of labelled rows whose class is among the k largest scores, 0..1, as a function of counts.

    Of equal scores the later class ranks first. NaN without labelled scores, and where there are no more than
    k classes.
    """

    def compute(counts: MulticlassCounts) -> Estimate:
        if counts.ranks is None or counts.ranks_squares is None:
            return unavailable(counts.confusion.shape[:-2], "there are no scores")
        total, squares = counts.ranks.sum(-1), counts.ranks_squares.sum(-1)
        few = np.full(total.shape, len(counts.classes) <= k)
        problems = [(few, f"there are no more than {k} classes"), (total == 0, "no labelled row has scores")]
        return proportion(counts.ranks[..., :k].sum(-1), total, squares, counts.inflation, problems)

    return compute


def _metric(k: int) -> Metric:
    return Metric(
        key=f"top_{k}_accuracy",
        title=f"Top-{k} accuracy",
        family="performance",
        summary=f"Share of rows whose class is among the {k} with the largest scores.",
        tasks=frozenset({"multiclass"}),
        range=(0.0, 1.0),
        worse="lower",
        unit="share",
        reference="Russakovsky et al., Int. J. Comput. Vis. 115 (2015)",
        compute=top_k_accuracy(k),
    )


TOP_2 = _metric(2)
TOP_3 = _metric(3)
TOP_5 = _metric(5)
