"""Which values of a column moved in the windows of an alert, in words."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import leadline as ll
from leadline.reports.record import NamedSource

START = datetime.datetime(2026, 1, 1)
DAYS, ROWS, LAST = 80, 120, 12

Columns = Mapping[str, npt.NDArray[Any]]
Change = Callable[[dict[str, npt.NDArray[Any]]], Columns]


def _rows(seed: int, day: int) -> dict[str, npt.NDArray[Any]]:
    draw = np.random.default_rng([seed, day])
    return {
        "distance": draw.lognormal(1.0, 0.5, ROWS),
        "channel": draw.choice(["app", "web", "shop"], ROWS, p=[0.6, 0.3, 0.1]),
    }


def _table(seed: int, first: int, days: int, change: Change | None = None) -> dict[str, list[Any]]:
    parts = []
    for day in range(first, first + days):
        found = _rows(seed, day)
        late = change is not None and day >= first + days - LAST
        parts.append(change(found) if late and change is not None else found)
    times = [
        START + datetime.timedelta(days=day, minutes=10 * i)
        for day in range(first, first + days)
        for i in range(ROWS)
    ]
    joined = {name: np.concatenate([part[name] for part in parts]).tolist() for name in parts[0]}
    return joined | {"at": times}


@functools.cache
def _reference() -> dict[str, list[Any]]:
    return _table(1, 0, DAYS)


def _named(column: str, change: Change) -> NamedSource:
    """What the worst alert says of the column."""
    report = ll.check(_reference(), _table(2, DAYS, 30, change), timestamp="at", budget="1/30d", window="1d")
    assert report.record.timeline is not None
    alerts = [alert for alert in report.record.timeline.alerts if alert.tier == "alert"]
    return next(source for alert in alerts for source in alert.sources if source.source == column)


@pytest.mark.parametrize(("factor", "way"), [(1 / 1.609344, "fell"), (1.609344, "rose")])
def test_a_column_that_moved_one_way_says_from_which_median_to_which(factor: float, way: str) -> None:
    """The median of a lognormal with location 1 is e; a factor moves it by itself."""
    found = _named("distance", lambda rows: rows | {"distance": rows["distance"] * factor})
    said = re.fullmatch(
        r"distance (\w+) from a median of ([\d.]+) to ([\d.]+) \(KS 0\.\d+\)"
        r"( over \d windows)?",
        found.sentence,
    )
    assert said is not None, found.sentence
    assert said[1] == way
    assert float(said[2]) == pytest.approx(np.e, rel=0.03)
    assert float(said[3]) == pytest.approx(np.e * factor, rel=0.1)


def test_a_column_that_moved_both_ways_has_only_a_size() -> None:
    """Spread around its median."""
    found = _named("distance", lambda rows: rows | {"distance": np.e * (rows["distance"] / np.e) ** 3})
    assert re.match(r"distance moved by 0\.\d+ \(Kolmogorov-Smirnov distance\)", found.sentence), (
        found.sentence
    )


def test_a_mix_says_which_value_moved_most() -> None:
    def partner(rows: dict[str, npt.NDArray[Any]]) -> Columns:
        channel = rows["channel"].astype("U8")
        channel[: ROWS // 4] = "partner"
        return rows | {"channel": channel}

    found = _named("channel", partner)
    said = re.match(r"channel: never-seen values rose from 0\u2009% to ([\d.]+)\u2009% \(TV", found.sentence)
    assert said is not None, found.sentence
    # What one value gains and all others lose is the distance: of the same windows, so of the same size.
    assert float(said[1]) / 100 == pytest.approx(found.effect, rel=0.01)
    assert 0 < found.effect <= 0.25 + 1e-9


def _deployment(rng: np.random.Generator, days: int, first: int, moved: bool) -> dict[str, list[Any]]:
    """96 rows a day of a model; where it moved, one region's `x` did, and the score and label follow it."""
    rows = 96 * days
    region = rng.choice(["north", "south", "east"], rows)
    x = rng.normal(0.0, 1.0, rows) + (0.4 * (region == "north") if moved else 0.0)
    score = 1 / (1 + np.exp(-x))
    label = (rng.random(rows) < score).astype(int)
    times = [START + datetime.timedelta(days=first, minutes=15 * i) for i in range(rows)]
    columns = {"region": region, "x": x, "score": score, "label": label}
    return {name: values.tolist() for name, values in columns.items()} | {"at": times}


@functools.cache
def _deployed() -> ll.Report:
    rng = np.random.default_rng(0)
    sides = _deployment(rng, 63, 0, False), _deployment(rng, 63, 63, True)
    return ll.check(*sides, timestamp="at", score="score", label="label", budget="1/30d", window="1d")


def test_a_column_of_two_values_says_the_share_of_one() -> None:
    """Whose median can only be either."""
    said = next(column.sentence for column in _deployed().record.columns if column.name == "label")
    assert re.match(r"label: the share of 1 rose from [\d.]+\u2009% to [\d.]+\u2009% \(KS", said), said


def test_of_alerts_that_name_the_same_first_the_summary_tells_one_with_its_day() -> None:
    record = _deployed().record
    assert record.timeline is not None
    said = {column.name for column in record.columns} | {"performance"}
    named = [{s.source for s in alert.sources} for alert in record.timeline.alerts if alert.tier == "alert"]
    others = sum("inputs" in names and not names & said for names in named) - 1
    assert others > 0
    told = [line for line in record.summary if "of this below" in line]
    assert len(told) == 1
    assert re.search(rf", (since|on) 2026-\d\d-\d\d; {others} more alerts? of this below\.$", told[0]), told


def test_a_version_says_the_values_of_its_own_rows() -> None:
    """Version 2 is sent a third more, beside version 1, which goes on as before."""

    def table(seed: int, days: int, first: int, both: bool) -> dict[str, list[Any]]:
        draw = np.random.default_rng(seed)
        rows = days * ROWS
        version = np.where(both & (np.arange(rows) % 2 == 0), "2", "1")
        distance = draw.lognormal(1.0, 0.5, rows) * np.where(version == "2", 1.35, 1.0)
        times = [START + datetime.timedelta(days=first, minutes=10 * i) for i in range(rows)]
        return {"distance": distance.tolist(), "version": version.tolist(), "at": times}

    report = ll.check(
        table(1, 20, 0, False), table(2, 20, 20, True), timestamp="at", version="version", window="version"
    )
    assert report.record.timeline is not None
    (alert,) = report.record.timeline.alerts
    said = re.match(
        r"Version 2: distance rose from a median of ([\d.]+) to ([\d.]+) \(KS 0\.\d+\)\.", alert.sentence
    )
    assert said is not None, alert.sentence
    assert float(said[1]) == pytest.approx(np.e, rel=0.03)
    assert float(said[2]) == pytest.approx(np.e * 1.35, rel=0.03)
