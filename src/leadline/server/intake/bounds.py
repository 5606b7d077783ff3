"""How much of a batch becomes columns: a few letters of JSON could name more than any memory holds."""

from __future__ import annotations

from leadline.errors import DataError
from leadline.stores.contract import FIELDS

VALUES = 1 << 25
"""Most values, rows times fields, of a section of rows."""


class TooLarge(DataError):
    """More than a server takes at once; a part of it may be taken."""


REFUSED = 100_000
"""Most rows of a batch that are refused one by one: the answer names each of them, and is kept."""

TOO_MANY = (
    f"its fields are beyond the first {FIELDS} of the batch, the most that a model may have; what differs by "
    "row belongs into values, not into names"
)
"""Why a row is refused that has a name for which there is no room."""


def check_refused(rows: int, reason: str) -> None:
    """An answer does not become too large.

    Args:
        rows: of a batch that are refused.
        reason: why the last of them are.

    Raises:
        TooLarge: they are too many.
    """
    if rows > REFUSED:
        raise TooLarge(
            "too many rows that cannot be kept", found=f"{rows} or more; {reason}",
            accepted=f"at most {REFUSED} in a batch", next_step="Mend them, or send smaller batches.",
        )  # fmt: skip


def check_values(rows: int, fields: int, where: str) -> None:
    """A section of rows is not too large as columns.

    Raises:
        TooLarge: it has too many values.
    """
    if rows * fields > VALUES:
        raise TooLarge(
            f"too many values of {where}", found=f"{rows} rows with {fields} fields or more",
            accepted=f"at most {VALUES} values", next_step="Send smaller batches.",
        )  # fmt: skip
