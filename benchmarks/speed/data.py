"""Made-up traffic for the speed benchmarks: 40 numeric and 10 text columns, some of them drifted.

Kept as one NumPy file for each column, so that every tool's own environment can load the same table
with nothing but NumPy and pandas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20_250
NUMERIC = 40
LEVELS = (2, 3, 5, 8, 12, 20, 50, 100, 300, 1000)


def write(folder: Path, rows: int, drifted: bool) -> None:
    """Write a table of `rows` rows to a folder; numbers are float64 or int64, texts are codes and a list."""
    folder.mkdir(parents=True)
    names = []
    for name, values, texts in columns(rows, drifted):
        names.append(name)
        np.save(folder / f"{name}.npy", values)
        if texts is not None:
            (folder / f"{name}.json").write_text(json.dumps(texts))
    (folder / "columns.json").write_text(json.dumps(names))


def columns(rows: int, drifted: bool) -> Iterator[tuple[str, np.ndarray, list[str] | None]]:
    """Name, values, and the texts that the values are codes of (None: numbers; code -1: null)."""
    generator = np.random.default_rng([SEED, rows, drifted])
    for k in range(NUMERIC):
        shift = 0.15 if drifted and k % 7 == 3 else 0.0
        values = numbers(generator, k, rows, shift)
        if k % 5 == 0 and values.dtype == np.float64:
            share = 0.05 if drifted and k == 10 else 0.02
            values[generator.random(rows) < share] = np.nan
        yield f"n{k:02d}", values, None
    for k, levels in enumerate(LEVELS):
        weights = 1.0 / np.arange(1, levels + 1) ** (1.2 if drifted and k % 4 == 2 else 1.0)
        codes = generator.choice(levels, rows, p=weights / weights.sum()).astype(np.int16)
        if k % 3 == 0:
            codes[generator.random(rows) < 0.01] = -1
        yield f"c{k:02d}", codes, [f"value {i:04d}" for i in range(levels)]


def numbers(generator: np.random.Generator, k: int, rows: int, shift: float) -> np.ndarray:
    """Column k: one of eight usual shapes, moved by `shift` standard deviations."""
    shape = k % 8
    if shape in (0, 4):
        return generator.normal(10.0 * k + 3.0 * shift, 3.0, rows)
    if shape == 1:
        return generator.lognormal(1.0 + shift, 1.0, rows)
    if shape == 2:
        return generator.gamma(2.0, 50.0 * (1 + shift), rows) * (generator.random(rows) < 0.3)
    if shape == 3:
        return generator.poisson(4.0 * (1 + shift / 2), rows)
    if shape == 5:
        return np.round(generator.lognormal(3.0 + shift, 0.8, rows), 2)
    if shape == 6:
        return generator.integers(0, 1_000_000, rows) + round(3e5 * shift)
    return generator.standard_t(3, rows) + shift


def load(folder: Path, rows: int | None = None) -> Any:
    """The table as a pandas DataFrame, or its first rows."""
    import pandas as pd

    found = {}
    for name in json.loads((folder / "columns.json").read_text()):
        values = np.load(folder / f"{name}.npy")[:rows]
        listed = folder / f"{name}.json"
        if listed.exists():
            texts = np.array([*json.loads(listed.read_text()), None], dtype=object)
            values = texts[values]
        found[name] = values
    return pd.DataFrame(found)
