"""How much of a batch becomes columns: a few letters of JSON could name more than any memory holds."""

from __future__ import annotations

from leadline.errors import DataError
from leadline.stores.contract import FIELDS

VALUES = 1 << 25
"""Most values, rows times fields, of a section of rows."""


class TooLarge(DataError):
    """More than a server takes at once; a part of it may be taken."""


def check_fields(fields: int, where: str) -> None:
    """A section has no more fields than any model may have.

    Raises:
        DataError: it has.
    """
    if fields > FIELDS:
        raise DataError(
            f"too many fields of {where}", found=f"more than {FIELDS}", accepted=f"at most {FIELDS}",
            next_step="Give features the same names in each row; what differs by row belongs into values.",
        )  # fmt: skip


def check_values(rows: int, fields: int, where: str) -> None:
    """A section of rows is not too large as columns.

    Raises:
        DataError: it has too many fields.
        TooLarge: it has too many values.
    """
    check_fields(fields, where)
    if rows * fields > VALUES:
        raise TooLarge(
            f"too many values of {where}", found=f"{rows} rows with {fields} fields or more",
            accepted=f"at most {VALUES} values", next_step="Send smaller batches.",
        )  # fmt: skip
