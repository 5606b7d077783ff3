"""How often real shifts are found, beside SciPy's tests with Holm at the same rate.

    python benchmarks/quality/power.py [--tables 200] [--columns 10] [--rate 0.01] [--only NAME]

Each table has `columns` columns of which the first drifts. Leadline judges as a check does (floors off: the
tests are compared, not the floors); SciPy runs `ks_2samp` on numeric and `chi2_contingency` on
categorical columns. Where the missing share moves it runs Fisher's exact test: on "missing" alone, as if it
were known that nothing else moves, and on "missing or moved" beside `ks_2samp`, as who wants to find either
must. Prints the share of tables in which the drifted column is found.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import draws
import numpy as np
import numpy.typing as npt
from calibration import numeric_channels
from scipy import stats

from leadline.metrics.pair import Pair
from leadline.monitors import joint

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """A drift of the first column; `size` is its strength."""

    name: str
    sizes: tuple[float, ...]
    draw: Callable[[np.random.Generator, int, float], Floats]


def _tail(rng: np.random.Generator, rows: int, size: float) -> Floats:
    x = rng.normal(size=rows)
    return np.where(rng.random(rows) < size, 3.5 + np.abs(x), x)


def _mixture(rng: np.random.Generator, rows: int, size: float) -> Floats:
    return np.where(rng.random(rows) < size, rng.normal(0, 0.05, rows), rng.normal(size=rows))


NUMERIC = (
    Shift("mean (sd)", (0.05, 0.1, 0.2, 0.4), lambda rng, rows, size: rng.normal(size, 1, rows)),
    Shift("variance (ratio of sd)", (1.05, 1.1, 1.2, 1.4), lambda rng, rows, s: rng.normal(0, s, rows)),
    Shift("upper tail (share)", (0.005, 0.01, 0.02, 0.05), _tail),
    Shift("mixture (share at 0)", (0.02, 0.05, 0.1, 0.2), _mixture),
)
CATEGORICAL = (
    ("new", "new category (share)", (0.002, 0.005, 0.01, 0.02)),
    ("swap", "two levels trade (share)", (0.05, 0.1, 0.2, 0.4)),
)
MISSING = (0.005, 0.01, 0.02, 0.05)
SIZES = ((1_000, 300), (10_000, 1_000), (10_000, 10_000))


def found(p: Floats, rate: float) -> bool:
    """Whether Holm's method rejects the first of the p-values."""
    return bool(joint.holm(p)[0][0] <= rate)


def numeric(
    rng: np.random.Generator, shift: Shift, size: float, m: int, n: int, columns: int
) -> Iterator[Floats]:
    pairs = [(rng.normal(size=m), rng.normal(size=n)) for _ in range(columns)]
    pairs[0] = (pairs[0][0], shift.draw(rng, n, size))
    yield np.array([channel.p_value for channel in numeric_channels(pairs)])
    yield np.array([stats.ks_2samp(x, y, method="asymp").pvalue for x, y in pairs])


def categorical(
    rng: np.random.Generator, kind: str, size: float, m: int, n: int, columns: int
) -> Iterator[Floats]:
    law = np.append(draws.categories(20, even=False), 0.0)
    other = law.copy()
    if kind == "new":
        other = np.append(law[:-1] * (1 - size), size)
    else:
        other[:2] = law[:2] * (1 - size) + law[:2][::-1] * size
    a = rng.multinomial(m, law, columns).astype(float)
    b = rng.multinomial(n, law, columns).astype(float)
    b[0] = rng.multinomial(n, other)
    size_n, size_m = np.full(columns, n), np.full(columns, m)
    unseen = joint.unseen_share(
        np.where(a == 0, b, 0).sum(1), size_n, size_m, (a == 1).sum(1), (a == 2).sum(1)
    )
    channels = joint.column_channels(Pair(a, b, False), [str(k) for k in range(columns)], shares=[unseen])
    yield np.array([channel.p_value for channel in channels])
    yield np.array([_contingency(x, y) for x, y in zip(a, b, strict=True)])


def _contingency(a: Floats, b: Floats) -> float:
    live = a + b > 0
    return float(stats.chi2_contingency(np.stack([a[live], b[live]]), correction=False).pvalue)


def missing(
    rng: np.random.Generator, size: float, m: int, n: int, columns: int, moved: bool
) -> Iterator[Floats]:
    before = rng.binomial(m, 0.01, columns)
    now = rng.binomial(n, np.where(np.arange(columns) == 0, 0.01 + size, 0.01))
    pairs = [(rng.normal(size=m - x), rng.normal(size=n - y)) for x, y in zip(before, now, strict=True)]
    share = joint.missing_share(before, m, now, n)
    yield np.array([channel.p_value for channel in numeric_channels(pairs, [share])])
    tables = [[[y, n - y], [x, m - x]] for x, y in zip(before, now, strict=True)]
    rose = np.array([stats.fisher_exact(table, alternative="greater").pvalue for table in tables])
    also = [stats.ks_2samp(x, y, method="asymp").pvalue for x, y in pairs] if moved else []
    yield np.append(rose, also)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    count = options.columns
    cases: list[tuple[str, float, Callable[[np.random.Generator, int, int], Iterator[Floats]]]] = [
        (shift.name, size, lambda rng, m, n, d=shift, s=size: numeric(rng, d, s, m, n, count))
        for shift in NUMERIC
        for size in shift.sizes
    ]
    cases += [
        (name, size, lambda rng, m, n, k=kind, s=size: categorical(rng, k, s, m, n, count))
        for kind, name, sizes in CATEGORICAL
        for size in sizes
    ]
    cases += [
        (name, size, lambda rng, m, n, s=size, also=moved: missing(rng, s, m, n, count, also))
        for name, moved in (("missing (points more)", False), ("missing or moved (points)", True))
        for size in MISSING
    ]
    print(f"{'shift':<26}{'size':>7}{'m':>8}{'n':>8}{'Leadline':>10}{'SciPy':>8}")
    for name, size, draw in cases:
        for m, n in SIZES if options.only in name else ():
            rng = np.random.default_rng([3, round(1e4 * size), m, n])
            hits = np.array(
                [[found(p, options.rate) for p in draw(rng, m, n)] for _ in range(options.tables)]
            )
            ours, theirs = hits.mean(0)
            print(f"{name:<26}{size:>7}{m:>8}{n:>8}{ours:>10.2f}{theirs:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
