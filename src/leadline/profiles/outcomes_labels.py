"""Labels of any type: which classes there are, which is positive, and codes for rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError

Codes = npt.NDArray[np.int16]
Task = Literal["binary", "multiclass", "regression"]

MISSING = -1
"""Code of a row without a value."""

UNKNOWN = -2
"""Code of a value that is none of the classes."""

CLASSES_MAX = 64
"""Classes with a place of their own; the rest are counted together as "(other)"."""

_POSITIVE = ("1", "true", "yes", "y", "t", "positive", "pos", "+")
_NEGATIVE = ("0", "false", "no", "n", "f", "negative", "neg", "-")
_PAIRS = (*zip(_POSITIVE, _NEGATIVE, strict=True), ("1", "-1"))


def canonical(value: object) -> str:
    """One name for one class: True, 1, 1.0 and "1" are all "1"; other text is stripped, not changed."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return canonical(number) if math.isfinite(number) else text


def value_counts(
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None = None,
    dictionary: Sequence[str] | None = None,
) -> dict[str, int]:
    """Rows of each class name in a batch; without nulls, NaN and empty text. Add the batches."""
    if dictionary is None:
        present = _present(values, valid)
        found, rows = np.unique(values[present], return_counts=True)
        names: list[str] = [canonical(v) for v in found.tolist()]
    else:
        codes = values if valid is None else values[valid]
        rows = np.bincount(codes, minlength=len(dictionary))
        kept = np.flatnonzero(rows).tolist()
        names, rows = [canonical(dictionary[i]) for i in kept], rows[kept]
    out: dict[str, int] = {}
    for name, count in zip(names, rows.tolist(), strict=True):
        if name:
            out[name] = out.get(name, 0) + count
    return out


def infer_task(counts: Mapping[str, int], numeric: bool) -> Task:
    """The task that labels speak of: two values: binary; whole numbers or text of few values: several
    classes; other numbers: regression.
    """
    if len(counts) <= 2:
        return "binary"
    whole = all(_is_whole(name) for name in counts)
    if numeric and (not whole or len(counts) > 20):
        return "regression"
    return "multiclass"


def _is_whole(name: str) -> bool:
    return name.lstrip("+-").isdigit()


def binary_classes(
    counts: Mapping[str, int], positive: object = None, where: str | None = None
) -> tuple[str, str]:
    """The negative and the positive class of labels with these values.

    The positive one is the stated one, else that of a known pair (1 / 0, true / false, yes / no, ...).
    Labels that hold one class only are completed from the pair.

    Raises:
        DataError: more than two values; or the positive one cannot be told from the other.
    """
    names = sorted(counts)
    if positive is not None:
        chosen = canonical(positive)
        others = [name for name in names if name != chosen and name.lower() != chosen.lower()]
        matches = [name for name in names if name.lower() == chosen.lower()]
        if not matches and len(names) == 2 and (place := _code(chosen, names)) >= 0:
            matches, others = [names[place]], [names[1 - place]]
        if len(others) > 1 or (not matches and len(names) > 1):
            raise DataError(
                "`positive` is not one of two label values",
                where=where,
                found=chosen,
                accepted=names,
            )
        chosen = matches[0] if matches else chosen
        return (others[0] if others else _partner(chosen), chosen)
    lower = {name.lower(): name for name in names}
    for yes, no in _PAIRS:
        if set(lower) == {yes, no} or (len(lower) == 1 and (yes in lower or no in lower)):
            return lower.get(no, no), lower.get(yes, yes)
    raise DataError(
        "cannot tell which label is the positive one",
        where=where,
        found=names[:10],
        accepted="one of them as `positive`" if len(names) == 2 else "two values, one of them as `positive`",
        next_step="State it with `positive`.",
    )


def _partner(name: str) -> str:
    low = name.lower()
    return next((b for pair in _PAIRS for a, b in (pair, pair[::-1]) if a == low), f"not {name}")


def known_classes(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The classes that get a place of their own: the `CLASSES_MAX` largest, in natural order."""
    largest = sorted(counts, key=lambda name: (-counts[name], name))[:CLASSES_MAX]
    return tuple(sorted(largest, key=_natural))


def _natural(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def encode(
    values: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_] | None,
    dictionary: Sequence[str] | None,
    classes: Sequence[str],
) -> Codes:
    """Class codes of a batch: the place in `classes`, `MISSING` or `UNKNOWN`; shape (rows,), int16.

    With two classes, words of the same sense agree too: a prediction `True` or "yes" is the class "1".
    """
    if dictionary is not None:
        table = np.array([_code(canonical(text), classes) for text in dictionary] or [MISSING], np.int16)
        codes = table[values] if len(dictionary) else np.full(len(values), MISSING, np.int16)
        return codes if valid is None else np.where(valid, codes, np.int16(MISSING))
    present = _present(values, valid)
    if present.all():
        return _classified(values, classes)
    codes = np.full(len(values), MISSING, np.int16)
    codes[present] = _classified(values[present], classes)
    return codes


_BYTES = 256
"""Values that a byte has."""

_FEW = 4
"""So many classes are sooner compared one by one than searched."""


def _classified(values: npt.NDArray[Any], classes: Sequence[str]) -> Codes:
    """The place in `classes` or `UNKNOWN` of numbers and booleans, none of them missing."""
    if values.dtype == np.bool_:
        pair = np.array([_code("0", classes), _code("1", classes)], np.int16)
        return pair.take(values.view(np.uint8))
    if values.dtype.itemsize == 1 and len(values) > _BYTES:
        every = np.arange(_BYTES, dtype=np.uint8)
        return _classified(every.view(values.dtype), classes).take(values.view(np.uint8))
    numbers = _numbers(classes)
    order = np.argsort([n for n, _ in numbers], kind="stable")
    known = np.array([numbers[i][0] for i in order], np.float64)
    places = np.array([numbers[i][1] for i in order], np.int16)
    codes = np.full(len(values), UNKNOWN, np.int16)
    if len(known) <= _FEW:
        for number, place in zip(known[::-1], places[::-1], strict=True):  # of equals the first
            np.copyto(codes, place, where=values == number)
        return codes
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.where(known[at] == values, places[at], codes)


def _numbers(classes: Sequence[str]) -> list[tuple[float, int]]:
    """Numbers that stand for each class, with its place."""
    out = []
    for place, name in enumerate(classes):
        try:
            out.append((float(name), place))
        except ValueError:
            continue
    if not out and len(classes) == 2:
        out = [(v, c) for v in (0, 1) if (c := _code(str(v), classes)) >= 0]
    return out


def _code(name: str, classes: Sequence[str]) -> int:
    if not name:
        return MISSING
    if name in classes:
        return classes.index(name)
    if len(classes) == 2:
        low = name.lower()
        lows = [c.lower() for c in classes]
        if low in lows:
            return lows.index(low)
        for sense in (_POSITIVE, _NEGATIVE):
            if low in sense:
                return next((i for i, c in enumerate(lows) if c in sense), UNKNOWN)
    return UNKNOWN


def _present(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_]:
    present = np.ones(len(values), bool) if valid is None else valid.copy()
    if values.dtype.kind == "f":
        present &= ~np.isnan(values)
    return present
