"""How far two samples of one distribution lie apart by chance, and how much of a distance is undone.

`harmonic` is m n / (m + n), in independent rows, of the samples' sizes m and n.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_GRAIN = 0.005
"""Largest error of a distance between distributions that are known on 256 cells."""

_KOLMOGOROV = 1.73, 0.87
"""0.995 quantile and mean of Kolmogorov's limit law, in units of 1 / sqrt(effective size)."""


def kolmogorov_noise(harmonic: float) -> float:
    """The Kolmogorov-Smirnov distance that chance and cells exceed in one of 200 pairs at most."""
    return float(_KOLMOGOROV[0] / np.sqrt(max(harmonic, 1e-300)) + _GRAIN)


def kolmogorov_mean(harmonic: float) -> float:
    """The Kolmogorov-Smirnov distance to be expected of two such samples."""
    return float(_KOLMOGOROV[1] / np.sqrt(max(harmonic, 1e-300)))


def variation_mean(shares: Floats, harmonic: float) -> float:
    """The total variation to be expected of two samples of these shares, whose sizes give m n / (m + n).

    Each cell's difference is normal with variance p (1 - p) / harmonic; its mean size is sqrt(2 / pi) of
    the deviation.
    """
    p = np.clip(shares, 0.0, 1.0)
    return float(np.sqrt(p * (1 - p) / max(harmonic, 1e-300)).sum() * np.sqrt(2 / np.pi) / 2)


def variation_noise(shares: Floats, harmonic: float) -> float:
    """A bound that the total variation of such samples exceeds in fewer than one of 200 pairs.

    The mean, and McDiarmid's inequality: one row moves the distance by at most one over its side's size.
    """
    return variation_mean(shares, harmonic) + float(np.sqrt(np.log(200.0) / 2 / max(harmonic, 1e-300)))


def undone(distance: float, left: float, noise: float) -> float:
    """Part of a distance that is gone, 0..1, free of the mean noise in both (squares add).

    0 where the distance itself is noise.
    """
    whole = distance * distance - noise * noise
    if not whole > 0:
        return 0.0
    rest = max(left * left - noise * noise, 0.0)
    return float(1 - np.sqrt(min(rest / whole, 1.0)))


def part_moved(change: Floats, full: Floats) -> float:
    """The part of the rows, 0..1, of which a full change explains most of another, by least squares."""
    norm = float(full @ full)
    return float(np.clip(change @ full / norm, 0.0, 1.0)) if norm > 0 else 0.0
