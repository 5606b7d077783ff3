"""Each feature by window in a few numbers, kept with each judgement: a page reads no profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.profiles.arrays import NAN, NULL
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import GridColumn
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.reports.record import ReportRecord
from leadline.reports.record.timeline import WindowResult
from leadline.schedule import instant

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that are shown of a number."""

CATEGORIES = 8
"""Categories that are shown at most; the others are one line."""

_DIGITS = 6

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class FeatureLine(msgspec.Struct, frozen=True):
    """One number of a feature by window; null where the window has no value.

    Attributes:
        name: of the quantile or the category.
        level: of the quantile, or null.
        values: quantiles in the feature's own unit; shares of the values, 0..1, of a category.
    """

    name: str
    level: float | None
    values: list[float | None]


class FeatureOverTime(msgspec.Struct, frozen=True):
    """A feature by the windows of the report, reference first; or by day.

    Attributes:
        model, feature: whose.
        kind: quantiles of numbers, or shares of categories.
        starts: first moments of the windows, ISO 8601 in UTC.
        rows: by window.
        missing: by window, the share of rows without a value.
        new: by window, the share of values that the grid never met: categories without a cell, numbers out of
            its range.
        lines: quantiles in ascending order, or categories, the largest first.
    """

    model: str
    feature: str
    kind: Literal["quantiles", "shares"]
    starts: list[str]
    rows: list[int]
    missing: list[float | None]
    new: list[float | None]
    lines: list[FeatureLine]


def features(baseline: Baseline, profile: Profile, record: ReportRecord) -> Iterator[FeatureOverTime]:
    """Every column that is counted into cells, by the windows of a report.

    Args:
        baseline: with the reference's counts by bucket.
        profile: the current counts by bucket, on the same grid.
        record: the report on both; nothing comes of one without windows.
    """
    timeline = record.timeline
    if timeline is None or not timeline.windows:
        return
    cells, specials, rows = (
        np.concatenate([_by_window(baseline.profile, name, timeline.windows, "reference"),
                        _by_window(profile, name, timeline.windows, "current")])
        for name in ("cells", "specials", "rows")
    )  # fmt: skip
    starts = [window.start for window in timeline.windows]
    grid = baseline.grid
    for k in range(len(grid.columns)):
        own = cells[:, grid.offsets[k] : grid.offsets[k + 1]]
        found = over_time(record.current.name, grid.columns[k], starts, own, specials[:, k], rows)
        if found is not None:
            yield found


def over_time(
    model: str, column: GridColumn, starts: list[str], cells: Ints, specials: Ints, rows: Ints
) -> FeatureOverTime | None:
    """A column by windows; None: it is not counted into cells.

    Args:
        model: whose.
        starts: first moments of the windows.
        cells, specials, rows: shape (windows, ...): the column's own counts, and the rows.
    """
    kind: Literal["quantiles", "shares"]
    axis = column.axis
    if isinstance(axis, NumericAxis):
        kind, new, lines = "quantiles", cells[:, axis.outside].sum(axis=1), _quantiles(axis, cells)
    elif isinstance(axis, CategoricalAxis):
        beyond = cells[:, len(axis.vocabulary) :].sum(axis=1)
        kind, new, lines = "shares", beyond * axis.complete, _categories(axis, cells)
    else:
        return None
    return FeatureOverTime(
        model,
        column.name,
        kind,
        starts,
        rows.tolist(),
        _shares(specials[:, NULL] + specials[:, NAN], rows),
        _shares(new, cells.sum(axis=1)),
        lines,
    )


def _by_window(profile: Profile, name: str, windows: Sequence[WindowResult], side: str) -> Ints:
    """Counts, shape (windows of the side, ...), of a profile's buckets."""
    own = [window for window in windows if window.side == side]
    counts = profile.sums[name][:, :, 0]
    if any(window.version for window in windows):
        return _by_version(counts, profile.axes.versions, own)
    counts = counts.sum(axis=1)
    starts = np.array([instant(window.start) for window in own], np.int64)
    ends = np.array([instant(window.end) for window in own], np.int64)
    out = np.zeros((len(own), *counts.shape[1:]), np.int64)
    if not len(own):
        return out
    buckets = np.array(profile.axes.buckets, np.int64)
    at = np.searchsorted(starts, buckets, "right") - 1
    inside = (at >= 0) & (buckets < ends[np.maximum(at, 0)])
    np.add.at(out, at[inside], counts[inside])
    return out


def _by_version(counts: Ints, versions: Sequence[str], windows: Sequence[WindowResult]) -> Ints:
    """Counts, shape (windows, ...): of the version that each window is; of all rows for the reference.

    Args:
        counts: shape (buckets, versions, ...). Versions may serve at once, so times do not tell them apart.
    """
    whole = counts.sum(axis=0)
    chosen = [whole[versions.index(one.version)] if one.version else whole.sum(axis=0) for one in windows]
    return np.array(chosen, np.int64).reshape(len(windows), *whole.shape[1:])


def _quantiles(axis: NumericAxis, counts: Ints) -> list[FeatureLine]:
    """Within a cell values lie evenly; in the open cells at both ends at their finite edge."""
    low = np.where(np.isfinite(axis.edges[:-1]), axis.edges[:-1], axis.edges[1:])
    high = np.where(axis.atoms, low, np.where(np.isfinite(axis.edges[1:]), axis.edges[1:], low))
    before = np.cumsum(counts, axis=1)
    total = before[:, -1]
    found = []
    for level in LEVELS:
        wanted = level * total
        cell = np.minimum((before < wanted[:, None]).sum(axis=1), counts.shape[1] - 1)
        row = np.arange(len(counts))
        size = counts[row, cell]
        part = np.where(size > 0, (wanted - before[row, cell] + size) / np.maximum(size, 1), 0.0)
        value = low[cell] + part * (high[cell] - low[cell])
        name = "median" if level == 0.5 else f"{level:.0%} quantile".replace("%", " %")
        found.append(FeatureLine(name, level, _plain(np.where(total > 0, value, np.nan))))
    return found


def _categories(axis: CategoricalAxis, counts: Ints) -> list[FeatureLine]:
    named, total = len(axis.vocabulary), counts.sum(axis=1)
    weight = counts[:, :named].sum(axis=0)
    chosen = np.argsort(-weight, kind="stable")[:CATEGORIES]
    chosen = chosen[weight[chosen] > 0]
    lines = [FeatureLine(axis.vocabulary[i], None, _shares(counts[:, i], total)) for i in chosen.tolist()]
    rest = total - counts[:, chosen].sum(axis=1)
    if rest.any():
        lines.append(FeatureLine("(other)" if named > len(chosen) else "(new)", None, _shares(rest, total)))
    return lines


def _shares(part: npt.NDArray[Any], whole: Ints) -> list[float | None]:
    return _plain(np.where(whole > 0, part / np.maximum(whole, 1), np.nan))


def _plain(values: Floats) -> list[float | None]:
    return [float(f"{v:.{_DIGITS}g}") if np.isfinite(v) else None for v in values.tolist()]
