"""What is counted of a model's operations, and in which units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

NAMES = 100
"""Most names of one kind (errors, steps, feedback, versions) of a model; the rest are `OTHER`."""

OTHER = "(other)"
NAME_LETTERS = 200
MILLIONTHS = 1_000_000
"""Amounts are whole millionths, so that they add up exactly in any order."""

LARGEST_AMOUNT = 1e9
"""Costs and feedback beyond this are left out of sums."""

What = Literal[
    "rows", "latest", "latency", "error", "step", "cost", "labelled", "arrived",
    "feedback", "feedback_value", "beats", "expected", "lived",
    "cpu_busy", "memory_used", "cpu_used", "resident", "gpu_busy", "gpu_memory", "clock", "dropped",
]  # fmt: skip
"""What is counted.

rows: predictions; latest: the moment of the last one. latency, step: milliseconds by cell. error: by kind.
cost: its sum. labelled: predictions that have a label now, by the age of the label in seconds, in the hour of
the prediction; arrived: the same in the hour of the label. feedback: by name; feedback_value: sum of those
that are numbers. beats: heartbeats; expected: millionths of those that were expected between the first and
the last one of each process that says how often it beats; lived: microseconds of the hour between the first
and the last heartbeat of each other process, together. cpu_busy, memory_used: shares of the machine;
gpu_busy, gpu_memory: of its GPUs; cpu_used: processors; resident: bytes; each a sum over heartbeats. clock:
how far the server's clock is ahead of that of the process that is off most, by the hour in which the server
heard of it. dropped: what a client could not deliver, by kind and reason.
"""

Dropped = Literal["predictions", "labels", "feedback", "batches", "values"]
"""Kinds of what a client drops: rows; batches that could not be read any more; single values."""

LATEST: tuple[What, ...] = ("latest",)
"""Amounts of these are moments: of several the latest counts."""

FARTHEST: tuple[What, ...] = ("clock",)
"""Of several amounts of these the one that is farthest from zero counts. All others add up."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What is counted of a model in a range of hours.

    Attributes:
        named: what is counted under which name ("" where it has none), by number.
        hour: shape (rows,), hours since 1970 UTC; ascending.
        what: shape (rows,), numbers of `named`.
        cell, count, amount: shape (rows,); amounts in millionths, moments in microseconds, resident bytes as
            they are.
        versions: names of all that are counted of the model.
    """

    named: Mapping[int, tuple[What, str]]
    hour: Integers
    what: Integers
    cell: Integers
    count: Integers
    amount: Integers
    versions: tuple[str, ...] = ()
