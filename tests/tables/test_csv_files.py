"""CSV as spreadsheets write it: a line that states the delimiter, decimal commas, another encoding."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline
from leadline.errors import DataError
from leadline.tables import Table, open_table

Write = Callable[..., Table]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "data.csv", encoding: str = "utf-8") -> Table:
        path = tmp_path / name
        content = text.encode(encoding)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return open_table(str(path))

    return write


def types(table: Table) -> dict[str, str]:
    return {item.name: item.physical for item in table.fields}


def numbers(table: Table, name: str) -> list[float | None]:
    found: list[float | None] = []
    for batch in table.batches([name]):
        column = batch.column(name)
        valid = np.ones(batch.rows, bool) if column.valid is None else column.valid
        found += [float(v) if ok else None for v, ok in zip(column.values, valid, strict=True)]
    return found


@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("stated", ["", "sep=;", "SEP=;"])
def test_a_spreadsheets_csv_is_read(write: Write, name: str, encoding: str, end: str, stated: str) -> None:
    lines = ["name;size;count", '"a, b";39,1;3', "c;;4", "d;-1.234,5;5"]
    table = write(end.join([*([stated] if stated else []), *lines, ""]), name, encoding)
    assert types(table) == {"name": "string", "size": "float", "count": "int"}
    assert numbers(table, "size") == [39.1, None, -1234.5]
    assert numbers(table, "count") == [3, 4, 5]


def test_the_stated_delimiter_wins_over_the_most_frequent(write: Write) -> None:
    table = write("sep=|\na, b, c|d\n1|2\n")
    assert types(table) == {"a, b, c": "int", "d": "int"}


@pytest.mark.parametrize(
    "values",
    [
        ["1,234", "56,789"],  # the comma may stand between thousands
        ["39,1", "40.5"],  # both signs before decimals
        ["39,1", "about 40"],
        ["39,1,2"],
        ["12,5 %"],
    ],
)
def test_what_may_be_something_else_stays_text(write: Write, values: list[str]) -> None:
    assert types(write("x;y\n" + "".join(f"{value};1\n" for value in values)))["x"] == "string"


def test_a_comma_that_parts_values_is_no_decimal_comma(write: Write) -> None:
    assert types(write('x,y\n"39,1",1\n"40,2",2\n'))["x"] == "string"


def test_one_value_far_down_decides_for_the_whole_column(write: Write) -> None:
    lines = [f"{i},5;{i},5\n" for i in range(5_000)]
    table = write("x;y\n" + "".join(lines) + "n/k;1,5\n")
    assert types(table) == {"x": "string", "y": "float"}


@given(st.lists(st.decimals(-10_000_000, 10_000_000, places=2), min_size=1, max_size=20))
def test_decimal_commas_read_back_as_the_numbers_written(tmp_path_factory, values) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("csv") / "numbers.csv"
    grouped = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values]
    path.write_text("x;y\n" + "".join(f"{value};1\n" for value in grouped), encoding="utf-8")
    assert numbers(open_table(str(path)), "x") == [float(value) for value in values]


def test_a_ragged_line_is_counted_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("sep=;\na;b\n1;2\n1;2;3\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 4 has 3 values; accepted: 2"):
        open_table(str(path))


@pytest.mark.parametrize("before", ["# made by a job\n", "Report of May\n\n"])
def test_lines_before_the_header_are_named_as_such(tmp_path: Path, before: str) -> None:
    path = tmp_path / "report.csv"
    path.write_text(before + "a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"accepted: 1, as the header.*take away what stands before"):
        open_table(str(path))


def test_another_encoding_is_named_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_text("a,b\n1,x\n2,Tör\n", encoding="cp1252")
    with pytest.raises(DataError, match=r"line 3 is not UTF-8.*Excel"):
        list(open_table(str(path)).batches())


SPELLED = {
    "2024-01-05": "date",
    "2024/01/05": "date",
    "05.01.2024": "date",
    "05/01/2024": "string",
    "05-01-2024": "string",
    "05/01/2024 10:00:00": "string",
    "05-01-24": "string",
}


@pytest.mark.parametrize("spelling", SPELLED)
def test_dates_whose_day_and_month_may_be_either_stay_texts(write: Write, spelling: str) -> None:
    table = write(f"n,when\n1,{spelling}\n2,{spelling}\n")
    assert types(table) == {"n": "int", "when": SPELLED[spelling]}


@pytest.mark.parametrize(
    ("shows", "first"),
    [("05/13/2024", "05/01/2024"), ("13/05/2024", "01/05/2024"), ("1/13/2024", "5/1/2024")],
)
def test_a_day_beyond_12_shows_how_the_dates_of_its_file_are_written(
    write: Write, shows: str, first: str
) -> None:
    """One value tells the days of all others; the first of May is meant."""
    table = write("".join(["when,n\n", *[f"{first},1\n"] * 300, f"{shows},2\n"]))
    assert types(table)["when"] == "date"
    assert numbers(table, "when")[0] == np.datetime64("2024-05-01", "us").astype(np.int64)


def test_of_many_files_each_has_to_show_how_its_dates_are_written(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("when,filename\n05/01/2024,a\n")
    (tmp_path / "2.csv").write_text("when,filename\n05/13/2024,a\n")
    assert types(open_table(str(tmp_path))) == {"when": "string", "filename": "string"}
    (tmp_path / "1.csv").write_text("when,filename\n05/31/2024,a\n")
    assert types(open_table(str(tmp_path))) == {"when": "date", "filename": "string"}


WORDS = {
    "yes_no": ("yes", "No"), "t_f": ("t", "f"), "Y_N": ("Y", "N"), "late": ("true", "false"),
    "truth": ("TRUE", "false"), "blank": ("True", ""),
}  # fmt: skip


def test_truth_values_are_true_and_false_and_other_words_stay_texts(write: Write) -> None:
    """What pandas and polars make of the same file; else a table that went through CSV has other types."""
    rows = [",".join(pair[i % 2] for pair in WORDS.values()) for i in range(20)]
    told = types(write("\n".join([",".join(WORDS), *rows, ""])))
    texts = dict.fromkeys(("yes_no", "t_f", "Y_N"), "string")
    assert told == texts | dict.fromkeys(("late", "truth", "blank"), "bool")


def test_words_that_begin_late_in_a_file_are_texts_too(write: Write) -> None:
    """Longer than the first look: nothing tells there what the words are."""
    table = write("\n".join(["a,b", *("1," for _ in range(3000)), "2,yes", "3,no", ""]))
    assert types(table) == {"a": "int", "b": "string"}


def test_a_table_that_went_through_csv_has_not_changed(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"union": rng.choice(["yes", "no"], 400), "paid": rng.random(400) < 0.5})
    frame.to_csv(tmp_path / "table.csv", index=False)
    record = leadline.check(frame, str(tmp_path / "table.csv")).record
    assert record.verdict == "ok", record.summary
