"""How often the 95 % intervals of the drift metrics hold the true value.

Prints one line for each metric and setting; a share between 0.93 and 0.97 is right.

    python benchmarks/quality/interval_coverage.py [--draws 1000] [--only KEY ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from leadline.checks.samples import categorical_pair, numeric_pair
from leadline.metrics import METRICS
from leadline.metrics.pair import Pair, scatter

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator
POPULATION = 200_000

INTERVALS = (
    "kolmogorov_smirnov",
    "total_variation",
    "wasserstein",
    "mean_rank_shift",
    "psi",
    "jensen_shannon",
    "kullback_leibler",
    "hellinger",
    "l_infinity",
    "energy",
    "mean_change",
    "variance_change",
)

ON_CELLS = {
    "kolmogorov_smirnov",
    "total_variation",
    "mean_rank_shift",
    "psi",
    "jensen_shannon",
    "kullback_leibler",
    "hellinger",
    "l_infinity",
}
"""Metrics that are a statement about the cells; the others know the distributions from sums within cells."""


@dataclass(frozen=True)
class Setting:
    """Two populations.

    `draw(rng, draws, m, n)` gives as many pairs of samples as one Pair, and the populations counted on the
    cells that each pair has (None: as `truth`); `truth()` the populations on fine cells, for metrics that are
    a statement about the distributions (up to their `bin_error`).
    """

    name: str
    numeric: bool
    draw: Callable[[Rng, int, int, int], tuple[Pair, Pair | None]]
    truth: Callable[[], Pair]


def normal(shift: float, spread: float = 1.0) -> Setting:
    """Standard normal against N(shift, spread^2)."""

    def draw(rng: Rng, draws: int, m: int, n: int) -> tuple[Pair, Pair]:
        x = rng.standard_normal((draws, m))
        pair = numeric_pair(list(x), list(shift + spread * rng.standard_normal((draws, n))))
        edges = pair.edges * x.std(-1, keepdims=True) + x.mean(-1, keepdims=True)
        below = [np.vectorize(NormalDist(*law).cdf)(edges) for law in ((0, 1), (shift, spread))]
        for share in below:
            share[:, 0], share[:, -1] = 0.0, 1.0
        return pair, _on_cells(pair, *(np.diff(share) for share in below))

    return Setting(f"normal {shift:+g} x{spread:g}", True, draw, lambda: _population(shift, spread))


def integers(mean: float) -> Setting:
    """Poisson(3) against Poisson(mean)."""

    def draw(rng: Rng, draws: int, m: int, n: int) -> tuple[Pair, Pair]:
        x = rng.poisson(3, (draws, m)).astype(float)
        pair = numeric_pair(list(x), list(rng.poisson(mean, (draws, n))))
        at = np.rint(pair.low_edge * x.std(-1, keepdims=True) + x.mean(-1, keepdims=True)).astype(int)
        shares = [np.where(pair.is_atom, _poisson(rate)[at], 0.0) for rate in (3.0, mean)]
        for share in shares:
            last = np.maximum(np.cumsum(pair.reference > 0, -1).argmax(-1), 0)
            share[np.arange(draws), np.minimum(last + 1, share.shape[1] - 1)] += 1 - share.sum(-1)
        return pair, _on_cells(pair, *shares)

    def truth() -> Pair:
        counts = [np.round(_poisson(rate) * POPULATION).astype(int) for rate in (3.0, mean)]
        return numeric_pair(*([np.repeat(np.arange(len(c)), c)] for c in counts))

    return Setting(f"Poisson 3 to {mean:g}", True, draw, truth)


def levels(count: int, moved: float) -> Setting:
    """Categories of geometric sizes; a share `moved` of the largest goes to the others."""
    p = 0.8 ** np.arange(count) + 0.2
    p = p / p.sum()
    q = p + moved * p[0] / (count - 1)
    q[0] = p[0] * (1 - moved)

    def draw(rng: Rng, draws: int, m: int, n: int) -> tuple[Pair, None]:
        return categorical_pair(rng.multinomial(m, p, draws), rng.multinomial(n, q, draws)), None

    return Setting(
        f"{count} levels, {moved:g} moved", False, draw, lambda: categorical_pair([p * 1e12], [q * 1e12])
    )


SETTINGS = (
    *(normal(shift) for shift in (0.0, 0.05, 0.2, 0.5, 1.5)),
    *(normal(0.0, spread) for spread in (1.1, 2.0)),
    *(integers(mean) for mean in (3.0, 3.2, 5.0)),
    *(levels(count, moved) for count in (2, 5, 30) for moved in (0.0, 0.1, 0.5)),
)
SIZES = ((200, 200), (2000, 200), (1000, 5000), (20000, 20000))


def coverage(
    setting: Setting, keys: Iterable[str], draws: int, m: int, n: int, seed: int
) -> Iterator[tuple[str, float, float, float]]:
    """Key, share of intervals that hold the truth, shares that lie wholly above and below it.

    No interval of a distance lies below a truth of 0: there all misses are above.
    """
    pair, on_cells = setting.draw(np.random.default_rng(seed), draws, m, n)
    truth = setting.truth()
    for key in keys:
        metric = METRICS[key]
        counted = on_cells is not None and key in ON_CELLS
        known = metric.compute(on_cells if counted else truth).value
        measured = metric.compute(pair)
        slack = 1e-9 + (0.0 if counted else np.asarray(measured.bin_error))
        above = float(np.mean(measured.low - slack > known))
        below = float(np.mean(measured.high + slack < known))
        yield key, 1 - above - below, above, below


def applicable(setting: Setting, keys: Iterable[str] = INTERVALS) -> list[str]:
    """The metrics that apply to the setting's sort of column."""
    kind = "numeric" if setting.numeric else "categorical"
    return [key for key in keys if kind in METRICS[key].kinds]


def _population(shift: float, spread: float) -> Pair:
    rank = (np.arange(POPULATION) + 0.5) / POPULATION
    x = np.array([NormalDist().inv_cdf(share) for share in rank])
    return numeric_pair([x], [shift + spread * x], cells=2000)


def _on_cells(pair: Pair, p: Floats, q: Floats) -> Pair:
    """The populations' shares on the cells of the samples, folded as the samples are."""
    populations = Pair(p * 1e12, q * 1e12, ordered=True)
    for cells in (10, 20):
        to, size = pair.fold_map(cells)
        populations._folded[cells] = Pair(
            scatter(populations.reference, to, size), scatter(populations.current, to, size), ordered=True
        )
    return populations


def _poisson(mean: float) -> Floats:
    k = np.arange(1, 60)
    return np.exp(-mean) * np.concatenate([[1.0], np.cumprod(mean / k)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=INTERVALS)
    parser.add_argument("--sizes", type=int, default=len(SIZES))
    arguments = parser.parse_args()
    for setting in SETTINGS:
        for m, n in SIZES[: arguments.sizes]:
            for row in coverage(setting, applicable(setting, arguments.only), arguments.draws, m, n, 1):
                mark = "" if 0.93 <= row[1] <= 0.97 else "  <-"
                shares = f"{row[1]:.3f} ({row[2]:.3f}, {row[3]:.3f})"
                print(f"{setting.name:22} {m:6} {n:6} {row[0]:20} {shares}{mark}")


if __name__ == "__main__":
    main()
