"""The command on real files, through to what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as xml

import jsonschema
import polars
import pytest

from leadline.cli.main import run
from leadline.reports import json as report_json
from leadline.simulation import credit

ROLES = [
    "--label",
    "defaulted",
    "--score",
    "p_default",
    "--timestamp",
    "requested_at",
    "--id",
    "application_id",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a drifted and of a quiet deployment."""
    folder = tmp_path_factory.mktemp("data")
    for name, drift in (("drifted", True), ("quiet", False)):
        deployment = credit(8_000, 4_000, seed=11, drift=drift)
        polars.DataFrame(deployment.reference).write_parquet(folder / "reference.parquet")
        polars.DataFrame(deployment.current).write_parquet(folder / f"{name}.parquet")
        polars.DataFrame(deployment.current).write_csv(folder / f"{name}.csv")
    return folder


def checked(folder: Path, *arguments: str, code: int = 1) -> dict[str, object]:
    """The JSON of a check, after it exited as it should."""
    target = folder / "report.json"
    assert run(["check", *arguments, "--json", str(target)]) == code
    report: dict[str, object] = json.loads(target.read_bytes())
    jsonschema.validate(report, report_json.schema())
    return report


def columns(report: dict[str, object], verdict: str) -> set[str]:
    listed = report["columns"]
    assert isinstance(listed, list)
    return {column["name"] for column in listed if column["verdict"] == verdict}


def test_a_drift_is_found_where_it_is_and_nowhere_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = checked(folder, str(folder / "reference.parquet"), str(folder / "drifted.parquet"), *ROLES)
    deployment = credit(100, 100, seed=1)
    assert {"channel", "income", "purpose"} <= columns(report, "alert") <= deployment.drifted
    assert "ALERT" in capsys.readouterr().out


def test_undrifted_data_is_quiet(folder: Path) -> None:
    report = checked(folder, str(folder / "reference.parquet"), str(folder / "quiet.parquet"), *ROLES, code=0)
    assert report["verdict"] in ("ok", "warning")


def test_a_csv_is_judged_like_the_parquet_file_of_the_same_rows(folder: Path) -> None:
    reference = str(folder / "reference.parquet")
    parquet = checked(folder, reference, str(folder / "drifted.parquet"), *ROLES)
    csv = checked(folder, reference, str(folder / "drifted.csv"), *ROLES)
    assert columns(csv, "alert") >= columns(parquet, "alert")


def test_baseline_and_profile_lead_to_the_same_verdicts(folder: Path) -> None:
    """Learn once, count elsewhere, compare anywhere: the same numbers as from both tables."""
    reference, current = str(folder / "reference.parquet"), str(folder / "drifted.parquet")
    baseline, profile = str(folder / "a.leadline"), str(folder / "b.leadline")
    assert run(["baseline", reference, *ROLES, "-o", baseline]) == 0
    assert run(["profile", current, "--baseline", baseline, "-o", profile]) == 0
    direct = checked(folder, reference, current, *ROLES)
    for arguments in ((baseline, current), (baseline, profile)):
        report = checked(folder, *arguments)
        assert report["verdict"] == direct["verdict"]
        assert columns(report, "alert") == columns(direct, "alert")
        assert report["performance"] == direct["performance"]


def test_every_kind_of_report_is_written_at_once(folder: Path) -> None:
    files = {kind: folder / f"all.{kind}" for kind in ("html", "json", "junit", "markdown")}
    arguments = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
    reference, current = str(folder / "reference.parquet"), str(folder / "drifted.parquet")
    assert run(["check", reference, current, *ROLES, *arguments]) == 1
    assert "<html" in files["html"].read_text("utf-8")
    assert xml.fromstring(files["junit"].read_bytes()).attrib["failures"] != "0"
    assert files["markdown"].read_text("utf-8").startswith("## Alert")


def test_json_to_standard_output_comes_alone_from_a_process_of_its_own(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "leadline",
        "check",
        "reference.parquet",
        "quiet.parquet",
        *ROLES,
        "--json",
        "-",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["verdict"] in ("ok", "warning")


@pytest.mark.parametrize("options", [[], ["--json", "-"]])
def test_a_reader_that_goes_away_changes_neither_exit_code_nor_errors(
    folder: Path, options: list[str]
) -> None:
    """`leadline check ... | true`."""
    command = [
        sys.executable,
        "-m",
        "leadline",
        "check",
        "reference.parquet",
        "drifted.parquet",
        *ROLES,
        *options,
    ]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, cwd=folder, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_table_of_which_nothing_can_be_judged_exits_2(folder: Path) -> None:
    polars.DataFrame({"a": [None, None], "b": [None, None]}).write_parquet(folder / "empty.parquet")
    empty = str(folder / "empty.parquet")
    assert checked(folder, empty, empty, code=2)["verdict"] == "unknown"


def damaged(folder: Path) -> dict[str, Path]:
    """Files that cannot be used, each in another way."""
    whole = (folder / "drifted.parquet").read_bytes()
    files = {
        "missing": folder / "no such file.parquet",
        "empty": folder / "empty file.parquet",
        "truncated": folder / "truncated.parquet",
        "ragged": folder / "ragged.csv",
        "empty folder": folder / "nothing",
    }
    files["empty"].write_bytes(b"")
    files["truncated"].write_bytes(whole[: len(whole) // 2])
    files["ragged"].write_text("a,b\n" + "1,2\n" * 50 + "1,2,3,4\n" + "1,2\n" * 50)
    files["empty folder"].mkdir(exist_ok=True)
    return files


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "ragged", "empty folder"])
def test_an_unusable_file_is_one_clear_message_that_names_it(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = damaged(folder)[kind]
    assert run(["check", str(path), str(folder / "quiet.parquet")]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("leadline: ")
    assert path.name in streams.err
    assert "Traceback" not in streams.err


def test_a_parquet_file_under_a_wrong_name_is_read_by_its_content_or_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = folder / "wrong.csv"
    wrong.write_bytes((folder / "quiet.parquet").read_bytes())
    code = run(["check", str(folder / "reference.parquet"), str(wrong), *ROLES])
    streams = capsys.readouterr()
    assert (code == 0 and "columns quiet" in streams.out) or (code == 2 and "wrong.csv" in streams.err)


def test_a_misspelt_column_is_answered_with_the_closest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, current = str(folder / "reference.parquet"), str(folder / "quiet.parquet")
    assert run(["check", reference, current, "--label", "defualted"]) == 2
    assert "Did you mean 'defaulted'?" in capsys.readouterr().err


def test_the_simulated_check_shows_its_alert_and_writes_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", "report", "--output", str(tmp_path / "demo"), "--rows", "5000"]) == 0
    shown = capsys.readouterr().out
    assert "ALERT" in shown
    assert str(tmp_path / "demo" / "report.html") in shown
    assert "<html" in (tmp_path / "demo" / "report.html").read_text("utf-8")
