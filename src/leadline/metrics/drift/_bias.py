"""By how much the noise of counts moves sums of roots and logarithms, for Poisson counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from leadline.metrics.declare import Floats

_LEAST, _MOST = 0.1, 300.0


def root_bias(rate: Floats) -> Floats:
    """sqrt(rate) - E sqrt(X) of Poisson X; tends to 1 / (8 sqrt(rate))."""
    return _lookup("root", rate) / np.sqrt(np.maximum(rate, _LEAST))


def root_variance(rate: Floats) -> Floats:
    """Variance of sqrt(X) of Poisson X; tends to 1/4."""
    return _lookup("variance", rate)


def entropy_bias(rate: Floats) -> Floats:
    """E X log X - rate log rate of Poisson X; tends to 1/2 (Miller 1955)."""
    return _lookup("entropy", rate)


def log_bias(rate: Floats) -> Floats:
    """log(rate) - E log max(X, 1/2) of Poisson X; tends to 1 / (2 rate)."""
    return _lookup("log", rate) / np.maximum(rate, _LEAST)


def _lookup(name: str, rate: Floats) -> Floats:
    grid, table = _table()
    return np.interp(np.log(np.maximum(rate, _LEAST)), grid, table[name])


@cache
def _table() -> tuple[Floats, dict[str, Floats]]:
    """The functions, times the power of the rate that makes them level, by the logarithm of the rate."""
    grid = np.linspace(np.log(_LEAST), np.log(_MOST), 60)
    rate = np.exp(grid)[:, None]
    k = np.arange(0.0, 500.0)
    log_factorial = np.cumsum(np.log(np.maximum(k, 1.0)))
    law = np.exp(k * np.log(rate) - rate - log_factorial)

    def mean(function: Callable[[Floats], Floats]) -> Floats:
        return np.asarray((law * function(k)).sum(-1))

    level = rate[:, 0]
    mean_root = mean(np.sqrt)
    root = (np.sqrt(level) - mean_root) * np.sqrt(level)
    entropy = mean(lambda x: x * np.log(np.maximum(x, 1.0))) - level * np.log(level)
    log = (np.log(level) - mean(lambda x: np.log(np.maximum(x, 0.5)))) * level
    return grid, {"root": root, "variance": level - mean_root**2, "entropy": entropy, "log": log}
