"""The command around the comparison: what it passes on, prints, writes and answers. The comparison itself is
replaced by a stand-in; `test_end_to_end.py` runs the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree as xml

import msgspec
import pytest

import leadline
from leadline.cli import options
from leadline.cli.main import run
from leadline.errors import DataError, RetryableError
from leadline.reports.record import ColumnResult, ReportRecord, Verdict
from leadline.settings import Settings


class Comparison(ModuleType):
    """Stands in for `leadline.comparison`: remembers its arguments, answers with a record or raises."""

    def __init__(self, record: ReportRecord) -> None:
        super().__init__("leadline.comparison")
        self.answer: ReportRecord | BaseException = record
        self.calls: list[dict[str, Any]] = []

    def check(self, reference: object, current: object, **options: Any) -> SimpleNamespace:
        self.calls.append({"reference": reference, "current": current, **options})
        if isinstance(self.answer, BaseException):
            raise self.answer
        return SimpleNamespace(record=self.answer)

    @property
    def settings(self) -> Settings:
        """The settings that the keywords of the last call lead to."""
        passed = self.calls[-1]
        keywords = {
            name: value for name, value in passed.items() if name in (*Settings.__struct_fields__, "config")
        }
        assert passed.keys() == keywords.keys() | {"reference", "current", "events", "progress"}
        return options.resolved(keywords)


@pytest.fixture
def comparison(monkeypatch: pytest.MonkeyPatch, small_record: ReportRecord) -> Comparison:
    module = Comparison(small_record)
    monkeypatch.setitem(sys.modules, "leadline.comparison", module)
    monkeypatch.setattr(leadline, "comparison", module, raising=False)
    return module


def quiet(record: ReportRecord, verdict: Verdict = "ok") -> ReportRecord:
    columns = [msgspec.structs.replace(column, verdict=verdict) for column in record.columns[:1]]
    task = msgspec.structs.replace(record.task, verdict="ok")
    return msgspec.structs.replace(record, verdict=verdict, columns=columns, task=task)


def test_the_report_is_printed_and_an_alert_exits_1(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "a.parquet", "b.parquet"]) == 1
    assert "ALERT" in capsys.readouterr().out
    assert (comparison.calls[0]["reference"], comparison.calls[0]["current"]) == ("a.parquet", "b.parquet")


@pytest.mark.parametrize(
    ("verdict", "fail_on", "code"),
    [
        ("ok", "alert", 0),
        ("ok", "warning", 0),
        ("ok", "unknown", 0),
        ("warning", "alert", 0),
        ("warning", "warning", 1),
        ("warning", "unknown", 1),
        ("alert", "alert", 1),
        ("alert", "unknown", 1),
        ("alert", "never", 0),
        ("warning", "never", 0),
        ("unknown", "alert", 2),
        ("unknown", "never", 2),
    ],
)
def test_exit_codes(
    comparison: Comparison, small_record: ReportRecord, verdict: Verdict, fail_on: str, code: int
) -> None:
    comparison.answer = quiet(small_record, verdict)
    assert run(["check", "a", "b", "--fail-on", fail_on]) == code


def test_fail_on_unknown_shuts_the_gate_for_one_column_that_was_not_judged(
    comparison: Comparison, small_record: ReportRecord, make_column: Callable[..., ColumnResult]
) -> None:
    columns = [make_column(name="a", verdict="ok"), make_column(name="b", verdict="unknown")]
    comparison.answer = msgspec.structs.replace(quiet(small_record), columns=columns)
    assert run(["check", "a", "b"]) == 0
    assert run(["check", "a", "b", "--fail-on", "unknown"]) == 1


def test_fail_on_of_the_configuration_file_holds_unless_stated(
    comparison: Comparison, tmp_path: Path
) -> None:
    config = tmp_path / "leadline.yaml"
    config.write_text("fail_on: never\nfalse_alarm_rate: 0.02\n")
    assert run(["check", "a", "b", "--config", str(config)]) == 0
    assert comparison.settings.false_alarm_rate == 0.02
    assert run(["check", "a", "b", "--config", str(config), "--fail-on", "alert"]) == 1


def test_options_reach_the_settings_and_the_others_keep_their_defaults(comparison: Comparison) -> None:
    arguments = ["--label", "y", "--segment", "state", "--segment", "city", "--false-alarm-rate", "0.05"]
    run(["check", "a", "b", *arguments, "--positive", "1", "--threshold", "0.4", "--exact-duplicates"])
    settings = comparison.settings
    assert settings == Settings(
        label="y",
        segment=("state", "city"),
        false_alarm_rate=0.05,
        positive=1,
        threshold=0.4,
        exact_duplicates=True,
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", 1), ("0.5", 0.5), ("true", True), ("yes", "yes"), ("1_0", "1_0"), ("nan", "nan"), ("", "")],
)
def test_the_positive_label_is_a_number_a_truth_value_or_a_text(
    comparison: Comparison, written: str, read: object
) -> None:
    run(["check", "a", "b", "--positive", written])
    assert comparison.settings.positive == read
    assert type(comparison.settings.positive) is type(read)


def test_a_flag_that_is_not_given_leaves_the_configuration_alone(
    comparison: Comparison, tmp_path: Path
) -> None:
    config = tmp_path / "leadline.yaml"
    config.write_text("exact_duplicates: true\nsegment: [state]\n")
    run(["check", "a", "b", "--config", str(config)])
    assert comparison.settings.exact_duplicates
    assert comparison.settings.segment == ("state",)


def test_json_to_standard_output_is_all_there_is(
    comparison: Comparison, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["check", "a", "b", "--json", "-"]) == 1
    assert json.loads(capfdbinary.readouterr().out)["verdict"] == "alert"


def test_reports_are_written_as_files_in_new_folders(comparison: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    files = {kind: folder / f"report.{kind}" for kind in ("json", "junit", "markdown")}
    assert (
        run(["check", "a", "b", *(part for kind, file in files.items() for part in (f"--{kind}", str(file)))])
        == 1
    )
    assert json.loads(files["json"].read_bytes())["schema_version"] == 1
    assert xml.fromstring(files["junit"].read_bytes()).tag == "testsuites"
    assert files["markdown"].read_text().startswith("## Alert")


def test_a_file_that_cannot_be_written_is_named_with_its_option(
    comparison: Comparison, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "report.json"
    assert run(["check", "a", "b", "--json", str(target)]) == 2
    assert f"--json {target}: cannot write the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("no rows", where="a.csv", next_step="Give it rows."), 2, "a.csv: no rows. Give it rows."),
        (RetryableError("the disk is busy"), 3, "the disk is busy"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 2, "a.csv: No such file or directory"),
        (OSError(5, "Input/output error", "a.csv"), 3, "a.csv: Input/output error"),
        (MemoryError(), 3, "out of memory"),
        (ZeroDivisionError("division by zero"), 3, "unexpected ZeroDivisionError: division by zero"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (DataError("bad \x1b[2J name"), 2, r"bad \x1b[2J name"),
    ],
)
def test_an_error_is_one_message_and_a_known_exit_code(
    comparison: Comparison, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    comparison.answer = error
    assert run(["check", "a", "b"]) == code
    streams = capsys.readouterr()
    assert said in streams.err
    assert "Traceback" not in streams.err
    assert streams.out == ""


def test_debug_shows_the_traceback_wherever_it_stands(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    comparison.answer = DataError("no rows")
    for arguments in (["--debug", "check", "a", "b"], ["check", "a", "b", "--debug"]):
        assert run(arguments) == 2
        assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "no command 'chek'. Did you mean 'check'?"),
        (["xyz"], "no command 'xyz'. Commands: check, baseline, profile, backtest, demo, "),
        (["check"], "Missing argument 'REFERENCE'"),
        (["check", "a", "b", "--lable", "y"], "--label"),
        (["check", "a", "b", "--fail-on", "sometimes"], "'sometimes' is not one of 'alert'"),
        (["check", "a", "b", "--false-alarm-rate", "2"], "false_alarm_rate"),
        (["check", "a", "b", "--config", "missing.yaml"], "missing.yaml"),
    ],
)
def test_wrong_use_exits_2_and_says_what_is_accepted(
    comparison: Comparison, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"], []])
def test_help_and_version_exit_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == (0 if arguments else 2)
    assert capsys.readouterr().out or not arguments


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`leadline --help | true`: no traceback, no complaint at exit."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "leadline", "--help"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert done.stderr == b""
