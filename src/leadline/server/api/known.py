"""Models that a path names."""

from __future__ import annotations

from leadline.baselines.baseline import Baseline
from leadline.server.api.endpoint import Call, Wrong, missing


def check_known(call: Call, name: str) -> None:
    """A model has sent something, or has a baseline.

    Raises:
        Wrong: it has not: most likely its name is another one.
    """
    if not call.service.knows(name):
        raise missing("model", name, "See GET /api/v1/models.")


def known_baseline(call: Call, name: str) -> Baseline:
    """The baseline of a model.

    Raises:
        Wrong: it has none, or there is no such model.
    """
    found = call.service.worker.baseline(name)
    if found is None:
        check_known(call, name)
        raise Wrong(
            409, "the model has no baseline", where=name,
            next_step="Give it one: `leadline baseline` and `leadline apply`, or learn it from its rows"
            " on its page.",
        )  # fmt: skip
    return found
