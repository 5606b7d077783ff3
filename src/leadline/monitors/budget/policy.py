"""What the owner of a model asks for: how many false alerts in how many windows, and which effects matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from leadline.errors import ConfigurationError

Mode = Literal["default", "strict", "confident"]
Baseline = Literal["auto", "fixed", "rolling"]
Group = Literal["performance", "prediction", "feature"]

GROUP_OF_FAMILY: Mapping[str, Group] = {
    "performance": "performance",
    "prediction": "prediction",
    "score": "prediction",
    "label": "prediction",
}
"""Families that are not named here share the budget of the features."""

DRIFT_FLOOR = 0.02


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A budget of false alerts, and how it is spent.

    Attributes:
        alerts: false alerts allowed in one budget period (> 0).
        windows: windows in one budget period; more than `alerts`.
        mode: "default" counts alerts in the replay of the whole reference. "strict" counts flagged windows of
            the second half of the reference, judged by the first half: for exchangeable windows the expected
            number of flagged windows in a period is at most `alerts`, whatever the columns. "confident" keeps
            the budget for 90 of 100 references.
        baseline: "fixed": the whole reference; "rolling": the windows just before; "auto": fixed, or rolling
            where the reference keeps moving.
        warning_factor: a warning is an alert's test at this many times its rate (>= 1).
        close_after: quiet windows in a row after which a source leaves its alert (>= 1).
        drift_floor: smallest Kolmogorov-Smirnov distance (numeric) or total variation (categorical) worth an
            alert, 0..1.
        column_floors: the same by column.
        weights: share of the budget of each group of families that is present.
        scales: numbers of windows merged before they are compared; the longer ones take part only where the
            reference has enough windows.
        rolling_windows: length of the rolling baseline; at least four for each season slot are taken.
    """

    alerts: float = 1.0
    windows: float = 30.0
    mode: Mode = "default"
    baseline: Baseline = "auto"
    warning_factor: float = 10.0
    close_after: int = 3
    drift_floor: float = DRIFT_FLOOR
    column_floors: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[Group, float] = field(
        default_factory=lambda: {"performance": 0.4, "prediction": 0.2, "feature": 0.4}
    )
    scales: tuple[int, ...] = (1, 3, 7)
    rolling_windows: int = 28

    def __post_init__(self) -> None:
        """Raise ConfigurationError for a budget that means nothing."""
        _require(0 < self.alerts < self.windows, "alerts", self.alerts, f"0 < alerts < {self.windows}")
        _require(self.mode in ("default", "strict", "confident"), "mode", self.mode, "a mode")
        _require(self.baseline in ("auto", "fixed", "rolling"), "baseline", self.baseline, "a baseline")
        _require(self.warning_factor >= 1, "warning_factor", self.warning_factor, "1 or more")
        _require(self.close_after >= 1, "close_after", self.close_after, "1 or more")
        _require(bool(self.scales) and min(self.scales) == 1, "scales", self.scales, "1 and larger numbers")
        _require(len(set(self.scales)) == len(self.scales), "scales", self.scales, "each number once")
        _require(self.rolling_windows >= 1, "rolling_windows", self.rolling_windows, "1 or more")
        floors = (self.drift_floor, *self.column_floors.values())
        _require(all(0 <= floor <= 1 for floor in floors), "floors", floors, "0 to 1")
        shares = tuple(self.weights.values())
        _require(bool(shares) and all(share > 0 for share in shares), "weights", shares, "above 0")

    @property
    def rate(self) -> float:
        """False alerts allowed for each window."""
        return self.alerts / self.windows


def _require(holds: bool, where: str, found: object, accepted: str) -> None:
    if not holds:
        raise ConfigurationError(
            "the alert budget cannot be used",
            where=where,
            found=found,
            accepted=accepted,
            next_step="State the budget as false alerts in a number of windows, such as 1 in 30.",
        )
