from __future__ import annotations

import math
import subprocess
import sys

import msgspec
import nanoarrow
import pandas
import polars
import pyarrow
import pytest

from leadline.reports import frames
from leadline.reports.frames import Frame
from leadline.reports.record import ReportRecord


@pytest.fixture(params=list(frames.TABLES))
def frame(request: pytest.FixtureRequest, small_record: ReportRecord) -> Frame:
    return frames.TABLES[request.param](small_record)


def test_every_reader_sees_the_same_rows(frame: Frame) -> None:
    """pyarrow, polars and nanoarrow read the Arrow stream, each with its own decoder."""
    expected = list(frame.rows)
    assert pyarrow.table(frame).to_pylist() == expected
    assert polars.DataFrame(frame).to_dicts() == expected
    names = list(frame.columns)
    assert [
        dict(zip(names, row.values(), strict=True)) for row in nanoarrow.Array(frame).iter_py()
    ] == expected


def test_pandas_gets_the_same_rows_with_the_same_names(frame: Frame) -> None:
    table = frame.to_pandas()
    assert list(table.columns) == list(frame.columns)
    assert len(table) == len(frame)
    for name in frame.columns:
        for seen, value in zip(table[name], frame.column(name), strict=True):
            assert (pandas.isna(seen) and value is None) or seen == value


@pytest.mark.parametrize("name", list(frames.TABLES))
def test_a_report_without_findings_gives_empty_tables_with_all_their_columns(
    name: str, small_record: ReportRecord
) -> None:
    empty = msgspec.structs.replace(
        small_record, columns=[], quality={}, quality_reasons={}, performance={}, rules=[], segments=[]
    )
    table = frames.TABLES[name](empty)
    assert pyarrow.table(table).num_rows == 0
    assert pyarrow.table(table).column_names == list(frames.TABLES[name](small_record).columns)


def test_columns_hold_verdict_and_effect(small_record: ReportRecord) -> None:
    first = frames.columns(small_record).rows[0]
    assert (first["name"], first["verdict"], first["effect"], first["effect_floor"]) == (
        "income",
        "alert",
        0.2134,
        0.05,
    )


def test_drift_has_a_row_for_each_metric_with_its_reason(small_record: ReportRecord) -> None:
    rows = {row["metric"]: row for row in frames.drift(small_record).rows if row["column"] == "income"}
    assert rows["kolmogorov_smirnov"]["value"] == 0.2134
    assert rows["energy"]["value"] is None
    assert rows["energy"]["reason"] == "fewer than 10 rows"


def test_quality_stands_with_both_sides_and_its_reasons(small_record: ReportRecord) -> None:
    rows = {row["metric"]: row for row in frames.quality(small_record).rows if row["column"] == "income"}
    assert (rows["missing_share"]["current"], rows["missing_share"]["reference"]) == (0.01, 0.008)
    assert rows["outlier_share"]["reason"] == "constant in the reference"


def test_a_name_that_no_encoding_holds_becomes_readable(small_record: ReportRecord) -> None:
    column = msgspec.structs.replace(small_record.columns[0], name="a\ud800")
    table = frames.columns(msgspec.structs.replace(small_record, columns=[column]))
    assert pyarrow.table(table)["name"].to_pylist() == ["a\ufffd"]


def test_numbers_that_do_not_exist_are_null_in_pandas(small_record: ReportRecord) -> None:
    performance = frames.performance(small_record).to_pandas().set_index("metric")
    assert math.isnan(performance.loc["log_loss", "current"])


def test_neither_pandas_nor_pyarrow_is_needed() -> None:
    code = (
        "import sys\n"
        "sys.modules.update(pandas=None, pyarrow=None)\n"
        "import nanoarrow\n"
        "from leadline.reports.frames import Frame\n"
        "frame = Frame({'a': 'text', 'b': 'number'}, ({'a': 'x', 'b': None},))\n"
        "assert nanoarrow.Array(frame).to_pylist() == [{'a': 'x', 'b': None}]\n"
        "from leadline.errors import MissingExtraError\n"
        "try:\n"
        "    frame.to_pandas()\n"
        "except MissingExtraError as error:\n"
        "    assert 'pip install pandas' in str(error)\n"
        "else:\n"
        "    raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
