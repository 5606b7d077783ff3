"""The reference page of all metrics, written from their declarations."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable

from leadline.metrics.declare import Family, Metric

_FAMILIES: dict[Family, str] = {
    "drift": "Drift: reference against current, on the same cells",
    "quality": "Quality: one side of a column",
    "performance": "Performance: predictions against labels",
}


def page(metrics: Iterable[Metric]) -> str:
    """A Markdown page: for each family a table of its metrics, then what each computes and its source."""
    listed = list(metrics)
    parts = []
    for family, title in _FAMILIES.items():
        members = [metric for metric in listed if metric.family == family]
        if members:
            parts += [f"## {title}", _table(members), *(_entry(metric) for metric in members)]
    return "\n\n".join(parts) + "\n"


def _table(metrics: list[Metric]) -> str:
    rows = ["| Key | Title | Applies to | Range | Worse | Unit |", "|---|---|---|---|---|---|"]
    for metric in metrics:
        applies = ", ".join(sorted(metric.kinds) or sorted(metric.tasks))
        cells = [f"`{metric.key}`", metric.title, applies, _range(metric), metric.worse, metric.unit]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _entry(metric: Metric) -> str:
    text = inspect.getdoc(metric.compute) or metric.summary
    least = f" From {metric.sample_min} rows on." if metric.sample_min > 1 else ""
    first = f"`{metric.key}`. {metric.summary}{least}"
    return "\n\n".join([f"### {metric.title}", first, text, f"Source: {metric.reference}."])


def _range(metric: Metric) -> str:
    low, high = ("" if math.isinf(end) else f"{end:g}" for end in metric.range)
    return f"{low or 'any'} to {high or 'any'}" if low or high else "any"
