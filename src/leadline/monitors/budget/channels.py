"""Which channels there are, whom an alert by them names, and how the budget is shared among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Histograms, Integers, Series
from leadline.monitors.budget.policy import GROUP_OF_FAMILY, Group, Policy
from leadline.monitors.budget.statistics import Cells

JOINT = "joint"
"""Family of series that say something of columns together."""

ALL_COLUMNS = "all columns"
"""Source of the channel that averages over columns: many small changes at once."""

DISTANCE = 2
"""Sign of what only rises."""

TOGETHER, VALUE, MOVING_AVERAGE = "mean of columns", "value", "moving average"


@dataclass(frozen=True, eq=False)
class Channels:
    """All channels; every field but the names of sources has shape (C,).

    Attributes:
        sources: names of what alerts name, in the order of first appearance.
        source: index into `sources`.
        statistic: "kolmogorov_smirnov", "total_variation", "chi_squared", "mean_rank_shift",
            "category share", "mean of columns", "value" or "moving average".
        scale: windows that are merged.
        name: column or series, with the cell in brackets for a category.
        signed: +1 only a rise counts, -1 only a fall, 0 both, 2: a distance, which only rises.
        floor: smallest effect worth an alert.
        natural: what a standard deviation is measured in before it is compared with those of the group.
        group: channels whose deviations are drawn together; -1 none.
        log_weight: what the budget's shares add to the surprise.
        joint: sources that columns are together, which alert only where no column does.
    """

    sources: tuple[str, ...]
    source: Integers
    statistic: tuple[str, ...]
    scale: Integers
    name: tuple[str, ...]
    signed: Integers
    floor: Floats
    natural: Floats
    group: Integers
    log_weight: Floats
    joint: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """Number of channels."""
        return len(self.source)

    @property
    def centred(self) -> Booleans:
        """Differences, which are 0 on average, as opposed to distances."""
        return self.signed != DISTANCE


@dataclass(frozen=True)
class _Channel:
    source: str
    statistic: str
    scale: int
    name: str
    signed: int
    floor: float
    natural: float
    group: str
    family: str


def lay_out(
    table: Histograms, cells: Cells, share: Floats, series: Series, scales: tuple[int, ...], policy: Policy
) -> Channels:
    """The channels in the order in which scores are made: by scale, then the series.

    Args:
        table: names and families of columns.
        cells: of the reference.
        share: shape (T,): shares of the reference in its cells.
        series: names, sources and floors of series.
        scales: those with enough windows.
        policy: floors and shares of the budget.
    """
    listed: list[_Channel] = []
    floors = [policy.column_floors.get(name, policy.drift_floor) for name in table.names]
    for scale in scales:
        listed += _of_columns(table, cells, share, scale, floors)
    # The proof of the strict mode needs windows that share nothing, so nothing is carried over from the last.
    for statistic in (VALUE,) if policy.mode == "strict" else (VALUE, MOVING_AVERAGE):
        for i, name in enumerate(series.names):
            floor, signed = float(series.floor[i]), int(series.direction[i])
            listed.append(
                _Channel(series.source[i], statistic, 1, name, signed, floor, 1.0, "", series.family[i])
            )
    sources = tuple(dict.fromkeys(channel.source for channel in listed))
    place = {name: i for i, name in enumerate(sources)}
    groups = {name: i for i, name in enumerate(dict.fromkeys(c.group for c in listed if c.group))}
    return Channels(
        sources,
        np.array([place[channel.source] for channel in listed], np.intp),
        tuple(channel.statistic for channel in listed),
        np.array([channel.scale for channel in listed], np.intp),
        tuple(channel.name for channel in listed),
        np.array([channel.signed for channel in listed], np.intp),
        np.array([channel.floor for channel in listed]),
        np.array([channel.natural for channel in listed]),
        np.array([groups.get(channel.group, -1) for channel in listed], np.intp),
        log_weights([channel.family for channel in listed], policy.weights),
        joint_of(sources, [(channel.source, channel.family) for channel in listed]),
    )


def sources_only(sources: tuple[str, ...]) -> Channels:
    """One channel for each source, where more is not known."""
    size = len(sources)
    nothing, zeros = np.zeros(size, np.intp), np.zeros(size)
    return Channels(
        sources, np.arange(size), (VALUE,) * size, nothing + 1, sources, nothing, zeros, zeros, nothing, zeros
    )


def joint_of(sources: tuple[str, ...], channels: Iterable[tuple[str, str]]) -> frozenset[int]:
    """The sources that columns are together, of sources and families of channels."""
    names = {ALL_COLUMNS, *(source for source, family in channels if family == JOINT)}
    return frozenset(i for i, source in enumerate(sources) if source in names)


def _of_columns(
    table: Histograms, cells: Cells, share: Floats, scale: int, floors: list[float]
) -> list[_Channel]:
    """In the order of `Distances`, and the mean over columns behind them."""

    def of(j: int, statistic: str, signed: int, name: str, natural: float = 1.0) -> _Channel:
        kind = statistic if statistic not in ("kolmogorov_smirnov", "total_variation") else "distance"
        group = f"{kind} {scale}"
        return _Channel(
            table.names[j], statistic, scale, name, signed, floors[j], natural, group, table.family[j]
        )

    columns = range(len(table.names))
    distance = ["kolmogorov_smirnov" if ordered else "total_variation" for ordered in cells.ordered]
    listed = [of(j, distance[j], DISTANCE, table.names[j]) for j in columns]
    listed += [of(j, "chi_squared", DISTANCE, table.names[j]) for j in columns]
    listed += [of(j, "mean_rank_shift", 0, table.names[j]) for j in columns if cells.ordered[j]]
    for cell in cells.levels:
        j = int(cells.column[cell])
        natural = float(np.sqrt(share[cell] * (1 - share[cell])))
        name = f"{table.names[j]}[{cell - cells.offsets[j]}]"
        listed.append(of(j, "category share", 0, name, natural))
    if listed:
        floor = min(floors)
        listed.append(
            _Channel(ALL_COLUMNS, TOGETHER, scale, ALL_COLUMNS, DISTANCE, floor, 1.0, "", "feature")
        )
    return listed


def log_weights(families: list[str], shares: Mapping[Group, float]) -> Floats:
    """Logarithms of weights with mean 1: each group's share is spread evenly over its channels."""
    groups = [GROUP_OF_FAMILY.get(family, "feature") for family in families]
    share = {group: shares.get(group, 1e-6) for group in set(groups)}
    total = sum(share.values())
    weight = {group: share[group] / total * len(groups) / groups.count(group) for group in share}
    return np.log(np.array([weight[group] for group in groups]))
