"""Frechet distance of vectors, along the directions in which the reference varies most."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.vectors import VectorPair, noise, result
from leadline.schema import Kind

ROWS_MIN = 100
"""Vectors below which a covariance of up to 32 directions is mostly noise."""


def frechet(pair: VectorPair) -> Measured:
    """Distance of the normal laws with both sides' means and covariances, without what noise adds to it.

    0 or more, in root mean square distances of the reference's vectors from their centre: all vectors shifted
    by a tenth of their spread give 0.1. Of at most 32 principal directions. The noise is taken as that of
    normal vectors; 0 where it explains all. NaN with a reason where a side has fewer than 100 vectors.
    """
    reference, current = pair.reference, pair.current
    own = reference.coordinate_covariance, current.coordinate_covariance
    square = ((current.coordinates - reference.coordinates) ** 2).sum(-1) + covariance_distance(*own)
    m, n = pair.m_effective, pair.n_effective
    scales = np.maximum(np.linalg.eigvalsh(pair.pooled(*own)), 0.0)
    sizes = 1 / np.maximum(m, 1e-9) + 1 / np.maximum(n, 1e-9)
    bias = noise(own[0], m) + noise(own[1], n) + _covariance_noise(scales) * sizes
    return result(pair, np.sqrt(np.maximum(square - bias, 0.0)), ROWS_MIN)


def covariance_distance(first: Floats, second: Floats) -> Floats:
    """tr(A + B - 2 (A^1/2 B A^1/2)^1/2) of covariances of shape (..., k, k); shape (...)."""
    scales, directions = np.linalg.eigh(first)
    root = (directions * np.sqrt(np.maximum(scales, 0.0))[..., None, :]) @ np.swapaxes(directions, -1, -2)
    inner = np.linalg.eigvalsh(root @ second @ root)
    trace = np.einsum("...ii->...", first) + np.einsum("...ii->...", second)
    return np.maximum(trace - 2 * np.sqrt(np.maximum(inner, 0.0)).sum(-1), 0.0)


def _covariance_noise(scales: Floats) -> Floats:
    """What a row's noise in the covariance of normal vectors adds, to second order."""
    product = scales[..., :, None] * scales[..., None, :]
    total = scales[..., :, None] + scales[..., None, :]
    part = np.divide(product, 2 * total, out=np.zeros(product.shape), where=total > 0)
    return part.sum((-2, -1)) + np.einsum("...ii->...", part)


METRIC = Metric(
    key="frechet",
    title="Frechet distance",
    family="drift",
    summary="Distance of the means and covariances of vectors, in root mean square spreads of the reference.",
    kinds=frozenset({Kind.VECTOR}),
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    unit="spreads",
    sample_min=ROWS_MIN,
    reference="Dowson, Landau (1982), J. Multivariate Anal. 12, 450-455; Heusel et al. (2017), NIPS 30",
    compute=frechet,
)
