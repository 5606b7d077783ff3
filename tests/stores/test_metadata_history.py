"""What was told goes when it is old, in either database; what may still be told of, or counts on, stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from leadline.errors import DataError
from leadline.schedule import DAY
from leadline.server.keeping import history
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert, Step
from leadline.stores.metadata.channels import Channel, Message
from leadline.stores.metadata.events import Event, Kind
from leadline.stores.metadata.maintenance import Maintenance
from leadline.stores.metadata.retention import MOST_DAYS, History

NOW = 10_000 * DAY
CHANNEL = Channel(0, "name", "webhook", "{}", "secret", "{}", None, 1)
ALERT = Alert(0, "m", "windows", "resolved", 0, 0, ("a",), "sentence", "", 0, 0)


def keep(metadata: Metadata, days: int = 90) -> None:
    assert history.keep(metadata, NOW, days, lambda: True)


def ago(days: float) -> int:
    return NOW - int(days * DAY)


def alert(metadata: Metadata, days: float, **more: object) -> int:
    """One that was over so many days ago, with all that belongs to it; its number."""
    at = ago(days)
    with metadata.database.transaction() as own:
        made = replace(ALERT, opened=at - DAY, last=at, changed_at=at)
        number = metadata.alerts.write(own, replace(made, **more))  # type: ignore[arg-type]
        metadata.alerts.add_step(own, number, Step(at, "", "resolved", ""))
        metadata.alerts.keep_findings(own, number, b"{}", opening=True)
    return number


def message(metadata: Metadata, channel: int, alert: int, days: float | None) -> None:
    """One that was delivered so many days ago; None: not yet."""
    with metadata.database.transaction() as own:
        metadata.channels.tell(
            own, Message(f"{alert} {days}", channel, alert, "m", "opened", "", False, b"x", 1), 1
        )
    if days is not None:
        number = max(one.id for one in metadata.channels.due(NOW))
        metadata.channels.delivered([number], ago(days))


def messages(metadata: Metadata) -> list[tuple[int, int]]:
    return metadata.database.all("SELECT channel, alert FROM messages ORDER BY id")


def test_alerts_that_are_over_go_with_all_that_belongs_to_them(place: Path | str) -> None:
    metadata = Metadata(place)
    old, new = alert(metadata, 1_101), alert(metadata, 1_099)
    living = alert(metadata, 1_101, state="open")
    settled = alert(metadata, 1_101, settled=True)
    last = alert(metadata, 2_000)
    with metadata.database.transaction() as own:
        channel = metadata.channels.add(own, CHANNEL)
    message(metadata, channel, old, None)
    keep(metadata)
    assert [one.id for one in metadata.alerts.find()] == [last, settled, living, new]
    assert (metadata.alerts.steps(old), metadata.alerts.findings(old)) == ([], None)
    assert metadata.alerts.steps(new)
    assert messages(metadata) == []
    assert alert(metadata, 1) == last + 1, "a number that was told is not given again"
    metadata.close()


def test_an_alert_of_which_a_report_may_still_tell_stays(place: Path | str) -> None:
    """Else it would be found anew, and told again."""
    metadata = Metadata(place)
    with metadata.database.transaction() as own:
        metadata.retention.keep_history(own, History(1, 1, 1))
    alert(metadata, 92), alert(metadata, 90), alert(metadata, 5)
    keep(metadata)
    assert [one.id for one in metadata.alerts.find()] == [3, 2]
    keep(metadata, days=30)
    assert [one.id for one in metadata.alerts.find()] == [3]
    metadata.close()


def test_messages_go_once_they_are_delivered_and_their_alert_is_over(place: Path | str) -> None:
    metadata = Metadata(place)
    with metadata.database.transaction() as own:
        first, second = (metadata.channels.add(own, replace(CHANNEL, name=name)) for name in "ab")
    over, living = alert(metadata, 200), alert(metadata, 200, state="acknowledged")
    for days in (91, 89, None):
        for number in (0, over, living):
            message(metadata, first, number, days)
    message(metadata, second, over, 500)
    before = metadata.channels.loads()
    keep(metadata)
    keep(metadata)
    # Who has been told of an alert that lives hears of its end; and each channel says when it took something.
    kept = [(first, living), *((first, number) for number in (0, over, living) for _ in range(2))]
    assert sorted(messages(metadata)) == sorted([*kept, (second, over)])
    assert metadata.channels.loads() == before
    metadata.close()


def test_events_go_and_versions_stay(place: Path | str) -> None:
    metadata = Metadata(place)

    def event(kind: Kind, at: float, told: float, version: str = "") -> int:
        with metadata.database.transaction() as own:
            return metadata.events.add(own, Event(0, "m", kind, ago(at), "text", version, "", ago(told)))

    gone = event("deploy", 1_101, 1_101)
    kept = [
        event("version", 3_000, 3_000, "7"),
        event("deploy", 1_200, 5),
        event("holiday", -30, 1_200),
        event("note", 1_000, 1_000),
        event("note", 3_000, 3_000),
    ]
    with metadata.database.transaction() as own:
        for days in (1_200, 1_000, -5):
            window = Maintenance(0, "*", ago(days + 1), ago(days), "why", "who")
            metadata.maintenance.add(own, window)
    keep(metadata)
    assert sorted(one.id for one in metadata.events.find()) == kept
    assert gone not in kept
    assert sorted(one.id for one in metadata.maintenance.all()) == [2, 3]
    metadata.close()


def test_much_goes_in_slices(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = Metadata(place)
    monkeypatch.setattr(history, "AT_ONCE", 2)
    for _ in range(6):
        alert(metadata, 2_000)
    left = iter([True, False])
    assert not history.keep(metadata, NOW, 90, lambda: next(left))
    assert len(metadata.alerts.find()) == 4
    keep(metadata)
    assert [one.id for one in metadata.alerts.find()] == [6]
    metadata.close()


def test_how_long_is_kept(place: Path | str) -> None:
    metadata = Metadata(place)
    assert metadata.retention.history() == History()
    with metadata.database.transaction() as own:
        metadata.retention.keep_history(own, History(5, 6, 7))
    metadata.close()
    metadata = Metadata(place)
    assert metadata.retention.history() == History(5, 6, 7)
    metadata.close()


@pytest.mark.parametrize("days", [(0, 5, 5), (5, 4, 5), (5, 5, 0), (5, MOST_DAYS + 1, 5), (-1, 5, 5)])
def test_times_that_make_no_sense_are_refused(days: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match="messages_days <= alerts_days"):
        History(*days).checked()
