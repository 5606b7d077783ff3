"""Small seeded streams that the tests of the budget share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.monitors.budget import Evidence, Histograms, Series

Floats = npt.NDArray[np.float64]


def autoregressive(rng: np.random.Generator, windows: int, columns: int, memory: float) -> Floats:
    values = rng.normal(size=(windows, columns))
    for window in range(1, windows):
        values[window] = memory * values[window - 1] + np.sqrt(1 - memory**2) * values[window]
    return values


def stream(
    rng: np.random.Generator,
    windows: int,
    columns: int = 6,
    rows: int | npt.NDArray[np.int_] = 1000,
    wobble: float = 0.06,
    season: float = 0.0,
    walk: float = 0.0,
    shift: tuple[int, int, float] | None = None,
    series: Series | None = None,
    growth: tuple[int, float] | None = None,
) -> Evidence:
    """Counts of normal columns on ten cells and one for missing; every third column categorical.

    `shift` is (column, window, size in standard deviations from that window on); `growth` is (column, by how
    much of itself the rows' standard deviation grows from the first to the last window).
    """
    mean = wobble * autoregressive(rng, windows, columns, 0.6)
    mean += (season * rng.normal(size=(7, columns)))[np.arange(windows) % 7]
    mean += walk * rng.normal(size=(windows, columns)).cumsum(0)
    if shift is not None:
        column, window, size = shift
        mean[window:, column] += size
    counts = np.empty((windows, columns, 11))
    volume = np.broadcast_to(rows, windows)
    edges = np.quantile(rng.normal(size=20_000), np.arange(1, 10) / 10)
    for window in range(windows):
        for column in range(columns):
            grown = growth[1] * window / windows if growth is not None and growth[0] == column else 0.0
            values = rng.normal(mean[window, column], 1 + grown, volume[window])
            gone = rng.random(volume[window]) < 0.01
            cell = np.where(gone, 10, np.searchsorted(edges, values))
            counts[window, column] = np.bincount(cell, minlength=11)
    names = [f"c{j}" for j in range(columns)]
    table = Histograms(
        names,
        counts.reshape(windows, -1),
        np.arange(columns + 1) * 11,
        np.arange(columns) % 3 != 2,
        ["feature"] * columns,
    )
    slots = {"day of week": np.arange(windows) % 7}
    return Evidence(table, series or Series.none(windows), np.asarray(volume, float), slots)


def numbers(values: Floats, variance: Floats | None = None, direction: int = 1, floor: float = 0.0) -> Series:
    """Series named s0, s1, ... of the family "operations"."""
    windows, channels = values.shape
    names = [f"s{j}" for j in range(channels)]
    return Series(
        names,
        names,
        values,
        np.full((windows, channels), np.nan) if variance is None else variance,
        np.full(channels, direction, np.int8),
        np.full(channels, floor),
        ["operations"] * channels,
    )


def only(series: Series) -> Evidence:
    """Evidence without columns."""
    windows = len(series.values)
    table = Histograms((), np.empty((windows, 0)), np.zeros(1, np.intp), np.empty(0, bool), ())
    return Evidence(table, series, np.full(windows, 1000.0), {})
