"""From a finished comparison to its likely causes, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.concept import Concept
from leadline.diagnosis.declare import Cause, Rule, Scope
from leadline.diagnosis.noise import kolmogorov_mean
from leadline.diagnosis.rules import RULES
from leadline.monitors.compare import Comparison
from leadline.tables.events import Event

_GENERALITY = {Scope.DATA: 0.0, Scope.MODEL: 0.0, Scope.PLACE: 0.15, Scope.POPULATION: 0.3}
"""What a cause of each scope has to explain more than one of a fault in the data to come before it."""

_RIVAL = 0.05
"""A cause explains a column better than a more specific one when its share is larger by this and by what
chance does."""

_UNMEASURED = 0.5
"""Weight of a cause whose share of the effect cannot be measured."""

_EXPLAINED = 0.1
"""Causes of the population are told when at least this share of the effect is left to them."""

COINCIDENCES = frozenset(rule.key for rule in RULES if rule.scope is Scope.COINCIDENCE)
"""Keys of what is told beside causes, and is none: what happened at the same time, and what follows."""


@dataclass(frozen=True)
class _Found:
    rule: Rule
    cause: Cause


def explain(
    comparison: Comparison,
    events: Sequence[Event] = (),
    concept: Concept | None = None,
    labels_come: bool = True,
    earlier: Comparison | None = None,
) -> tuple[Cause, ...]:
    """Why the comparison alerts: causes with proof, the likeliest first; none where nothing alerts.

    A cause's weight is the part of the moved columns' effects that it undoes. Of several that explain a
    column as well, the most specific stays. Changes of the population answer for what faults in the data
    leave unexplained. What merely happened at the same time comes last.

    Args:
        comparison: finished; nothing of it is changed.
        events: what people told of the model's surroundings.
        concept: of the comparison, where it is known already; else it is found when a rule asks for it.
        labels_come: all labels are there; else nothing is made of those that are.
        earlier: of the rows before the version came that gained some; as `Case` has it.
    """
    current = comparison.current
    case = Case(comparison, tuple(events), current.start, current.end, concept, labels_come, earlier)
    if not case.alerted:
        return ()
    chance = {c.name: 2 * kolmogorov_mean(c.harmonic) / max(c.effect, 1e-300) for c in case.moved}
    faults = _without_rivals(_found(case, [r for r in RULES if r.scope is Scope.DATA]), chance)
    faults += _found(case, [rule for rule in RULES if rule.scope is Scope.MODEL])
    # What a model answers follows the inputs that moved, unless a fault of its own is proven.
    proven = {name for item in faults for name in item.cause.columns}
    proven |= {column.name for column in case.suspects}
    effects = {column.name: column.effect for column in case.moved if column.name in proven}
    left = 1.0 - _explained(faults, effects)
    silent = {Scope.DATA, Scope.MODEL, *([Scope.POPULATION] if left < _EXPLAINED else [])}
    kept = faults + _found(case, [rule for rule in RULES if rule.scope not in silent])
    kept.sort(key=lambda item: _rank(item, effects, left))
    return tuple(item.cause for item in _without_repeats(kept))


# Ratios of counts are NaN or infinite where a side is empty; rules then find nothing.
@np.errstate(all="ignore")
def _found(case: Case, rules: Sequence[Rule]) -> list[_Found]:
    return [_Found(rule, item.caused_by(rule)) for rule in rules for item in rule.find(case)]


def _without_rivals(found: Sequence[_Found], chance: Mapping[str, float]) -> list[_Found]:
    """Of causes for the same column the more specific one, unless another explains clearly more.

    Args:
        chance: by how much the shares of right causes differ by chance, by column.
    """
    best: dict[str, float] = {}
    kept = []
    for item in found:
        share = _share(item.cause)
        names = item.cause.columns
        if all(name not in best or share > best[name] + _RIVAL + chance[name] for name in names):
            kept.append(item)
        for name in names:
            best[name] = max(best.get(name, share), share)
    return kept


def _without_repeats(ranked: Sequence[_Found]) -> list[_Found]:
    """A cause without a measured share is told only of columns that no measured one before it explains."""
    told: set[str] = set()
    kept = []
    for item in ranked:
        measured, columns = item.cause.share is not None, set(item.cause.columns)
        if measured or item.rule.scope is Scope.COINCIDENCE or not columns or not told >= columns:
            kept.append(item)
        if measured:
            told.update(item.cause.columns)
    return kept


def _explained(faults: Sequence[_Found], effects: Mapping[str, float]) -> float:
    """Part of all effects that the faults undo, 0..1."""
    total = sum(effects.values())
    shares: dict[str, float] = {}
    for item in faults:
        for name in item.cause.columns:
            shares[name] = max(shares.get(name, 0.0), _share(item.cause))
    return sum(effects[name] * shares.get(name, 0.0) for name in effects) / total if total else 0.0


def _rank(item: _Found, effects: Mapping[str, float], left: float) -> tuple[bool, float]:
    """Coincidences last; else by weight, less the generality of the scope. Sorting keeps rules' order."""
    scope = item.rule.scope
    if scope is Scope.COINCIDENCE:
        return True, 0.0
    weight = _share(item.cause) * _coverage(item.cause, effects)
    if scope is Scope.POPULATION:
        weight *= left
    return False, -round(weight - _GENERALITY[scope], 2)


def _coverage(cause: Cause, effects: Mapping[str, float]) -> float:
    """Part of the effects that belongs to the cause's columns; 1 for what speaks of the outcomes alone."""
    total = sum(effects.values())
    if not total or not cause.columns:
        return 1.0
    return sum(effect for name, effect in effects.items() if name in cause.columns) / total


def _share(cause: Cause) -> float:
    return _UNMEASURED if cause.share is None else cause.share
