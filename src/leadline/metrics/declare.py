"""How a metric is declared: one frozen record beside one pure function on arrays.

Everything that is said about a metric elsewhere (command-line choices, configuration schema, docs
page, labels on the page) is derived from its record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from leadline.errors import ConfigurationError
from leadline.schema import Kind

Floats = npt.NDArray[np.float64]
Family = Literal["quality", "drift", "performance"]
Direction = Literal["higher", "lower", "either"]

NUMERIC = frozenset({Kind.NUMERIC, Kind.DATETIME})
"""Kinds whose values are counted into ordered cells."""

CATEGORICAL = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN})
"""Kinds whose values are counted by name."""

Z95 = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Values of one metric for many columns, windows or segments at once.

    Attributes:
        value: shape (...); NaN where it cannot be computed, and then `reason` says why.
        standard_error: of the value, same shape; NaN where unknown. Performance metrics give it, so
            that the interval of a change can be formed.
        low, high: 95 % confidence interval, same shape; NaN where none means something.
        p_value: of "no change", same shape; NaN for metrics that are not tests.
        bin_error: |value - value from unbinned rows| is at most this, same shape; 0 where exact.
        reason: object array of str, same shape; "" where there is a value. None: all have values.
    """

    value: Floats
    standard_error: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    p_value: Floats | None = None
    bin_error: Floats | None = None
    reason: npt.NDArray[np.object_] | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known about a metric.

    Attributes:
        key: the field's own name in snake case; unique.
        title: for people.
        family: which report section it belongs to.
        summary: one sentence: what it measures.
        kinds: column kinds (quality, drift) it applies to; empty for performance.
        tasks: performance only: "binary", "multiclass", "regression".
        range: closed range of possible values.
        binary_range: the same where the label has two classes; None: it is no other.
        worse: direction in which things get worse.
        unit: "" for a pure number, "share" for 0..1 shares, "label" for the label's unit, ...
        sample_min: rows (or labelled rows) below which it is not computed.
        neutral: value of a sample against itself (drift), else None.
        reference: source in the literature.
        compute: the pure function; see the family's package for what it is given.
    """

    key: str
    title: str
    family: Family
    summary: str
    range: tuple[float, float]
    worse: Direction
    reference: str
    compute: Callable[..., Measured]
    kinds: frozenset[Kind] = frozenset()
    tasks: frozenset[str] = frozenset()
    unit: str = ""
    sample_min: int = 1
    neutral: float | None = None
    binary_range: tuple[float, float] | None = None

    def range_of(self, binary: bool) -> tuple[float, float]:
        """The range where the label has two classes, or not."""
        return self.range if self.binary_range is None or not binary else self.binary_range


class Registry(Mapping[str, Metric]):
    """Metrics by key, in the order of registration."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def register(self, *metrics: Metric) -> None:
        """Add metrics; a key that is taken is an error."""
        for metric in metrics:
            if metric.key in self._metrics:
                raise ConfigurationError("metric key registered twice", found=metric.key)
            self._metrics[metric.key] = metric

    def family(self, family: Family) -> list[Metric]:
        """The metrics of one family, in order."""
        return [metric for metric in self._metrics.values() if metric.family == family]

    def __getitem__(self, key: str) -> Metric:
        try:
            return self._metrics[key]
        except KeyError:
            raise ConfigurationError.unknown("metric", key, self._metrics) from None

    def __contains__(self, key: object) -> bool:
        return key in self._metrics

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


def reasons(shape: tuple[int, ...], where: Any, reason: str) -> npt.NDArray[np.object_]:
    """An array of reasons: `reason` where the mask holds, "" elsewhere."""
    return cast("npt.NDArray[np.object_]", np.where(np.broadcast_to(where, shape), reason, "").astype(object))
