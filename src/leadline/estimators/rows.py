"""Rows of a model's traffic, for the methods that counts are not enough for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.estimators.tables import Bools, Floats

ROWS_MAX = 20_000
"""Rows of each side that a model is fitted on; larger samples are thinned at random (seeded)."""


@dataclass(frozen=True)
class Sample:
    """Rows of one side.

    Attributes:
        features: shape (n, d); categories as any numbers, NaN missing.
        categorical: shape (d,): which features are categories.
        scores: shape (n,): the score, or a regression's prediction.
        decisions: shape (n,) codes 0 and 1, negative for none; None: they follow from the score.
        labels: shape (n,): codes 0 and 1, negative for none; of a regression: numbers, NaN for none. None: no
            labels.
    """

    features: Floats
    categorical: Bools
    scores: Floats
    decisions: npt.NDArray[Any] | None = None
    labels: npt.NDArray[Any] | None = None

    def __post_init__(self) -> None:
        n, d = self.features.shape
        given = {"scores": self.scores, "decisions": self.decisions, "labels": self.labels}
        wrong = {name: len(x) for name, x in given.items() if x is not None and len(x) != n}
        if wrong or len(self.categorical) != d:
            raise DataError(
                "rows of a sample do not fit together",
                found={"features": (n, d), "categorical": len(self.categorical), **wrong},
                accepted="features (n, d), categorical (d,), all others (n,)",
            )

    def __len__(self) -> int:
        return len(self.features)

    def inputs(self) -> tuple[Floats, Bools]:
        """The features with the score as one more, and which of them are categories; infinities are kept."""
        return np.column_stack([self.features, self.scores]), np.append(self.categorical, False)

    def take(self, rows: npt.NDArray[Any]) -> Sample:
        """Some of the rows."""
        return Sample(
            self.features[rows],
            self.categorical,
            self.scores[rows],
            None if self.decisions is None else self.decisions[rows],
            None if self.labels is None else self.labels[rows],
        )

    def thinned(self, rng: np.random.Generator) -> Sample:
        """At most `ROWS_MAX` of the rows."""
        n = len(self)
        return self if n <= ROWS_MAX else self.take(np.sort(rng.choice(n, ROWS_MAX, replace=False)))
