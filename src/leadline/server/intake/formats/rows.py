"""Rows of JSON as columns: what people write by hand and small programs send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from leadline.errors import DataError
from leadline.server.intake.bounds import check_values
from leadline.stores.contract import FIELDS


def columns(
    rows: Sequence[Any], names: Sequence[str], groups: Sequence[str], where: str
) -> tuple[dict[str, Any], set[int]]:
    """A section of columns from one of rows, and the places of rows that must be refused.

    A row is refused whose names would be beyond the most that a model may have. What else it has stays in the
    columns that others have, too.

    Args:
        rows: objects; what a row lacks is null.
        names: what rows may have.
        groups: those of them whose values are objects of fields.
        where: name of the section, for errors.

    Raises:
        DataError: a row is no object, or a group of it is none, or has a name that is not known.
        TooLarge: there are too many rows for so many names.
    """
    found: dict[str, Any] = {"rows": len(rows)}
    refused: set[int] = set()
    made: list[tuple[dict[str, Any], str]] = []

    def put(own: dict[str, Any], name: str, place: int, value: Any) -> None:
        if name not in own:
            if len(made) == FIELDS:
                refused.add(place)
                return
            made.append((own, name))
            check_values(len(rows), len(made), where)
            own[name] = [None] * len(rows)
        own[name][place] = value

    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _wrong(f"{where}[{place}]", row)
        before = len(made)
        for name, value in row.items():
            if name in groups:
                if value is None:
                    continue
                if not isinstance(value, Mapping):
                    raise _wrong(f"{where}[{place}].{name}", value)
                own = found.setdefault(name, {})
                for field, one in value.items():
                    put(own, field, place, one)
            elif name in names:
                put(found, name, place, value)
            else:
                raise unknown_column(name, names, f"{where}[{place}]")
        if place in refused:
            # Names that only this row has would take the room of others.
            for own, name in made[before:]:
                del own[name]
            del made[before:]
    return found, refused


def unknown_column(name: str, known: Sequence[str], where: str) -> DataError:
    """The error for what no row may have."""
    close = get_close_matches(name, known, n=1)
    return DataError(
        "unknown column", where=where, found=name, accepted=known,
        next_step=f"Did you mean {close[0]!r}?" if close else "What the model takes belongs into features.",
    )  # fmt: skip


def _wrong(where: str, found: object) -> DataError:
    return DataError("not a row", where=where, found=type(found).__name__, accepted="an object")
