"""p-values under "no change": both samples are random, and so are the cells.

Every function takes counts and gives P(statistic at least this extreme), so that P(p <= a) <= a when
reference and current rows come from one law. Two null laws meet here. Where the cells are fixed, or
chosen by the pooled counts, the current counts given the pooled ones are multivariate hypergeometric.
Where the edges are order statistics of a continuous reference they are Dirichlet-multinomial. The
statistics are chosen so that their laws agree to first order; what is left is tested by simulation.

Arrays: `Pair.reference` (K, C), `Pair.current` (..., K, C); results have shape (..., K), NaN where a side
is empty, 1 where all rows share one cell. Counts are divided by the pair's noise inflation first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.metrics import special
from leadline.metrics.pair import Pair

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLD = 20
"""Cells of the chi-squared and G tests on ordered columns."""

ROWS_PER_CELL = 5
"""Rows of the smaller side that each folded cell gets at least on average."""

LEAST_EXPECTED = 1.5
"""Rarer cells (expected rows of the smaller side, from pooled counts) are merged."""

_MISSED = 7.0
"""Expected rows at which a value is missed by one side with probability exp(-7)."""

_HALF_NORMAL_VARIANCE = 1 - 2 / math.pi

_PRODUCTS = 30_000
"""Smaller side up to which exact moments keep enough digits."""


_guarded = np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore")
"""Columns without rows are computed along with the others, and marked NaN at the end."""


@_guarded
def kolmogorov_smirnov(pair: Pair) -> Floats:
    """p-value of the two-sample Kolmogorov-Smirnov distance at the cells' edges (Smirnov 1939).

    The limit law is conservative for finite samples, ties and cells (Noether 1963).
    """
    a, b, shape = _sides(pair)
    m, n = a.sum(-1), b.sum(-1)
    distance = np.abs(np.cumsum(_share(a, m) - _share(b, n), -1)).max(-1)
    p = special.kolmogorov_sf(np.sqrt(_harmonic(m, n)) * np.round(distance, 12))
    return _result(p, m, n, shape)


@_guarded
def chi_squared(pair: Pair) -> Floats:
    """p-value of the two-sample chi-squared test, on at most 20 cells where the cells are ordered.

    Rare cells are merged by pooled counts. The larger of two p-values is given: Pearson's statistic
    against a gamma law with its first three permutation moments (Mielke & Berry 1985), good in the
    body; and the likelihood ratio with Williams' (1976) factor, whose tail stays right when few counts
    make a large statistic.
    """
    a, b, shape = _tested(pair)
    p = np.fmax(_pearson(a, b), _likelihood_ratio(a, b))
    p = _two_cells(p, a, b)
    return _result(p, a.sum(-1), b.sum(-1), shape)


def g_test(pair: Pair) -> Floats:
    """p-value of the likelihood ratio (G) test on the cells of `chi_squared`, with the same guard."""
    return chi_squared(pair)


@_guarded
def mean_rank_shift(pair: Pair) -> Floats:
    """Two-sided p-value of the mean-rank shift (Mann-Whitney's U with mid-ranks for ties).

    Normal where the ranks are spread; else the conditional double saddlepoint of Booth & Butler (1990)
    in Skovgaard's (1987) tail formula, because one heavy tie makes U skewed.
    """
    a, b, shape = _sides(pair)
    m, n = a.sum(-1), b.sum(-1)
    c = a + b
    total = np.maximum(m + n, 1.0)
    share = c / total[:, None]
    rank = np.cumsum(share, -1) - share / 2
    shift = ((_share(b, n) - _share(a, m)) * rank).sum(-1)
    # A reference row is the lower edge of its cell, where all current rows of the cell lie above it.
    fine = np.ones(a.shape, bool) if pair.atoms is None else ~np.broadcast_to(pair.atoms, pair.current.shape)
    spread = (share * (fine.reshape(a.shape) & (a > 0))).sum(-1)
    tie = share.max(-1)
    slack = spread / (2 * (m + 1)) + tie * tie / 4 / np.maximum(_harmonic(m, n), 1e-300)
    reduced = np.sign(shift) * np.maximum(np.abs(shift) - slack, 0.0)
    return _result(_rank_tail(reduced, rank, c, m, n), m, n, shape)


@_guarded
def total_variation(pair: Pair) -> Floats:
    """p-value of the total variation distance (half the sum of |p - q|).

    Its mean is exact; its variance and skewness come from the Gaussian limit and the tilt of uneven
    cells; the law is Pearson III (gamma), or Nakagami where that has the heavier tail. Two cells: exact.
    """
    a, b, shape = _tested(pair, least=0.0)
    return _result(_two_cells(_variation_tail(a, b), a, b), a.sum(-1), b.sum(-1), shape)


@_guarded
def largest_cell(pair: Pair) -> Floats:
    """p-value of the most surprising cell: exact hypergeometric tails, Bonferroni over cells and sides.

    Cells that can never reach the smallest p-value found cost nothing (Tarone 1990).
    """
    a, b, shape = _tested(pair, least=0.0)
    return _result(_largest(a, b), a.sum(-1), b.sum(-1), shape)


@_guarded
def tested_cells(pair: Pair) -> tuple[Floats, Floats]:
    """Cells of the chi-squared test, and the share of rows in cells that were not merged with others.

    Both of shape (..., K); for categories.
    """
    a, b, shape = _sides(pair)
    c, pooled = np.sort(a + b, -1)[:, ::-1], sum(_tested(pair)[:2])
    tested = (np.asarray(pooled) > 0).sum(-1)
    merged = (c > 0).sum(-1) > tested
    alone = np.arange(c.shape[-1]) < (tested - merged)[:, None]
    seen = _share(np.where(alone, c, 0.0), c.sum(-1)).sum(-1)
    return tested.astype(np.float64).reshape(shape), seen.reshape(shape)


def cramer_von_mises(pair: Pair) -> Floats:
    """p-value of the two-sample Cramer-von Mises statistic (Anderson 1962), from its limit law.

    Smirnov's integral where values are spread; three matched moments of the tied limit otherwise.
    """
    return _quadratic(pair, anderson=False)


def anderson_darling(pair: Pair) -> Floats:
    """p-value of the two-sample Anderson-Darling statistic (Pettitt 1976), as `cramer_von_mises`."""
    return _quadratic(pair, anderson=True)


def cramer_von_mises_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of the limit law of omega squared (Smirnov 1936)."""
    return _smirnov(np.asarray(x, np.float64), lambda j: (j * math.pi) ** 2, _sine_product)


def anderson_darling_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of the limit law of the Anderson-Darling statistic (Anderson & Darling 1952)."""
    return _smirnov(np.asarray(x, np.float64), lambda j: j * (j + 1.0), _cosine_product)


def rising_share(
    reference_hits: npt.ArrayLike,
    reference_rows: npt.ArrayLike,
    current_hits: npt.ArrayLike,
    current_rows: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Floats:
    """One-sided p-value that a share of rows rose: Fisher's exact test given the pooled count.

    With inflations, sizes and hits are divided and rounded towards no change. NaN where a side has no
    rows.
    """
    x, m, y, n = _deflated(
        reference_hits, reference_rows, current_hits, current_rows, reference_inflation, current_inflation
    )
    p = special.hypergeometric_sf(y, m + n, x + y, n)
    return np.where((m > 0) & (n > 0), p, np.nan)


def rising_share_least(
    reference_hits: npt.ArrayLike,
    reference_rows: npt.ArrayLike,
    current_hits: npt.ArrayLike,
    current_rows: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Floats:
    """The smallest p-value `rising_share` could give at this pooled count (1 without any hit)."""
    x, m, y, n = _deflated(
        reference_hits, reference_rows, current_hits, current_rows, reference_inflation, current_inflation
    )
    log_p = special.hypergeometric_log_pmf(np.minimum(x + y, n), m + n, x + y, n)
    return np.where((m > 0) & (n > 0), np.exp(np.minimum(log_p, 0.0)), np.nan)


def outside_range(
    outside: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Floats:
    """p-value of the number of current values outside the reference's own minimum and maximum.

    Of a continuous column that number is beta-binomial(2, m - 1); ties only make it smaller. NaN where
    a side is empty, 1 where nothing is outside.
    """
    _, m, y, n = _deflated(
        0.0, reference_values, outside, current_values, reference_inflation, current_inflation
    )
    p = special.beta_binomial_sf(y, n, 2.0, np.maximum(m - 1, 1.0))
    return np.where((m > 0) & (n > 0), np.where(m < 2, 1.0, p), np.nan)


def unseen(
    unseen_rows: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    singletons: npt.ArrayLike,
    doubletons: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> Floats:
    """p-value of the number of current rows whose value the reference never held.

    By exchangeability a current row is unseen no more often than a reference row is the only one with
    its value (Good 1953), so unseen rows are compared with the reference's singletons by Fisher's
    test. Rare values come in clumps when the current side is large: counts are divided by the
    Good-Turing variance ratio 1 + 2 doubletons / singletons. NaN where a side is empty.
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
    population, draws = np.maximum(m + n, x + y), n
    p = special.hypergeometric_sf(np.minimum(y, draws), population, x + y, draws)
    return np.where((m > 0) & (n > 0), np.where(u > 0, p, 1.0), np.nan)


@_guarded
def score_sum_tails(
    score: npt.ArrayLike, counts: npt.ArrayLike, size: npt.ArrayLike, total: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """P(sum of scores of a random part at least `total`), and P(at most), given the pooled counts.

    Args:
        score: shape (..., C), of a row in each cell.
        counts: shape (..., C), pooled rows (real numbers allowed).
        size: shape (...), rows of the part, drawn without replacement.
        total: shape (...), the part's sum of scores.

    The double saddlepoint of Booth & Butler (1990), which a few heavy scores do not mislead; near the mean a
    gamma law with three moments.
    """
    score, c = np.broadcast_arrays(np.asarray(score, np.float64), np.asarray(counts, np.float64))
    shape = c.shape[:-1]
    score, c = score.reshape(-1, c.shape[-1]), c.reshape(-1, c.shape[-1])
    n, at = (np.broadcast_to(np.asarray(x, np.float64), shape).ravel() for x in (size, total))
    rows = c.sum(-1)
    mean = _share(c * score, rows).sum(-1)
    centred = score - mean[:, None]
    spread = np.sqrt(_share(c * centred**2, rows).sum(-1))
    standard = np.where(c > 0, centred, 0.0) / np.where(spread > 0, spread, 1.0)[:, None]
    gap = (at - n * mean) / np.where(spread > 0, spread, 1.0)
    harmonic = n * (rows - n) / rows
    deviation = np.sqrt(harmonic * rows / np.maximum(rows - 1, 1.0))
    third = _share(c * standard**3, rows).sum(-1) * harmonic * (rows - 2 * n) / rows
    skewness = third / np.maximum(deviation, 1e-300) ** 3
    z = gap / np.maximum(deviation, 1e-300)
    near = np.where(z >= 0, _skewed(z, skewness), _skewed(-z, -skewness))
    far = np.flatnonzero((np.abs(z) > 1.2) & (spread > 0) & (n > 0) & (n < rows))
    if len(far):
        near[far] = _saddlepoint(standard[far], c[far], n[far], gap[far])
    near = np.where(spread > 0, np.clip(near, 0.0, 1.0), 1.0)
    up, down = np.where(z >= 0, near, 1 - near), np.where(z >= 0, 1 - near, near)
    up, down = np.where(spread > 0, up, 1.0), np.where(spread > 0, down, 1.0)
    return up.reshape(shape), down.reshape(shape)


def _skewed(z: Floats, skewness: Floats) -> Floats:
    """Upper tail at z of a standardised Pearson III law, also of one that leans to the left."""
    left = skewness < 0
    lean = np.abs(skewness)
    tail = _pearson_iii(np.where(left, -z, z), np.zeros(z.shape), np.ones(z.shape), lean)
    return np.where(left, 1 - tail, tail)


def symmetric_levels(a: Floats, b: Floats, shared: Bools | None = None) -> Bools:
    """Categories to be merged into one so that both sides stand alike, shape (L, C).

    A cell for "unseen" is empty in the reference by construction, and a vocabulary cut at the
    reference's most frequent values favours the reference: on such cells the sides are not
    exchangeable. There all such rows are merged with every value whose *pooled* count is so small
    that the reference might have missed it (or left it out of the vocabulary). What remains is chosen
    by pooled counts alone, up to a chance near 1 / 1000 for one value.

    Args:
        a, b: reference and current counts, shape (L, C).
        shared: cells that several values share (hashed, unseen); None: those without reference rows.
    """
    m, n = a.sum(-1), b.sum(-1)
    if shared is None:
        shared = a == 0
    unfair: Bools = np.any(shared & (b > 0), axis=-1)
    cut_off = np.where(shared, a, 0.0).sum(-1) > 0
    smallest = np.where(shared | (a <= 0), np.inf, a).min(-1)
    cut = np.where(cut_off & np.isfinite(smallest), smallest, 0.0)
    least = (cut + 3 * np.sqrt(cut) + _MISSED) * (m + n) / np.maximum(m, 1e-300)
    return np.expand_dims(unfair, -1) & (shared | (a + b < least[:, None]))


def _sides(pair: Pair) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Effective counts of both sides, shape (L, C) with all leading axes in one, and those axes."""
    shape = pair.current.shape[:-1]
    width = pair.current.shape[-1]
    if width == 0:
        nothing = np.zeros((math.prod(shape), 1))
        return nothing, nothing, shape
    a = pair.reference / np.asarray(pair.reference_inflation, np.float64)[..., None]
    b = pair.current / np.asarray(pair.current_inflation, np.float64)[..., None]
    return np.broadcast_to(a, pair.current.shape).reshape(-1, width), b.reshape(-1, width), shape


def _result(p: Floats, m: Floats, n: Floats, shape: tuple[int, ...]) -> Floats:
    return np.where((m > 0) & (n > 0), np.clip(p, 0.0, 1.0), np.nan).reshape(shape)


def _share(counts: Floats, total: Floats) -> Floats:
    return counts / np.maximum(total, 1e-300)[:, None]


def _harmonic(m: Floats, n: Floats) -> Floats:
    return m * n / np.maximum(m + n, 1e-300)


def _tested(pair: Pair, least: float = LEAST_EXPECTED) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Counts on the cells of the chi-squared, total variation and largest-cell tests."""
    shape = pair.current.shape[:-1]
    if pair.ordered:
        a, b, _ = _sides(pair)
        a, b = _folded(a, b)
    else:
        a, b, _ = _sides(pair)
        shared = pair.shared
        if shared is not None:
            shared = np.broadcast_to(shared, pair.current.shape).reshape(a.shape)
        a, b = _compact(*_merge(a, b, symmetric_levels(a, b, shared)))
    if least > 0:
        a, b = _merge_rare(a, b, least)
    return a, b, shape


def _folded(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """At most 20 cells of nearly equal reference mass, fewer where a side is small."""
    m, n = a.sum(-1), b.sum(-1)
    cells = np.clip(np.minimum(m, n) / ROWS_PER_CELL, 2, FOLD).astype(np.intp)
    middle = np.cumsum(a, -1) - a / 2
    to = np.minimum((_share(middle, m) * cells[:, None]).astype(np.intp), cells[:, None] - 1)
    flat = (to + np.arange(len(a))[:, None] * FOLD).ravel()
    size = len(a) * FOLD
    return tuple(np.bincount(flat, x.ravel(), size).reshape(-1, FOLD) for x in (a, b))  # type: ignore[return-value]


def _compact(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The same without the cells that are empty everywhere."""
    used = np.flatnonzero((a + b).sum(0))
    kept = used if len(used) else np.arange(1)
    return a[:, kept], b[:, kept]


def _merge_rare(a: Floats, b: Floats, least: float) -> tuple[Floats, Floats]:
    """Merge cells whose pooled count promises fewer than `least` rows of the smaller side."""
    c = a + b
    m, n = a.sum(-1), b.sum(-1)
    needed = least * (m + n) / np.maximum(np.minimum(m, n), 1e-300)
    # Two cells are tested exactly, however rare.
    rare = (c > 0) & (c < needed[:, None]) & ((c > 0).sum(-1) > 2)[:, None]
    rest = np.where(rare, c, 0.0).sum(-1)
    # A rest that is itself too rare joins the smallest cell that is not.
    kept = np.where((c > 0) & ~rare, c, np.inf)
    short = (rest > 0) & (rest < needed)
    rows = np.flatnonzero(short & np.isfinite(kept.min(-1)))
    rare[rows, kept[rows].argmin(-1)] = True
    return _merge(a, b, rare)


def _merge(a: Floats, b: Floats, cells: Bools) -> tuple[Floats, Floats]:
    """Move the marked cells of each row into one more cell at the end."""
    if not cells.any():
        return a, b
    return _moved(a, cells), _moved(b, cells)


def _moved(counts: Floats, cells: Bools) -> Floats:
    merged = np.where(cells, counts, 0.0).sum(-1, keepdims=True)
    return np.concatenate([np.where(cells, 0.0, counts), merged], -1)


def _two_cells(p: Floats, a: Floats, b: Floats) -> Floats:
    """Replace the p-values of columns with one or two cells by 1, or by the exact two-sided one."""
    cells = ((a + b) > 0).sum(-1)
    pair = np.flatnonzero(cells == 2)
    p = np.where(cells < 2, 1.0, p)
    if len(pair):
        p[pair] = _largest(a[pair], b[pair])
    return p


def _pearson(a: Floats, b: Floats) -> Floats:
    """Upper tail of Pearson's statistic under permutation, by a gamma law with three moments."""
    c = a + b
    m, n = a.sum(-1), b.sum(-1)
    total = m + n
    small = np.where((m < n)[:, None], a, b)
    size = np.minimum(m, n)
    live = c > 0
    cells = live.sum(-1)
    inverse = np.where(live, 1 / np.maximum(c, 1e-300), 0.0)
    expected = _share(c, total) * size[:, None]
    unit = m * n / np.maximum(total, 1e-300) ** 2
    statistic = ((small - expected) ** 2 * inverse).sum(-1) / np.maximum(unit, 1e-300)
    mean, variance, third = _binomial_moments(inverse, cells, total, size)
    exact = np.flatnonzero((size <= _PRODUCTS) & (cells > 1) & (size > 3) & (total > 8))
    if len(exact):
        mean[exact], variance[exact], third[exact] = _permutation_moments(
            c[exact], inverse[exact], size[exact], total[exact], unit[exact]
        )
    return _pearson_iii(statistic, mean, variance, third)


def _binomial_moments(
    inverse: Floats, cells: npt.NDArray[Any], total: Floats, size: Floats
) -> tuple[Floats, Floats, Floats]:
    """Cumulants of Pearson's statistic when both sides are large."""
    df = np.maximum(cells - 1.0, 1.0)
    f = size / np.maximum(total, 1e-300)
    v = np.maximum(f * (1 - f), 1e-12)
    inverses = inverse.sum(-1)
    variance = 2 * df + (1 / v - 6) * inverses
    third = 8 * df + (22 / v - 112) * inverses
    return df, np.maximum(variance, 0.5 * df), np.maximum(third, 2 * df)


def _permutation_moments(
    c: Floats, inverse: Floats, size: Floats, total: Floats, unit: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and third central moment of Pearson's statistic given the pooled counts.

    Uses that factorial moments of the multivariate hypergeometric law are products of falling
    factorials: a monomial of degree k in the cells' falling factorials has the weight size_(k) / total_(k).
    """
    # One cell's moments of b^2 / c as polynomials in the weight's index; column k belongs to degree k.
    falling = [np.ones(c.shape)]
    for k in range(6):
        falling.append(falling[-1] * (c - k))
    one = _powers(inverse, falling, (0, 1, 1))
    two = _powers(inverse**2, falling, (0, 1, 7, 6, 1))
    three = _powers(inverse**3, falling, (0, 1, 31, 90, 65, 15, 1))
    total_one = [x.sum(-1) for x in one]
    square = _times(one, one)
    deviation = [x.sum(-1) for x in _plus(two, square, -1.0)]
    third = _plus(_plus(three, _times(one, two), -3.0), _times(one, square), 2.0)
    excess = [x.sum(-1) for x in third]
    weights = [np.ones(len(c))]
    for k in range(6):
        weights.append(weights[-1] * (size - k) / (total - k))
    first = _times(total_one, total_one)
    raw_1 = _weigh(total_one, weights)
    raw_2 = _weigh(_plus(first, deviation, 1.0), weights)
    cube = _plus(_times(first, total_one), _times(total_one, deviation), 3.0)
    raw_3 = _weigh(_plus(cube, excess, 1.0), weights)
    variance = (raw_2 - raw_1**2) / unit**2
    central = (raw_3 - 3 * raw_1 * raw_2 + 2 * raw_1**3) / unit**3
    return (raw_1 - size**2 / total) / unit, variance, central


def _powers(scale: Floats, falling: list[Floats], stirling: tuple[int, ...]) -> list[Floats]:
    return [scale * falling[k] * number for k, number in enumerate(stirling)]


def _times(x: list[Floats], y: list[Floats]) -> list[Floats]:
    out = [np.zeros(x[0].shape) for _ in range(len(x) + len(y) - 1)]
    for i, left in enumerate(x):
        for j, right in enumerate(y):
            out[i + j] = out[i + j] + left * right
    return out


def _plus(x: list[Floats], y: list[Floats], factor: float) -> list[Floats]:
    longer = max(len(x), len(y))
    zero = np.zeros(x[0].shape)
    padded = [[*z, *([zero] * (longer - len(z)))] for z in (x, y)]
    return [left + factor * right for left, right in zip(*padded, strict=True)]


def _weigh(x: list[Floats], weights: list[Floats]) -> Floats:
    return sum((term * weight for term, weight in zip(x, weights, strict=False)), np.zeros(weights[0].shape))


def _pearson_iii(x: Floats, mean: Floats, variance: Floats, third: Floats) -> Floats:
    """Upper tail of the gamma law with these three moments (normal where it has no skewness)."""
    deviation = np.sqrt(np.maximum(variance, 1e-60))
    skewness = np.clip(third / deviation**3, 1e-3, 50.0)
    shape = 4 / skewness**2
    return special.gamma_sf(shape + (x - mean) / deviation * np.sqrt(shape), shape)


def _likelihood_ratio(a: Floats, b: Floats) -> Floats:
    c = a + b
    m, n = a.sum(-1), b.sum(-1)
    total = np.maximum(m + n, 1e-300)
    live = c > 0
    df = np.maximum(live.sum(-1) - 1.0, 1.0)
    statistic = np.zeros(len(a))
    for x, size in ((a, m), (b, n)):
        expected = _share(c, total) * size[:, None]
        ratio = np.where(x > 0, x / np.maximum(expected, 1e-300), 1.0)
        statistic = statistic + 2 * np.where(x > 0, x * np.log(ratio), 0.0).sum(-1)
    inverses = np.where(live, 1 / np.maximum(c, 1e-300), 0.0).sum(-1)
    sides = total / np.maximum(m, 1e-300) + total / np.maximum(n, 1e-300) - 1
    williams = 1 + np.maximum(total * inverses - 1, 0.0) * sides / (6 * total * df)
    return special.chi_squared_sf(statistic / williams, df)


def _rank_tail(shift: Floats, rank: Floats, c: Floats, m: Floats, n: Floats) -> Floats:
    """Two-sided tail of the mean-rank shift given the pooled counts."""
    total = np.maximum(m + n, 2.0)
    share = c / total[:, None]
    score = rank - 0.5
    spread = (share * score**2).sum(-1)
    variance = spread * total / (total - 1) / np.maximum(_harmonic(m, n), 1e-300)
    z = np.where(variance > 0, np.abs(shift) / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
    p = 2 * special.normal_sf(z)
    reach = np.where(c > 0, np.abs(score), 0.0).max(-1) ** 2 / np.maximum(spread, 1e-300)
    rough = reach > 0.05 * _harmonic(m, n)
    rows = np.flatnonzero((z > 1.2) & rough & (variance > 0))
    if len(rows):
        standard = score[rows] / np.sqrt(spread[rows])[:, None]
        # n (mean score of the current side), centred: the shift times m n / N.
        target = shift[rows] / np.sqrt(spread[rows]) * _harmonic(m[rows], n[rows])
        near = _saddlepoint(standard, c[rows], n[rows], target)
        far = _saddlepoint(standard, c[rows], n[rows], -target)
        p[rows] = near + far
    return p


def _saddlepoint(score: Floats, c: Floats, size: Floats, target: Floats) -> Floats:
    """P(sum of b score at least as far out as the target), b hypergeometric given c and its total `size`.

    The cells are binomial(c, f) given their total: Skovgaard's double saddlepoint.
    """
    total = c.sum(-1)
    f = (size / total)[:, None]
    v = f * (1 - f)
    theta = target / np.maximum((c * score**2).sum(-1) * v[:, 0], 1e-300)
    lam = np.zeros(len(c))
    logit = np.log(f) - np.log1p(-f)
    for _ in range(40):
        tilt = 1 / (1 + np.exp(-np.clip(logit + lam[:, None] + theta[:, None] * score, -700, 700)))
        weight = c * tilt * (1 - tilt)
        gap_t = target - (c * tilt * score).sum(-1)
        gap_l = size - (c * tilt).sum(-1)
        tt, tl, ll = (weight * score**2).sum(-1), (weight * score).sum(-1), weight.sum(-1)
        determinant = np.maximum(tt * ll - tl * tl, 1e-300)
        step_t = (ll * gap_t - tl * gap_l) / determinant
        step_l = (tt * gap_l - tl * gap_t) / determinant
        reach = np.abs(step_l[:, None] + step_t[:, None] * np.where(c > 0, score, 0.0)).max(-1)
        damp = np.minimum(1.0, 2.0 / np.maximum(reach, 1e-300))
        theta, lam = theta + damp * step_t, lam + damp * step_l
        if np.all(reach < 1e-9):
            break
    exponent = logit + lam[:, None] + theta[:, None] * score
    cumulant = (c * (np.log1p(-f) + np.logaddexp(0.0, np.clip(exponent, -700, 700)))).sum(-1)
    deviance = np.maximum(2 * (theta * target + lam * size - cumulant), 0.0)
    r = np.sqrt(deviance)
    u = np.abs(theta) * np.sqrt(determinant / np.maximum(c.sum(-1) * v[:, 0], 1e-300))
    density = np.exp(-deviance / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = special.normal_sf(r) + density / math.sqrt(2 * math.pi) * (1 / u - 1 / r)
    usable = np.isfinite(tail) & (tail > 0) & (tail <= density)
    return np.where(usable, tail, density)


def _variation_tail(a: Floats, b: Floats) -> Floats:
    """Upper tail of the sum of |b - n c / N|."""
    c = a + b
    m, n = a.sum(-1), b.sum(-1)
    total = np.maximum(m + n, 2.0)
    statistic = np.abs(b - n[:, None] * (c / total[:, None])).sum(-1)
    mean, variance, third = _variation_moments(c, m, n)
    live = variance > 0
    safe = np.where(live, variance, 1.0)
    # The chi (Nakagami) law with these two moments has the Gaussian tail.
    freedom = _chi_freedom(np.where(live, safe / np.where(live, mean, 1.0) ** 2, 1.0))
    scale = (safe + mean**2) / freedom
    nakagami = special.chi_squared_sf(statistic**2 / scale, freedom)
    gamma = _pearson_iii(statistic, mean, safe, third)
    return np.where(live, np.fmax(nakagami, gamma), 1.0)


def _variation_moments(c: Floats, m: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and an upper bound of the third central moment of the sum of |b - n c / N|."""
    total = np.maximum(m + n, 2.0)
    w = c / total[:, None]
    v = m * n / (total - 1)
    sigma2 = w * (1 - w) * v[:, None]
    absolute = np.where(c > 0, _mean_deviation(c, total, n), 0.0)
    mean = absolute.sum(-1)
    variance = np.maximum(sigma2 - absolute**2, 0.0).sum(-1)
    # Gaussian covariances of absolute values, a power series in the squared correlations, which factorise.
    odds = w / np.maximum(1 - w, 1e-12)
    heaviest = w.argmax(-1)[:, None]
    with_heaviest = np.zeros(len(c))
    for power, weight in ((1, 1 / 2), (2, 1 / 24), (3, 1 / 80), (4, 5 / 896)):
        each = np.sqrt(sigma2) * odds**power
        own = np.take_along_axis(each, heaviest, -1)[:, 0]
        variance = variance + weight * 2 / math.pi * (each.sum(-1) ** 2 - (each**2).sum(-1))
        with_heaviest = with_heaviest + weight * 2 / math.pi * own * (each.sum(-1) - own)
    deviation = np.sqrt(np.maximum(variance, 1e-300))
    freedom = _chi_freedom(variance / np.maximum(mean**2, 1e-300))
    gaussian = deviation**3 * 0.99 / np.sqrt(freedom)
    # The heaviest cell mirrors all others; few counts lean to one side; both add skewness.
    top = np.sqrt(np.take_along_axis(sigma2, heaviest, -1)[:, 0])
    slope = 1 + with_heaviest / np.maximum(_HALF_NORMAL_VARIANCE * top**2, 1e-300)
    mirrored = 0.218 * (slope * top) ** 3
    few = c * (np.minimum(m, n) / total)[:, None]
    with np.errstate(under="ignore"):
        lean = np.where(few < 1, 1 - 2 * few * np.exp(-few), 0.264 / np.sqrt(np.maximum(few, 1.0)))
    light = np.where(np.arange(c.shape[-1]) == heaviest, 0.0, w)
    leaning = (light * lean).sum(-1) / np.maximum(light.sum(-1), 1e-300)
    leaned = 3 * 0.8 * leaning**2 * top**3
    ordered = np.sort(w, -1)[:, ::-1]
    heavy = np.where(np.cumsum(ordered, -1) - ordered < 0.5, ordered, 0.0).sum(-1)
    half = np.minimum(1 - heavy, heavy)
    tilted = 8 * half * (1 - half) * (1 - 2 * half) * v * np.abs(1 - 2 * n / total)
    return mean, variance, 1.1 * np.maximum(gaussian, mirrored) + leaned + tilted / 2 + 0.05 * deviation**3


def _chi_freedom(ratio: Floats) -> Floats:
    """Degrees of freedom of the chi law whose variance is `ratio` times its squared mean; at least 1."""
    ratio = np.clip(ratio, 1e-7, 1.0)
    freedom = np.maximum(0.5 / ratio + 0.25, 1.0)
    for _ in range(6):
        half = special.log_gamma((freedom + 1) / 2) - special.log_gamma(freedom / 2)
        spread = freedom / (2 * np.exp(2 * half)) - 1
        freedom = np.clip(freedom * spread / ratio, 1.0, 1e7)
    return freedom


def _mean_deviation(c: Floats, total: Floats, n: Floats) -> Floats:
    """E|b - n c / N| of the hypergeometric law, exact (de Moivre's formula; Ramasubban 1958)."""
    size, population = np.broadcast_to(n[:, None], c.shape), np.broadcast_to(total[:, None], c.shape)
    mean = c * size / population
    k = np.floor(mean) + 1
    log_pmf = special.hypergeometric_log_pmf(k, population, c, size)
    return 2 * k * np.maximum(population - c - size + k, 0.0) / population * np.exp(log_pmf)


def _largest(a: Floats, b: Floats) -> Floats:
    c = a + b
    m, n = a.sum(-1), b.sum(-1)
    total = np.maximum(m + n, 1.0)
    live = c > 0
    cells = live.sum(-1)
    surprise = _surprise(a, b, c, m, n)
    top = min(4, a.shape[-1])
    chosen = np.argpartition(-surprise, top - 1, -1)[:, :top]
    take = np.arange(len(a))[:, None]
    at, pooled = b[take, chosen], c[take, chosen]
    args = (total[:, None], pooled, n[:, None])
    # Real-valued counts (after an inflation) are rounded towards no change.
    expected = pooled * n[:, None] / total[:, None]
    inward = np.where(at > expected, np.floor(at + 1e-9), np.ceil(at - 1e-9))
    up = special.hypergeometric_sf(inward, *args)
    down = special.hypergeometric_cdf(inward, *args)
    # Rounding may pass what was expected, and even the cell's own count: then nothing is known.
    moved = (inward - expected) * (at - expected) > 0
    least = np.where((pooled > 0) & moved, np.minimum(up, down), 1.0).min(-1)
    least = np.maximum(least, 1e-300)
    # How small a tail can get at all: every row of the cell on one side.
    with np.errstate(divide="ignore", invalid="ignore"):
        all_current = c * np.log((n[:, None] - c + 1) / (total[:, None] - c + 1))
        none_current = c * np.log((m[:, None] - c + 1) / (total[:, None] - c + 1))
    bound = np.log(least)[:, None] + 1e-9
    possible = np.zeros(c.shape)
    for log_least, room in ((all_current, n), (none_current, m)):
        reachable = ~(log_least > bound) | (c > room[:, None])
        possible = possible + (live & reachable)
    ways = np.where(cells == 2, np.maximum(possible.sum(-1) / 2, 1.0), np.maximum(possible.sum(-1), 1.0))
    return np.where(cells < 2, 1.0, np.minimum(least * ways, 1.0))


def _surprise(a: Floats, b: Floats, c: Floats, m: Floats, n: Floats) -> Floats:
    """Binomial deviance of each cell, to find the candidates for exact tails."""
    total = np.maximum(m + n, 1e-300)
    out = np.zeros(c.shape)
    for x, size in ((a, m), (b, n)):
        expected = c * (size / total)[:, None]
        ratio = np.where(x > 0, x / np.maximum(expected, 1e-300), 1.0)
        out = out + np.where(x > 0, x * np.log(ratio), 0.0)
    return out


@_guarded
def _quadratic(pair: Pair, anderson: bool) -> Floats:
    a, b, shape = _sides(pair)
    m, n = a.sum(-1), b.sum(-1)
    share = _share(a + b, m + n)
    after = np.cumsum(_share(a, m) - _share(b, n), -1)
    before = after - (_share(a, m) - _share(b, n))
    # Within a cell of spread values the gap moves along a line.
    spread = (before**2 + before * after + after**2) / 3
    atoms = np.zeros(a.shape, bool)
    if pair.atoms is not None and pair.atoms.size:
        atoms = np.broadcast_to(pair.atoms, pair.current.shape).reshape(a.shape)
        spread = np.where(atoms, (before**2 + after**2) / 2, spread)
    weight = share
    if anderson:
        at = np.cumsum(share, -1) - share / 2
        weight = share / np.maximum(at * (1 - at), 1e-12)
    statistic = _harmonic(m, n) * (weight * spread).sum(-1)
    p = anderson_darling_sf(statistic) if anderson else cramer_von_mises_sf(statistic)
    heaviest = (share if pair.atoms is None else np.where(atoms, share, 0.0)).max(-1)
    tied = np.flatnonzero((heaviest > 0.02) & (np.minimum(m, n) > 0))
    if len(tied):
        folded_a, folded_b = _folded(a[tied], b[tied])
        folded = _share(folded_a + folded_b, m[tied] + n[tied])
        gap = np.cumsum(_share(folded_a, m[tied]) - _share(folded_b, n[tied]), -1)[:, :-1]
        coarse = _harmonic(m[tied], n[tied]) * (_boundary_weights(folded, anderson) * gap**2).sum(-1)
        first, second, third = _quadratic_cumulants(folded, anderson)
        law = _pearson_iii(coarse, first, second, third)
        p[tied] = np.where(first > 0, np.fmax(p[tied], law), 1.0)
    return _result(p, m, n, shape)


def _boundary_weights(share: Floats, anderson: bool) -> Floats:
    """Weight of each inner boundary in the integral of the squared gap of the distributions."""
    weights = (share[:, :-1] + share[:, 1:]) / 2
    if anderson:
        at = np.cumsum(share, -1)[:, :-1]
        weights = weights / np.maximum(at * (1 - at), 1e-12)
    return weights


def _quadratic_cumulants(share: Floats, anderson: bool) -> tuple[Floats, Floats, Floats]:
    at = np.clip(np.cumsum(share, -1)[:, :-1], 0.0, 1.0)
    bridge = np.minimum(at[:, :, None], at[:, None, :]) - at[:, :, None] * at[:, None, :]
    form = bridge * _boundary_weights(share, anderson)[:, None, :]
    square = form @ form
    first = np.trace(form, axis1=1, axis2=2)
    second = 2 * np.trace(square, axis1=1, axis2=2)
    return first, second, 8 * np.einsum("kij,kji->k", square, form)


def _sine_product(y: Floats) -> Floats:
    root = np.sqrt(y)
    return np.sin(root) / root


def _cosine_product(y: Floats) -> Floats:
    return -np.cos(math.pi / 2 * np.sqrt(1 + 4 * y)) / (math.pi * y)


def _smirnov(x: Floats, eigenvalue: Any, product: Any) -> Floats:
    """Smirnov's integral for the upper tail of a sum of chi-squareds over the eigenvalues.

    Each interval between an odd and the next even eigenvalue has inverse-root ends: Gauss-Chebyshev.
    """
    nodes = np.cos((2 * np.arange(1, 49) - 1) * math.pi / 96)
    large = np.maximum(x, 0.02)[..., None]
    out = np.zeros(x.shape)
    for k in range(1, 13):
        low, high = eigenvalue(2 * k - 1), eigenvalue(2 * k)
        y = (low + high) / 2 + (high - low) / 2 * nodes
        smooth = (high - low) / 2 * np.sqrt(1 - nodes**2) / (y * np.sqrt(np.abs(product(y))))
        term = (np.exp(-large * y / 2) * smooth).sum(-1) * math.pi / 48
        out = out + (-1) ** (k + 1) * term / math.pi
    return np.where(np.isnan(x), np.nan, np.where(x < 0.02, 1.0, np.clip(out, 0.0, 1.0)))


def _deflated(
    x: npt.ArrayLike, m: npt.ArrayLike, y: npt.ArrayLike, n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Whole numbers of independent hits and rows, rounded towards no rise."""
    x, m, y, n, a, b = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (x, m, y, n, a, b)))
    rows, current = np.floor(m / a + 1e-9), np.floor(n / b + 1e-9)
    hits = np.minimum(np.ceil(x / a - 1e-9), rows)
    return hits, rows, np.minimum(np.floor(y / b + 1e-9), current), current
