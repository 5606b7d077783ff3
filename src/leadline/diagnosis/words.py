"""Numbers and names within the sentences of causes."""

from __future__ import annotations

import re
from collections.abc import Sequence


def named(name: str) -> str:
    """A column's name or a value: quoted where it would not read as one word."""
    return name if re.fullmatch(r"[\w.:/-]+", name) else f"\u201c{name}\u201d"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 4 more`; `a`; `a and b`."""
    shown = [named(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def number(value: float) -> str:
    """Three significant digits, and all that stand before the point; thin spaces between thousands."""
    whole = float(value).is_integer() or abs(value) >= 1000
    text = f"{value:,.0f}".replace(",", "\u2009") if whole and abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("-", "\u2212")


def distance(value: float) -> str:
    """A distance within 0..1; what is left of one by rounding alone is none."""
    return number(round(value, 6))


def percent(share: float) -> str:
    """A share in percent, two significant digits below ten."""
    value = 100 * share
    return f"{value:.0f}\u2009%" if value >= 10 or value == 0 else f"{value:.2g}\u2009%"


def rows(share: float) -> str:
    """Which rows: `all rows`, or `80 % of the rows`."""
    return "all rows" if share > 0.985 else f"{percent(share)} of the rows"


def counted(amount: int, noun: str) -> str:
    """`1 input`, `4 inputs`."""
    return f"{amount} {noun}{'' if amount == 1 else 's'}"
