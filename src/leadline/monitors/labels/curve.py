"""The delay curve: which share of the labels of a class has come after some time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.profiles.delays import CELLS, EDGES, UNTIMED

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AT_RISK = 30
"""Labels at risk below which the reference does not tell how many labels take so long."""

SEEN = 0.9
"""Share of labels that must have come in half of the time that the reference sees; else it is too short to
tell how many come later still."""

WINDOWS_MIN = 8
"""Windows below which nothing is said of how delays differ between windows."""

UNCOUNTED = 0.01
"""Classes with at most this share of the labels do not decide whether a window is mature or can be
corrected."""


@dataclass(frozen=True, eq=False)
class DelayCurve:
    """What the reference says of delays.

    Attributes:
        classes: C names.
        arrived: shape (C, CELLS): share of a class's labels that have come within `profiles.delays.EDGES`,
            0..1, non-decreasing; NaN for a class that cannot be told.
        variance: shape (C, CELLS): relative variance of that share in a single window: by how much windows
            differ, and by how much the reference may be wrong.
        share: shape (C,): the classes' shares of all labels in the end.
        reason: why there is no curve; "" where there is one.
    """

    classes: tuple[str, ...]
    arrived: Floats
    variance: Floats
    share: Floats
    reason: str = ""

    def at(self, ages: Floats) -> tuple[Floats, Floats]:
        """Share of labels arrived, and its relative variance, at ages in microseconds: shapes (C, ...)."""
        found = [
            np.stack([np.interp(ages, EDGES, row) for row in table])
            for table in (self.arrived, self.variance)
        ]
        return found[0], found[1]

    def within(self, part: float) -> Floats:
        """Microseconds in which this part of each class's labels comes, shape (C,); NaN where unknown."""
        return np.array([_reached(row, part) for row in self.arrived])

    @property
    def pooled(self) -> Floats:
        """Share of all labels arrived within `EDGES`, shape (CELLS,)."""
        return np.nansum(self.arrived * self.share[:, None], axis=0)

    def pooled_within(self, part: float) -> float:
        """Microseconds in which this part of all labels comes; NaN where unknown."""
        return _reached(self.pooled, part)


def _reached(arrived: Floats, part: float) -> float:
    at = int(np.searchsorted(arrived, part))
    if not np.isfinite(arrived).all() or at == len(arrived):
        return float("nan")
    if at == 0:
        return 0.0
    low, high = arrived[at - 1], arrived[at]
    return float(EDGES[at - 1] + (EDGES[at] - EDGES[at - 1]) * (part - low) / (high - low))


def learn_curve(
    classes: tuple[str, ...], counts: Ints, ages: Floats, window: npt.NDArray[np.intp]
) -> DelayCurve:
    """Learn the curve from labels whose delays are cut off by the age of their prediction.

    A label can be seen only if its delay is shorter than the age of the prediction, so young predictions show
    short delays only. The product-limit estimator in reverse time allows for that from labels alone: among
    the labels with delays of at most d of predictions older than d, the share with a delay of just d.
    It needs no word on rows without a label, whose class nobody knows.

    Source: Lynden-Bell, Mon. Not. R. Astron. Soc. 155 (1971); for reporting delays Lagakos, Barraj and De
    Gruttola, Biometrika 75 (1988). Spread between windows: method of moments, as DerSimonian and Laird,
    Control. Clin. Trials 7 (1986).

    Args:
        classes: C names.
        counts: shape (B, C, CELLS + 1), see `profiles.delays.count_delays`; labels of unknown delay count as
            known at once.
        ages: shape (B,): microseconds for which the youngest rows of a bucket are known; infinite where no
            label is missing.
        window: shape (B,): window of each bucket.
    """
    seen = counts[:, :, :CELLS].astype(np.float64)
    untimed = counts[:, :, UNTIMED].astype(np.float64)
    seen[:, :, 0] += untimed
    # Cells of which no delay can be missing: those that end before the age.
    whole = np.searchsorted(EDGES, ages, side="right") - 1
    whole = np.where(np.isinf(ages), CELLS, whole)
    observed = np.arange(CELLS) < whole[:, None]
    here = np.einsum("bcd,bd->cd", seen, observed)
    at_risk = np.einsum("bcd,bd->cd", np.cumsum(seen, -1), observed)
    arrived = np.stack([_product_limit(n, r) for n, r in zip(here, at_risk, strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        at_once = np.where(seen[:, :, 0].sum(0) > 0, untimed.sum(0) / seen[:, :, 0].sum(0), 0.0)
    arrived = np.concatenate([arrived[:, :1] * at_once[:, None], arrived[:, :-1]], axis=1)
    variance = _variance(arrived, seen, whole, window)
    final = _final(seen, arrived, ages)
    share = final / final.sum() if final.sum() > 0 else np.zeros(len(classes))
    return DelayCurve(classes, arrived, variance, share, _reason(classes, arrived, share, at_risk))


def _product_limit(here: Floats, at_risk: Floats) -> Floats:
    """Share of delays below the upper edge of each cell, of those that are short enough to be seen."""
    told = np.flatnonzero(at_risk >= AT_RISK)
    if len(told) == 0:
        return np.full(len(here), np.nan)
    last = int(told[-1])
    stays = np.ones(len(here))
    stays[: last + 1] = 1 - here[: last + 1] / np.maximum(at_risk[: last + 1], 1.0)
    later = np.cumprod(stays[::-1])[::-1]
    return np.append(later[1:], 1.0)


def _variance(arrived: Floats, seen: Floats, whole: Ints, window: npt.NDArray[np.intp]) -> Floats:
    """Relative variance of the share arrived in a single window, shape (C, CELLS)."""
    windows = int(window.max(initial=-1)) + 1
    out = np.zeros(arrived.shape)
    for c, curve in enumerate(arrived):
        horizon = int(np.searchsorted(np.nan_to_num(curve, nan=0.0), 0.99))
        full = whole >= min(horizon, CELLS - 1)
        by_window = np.zeros((windows, CELLS))
        np.add.at(by_window, window[full], seen[full, c])
        rows = by_window.sum(1)
        by_window, rows = by_window[rows > 0], rows[rows > 0]
        if not len(rows) or not np.isfinite(curve).all():
            continue
        # Delays below each edge; those that are known at once lie below the first.
        below = np.cumsum(by_window, 1) - by_window
        binomial = curve * (1 - curve)
        between = np.zeros(CELLS)
        if len(rows) >= WINDOWS_MIN:
            spread = (rows[:, None] * (below / rows[:, None] - curve) ** 2).sum(0)
            weight = rows.sum() - (rows**2).sum() / rows.sum()
            between = np.maximum(spread - (len(rows) - 1) * binomial, 0.0) / max(weight, 1.0)
        total = between * (1 + 1 / len(rows)) + binomial / rows.sum()
        out[c] = total / np.maximum(curve, 1e-3) ** 2
    return out


def _final(seen: Floats, arrived: Floats, ages: Floats) -> Floats:
    """Labels of each class in the end: those seen, and those that have yet to come."""
    out = np.zeros(len(arrived))
    for c, curve in enumerate(arrived):
        come = np.where(np.isinf(ages), 1.0, np.interp(np.minimum(ages, EDGES[-1]), EDGES, curve))
        labels = seen[:, c].sum(-1)
        enough = come >= 0.5
        out[c] = (labels[enough] / come[enough]).sum() if np.isfinite(come).all() else labels.sum()
    return out


def _reason(classes: tuple[str, ...], arrived: Floats, share: Floats, at_risk: Floats) -> str:
    for c in np.flatnonzero(share > UNCOUNTED):
        told = np.flatnonzero(at_risk[c] >= AT_RISK)
        if len(told) == 0:
            return f"the reference has fewer than {AT_RISK} labels {classes[c]} whose delay is known".replace(
                "  ", " "
            )
        last = int(told[-1])
        if last < CELLS - 1 and np.interp(EDGES[last] / 2, EDGES, arrived[c]) < SEEN:
            days = EDGES[last] / 86_400e6
            return f"the reference shows {days:.3g} days of delays, too few for how late its labels come"
    return "" if share.any() else "the reference has no label with a time"
