"""Where small facts are kept in tests: a file, and a real PostgreSQL."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Tests are imported by path, each on its own; what several of them look at is imported by name.
sys.path.append(str(Path(__file__).parent))

from cluster import Cluster, postgresql

__all__ = ["place", "postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a `Metadata` without anything in it is: the same each time in a test."""
    if request.param == "sqlite":
        return tmp_path / "m"
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.new()
