"""Many rows at once, as the caller passed them, made into one event without touching the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import time
from typing import Any, overload

from leadline_client.buffer import ROW_BYTES
from leadline_client.slices import FrameEvent
from leadline_client.values import Frame, Unusable


class NewIds(Sequence[str]):
    """Ids of the rows of one batch, made when they are read."""

    def __init__(self, prefix: str, rows: int) -> None:
        self._prefix = prefix
        self._rows = range(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [f"{self._prefix}.{row}" for row in self._rows[place]]
        return f"{self._prefix}.{self._rows[place]}"


def frame_event(
    features: Any,
    roles: Mapping[str, Any],
    groups: Mapping[str, Mapping[str, Any] | None],
    names: Sequence[str],
    prefix: str,
) -> tuple[FrameEvent, int]:
    """Predictions as one event, and its estimated bytes.

    Raises:
        Unusable: a role names a column that is not there; see also `Frame`.
    """
    frame = Frame(features, names)
    columns = {role: _column(frame, role, given) for role, given in roles.items() if given is not None}
    columns.setdefault("timestamp", time())
    frames = {"features": frame, **{name: Frame(group) for name, group in groups.items()}}
    rows = _common_length([*frames.values(), Frame(columns)])
    columns.setdefault("id", NewIds(prefix, rows))
    event = FrameEvent(Frame(columns), frames, rows)
    return event, _size(event)


def _column(frame: Frame, role: str, given: Any) -> Any:
    """What a role was given; the column of that name, which then is no feature, where it is a text."""
    if not isinstance(given, str):
        return given
    if given not in frame.columns:
        # Not the text itself: whoever meant it as a value may have put a person's name there.
        raise Unusable(f"{role} names no column of the features; accepted: a name of one, or a column")
    return frame.columns.pop(given)


def label_event(ids: Any, labels: Any, timestamps: Any) -> tuple[FrameEvent, int]:
    """Labels as one event, and its estimated bytes.

    Raises:
        Unusable: no columns, or not of one length.
    """
    moment = time() if timestamps is None else timestamps
    frame = Frame({"id": ids, "label": labels, "timestamp": moment})
    event = FrameEvent(frame, {}, _common_length([frame]))
    return event, _size(event)


def _common_length(frames: Sequence[Frame]) -> int:
    lengths = {frame.rows for frame in frames if frame.rows}
    if len(lengths) != 1:
        raise Unusable(f"columns have different lengths or no rows: {sorted(lengths)}")
    return lengths.pop()


def _size(event: FrameEvent) -> int:
    columns = [*event.scalars.columns.values()]
    for frame in event.groups.values():
        columns += frame.columns.values()
    sizes = (getattr(column, "nbytes", None) for column in columns)
    return ROW_BYTES + sum(size if isinstance(size, int) else 64 * event.rows for size in sizes)
