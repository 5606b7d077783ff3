"""Rows of JSON as columns: what people write by hand and small programs send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.errors import DataError


def columns(rows: Sequence[Any], groups: Sequence[str], where: str) -> dict[str, Any]:
    """A section of columns from one of rows.

    Args:
        rows: objects; what a row lacks is null.
        groups: names whose values are objects of fields.
        where: name of the section, for errors.

    Raises:
        DataError: a row is no object, or a group of it is none.
    """
    found: dict[str, Any] = {"rows": len(rows)}
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
                    own.setdefault(field, [None] * len(rows))[place] = one
            elif name != "rows":
                found.setdefault(name, [None] * len(rows))[place] = value
    return found


def _wrong(where: str, found: object) -> DataError:
    return DataError("not a row", where=where, found=type(found).__name__, accepted="an object")
