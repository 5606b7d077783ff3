"""Correlations between columns that changed, whatever the columns do on their own."""

from __future__ import annotations

import numpy as np

from leadline.monitors.multivariate.compared import Compared, Found, WindowRows
from leadline.monitors.multivariate.coordinates import Floats, Integers

LARGEST_FLOOR = 1.0
"""Standard errors by which the largest change must exceed what it usually is."""

MEAN_FLOOR = 0.02
"""Root mean square change of all correlations."""


def correlation(compared: Compared) -> list[Found]:
    """The largest change of a correlation, in standard errors, and the root mean square change of all.

    Correlations of normal scores within a window are compared, after Fisher's transformation, with their mean
    over the windows of the reference; standard errors hold how much they differ between these anyway. From
    the mean square the part that sampling explains is taken off; what is left is 0 where that is all.

    Source: Fisher, Metron 1 (1921); normal scores: van der Waerden (1952).
    """
    first, second = _pairs(compared.coordinates.places)
    ours = _transformed(compared.reference, first, second)
    same = compared.current is compared.reference
    theirs = ours if same else _transformed(compared.current, first, second)
    noise = _noise(compared.current)
    largest, root = np.full((2, len(compared.current)), np.nan)
    if first.size:
        for part in compared.parts():
            usual, count = ours[part.rest], int(part.rest.sum())
            mean = usual.mean(0)
            between = usual.var(0, ddof=1) - _noise(compared.reference)[part.rest].mean()
            expected = noise[part.windows, None] + np.maximum(between, 0.0) * (1 + 1 / count)
            square = (theirs[part.windows] - mean) ** 2
            largest[part.windows] = np.sqrt((square / expected).max(1))
            root[part.windows] = np.sqrt(np.maximum((square - expected).mean(1), 0.0))
    unknown = np.full(len(compared.current), np.nan)
    return [
        Found("largest_correlation_change", largest, unknown, 1, LARGEST_FLOOR),
        Found("correlation_change", root, unknown, 1, MEAN_FLOOR),
    ]


def _pairs(places: Integers) -> tuple[Integers, Integers]:
    """Coordinates of different columns, each pair once."""
    first, second = np.triu_indices(len(places), 1)
    apart = places[first] != places[second]
    return first[apart], second[apart]


def _transformed(side: WindowRows, first: Integers, second: Integers) -> Floats:
    """Shape (U, pairs): Fisher's z of each correlation; 0 of a coordinate that does not vary."""
    covariances = side.covariances
    spread = np.sqrt(np.maximum(np.einsum("uii->ui", covariances), 0.0))
    scale = spread[:, first] * spread[:, second]
    steady = scale > 1e-9
    found = np.divide(covariances[:, first, second], scale, out=np.zeros(scale.shape), where=steady)
    return np.arctanh(np.clip(found, -0.999, 0.999))


def _noise(side: WindowRows) -> Floats:
    return 1 / (side.size - 3.0)
