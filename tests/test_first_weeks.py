"""A training table without times: verdicts start with the first windows of production."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leadline
from leadline.errors import DataError


def rows(rng: np.random.Generator, size: int, days: float | None = None, shift: float = 0.0,
         since: float = 0.0) -> pd.DataFrame:  # fmt: skip
    """Rows of a binary model; with times over so many days, `x` shifted since one of them."""
    x = rng.normal(size=size)
    score = 1 / (1 + np.exp(-x))
    found: dict[str, Any] = {
        "x": x,
        "kind": rng.choice(list("abc"), size, p=[0.5, 0.3, 0.2]),
        "score": score,
        "label": (rng.random(size) < score).astype(int),
    }
    if days is not None:
        time = np.sort(rng.random(size)) * days
        found["x"] = x + np.where(time >= since, shift, 0.0)
        found["ts"] = pd.Timestamp("2026-01-05") + pd.to_timedelta(time, unit="D")
    return pd.DataFrame(found)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 41])


def test_a_change_in_the_first_weeks_is_a_provisional_warning() -> None:
    current = rows(rng(2), 8000, days=20, shift=0.8, since=12)
    report = leadline.check(rows(rng(1), 8000), current, timestamp="ts", budget="1/30d")
    found = report.to_dict()
    assert found["verdict"] == "warning"
    assert [c["name"] for c in found["columns"] if c["verdict"] == "warning"] == ["x"]
    timeline = found["timeline"]
    assert timeline["first_weeks"]["needed"] == 29
    assert timeline["first_weeks"]["accepted"] == 12
    assert [alert["tier"] for alert in timeline["alerts"]] == ["warning"]
    assert timeline["windows"][timeline["alerts"][0]["opened"]]["start"].startswith("2026-01-17")
    assert "Provisional: 12 of 29 windows" in str(report)
    assert found["causes"][0]["columns"] == ["x"]


def test_enough_accepted_windows_let_the_budget_alert() -> None:
    current = rows(rng(3), 20_000, days=50, shift=0.8, since=40)
    options = {"timestamp": "ts", "budget": "1/30d", "harmless": "alert"}
    report = leadline.check(rows(rng(4), 8000), current, **options)
    timeline = report.to_dict()["timeline"]
    assert timeline["first_weeks"]["switched"] == 29
    assert timeline["budget"]["supported"]
    alerts = [alert for alert in timeline["alerts"] if alert["tier"] == "alert"]
    assert alerts[0]["opened"] == 40
    assert alerts[0]["sources"][0]["source"] == "x"
    assert report.to_dict()["verdict"] == "alert"


def test_training_rows_unlike_production_are_told_once_as_a_warning() -> None:
    current = rows(rng(5), 8000, days=20, shift=0.5)
    report = leadline.check(rows(rng(6), 8000), current, timestamp="ts", budget="1/30d")
    found = report.to_dict()
    assert [named["source"] for named in found["timeline"]["first_weeks"]["skew"]] == ["x"]
    assert found["timeline"]["alerts"] == []
    assert found["verdict"] == "warning"
    assert "against the training rows" in next(c for c in found["columns"] if c["name"] == "x")["sentence"]


def test_without_a_stated_budget_the_whole_tables_decide() -> None:
    current = rows(rng(7), 8000, days=20, shift=0.5)
    report = leadline.check(rows(rng(8), 8000), current, timestamp="ts")
    assert report.to_dict()["verdict"] == "alert"
    assert report.to_dict()["timeline"]["first_weeks"]["skew"][0]["source"] == "x"


def test_times_are_found_by_name_in_the_current_table_only() -> None:
    report = leadline.check(rows(rng(9), 2000), rows(rng(10), 4000, days=10))
    assert report.to_dict()["timeline"]["first_weeks"]["accepted"] == 10


def test_a_saved_baseline_without_times_serves_as_well(tmp_path: Path) -> None:
    saved = leadline.learn(rows(rng(11), 3000)).save(tmp_path / "training.baseline")
    current = rows(rng(12), 4000, days=10)
    found = leadline.check(saved, current, timestamp="ts", budget="1/30d").to_dict()
    direct = leadline.check(rows(rng(11), 3000), current, timestamp="ts", budget="1/30d").to_dict()
    assert found["timeline"]["first_weeks"] == direct["timeline"]["first_weeks"]


def test_a_timestamp_that_neither_table_has_is_an_error() -> None:
    with pytest.raises(DataError, match="when"):
        leadline.check(rows(rng(13), 500), rows(rng(14), 500, days=5), timestamp="when")


def test_few_windows_of_a_reference_with_times_count() -> None:
    table = rows(rng(15), 16_000, days=40)
    cut = table["ts"] < table["ts"].iloc[0] + pd.Timedelta(days=12)
    found = leadline.check(table[cut], table[~cut], timestamp="ts", window="1d", budget="1/30d").to_dict()
    assert found["timeline"]["first_weeks"]["switched"] in (29, 30, 31)
    assert found["verdict"] == "ok"
