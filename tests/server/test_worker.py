"""The worker looks at a list, and reads profiles only where something is to be judged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

import leadline
from leadline.schedule import HOUR
from leadline.server.judging import counting

Traffic = Callable[..., dict[str, Any]]


def _nothing_is_read(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> None:
        raise AssertionError("a profile was read")

    monkeypatch.setattr(store._contents, "get", read)


def test_without_anything_new_no_profile_is_read(
    live: Any, baseline_file: Any, make_traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.give(baseline_file)
    live.send(make_traffic(7, 60, "2026-04-01", 4))
    live.judge()
    said = live.report()
    _nothing_is_read(live.service.store, monkeypatch)
    live.service.worker.round()
    assert live.service.worker.problems == {}
    assert live.report() == said


def test_where_only_operations_changed_what_was_said_of_the_data_stays(
    live: Any, baseline_file: Any, make_traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another judgement, of other operations, with the report and the features of the one before."""
    live.give(baseline_file)
    live.send(make_traffic(7, 60, "2026-04-01", 4))
    live.judge()
    judgements = live.service.metadata.judgements
    before, page = judgements.of("credit"), judgements.feature("credit", "amount")
    assert page is not None
    _nothing_is_read(live.service.store, monkeypatch)
    live.clock.now += HOUR
    live.service.worker.round()
    assert live.service.worker.problems == {}
    after = judgements.of("credit")
    assert after.revision == before.revision + 1
    assert after.digest != before.digest
    assert after.report == before.report
    assert judgements.feature("credit", "amount") == page


def test_who_waits_for_the_worker_waits_for_one_model_only(
    live: Any, baseline_file: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure or counts that are given come next, however many models are still to be judged."""
    # The server's own thread has done its first pass, and takes part in nothing any more.
    until(lambda: live.service.worker._keeper._next > monotonic())
    for name in ("first", "second"):
        live.give(baseline_file, name)
    worker, order, under_way, go = live.service.worker, [], threading.Event(), threading.Event()

    def work(model: str, _: Any) -> None:
        order.append(model)
        under_way.set()
        assert go.wait(300)

    def interrupt() -> None:
        with worker.paused():
            order.append("paused")

    monkeypatch.setattr(worker, "_work", work)
    threads = [threading.Thread(target=worker.round), threading.Thread(target=interrupt)]
    threads[0].start()
    assert under_way.wait(30)
    threads[1].start()
    until(worker._next.locked)
    go.set()
    for thread in threads:
        thread.join(30)
    assert order == ["first", "paused", "second"]


def test_only_the_model_that_is_named_is_judged(live: Any, baseline_file: Any, make_traffic: Traffic) -> None:
    for name in ("first", "second"):
        live.give(baseline_file, name)
        live.send(make_traffic(7, 60, "2026-04-01", 4), name)
    live.service.worker.round(only="second")
    judgements = live.service.metadata.judgements
    assert judgements.of("first") is None
    assert judgements.of("second") is not None


def test_how_far_a_model_is_counted_anew_is_shown(
    live: Any,
    baseline_file: Path,
    reference: dict[str, Any],
    make_traffic: Traffic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on its first baseline and with a new segment, and not where a late row changes one bucket."""
    told: list[str] = []
    bucket = counting.Counter.bucket

    def told_before(*args: Any) -> Any:
        told.append(waits())
        return bucket(*args)

    def waits() -> str:
        (model,) = live.ask("GET", "/api/v1/models").document["items"]
        return str(model["waiting_for"])

    monkeypatch.setattr(counting.Counter, "bucket", told_before)
    live.send(make_traffic(4, 60, "2026-04-01", 4))
    steps = [f"its rows to be counted: {done} of 4 buckets so far" for done in range(4)]
    live.give(baseline_file)
    live.judge()
    assert (told, waits()) == (steps, "")
    told.clear()
    roles = {"id": "id", "timestamp": "at", "score": "p", "label": "y", "version": "version"}
    live.give(leadline.learn(reference, window="1d", segment="channel", **roles).save(tmp_path / "segments"))
    live.judge()
    assert (told, waits()) == (steps, "")
    told.clear()
    live.send(make_traffic(1, 1, "2026-04-02", 5))
    live.judge()
    assert set(told) == {""}


def test_a_database_that_takes_nothing_ends_no_thread(
    serve: Any,
    tmp_path: Any,
    baseline_file: Any,
    make_traffic: Traffic,
    receiving: Any,
    until: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SQLite's own refusal. What became due meanwhile is counted, judged and told as soon as it may write."""
    receiver = receiving()
    monkeypatch.setattr("leadline.server.judging.worker.WORKING_SHARE", 1.0)
    with serve(tmp_path / "data", pause_seconds=0.01) as live:
        channel = {"name": "hook", "kind": "webhook", "settings": {"url": receiver.url}}
        assert live.ask("POST", "/api/v1/channels", channel).status == 201
        live.give(baseline_file)
        _refuse(live, True)
        live.service.worker._keeper._next = 0.0  # a pass of retention is due, which writes first
        live.send(make_traffic(10, 100, "2026-05-20", 5, shift=1.0, shifted_from=4))
        until(lambda: "round" in live.service.worker._steps.problems or live.service.worker.problems)
        until(lambda: "let_go" in live.service.worker._steps.problems)
        assert live.ask("GET", "/readyz").status == 503
        assert live.service.metadata.alerts.find() == []
        _refuse(live, False)
        assert receiver.enough.wait(300)
        until(lambda: live.ask("GET", "/readyz").status == 200)
        until(lambda: live.service.metadata.channels.undelivered() == 0)
        until(lambda: not live.service.worker._steps.problems)
        assert len(receiver.came) == len(live.service.metadata.alerts.find(tier="alert")) == 1


def _refuse(live: Any, refused: bool) -> None:
    database = live.service.metadata.database
    with database._lock:
        database._connection.execute(f"PRAGMA query_only = {int(refused)}")
