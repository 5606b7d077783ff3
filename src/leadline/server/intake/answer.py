"""The answer to a batch: what of it is kept, and which rows are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.server.intake.bounds import check_refused
from leadline.stores.cells import Key, take
from leadline.stores.contract import FIELDS, Batch, Rows, Section

_TOLD = ("heartbeats", "dropped")
"""What a batch without rows may be there for."""


class Refused(msgspec.Struct):
    """A row that is not kept; its place counts from 0 in its section, as it came."""

    kind: Section
    row: int
    reason: str


class Answer(msgspec.Struct):
    """Numbers of rows that are kept, by section, and the others."""

    accepted: dict[str, int]
    refused: list[Refused]


def chosen(rows: Rows, keep: npt.NDArray[np.bool_]) -> Rows:
    """Some rows of a section; keep: shape (rows,)."""
    columns = {key: take(key.kind, cells, keep) for key, cells in rows.columns.items()}
    return Rows(take("text", rows.ids, keep), rows.timestamps[keep], columns)


def without(batch: Batch, beyond: Mapping[Section, Collection[Key]]) -> Batch:
    """A batch without some columns, and without the rows that have a value in one of them.

    Its answer names these rows, too. A section that has no row left is left out.

    Args:
        batch: as it was read, with its answer.
        beyond: columns of its sections for which its model has no room.

    Raises:
        TooLarge: too many rows have a value in one of them.
    """
    answer = msgspec.json.decode(batch.answer, type=Answer)
    sections = dict(batch.sections)
    for section, keys in beyond.items():
        rows = sections.pop(section)
        gone = {refused.row for refused in answer.refused if refused.kind == section}
        came = [row for row in range(len(rows) + len(gone)) if row not in gone]
        keep = np.ones(len(rows), np.bool_)
        for key in keys:
            valid = rows.columns[key].valid
            places = np.flatnonzero(keep if valid is None else keep & valid).tolist()
            check_refused(len(answer.refused) + len(places), _no_room(section, key))
            for place in places:
                answer.refused.append(Refused(section, came[place], _no_room(section, key)))
                keep[place] = False
        del answer.accepted[section]
        if keep.any():
            rest = {key: cells for key, cells in rows.columns.items() if key not in keys}
            sections[section] = chosen(Rows(rows.ids, rows.timestamps, rest), keep)
            answer.accepted[section] = len(sections[section])
    return replace(batch, answer=msgspec.json.encode(answer), sections=sections)


def holds_nothing(batch: Batch) -> bool:
    """It brings neither rows nor a word about its sender's life or losses: a model is not made of it."""
    return not batch.sections and not msgspec.json.decode(batch.about, type=dict).keys() & set(_TOLD)


def _no_room(section: Section, key: Key) -> str:
    return f"no room for {key.name[:60]!r} ({key.kind}): all {FIELDS} columns of {section} are taken"
