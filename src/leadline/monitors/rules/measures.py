"""Every number that can be watched, by key."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from leadline.estimators import ESTIMABLE
from leadline.metrics import METRICS
from leadline.monitors.rules import ages, freshness, no_data, rows, stuck
from leadline.monitors.rules.columns import column_metric
from leadline.monitors.rules.declare import Measure
from leadline.monitors.rules.outcomes import estimated, own, performance

MEASURES = {
    measure.key: measure
    for measure in (
        rows.MEASURE,
        no_data.MEASURE,
        freshness.MEASURE,
        stuck.MEASURE,
        ages.MODEL,
        ages.TRAINING_DATA,
        ages.LABELS,
    )
}
"""Numbers of windows beside the metrics."""

ESTIMATED = "estimated_"
"""Before the key of a performance metric: as if no label were known."""


def keys(names: Iterable[str]) -> list[str]:
    """All keys; `names` are metrics of the user's own."""
    return [*MEASURES, *METRICS, *names, *(ESTIMATED + key for key in ESTIMABLE)]


def measure(key: str) -> Measure:
    """What a key stands for; any key that is not known is a metric of the user's own."""
    if key in MEASURES:
        return MEASURES[key]
    realised = key.removeprefix(ESTIMATED)
    if realised != key and realised in ESTIMABLE:
        metric = METRICS[realised]
        title = f"{metric.title}, estimated"
        return Measure(
            key, title, f"{metric.summary[:-1]}, without labels.", metric.unit, metric.worse,
            partial(estimated, realised), usual="whole",
        )  # fmt: skip
    if key not in METRICS:
        title = key.replace("_", " ")
        return Measure(key, title, "A metric of your own.", "", "either", partial(own, key), usual="whole")
    metric = METRICS[key]
    compute = partial(performance if metric.family == "performance" else column_metric, metric)
    of_column = metric.family != "performance"
    return Measure(
        key, metric.title, metric.summary, metric.unit, metric.worse, compute, of_column, usual="whole"
    )
