"""From the real client to the verdict: the live system says what `leadline.check` says of the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.baselines.baseline import Baseline
from leadline.schedule import instant
from leadline.stores.contract import Kept

Traffic = Callable[..., dict[str, Any]]

APART = {"physical_current", "columns_added", "columns_missing", "name"}
"""What a saved profile does not tell, and what rows are called."""


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without(item) for key, item in value.items() if key not in APART}
    return [without(item) for item in value] if isinstance(value, list) else value


def checked(baseline: Path, rows: dict[str, Any], end: str) -> dict[str, Any]:
    """What the library says of rows until the last moment before a day."""
    return leadline.check(baseline, rows, as_of=f"{end}T23:59:59.999999+00:00").to_dict()


def profiles(live: Any, model: str = "credit") -> list[Kept]:
    from leadline.baselines.file import loaded
    from leadline.server.judging import counting

    baseline = loaded(live.service.metadata.models.baseline(model) or b"", "baseline")
    assert isinstance(baseline, Baseline)
    return live.service.store.profiles(model, counting.grid_name(counting.live(baseline)))


def test_the_server_says_what_check_says(live: Any, baseline_file: Path, make_traffic: Traffic) -> None:
    rows = make_traffic(21, 200, "2026-04-01", 2, shift=0.6, shifted_from=14)
    live.give(baseline_file)
    live.send(rows)
    found, expected = live.report(), checked(baseline_file, rows, "2026-04-21")
    assert found["verdict"] in ("alert", "warning")
    assert without(found) == without(expected)


def test_rows_may_come_in_any_order_before_the_baseline_too(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    """Labels first, days mixed, in many small batches, judged in between."""
    rows = make_traffic(10, 150, "2026-04-01", 3)
    order = np.random.default_rng(0).permutation(len(rows["id"]))
    mixed = {name: np.asarray(values, object)[order].tolist() for name, values in rows.items()}
    mixed["at"] = rows["at"][order]
    half = {name: values[: len(order) // 2] for name, values in mixed.items()}
    rest = {name: values[len(order) // 2 :] for name, values in mixed.items()}
    client = live.client()
    seconds = (mixed["at"].astype(np.int64) / 1e6 + 86_400).tolist()
    client.model("credit").label_batch(mixed["id"], mixed["y"], seconds)
    as_lists = [
        {**part, "p": np.asarray(part["p"], float), "y": np.asarray(part["y"], int)} for part in (half, rest)
    ]
    live.send(as_lists[0], labels=False, chunk=97)
    live.give(baseline_file)
    live.report()
    live.send(as_lists[1], labels=False, chunk=61)
    assert without(live.report()) == without(checked(baseline_file, rows, "2026-04-10"))


def test_late_labels_and_corrections_revise_what_was_said(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    rows = make_traffic(6, 300, "2026-04-01", 4)
    live.give(baseline_file)
    client = live.client()
    live.send(rows, labels=False)
    before = live.report()
    wrong = {**rows, "y": 1 - rows["y"]}
    handle = client.model("credit", version="7")
    seconds = rows["at"].astype(np.int64) / 1e6
    for labels, later in ((wrong["y"], 86_400), (rows["y"], 2 * 86_400)):
        handle.label_batch(rows["id"], labels.tolist(), (seconds + later).tolist())
        assert client.flush(60)
        revised = live.report()
        if later == 86_400:
            assert without(revised) == without(checked(baseline_file, wrong, "2026-04-06"))
    assert before["performance"]["roc_auc"]["current"] is None
    assert without(revised) == without(checked(baseline_file, rows, "2026-04-06"))
    assert live.service.metadata.judgements.all()["credit"].revision == 3


def test_a_round_without_news_says_nothing_new(live: Any, baseline_file: Path, make_traffic: Traffic) -> None:
    live.give(baseline_file)
    live.send(make_traffic(3, 200, "2026-04-01", 5))
    live.report()
    before = profiles(live)
    live.report()
    assert live.service.metadata.judgements.all()["credit"].revision == 1
    assert profiles(live) == before


def test_a_repeated_id_is_a_row_and_its_label_joins_the_first(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    rows = make_traffic(3, 200, "2026-04-01", 6)
    live.give(baseline_file)
    live.send(rows)
    again = {name: values[:50] for name, values in rows.items()}
    live.send(again, labels=False)
    twice = {
        name: np.concatenate([np.asarray(values, object), np.asarray(values[:50], object)]).tolist()
        for name, values in rows.items()
    }
    twice["at"] = np.concatenate([rows["at"], rows["at"][:50]])
    twice["y"] = [*rows["y"].tolist(), *[None] * 50]
    order = np.argsort(twice["at"], kind="stable")  # rows of one id are told apart by their order
    ordered = {name: np.asarray(values, object)[order].tolist() for name, values in twice.items()}
    expected = checked(baseline_file, ordered | {"at": twice["at"][order]}, "2026-04-03")
    assert without(live.report()) == without(expected)


def test_a_row_from_2099_is_kept_and_closes_nothing(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    live.clock.now = instant("2026-04-04T00:05:00")
    rows = make_traffic(4, 200, "2026-04-01", 7)
    live.give(baseline_file)
    client = live.client()
    live.send(rows)
    client.model("credit").log({"amount": 1e9}, id="far", score=0.5, timestamp="2099-06-01")
    assert client.flush(30)
    # The third day ended five minutes ago, and its rows are waited for for ten.
    found = live.report()
    assert found["timeline"]["windows"][-1]["start"].startswith("2026-04-02")
    assert found["current"]["rows"] == 400
    assert sum(kept.rows for kept in profiles(live)) == 401
    live.clock.now = instant("2026-04-04T00:11:00")
    assert live.report()["current"]["rows"] == 600


def test_what_breaks_the_schema_is_kept_and_counted(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    """A text among numbers is one unreadable value; all others are what they were."""
    rows = make_traffic(2, 200, "2026-04-01", 8)
    amounts = rows["amount"].tolist()
    broken = {**rows, "amount": ["unknown", *amounts[1:]]}
    live.give(baseline_file)
    client = live.client()
    handle = client.model("credit", version="7")
    handle.log_batch(
        {"amount": broken["amount"], "age": rows["age"].tolist(), "channel": rows["channel"]},
        id=rows["id"],
        score=rows["p"].tolist(),
        timestamp=(rows["at"].astype(np.int64) / 1e6).tolist(),
        label=rows["y"].tolist(),
    )
    assert client.flush(30)
    column = next(c for c in live.report()["columns"] if c["name"] == "amount")
    without_first = {name: values[1:] for name, values in rows.items()}
    expected = leadline.check(
        baseline_file, without_first, as_of="2026-04-02T23:59:59.999999+00:00"
    ).to_dict()
    reference = next(c for c in expected["columns"] if c["name"] == "amount")
    assert column["quality"]["mean"] == pytest.approx(reference["quality"]["mean"], rel=1e-9)
    assert column["quality"]["maximum"] == reference["quality"]["maximum"]


def test_a_baseline_without_times_is_judged_by_days(live: Any, make_traffic: Traffic, tmp_path: Path) -> None:
    reference = make_traffic(10, 400, "2026-01-01", 9)
    training = {name: values for name, values in reference.items() if name not in ("at", "id", "version")}
    path = leadline.learn(training, score="p", label="y").save(tmp_path / "baseline")
    live.give(path)
    rows = make_traffic(5, 200, "2026-04-01", 10)
    live.send(rows)
    found = live.report()
    current = [w for w in found["timeline"]["windows"] if w["side"] == "current"]
    assert [w["rows"] for w in current] == [200] * 5
    expected = leadline.check(
        path,
        {name: values for name, values in rows.items() if name not in ("id", "version")},
        timestamp="at",
        window="1d",
        budget="1/30d",
        as_of="2026-04-05T23:59:59.999999+00:00",
    ).to_dict()
    assert {c["name"]: c["verdict"] for c in found["columns"]} == {
        c["name"]: c["verdict"] for c in expected["columns"]
    }


def test_scores_by_class_find_their_columns(live: Any, tmp_path: Path) -> None:
    generator = np.random.default_rng(11)

    def rows(size: int, start: str) -> dict[str, Any]:
        scores = generator.dirichlet([1, 1, 1], size)
        return {
            "at": instant(start) // 1 + np.sort(generator.integers(0, 3 * 86_400_000_000, size)),
            "x": generator.normal(size=size),
            **{f"p_{name}": scores[:, i] for i, name in enumerate("abc")},
            "y": [("a", "b", "c")[generator.choice(3, p=row)] for row in scores],
        }

    reference, current = rows(3000, "2026-01-01"), rows(600, "2026-04-01")
    for table in (reference, current):
        table["at"] = np.asarray(table["at"]).astype("datetime64[us]")
    path = leadline.learn(reference, score="p", label="y", timestamp="at", window="1d", budget="1/30d").save(
        tmp_path / "b"
    )
    live.give(path)
    client = live.client()
    client.model("credit").log_batch(
        {"x": current["x"].tolist()},
        score=[{n: float(current[f"p_{n}"][i]) for n in "abc"} for i in range(600)],
        label=current["y"],
        timestamp=(current["at"].astype(np.int64) / 1e6).tolist(),
    )
    assert client.flush(30)
    assert without(live.report()) == without(checked(path, current, "2026-04-03"))


@pytest.mark.parametrize("given", ["score", "prediction"])
def test_what_a_regression_gives_is_its_prediction(live: Any, tmp_path: Path, given: str) -> None:
    """The wrapper of scikit-learn and serving's events call it a score, its table calls it a prediction."""
    generator = np.random.default_rng(12)

    def rows(size: int, start: str) -> dict[str, Any]:
        x = generator.normal(size=size)
        micros = instant(start) + np.sort(generator.integers(0, 3 * 86_400_000_000, size))
        return {
            "at": micros.astype("datetime64[us]"),
            "x": x,
            "yhat": 2 * x,
            "y": 2 * x + generator.normal(size=size),
        }

    reference, current = rows(3000, "2026-01-01"), rows(600, "2026-04-01")
    options = {"prediction": "yhat", "label": "y", "timestamp": "at", "window": "1d", "budget": "1/30d"}
    path = leadline.learn(reference, **options).save(tmp_path / "b")
    live.give(path)
    client = live.client()
    client.model("credit").log_batch(
        {"x": current["x"].tolist()},
        **{given: current["yhat"].tolist()},
        label=current["y"].tolist(),
        timestamp=(current["at"].astype(np.int64) / 1e6).tolist(),
    )
    assert client.flush(30)
    assert without(live.report()) == without(checked(path, current, "2026-04-03"))


def test_a_new_baseline_counts_all_rows_anew(
    live: Any, baseline_file: Path, make_traffic: Traffic, tmp_path: Path
) -> None:
    live.give(baseline_file)
    rows = make_traffic(4, 200, "2026-04-01", 12)
    live.send(rows)
    live.report()
    other = leadline.learn(
        make_traffic(30, 300, "2026-01-15", 13), window="1d", budget="1/30d",
        id="id", timestamp="at", score="p", label="y", version="version",
    ).save(tmp_path / "other")  # fmt: skip
    live.give(other)
    assert without(live.report()) == without(checked(other, rows, "2026-04-04"))


def test_what_was_kept_goes_on_after_a_restart(
    tmp_path: Path, serve: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    rows = make_traffic(4, 200, "2026-04-01", 14)
    with serve(tmp_path / "data") as live:
        live.give(baseline_file)
        live.send(rows)
    with serve(tmp_path / "data") as live:
        assert without(live.report()) == without(checked(baseline_file, rows, "2026-04-04"))


def test_a_bucket_is_counted_once_it_is_over_also_after_a_restart(
    serve: Any, tmp_path: Path, baseline_file: Path, make_traffic: Traffic
) -> None:
    folder, rows = tmp_path / "data", make_traffic(3, 40, "2026-03-01", 5)
    days = [instant(f"2026-03-0{day}") for day in (1, 2, 3)]
    with serve(folder) as live:
        live.clock.now = days[2] + 43_200_000_000
        live.give(baseline_file)
        live.send(rows)
        live.judge()
        assert [(one.start, one.rows) for one in profiles(live)] == [(days[0], 40), (days[1], 40)]
        live.send(make_traffic(2, 10, "2026-03-02", 6), labels=False)
        live.judge()
        assert [one.rows for one in profiles(live)] == [40, 50]
    with serve(folder) as live:
        live.clock.now = days[2] + 86_400_000_000 + 601_000_000
        live.judge()
        assert [one.rows for one in profiles(live)] == [40, 50, 50]
        assert {one.upto for one in profiles(live)} == {live.service.store.last()}


def test_a_model_that_cannot_be_judged_is_shown_and_stops_no_other(
    live: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    live.give(baseline_file, "good")
    live.give(baseline_file, "bad")
    rows = make_traffic(2, 100, "2026-04-01", 15)
    live.send(rows, "bad")
    live.send(rows, "good")
    live.service.metadata.models.set_baseline("bad", b"damaged", live.clock())
    live.judge()
    models = {m["name"]: m for m in live.ask("GET", "/api/v1/models").document["items"]}
    assert "not a Leadline file" in models["bad"]["problem"]
    assert models["good"]["verdict"] is not None
    assert 'leadline_model_failing{model="bad"} 1' in live.ask("GET", "/metrics").body.decode()


def test_old_days_leave_the_verdict(
    tmp_path: Path, serve: Any, baseline_file: Path, make_traffic: Traffic
) -> None:
    rows = make_traffic(6, 100, "2026-04-01", 16)
    with serve(tmp_path / "data", days=3) as live:
        live.clock.now = instant("2026-04-07T01:00:00")
        live.give(baseline_file)
        live.send(rows)
        assert live.report()["current"]["rows"] == 200
        assert sum(kept.rows for kept in profiles(live)) == 600


def test_random_traffic_counts_each_row_once(live: Any, baseline_file: Path, make_traffic: Traffic) -> None:
    """Batches in random pieces and order, some sent twice with the same key, some while it is judged."""
    chance = random.Random(17)
    rows = make_traffic(4, 100, "2026-04-01", 17)
    live.give(baseline_file)
    seconds = (rows["at"].astype(np.int64) / 1e6).tolist()
    places = list(range(400))
    chance.shuffle(places)
    while places:
        part, places = places[: chance.randint(1, 60)], places[60:] if len(places) > 60 else []
        section = {
            "rows": len(part),
            "id": [rows["id"][i] for i in part],
            "timestamp": [seconds[i] for i in part],
            "score": [float(rows["p"][i]) for i in part],
            "features": {"amount": [float(rows["amount"][i]) for i in part]},
        }
        document = {"format": 1, "model": "credit", "predictions": section}
        for _ in range(chance.randint(1, 3)):
            headers = {"Idempotency-Key": section["id"][0]}
            assert live.ask("POST", "/api/v1/ingest", document, headers=headers).status == 202
        if chance.random() < 0.3:
            live.judge()
    live.judge()
    kept = live.service.store.rows("credit")["predictions"]
    assert sum(one.rows for one in profiles(live)) == kept > 0
