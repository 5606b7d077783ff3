"""Options of the worst kind: a result with reasons, or one error that names the option."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.errors import ConfigurationError, DataError, LeadlineError

Audited = Callable[..., dict[str, Any]]
ROWS = 300


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "a": rng.normal(size=ROWS),
        "c": rng.choice(list("abc"), ROWS),
        "y": rng.integers(0, 2, ROWS),
        "p": rng.random(ROWS),
        "t": [dt.datetime(2024, 1, 1)] * ROWS,
        "n": [None] * ROWS,
        "b": [b"x"] * ROWS,
    }


def without(table: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values for name, values in table.items() if name not in names}


def refused(table: dict[str, Any], *words: str, **options: Any) -> None:
    with pytest.raises(LeadlineError) as caught:
        leadline.check(table, table, **options)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert all(word in message for word in words), message
    assert len(message) < 2_000


@pytest.mark.parametrize("rate", [0, 1, -1, float("nan"), "x", True])
def test_false_alarm_rates_outside_0_to_1_are_refused(table: dict[str, Any], rate: Any) -> None:
    refused(table, "false_alarm_rate", false_alarm_rate=rate)


@pytest.mark.parametrize("rate", [5e-324, 1e-300, 0.999_999])
def test_extreme_rates_give_finite_reports(audited: Audited, table: dict[str, Any], rate: float) -> None:
    moved = {**table, "a": table["a"] + 100}
    record = audited(table, moved, false_alarm_rate=rate)
    verdict = next(column["verdict"] for column in record["columns"] if column["name"] == "a")
    assert verdict == ("ok" if rate < 1e-299 else "alert")


def test_fixed_limits_name_metrics_that_exist(audited: Audited, table: dict[str, Any]) -> None:
    refused(table, "thresholds", "psii", "Did you mean 'psi'", thresholds={"psii": 0.2})
    for metric, limit in {"psi": -1.0, "missing_share": -0.5, "constant": -1.0}.items():
        assert audited(table, table, thresholds={metric: limit})["verdict"] == "alert", metric
    assert audited(table, table, thresholds={"psi": 0.2, "missing_share": 1.0})["verdict"] == "ok"
    named = {"metrics": {"ratio": {"numerator": "a"}}, "thresholds": {"ratio": 1e9}}
    assert audited(table, table, **named)["verdict"] in ("ok", "alert")


@pytest.mark.parametrize(
    "options",
    [
        {"lable": "y"},
        {"label": "zz"},
        {"label": 5},
        {"segment": "zz"},
        {"features": "zz"},
        {"proxies": "zz"},
        {"kinds": {"zz": "numeric"}},
        {"kinds": {"a": "zz"}},
        {"column_floors": {"zz": 0.1}},
        {"column_floors": {"a": 2}},
        {"floors": {"drift": -1}},
        {"floors": {"zz": 1}},
        {"threads": 0},
        {"threads": 1.5},
        {"threshold": float("nan")},
        {"positive": [1]},
        {"fail_on": "zz"},
        {"config": "/no.yaml"},
        {"weight": "y", "label": "y"},
        {"label": "y", "score": "y"},
        {"label": "y", "ignore": "y"},
        {"id": "t", "timestamp": "t"},
        {"business": {"true_positive": float("nan")}},
        {"rules": {"zz": {"min": 0}}},
        {"rules": {"a": {}}},
        {"rules": {"a": {"mni": 0}}},
        {"rules": {"a": {"pattern": "["}}},
        {"metrics": {"psi": {"numerator": "a"}}},
        {"metrics": {"": {"numerator": "a"}}},
        {"metrics": {"m": {"numerator": "zz"}}},
        {"metrics": {"m": {}}},
        {"label": "y", "score": "p", "positive": "maybe"},
    ],
    ids=str,
)
def test_wrong_options_are_one_error_that_names_them(table: dict[str, Any], options: dict[str, Any]) -> None:
    refused(table, *(("unknown keyword",) if "lable" in options else ()), **options)


RULES: list[dict[str, Any]] = [
    *({"type": kind} for kind in ("number", "integer", "text", "boolean", "datetime")),
    {"min": 0}, {"max": 0}, {"values": ["a"]}, {"values": [1]}, {"values": [True, 1.5, "x"]}, {"values": []},
    {"pattern": "a+"}, {"not_null": True}, {"unique": True},
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_rules_on_columns_of_every_type_hold_are_broken_or_do_not_apply(
    audited: Audited, table: dict[str, Any], rule: dict[str, Any]
) -> None:
    record = audited(table, table, rules=dict.fromkeys(table, rule))
    assert len(record["rules"]) == len(table)
    for found in record["rules"]:
        assert {"ok": found["broken"] == 0, "alert": found["broken"] > 0}.get(found["verdict"], True)
        assert (found["verdict"] == "unknown") == bool(found["reason"])
    gone = audited(table, without(table, "a"), rules={"a": rule})["rules"]
    assert [(found["verdict"], bool(found["reason"])) for found in gone] == [("unknown", True)]


EXPRESSIONS = [
    "a / 0",
    "a / y",
    "log(a)",
    "log(0)",
    "a % 0",
    "a ** 1000",
    "1e999",
    "1",
    "'x'",
    "y / y",
    "t > 0",
    "not a",
    "c == 'a' and y",
    "max(a, y)",
    "9" * 400 + " + a",
    "+".join(["a"] * 500),
    "n + 1",
    "if(a > 0, 1, y)",
]


def test_expressions_without_a_value_are_missing_and_never_stop_a_check(
    audited: Audited, table: dict[str, Any]
) -> None:
    record = audited(table, table, columns={f"e{i}": text for i, text in enumerate(EXPRESSIONS)})
    assert record["verdict"] == "ok"
    assert len(record["columns"]) == len(table) + len(EXPRESSIONS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "zz + 1",
        "c + 1",
        "-c",
        "a == c",
        "a.b",
        "a < y < p",
        "__import__('os')",
        "f(a)",
        "b + 1",
        "(" * 5_000 + "a" + ")" * 5_000,
        "a" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_expressions_that_mean_nothing_are_one_short_error(table: dict[str, Any], text: str) -> None:
    refused(table, columns={"e": text})
    refused(table, metrics={"m": {"numerator": text}}) if "zz" in text or text in (
        "",
        "a +",
        "f(a)",
    ) else None


@pytest.mark.parametrize("now", ["gone", "texts", "lists"])
def test_expressions_that_no_longer_fit_the_current_table_make_their_column_missing(
    audited: Audited, table: dict[str, Any], now: str
) -> None:
    """The columns they read are found, and so is everything else."""
    current = without(table, "a")
    if now != "gone":
        current["a"] = {"texts": ["x"], "lists": [[1]]}[now] * ROWS
    options = {
        "columns": {"e": "a + 1", "later": "e * 2", "fine": "p * 2"},
        "metrics": {"m": {"numerator": "a * 2"}},
        "proxies": "a",
    }
    record = audited(table, current, **options)
    verdicts = {column["name"]: column["verdict"] for column in record["columns"]}
    assert {name for name, verdict in verdicts.items() if verdict == "alert"} == {"a", "e", "later"}
    assert record["performance"]["m"]["current"] is None


@pytest.mark.parametrize(
    ("top", "bottom"),
    [("a / 0", "1"), ("c", "1"), ("a", "0"), ("a", "y - y"), ("a * 1e308 * 10", "1"), ("n", "n")],
)
def test_ratios_without_a_value_say_why(
    audited: Audited, table: dict[str, Any], top: str, bottom: str
) -> None:
    record = audited(table, table, metrics={"m": {"numerator": top, "denominator": bottom, "worse": "lower"}})
    assert record["performance"]["m"]["reason"]
    assert record["verdict"] == "ok"


def test_every_stated_kind_on_every_column_gives_a_result(audited: Audited, table: dict[str, Any]) -> None:
    kinds = ("numeric", "categorical", "boolean", "datetime", "text", "vector", "identifier")
    for kind, column in itertools.product(kinds, table):
        record = audited(table, table, kinds={column: kind})
        assert record["verdict"] == "ok", (kind, column)


def test_options_may_contradict_each_other_without_harm(audited: Audited, table: dict[str, Any]) -> None:
    for options in (
        {"ignore": tuple(table)},
        {"features": "a", "ignore": "a"},
        {"segment": ("c", "c")},
        {"segment": "y", "label": "y", "score": "p"},
        {"weight": "p", "entity": "c", "timestamp": "t", "segment": "c", "proxies": "p"},
        {"label": "y", "score": "p", "threshold": 1e300, "business": {"true_positive": 1e308}},
        {"label": "y", "score": "p", "threshold": -5, "exact_duplicates": True},
    ):
        assert audited(table, table, renderings=True, **options)["verdict"] in ("ok", "unknown")


def test_messages_stay_short_whatever_the_names(table: dict[str, Any]) -> None:
    long = {**{f"{i}" + "x" * 10_000: values for i, values in enumerate(table.values())}, "a": table["a"]}
    for error, options in ((DataError, {"label": "zz" * 10_000}), (ConfigurationError, {"z" * 10_000: 1})):
        with pytest.raises(error) as caught:
            leadline.check(long, long, **options)
        assert len(str(caught.value)) < 3_000
