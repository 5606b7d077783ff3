"""Finished comparisons of small tables, for the tests of causes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline import comparison
from leadline.monitors.compare import Comparison, compare
from leadline.tables import open_table


@pytest.fixture(scope="session")
def compared() -> Callable[..., Comparison]:
    """What `leadline.check` does before it draws."""

    def run(reference: Any, current: Any, **options: Any) -> Comparison:
        baseline = comparison.learn(reference, **options)
        physical = {field.name: field.physical for field in open_table(current, "current").fields}
        return compare(baseline, comparison.profile(current, baseline), baseline.settings, physical)

    return run
