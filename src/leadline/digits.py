"""Numbers within sentences: the one way in which all texts write them."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """A number with the digits that matter; "-" where there is none.

    Three significant digits from 1 up (whole numbers exact, thousands as `grouped` has them), three decimals
    below, two significant digits below 0.01.
    """
    if value is None or not math.isfinite(value):
        return "-"
    size, sign = abs(value), "\u2212" if value < 0 else ""
    if size == 0:
        return "0"
    if size >= 1e7 or size < 1e-5:
        mantissa, exponent = f"{size:.2e}".split("e")
        return f"{sign}{mantissa}e{int(exponent)}"
    if math.isclose(size, round(size), rel_tol=1e-12):
        return sign + grouped(size)
    rounded = float(f"{size:.2e}")  # which may have one digit more before the point
    if rounded >= 1:
        decimals = max(0, 2 - math.floor(math.log10(rounded)))
        return sign + grouped(size, decimals)
    text = f"{size:.{max(3, 1 - math.floor(math.log10(size)))}f}"
    while len(text) > 5 and text.endswith("0"):
        text = text[:-1]
    return sign + text


def grouped(size: float, decimals: int = 0) -> str:
    """A number from 0 up with thin spaces between thousands; four digits stand together, as years do."""
    return f"{size:{',' if round(size) >= 10_000 else ''}.{decimals}f}".replace(",", "\u2009")


def percent(share: float) -> str:
    """A share in percent."""
    return f"{number(100 * share)}\u2009%"
