"""The total variation distance under no change."""

from __future__ import annotations

import math

import numpy as np

from leadline.metrics import special
from leadline.metrics.nulls.cells import exact_if_two_cells
from leadline.metrics.nulls.counts import Counts, Floats, guarded
from leadline.metrics.pair import Pair

_HALF_NORMAL_VARIANCE = 1 - 2 / math.pi


@guarded
def total_variation(pair: Pair) -> Floats:
    """p-value of the total variation distance (half the sum of |p - q|).

    Its mean is exact; its variance and skewness come from the Gaussian limit and the tilt of uneven
    cells; the law is Pearson III (gamma), or Nakagami where that has the heavier tail. Two cells: exact.
    """
    counts = Counts.tested(pair)
    return counts.answer(exact_if_two_cells(_tail(counts), counts))


def _tail(counts: Counts) -> Floats:
    """Upper tail of the sum of |b - n c / N|."""
    statistic = np.abs(counts.current - counts.n[:, None] * counts.share).sum(-1)
    mean, variance, third = _moments(counts)
    live = variance > 0
    safe = np.where(live, variance, 1.0)
    # The chi (Nakagami) law with these two moments has the Gaussian tail.
    freedom = _chi_freedom(np.where(live, safe / np.where(live, mean, 1.0) ** 2, 1.0))
    scale = (safe + mean**2) / freedom
    nakagami = special.chi_squared_sf(statistic**2 / scale, freedom)
    gamma = special.pearson_iii_sf(statistic, mean, safe, third)
    return np.where(live, np.fmax(nakagami, gamma), 1.0)


def _moments(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and an upper bound of the third central moment of the sum of |b - n c / N|."""
    c, w, m, n = counts.pooled, counts.share, counts.m, counts.n
    total = np.maximum(counts.total, 2.0)
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
