"""How much the votes of a numeric column overlap: the table in `leadline.monitors.votes`.

    python benchmarks/quality/overlap.py [--pairs 2000000]

In the limit of large sizes the gap of the two distribution functions is a Brownian bridge, and the
three votes (Kolmogorov-Smirnov, chi-squared on 20 cells, mean-rank shift) are functionals of it. Prints
P(smallest p <= t) / (3 t) at t = 1, 0.1, ..., with an upper 99 % limit.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import special, stats

CELLS, FOLD = 320, 20


def smallest_p(rng: np.random.Generator, pairs: int) -> np.ndarray:
    steps = rng.standard_normal((pairs, CELLS)) / np.sqrt(CELLS)
    steps -= steps.mean(1, keepdims=True)
    bridge = np.cumsum(steps, 1)
    kolmogorov = special.kolmogorov(np.abs(bridge).max(1))
    folded = steps.reshape(pairs, FOLD, -1).sum(2)
    chi_squared = stats.chi2.sf((folded**2).sum(1) * FOLD, FOLD - 1)
    shift = 2 * stats.norm.sf(np.abs(bridge.mean(1)) * np.sqrt(12))
    return np.minimum(np.minimum(kolmogorov, chi_squared), shift)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000_000)
    options = parser.parse_args()
    rng = np.random.default_rng(20)
    chunk = 20_000
    p = np.concatenate([smallest_p(rng, chunk) for _ in range(options.pairs // chunk)])
    for exponent in range(6):
        level = 10.0**-exponent
        hits = int((p <= level).sum())
        upper = stats.beta.ppf(0.99, hits + 1, max(len(p) - hits, 1))
        print(f"{exponent}: {hits / len(p) / level / 3:.3f}, at most {upper / level / 3:.3f}")


if __name__ == "__main__":
    main()
