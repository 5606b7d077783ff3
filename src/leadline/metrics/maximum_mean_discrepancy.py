"""Maximum mean discrepancy of vectors, by random features."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.drift._intervals import quadratic_interval
from leadline.metrics.nulls.weighted_chi_squared import weighted_chi_squared_sf
from leadline.metrics.vectors import VectorPair, noise, result
from leadline.schema import Kind


def maximum_mean_discrepancy(pair: VectorPair) -> Measured:
    """Distance of the mean random features of both sides, without what noise adds to it.

    0 to sqrt(2). 0 where the unbiased estimate of its square is not above 0. With a Gaussian kernel as wide
    as the median distance of two reference vectors a shift of all vectors by a tenth of their spread gives
    about 0.055. NaN with a reason where a side has fewer than two vectors.

    The p-value is that of the squared distance, under no change a sum of squared normals weighted by the
    eigenvalues of the features' covariance.
    """
    m, n = pair.m_effective, pair.n_effective
    gap = pair.current.features - pair.reference.features
    square = (gap**2).sum(-1)
    own = pair.reference.feature_covariance, pair.current.feature_covariance
    bias = noise(own[0], m) + noise(own[1], n)
    pooled = pair.pooled(*own)
    sizes = 1 / np.maximum(m, 1e-9) + 1 / np.maximum(n, 1e-9)
    p_value = weighted_chi_squared_sf(square / sizes, np.linalg.eigvalsh(pooled))
    far = sum(
        4 * np.einsum("...i,...ij,...j->...", gap, covariance, gap) / np.maximum(size, 1e-9)
        for covariance, size in zip(own, (m, n), strict=True)
    )
    noise_variance = 2 * (pooled**2).sum((-2, -1)) * sizes**2
    low, high = quadratic_interval(square, bias, noise_variance, np.asarray(far))
    value = np.sqrt(np.maximum(square - bias, 0.0))
    low, high = np.sqrt(low), np.sqrt(high)
    return result(pair, value, 2, low=np.minimum(low, value), high=np.maximum(high, value), p_value=p_value)


METRIC = Metric(
    key="maximum_mean_discrepancy",
    title="MMD",
    family="drift",
    summary="Distance of the distributions of vectors by a Gaussian kernel, from 64 random features.",
    kinds=frozenset({Kind.VECTOR}),
    range=(0.0, float(np.sqrt(2))),
    worse="higher",
    neutral=0.0,
    sample_min=2,
    reference="Gretton et al. (2012), JMLR 13, 723-773; Rahimi, Recht (2007), NIPS 20",
    compute=maximum_mean_discrepancy,
)
