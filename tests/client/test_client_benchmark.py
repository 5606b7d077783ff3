"""The benchmark of the caller's thread runs in its smallest mode, and what it prints can be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "speed" / "client.py"


def test_every_way_to_log_is_measured_with_the_server_up_and_down() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--small"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    ours = [row for row in rows if row[0].startswith("Leadline")]
    assert [row[0] for row in ours] == [
        f"Leadline `{way}()`, server {state}" for state in ("up", "down") for way in ("log", "prediction")
    ]
    for _, *figures in rows[1:]:
        median, p99, p999, ratio = map(float, figures)
        assert 0 < median <= p99 <= p999
        assert ratio > 0
