"""What is there before a model goes live: its releases, and a baseline of its first months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.demo.faults import FAULTS
from leadline.demo.fleet import Deployment
from leadline.demo.fleet.world import Columns
from leadline.demo.plan import Plan
from leadline.demo.served import Served, train
from leadline.demo.traffic import Slice, Traffic
from leadline.schedule import DAY


def releases(deployment: Deployment, plan: Plan) -> dict[str, Served]:
    """The deployment's models by version, trained of what came before the reference: the one that answers,
    and the one that should not have been released, where a fault has one."""
    first = plan.training // DAY
    days = [
        deployment.requests(np.random.default_rng(plan.seeds(day)), day)
        for day in range(first, first + plan.training_days)
    ]
    past = {name: np.concatenate([day[name] for day in days]) for name in days[0]}
    labels = deployment.truth(np.random.default_rng(plan.seed), past)
    bad = {fault.release for fault in FAULTS if fault.model == deployment.name and fault.release}
    return {
        version: train(deployment, version, past, labels, balanced=version in bad)
        for version in (deployment.version, *sorted(bad))
    }


def baseline(deployment: Deployment, models: Mapping[str, Served], plan: Plan) -> Baseline:
    """What the deployment's first months say."""
    traffic = Traffic(deployment, models, plan, plan.reference)
    table = recorded(deployment, traffic.until(plan.history))
    return comparison.learn(
        table,
        id="id",
        timestamp="at",
        version="version",
        score="score",
        prediction="prediction" if deployment.task == "multiclass" else None,
        label=deployment.target,
        label_timestamp="known",
        window="1d",
        budget=plan.budget,
        rows=plan.rows,
        **deployment.options,
    )


def recorded(deployment: Deployment, slices: Sequence[Slice]) -> Columns:
    """What was logged and came true, as one table."""
    found = {
        name: _texts(np.concatenate([part.features[name] for part in slices])) for name in deployment.features
    }
    for name in slices[0].scores:
        found[f"score_{name}".rstrip("_")] = np.concatenate([part.scores[name] for part in slices])
    if deployment.task == "multiclass":
        found["prediction"] = np.concatenate([part.decisions for part in slices])
    for name in ("at", "known"):
        found[name] = np.concatenate([getattr(part, name) for part in slices]).astype("datetime64[us]")
    found["id"] = _texts(np.concatenate([part.ids for part in slices]))
    found["version"] = np.concatenate([np.full(len(part), part.version) for part in slices])
    found[deployment.target] = _texts(np.concatenate([part.labels for part in slices]))
    return found


def _texts(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Texts as an array of texts, where none is missing: of such a one nobody has to look at each."""
    return values.astype(str) if values.dtype == object and None not in values.tolist() else values
