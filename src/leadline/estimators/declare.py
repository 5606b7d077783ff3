"""How a method of estimation is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """What is known about a method.

    Attributes:
        key: in snake case; unique.
        title: for people.
        summary: one sentence: what it does.
        assumes: one sentence: what must hold for it to be right.
        needs_rows: it needs rows of both sides, not only counts.
        tasks: "binary", "multiclass", "regression".
        reference: source in the literature.
    """

    key: str
    title: str
    summary: str
    assumes: str
    needs_rows: bool
    tasks: frozenset[str]
    reference: str
