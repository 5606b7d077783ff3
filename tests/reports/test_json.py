from __future__ import annotations

import json as standard
import math
from collections.abc import Callable
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.reports import json
from leadline.reports.record import ColumnResult, ReportRecord

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json"


def test_a_report_fits_its_schema(small_record: ReportRecord) -> None:
    jsonschema.Draft202012Validator.check_schema(json.schema())
    jsonschema.validate(json.to_dict(small_record), json.schema())


@pytest.mark.parametrize("part", ["schema_version", "verdict", "columns", "performance"])
def test_the_schema_refuses_a_report_without_its_main_parts(small_record: ReportRecord, part: str) -> None:
    report = json.to_dict(small_record)
    del report[part]
    with pytest.raises(jsonschema.ValidationError, match=part):
        jsonschema.validate(report, json.schema())


def test_the_schema_refuses_another_version(small_record: ReportRecord) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.to_dict(small_record) | {"schema_version": 2}, json.schema())


def test_the_published_schema_is_the_one_of_the_code() -> None:
    """`make docs` writes it again."""
    assert standard.loads(PUBLISHED.read_text()) == json.schema()


def test_what_goes_in_comes_out(small_record: ReportRecord) -> None:
    assert json.decode(json.encode(small_record)) == small_record
    assert json.decode(json.encode(small_record, indent=0)) == small_record


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_does_not_exist_is_null(
    small_record: ReportRecord, make_column: Callable[..., ColumnResult], value: float
) -> None:
    """Strict JSON: no NaN, no Infinity."""
    column = make_column(p_value=value, quality={"mean": value})
    record = msgspec.structs.replace(small_record, columns=[column])
    read = standard.loads(json.encode(record), parse_constant=pytest.fail)
    assert read["columns"][0]["p_value"] is None
    assert read["columns"][0]["quality"]["mean"] is None
    jsonschema.validate(read, json.schema())


@given(name=st.text(st.characters(codec=None)))
def test_any_name_can_be_written(small_record: ReportRecord, name: str) -> None:
    column = msgspec.structs.replace(small_record.columns[0], name=name, quality={name: 1})
    record = msgspec.structs.replace(small_record, columns=[column])
    read = standard.loads(json.encode(record).decode("utf-8"))["columns"][0]
    expected = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in name)
    assert read["name"] == expected
    assert list(read["quality"]) == [expected]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 2}'])
def test_what_is_no_report_is_a_clear_error(text: str) -> None:
    with pytest.raises(DataError, match="not a report of schema version 1"):
        json.decode(text)
