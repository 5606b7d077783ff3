"""`leadline monitors test`: a monitor does what its owner expects, or the difference is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.cli.main import run

MONITOR = "{metric: precision, falls_by: 5 %, for: 2}"
NUMBERS = (0.7, 0.79, 0.7, 0.69, "null", 0.8)
VALUES = "{" + ", ".join(f"2026-05-0{day}: {value}" for day, value in enumerate(NUMBERS, 1)) + "}"
EXPECTED = "[{opened: 2026-05-04, closed: 2026-05-06}]"


def suite(folder: Path, monitor: str = MONITOR, alerts: str = EXPECTED, more: str = "") -> str:
    path = folder / "tests.yaml"
    path.write_text(
        f"{more}\ntests:\n- name: two bad days\n  monitor: {monitor}\n  reference: 0.8\n"
        f"  values: {VALUES}\n  alerts: {alerts}\n"
    )
    return str(path)


def test_what_is_expected_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitors", "test", suite(tmp_path)]) == 0
    assert capsys.readouterr().out == "ok      two bad days\n"


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [("[]", "no alert"), ("[{opened: 2026-05-03}]", "2026-05-03 to the end")],
)
def test_another_alert_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], alerts: str, expected: str
) -> None:
    assert run(["monitors", "test", suite(tmp_path, alerts=alerts)]) == 1
    said = capsys.readouterr()
    assert said.out == f"FAILED  two bad days: expected {expected}; found 2026-05-04 to 2026-05-06\n"
    assert said.err == "1 failed\n"


def test_the_monitors_of_a_configuration_are_tested_by_name(tmp_path: Path) -> None:
    (tmp_path / "leadline.yaml").write_text(
        "monitors:\n- {name: precise, metric: precision, falls_by: 5 %, for: 2}\n"
    )
    assert run(["monitors", "test", suite(tmp_path, "precise", more="config: leadline.yaml")]) == 0
    assert run(["monitors", "test", suite(tmp_path, "another", more="config: leadline.yaml")]) == 2


@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ("{metric: nothing, below: 1}", "unknown metric"),
        ("{metric: precision}", "below, above"),
        ("[1]", "not a file of tests"),
        ("{metric: missing_share, below: 1}", "is about a column"),
    ],
)
def test_what_is_no_monitor_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monitor: str, message: str
) -> None:
    assert run(["monitors", "test", suite(tmp_path, monitor)]) == 2
    assert message in capsys.readouterr().err


def test_a_monitor_without_its_reference_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(suite(tmp_path))
    path.write_text(path.read_text().replace("  reference: 0.8\n", ""))
    assert run(["monitors", "test", str(path)]) == 2
    assert "compares with the reference" in capsys.readouterr().err


def test_a_file_without_tests_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tests.yaml"
    path.write_text("tests: []\n")
    assert run(["monitors", "test", str(path)]) == 2
    assert "length >= 1" in capsys.readouterr().err
