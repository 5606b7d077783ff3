"""Weights, times, labels, scores and segments of the worst kind, through the public call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from small_tables import ROWS, made, verdicts

import leadline
from leadline.errors import LeadlineError

Audited = Callable[..., dict[str, Any]]


WEIGHTS: dict[str, Any] = {
    "usual": lambda rng: rng.random(ROWS),
    "some negative, missing or infinite": lambda rng: np.where(
        np.arange(ROWS) % 4 < 2, rng.random(ROWS), np.tile([-1.0, np.nan, np.inf, 0.0], ROWS // 4)
    ),
    "huge": lambda rng: np.full(ROWS, 1e308),
    "tiny": lambda rng: np.full(ROWS, 5e-324),
    "every magnitude": lambda rng: 10.0 ** rng.uniform(-300, 300, ROWS),
    "one heavy": lambda rng: np.where(np.arange(ROWS) == 0, 1e308, 1.0),
    "all negative": lambda rng: np.full(ROWS, -1.0),
    "all NaN": lambda rng: np.full(ROWS, np.nan),
    "all zero": lambda rng: np.zeros(ROWS),
    "all null": lambda rng: [None] * ROWS,
    "booleans": lambda rng: np.arange(ROWS) % 2 == 0,
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_of_every_kind_never_alarm_on_the_same_rows(audited: Audited, kind: str) -> None:
    weights = WEIGHTS[kind](np.random.default_rng(9))
    table = {**made(9), "w": weights, "entity": np.arange(ROWS) % 40}
    record = audited(table, table, weight="w", entity="entity", segment="word")
    nobody = kind in ("all negative", "all NaN", "all zero", "all null")
    if nobody:
        assert record["verdict"] == "unknown"
    assert record["verdict"] in ("ok", "unknown")


@pytest.mark.parametrize("weights", [["x"] * ROWS, [[1]] * ROWS], ids=["texts", "lists"])
def test_weights_that_are_no_numbers_are_one_error(weights: Any) -> None:
    with pytest.raises(LeadlineError, match=r"no numbers.*numbers >= 0"):
        leadline.check({**made(9), "w": weights}, {**made(9), "w": weights}, weight="w")


TIMES: dict[str, Any] = {
    "first and last year": [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)] * (ROWS // 2),
    "one moment": [dt.datetime(2024, 1, 1)] * ROWS,
    "dates": [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(ROWS)],
    "with and without zone": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1)] * (ROWS // 2),
    "nulls": [None] * ROWS,
    "texts": ["2024-01-01T00:00:00"] * ROWS,
    "numbers": list(range(ROWS)),
    "beyond every year": pa.array([-(2**63) + 1, 2**63 - 1] * (ROWS // 2), pa.timestamp("us")),
}


@pytest.mark.parametrize("kind", TIMES)
def test_timestamps_of_every_kind_leave_the_other_columns_judged(audited: Audited, kind: str) -> None:
    table = pa.table({**made(10), "at": TIMES[kind]})
    record = audited(table, table, timestamp="at", entity="word")
    assert {verdicts(record)[name] for name in ("number", "flag")} == {"ok"}
    unused = any("holds no times" in line for line in record["assumptions"])
    assert unused == (kind in ("nulls", "numbers"))


LABELS: dict[str, Any] = {
    "integers": (lambda y: y, "binary"),
    "booleans": (lambda y: y == 1, "binary"),
    "floats": (lambda y: y * 1.0, "binary"),
    "texts": (lambda y: np.where(y, "yes", "no"), "binary"),
    "minus one and one": (lambda y: 2 * y - 1, "binary"),
    "one class": (lambda y: y * 0, "binary"),
    "three classes": (lambda y: y + (np.arange(ROWS) % 2), "regression"),
    "nulls": (lambda y: [None] * ROWS, None),
    "lists": (lambda y: [[1]] * ROWS, None),
    "mostly missing": (lambda y: [1, 0] + [None] * (ROWS - 2), "binary"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type_lead_to_a_task_or_a_reason(audited: Audited, kind: str) -> None:
    rng = np.random.default_rng(11)
    make, task = LABELS[kind]
    table = {"label": make(rng.integers(0, 2, ROWS)), "score": rng.random(ROWS), "x": rng.normal(size=ROWS)}
    record = audited(table, table, label="label", score="score", renderings=True)
    assert record["task"]["kind"] == task
    assert record["verdict"] == "ok"
    assert record["task"]["verdict"] in ("ok", "unknown")
    if record["task"]["verdict"] == "unknown":
        assert record["task"]["reason"]


def test_labels_whose_positive_value_nobody_knows_are_an_error_only_when_they_were_named() -> None:
    rng = np.random.default_rng(12)
    table = {"label": rng.integers(1, 3, ROWS), "score": rng.random(ROWS)}
    with pytest.raises(LeadlineError, match=r"which label is the positive one.*positive"):
        leadline.check(table, table, label="label")
    assert "positive" in leadline.check(table, table).record.task.reason
    assert leadline.check(table, table, positive=2).record.task.kind == "binary"


@pytest.mark.parametrize("lost", ["label", "score"])
@pytest.mark.parametrize("how", ["gone", "null", "texts", "lists"])
def test_labels_and_scores_that_stop_coming_are_no_fall_of_performance(
    audited: Audited, lost: str, how: str
) -> None:
    rng = np.random.default_rng(13)
    score = rng.random(ROWS)
    before = {"label": (rng.random(ROWS) < score) * 1, "score": score, "x": score}
    now = dict(before)
    del now[lost]
    if how != "gone":
        now[lost] = {"null": [None], "texts": ["oops"], "lists": [[1]]}[how] * ROWS
    record = audited(before, now, label="label", score="score")
    assert record["task"]["verdict"] == "unknown"
    assert record["task"]["reason"]
    assert verdicts(record)["x"] == "ok"
    if lost == "label" and how in ("gone", "null"):
        assert verdicts(record)["label"] == "unknown"
        assert record["verdict"] == "ok"
    else:
        assert verdicts(record)[lost] == "alert"


SCORES: dict[str, Any] = {
    "outside 0..1": lambda p: p * 20 - 10,
    "zeros and ones": lambda p: (p > 0.5) * 1.0,
    "constant": lambda p: np.full(ROWS, 0.5),
    "infinite": lambda p: np.where(p < 0.1, np.inf, p),
    "NaN": lambda p: np.where(p < 0.1, np.nan, p),
    "nothing": lambda p: np.full(ROWS, np.nan),
    "booleans": lambda p: p > 0.5,
    "texts": lambda p: p.astype(str),
    "lists": lambda p: [[0.5]] * ROWS,
    "integers": lambda p: (p * 100).astype(int),
}


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("label", ["label", None])
def test_scores_of_every_kind_are_quiet_against_themselves(
    audited: Audited, kind: str, label: str | None
) -> None:
    rng = np.random.default_rng(14)
    p = rng.random(ROWS)
    table = {"y": (rng.random(ROWS) < p) * 1, "s": SCORES[kind](p), "x": p}
    record = audited(table, table, label=label and "y", score="s", renderings=True)
    assert record["verdict"] == "ok"


@pytest.mark.parametrize(("scale", "offset"), [(1.7e308, 0.0), (1e-310, 0.0), (1.0, 1e9)])
def test_regressions_at_any_scale_give_finite_numbers_or_reasons(
    audited: Audited, scale: float, offset: float
) -> None:
    rng = np.random.default_rng(15)
    table = {"y": rng.uniform(-1, 1, ROWS) * scale + offset, "p": rng.uniform(-1, 1, ROWS) * scale + offset}
    record = audited(table, table, label="y", prediction="p", renderings=True)
    assert record["task"]["kind"] == "regression"
    assert record["verdict"] == "ok"


def test_classes_that_the_reference_never_had_are_told(audited: Audited) -> None:
    rng = np.random.default_rng(16)
    label = rng.choice(list("abc"), ROWS)
    scores = rng.dirichlet(np.ones(3), ROWS)
    table = {"y": label, **{f"s_{name}": scores[:, i] for i, name in enumerate("abc")}}
    now = {**table, "y": np.where(np.arange(ROWS) % 4 == 0, "new", label)}
    record = audited(table, now, label="y", score="s", renderings=True)
    assert record["task"]["kind"] == "multiclass"
    assert verdicts(record)["y"] == "alert"
    less = {name: values for name, values in table.items() if name != "s_b"}
    assert audited(table, less, label="y", score="s")["task"]["verdict"] == "unknown"


def test_segments_of_every_kind_are_bounded(audited: Audited) -> None:
    rng = np.random.default_rng(17)
    table = {
        "many": [f"v{i}" for i in range(ROWS)],
        "null": [None] * ROWS,
        "list": [[1]] * ROWS,
        "float": rng.normal(size=ROWS),
        "x": rng.normal(size=ROWS),
    }
    for segment in ("many", "null", "list", "float"):
        record = audited(table, table, segment=segment)
        assert len(record["segments"]) <= 17
        assert verdicts(record)["x"] == "ok"
    gone = {name: values for name, values in table.items() if name != "many"}
    assert verdicts(audited(table, gone, segment="many"))["many"] == "alert"
    wide = {f"c{i}": rng.integers(0, 20, ROWS) for i in range(10)}
    with pytest.raises(LeadlineError, match="too many segments"):
        leadline.check(wide, wide, segment=list(wide))


def test_a_table_whose_features_cannot_be_judged_is_unknown_though_its_ids_are_there(
    audited: Audited,
) -> None:
    table = {"x": [None] * ROWS, "id": range(ROWS), "at": [dt.datetime(2024, 1, 1)] * ROWS}
    assert audited(table, table, id="id", timestamp="at")["verdict"] == "unknown"
