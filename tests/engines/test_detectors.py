"""Row-wise detectors: the rows they get, in which order, and what becomes of their word."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.engines import detectors
from leadline.errors import MissingExtraError

Table = dict[str, np.ndarray[Any, Any]]
ROLES = {"label": "label", "prediction": "prediction", "timestamp": "at"}
START = np.datetime64("2026-03-01", "us")


def table(seed: int, rows: int, jump: int | None = None, start: Any = START) -> Table:
    """One row a minute; one of ten predictions is wrong, from row `jump` on half of them."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, rows)
    share = np.where(np.arange(rows) >= (rows if jump is None else jump), 0.5, 0.1)
    wrong = rng.random(rows) < share
    return {
        "x": rng.normal(size=rows),
        "label": label,
        "prediction": np.where(wrong, 1 - label, label),
        "at": start + np.arange(rows) * np.timedelta64(1, "m"),
    }


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river", None)
    with pytest.raises(MissingExtraError, match=r"leadline\[detectors\]"):
        ll.check(table(1, 300), table(2, 300), detectors="adwin", **ROLES)
    assert ll.check(table(1, 300), table(2, 300), **ROLES).record.detectors == []


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ll.ConfigurationError, match=r"found 'adwim'; accepted: adwin"):
        ll.Settings.of(detectors=["adwim"])


@pytest.mark.parametrize("name", ["adwin", "page_hinkley", "ddm", "hddm_a", "hddm_w"])
def test_a_jump_is_seen_soon_after_it_came(name: str) -> None:
    pytest.importorskip("river")
    usual = table(1, 3_000, start=START - np.timedelta64(30, "D"))
    [found] = ll.check(usual, table(2, 4_000, jump=2_000), detectors=name, **ROLES).record.detectors
    assert (found.looked_at, found.warmed_up, found.reason) == (4_000, 3_000, "")
    after = [row for row in found.rows if row >= 2_000]
    assert after[0] < 2_400
    times = [np.datetime64(time.rstrip("Z"), "us") for time in found.times]
    assert times == [START + np.timedelta64(row - 1, "m") for row in found.rows]
    assert found.sentence.startswith(f"{found.title}: {found.changes} change")


def test_nothing_is_seen_in_errors_that_never_change() -> None:
    pytest.importorskip("river")
    always = {**table(1, 2_000), "prediction": table(1, 2_000)["label"]}
    always["prediction"] = np.where(np.arange(2_000) % 10 == 0, 1 - always["label"], always["label"])
    names = ("adwin", "page_hinkley", "hddm_a")
    for found in ll.check(always, always, detectors=names, **ROLES).record.detectors:
        assert (found.changes, found.rows, found.times) == (0, [], [])
        assert (
            found.sentence == f"{found.title}: 0 changes (2000 labelled rows, after 2000 of the reference)."
        )


def test_rows_are_taken_in_the_order_of_time_and_without_times_as_they_come() -> None:
    pytest.importorskip("river")
    usual, now = table(1, 1_500), table(2, 3_000, jump=1_500)
    order = np.random.default_rng(0).permutation(3_000)
    mixed = {name: values[order] for name, values in now.items()}
    one, other = (
        ll.check(usual, side, detectors=["adwin", "ddm"], **ROLES).record.detectors for side in (now, mixed)
    )
    assert one == other
    assert one[0].changes
    untimed = {name: values for name, values in now.items() if name != "at"}
    roles = {"label": "label", "prediction": "prediction"}
    [found] = ll.check(untimed, untimed, detectors="adwin", **roles).record.detectors
    assert found.times == []
    assert found.rows
    assert f"row {found.rows[0]:,}".replace(",", "\u2009") in found.sentence


def test_rows_without_a_label_an_answer_or_a_time_are_left_out() -> None:
    pytest.importorskip("river")
    now = table(2, 1_000)
    label = now["label"].astype(float)
    label[:300] = np.nan
    at = now["at"].copy()
    at[-100:] = np.datetime64("NaT")
    [found] = ll.check(
        table(1, 1_000), {**now, "label": label, "at": at}, detectors="adwin", **ROLES
    ).record.detectors
    assert found.looked_at == 600
    none = {**now, "label": np.full(1_000, np.nan)}
    [found] = ll.check(table(1, 1_000), none, detectors="adwin", **ROLES).record.detectors
    assert found.reason == "no row of the current table has a label and an answer of the model"


def test_scores_are_decisions_at_the_threshold() -> None:
    pytest.importorskip("river")

    def scored(seed: int, jump: int | None = None) -> Table:
        rows = table(seed, 2_000, jump)
        return {
            "x": rows["x"],
            "label": rows["label"],
            "score": 0.2 + 0.6 * rows["prediction"],
            "at": rows["at"],
        }

    roles = {"label": "label", "score": "score", "timestamp": "at"}
    [found] = ll.check(
        scored(1), scored(2, 1_000), detectors="adwin", threshold=0.5, **roles
    ).record.detectors
    assert 1_000 <= found.rows[0] < 1_400


def test_a_regression_has_errors_of_any_size() -> None:
    pytest.importorskip("river")

    def numbers(seed: int, jump: int) -> Table:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=3_000)
        noise = rng.normal(size=3_000) * np.where(np.arange(3_000) >= jump, 4.0, 1.0)
        return {"x": x, "prediction": 3 * x, "label": 3 * x + noise}

    roles = {"label": "label", "prediction": "prediction"}
    sides = numbers(1, 3_000), numbers(2, 1_500)
    size, count = ll.check(*sides, detectors=["adwin", "ddm"], **roles).record.detectors
    assert 1_500 <= size.rows[0] < 1_900
    assert count.reason == "it counts wrong answers, and a regression has errors of any size"
    assert (count.changes, count.looked_at) == (0, 0)


def test_detectors_stand_beside_the_verdict_and_say_so() -> None:
    pytest.importorskip("river")
    usual, now = table(1, 2_000), table(2, 2_000)
    with_them = ll.check(usual, now, detectors=["eddm", "ddm"], **ROLES)
    without = ll.check(usual, now, **ROLES)
    assert (with_them.record.verdict, with_them.record.headline) == (
        without.record.verdict,
        without.record.headline,
    )
    for text in (str(with_them), with_them.to_markdown()):
        assert "not calibrated" in " ".join(text.split())
        assert "EDDM:" in text
    assert "not calibrated" not in str(without)


def test_a_saved_baseline_warms_nothing_up_and_a_saved_profile_has_no_rows() -> None:
    pytest.importorskip("river")
    baseline = ll.learn(table(1, 1_000), **ROLES)
    [found] = ll.check(baseline, table(2, 1_000), detectors="adwin").record.detectors
    assert (found.warmed_up, found.looked_at) == (0, 1_000)
    counted = ll.profile(table(2, 1_000), baseline)
    [found] = ll.check(baseline, counted, detectors="adwin").record.detectors
    assert found.reason == "needs the rows of the current table, and to read them a second time"


Parts = st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12)


@given(parts=Parts)
@settings(max_examples=200, deadline=None)
def test_what_is_held_back_puts_rows_into_order(parts: list[list[int]]) -> None:
    """Every row comes once with its own error; equal times keep their order.

    Where fewer rows than are held back came too early, all are in order.
    """
    numbered, count = [], 0
    for part in parts:
        numbered.append((np.array(part, np.int64), np.arange(count, count + len(part), dtype=float)))
        count += len(part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detectors, "WAITING", 8)
        given_back = list(detectors._in_order(iter(numbered)))
    times = [int(t) for part, _ in given_back for t in part]
    places = [int(e) for _, part in given_back for e in part]
    flat = [t for part in parts for t in part]
    assert sorted(places) == list(range(count))
    assert times == [flat[place] for place in places]
    if all(sum(later > t for later in flat[:at]) < 8 for at, t in enumerate(flat)):
        assert times == sorted(flat)
        assert places == sorted(range(count), key=lambda place: (flat[place], place))


def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are given back while others are still to come: never more are held than twice what waits."""
    monkeypatch.setattr(detectors, "WAITING", 50)
    taken = given_back = 0

    def rows() -> Any:
        nonlocal taken
        for at in range(100):
            taken += 10
            yield np.arange(10 * at, 10 * at + 10, dtype=np.int64), np.zeros(10)

    for times, _ in detectors._in_order(rows()):
        given_back += len(times)
        assert taken - given_back <= 100
    assert given_back == 1_000
