"""What a metric of vectors sees: the moments of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Measured, reasons

Floats = npt.NDArray[np.float64]

_RANK = 1e-9
"""Directions whose variance is a smaller part of the largest have none."""


@dataclass(frozen=True)
class Moments:
    """Means and mean products of functions of vectors; leading axes hold windows, or nothing.

    Attributes:
        rows: shape (...): vectors.
        features, feature_products: shapes (..., F) and (..., F, F): of random features, whose squares sum to
            1 in each row.
        coordinates, coordinate_products: shapes (..., k) and (..., k, k): of principal coordinates; 1 is the
            root mean square distance of a reference's vectors from their centre.
    """

    rows: Floats
    features: Floats
    feature_products: Floats
    coordinates: Floats
    coordinate_products: Floats

    @cached_property
    def feature_covariance(self) -> Floats:
        """Unbiased, shape (..., F, F); 0 of one row."""
        return _covariance(self.rows, self.features, self.feature_products)

    @cached_property
    def coordinate_covariance(self) -> Floats:
        """Unbiased, shape (..., k, k); 0 of one row."""
        return _covariance(self.rows, self.coordinates, self.coordinate_products)


@dataclass(frozen=True)
class VectorPair:
    """Both sides of a column of vectors; `current` may have leading axes, and broadcasts.

    Attributes:
        reference, current: their moments.
        reference_inflation, current_inflation: sizes are divided by this noise inflation.
    """

    reference: Moments
    current: Moments
    reference_inflation: float = 1.0
    current_inflation: float = 1.0

    @cached_property
    def m_effective(self) -> Floats:
        """Reference size in independent rows."""
        return np.asarray(self.reference.rows / self.reference_inflation)

    @cached_property
    def n_effective(self) -> Floats:
        """Current size in independent rows, shape (...)."""
        return np.asarray(self.current.rows / self.current_inflation)

    def pooled(self, reference: Floats, current: Floats) -> Floats:
        """The covariance within both sides together, by their degrees of freedom."""
        m, n = (np.maximum(np.asarray(side.rows) - 1, 0.0) for side in (self.reference, self.current))
        weight = (m / np.maximum(m + n, 1.0))[..., None, None]
        return weight * reference + (1 - weight) * current


def largest_shift(pair: VectorPair) -> Floats:
    """Shift of the mean along the direction of the coordinates where it is largest, in its sd; shape (...).

    0 or more, less what noise adds to its square; 0 where noise explains all, or there are no rows.
    """
    own = pair.reference.coordinate_covariance, pair.current.coordinate_covariance
    gap = pair.current.coordinates - pair.reference.coordinates
    inverse = np.linalg.pinv(pair.pooled(*own), rcond=_RANK, hermitian=True)
    square = np.einsum("...i,...ij,...j->...", gap, inverse, gap)
    sizes = 1 / np.maximum(pair.m_effective, 1.0) + 1 / np.maximum(pair.n_effective, 1.0)
    shift: Floats = np.sqrt(np.maximum(square - gap.shape[-1] * sizes, 0.0))
    return shift


def noise(covariance: Floats, size: Floats) -> Floats:
    """Mean squared distance of the mean of so many independent rows from its expectation."""
    return np.einsum("...ii->...", covariance) / np.maximum(size, 1e-9)


def result(pair: VectorPair, value: Floats, rows_min: int, **beside: Floats) -> Measured:
    """The result, with NaN and a reason wherever a side has fewer than `rows_min` vectors."""
    shape = np.broadcast_shapes(np.shape(pair.reference.rows), np.shape(pair.current.rows))
    least = np.broadcast_to(np.minimum(pair.reference.rows, pair.current.rows), shape)
    few = least < rows_min
    said = reasons(shape, few, f"fewer than {rows_min} vectors on one side")
    kept = {name: np.where(few, np.nan, part) for name, part in beside.items()}
    return Measured(np.where(few, np.nan, value), **kept, reason=said if few.any() else None)


def _covariance(rows: Floats, mean: Floats, products: Floats) -> Floats:
    size = np.asarray(rows)[..., None, None]
    about = products - mean[..., :, None] * mean[..., None, :]
    return np.where(size > 1, about * size / np.maximum(size - 1, 1.0), 0.0)
