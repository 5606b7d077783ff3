"""What metrics say of some columns side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leadline.metrics import METRICS
from leadline.metrics.declare import Measured
from leadline.metrics.pair import Pair
from leadline.metrics.summary import Summary
from leadline.metrics.vectors import VectorPair
from leadline.monitors.views import Block, summary, vector_pair
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.schema import Kind

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measurements:
    """Metrics of some columns side by side.

    Attributes:
        columns: shape (K,): positions in the grid.
        drift: drift metrics by key; values of shape (K,).
        quality, quality_reference: quality metrics by key.
        pair: the counts behind them; `now`, `before`: what quality metrics saw of both sides.
        vectors: the moments behind them, where the one column is one of vectors.
    """

    columns: Indices
    drift: Mapping[str, Measured]
    quality: Mapping[str, Measured]
    quality_reference: Mapping[str, Measured]
    pair: Pair
    now: Summary
    before: Summary
    vectors: VectorPair | None = None

    def slim(self) -> Measurements:
        """The same without the arrays that metrics alone need, or have computed on their way."""
        now, before = (replace(side, edges=None) for side in (self.now, self.before))
        return replace(self, pair=replace(self.pair), now=now, before=before, vectors=None)


def measure(
    block: Block, reference: Profile, current: Profile, physical: Mapping[str, str] | None
) -> Measurements:
    """Every metric that fits the columns of a block; `physical` as in `compare`."""
    columns = reference.grid.columns
    axis = columns[block.columns[0]].axis
    before = summary(reference, block.cells, block.before, {})
    now = summary(current, block.cells, block.now, physical or {})
    kind = Kind.NUMERIC if isinstance(axis, NumericAxis) else Kind.CATEGORICAL
    drift: dict[str, Measured] = {}
    vectors = vector_pair(block, reference, current) if isinstance(axis, VectorAxis) else None
    if vectors is not None:
        kind = Kind.VECTOR
        drift = {m.key: m.compute(vectors) for m in METRICS.family("drift") if kind in m.kinds}
    elif axis is not None:
        drift = {m.key: m.compute(block.pair) for m in METRICS.family("drift") if kind in m.kinds}
    kinds = {columns[k].kind for k in block.columns} if axis is None else {kind}
    quality = [m for m in METRICS.family("quality") if kinds & m.kinds]
    return Measurements(
        block.columns,
        drift,
        {m.key: m.compute(now) for m in quality},
        {m.key: m.compute(before) for m in quality},
        block.pair,
        now,
        before,
        vectors,
    )
