"""The comparisons with other tools: alarms are counted as they say, and their smallest runs work."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the benchmarks draw streams with it")

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> ModuleType:
    """The benchmark named by the test's parameter."""
    path = BENCHMARKS / request.param
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, found)
    spec.loader.exec_module(found)
    return found


known_drift = pytest.mark.parametrize("script", ["quality/known_drift.py"], indirect=True)
alarms = pytest.mark.parametrize("script", ["quality/alarms.py"], indirect=True)
DRIFTS = ((1000, 1000), (2000, 2200))


@known_drift
def test_the_first_alarm_after_a_drift_finds_it_and_others_are_false(script: ModuleType) -> None:
    found = script.worth([90, 150, 1050, 1300, 2050, 2150, 2201], DRIFTS, first=100, end=3000)
    assert found.delays == (50, 50)
    assert found.false == 3  # 150, 1300 and 2201; 90 is before the first row, 2150 within the transition
    assert found.quiet == 2900 - 100
    assert found.drifts == 2


@known_drift
def test_a_missed_drift_leaves_no_quiet_row_until_the_next_one(script: ModuleType) -> None:
    found = script.worth([2500], DRIFTS, first=0, end=3000)
    assert found.delays == (500,)
    assert (found.quiet, found.false) == (1500, 0)
    assert script.mtr([found]) == pytest.approx(1500 / 500 * (1 - 1 / 2))


@known_drift
def test_a_stream_without_drifts_has_nothing_but_false_alarms(script: ModuleType) -> None:
    found = script.worth([10, 20, 30], (), first=0, end=100)
    assert (found.quiet, found.false, found.delays) == (100, 3, ())
    assert script.mtr([found]) == 0


@known_drift
def test_rows_change_places_only_within_their_concept(script: ModuleType) -> None:
    rows = 26_000
    concept = np.digitize(np.arange(rows) + script.FIRST, [9_000, 11_000, 19_500, 21_500])
    columns = {"label": np.arange(rows), "concept": concept}
    found = script.ordered(columns, ((9_000, 11_000), (19_500, 21_500)), 1)
    assert np.array_equal(found["concept"], concept)
    assert np.array_equal(np.sort(found["label"]), columns["label"])
    moved = found["label"] != columns["label"]
    assert not moved[(concept == 1) | (concept == 3)].any()
    assert moved[concept == 0].mean() > 0.9


@alarms
def test_an_alarm_ends_after_three_quiet_windows(script: ModuleType) -> None:
    assert script.incidents(np.array([1, 0, 0, 1, 0, 0, 0, 1, 1], bool)) == 2
    assert script.incidents(np.zeros(5, bool)) == 0
    assert script.incidents(np.ones(50, bool)) == 1


@alarms
def test_hindsight_takes_the_least_threshold_that_keeps_the_rate(script: ModuleType) -> None:
    scores = np.zeros(60)
    scores[[5, 25, 45]] = 9, 8, 7
    threshold = script.hindsight([scores])
    assert threshold == 7
    assert script.incidents(scores > threshold) == 2


@pytest.mark.long
@pytest.mark.parametrize("name", ["speed/windows.py", "quality/alarms.py"])
def test_the_smallest_run_prints_leadlines_row(name: str) -> None:
    command = [sys.executable, str(BENCHMARKS / name), "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert any("Leadline" in line and any(c.isdigit() for c in line) for line in done.stdout.splitlines())
