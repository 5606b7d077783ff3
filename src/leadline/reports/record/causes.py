"""What a report says of causes."""

from __future__ import annotations

from leadline.reports.record.base import Record


class CauseResult(Record, frozen=True):
    """One likely cause of what alerts.

    Attributes:
        key: of the cause; `title`: its name for people.
        columns: what it explains.
        sentence: what points to it, in words.
        evidence: the figures behind the sentence, by name.
        share: part of the columns' effect that is gone when the cause is undone, 0..1; null: not measurable.
    """

    key: str
    title: str
    columns: list[str]
    sentence: str
    evidence: dict[str, float | str]
    share: float | None
