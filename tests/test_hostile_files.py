"""Damaged, misnamed and unwritable files, through the public call and the command."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet
import pytest

import leadline
from leadline.cli.main import run
from leadline.errors import ConfigurationError, DataError, LeadlineError

Audited = Callable[..., dict[str, Any]]
ROWS = 600


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every format."""
    rng = np.random.default_rng(0)
    frame = polars.DataFrame(
        {
            "a": rng.normal(size=ROWS),
            "c": rng.choice(list("abc"), ROWS),
            "y": rng.integers(0, 2, ROWS),
            "p": rng.random(ROWS),
        }
    )
    folder = tmp_path_factory.mktemp("files")
    frame.write_parquet(folder / "ok.parquet")
    frame.write_csv(folder / "ok.csv")
    frame.write_ndjson(folder / "ok.jsonl")
    frame.write_ipc(folder / "ok.arrow", compression="uncompressed")
    return folder


def refused(files: Path, path: Path, *words: str) -> None:
    """One error that names the file, on either side, and exit code 2 with one message."""
    good = str(files / "ok.parquet")
    for sides in ((good, str(path)), (str(path), good)):
        with pytest.raises(DataError) as caught:
            leadline.check(*sides)
        message = str(caught.value)
        assert path.name in message
        assert all(word in message for word in words), message
        assert len(message) < 2_000
        assert run(["check", *sides]) == 2


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl", "arrow"])
def test_every_format_holds_the_same_table(audited: Audited, files: Path, form: str) -> None:
    record = audited(str(files / "ok.parquet"), str(files / f"ok.{form}"))
    assert record["verdict"] == "ok"
    assert record["current"]["rows"] == ROWS


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@pytest.mark.parametrize("kept", [0, 4, 0.5, 0.99])
def test_truncated_files_are_one_error(files: Path, tmp_path: Path, form: str, kept: float) -> None:
    whole = (files / f"ok.{form}").read_bytes()
    path = tmp_path / f"cut.{form}"
    path.write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])
    refused(files, path)


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "jsonl"])
def test_flipped_bytes_are_a_result_or_one_error(
    audited: Audited, files: Path, tmp_path: Path, form: str
) -> None:
    """No format but ours carries a checksum of everything: what can be read is judged."""
    whole = (files / f"ok.{form}").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(12):
        broken = bytearray(whole)
        for place in rng.integers(8, len(whole) - 8, 10):
            broken[place] = int(rng.integers(0, 256))
        path = tmp_path / f"flipped.{form}"
        path.write_bytes(bytes(broken))
        with suppress(LeadlineError):
            audited(str(files / "ok.parquet"), str(path))
        assert run(["check", str(files / "ok.parquet"), str(path)]) in (0, 1, 2)


RAGGED = {
    "a longer last line": lambda text: text + b"1,a,2,3,4,5\n",
    "a shorter last line": lambda text: text + b"1,a\n",
    "a longer second line": lambda text: text.replace(b"\n", b"\n1,a,2,3,4,5\n", 1),
    "an open quote": lambda text: text + b'"1,a,2,3\n',
}


@pytest.mark.parametrize("how", RAGGED)
def test_ragged_lines_are_named_and_never_skipped(files: Path, tmp_path: Path, how: str) -> None:
    path = tmp_path / "ragged.csv"
    path.write_bytes(RAGGED[how]((files / "ok.csv").read_bytes()))
    refused(files, path, "line ", "values", "4")


MISNAMED: dict[str, Callable[[bytes], bytes]] = {
    "csv.parquet": lambda text: text,
    "csv.jsonl": lambda text: text,
    "csv.arrow": lambda text: text,
    "csv.xlsx": lambda text: text,
    "csv": lambda text: text,
    "plain.csv.gz": lambda text: text,
    "cut.csv.gz": lambda text: gzip.compress(text)[:-200],
    "latin.csv": lambda text: text.replace(b"b", b"\xe9"),
    "wide.csv": lambda text: text.decode().encode("utf-16"),
    "blank.csv": lambda text: b"\n\n\n",
    "spaces.csv": lambda text: b"   ",
    "empty.csv": lambda text: b"",
    "scalars.jsonl": lambda text: b"1\n2\n",
    "broken.jsonl": lambda text: b'{"a": 1}\n{oops\n',
}


@pytest.mark.parametrize("name", MISNAMED)
def test_files_that_are_not_what_their_name_says_are_one_error(
    files: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(MISNAMED[name]((files / "ok.csv").read_bytes()))
    refused(files, path)


def test_a_parquet_file_with_another_suffix_is_read_for_what_it_is(
    audited: Audited, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "really.csv").write_bytes((files / "ok.parquet").read_bytes())
    assert audited(str(files / "ok.parquet"), str(tmp_path / "really.csv"))["verdict"] == "ok"


def test_a_header_without_rows_is_unknown_on_either_side(
    audited: Audited, files: Path, tmp_path: Path
) -> None:
    """A file without rows has no types: that values have one is no change."""
    empty = tmp_path / "header.csv"
    empty.write_bytes(b"a,c,y,p\n")
    for sides in ((empty, files / "ok.csv"), (files / "ok.csv", empty), (empty, empty)):
        assert audited(*map(str, sides))["verdict"] == "unknown"


def test_paths_that_lead_nowhere_say_what_is_there(files: Path, tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    for name in ("ok.csv", "ok.parquet"):
        (tmp_path / "mixed" / name).write_bytes((files / name).read_bytes())
    (tmp_path / "none").mkdir()
    os.symlink(tmp_path / "away.parquet", tmp_path / "link.parquet")
    for path, word in {
        tmp_path / "mixed": "different formats",
        tmp_path / "none": "without data files",
        tmp_path / "link.parquet": "link",
        tmp_path / "no" / "where.parquet": "no folder",
        tmp_path / "nothing*.parquet": "no file matches",
    }.items():
        refused(files, path, word)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_one_error(files: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        refused(files, closed, "permission")
    finally:
        closed.chmod(0o700)


def test_files_of_a_folder_may_have_different_columns_and_types(audited: Audited, tmp_path: Path) -> None:
    first = polars.DataFrame({"a": np.arange(200.0), "b": np.arange(200)})
    second = first.rename({"b": "c"}).with_columns(polars.col("a").cast(polars.String))
    first.write_parquet(tmp_path / "1.parquet")
    second.write_parquet(tmp_path / "2.parquet")
    record = audited(str(tmp_path), str(tmp_path))
    assert {column["name"] for column in record["columns"]} == {"a", "b", "c"}
    assert record["current"]["rows"] == 400


def test_names_of_every_sort_survive_a_parquet_file(audited: Audited, tmp_path: Path) -> None:
    names = [
        "",
        "a b",
        "\u00e9",
        "\U0001f600",
        "x" * 10_000,
        'q"uote',
        "a\nb",
        "\x1b[31m",
        "a",
        "A",
        "filename",
    ]
    values = np.random.default_rng(2).normal(size=300)
    pyarrow.parquet.write_table(pa.table([values] * len(names), names=names), tmp_path / "odd.parquet")
    record = audited(str(tmp_path / "odd.parquet"), str(tmp_path / "odd.parquet"))
    assert len({column["name"] for column in record["columns"]}) == len(names)


@pytest.fixture(scope="module")
def saved(files: Path) -> Path:
    """A baseline and a profile beside the files."""
    baseline = leadline.learn(str(files / "ok.parquet"), label="y", score="p")
    baseline.save(files / "b.leadline")
    leadline.profile(str(files / "ok.csv"), baseline).save(files / "p.leadline")
    return files


def test_saved_files_stand_in_for_tables(audited: Audited, saved: Path) -> None:
    baseline, profile, table = (str(saved / name) for name in ("b.leadline", "p.leadline", "ok.csv"))
    direct = audited(baseline, table)
    for sides in ((baseline, profile), (profile, profile), (profile, table), (baseline, baseline)):
        record = audited(*sides)
        assert (record["verdict"], record["performance"]) == (direct["verdict"], direct["performance"])


def test_damaged_saved_files_are_one_error(saved: Path, tmp_path: Path) -> None:
    whole = (saved / "b.leadline").read_bytes()
    path = tmp_path / "damaged.leadline"

    def sealed(header: bytes, version: int = 1, length: int | None = None) -> bytes:
        content = b"LEADLINE" + struct.pack("<HQ", version, len(header) if length is None else length)
        content += header + zlib.compress(b"")
        return content + hashlib.sha256(content).digest()

    flipped = [bytes([*whole[:at], whole[at] ^ 255, *whole[at + 1 :]]) for at in (8, 12, 40, len(whole) - 1)]
    facts = b'{"kind": "profile", "facts": {}, "arrays": []}'
    other = b'{"kind": "report", "facts": {}, "arrays": []}'
    forged = [sealed(b"{bad}"), sealed(facts), sealed(other), sealed(b"{}", 9), sealed(b"{}", 1, 2**60)]
    for content in (*(whole[:size] for size in (9, 30, len(whole) // 2)), *flipped, *forged):
        path.write_bytes(content)
        refused(saved, path)


def test_a_profile_of_another_grid_is_refused(saved: Path) -> None:
    """Its counts lie in other cells: any number would be wrong."""
    other = leadline.learn({"q": np.arange(500.0)})
    again = leadline.learn(str(saved / "ok.parquet"))
    for baseline in (other, again):
        with pytest.raises(DataError, match="another baseline's grid"):
            leadline.check(baseline, str(saved / "p.leadline"))


@pytest.mark.parametrize(
    "options",
    [
        {"label": "c"}, {"label": "nowhere"}, {"score": "a"}, {"segment": "c"}, {"ignore": "a"},
        {"threshold": 0.9}, {"kinds": {"a": "categorical"}}, {"columns": {"n": "a + 1"}},
        {"metrics": {"m": {"numerator": "a"}}}, {"entity": "c"}, {"positive": 0},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_a_baseline_has_settled_are_not_silently_ignored(saved: Path, options: Any) -> None:
    with pytest.raises(ConfigurationError, match="learned with another value"):
        leadline.check(str(saved / "b.leadline"), str(saved / "ok.csv"), **options)


def test_options_of_the_decision_may_change_with_a_saved_baseline(audited: Audited, saved: Path) -> None:
    baseline, table = str(saved / "b.leadline"), str(saved / "ok.csv")
    assert audited(baseline, table, false_alarm_rate=0.2, label="y", score="p")["false_alarm_rate"] == 0.2
    assert audited(baseline, table, thresholds={"psi": -1})["verdict"] == "alert"
    assert audited(baseline, table, rules={"a": {"max": -100}})["verdict"] == "alert"
    with pytest.raises(ConfigurationError, match="not counted"):
        leadline.check(baseline, str(saved / "p.leadline"), rules={"a": {"max": -100}})


@pytest.mark.parametrize("target", ["{folder}", "{folder}/ok.csv/inside", "", "/dev/full"])
def test_what_cannot_be_written_is_one_error(
    files: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if target == "/dev/full" and not Path(target).is_char_device():
        pytest.skip("no /dev/full here")
    path = target.format(folder=files)
    good = str(files / "ok.parquet")
    for kind in ("html", "json", "junit", "markdown"):
        assert run(["check", good, good, f"--{kind}", path]) == 2
        assert f"--{kind}" in capsys.readouterr().err
    assert run(["baseline", good, "-o", path]) == 2
    assert "leadline: " in capsys.readouterr().err
    if target == "/dev/full":
        assert Path(target).is_char_device()


@pytest.mark.skipif(os.name != "posix", reason="shell redirections")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "--json - >&-", "| true", "--json - | head -c 10"])
def test_closed_streams_change_nothing(files: Path, closed: str) -> None:
    """The exit code stays that of the check, and there is no traceback."""
    command = f"set -o pipefail; {sys.executable} -W error -m leadline check ok.parquet ok.csv {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=files, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
