"""Alerts in words: what moved, by how much, and what it means for the model's performance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.diagnosis.words import named, number, percent
from leadline.metrics import METRICS
from leadline.monitors.budget import Alert, Named
from leadline.monitors.compare import Comparison
from leadline.monitors.folding import categories, cells_alone, rows_of
from leadline.monitors.harm import Harm
from leadline.monitors.multivariate import SOURCE as INPUTS
from leadline.monitors.multivariate import TITLES
from leadline.monitors.rules.measures import ESTIMATED
from leadline.monitors.series import ESTIMATED_PERFORMANCE, PERFORMANCE, SHARES
from leadline.profiles.categorical import CategoricalAxis
from leadline.reports.phrases import SHORT
from leadline.reports.record import NamedSource, TimelineAlert
from leadline.reports.values_moved import values_moved
from leadline.reports.words import counted


def alert_of(alert: Alert, comparison: Comparison, harm: Harm | None) -> TimelineAlert:
    """An alert as a part of the record.

    Args:
        comparison: with the windows that raised it.
        harm: what it means for performance; None: nobody asked.
    """
    timeline = comparison.timeline
    told_apart = {} if timeline is None else timeline.told_apart
    sources = [
        named_source(
            source,
            comparison.baseline,
            told_apart.get(source.window, ()) if source.source == INPUTS else (),
            values_moved(comparison, source),
        )
        for source in alert.sources
    ]
    more = len(sources) - 1
    rest = f", and {counted(more, 'more thing')} moved with it" if more else ""
    return TimelineAlert(
        tier=alert.tier,
        opened=alert.opened,
        last=alert.last,
        closed=alert.closed,
        sources=sources,
        sentence=f"{sources[0].sentence}{rest}." if sources else "",
        harm="" if harm is None else harm_sentence(harm),
    )


UNKNOWN_HARM = "Its harm is not known"
"""Begins what is said of an alert whose harm cannot be computed."""


def harm_sentence(harm: Harm) -> str:
    """What became of performance, in words."""
    if not harm.metric:
        return f"{UNKNOWN_HARM}: {harm.reason}."
    change = harm.value - harm.reference
    ends = f"{number(harm.low)} to {number(harm.high)}"
    how = (
        ", estimated without labels" if harm.estimated else ", where labels have come" if harm.partly else ""
    )
    values = f"{number(harm.reference)} to {number(harm.value)}"
    text = f"{harm.title} {values}, a change of {number(change)} ({ends}{how})."
    if harm.caution:
        text += f" {harm.caution[:1].upper()}{harm.caution[1:]}."
    return f"Harmless, for the digest: {text}" if harm.digest else text


TOLD = 3
"""Columns that are named where inputs moved together."""


def named_source(
    found: Named, baseline: Baseline, told: Sequence[tuple[str, float]] = (), values: str = ""
) -> NamedSource:
    """What an alert names, as a part of the record.

    Args:
        told: by which columns inputs are told apart.
        values: which values of the column moved, in words; "": that is not known.
    """
    kind, unit, text = _said(found, baseline, values)
    over = f" over {found.scale} windows" if found.scale > 1 else ""
    return NamedSource(
        source=found.source,
        channel=kind,
        effect=round(found.effect, 6),
        unit=unit,
        surprise=round(found.surprise, 2),
        window=found.window,
        sentence=text + over + _told_by(told),
    )


def _told_by(columns: Sequence[tuple[str, float]]) -> str:
    """ ", told apart most by age (62 %) and income (21 %)"; "" where no column stands for a tenth."""
    parts = [f"{named(column)} ({percent(share)})" for column, share in columns[:TOLD] if share >= 0.1]
    last = f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)
    return f", told apart most by {', '.join(parts[:-1])}{last}" if parts else ""


def _said(found: Named, baseline: Baseline, values: str) -> tuple[str, str, str]:
    """Key of what moved, its unit, and the finding in words."""
    grid = baseline.grid
    source, size = named(found.source), abs(found.effect)
    way = "rose" if found.effect > 0 else "fell"
    # Distances of a column bear its bare name, and a column may be called f1, or performance.
    prefix = f"{found.source}/"
    share = found.channel.removeprefix(prefix) if found.channel.startswith(prefix) else ""
    if share in SHARES:
        return share, "share", f"The {SHARES[share]} of {source} {way} by {number(100 * size)} points"
    if found.source == PERFORMANCE and share:
        metric = METRICS[share]
        return metric.key, metric.unit, f"{metric.title} {way} by {number(size)}"
    if found.source == ESTIMATED_PERFORMANCE and share:
        metric = METRICS[share]
        text = f"{metric.title}, estimated without labels, {way} by {number(size)}"
        return ESTIMATED + share, metric.unit, text
    if found.source == INPUTS and share in TITLES:
        return share, "", f"{TITLES[share]} {way} by {number(size)}"
    if found.statistic == "category share":
        return (
            found.statistic.replace(" ", "_"),
            "share",
            f"The share of {_category(found, baseline)} in {source} {way} by {number(100 * size)} points",
        )
    if share in METRICS:
        return share, METRICS[share].unit, f"{METRICS[share].title} of {source} {way} by {number(size)}"
    if found.source not in grid.index:
        return "mean_of_columns", "", "Many columns moved a little"
    distance, words = "kolmogorov_smirnov", "Kolmogorov-Smirnov distance"
    if isinstance(grid.columns[grid.index[found.source]].axis, CategoricalAxis):
        distance, words = "total_variation", "total variation"
    if values:
        return distance, "", f"{values} ({SHORT[distance]} {number(size)})"
    return distance, "", f"{source} moved by {number(size)} ({words})"


def _category(found: Named, baseline: Baseline) -> str:
    """What a channel "column[cell]" is about: a category by its name, or all values without a cell alone."""
    column = baseline.grid.index[found.source]
    axis = baseline.grid.columns[column].axis
    cell = int(found.channel.removeprefix(f"{found.source}[").rstrip("]"))
    if not isinstance(axis, CategoricalAxis):
        return "(other)"
    rows = rows_of(baseline.whole, column)
    to = categories(axis, rows)
    names = np.flatnonzero(to[: len(axis.vocabulary)] == cell)
    if axis.complete and cell == to[-1]:
        return "never-seen values"
    alone = cells_alone(rows[: len(axis.vocabulary)])
    if cell < alone or (len(names) == 1 and axis.complete):
        return named(axis.vocabulary[names[0]])
    return f"some values rarer than the {alone} most frequent" if alone else "some values"
