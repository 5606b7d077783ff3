"""A classifier that tells the rows of a window from the reference's, and what it goes by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from leadline.estimators.domain import area_under_curve
from leadline.metrics.products import gram
from leadline.monitors.multivariate.compared import Compared, Found, WindowRows
from leadline.monitors.multivariate.coordinates import Booleans, Coordinates, Floats, Integers, Rows

FLOOR = 0.02
"""Of the area under the curve."""

RIDGE = 0.01
"""Added to variances of 1, with the noise of estimating them."""

RANKED = 4_000
"""Reference rows among which those of a window are ranked."""


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Fisher's discriminant on coordinates and the squares of normal scores, in the metric of the reference.

    Attributes:
        squared: shape (p,) bool: coordinates whose squares take part.
        inverse: shape (q, q): of the covariance of these features.
        means: shape (U, q): mean features of each reference window.
        ranked, ranked_window: features of some reference rows (r, q), and the window of each (r,).
    """

    squared: Booleans
    inverse: Floats
    means: Floats
    ranked: Rows
    ranked_window: Integers

    @classmethod
    def of(cls, compared: Compared) -> Discriminant:
        """Learned once of a reference."""
        return compared.reference.once("discriminant", lambda rows: cls.learn(compared.coordinates, rows))

    @classmethod
    def learn(cls, coordinates: Coordinates, reference: WindowRows) -> Discriminant:
        """From the reference's rows."""
        squared = coordinates.ordered
        q = len(coordinates) + int(squared.sum())
        means, second = np.empty((len(reference), q)), np.zeros((q, q))
        for u in range(len(reference)):
            features = _features(reference.of_window(u), squared)
            means[u] = features.mean(0, np.float64)
            second += gram(features) / len(features)
        mean = means.mean(0)
        covariance = second / len(reference) - np.outer(mean, mean)
        rows = len(reference.rows)
        covariance[np.diag_indices(q)] += RIDGE + q / rows
        some = np.arange(0, rows, rows // RANKED + 1)
        window = np.searchsorted(reference.starts, some, "right") - 1
        return cls(
            squared,
            np.asarray(np.linalg.inv(covariance), np.float64),
            means,
            _features(reference.rows[some], squared),
            window,
        )

    def features(self, rows: Rows) -> Rows:
        """Shape (n, q)."""
        return _features(rows, self.squared)


def _features(rows: Rows, squared: Booleans) -> Rows:
    return np.hstack([rows, (rows[:, squared] ** 2 - 1) / np.float32(np.sqrt(2))])


def domain_classifier(compared: Compared) -> list[Found]:
    """Area under the curve of a discriminant fitted on one half of a window's rows, for the other half.

    0.5: the rows cannot be told from the reference's; 1: fully. The mean over both halves.

    Source: Fisher, Ann. Eugenics 7 (1936); classifiers as tests of two samples: Kim et al., Ann. Stat. 49
    (2021).
    """
    discriminant = Discriminant.of(compared)
    current = compared.current
    values = np.full(len(current), np.nan)
    for part in compared.parts():
        mean = discriminant.means[part.rest].mean(0)
        others = discriminant.ranked[part.rest[discriminant.ranked_window]]
        for u in part.windows:
            features = discriminant.features(current.of_window(u))
            # Rows lie in the order of a hash, so every second one is a random half.
            halves = features[::2], features[1::2]
            found = [
                area_under_curve(others @ direction, held @ direction)
                for fitted, held in (halves, halves[::-1])
                for direction in [(discriminant.inverse @ (fitted.mean(0) - mean)).astype(np.float32)]
            ]
            values[u] = np.mean(found)
    return [Found("domain_classifier", values, 1 / (12.0 * current.size), 1, FLOOR)]


def told_apart_by(compared: Compared, windows: Iterable[int]) -> dict[int, list[tuple[str, float]]]:
    """Columns by which windows are told from the reference, with their shares of the distance, largest first.

    Args:
        compared: windows of a current table.
        windows: some of them; see `WindowRows.window`.

    Returns:
        By window shares of the Mahalanobis distance that sum to 1, of the columns that add to it; none of
        windows with too few rows.
    """
    places = {int(window): place for place, window in enumerate(compared.current.window)}
    chosen = [window for window in windows if window in places]
    if not chosen:
        return {}
    discriminant = Discriminant.of(compared)
    return {window: _shares(compared, discriminant, places[window]) for window in chosen}


def _shares(compared: Compared, discriminant: Discriminant, place: int) -> list[tuple[str, float]]:
    features = discriminant.features(compared.current.of_window(place))
    off = features.mean(0, np.float64) - discriminant.means.mean(0)
    part = off * (discriminant.inverse @ off)
    listed = compared.coordinates.listed
    owners = [*listed, *(coordinate for coordinate in listed if coordinate.ordered)]
    total: dict[str, float] = {}
    for owner, share in zip(owners, part, strict=True):
        total[owner.column] = total.get(owner.column, 0.0) + float(share)
    # What one column adds another may take back: shares are of what is added.
    added = sum(max(share, 0.0) for share in total.values())
    listed_first = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return [(column, share / added) for column, share in listed_first if share > 0]
