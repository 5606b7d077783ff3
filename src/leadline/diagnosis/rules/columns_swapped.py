"""Two columns were exchanged, in all rows or in a part of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN, distribution
from leadline.diagnosis.noise import (
    kolmogorov_mean,
    kolmogorov_noise,
    undone,
    variation_mean,
    variation_noise,
)
from leadline.diagnosis.words import distance, named, rows
from leadline.profiles.grid import CategoricalAxis, NumericAxis

Floats = npt.NDArray[np.float64]

_COLUMNS_MOST = 60
"""Pairs are looked at among the columns that moved most."""


def find(case: Case) -> list[Finding]:
    """One finding for each pair, best first; a column is part of one pair only."""
    columns = [c for c in case.moved[:_COLUMNS_MOST] if c.comparable]
    pairs = []
    for one, other in combinations(columns, 2):
        there, back = _looks_like(one, other), _looks_like(other, one)
        if there is None or back is None or abs(there[0] - back[0]) > 0.1:
            continue
        share = min(there[1], back[1])
        pairs.append((share, one, other, there, back))
    found: list[Finding] = []
    taken: set[str] = set()
    for share, one, other, there, back in sorted(pairs, key=lambda pair: -pair[0]):
        if taken & {one.name, other.name}:
            continue
        taken |= {one.name, other.name}
        part = (there[0] + back[0]) / 2
        found.append(
            Finding(
                (one.name, other.name),
                f"{named(one.name)} and {named(other.name)} are exchanged in {rows(part)}: each now has the"
                f" values that the other had; undoing that takes their distances from"
                f" {distance(one.distance)} and {distance(other.distance)} to {distance(there[2])} and"
                f" {distance(back[2])}.",
                {
                    "rows_share": part,
                    f"distance of {one.name}": one.distance,
                    f"distance of {other.name}": other.distance,
                    f"distance left of {one.name}": there[2],
                    f"distance left of {other.name}": back[2],
                },
                share,
            )
        )
    return found


def _looks_like(column: Column, other: Column) -> tuple[float, float, float] | None:
    """Part of the column's rows that hold values of the other's reference, share undone, distance left."""
    if isinstance(column.axis, NumericAxis) and isinstance(other.axis, NumericAxis):
        before = distribution(column.axis, column.before).below
        change = distribution(column.axis, column.now).below - before
        full = distribution(other.axis, other.before).below_edges(column.axis) - before
        noise, mean = kolmogorov_noise(column.harmonic), kolmogorov_mean(column.harmonic)
        part, gap = _part(change, full)
        left = float(np.abs(gap).max())
    elif isinstance(column.axis, CategoricalAxis) and isinstance(other.axis, CategoricalAxis):
        if not (column.axis.complete and other.axis.complete) or not _known_values(column, other):
            return None
        p, q = column.before.shares, column.now.shares
        target = np.zeros(len(p))
        cells = column.axis.assign(other.axis.vocabulary)
        np.add.at(target, cells, other.before.shares[: len(cells)])
        part, gap = _part(q - p, target - p)
        left = float(np.abs(gap).sum() / 2)
        mixed = part * target + (1 - part) * p
        noise, mean = variation_noise(mixed, column.harmonic), variation_mean(mixed, column.harmonic)
    else:
        return None
    share = undone(column.distance, left, mean)
    proven = share >= PROVEN and (left <= noise or share >= 0.97) and part >= 0.05
    return (part, share, left) if proven else None


def _part(change: Floats, full: Floats) -> tuple[float, Floats]:
    norm = float(full @ full)
    part = float(np.clip(change @ full / norm, 0.0, 1.0)) if norm > 0 else 0.0
    return part, change - part * full


def _known_values(column: Column, other: Column) -> bool:
    """The column's new values are values of the other's reference, by their hashes."""
    now, before = column.now.sample, other.before.sample
    own = column.before.sample
    if now.shift or before.shift or own.shift:
        return True
    new = np.setdiff1d(now.hashes, own.hashes)
    return bool(np.isin(new, before.hashes).mean() >= 0.9) if len(new) else True


RULE = Rule(
    "columns_swapped",
    "Exchanged columns",
    Scope.DATA,
    "Each of two columns has the distribution that the other had in the reference.",
    find,
)
