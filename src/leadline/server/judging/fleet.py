"""A budget of false alerts for all models together: each has its share by weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from leadline.reports.record import ReportRecord
from leadline.schedule import AlertRate, divided
from leadline.stores.metadata import Metadata


@dataclass(frozen=True)
class Shares:
    """The budget of the fleet; None: none is set.

    Attributes:
        budget: of all models together.
        weights: of the models that have a share: those with a baseline and without a budget of their own.
        of: their budgets, which add up to the fleet's.
    """

    budget: AlertRate | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    of: Mapping[str, AlertRate] = field(default_factory=dict)

    def options(self, model: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Options of a model's judgements, its share among them."""
        return {"budget": self.of[model].text, **options} if model in self.of else options

    def said(self, model: str, record: ReportRecord) -> ReportRecord:
        """The record, which says of what its budget is a share."""
        timeline = record.timeline
        if self.budget is None or model not in self.of or timeline is None or timeline.budget is None:
            return record
        alerts = self.budget.alerts * timeline.budget.days / self.budget.days
        budget = replace(timeline.budget, fleet=round(alerts, 6))
        return replace(record, timeline=replace(timeline, budget=budget))


def shares(metadata: Metadata) -> Shares:
    """The share of each model now; they change when models come."""
    fleet = metadata.options.fleet()
    if fleet.budget is None:
        return Shares()
    options = metadata.options.all()
    weights = {
        model: fleet.weights.get(model, 1.0)
        for model in metadata.models.baselines()
        if "budget" not in options.get(model, {})
    }
    budget = AlertRate.parse(fleet.budget)
    return Shares(budget, weights, divided(budget, weights))
