"""Rows of JSON as columns: what people write by hand and small programs send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.errors import DataError
from leadline.server.intake.bounds import check_values


def columns(rows: Sequence[Any], groups: Sequence[str], where: str) -> dict[str, Any]:
    """A section of columns from one of rows.

    Args:
        rows: objects; what a row lacks is null.
        groups: names whose values are objects of fields.
        where: name of the section, for errors.

    Raises:
        DataError: a row is no object, or a group of it is none, or there are too many names.
        TooLarge: there are too many rows for so many names.
    """
    found: dict[str, Any] = {"rows": len(rows)}
    made = 0

    def column(own: dict[str, Any], name: str) -> list[Any]:
        nonlocal made
        if name not in own:
            made += 1
            check_values(len(rows), made, where)
            own[name] = [None] * len(rows)
        values: list[Any] = own[name]
        return values

    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _wrong(f"{where}[{place}]", row)
        for name, value in row.items():
            if name in groups:
                if value is None:
                    continue
                if not isinstance(value, Mapping):
                    raise _wrong(f"{where}[{place}].{name}", value)
                own = found.setdefault(name, {})
                for field, one in value.items():
                    column(own, field)[place] = one
            elif name != "rows":
                column(found, name)[place] = value
    return found


def _wrong(where: str, found: object) -> DataError:
    return DataError("not a row", where=where, found=type(found).__name__, accepted="an object")
