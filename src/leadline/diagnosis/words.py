"""Numbers and names within sentences: the one way in which all texts write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leadline.digits import grouped
from leadline.digits import number as number
from leadline.digits import percent as percent


def named(name: str) -> str:
    """A column's name or a value: quoted where it would not read as one word."""
    return name if re.fullmatch(r"[\w.:/-]+", name) else f"\u201c{name}\u201d"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 4 more`; `a`; `a and b`."""
    shown = [named(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def distance(value: float) -> str:
    """A distance within 0..1; what is left of one by rounding alone is none."""
    return number(round(value, 4))


def rows(share: float) -> str:
    """Which rows: `all rows`, or `80 % of the rows`."""
    return "all rows" if share > 0.985 else f"{percent(share)} of the rows"


def count(value: int) -> str:
    """A count with thin spaces between thousands; four digits stand together."""
    return grouped(value)


def counted(amount: int, noun: str) -> str:
    """`1 input`, `4 inputs`."""
    return f"{count(amount)} {noun}{'' if amount == 1 else 's'}"
