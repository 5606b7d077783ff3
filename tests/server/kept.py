"""Rows for a store without a server: batches of a small model, and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import leadline
from leadline.baselines.baseline import Baseline
from leadline.profiles.profile import Profile
from leadline.schedule import instant
from leadline.server.judging import counting
from leadline.stores.cells import Cells, Key, texts, typed
from leadline.stores.contract import Batch, Rows, RowStore

DAY = 86_400_000_000
START = instant("2026-01-01")
MODEL = "credit"


def baseline(width: str = "1d") -> Baseline:
    """Of 40 quiet days; a segment, an entity, a weight-free score with labels, and a rule."""
    rows = table(np.random.default_rng(0), 2_000, 0, 40, "reference")
    found = leadline.learn(
        rows, id="id", timestamp="at", score="p", label="y", segment=["region"], entity="customer",
        window=width, budget="1/30d", rules={"age": {"max": 80}},
    )  # fmt: skip
    return counting.live(found)


def table(generator: np.random.Generator, size: int, first: int, days: int, name: str) -> dict[str, Any]:
    """Rows between two days."""
    risk = generator.normal(size=size)
    return {
        "id": [f"{name}-{i}" for i in range(size)],
        "at": (START + first * DAY + generator.integers(0, days * DAY, size)).astype("datetime64[us]"),
        "amount": np.round(generator.normal(50, 10, size), 3),
        "age": generator.integers(18, 90, size),
        "region": generator.choice(["north", "south"], size).tolist(),
        "customer": [f"customer-{generator.integers(0, 300)}" for _ in range(size)],
        "p": 1 / (1 + np.exp(-risk)),
        "y": (generator.random(size) < 1 / (1 + np.exp(-risk))).astype(np.int64),
    }


def predictions(key: str, rows: Mapping[str, Any], received_at: int, model: str = MODEL) -> Batch:
    """A batch of rows without their labels."""
    found: dict[Key, Cells] = {}
    for name in ("amount", "age", "customer", "region", "p"):
        section = {"p": "", "region": "segment"}.get(name, "features")
        for kind, cells in typed(np.asarray(rows[name]).tolist(), {}).items():
            found[Key(section, "score" if name == "p" else name, kind)] = cells
    sent = Rows(texts(rows["id"]), rows["at"].astype(np.int64), found)
    return Batch(key, model, received_at, key.encode(), b"{}", {"predictions": sent})


def labels(
    key: str, ids: Sequence[str], values: Sequence[int], at: int, received_at: int, model: str = MODEL
) -> Batch:
    """A batch of labels."""
    found = {Key("", "label", kind): cells for kind, cells in typed([int(v) for v in values], {}).items()}
    sent = Rows(texts(ids), np.full(len(ids), at), found)
    return Batch(key, model, received_at, key.encode(), b"{}", {"labels": sent})


def counts(store: RowStore, known: Baseline) -> Profile:
    """All that is counted, together."""
    kept = store.profiles(MODEL, counting.grid_name(known))
    profiles = [counting.decoded(one, known.grid) for one in kept]
    found = profiles[0]
    for one in profiles[1:]:
        found = found.merge(one)
    return found


def content(folder: Path) -> bytes:
    """The bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
