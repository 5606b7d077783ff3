"""Intervals of shares that may rise are as wide as the independent rows behind them say."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.comparison import check

ENTITIES, EACH = 150, 20


def table(seed: int, *, current: bool) -> dict[str, object]:
    """Every entity repeats its value, which now and then is one that the reference lacks."""
    rng = np.random.default_rng(seed)
    amount, place = rng.normal(size=ENTITIES), rng.choice(["a", "b", "c"], ENTITIES).astype(object)
    if current:
        amount[:20], place[:20] = 9.0, "new"
    return {
        "who": np.repeat([f"entity {i}" for i in range(ENTITIES)], EACH),
        "amount": np.repeat(amount, EACH) + rng.normal(0, 1e-3, ENTITIES * EACH),
        "place": np.repeat(place, EACH),
    }


@pytest.mark.parametrize(("column", "share"), [("amount", "out_of_range_share"), ("place", "unseen_share")])
def test_clustered_rows_widen_the_interval_of_a_share(column: str, share: str) -> None:
    def width(**options: str) -> float:
        found = check(table(1, current=False), table(2, current=True), **options).record
        votes = next(one for one in found.columns if one.name == column).votes
        effect = next(vote.effect for vote in votes if vote.statistic == share)
        assert effect.low < effect.value < effect.high
        return effect.high - effect.low

    assert width(entity="who") > 2 * width(ignore="who")
