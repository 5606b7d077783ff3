"""Of all baselines everything is at hand, and the counts of a few."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import DataError, RetryableError
from leadline.server.judging import counting
from leadline.server.judging.baselines import Baselines
from leadline.stores.metadata import Metadata


def learned(seed: int) -> Baseline:
    values = np.random.default_rng(seed).normal(size=500)
    return counting.live(leadline.learn({"x": values, "y": (values > 0).astype(int)}, label="y"))


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[Metadata]:
    made = Metadata(tmp_path / "facts")
    for seed in range(3):
        made.models.set_baseline(f"m{seed}", learned(seed).to_bytes(), 0)
    yield made
    made.close()


def everything(baseline: Baseline) -> Any:
    """A baseline as one value: its file."""
    return baseline.to_bytes()


@pytest.mark.parametrize("held_bytes", [0, 1 << 30])
def test_they_are_what_was_saved_however_few_are_held(metadata: Metadata, held_bytes: int) -> None:
    found = Baselines(metadata.models, held_bytes)
    known = {seed: found.of(f"m{seed}") for seed in range(3)}
    for _ in range(2):
        for seed, one in known.items():
            expected = learned(seed)
            assert one is not None
            assert one is found.of(f"m{seed}")
            assert everything(one) == everything(expected)
            assert one.fingerprint == expected.fingerprint
            assert counting.grid_name(one) == counting.grid_name(expected)
            assert "no such sum" not in one.profile.sums
    assert found.of("another") is None


def test_counts_of_others_are_let_go(metadata: Metadata) -> None:
    found = Baselines(metadata.models, held_bytes=0)
    counts = []
    for seed in range(3):
        one = found.of(f"m{seed}")
        assert one is not None
        counts.append(weakref.ref(one.profile.sums["cells"]))
        del one
    gc.collect()
    assert [count() is not None for count in counts] == [False, False, True]


def test_counts_are_never_those_of_another_revision(metadata: Metadata) -> None:
    found = Baselines(metadata.models, held_bytes=0)
    before = found.of("m0")
    assert before is not None
    metadata.models.set_baseline("m0", learned(7).to_bytes(), 0)
    after = found.of("m0")
    assert after is not None
    assert everything(after) == everything(learned(7))
    with pytest.raises(RetryableError, match="replaced"):
        _ = before.profile.sums["cells"]


def test_what_is_no_baseline_is_said(metadata: Metadata, tmp_path: Path) -> None:
    profile = leadline.profile({"x": [1.0, 2.0], "y": [0, 1]}, learned(0)).save(tmp_path / "profile")
    metadata.models.set_baseline("m0", profile.read_bytes(), 0)
    metadata.models.set_baseline("m1", b"", 0)
    found = Baselines(metadata.models)
    assert isinstance(loaded(profile.read_bytes(), ""), leadline.Profile)
    for model in ("m0", "m1"):
        with pytest.raises(DataError):
            found.of(model)
