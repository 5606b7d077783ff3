"""Values in another unit or scale: current = factor x reference, in all rows or in a part of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import ALIKE, LEAST, Fit, Fitter
from leadline.diagnosis.rules.maps import fitter, holds, own_column
from leadline.diagnosis.words import distance, named, number, rows

_PAIRS = {
    "inches and centimetres": 2.54,
    "feet and metres": 0.3048,
    "feet and inches or years and months": 12.0,
    "pounds and kilograms": 0.45359237,
    "ounces and grams": 28.349523125,
    "miles and kilometres": 1.609344,
    "gallons and litres": 3.785411784,
    "horsepower and kilowatts": 0.745699872,
    "calories and joules": 4.184,
    "minutes and hours or seconds and minutes": 60.0,
    "seconds and hours": 3600.0,
    "days and hours": 24.0,
    "days and weeks": 7.0,
    "seconds and days": 86_400.0,
    "metres a second and kilometres an hour": 3.6,
    "metres a second and miles an hour": 0.44704,
    "metres a second and knots": 0.514444,
    "kilometres an hour and knots": 1.852,
    "hectopascals and inches of mercury": 33.8638867,
    "hectopascals and millimetres of mercury": 1.33322387,
    "pounds a square inch and kilopascals": 6.894757,
    "acres and hectares": 0.40468564,
    "square feet and square metres": 0.09290304,
    "inches and millimetres": 25.4,
    "degrees and radians": float(np.pi / 180),
    "binary thousands (KiB, MiB)": 1024.0,
    "binary millions": 1024.0**2,
    "natural and decimal logarithm": float(np.log(10)),
    "natural and binary logarithm": float(np.log(2)),
}
"""Factors between units that are mixed up in practice, common ones first."""

_AFFINE = {
    "degrees Celsius and Fahrenheit": (1.8, 32.0),
    "degrees Fahrenheit and Celsius": (1 / 1.8, -32 / 1.8),
    "degrees Celsius and Kelvin": (1.0, 273.15),
    "degrees Kelvin and Celsius": (1.0, -273.15),
}

_CLEAR = 1.15
"""A free factor nearer to 1 than this may be a change of the population as well."""

_PART_CLEAR = 5.0
"""A free factor in a part of the rows has to set that part apart."""

_COARSE, _NEAR = 10.0 ** (np.arange(-54, 55) / 6), 10.0 ** (np.arange(-20, 21) / 40)
"""Factors from which a search starts."""


def known_maps() -> Iterator[tuple[float, float, str]]:
    """Factor, offset and name of the known changes of unit, in both directions."""
    for power in range(1, 10):
        for factor in (10.0**power, 10.0**-power):
            yield factor, 0.0, "a power of ten"
    for name, factor in _PAIRS.items():
        yield factor, 0.0, name
        yield 1 / factor, 0.0, name
    for name, (factor, offset) in _AFFINE.items():
        yield factor, offset, name


def find(case: Case) -> list[Finding]:
    """One finding for each column whose change is undone by a factor."""
    found = []
    for column, axis in case.numeric():
        result = _explain(case, column, fitter(case, column, axis))
        if result is not None:
            fit, unit = result
            found.append(_finding(column, fit, unit))
    return found


def _explain(case: Case, column: Column, fits: Fitter) -> tuple[Fit, str] | None:
    own = own_column(case, column)
    names = {
        (factor, offset): name
        for factor, offset, name in known_maps()
        if own or not 1 / _PART_CLEAR < factor < _PART_CLEAR
    }
    # Where all moves, rows of two kinds in another mix look like a part of the rows in another unit.
    proven = [f for f in fits.fits(names) if holds(case, column, f) and (own or f.part == 1)]
    free = _free(column, fits) if own else None
    free = free if free is not None and holds(case, column, free) else None
    least = min((fit.misfit for fit in proven), default=np.inf)
    # A part of the rows is one more thing to choose, and has to fit better than all of them.
    whole = [f for f in proven if f.part == 1 and f.misfit * f.misfit <= least * least + 2 * ALIKE]
    known = _first(whole) or _first(proven)
    if known is None:
        return (free, "") if free is not None else None
    # A known unit of all rows has nothing to choose: it stands unless a free factor fits clearly better. One
    # of a part of them has as much to choose as a free factor of all rows, which happens more simply.
    margin = -2 * ALIKE if known.part < 1 and free is not None and free.part == 1 else 2 * ALIKE
    if free is not None and known.misfit * known.misfit > free.misfit * free.misfit + margin:
        return free, ""
    return known, "" if _mixed_up(known, names, fits) else names[known.factor, known.offset]


def _mixed_up(known: Fit, names: Iterable[tuple[float, float]], fits: Fitter) -> bool:
    """A larger and more common change in a part of the rows fits better than this one in all of them.

    So look days in the midst of which a unit changed; no unit is then told from a factor that is between.

    Args:
        names: maps, common ones first.
    """
    if known.part < 1 or known.offset:
        return False
    common = takewhile(lambda one: one != (known.factor, known.offset), names)
    way = np.log(known.factor)
    larger = [(factor, offset) for factor, offset in common if np.log(factor) / way > 1]
    mixtures = fits.mixtures(larger) if larger else []
    return any(fit.part >= LEAST and fit.misfit < known.misfit for fit in mixtures)


def _first(fits: Sequence[Fit]) -> Fit | None:
    """Of the fits that are nearly as good as the best, the first: the more common unit."""
    least = min((fit.misfit for fit in fits), default=np.inf)
    return next((fit for fit in fits if fit.misfit * fit.misfit <= least * least + ALIKE), None)


def _free(column: Column, fits: Fitter) -> Fit | None:
    """The best factor of all."""
    start = np.concatenate([fits.nearest(factors, 3) for factors in (_COARSE, _NEAR)])
    trials = [*start.tolist(), *_moment_factors(column, fits, start)]
    for width in (0.03, 0.005):
        around = np.concatenate([factor * 10.0 ** (width * np.linspace(-1, 1, 9)) for factor in trials[:8]])
        trials = [*fits.nearest(around, 3).tolist(), *trials]
    # Factors that people choose are round; columns of few values show only the exact one.
    trials += [float(f"{factor:.{digits}g}") for factor in trials for digits in (1, 2, 3)]
    found = [fit for fit in fits.fits((factor, 0.0) for factor in dict.fromkeys(trials)) if _is_clear(fit)]
    return min(found, key=lambda fit: fit.misfit, default=None)


def _is_clear(fit: Fit) -> bool:
    strength = max(fit.factor, 1 / fit.factor)
    return fit.proven and strength >= (_CLEAR if fit.part == 1 else _PART_CLEAR)


def _moment_factors(column: Column, fits: Fitter, start: npt.NDArray[np.float64]) -> list[float]:
    """Factors that the exact means and deviations imply, given the part that was moved."""
    before, now = column.before, column.now
    implied = [now.mean / before.mean if before.mean else 0.0, now.deviation / (before.deviation or 1.0)]
    for factor in start:
        part = fits.part(float(factor), 0.0)
        if part > 0 and before.mean:
            implied.append((now.mean - (1 - part) * before.mean) / (part * before.mean))
    return [float(factor) for factor in implied if np.isfinite(factor) and 1e-10 < factor < 1e10]


def _finding(column: Column, fit: Fit, unit: str) -> Finding:
    shift = f" plus {number(fit.offset)}" if fit.offset else ""
    hint = f", as between {unit}" if unit and unit != "a power of ten" else ", a power of ten" if unit else ""
    ratio = number(fit.factor) if fit.factor >= 1 or fit.offset else f"1/{number(1 / fit.factor)}"
    evidence: dict[str, float | str] = {
        "factor": fit.factor,
        "rows_share": fit.part,
        "distance": fit.distance,
        "distance_left": fit.left,
    }
    if fit.offset:
        evidence["offset"] = fit.offset
    if unit:
        evidence["unit"] = unit
    return Finding(
        (column.name,),
        f"{named(column.name)} is {ratio} times its former values{shift} in {rows(fit.part)}{hint}; undoing"
        f" that takes the distance from {distance(fit.distance)} to {distance(fit.left)}.",
        evidence,
        fit.share,
    )


RULE = Rule(
    "unit_change",
    "Change of unit or scale",
    Scope.DATA,
    "A factor moves the reference's distribution onto the current one, in all rows or in a part of them.",
    find,
)
