"""Simulated scores and labels whose relation is known, as tables."""

from dataclasses import replace

import numpy as np
import pytest

from leadline import estimators
from leadline.profiles import outcomes


class Traffic:
    """A model whose scores are not calibrated."""

    keys = tuple(key for key in estimators.ESTIMABLE if key != "business_value")

    @staticmethod
    def chance(scores):
        """P(label = 1 | score): not the score itself, so that calibration has to be learned."""
        return 1 / (1 + np.exp(-1.6 * np.log(scores / (1 - scores)) + 0.4))

    def draw(self, rng, rows, shift=0.0):
        scores = 1 / (1 + np.exp(-rng.normal(shift - 0.3, 1.0, rows)))
        return scores, (rng.random(rows) < self.chance(scores)).astype(np.int16)

    def grid(self, rng, rows=10_000):
        scores, labels = self.draw(rng, rows)
        return outcomes.learn_binary(("0", "1"), scores, None, labels), scores, labels

    def calibrated(self, rng, rows=10_000):
        """A grid, and the calibrator of the reference that it was learned from."""
        grid, scores, labels = self.grid(rng, rows)
        return grid, estimators.calibrate(estimators.of_rows(grid, scores, None, labels))

    def window(self, rng, grid, rows=1000, shift=0.0):
        scores, labels = self.draw(rng, rows, shift)
        return estimators.of_rows(grid, scores, None, labels)

    @staticmethod
    def stacked(tables):
        """Windows as one table with a leading axis."""
        rows = np.stack([table.rows for table in tables])
        return replace(tables[0], rows=rows, squares=rows)


@pytest.fixture(scope="session")
def traffic():
    return Traffic()
