"""`leadline replay` against a running server: what is judged is what `leadline check` says of the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import leadline
from leadline.cli.main import run
from leadline.schedule import instant


def test_a_replayed_table_is_judged_like_the_table(
    live: Any, baseline_file: Path, make_traffic: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pandas = pytest.importorskip("pandas")
    rows = make_traffic(10, 100, "2026-03-01", 5, shift=1.0, shifted_from=6)
    file = tmp_path / "past.parquet"
    pandas.DataFrame(rows).to_parquet(file)
    live.give(baseline_file)
    live.clock.now = instant("2026-03-12")
    command = [
        "replay", str(file), "--model", "credit", "--id", "id", "--timestamp", "at", "--score", "p",
        "--label", "y", "--version", "version", "--url", live.url, "--token", live.token,
    ]  # fmt: skip
    assert run(command) == 0
    assert "1,000 predictions sent to credit" in capsys.readouterr().out
    assert run(command) == 0
    assert live.service.store.rows("credit")["predictions"] == 1_000, "the same rows count once"
    found = live.report()
    expected = leadline.check(baseline_file, file, as_of="2026-03-10T23:59:59.999999Z").to_dict()
    assert found["verdict"] == expected["verdict"] == "alert"
    assert found["timeline"]["digest"] == expected["timeline"]["digest"]


def test_a_server_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "past.csv"
    file.write_text("at,a\n2026-01-01T00:00:00,1\n")
    command = ["replay", str(file), "--model", "m", "--timestamp", "at", "--speed", "fast"]
    assert run([*command, "--url", "http://127.0.0.1:1"]) == 2
    assert "accepted: a number above 0, such as 60x" in capsys.readouterr().err
