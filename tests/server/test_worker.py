"""The worker looks at a list, and reads profiles only where something is to be judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.schedule import HOUR

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
