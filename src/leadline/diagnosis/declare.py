"""How a cause is declared: one frozen record beside one pure function of a `Case`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from leadline.diagnosis.case import Case


class Scope(StrEnum):
    """What a cause speaks of, the most specific first."""

    DATA = "data"
    """A fault in how columns were made or delivered."""
    MODEL = "model"
    """A change of the model itself; what it did to its predictions may be told beside it."""
    PLACE = "place"
    """Where the change sits: a segment, or the mix of segments."""
    POPULATION = "population"
    """The rows, the labels or the model changed as a whole."""
    COINCIDENCE = "coincidence"
    """What happened at the same time, and what merely follows; no proof of a cause."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely cause of what was found.

    Attributes:
        key: of the rule that found it; `title`: the same for people.
        columns: what it explains, the largest change first; empty when it speaks of the outcomes alone.
        sentence: what happened, in one plain sentence.
        evidence: the figures behind the sentence by name.
        share: part of the effect that is gone when the cause is undone, 0..1; None: not measured.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    sentence: str
    evidence: Mapping[str, float | str]
    share: float | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause that can be proven from the counts of a comparison.

    Attributes:
        key: the field's own name in snake case; unique.
        title: for people.
        scope: what it speaks of.
        summary: one sentence: what the proof is.
        find: the pure function; gives one cause for each set of columns that it explains, or none where a
            part of the proof is missing.
    """

    key: str
    title: str
    scope: Scope
    summary: str
    find: Callable[[Case], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; `Cause` without the rule's own name."""

    columns: tuple[str, ...]
    sentence: str
    evidence: Mapping[str, float | str]
    share: float | None

    def caused_by(self, rule: Rule) -> Cause:
        """The finding under the name of its rule."""
        evidence = MappingProxyType(dict(self.evidence))
        share = None if self.share is None else min(max(self.share, 0.0), 1.0)
        return Cause(rule.key, rule.title, self.columns, self.sentence, evidence, share)
