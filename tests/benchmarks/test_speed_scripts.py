"""The speed benchmarks run in their smallest mode, and what they print can be read."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("pandas", reason="the benchmarks compare data frames")

SPEED = Path(__file__).resolve().parents[2] / "benchmarks" / "speed"


def printed(script: str, *options: str) -> list[list[str]]:
    """The rows of the Markdown tables that a script prints."""
    command = [sys.executable, str(SPEED / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SPEED))
    spec = importlib.util.spec_from_file_location(f"speed_{name}", SPEED / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, found)
    spec.loader.exec_module(found)
    return found


def test_every_way_of_counting_gives_the_same_counts() -> None:
    rows = printed("counting.py", "--small")
    shapes = [row for row in rows if row[-1] in ("yes", "NO")]
    assert len(shapes) >= 8
    assert all(row[-1] == "yes" for row in shapes)


def test_leadline_and_the_loops_beside_it_run_both_ways_round() -> None:
    pytest.importorskip("scipy", reason="the SciPy loop is one of them")
    rows = printed("compare.py", "--small")
    ours = [row for row in rows if row[0].startswith("Leadline")]
    assert len(ours) == 2
    assert all(row[2] == row[4] == "1.0" and "alerts" in row[-1] for row in ours)
    assert not any(row[6] == "0" for row in rows[1:])


def test_many_columns_are_checked_step_by_step() -> None:
    rows = printed("wide.py", "--small")
    assert [row[0] for row in rows[1:]] == [
        "learn the reference",
        "count the current table",
        "measure and decide",
        "put into words",
        "page",
    ]


def test_files_are_written_checked_and_deleted(tmp_path: Path) -> None:
    rows = printed("large.py", "--rows", "3000", "--columns", "10", "--folder", str(tmp_path))
    assert rows[-1][:2] == ["6,000", "10"]
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_the_same_every_time_and_drifts_where_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = module("data", monkeypatch)
    for name, drifted in (("first", False), ("again", False), ("drifted", True)):
        data.write(tmp_path / name, 4000, drifted)
    first, again, drifted = (data.load(tmp_path / name) for name in ("first", "again", "drifted"))
    assert first.equals(again)
    assert first.shape == (4000, 50)
    moved = abs(drifted["n10"].isna().mean() - first["n10"].isna().mean())
    assert moved > 0.01
    assert np.isclose(first["n00"].mean(), drifted["n00"].mean(), atol=0.3)


def test_a_peer_without_an_environment_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = module("compare", monkeypatch)
    monkeypatch.setattr(compare.peers, "ENVIRONMENTS", tmp_path)
    runs = compare.Runs()
    compare.run("evidently", tmp_path, tmp_path, runs)
    assert "peers.py" in runs.failed
    table = compare.table("title", {"leadline": compare.Runs(), "evidently": runs})
    assert runs.failed in table


def test_a_new_result_replaces_the_section_of_the_same_heading(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = module("run", monkeypatch).replaced
    page = "# Speed\n\nHow.\n\n## Weight\n\nold\n\n## Files\n\nkept\n"
    assert replaced(page, "## Weight\n\nnew\n") == "# Speed\n\nHow.\n\n## Weight\n\nnew\n\n## Files\n\nkept\n"
    assert replaced(page, "## Counting\n\nnew\n") == f"{page}\n## Counting\n\nnew\n"


@pytest.mark.long
def test_memory_is_flat_under_a_steady_load() -> None:
    """Half an hour, or `LEADLINE_SOAK_MINUTES`; DuckDB may fill its cache, which has a bound of its own."""
    minutes = os.environ.get("LEADLINE_SOAK_MINUTES", "30")
    command = [sys.executable, str(SPEED / "soak.py"), "--minutes", minutes]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    whole, within = (float(slope) for slope in re.findall(r"([+-][\d.]+) MB/min", last))
    largest = float(re.findall(r"largest (\d+) MB", last)[0])
    assert (whole - within) * float(minutes) / 2 < 50, done.stdout
    assert largest < 1000, done.stdout
