"""Shares of rows that may rise, under no change: exact laws of one count given what is pooled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.metrics import special
from leadline.metrics.nulls.counts import Floats

_EXACT = 0.05
"""Levels above it are taken as attained: no verdict depends on them."""

_ROUNDING = 1 + 1e-9
"""A count attains the level that is its own p-value, however that was rounded on the way."""

_PARTS = np.arange(1.0, 17.0)[:, None] / 17
"""Of the numbers that are left to be tried; at first of their magnitudes, as few rows are usual."""


@dataclass(frozen=True)
class Rise:
    """A number of current rows that may have risen, and its law under no change; shape (...) each.

    Attributes:
        count: rows, whole numbers; NaN where a side has no rows.
        most: the largest number that the law allows.
        tail: P(at least k such rows), by k and the parameters.
        parameters: of the law, shape (...) each.
    """

    count: Floats
    most: Floats
    tail: Callable[..., Floats]
    parameters: tuple[Floats, ...]

    @cached_property
    def p_value(self) -> Floats:
        """One-sided p-value of no rise; NaN where a side has no rows."""
        return np.where(np.isnan(self.count), np.nan, self.tail(np.nan_to_num(self.count), *self.parameters))

    def attained(self, level: npt.ArrayLike) -> Floats:
        """P(p-value <= level) under no change: the largest p-value that counts can give up to the level.

        0 where none can be that small (Tarone 1990); NaN where a side has no rows. `level` broadcasts
        against `count`.
        """
        wanted, count, most, *laws = np.broadcast_arrays(
            np.asarray(level, np.float64), self.count, self.most, *self.parameters
        )
        out = np.where(np.isnan(count), np.nan, wanted)
        small = (wanted <= _EXACT) & ~np.isnan(count)
        law = [parameter[small] for parameter in laws]
        out[small] = self._attained(wanted[small], most[small], law)
        return out

    def _attained(self, level: Floats, most: Floats, law: list[Floats]) -> Floats:
        # The smallest count whose tail is at most the level lies in (least, enough]; 16 parts at a time,
        # because a call costs more than an element.
        least, enough, level = np.zeros(level.shape), most + 1, level * _ROUNDING
        inner = np.floor(enough**_PARTS)
        while np.any(enough - least > 1):
            frequent = (self.tail(inner, *law) > level) & (inner > least)
            least, enough = (
                np.where(frequent, inner, least).max(0),
                np.where(frequent | (inner <= least), enough, inner).min(0),
            )
            inner = np.floor(least + (enough - least) * _PARTS)
        return np.where(enough > most, 0.0, self.tail(enough, *law))


def rising_share(
    reference_hits: npt.ArrayLike,
    reference_rows: npt.ArrayLike,
    current_hits: npt.ArrayLike,
    current_rows: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Rise:
    """A share of rows by Fisher's exact test given the pooled count.

    Args:
        reference_hits, current_hits: rows of each side that have what may rise; shape (...), all broadcast.
        reference_rows, current_rows: all rows of each side. NaN where either has none.
        reference_inflation, current_inflation: at least 1: rows and hits are divided by it, and rounded
            towards no change.
    """
    x, m, y, n = _deflated(
        reference_hits, reference_rows, current_hits, current_rows, reference_inflation, current_inflation
    )
    count = np.where((m > 0) & (n > 0), y, np.nan)
    return Rise(count, np.minimum(x + y, n), special.hypergeometric_sf, (m + n, x + y, n))


def outside_range(
    outside: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Rise:
    """The number of current values outside the reference's own minimum and maximum.

    Of a continuous column that number is beta-binomial(2, m - 1); ties only make it smaller.

    Args:
        outside: current values beyond the reference's extremes; shape (...), all broadcast.
        reference_values, current_values: all values of each side: NaN where either has none; below two
            reference values nothing counts as outside.
        reference_inflation, current_inflation: as in `rising_share`.
    """
    _, m, y, n = _deflated(
        0.0, reference_values, outside, current_values, reference_inflation, current_inflation
    )
    count = np.where((m > 0) & (n > 0), np.where(m < 2, 0.0, y), np.nan)
    law = (n, np.full(n.shape, 2.0), np.maximum(m - 1, 1.0))
    return Rise(count, n, special.beta_binomial_sf, law)


def unseen(
    unseen_rows: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    singletons: npt.ArrayLike,
    doubletons: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Rise:
    """The number of current rows whose value the reference never held.

    By exchangeability a current row is unseen no more often than a reference row is the only one with
    its value (Good 1953), so unseen rows are compared with the reference's singletons by Fisher's
    test. Rare values come in clumps when the current side is large: with Poisson counts, values of rate r
    give unseen rows - (n / m) singletons the variance sum of exp(-m r) (n r + n^2 r^2 + n^2 r / m). Good's
    estimates of sum exp(-m r) r and sum exp(-m r) r^2, singletons / m and 2 doubletons / m^2, make that
    1 + n / (n + m) * 2 doubletons / singletons times what the test takes; counts are divided by it.

    Args:
        unseen_rows: current rows with a value that the reference does not hold; shape (...), all broadcast.
        current_values, reference_values: all values of each side; NaN where either has none.
        singletons, doubletons: values that the reference holds once, and twice.
        reference_inflation, current_inflation: as in `rising_share`.
    """
    u, n, m, one, two = np.broadcast_arrays(
        *(
            np.asarray(v, np.float64)
            for v in (unseen_rows, current_values, reference_values, singletons, doubletons)
        )
    )
    f = n / np.maximum(n + m, 1.0)
    clump = 1 + f * 2 * np.maximum(two, 0) / np.maximum(one, 1.0)
    y = np.floor(u / np.maximum(np.asarray(current_inflation, np.float64), clump) + 1e-9)
    x = np.ceil(one / np.maximum(np.asarray(reference_inflation, np.float64), clump) - 1e-9)
    count = np.where((m > 0) & (n > 0), np.minimum(y, n), np.nan)
    law = (np.maximum(m + n, x + y), x + y, n)
    return Rise(count, np.minimum(x + y, n), special.hypergeometric_sf, law)


def _deflated(
    x: npt.ArrayLike, m: npt.ArrayLike, y: npt.ArrayLike, n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Whole numbers of independent hits and rows, rounded towards no rise."""
    x, m, y, n, a, b = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (x, m, y, n, a, b)))
    rows, current = np.floor(m / a + 1e-9), np.floor(n / b + 1e-9)
    hits = np.minimum(np.ceil(x / a - 1e-9), rows)
    return hits, rows, np.minimum(np.floor(y / b + 1e-9), current), current
