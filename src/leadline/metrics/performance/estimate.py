"""Estimates with their uncertainty, and the comparison of two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Z95, Direction, Measured
from leadline.metrics.nulls import score_sum_tails
from leadline.metrics.special import hypergeometric_sf, pearson_iii_tails

Floats = npt.NDArray[np.float64]

NO_PAIRS = "no row has both a label and a prediction"

Problems = Sequence[tuple[Any, str]]
"""Masks and the reason that holds where they are true; the first true one wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Measured):
    """A measured value with what `compare` needs.

    Attributes:
        size: independent rows behind the value (after weights and inflation), shape (...).
        skewness: of the estimator's distribution; None: taken as 0.
        successes: the value rises with `successes / size`, a proportion of independent rows, so that an exact
            test applies; None: there is no such proportion.
        shares, slopes: the value is a function of these shares of rows, shape (..., k), with this gradient;
            then the test is one of the linear function with the pooled gradient. None: it is not.
    """

    size: Floats
    skewness: Floats | None = None
    successes: Floats | None = None
    shares: Floats | None = None
    slopes: Floats | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Current against reference.

    Attributes:
        change: current - reference; `low`, `high`: its 95 % interval.
        p_value: of no change, against a change for the worse (either way for metrics without a worse
            direction).
    """

    change: Floats
    low: Floats
    high: Floats
    p_value: Floats


def estimate(
    value: Any,
    standard_error: Any,
    size: Any,
    problems: Problems,
    *,
    low: Any = None,
    high: Any = None,
    skewness: Any = None,
    successes: Any = None,
    bin_error: Any = None,
) -> Estimate:
    """Put an estimate together: NaN and a reason wherever a problem holds, or the value is not finite.

    Args:
        value: shape (...); everything else broadcasts to it, and None stands for what is not known.
        standard_error: of the value.
        size: independent rows behind it.
        problems: masks with their reasons; the first that holds is said.
        low, high, skewness, successes: as in `Estimate`.
        bin_error: as in `Measured`; None: exact.
    """
    value = np.asarray(value, np.float64)
    shape = value.shape
    reason = np.full(shape, "", object)
    for where, text in reversed(problems):
        reason[np.broadcast_to(np.asarray(where), shape)] = text
    bad = reason != ""
    stray = ~bad & ~np.isfinite(value)
    reason[stray] = "not defined for these counts"
    bad = bad | stray

    def clean(x: Any) -> Floats | None:
        if x is None:
            return None
        return np.where(bad, np.nan, np.broadcast_to(np.asarray(x, np.float64), shape))

    cleaned = clean(value)
    assert cleaned is not None
    return Estimate(
        value=cleaned,
        standard_error=clean(standard_error),
        low=clean(low),
        high=clean(high),
        bin_error=clean(0.0 if bin_error is None else bin_error),
        reason=reason if bad.any() else None,
        size=np.broadcast_to(np.asarray(size, np.float64), shape),
        skewness=clean(skewness),
        successes=clean(successes),
    )


def unavailable(shape: tuple[int, ...], reason: str) -> Estimate:
    """No value anywhere, for one reason."""
    nan = np.full(shape, np.nan)
    return estimate(nan, nan, np.zeros(shape), [(True, reason)])


def effective_size(total: Any, squares: Any, inflation: Any) -> Floats:
    """Kish's number of independent rows, (sum w)^2 / sum w^2, divided by the noise inflation."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(squares > 0, np.square(total) / squares, 0.0) / inflation


def wilson(p: Any, size: Any) -> tuple[Floats, Floats]:
    """Wilson's score interval of a proportion p of `size` trials (real numbers allowed); NaN without trials.

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927).
    """
    p, n = np.asarray(p, np.float64), np.asarray(size, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = 1 + Z95**2 / n
        middle = (p + Z95**2 / (2 * n)) / shrink
        half = Z95 / shrink * np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    # At the ends of the range rounding may pass the value itself by one unit in the last place.
    return np.minimum(low, p), np.maximum(high, p)


def proportion(successes: Any, total: Any, squares: Any, inflation: Any, problems: Problems) -> Estimate:
    """A share of rows with Wilson's interval at the effective size.

    Args:
        successes, total: sums of weights. squares: sum of squared weights of the total.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = successes / total
        size = effective_size(total, squares, inflation)
        error = np.sqrt(p * (1 - p) / size)
        low, high = wilson(p, size)
        return estimate(p, error, size, problems, low=low, high=high, successes=p * size)


def bounded_interval(
    value: Any, standard_error: Any, size: Any, low: float = 0.0, high: float = 1.0
) -> tuple[Floats, Floats]:
    """Interval of a statistic on [low, high]: Wilson's, for the number of trials with the same variance.

    Where the standard error is 0 (the statistic sits at an end), `size` counts as the number of trials.
    Source of the effective number of trials: Korn and Graubard, Survey Methodology 24 (1998).
    """
    p = (np.asarray(value, np.float64) - low) / (high - low)
    e = np.asarray(standard_error, np.float64) / (high - low)
    p = np.clip(p, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        trials = np.where(e > 0, p * (1 - p) / np.square(e), 0.0)
        # The standard error is itself estimated: Student's quantile in place of the normal one.
        trials = np.where(trials > 0, trials, size) * np.square(Z95 / student95(size))
    below, above = wilson(p, trials)
    return low + (high - low) * below, low + (high - low) * above


def mean_interval(value: Any, standard_error: Any, size: Any, skewness: Any = 0.0) -> tuple[Floats, Floats]:
    """Interval of a mean: Student's t, shifted for skewness by the first Edgeworth term.

    Args:
        skewness: of the mean's distribution (of a row, divided by the root of the size).

    Source: Hall, J. R. Stat. Soc. B 54 (1992); Johnson, J. Am. Stat. Assoc. 73 (1978).
    """
    t, shift = student95(size), _edgeworth(skewness)
    return value - standard_error * (t - shift), value + standard_error * (t + shift)


def log_interval(value: Any, standard_error: Any, size: Any, skewness: Any = 0.0) -> tuple[Floats, Floats]:
    """`mean_interval` of a positive statistic, formed on its logarithm; from the value to itself at 0."""
    value = np.asarray(value, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(value > 0, standard_error / value, 0.0)
    # The logarithm already moves both limits up by this much.
    t, shift = student95(size), _edgeworth(skewness) - relative * Z95**2 / 2
    return value * np.exp(-relative * (t - shift)), value * np.exp(relative * (t + shift))


def student95(size: Any) -> Floats:
    """Two-sided 95 % quantile of Student's t with size - 1 degrees of freedom (Fisher's expansion)."""
    df = np.maximum(np.asarray(size, np.float64) - 1, 1.0)
    z = Z95
    return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df * df)


def _edgeworth(skewness: Any) -> Floats:
    # Beyond this the expansion says nothing more.
    return np.clip(np.nan_to_num(skewness), -0.8, 0.8) * (2 * Z95**2 + 1) / 6


def mean_of(
    total: Any,
    second: Any,
    third: Any,
    weighted_first: Any,
    counted: Any,
    counted_squares: Any,
    inflation: Any,
    problems: Problems,
    scale: float = 1.0,
    range_: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """A weighted mean of one quantity x.

    Args:
        total: sum w x. second, third: sums of w^2 x^2 and of w x^3. weighted_first: sum w^2 x.
        counted, counted_squares: sums of w and of w^2. scale: the value is in this unit.
        range_: of possible values, in that unit; the interval ends there.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / counted
        size = effective_size(counted, counted_squares, inflation)
        spread = (second - 2 * mean * weighted_first + mean**2 * counted_squares) / np.square(counted)
        error = np.sqrt(np.maximum(spread, 0.0) * inflation * size / np.maximum(size - 1, 1.0))
        deviation = np.sqrt(np.maximum(spread, 0.0) * inflation * size)
        raw2 = deviation**2 + mean**2
        cubed = third / counted - 3 * mean * raw2 + 2 * mean**3
        skewness = np.where(deviation > 0, cubed / deviation**3, 0.0) / np.sqrt(np.maximum(size, 1.0))
        low, high = (np.clip(scale * end, *range_) for end in mean_interval(mean, error, size, skewness))
        return estimate(scale * mean, scale * error, size, problems, low=low, high=high, skewness=skewness)


def gradient(function: Callable[..., Any], x: Floats) -> tuple[Floats, Floats]:
    """Value and gradient of a function of the last axis of x, exact to rounding (complex step).

    `function` takes x with shape (..., k), real or complex, and must be analytic (no abs, no comparison of
    complex parts). Source: Squire and Trapp, SIAM Review 40 (1998).
    """
    step = 1e-30
    out = np.empty(x.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(function(x), np.float64)
        for j in range(x.shape[-1]):
            moved = x.astype(np.complex128)
            moved[..., j] += step * 1j
            out[..., j] = np.imag(function(moved)) / step
    return value, out


def spread_of(slopes: Floats, counts: Floats, squares: Floats, inflation: Any) -> tuple[Floats, Floats]:
    """Standard error and skewness of a scale-free function of counts, from its slopes (delta method).

    A function that does not change when all counts are doubled has sum(count * slope) = 0, so the variance
    under multinomial sampling of rows is the sum of squares * slope^2. All shapes (..., k).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(counts > 0, slopes, 0.0)
        variance = (squares * slopes**2).sum(-1)
        cubes = np.where(counts > 0, squares**2 / counts, 0.0)
        third = (cubes * slopes**3).sum(-1)
        skewness = np.where(variance > 0, third / variance**1.5, 0.0)
    return np.sqrt(variance * inflation), skewness * np.sqrt(inflation)


def smoothed(counts: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Counts (..., k) with one and a half rows spread evenly, so that an empty cell still varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        total = counts.sum(-1, keepdims=True)
        row = np.where(total > 0, squares.sum(-1, keepdims=True) / total, 0.0)
    extra = 1.5 / counts.shape[-1]
    return counts + extra * row, squares + extra * row**2


def of_counts(
    function: Callable[..., Any],
    counts: Floats,
    squares: Floats,
    inflation: Any,
    problems: Problems,
) -> Estimate:
    """A scale-free function, 0 to 1, of a few counts (..., k), with its delta-method error and interval."""
    value = gradient(function, counts)[0]
    moved, moved_squares = smoothed(counts, squares)
    slopes = gradient(function, moved)[1]
    error, skewness = spread_of(slopes, moved, moved_squares, inflation)
    size = effective_size(counts.sum(-1), squares.sum(-1), inflation)
    low, high = bounded_interval(value, error, size)
    found = estimate(value, error, size, problems, low=low, high=high, skewness=skewness)
    return with_contrast(found, counts, moved, slopes)


def with_contrast(found: Estimate, counts: Floats, moved: Floats, slopes: Floats) -> Estimate:
    """The estimate with the shares (..., k) it is a function of, and its gradient (of the counts `moved`)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = counts / counts.sum(-1, keepdims=True)
    gradient_of_shares = np.where(np.isfinite(slopes), slopes, 0.0) * moved.sum(-1, keepdims=True)
    return replace(found, shares=np.nan_to_num(shares), slopes=gradient_of_shares)


def compare(reference: Estimate, current: Estimate, worse: Direction) -> Change:
    """Change from reference to current; shapes broadcast; NaN where a side has no value.

    The interval combines both sides' intervals (Zou and Donner, Stat. Med. 27, 2008), and their standard
    errors where one has none. A metric without intervals (one that noise moves to one side) has neither.

    The p-value assumes independent samples that do not differ: Fisher's exact test for proportions, a linear
    contrast for functions of counts, by its permutation law; else the difference over its pooled standard
    error, with a gamma tail of the same skewness. Meant for 30 rows and more on each side.
    """
    a, b = np.broadcast_arrays(reference.value, current.value)
    ea, eb = _error(reference, a.shape), _error(current, a.shape)
    change = b - a
    half = Z95 * np.sqrt(ea**2 + eb**2)
    low, high = change - half, change + half
    limits = (reference.low, reference.high, current.low, current.high)
    if not any(limit is None for limit in limits):
        al, ah, bl, bh = (np.broadcast_to(np.asarray(x), a.shape) for x in limits)
        with np.errstate(invalid="ignore"):
            low_ = change - np.sqrt((b - bl) ** 2 + (ah - a) ** 2)
            high_ = change + np.sqrt((bh - b) ** 2 + (a - al) ** 2)
        low, high = np.where(np.isnan(low_), low, low_), np.where(np.isnan(high_), high, high_)
    if current.low is None:
        low = high = np.full(a.shape, np.nan)
    if reference.shares is not None and current.shares is not None:
        up, down = _linear_tails(reference, current)
    elif current.low is None:
        up = down = np.full(a.shape, np.nan)
    elif reference.successes is not None and current.successes is not None:
        up, down = _exact_tails(reference, current)
    else:
        up, down = _pooled_tails(reference, current, change, ea, eb)
    p = {"higher": up, "lower": down, "either": np.minimum(1.0, 2 * np.minimum(up, down))}[worse]
    return Change(change, low, high, np.where(np.isnan(change), np.nan, p))


def _error(side: Estimate, shape: tuple[int, ...]) -> Floats:
    if side.standard_error is None:
        return np.full(shape, np.nan)
    return np.broadcast_to(side.standard_error, shape)


def _exact_tails(reference: Estimate, current: Estimate) -> tuple[Floats, Floats]:
    """P(at least as many successes in current), and P(at most)."""
    sides = (reference.size, current.size, reference.successes, current.successes)
    m, n, x, y = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in sides))
    shape = m.shape
    m, n, x, y = (np.atleast_1d(v) for v in (m, n, x, y))
    known = ~np.isnan(x + y)
    m, n, x, y = (np.where(known, v, 1.0) for v in (m, n, x, y))
    # Few successes are many failures: both tails in one call.
    up, down = hypergeometric_sf(np.stack([y, n - y]), m + n, np.stack([x + y, m + n - x - y]), n)
    return np.where(known, up, np.nan).reshape(shape), np.where(known, down, np.nan).reshape(shape)


def _pooled_tails(
    reference: Estimate, current: Estimate, change: Floats, ea: Floats, eb: Floats
) -> tuple[Floats, Floats]:
    m, n = np.maximum(reference.size, 1.0), np.maximum(current.size, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        row = (m * m * ea**2 + n * n * eb**2) / (m + n)
        spread = np.sqrt(row * (1 / m + 1 / n))
        z = np.where(spread > 0, change / spread, np.sign(change) * np.inf)
        z = np.where((spread == 0) & (change == 0), 0.0, z)
        third = (m * _row_third(reference, ea, m) + n * _row_third(current, eb, n)) / (m + n)
        skewness = np.where(spread > 0, third * (1 / n**2 - 1 / m**2) / spread**3, 0.0)
    return pearson_iii_tails(z, 0.0, 1.0, skewness)


def _linear_tails(reference: Estimate, current: Estimate) -> tuple[Floats, Floats]:
    """Tails of the current rows' sum of the pooled gradient, given the pooled counts: free of curvature."""
    m, n = reference.size[..., None], current.size[..., None]
    sides = (reference.shares, current.shares, reference.slopes, current.slopes)
    p, q, a, b = (np.asarray(x, np.float64) for x in sides)
    counts, here = m * p + n * q, n * q
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = [a] if np.array_equal(a, b) else [(m * a + n * b) / (m + n), a, b]
    # A gradient is itself a function of the sample: the one that shows least decides.
    tails = [score_sum_tails(s, counts, n[..., 0], (here * s).sum(-1)) for s in slopes]
    up, down = (np.max([tail[i] for tail in tails], axis=0) for i in range(2))
    return up, down


def _row_third(side: Estimate, error: Floats, size: Floats) -> Floats:
    return 0.0 * error if side.skewness is None else side.skewness * error**3 * size**2
