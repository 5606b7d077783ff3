"""What is counted of a model's operations, and in which units."""

from __future__ import annotations

from typing import Literal

NAMES = 100
"""Most names of one kind (errors, steps, feedback, versions, processes) of a model; the rest are `OTHER`."""

OTHER = "(other)"
NAME_LETTERS = 200
MILLIONTHS = 1_000_000
"""Amounts are whole millionths, so that they add up exactly in any order."""

LARGEST_AMOUNT = 1e9
"""Costs and feedback beyond this are left out of sums."""

What = Literal[
    "rows", "latest", "latency", "error", "step", "cost", "labelled", "arrived",
    "feedback", "feedback_value", "beats", "first_beat", "last_beat",
    "cpu_busy", "memory_used", "cpu_used", "resident", "gpu_busy", "gpu_memory", "clock", "dropped",
]  # fmt: skip
"""What is counted.

rows: predictions; latest: the moment of the last one. latency, step: milliseconds by cell. error: by kind.
cost: its sum. labelled: predictions that have a label now, by the age of the label in seconds, in the hour of
the prediction; arrived: the same in the hour of the label. feedback: by name; feedback_value: sum of those
that are numbers. beats, first_beat, last_beat: heartbeats of a process in the hour. cpu_busy, memory_used:
shares of the machine; gpu_busy, gpu_memory: of its GPUs; cpu_used: processors; resident: bytes; each a sum
over heartbeats. clock: how far the server's clock is ahead of that of a process, by the hour in which the
server heard of it. dropped: what a client could not deliver, by kind and reason.
"""

Dropped = Literal["predictions", "labels", "feedback", "batches", "values"]
"""Kinds of what a client drops: rows; batches that could not be read any more; single values."""

EARLIEST: tuple[What, ...] = ("first_beat",)
LATEST: tuple[What, ...] = ("latest", "last_beat")
"""Amounts of these are moments: of several the earliest or latest counts."""

FARTHEST: tuple[What, ...] = ("clock",)
"""Of several amounts of these the one that is farthest from zero counts. All others add up."""
