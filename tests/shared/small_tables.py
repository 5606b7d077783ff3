"""Small tables of each kind of column, and what a check says of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS = 400


def made(seed: int, rows: int = ROWS) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "number": rng.normal(size=rows),
        "word": rng.choice(list("abc"), rows),
        "flag": rng.random(rows) < 0.5,
    }


def verdicts(record: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["verdict"] for column in record["columns"]}


def reasons(record: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["reason"] for column in record["columns"]}
