"""Undrifted tables that go through a whole check: columns, models, dependent rows, splits of real sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import draws
import numpy as np
import numpy.typing as npt
from scipy import special

from leadline import comparison
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.joint import Decision

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator
Column = Callable[[Rng, int], npt.NDArray[Any]]
Table = dict[str, npt.NDArray[Any]]
COPIES = 20
DAY = 86_400_000_000


@dataclass(frozen=True)
class Found:
    """Tables of one sort, those with evidence at the rate, and those with an alert; None: not judged."""

    name: str
    m: int
    n: int
    columns: int
    tables: int
    hits: int
    alerts: int | None = None
    counted: bool = True


def check(reference: Any, current: Any, **options: Any) -> Comparison:
    """What `leadline.check` does before it draws."""
    baseline = comparison.learn(reference, threads=1, **options)
    return compare(baseline, comparison.profile(current, baseline), baseline.settings, None)


def decisions(found: Comparison) -> list[Decision]:
    """Of all columns and performance metrics."""
    scores = [score.decision for score in found.performance.scores.values() if score.decision is not None]
    return [*found.decisions.values(), *scores]


def judged(table: list[Decision], rate: float) -> tuple[bool, bool]:
    """Evidence at the rate by Holm over these channels, and an alert."""
    p = np.array([d.p_value for d in table])
    channels = int(np.isfinite(p).sum())
    certain = any(d.verdict == "alert" and not d.decided_by for d in table)
    evidence = certain or bool(channels and np.nanmin(p) * channels <= rate)
    large = [v for d in table for v in d.votes if v.beyond_floor and v.joint * channels <= rate]
    return evidence, certain or bool(large)


def level(size: int, even: bool) -> Column:
    """A column of categories."""
    names = np.array([f"v{i}" for i in range(size)], object)
    law = draws.categories(size, even)
    return lambda rng, rows: names[rng.choice(size, rows, p=law)]


def _absent(rng: Rng, rows: int) -> Floats:
    return np.where(rng.random(rows) < 0.02, np.nan, rng.normal(size=rows))


LAWS: dict[str, dict[str, Column]] = {
    "rows, numeric": {**draws.NUMERIC, "missing": _absent},
    "rows, categorical": {
        f"{size} {even}": level(size, even) for size in draws.LEVELS for even in (True, False)
    },
    "rows, mixed": {
        "normal": draws.NUMERIC["normal"],
        "cents": draws.NUMERIC["cents"],
        "missing": _absent,
        "few": level(5, False),
        "many": level(500, False),
    },
}


def columns(name: str, laws: dict[str, Column], m: int, n: int, tables: int, rate: float, seed: int) -> Found:
    """Many tables in one check: a column's p-value knows nothing of the other columns."""
    rng = np.random.default_rng([seed, m, n])
    hits, alerts = 0, 0
    for start in range(0, tables, COPIES):
        copies = range(min(COPIES, tables - start))
        sides: list[Table] = [
            {f"{law}/{i}": draw(rng, rows) for i in copies for law, draw in laws.items()} for rows in (m, n)
        ]
        found = check(*sides).decisions
        for i in copies:
            evidence, alert = judged([found[f"{law}/{i}"] for law in laws], rate)
            hits, alerts = hits + evidence, alerts + alert
    return Found(name, m, n, len(laws), tables, hits, alerts)


def _binary(positive: float) -> Callable[[Rng, int], Table]:
    def draw(rng: Rng, rows: int) -> Table:
        score = special.expit(1.5 * rng.normal(size=rows) + special.logit(positive))
        label = (rng.random(rows) < score).astype(int)
        return {"score": score, "label": label, "prediction": (score >= 0.5).astype(int)}

    return draw


def _classes(count: int, skill: float) -> Callable[[Rng, int], Table]:
    def draw(rng: Rng, rows: int) -> Table:
        label = rng.choice(count, rows, p=draws.categories(count, even=False))
        evidence = rng.normal(size=(rows, count))
        evidence[np.arange(rows), label] += skill
        names = np.array([f"c{i}" for i in range(count)], object)
        return {"label": names[label], "prediction": names[evidence.argmax(1)]}

    return draw


def _regression(noise: Column) -> Callable[[Rng, int], Table]:
    def draw(rng: Rng, rows: int) -> Table:
        prediction = rng.normal(size=rows)
        return {"prediction": prediction, "label": prediction + noise(rng, rows)}

    return draw


_SCORED = {"label": "label", "prediction": "prediction", "score": "score"}
_LABELLED = {"label": "label", "prediction": "prediction"}
MODELS: tuple[tuple[str, Callable[[Rng, int], Table], dict[str, str]], ...] = (
    ("binary, 30 % positive", _binary(0.3), _SCORED),
    ("binary, 3 % positive", _binary(0.03), _SCORED),
    ("10 classes", _classes(10, 1.5), _LABELLED),
    ("10 classes, nearly perfect", _classes(10, 5.0), _LABELLED),
    ("regression, normal errors", _regression(lambda rng, rows: rng.normal(size=rows)), _LABELLED),
    ("regression, t(3) errors", _regression(lambda rng, rows: rng.standard_t(3, rows)), _LABELLED),
    ("regression, lognormal errors", _regression(lambda rng, rows: rng.lognormal(size=rows)), _LABELLED),
)


def models(
    name: str,
    draw: Callable[[Rng, int], Table],
    options: dict[str, str],
    m: int,
    n: int,
    tables: int,
    rate: float,
    seed: int,
) -> Found:
    """Tables of a model's outcomes: its performance takes part in Holm's correction."""
    rng = np.random.default_rng([seed, m, n])
    hits, alerts, channels = 0, 0, 0
    for _ in range(tables):
        table = decisions(check(draw(rng, m), draw(rng, n), **options))
        evidence, alert = judged(table, rate)
        hits, alerts, channels = hits + evidence, alerts + alert, len(table)
    return Found(name, m, n, channels, tables, hits, alerts)


def _from_latent(rng: Rng, kind: str, latent: Floats) -> npt.NDArray[Any]:
    """A column whose values follow a standardised latent value."""
    share = special.ndtr(latent)
    if kind == "numeric":
        return latent
    if kind == "binary":
        return np.where(share > 0.8, "yes", "no").astype(object)
    if kind == "missing":
        return np.where(share > 0.95, np.nan, rng.normal(size=len(latent)))
    codes = share * 19.999 if kind == "20 levels" else 501**share - 1
    return np.char.add("v", codes.astype(int).astype(str)).astype(object)


KINDS = ("numeric", "binary", "missing", "20 levels", "500 levels")


def in_time(effect: float, correlation: float, hours: int, before: int, after: int) -> Any:
    """Rows over `before` and then `after` days; each spell of some hours has a level of its own (AR(1))."""

    def draw(rng: Rng, m: int, n: int) -> tuple[Table, Table]:
        unit = hours * DAY // 24
        start, middle, end = 0, before * DAY, (before + after) * DAY
        times = [
            np.sort(rng.integers(*span, rows)) for span, rows in (((start, middle), m), ((middle, end), n))
        ]
        sides: list[Table] = [{"time": time.astype("datetime64[us]")} for time in times]
        for kind in KINDS:
            for i in range(4):
                levels = rng.normal(size=end // unit + 1)
                for k in range(1, len(levels)):
                    levels[k] = correlation * levels[k - 1] + np.sqrt(1 - correlation**2) * levels[k]
                for side, time in zip(sides, times, strict=True):
                    latent = rng.normal(size=len(time)) + effect * levels[time // unit]
                    side[f"{kind}/{i}"] = _from_latent(rng, kind, latent / np.hypot(1, effect))
        return sides[0], sides[1]

    return draw


def of_clock(before: int, after: float, shift: int = 0) -> Any:
    """Rows by day more often than by night, over `before` days, and `after` days from some later midnight on.

    Four columns of each sort follow the clock: the hour of the day, whether it is night, a daily load, the
    same with a level that each hour shares with the next (AR(1) 0.9), and a load that is lower at weekends.
    Clocks of the current table are off by `shift` hours.
    """

    def draw(rng: Rng, m: int, n: int) -> tuple[Table, Table]:
        first = 24 * float(before + rng.integers(1, 8))
        sides: list[Table] = []
        levels = rng.normal(size=(4, int(first + 24 * after) + 2))
        for k in range(1, levels.shape[1]):
            levels[:, k] = 0.9 * levels[:, k - 1] + np.sqrt(1 - 0.9**2) * levels[:, k]
        for start, days, rows, off in ((0.0, before, m, 0), (first, after, n, shift)):
            hours = rng.uniform(start, start + 24 * days, 4 * rows)
            often = 1 + 0.8 * np.sin(2 * np.pi * hours / 24)
            hours = np.sort(hours[rng.random(len(hours)) * 1.8 < often][:rows])
            told = (hours + off) % 24
            load = 0.5 * np.sin(2 * np.pi * told / 24)
            weekend = hours // 24 % 7 >= 5
            side: Table = {"time": (hours * 3.6e9).astype(np.int64).astype("datetime64[us]")}
            for i in range(4):
                noise = rng.normal(size=(3, rows))
                side |= {
                    f"hour/{i}": told.astype(int),
                    f"night/{i}": np.where(told < 6, "night", "day").astype(object),
                    f"load/{i}": load + noise[0],
                    f"AR/{i}": load + noise[1] + 0.3 * levels[i, hours.astype(int)],
                    f"week/{i}": load * np.where(weekend, 0.5, 1.0) + noise[2],
                }
            sides.append(side)
        return sides[0], sides[1]

    return draw


OF_CLOCK = ("hour", "night", "load", "AR", "week")


def by_entity(size: int, shared: float) -> Any:
    """Rows of entities that repeat `size` times on average and share a part of each value's variance."""

    def draw(rng: Rng, m: int, n: int) -> tuple[Table, Table]:
        sides: list[Table] = []
        for first, rows in ((0, m), (m, n)):
            count = rows // size
            who = np.sort(rng.integers(0, count, rows))
            side: Table = {"who": np.char.add("u", (first + who).astype(str)).astype(object)}
            for kind in KINDS:
                for i in range(4):
                    own = np.sqrt(1 - shared) * rng.normal(size=rows)
                    side[f"{kind}/{i}"] = _from_latent(
                        rng, kind, own + np.sqrt(shared) * rng.normal(size=count)[who]
                    )
            sides.append(side)
        return sides[0], sides[1]

    return draw


_TIME, _WHO = {"timestamp": "time"}, {"entity": "who"}
DEPENDENT: tuple[tuple[str, Any, dict[str, str], int, int], ...] = (
    ("clock, 14 days, then 7", of_clock(14, 7), _TIME, 5_600, 2_800),
    ("clock, 14 days, then 7.25", of_clock(14, 7.25), _TIME, 5_600, 2_900),
    ("clock, 30 days, then 1", of_clock(30, 1), _TIME, 9_000, 300),
    ("clock, 30 days, then 10.6", of_clock(30, 10.6), _TIME, 9_000, 3_180),
    ("clock off by 1 hour", of_clock(14, 7, 1), _TIME, 5_600, 2_800),
    ("clock off by 3 hours", of_clock(14, 7, 3), _TIME, 5_600, 2_800),
    ("clock off by 6 hours", of_clock(14, 7, 6), _TIME, 5_600, 2_800),
    ("in time, independent", in_time(0.0, 0.0, 24, 60, 15), _TIME, 20_000, 5_000),
    ("hours with levels, 0.3 sd", in_time(0.3, 0.0, 1, 60, 15), _TIME, 20_000, 5_000),
    ("days with levels, 0.2 sd", in_time(0.2, 0.0, 24, 60, 15), _TIME, 20_000, 5_000),
    ("days with levels, 3 days later", in_time(0.2, 0.0, 24, 60, 3), _TIME, 20_000, 1_000),
    ("days, AR(1) 0.6, 0.5 sd", in_time(0.5, 0.6, 24, 60, 15), _TIME, 20_000, 5_000),
    ("entities of 1 row", by_entity(1, 0.0), _WHO, 3_000, 1_000),
    ("entities of 5 rows, ICC 0.2", by_entity(5, 0.2), _WHO, 3_000, 1_000),
    ("entities of 20 rows, ICC 0.8", by_entity(20, 0.8), _WHO, 20_000, 3_000),
)


def dependent(
    name: str, draw: Any, options: dict[str, str], m: int, n: int, tables: int, rate: float, seed: int
) -> Found:
    """Four tables in one check, with rows that may resemble each other."""
    rng = np.random.default_rng([seed, m, n])
    kinds = OF_CLOCK if "clock" in name else KINDS
    hits, alerts = 0, 0
    for start in range(0, tables, 4):
        found = check(*draw(rng, m, n), **options).decisions
        for i in range(min(4, tables - start)):
            evidence, alert = judged([found[f"{kind}/{i}"] for kind in kinds], rate)
            hits, alerts = hits + evidence, alerts + alert
    counted = not ("AR(1)" in name or "clock off" in name)
    return Found(name, m, n, len(kinds), tables, hits, alerts, counted)


def row_splits(folder: Path, tables: int, rate: float, seed: int) -> Iterator[Found]:
    """Random row splits of the data sets, all columns that DuckDB gives as arrays."""
    import duckdb

    for path in sorted(folder.glob("*.parquet")):
        frame = duckdb.sql(f"select * from read_parquet('{path}')").arrow().read_all()
        rng = np.random.default_rng(seed)
        m, n = min(frame.num_rows // 2, 2_000), min(frame.num_rows // 2, 1_000)
        hits, alerts, channels = 0, 0, 0
        for _ in range(tables):
            chosen = rng.choice(frame.num_rows, m + n, replace=False)
            table = decisions(check(frame.take(chosen[:m]), frame.take(chosen[m:])))
            evidence, alert = judged(table, rate)
            hits, alerts, channels = hits + evidence, alerts + alert, len(table)
        yield Found(f"split of {path.stem}", m, n, channels, tables, hits, alerts)
