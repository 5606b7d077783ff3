"""A column whose values cannot be read says why, and never stops the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pytest

import leadline
from leadline.errors import DataError

Audited = Callable[..., dict[str, Any]]
ROWS = 400


class WithoutText:
    """An object that cannot even be shown."""

    def __str__(self) -> str:
        raise AttributeError("no text")

    __repr__ = __str__


class WithoutHash(WithoutText):
    def __hash__(self) -> int:
        raise ZeroDivisionError("no hash")


class WithoutEquality(WithoutText):
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __ne__ = __eq__
    __hash__ = object.__hash__


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RecursionError("not even this")


class RaisesUnspeakably:
    def __str__(self) -> str:
        raise Unspeakable


def objects(kind: Callable[[], Any]) -> Any:
    found = np.empty(ROWS, object)
    found[:] = ["x", *(kind() for _ in range(ROWS - 1))]
    return found


def indices(wrong: int) -> pa.Array:
    """A dictionary array of which one index points nowhere."""
    codes = np.arange(ROWS, dtype=np.int32) % 3
    codes[5] = wrong
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(["a", "b", "c"]), safe=False)


def texts(wrong: int) -> pa.Array:
    """Texts of which one lies elsewhere."""
    ends = np.arange(ROWS + 1, dtype=np.int32)
    ends[7] = wrong
    return pa.StringArray.from_buffers(
        ROWS, pa.py_buffer(ends.tobytes()), pa.py_buffer(b"abcd" * (ROWS // 4))
    )


def numbers(seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=ROWS)


def words() -> Any:
    return np.resize(np.array(["a", "b", "c"], object), ROWS)


def arrow(bad: Any) -> pa.Table:
    return pa.table({"good": numbers(), "bad": bad})


KINDS = {kind.__name__: kind for kind in (WithoutText, WithoutHash, WithoutEquality, RaisesUnspeakably)}
TABLES: dict[str, Callable[[], tuple[Any, Any]]] = {
    **{
        f"pandas {name}": lambda kind=kind: (
            pandas.DataFrame({"good": numbers(), "bad": objects(kind)}),
            pandas.DataFrame({"good": numbers(), "bad": words()}),
        )
        for name, kind in KINDS.items()
    },
    **{
        f"dict {name}": lambda kind=kind: (
            {"good": numbers(), "bad": objects(kind)},
            {"good": numbers(), "bad": words()},
        )
        for name, kind in KINDS.items()
        if name != "WithoutHash"  # the texts of lists are found without a hash of their objects
    },
    **{
        f"arrow {make.__name__} {wrong}": lambda make=make, wrong=wrong: (
            arrow(make(wrong)),
            arrow(pa.array(words())),
        )
        for make in (indices, texts)
        for wrong in (-4, 99_999_999)
    },
    "a later batch of a reader": lambda: (
        pa.RecordBatchReader.from_batches(
            arrow(texts(7)).schema, [*arrow(texts(7)).to_batches(), *arrow(texts(-5)).to_batches()]
        ),
        arrow(pa.array(words())),
    ),
    "pandas that lies in Arrow": lambda: (
        pandas.DataFrame({
            "good": numbers(),
            "bad": pandas.Series(pandas.arrays.ArrowExtensionArray(pa.chunked_array([texts(99_999_999)]))),
        }),
        arrow(pa.array(words())),
    ),
}  # fmt: skip


def columns(record: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {column["name"]: (column["verdict"], column["reason"]) for column in record["columns"]}


@pytest.mark.parametrize("table", TABLES)
def test_in_the_reference_it_is_not_judged_and_says_so(audited: Audited, table: str) -> None:
    bad, good = TABLES[table]()
    found = columns(audited(bad, good, renderings=True))
    assert found["good"][0] == "ok"
    assert found["bad"][0] == "unknown"
    assert "values of the reference cannot be read (" in found["bad"][1]
    assert "`ignore`" in found["bad"][1]


@pytest.mark.parametrize("table", TABLES)
def test_in_the_current_table_alone_it_is_an_alert(audited: Audited, table: str) -> None:
    bad, good = TABLES[table]()
    found = columns(audited(good, bad, renderings=True))
    assert found["good"][0] == "ok"
    assert found["bad"][0] == "alert"
    assert "values of the current table cannot be read (" in found["bad"][1]


@pytest.mark.parametrize("role", ["label", "prediction", "entity", "id", "version", "timestamp", "segment"])
def test_whatever_its_role_the_features_are_judged(audited: Audited, role: str) -> None:
    sides = [pandas.DataFrame({"good": numbers(), "bad": objects(WithoutText)}) for _ in range(2)]
    found = columns(audited(*sides, **{role: ["bad"] if role == "segment" else "bad"}))
    assert (found["good"][0], found["bad"][0]) == ("ok", "unknown")


def test_without_its_weights_nothing_is_counted() -> None:
    """Rows that count alike would be other rows."""
    side = pandas.DataFrame({"good": numbers(), "bad": objects(WithoutText)})
    with pytest.raises(DataError, match="the weight column holds no numbers"):
        leadline.check(side, side, weight="bad")


def test_a_rule_on_it_does_not_apply(audited: Audited) -> None:
    bad, good = TABLES["pandas WithoutText"]()
    record = audited(good, bad, rules={"bad": {"not_null": True}})
    assert columns(record)["good"][0] == "ok"
    assert "cannot be read" in record["rules"][0]["reason"]


def test_a_saved_profile_remembers_it(audited: Audited, tmp_path: Any) -> None:
    bad, good = TABLES["pandas WithoutText"]()
    baseline = leadline.learn(good)
    saved = leadline.profile(bad, baseline).save(tmp_path / "current.profile")
    found = columns(audited(baseline, leadline.load(saved)))
    assert "cannot be read (AttributeError: no text)" in found["bad"][1]
