"""A metric as a regular series, and the scale on which it is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Transform = Literal["none", "log", "share"]
"""log: amounts and counts, whose changes are factors. share: the arcsine of the root, on which a share of n
things has the same standard error 1 / (2 sqrt(n)) wherever it is, at 0 too (a logit has none there); where n
is known, in Anscombe's form, of which that holds for rare things as well. none: everything else."""

_MORE_HITS, _MORE_TRIALS = 3 / 8, 3 / 4
"""Anscombe 1948: arcsine of the root of (x + 3/8) / (n + 3/4)."""

Worse = Literal["up", "down", "both"]
"""Which way is told of."""

LARGEST = 1e100
"""Amounts beyond this are none."""

LEAST_CHANGE = 0.01
"""Spread below which no series is thought to be known, on its scale; of "none": as a share of its median
amount."""


@dataclass(frozen=True, eq=False)
class Series:
    """One metric, one value for each bucket of time.

    Attributes:
        key: names it.
        values: shape (T,), in the unit of the metric; NaN where there was nothing to measure. Negative
            values of a "log" series, and values of a "logit" series outside of 0..1, count as NaN.
        transform: the scale on which values are compared.
        worse: which way is told of.
        noise: shape (T,), standard error of each value on that scale as far as counts say it; None: they do
            not. No spread is taken to be smaller.
        trials: of a "share" series, shape (T,): of how many things it is the share; None: not known. They say
            the noise.
        group: series of one group tell of one problem together.
        floor: smallest change worth telling, in the unit of the metric; of a "log" series as a share of what
            was expected.
        smallest: of a "log" series: what is added before the logarithm, so that zero has a place.
    """

    key: str
    values: Floats
    transform: Transform = "none"
    worse: Worse = "both"
    noise: Floats | None = None
    trials: Floats | None = None
    group: str = ""
    floor: float = 0.0
    smallest: float = 0.0

    def scaled(self) -> Floats:
        """The values on the scale on which they are compared; NaN where they have no place there."""
        values = np.asarray(self.values, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.transform == "log":
                found = np.log(np.where(values >= 0, values, np.nan) + self.smallest)
            elif self.transform == "share":
                share = np.where((values >= 0) & (values <= 1), values, np.nan)
                if self.trials is not None:
                    share = (share * self.trials + _MORE_HITS) / (self.trials + _MORE_TRIALS)
                found = np.arcsin(np.sqrt(share))
            else:
                found = values
        return np.where(np.abs(found) <= LARGEST, found, np.nan)

    def error(self) -> Floats:
        """Standard errors of the scaled values, shape (T,); 0 where nothing is known of them."""
        if self.trials is not None:
            return np.asarray(0.5 / np.sqrt(self.trials + 0.5))
        return np.zeros(len(self.values)) if self.noise is None else np.nan_to_num(self.noise, nan=0.0)

    def unscaled(self, scaled: Floats, steps: slice = slice(None)) -> Floats:
        """Back in the unit of the metric, at these steps."""
        with np.errstate(over="ignore"):
            if self.transform == "log":
                return np.maximum(np.exp(scaled) - self.smallest, 0.0)
            if self.transform == "share":
                share = np.sin(np.clip(scaled, 0.0, np.pi / 2)) ** 2
                if self.trials is not None:
                    trials = np.maximum(self.trials[steps], 1.0)
                    share = (share * (trials + _MORE_TRIALS) - _MORE_HITS) / trials
                return np.clip(share, 0.0, 1.0)
        return scaled
