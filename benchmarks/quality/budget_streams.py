"""Streams of windows for `budget.py`: simulated ones with and without drift, real ones shuffled by week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leadline.monitors.budget import Evidence, Histograms, Series

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

LEVELS = (2, 3, 5, 10, 20)
NUMERIC = 15
FEATURES = NUMERIC + len(LEVELS)
TEN_LEVELS = NUMERIC + 3
ROWS = 1000


@dataclass(frozen=True)
class Process:
    """How windows differ while nothing is wrong.

    Attributes:
        wobble, memory: standard deviation and AR(1) coefficient of the windows' means.
        season: standard deviation of the slots' means, in half of the features; `slots` in a season.
        clusters: rows that share half of their variance.
        walk: step of a random walk of the means.
        volume: rows of each of the windows.
        holidays: share of windows in which half of the features move by 0.3.
        growth: relative growth of the rows' standard deviation from first to last window.
        missing: share of missing values in half of the features.
    """

    name: str
    wobble: float = 0.0
    memory: float = 0.0
    season: float = 0.0
    slots: int = 7
    clusters: int = 1
    walk: float = 0.0
    volume: Callable[[np.random.Generator, int], Floats] | None = None
    holidays: float = 0.0
    growth: float = 0.0
    missing: float = 0.0


def _daily_volume(rng: np.random.Generator, windows: int) -> Floats:
    """Ten times as many rows at noon as at night, in eight windows a day."""
    phase = np.cos(2 * np.pi * (np.arange(windows) % 8) / 8)
    return 632 * np.exp(-phase * np.log(10) / 2) * rng.uniform(0.9, 1.1, windows)


def _bursty_volume(rng: np.random.Generator, windows: int) -> Floats:
    """Log-normal volumes that stay high or low for a few windows, from about 100 to 10,000 rows."""
    level = _autoregressive(rng, windows, 1, 0.7)[:, 0]
    return np.clip(800 * np.exp(0.9 * level), 50, 12_000)


PROTOCOL = (
    Process("a independent rows"),
    Process("b windows AR 0.6", wobble=0.06, memory=0.6),
    Process("c AR 0.6, week", wobble=0.06, memory=0.6, season=0.15),
    Process("d c, clustered rows", wobble=0.06, memory=0.6, season=0.15, clusters=5),
    Process("e AR 0.9, week", wobble=0.06, memory=0.9, season=0.15),
    Process("f random walk, week", walk=0.015, season=0.15),
)
OTHERS = (
    Process("volume x10 over the day", wobble=0.06, memory=0.6, season=0.15, slots=8, volume=_daily_volume),
    Process("bursty volume", wobble=0.06, memory=0.6, season=0.15, volume=_bursty_volume),
    Process("holidays (4 % of days)", wobble=0.06, memory=0.6, season=0.15, holidays=0.04),
    Process("variance grows by 20 %", wobble=0.06, memory=0.6, season=0.15, growth=0.2),
    Process("half of features 97 % null", wobble=0.06, memory=0.6, season=0.15, missing=0.97),
)
WEEKLY = PROTOCOL[2]


def _autoregressive(rng: np.random.Generator, windows: int, columns: int, memory: float) -> Floats:
    """Stationary AR(1) with standard deviation 1."""
    noise = rng.normal(size=(windows, columns)) * np.sqrt(1 - memory**2)
    noise[0] /= np.sqrt(1 - memory**2)
    for window in range(1, windows):
        noise[window] += memory * noise[window - 1]
    return noise


@dataclass
class Rows:
    """Rows of a stream as latent normal values, and the window of each row.

    Attributes:
        latent: shape (N, FEATURES); NaN missing.
        window: shape (N,), sorted.
        slots: season slot of each window.
    """

    latent: npt.NDArray[np.float32]
    window: Integers
    slots: Integers


def draw(process: Process, rng: np.random.Generator, windows: int) -> Rows:
    """Rows of some windows; every stream starts on a random slot."""
    slots = (np.arange(windows) + (0 if process.volume else rng.integers(process.slots))) % process.slots
    volume = process.volume(rng, windows) if process.volume else ROWS * rng.uniform(0.9, 1.1, windows)
    window = np.repeat(np.arange(windows), volume.astype(int))
    half = np.zeros(FEATURES)
    half[rng.permutation(FEATURES)[: FEATURES // 2]] = 1
    location = process.wobble * _autoregressive(rng, windows, FEATURES, process.memory)
    location += (process.season * rng.normal(size=(process.slots, FEATURES)) * half)[slots]
    location += process.walk * rng.normal(size=(windows, FEATURES)).cumsum(0)
    holiday = rng.random(windows) < process.holidays
    location += 0.3 * holiday[:, None] * (rng.permutation(half) * rng.choice([-1, 1], FEATURES))
    latent = _factors(rng, len(window), process.clusters)
    latent *= (1 + process.growth * np.arange(windows, dtype=np.float32) / windows)[window, None]
    latent += location.astype(np.float32)[window]
    if process.missing:
        share = process.missing + 0.01 * _autoregressive(rng, windows, FEATURES, 0.6)
        gone = rng.random(latent.shape, dtype=np.float32) < np.clip(share, 0, 1)[window]
        latent[gone & (half > 0)] = np.nan
    return Rows(latent, window, slots.astype(np.intp))


def _factors(rng: np.random.Generator, rows: int, clusters: int) -> npt.NDArray[np.float32]:
    """Standard normal with correlation 0.3 between features; within clusters rows correlate by 0.5."""

    def normal(count: int) -> npt.NDArray[np.float32]:
        common = rng.standard_normal((count, 1), dtype=np.float32)
        return np.float32(0.3**0.5) * common + np.float32(0.7**0.5) * rng.standard_normal(
            (count, FEATURES), dtype=np.float32
        )

    own = normal(rows)
    if clusters == 1:
        return own
    shared = np.repeat(normal(-(-rows // clusters)), clusters, axis=0)[:rows]
    return np.float32(0.5**0.5) * (own + shared)


def _atoms(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Zero-inflated counts."""
    return np.floor(np.maximum(0.0, np.exp(values) - 1))


@dataclass(frozen=True)
class Grid:
    """Cells of every feature: inner edges of numbers and of category codes; the last cell is for missing."""

    edges: tuple[Floats, ...]

    @classmethod
    def learn(cls, rows: Rows, windows: int) -> Grid:
        """Twenty cells of equal mass of the reference's rows; levels with shares that fall geometrically."""
        reference = rows.latent[: np.searchsorted(rows.window, windows)][::3]
        edges = []
        for j in range(NUMERIC):
            values = reference[:, j][~np.isnan(reference[:, j])]
            values = _atoms(values) if j % 5 == 4 else values
            edges.append(np.unique(np.quantile(values, np.arange(1, 20) / 20)))
        from scipy.special import ndtri

        for levels in LEVELS:
            shares = 0.85 ** np.arange(levels)
            edges.append(ndtri(np.cumsum(shares / shares.sum())[:-1]))
        return cls(tuple(edges))

    @property
    def offsets(self) -> Integers:
        """Where the cells of each feature begin."""
        return np.concatenate([[0], np.cumsum([len(edges) + 2 for edges in self.edges])]).astype(np.intp)

    def count(self, rows: Rows, windows: int) -> Floats:
        """Counts of shape (windows, cells)."""
        parts = []
        for j, edges in enumerate(self.edges):
            values = rows.latent[:, j]
            values = _atoms(values) if j < NUMERIC and j % 5 == 4 else values
            cell = np.searchsorted(edges, values, side="right")
            cell[np.isnan(values)] = len(edges) + 1
            size = len(edges) + 2
            parts.append(
                np.bincount(rows.window * size + cell, minlength=windows * size).reshape(windows, -1)
            )
        return np.hstack(parts).astype(float)


def evidence(
    counts: Floats, grid: Grid, rows: Floats, slots: Integers, name: str = "day of week"
) -> Evidence:
    """Evidence of simulated windows."""
    names = [f"number {j}" for j in range(NUMERIC)] + [f"category of {n}" for n in LEVELS]
    table = Histograms(names, counts, grid.offsets, np.arange(FEATURES) < NUMERIC, ["feature"] * FEATURES)
    return Evidence(table, Series.none(len(rows)), rows, {name: slots})


def simulate(process: Process, rng: np.random.Generator, reference: int, windows: int) -> Evidence:
    """A stream without drift."""
    rows = draw(process, rng, windows)
    grid = Grid.learn(rows, reference)
    volume = np.bincount(rows.window, minlength=windows).astype(float)
    return evidence(grid.count(rows, windows), grid, volume, rows.slots)


@dataclass(frozen=True)
class Drift:
    """A change from one window on.

    Attributes:
        name: what it is called.
        change: alters rows in place, given those rows, steps since the change for each, features and draws.
        features: how many numeric features drift; 0: the ten-level category.
        lasts: windows in which it must be found.
    """

    name: str
    change: Callable[[npt.NDArray[np.float32], Integers, Integers, np.random.Generator], None]
    features: int = 1
    lasts: int = 7


def _shift(size: float) -> Callable[[npt.NDArray[np.float32], Integers, Integers, np.random.Generator], None]:
    def change(x: npt.NDArray[np.float32], step: Integers, at: Integers, rng: np.random.Generator) -> None:
        x[:, at] += np.float32(size)

    return change


def _stretch(x: npt.NDArray[np.float32], step: Integers, at: Integers, rng: np.random.Generator) -> None:
    x[:, at] *= np.float32(1.5)


def _ramp(x: npt.NDArray[np.float32], step: Integers, at: Integers, rng: np.random.Generator) -> None:
    x[:, at] += ((step + 1) / 14).astype(np.float32)[:, None]


def _burst(x: npt.NDArray[np.float32], step: Integers, at: Integers, rng: np.random.Generator) -> None:
    hit = (rng.random(len(x)) < 0.1) & (step < 2)
    x[np.ix_(hit, at)] = 0.0


def _lose_level(x: npt.NDArray[np.float32], step: Integers, at: Integers, rng: np.random.Generator) -> None:
    """Half of the rows of the level whose share is nearest to 0.1 take another row's level."""
    shares = 0.85 ** np.arange(10)
    shares /= shares.sum()
    from scipy.special import ndtri

    edges = np.concatenate([[-np.inf], ndtri(np.cumsum(shares)[:-1]), [np.inf]])
    level = int(np.argmin(np.abs(shares - 0.1)))
    column = x[:, int(at[0])]
    inside = (column >= edges[level]) & (column < edges[level + 1])
    lost = np.flatnonzero(inside & (rng.random(len(x)) < 0.5))
    column[lost] = rng.choice(column[~inside], len(lost))


DRIFTS = (
    Drift("one +0.25 sd", _shift(0.25)),
    Drift("one +0.5 sd", _shift(0.5)),
    Drift("one scale x1.5", _stretch),
    Drift("five +0.2 sd", _shift(0.2), features=5),
    Drift("all +0.1 sd", _shift(0.1), features=FEATURES),
    Drift("ramp to 1 sd", _ramp),
    Drift("burst of defaults", _burst, lasts=2),
    Drift("category halved", _lose_level, features=0),
)


def drifted(
    drift: Drift, rows: Rows, quiet: Floats, grid: Grid, start: int, rng: np.random.Generator
) -> tuple[Floats, Integers]:
    """Counts with the drift from window `start` on, and the features that drift."""
    if drift.features == 0:
        at = np.array([TEN_LEVELS])
    elif drift.features == FEATURES:
        at = np.arange(FEATURES)
    else:
        normal = [j for j in range(NUMERIC) if j % 5 != 4]
        at = rng.choice(normal, drift.features, replace=False)
    first = int(np.searchsorted(rows.window, start))
    after = Rows(rows.latent[first:].copy(), rows.window[first:] - start, rows.slots)
    drift.change(after.latent, after.window, at, rng)
    counts = quiet.copy()
    counts[start:] = grid.count(after, len(counts) - start)
    return counts, at


# ---- real streams


REAL: Mapping[str, tuple[str, ...]] = {
    "bike_sharing": (
        "hr",
        "holiday",
        "workingday",
        "weathersit",
        "temp",
        "atemp",
        "hum",
        "windspeed",
        "label",
    ),
    "elec2_stream": ("period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer", "score"),
    "hotel_booking": (
        *(
            "hotel",
            "lead_time",
            "stays_in_weekend_nights",
            "stays_in_week_nights",
            "adults",
            "children",
            "meal",
        ),
        *("country", "market_segment", "distribution_channel", "reserved_room_type", "deposit_type", "agent"),
        *("customer_type", "adr", "total_of_special_requests", "score"),
    ),
    "hotel_booking_delayed": (
        *(
            "hotel",
            "lead_time",
            "stays_in_weekend_nights",
            "stays_in_week_nights",
            "adults",
            "children",
            "meal",
        ),
        *("country", "market_segment", "distribution_channel", "reserved_room_type", "deposit_type", "agent"),
        *("customer_type", "adr", "total_of_special_requests"),
    ),
    "car_loan": (
        *("car_value", "salary_range", "debt_to_income_ratio", "loan_length", "repaid_loan_on_prev_car"),
        *("size_of_downpayment", "driver_tenure", "score"),
    ),
    "credit_card_multiclass": (
        *("acq_channel", "app_behavioral_score", "requested_credit_limit", "app_channel"),
        *("credit_bureau_score", "stated_income", "is_customer", "score_prepaid_card"),
    ),
}
"""Columns of each real set; elec2 from the day on which all of its columns are recorded."""


@dataclass(frozen=True)
class Table:
    """A real set: columns as numbers or texts, and the day of every row, whole weeks only.

    Attributes:
        columns: by name; floats with NaN, or integer codes of texts (0 missing).
        day: day of each row, from 0, a Monday; sorted.
        weeks: number of whole weeks.
    """

    columns: dict[str, npt.NDArray[np.generic]]
    day: Integers
    weeks: int


@cache
def load(name: str, folder: Path) -> Table:
    """Read a real set with DuckDB."""
    import duckdb

    columns = REAL[name]
    since = "where timestamp >= '1997-05-05'" if name == "elec2_stream" else ""
    listed = ", ".join(f'"{column}"' for column in columns)
    source = f"from '{folder / (name + '.parquet')}' {since} order by timestamp"
    found = duckdb.sql(f"select {listed}, epoch(timestamp) as epoch {source}").fetchnumpy()
    day = (np.asarray(found.pop("epoch")) // 86_400).astype(int) + 3  # 1970-01-01 was a Thursday
    first = -(-day.min() // 7) * 7
    weeks = int((day.max() + 1 - first) // 7)
    kept = (day >= first) & (day < first + 7 * weeks)
    read = {}
    for column, values in found.items():
        data, gone = np.ma.getdata(values), np.ma.getmaskarray(values)
        if data.dtype.kind in "ifu":
            read[column] = np.where(gone, np.nan, data.astype(float))[kept]
        else:
            texts = np.where(gone, "", data.astype(object)).astype(str)[kept]
            read[column] = np.unique(np.append(texts, ""), return_inverse=True)[1][:-1]
    return Table(read, (day[kept] - first).astype(np.intp), weeks)


def shuffled_weeks(table: Table, rng: np.random.Generator, reference_weeks: int) -> Evidence:
    """Daily windows with whole weeks in a new order; cells are learned from the reference's weeks."""
    order = rng.permutation(table.weeks)
    place = np.argsort(order)
    window = place[table.day // 7] * 7 + table.day % 7
    windows = 7 * table.weeks
    inside = window < 7 * reference_weeks
    parts, sizes, ordered = [], [], []
    for values in table.columns.values():
        if values.dtype.kind == "f":
            edges = np.unique(np.nanquantile(values[inside], np.arange(1, 20) / 20))
            cell = np.searchsorted(edges, values, side="right")
            cell[np.isnan(values)] = len(edges) + 1
            size = len(edges) + 2
        else:
            counts = np.bincount(values[inside], minlength=int(values.max()) + 1)
            frequent = np.argsort(-counts, kind="stable")[: min(50, int((counts > 0).sum()))]
            codes = np.where(counts > 0, len(frequent), len(frequent) + 1)
            codes[frequent] = np.arange(len(frequent))
            cell, size = codes[values], len(frequent) + 2
        parts.append(np.bincount(window * size + cell, minlength=windows * size).reshape(windows, size))
        sizes.append(size)
        ordered.append(values.dtype.kind == "f")
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    names = list(table.columns)
    histograms = Histograms(
        names, np.hstack(parts).astype(float), offsets, np.array(ordered), ["feature"] * len(names)
    )
    rows = np.bincount(window, minlength=windows).astype(float)
    return Evidence(histograms, Series.none(windows), rows, {"day of week": np.arange(windows) % 7})
