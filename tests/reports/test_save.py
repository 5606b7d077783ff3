"""Reports as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.errors import ConfigurationError, DataError
from leadline.reports.record import ReportRecord
from leadline.reports.report import Report


@pytest.mark.parametrize("name", ["report.html", "report.json", "report.xml", "report.md"])
def test_folders_on_the_way_are_made(small_record: ReportRecord, tmp_path: Path, name: str) -> None:
    path = tmp_path / "reports" / "today" / name
    assert Report(small_record).save(path) == path
    assert path.stat().st_size > 100


def test_a_file_in_place_of_a_folder_is_one_error(small_record: ReportRecord, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot write the report"):
        Report(small_record).save(tmp_path / "reports" / "report.md")


@pytest.mark.parametrize("name", ["report", "report.pdf"])
def test_an_unknown_ending_says_which_are_known(
    small_record: ReportRecord, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"accepted: \.html.*\.json.*\.xml.*\.md"):
        Report(small_record).save(tmp_path / name)
    assert not list(tmp_path.iterdir())
