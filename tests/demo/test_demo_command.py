"""The whole demo as its user starts it, and with a file of one's own."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from leadline.cli.main import run
from leadline.demo.recorded import Recorded, live_from
from leadline.demo.run import recorded, running
from leadline.errors import DataError
from leadline.schedule import DAY, instant

LEADLINE = [sys.executable, "-m", "leadline"]


@pytest.mark.long
def test_the_story_comes_to_its_end(tmp_path: Path) -> None:
    """Two faults are told with their causes, and are over; nothing is left behind."""
    folder = tmp_path / "data"
    done = subprocess.run(
        [*LEADLINE, "demo", "--once", "--port", "0", "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=2400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Leadline demo: http://127.0.0.1:")
    assert any("history 60 of 90 days" in line for line in lines)
    assert any("live: a day takes 8 s" in line for line in lines)
    assert "Change of unit or scale. distance_km is 1/1.61 times its former values" in done.stdout
    assert "Missing values. card_utilisation: 100" in done.stdout
    assert sum("  resolved " in line for line in lines) >= 2
    assert (folder / "leadline.sqlite").exists()


def recording(path: Path, days: int) -> Path:
    """A binary model's predictions, with names that tell their roles; labels a day later."""
    import pandas as pd

    rng = np.random.default_rng(days)
    at = instant("2026-01-05") + np.sort(rng.integers(0, days * DAY, 150 * days))
    risk = rng.normal(0, 1.5, len(at))
    chance = 1 / (1 + np.exp(-risk))
    pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(len(at))],
            "timestamp": at.astype("datetime64[us]"),
            "amount": np.round(risk * 10 + rng.normal(0, 1, len(at)), 3),
            "score": np.round(chance, 4),
            "label": (rng.random(len(at)) < chance).astype(int),
            "label_timestamp": (at + DAY).astype("datetime64[us]"),
        }
    ).to_parquet(path)
    return path


def test_a_recording_is_cut_into_reference_past_and_live(tmp_path: Path) -> None:
    file = str(recording(tmp_path / "loans.parquet", 60))
    origin = live_from(file)
    assert origin == instant("2026-01-05") + 53 * DAY
    found = Recorded(file, origin)
    learned = found.baseline("1/20d", 1_000).profile
    assert learned.start is not None
    assert learned.end is not None
    assert instant("2026-01-05") <= learned.start < learned.end < found.reference_end
    assert found.reference_end == instant("2026-01-05") + 26 * DAY
    moments = [due.moment for due in found.due("loans")]
    assert min(moments) >= found.reference_end
    assert max(moments) > origin


def test_a_short_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the recording is too short"):
        live_from(str(recording(tmp_path / "loans.parquet", 12)))


def test_the_story_is_of_the_simulated_fleet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--once", "--replay", "loans.parquet"]) == 2
    assert "--replay" in capsys.readouterr().err


@pytest.mark.long
def test_a_recording_is_played_live(tmp_path: Path) -> None:
    plans = recorded([str(recording(tmp_path / "loans.parquet", 60))])
    lines: list[str] = []
    with running(tmp_path / "data", 0, 500_000.0, lines.append, threading.Event(), plans) as demo:
        assert demo.prepared()
        past = demo.service.store.rows("loans")["predictions"]
        assert 0.8 * 27 * 150 < past < 1.2 * 27 * 150
        until = monotonic() + 120
        while demo.service.store.rows("loans")["labels"] < 33 * 150 and monotonic() < until:
            demo.look()
        assert demo.service.store.rows("loans")["predictions"] > past + 500
        assert demo.demo.faults == ()
