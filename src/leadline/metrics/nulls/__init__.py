"""p-values under "no change": both samples are random, and so are the cells.

Every function of a `Pair` gives P(statistic at least this extreme), so that P(p <= a) <= a when reference
and current rows come from one law. Two null laws meet here. Where the cells are fixed, or
chosen by the pooled counts, the current counts given the pooled ones are multivariate hypergeometric.
Where the edges are order statistics of a continuous reference they are Dirichlet-multinomial. The
statistics are chosen so that their laws agree to first order; what is left is tested by simulation.

Arrays: `Pair.reference` (K, C), `Pair.current` (..., K, C); results have shape (..., K), NaN where a side
is empty, 1 where all rows share one cell. Counts are divided by the pair's noise inflation first. Of shares
that may rise the whole law is given, as a `Rise`.
"""

from leadline.metrics.nulls.cells import largest_cell
from leadline.metrics.nulls.chi_squared import chi_squared
from leadline.metrics.nulls.counts import tested_cells
from leadline.metrics.nulls.kolmogorov import kolmogorov_smirnov
from leadline.metrics.nulls.quadratic import (
    anderson_darling,
    anderson_darling_sf,
    cramer_von_mises,
    cramer_von_mises_sf,
)
from leadline.metrics.nulls.ranks import mean_rank_shift, score_sum_tails
from leadline.metrics.nulls.rises import Rise, outside_range, rising_share, unseen
from leadline.metrics.nulls.variation import total_variation

__all__ = [
    "Rise",
    "anderson_darling",
    "anderson_darling_sf",
    "chi_squared",
    "cramer_von_mises",
    "cramer_von_mises_sf",
    "kolmogorov_smirnov",
    "largest_cell",
    "mean_rank_shift",
    "outside_range",
    "rising_share",
    "score_sum_tails",
    "tested_cells",
    "total_variation",
    "unseen",
]
