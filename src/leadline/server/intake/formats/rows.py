"""Rows of JSON as columns: what people write by hand and small programs send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from leadline.errors import DataError
from leadline.server.intake.bounds import TOO_MANY, check_refused, check_values
from leadline.stores.contract import FIELDS


class _Mistake(NamedTuple):
    """What is no object, by its name in the row ("": the row itself), and its type; or a name that is not
    known, and None."""

    name: str
    found: str | None


def columns(
    rows: Sequence[Any], names: Sequence[str], groups: Sequence[str], where: str
) -> tuple[dict[str, Any], dict[int, str]]:
    """A section of columns from one of rows, and why some rows must be refused, by their place.

    A row is refused that is no object, that has a name that is not known, or whose names would be beyond the
    most that a model may have. What else it has stays in the columns that others have, too.

    Args:
        rows: objects; what a row lacks is null.
        names: what rows may have.
        groups: those of them whose values are objects of fields.
        where: name of the section, for errors.

    Raises:
        DataError: every row is no object, or has a name that is not known: whoever wrote them takes the
            format for another one, and it is told about the first.
        TooLarge: there are too many rows for so many names, or too many that are refused.
    """
    found: dict[str, Any] = {"rows": len(rows)}
    refused: dict[int, str] = {}
    unread, reasons = 0, dict[_Mistake, str]()
    made: list[tuple[dict[str, Any], str]] = []

    def put(own: dict[str, Any], name: str, place: int, value: Any) -> None:
        if name not in own:
            if len(made) == FIELDS:
                refused[place] = TOO_MANY
                return
            made.append((own, name))
            check_values(len(rows), len(made), where)
            own[name] = [None] * len(rows)
        own[name][place] = value

    for place, row in enumerate(rows):
        if (mistake := _mistake(row, names, groups)) is not None:
            unread += 1
            if mistake not in reasons:
                reasons[mistake] = str(_error(mistake, names, where))
            refused[place] = reasons[mistake]
            check_refused(len(refused), reasons[mistake])
            continue
        before = len(made)
        for name, value in row.items():
            if name not in groups:
                put(found, name, place, value)
            elif value is not None:
                own = found.setdefault(name, {})
                for field, one in value.items():
                    put(own, field, place, one)
        if place in refused:
            # Names that only this row has would take the room of others.
            for own, name in made[before:]:
                del own[name]
            del made[before:]
    if rows and unread == len(rows):
        first = _mistake(rows[0], names, groups)
        assert first is not None
        raise _error(first, names, f"{where}[0]")
    return found, refused


def _mistake(row: Any, names: Sequence[str], groups: Sequence[str]) -> _Mistake | None:
    """Why nothing can be made of a row, if so."""
    if not isinstance(row, Mapping):
        return _Mistake("", type(row).__name__)
    for name, value in row.items():
        if name not in names:
            return _Mistake(name, None)
        if name in groups and not (value is None or isinstance(value, Mapping)):
            return _Mistake(name, type(value).__name__)
    return None


def _error(mistake: _Mistake, names: Sequence[str], where: str) -> DataError:
    name, found = mistake
    if found is None:
        return unknown_column(name, names, where)
    return DataError("not a row", where=f"{where}.{name}".rstrip("."), found=found, accepted="an object")


def unknown_column(name: str, known: Sequence[str], where: str) -> DataError:
    """The error for what no row may have."""
    close = get_close_matches(name, known, n=1)
    return DataError(
        "unknown column", where=where, found=name, accepted=known,
        next_step=f"Did you mean {close[0]!r}?" if close else "What the model takes belongs into features.",
    )  # fmt: skip
