"""Tables over time whose columns depend on each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from leadline.baselines.baseline import Baseline
from leadline.comparison import learn, profile
from leadline.monitors.look import windows_of
from leadline.monitors.multivariate import Compared
from leadline.profiles.profile import Profile

DAY = 86_400_000_000
MIX = np.array([[1.0, 0.8, 0.0, 0.3], [0.0, 0.6, 0.0, 0.3], [0.0, 0.0, 1.0, 0.3], [0.0, 0.0, 0.0, 0.8]])
Table = dict[str, np.ndarray]


class Traffic:
    """Days of rows with four numbers, the first two correlated by 0.8, and two categories."""

    @staticmethod
    def draw(seed: int, days: int, rows: int = 200, mix: np.ndarray = MIX, shift: float = 0.0) -> Table:
        rng = np.random.default_rng(seed)
        n = days * rows
        x = rng.normal(size=(n, 4)) @ mix
        day = np.repeat(np.arange(days), rows)
        return {
            "time": (day * DAY + rng.integers(0, DAY, n)).astype("datetime64[us]"),
            "a": x[:, 0],
            "b": np.exp(x[:, 1]),
            "c": np.where(rng.random(n) < 0.1, np.nan, x[:, 2] + shift),
            "d": x[:, 3],
            "kind": np.array(["p", "q", "r"])[rng.choice(3, n, p=[0.5, 0.3, 0.2])],
            "flag": rng.random(n) < 0.4,
        }

    @staticmethod
    def learn(table: Table, **options: object) -> Baseline:
        return learn(table, timestamp="time", window="1d", **options)

    def compared(self, baseline: Baseline, data: Table | Profile | None = None) -> Compared:
        """The reference with itself, or a table with it."""
        found = baseline.profile if data is None else data
        found = profile(found, baseline) if isinstance(found, dict) else found
        itself = Compared.itself(baseline, windows_of(baseline.profile, baseline.calendar))
        return itself if data is None else itself.beside(found, windows_of(found, baseline.calendar))

    value: Callable[..., float] = staticmethod(
        lambda found, key: next(one.values for one in found if one.key == key)
    )


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture(scope="session")
def baseline(traffic: Traffic) -> Baseline:
    return traffic.learn(traffic.draw(1, 30))
