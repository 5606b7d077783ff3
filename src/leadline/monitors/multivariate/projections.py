"""Means and variances of windows along the directions in which the reference varies most."""

from __future__ import annotations

import numpy as np

from leadline.monitors.multivariate.compared import Compared, Found

COMPONENTS = 3
"""Directions that are looked at. Many columns that move together move the first ones."""

MEAN_FLOOR = 0.05
"""Standard deviations of the direction."""

VARIANCE_FLOOR = 0.1
"""Of the logarithm of the variance: a tenth more or less."""


def projections(compared: Compared) -> list[Found]:
    """Mean, in standard deviations, and logarithm of the relative variance along each direction.

    The directions are eigenvectors of the covariance of the whole reference (Pearson, Phil. Mag. 2, 1901),
    the same for all windows, so that what they say can be compared.
    """
    mean, covariance = compared.whole
    scales, directions = np.linalg.eigh(covariance)
    current, found = compared.current, []
    size = current.size.astype(np.float64)
    for i in range(min(COMPONENTS, len(mean))):
        scale, direction = max(float(scales[-1 - i]), 1e-12), directions[:, -1 - i]
        direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
        along = (current.means - mean) @ direction / np.sqrt(scale)
        within = np.einsum("i,uij,j->u", direction, current.covariances, direction) / scale
        spread = np.log(np.maximum(within * size / (size - 1), 1e-12))
        key = f"projection_{i + 1}"
        found.append(Found(f"{key}_mean", along, 1 / size, 0, MEAN_FLOOR))
        found.append(Found(f"{key}_variance", spread, 2 / (size - 1), 0, VARIANCE_FLOOR))
    return found
