"""The one file format: where it is written, and the arrays of a decoded file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import leadline as ll
from leadline.errors import DataError
from leadline.profiles.file import decode, encode


def test_no_array_keeps_the_others() -> None:
    whole = {"large": np.arange(100_000), "flags": np.array([True, False])}
    _, _, arrays = decode(encode("profile", {}, whole), "here")
    for name, array in arrays.items():
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert base.base is None, name
        assert (array == whole[name]).all()


def test_folders_on_the_way_to_a_file_are_made(tmp_path: Path) -> None:
    rows = {"x": list(range(60))}
    baseline = ll.learn(rows)
    for saved, path in (
        (baseline, tmp_path / "a" / "b" / "x.leadline"),
        (ll.profile(rows, baseline), tmp_path / "c" / "p.leadline"),
        (ll.check(baseline, rows), tmp_path / "d" / "e" / "report.html"),
    ):
        assert saved.save(path) == path
        assert path.is_file()


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("here", "utf-8")
    with pytest.raises(DataError, match="cannot write the file"):
        ll.learn({"x": [1.0]}).save(tmp_path / "taken" / "x.leadline")
    assert (tmp_path / "taken").read_text("utf-8") == "here"
