"""How badly the reference's principal components describe the rows of a window."""

from __future__ import annotations

import numpy as np

from leadline.monitors.multivariate.compared import Compared, Found

KEPT = 0.8
"""Share of the variance that the components keep. With much less than 65 % the error is mostly the ordinary
spread of rows, with more than 95 % mostly the noise of cells and of columns that follow no other."""

FLOOR = 0.02


def reconstruction(compared: Compared) -> list[Found]:
    """Mean squared distance of rows to the space of the components, relative to the reference's own.

    It moves where relations between columns break or tighten, whatever the columns do on their own.

    Source: Jackson and Mudholkar, Technometrics 21 (1979), the Q statistic; the components of the windows
    around the one compared are left out.
    """
    current = compared.current
    values, variance = np.full((2, len(current)), np.nan)
    for part in compared.parts():
        mean, covariance = compared.of(part.rest)
        scales, directions = np.linalg.eigh(covariance)
        scales = np.maximum(scales, 0.0)
        # Ascending: the last ones together hold the share that is kept.
        left = np.cumsum(scales) <= (1 - KEPT) * scales.sum()
        usual = float(scales[left].sum())
        if usual <= 1e-9 * scales.sum():
            continue
        out = directions[:, left]
        off = (current.means[part.windows] - mean) @ out
        within = np.einsum("ik,uij,jk->u", out, current.covariances[part.windows], out, optimize=True)
        values[part.windows] = (within + (off**2).sum(1)) / usual
        spread = 2 * float((scales[left] ** 2).sum()) / usual**2
        variance[part.windows] = spread / current.size[part.windows]
    return [Found("reconstruction_error", values, variance, 0, FLOOR)]
