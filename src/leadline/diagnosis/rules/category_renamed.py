"""A category goes by another name: one vanished, and another gained the same rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import undone, variation_mean, variation_noise
from leadline.diagnosis.rules.spelling import respelled
from leadline.diagnosis.words import listed, named, percent
from leadline.profiles.categorical import CategoricalAxis

_ROWS = 10
"""Rows of a vanished category that were to be expected."""


def find(case: Case) -> list[Finding]:
    """One finding for each column whose vanished categories came back under another name."""
    found = []
    for column, axis in case.categorical():
        finding = _renamed(column, axis)
        if finding is not None:
            found.append(finding)
    return found


def _renamed(column: Column, axis: CategoricalAxis) -> Finding | None:
    names = len(axis.vocabulary)
    p, q = column.before.shares, column.now.shares
    gone = np.flatnonzero((q[:names] == 0) & (p[:names] * column.now.size >= _ROWS))
    if not len(gone):
        return None
    best: tuple[float, float, int] | None = None
    for cell, predicted in _trials(p, q, gone, names):
        left = float(np.abs(q - predicted).sum() / 2)
        share = undone(column.distance, left, variation_mean(predicted, column.harmonic))
        fits = left <= variation_noise(predicted, column.harmonic) or share >= 0.97
        if share >= PROVEN and fits and (best is None or share > best[0]):
            best = share, left, cell
    if best is None or not _same_kinds(column, axis, len(gone), best[2]):
        return None
    share, left, cell = best
    into = axis.vocabulary[cell] if cell < names else ""
    vanished = [axis.vocabulary[k] for k in gone]
    moved = float(p[gone].sum())
    spelling = None if into else respelled(column, axis)
    whereto = (
        f"{named(into)} gained the same share of rows: a change of name"
        if into
        else f"the same share of rows holds them {spelling[0]} ({spelling[1]}): a change of spelling"
        if spelling
        else "values that were never seen have the same share of rows: a change of name"
        if axis.complete
        else "rarer values gained the same share of rows: a change of name"
    )
    return Finding(
        (column.name,),
        f"{named(column.name)}: {listed(vanished)} vanished ({percent(moved)} of the reference), and"
        f" {whereto}.",
        {
            "vanished": ", ".join(vanished[:10]),
            "vanished_share": moved,
            "appeared": into or "unseen values",
            **({"spelling": spelling[0]} if spelling else {}),
            "distance": column.distance,
            "distance_left": left,
        },
        share,
    )


def _trials(
    p: npt.NDArray[np.float64], q: npt.NDArray[np.float64], gone: npt.NDArray[np.intp], names: int
) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Each cell that may have taken the vanished rows, and the shares that this predicts."""
    moved = p.copy()
    moved[gone] = 0
    lost = float(p[gone].sum())
    gain = q - p
    gain[gone] = 0
    if len(p) > names + 1:
        # Without a cell for unseen values the new names are spread over the hash cells, in any way.
        tail = np.maximum(gain[names:], 0.0)
        spread = moved.copy()
        spread[names:] += lost * tail / max(float(tail.sum()), 1e-300)
        yield names, spread
    for cell in np.argsort(-gain, kind="stable")[:2]:
        predicted = moved.copy()
        predicted[cell] += lost
        yield int(cell), predicted


def _same_kinds(column: Column, axis: CategoricalAxis, gone: int, cell: int) -> bool:
    """As many new names as vanished ones (fewer when several became one), where they can be counted."""
    # Of some windows of a table it is not known how many names they hold.
    if not axis.complete or cell < len(axis.vocabulary) or np.isnan(column.now.distinct):
        return True
    kept = np.count_nonzero(column.now.counts[: len(axis.vocabulary)])
    new = column.now.distinct - kept
    rare = int(np.count_nonzero(column.before.counts[: len(axis.vocabulary)])) - kept - gone
    most = gone + (rare if rare > 0 else 0)
    return bool(1 <= new <= 1.1 * most)


RULE = Rule(
    "category_renamed",
    "Renamed category",
    Scope.DATA,
    "Categories vanished, and as many rows as they held appeared under a name of their own.",
    find,
)
