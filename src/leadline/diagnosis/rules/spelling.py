"""Known categories that are written in another way: what was done to their texts."""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from leadline.diagnosis.case import Column
from leadline.diagnosis.words import named
from leadline.profiles.categorical import CategoricalAxis
from leadline.tables.texts import hashes

_PROVEN = 0.9
"""Share of the new values that have to be known ones, written so."""

_LONGEST = 64
"""Letters to which texts are tried to have been cut."""


def _as(encoding: str) -> Callable[[str], str]:
    return lambda text: text.encode().decode(encoding)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _shorter_by_ending(text: str) -> str:
    return text.removesuffix(".0")


_WAYS: dict[str, Callable[[str], str]] = {
    "in lower case": str.lower,
    "in capitals": str.upper,
    "with capitals at the beginning of words": str.title,
    "with a space behind them": lambda text: f"{text} ",
    "with a space before them": lambda text: f" {text}",
    "without the spaces around them": str.strip,
    "without spaces": lambda text: text.replace(" ", ""),
    "with _ in place of spaces": lambda text: text.replace(" ", "_"),
    "with - in place of _": lambda text: text.replace("_", "-"),
    "with _ in place of -": lambda text: text.replace("-", "_"),
    "as numbers with decimals": lambda text: f"{text}.0",
    "as numbers without decimals": _shorter_by_ending,
    "without the zeros before them": lambda text: text.lstrip("0"),
    "in quotes": lambda text: f'"{text}"',
    "in single quotes": lambda text: f"'{text}'",
    "as UTF-8 that was read as Latin-1": _as("latin-1"),
    "as UTF-8 that was read as Windows-1252": _as("cp1252"),
    "without accents": _without_accents,
    "with ? in place of what is not ASCII": lambda text: text.encode("ascii", "replace").decode(),
    "with \ufffd in place of what is not ASCII": lambda text: (
        text.encode("ascii", "replace").decode().replace("?", "\ufffd")
    ),
    "without what is not ASCII": lambda text: text.encode("ascii", "ignore").decode(),
}


def respelled(column: Column, axis: CategoricalAxis) -> tuple[str, str] | None:
    """How the values that the reference never held are known ones, and one of them; None where they are not.

    The proof is that nearly all new values are what one change of spelling makes of known ones. It needs all
    values by their hashes: columns of very many have a sample only, and get no answer.

    Returns:
        `in lower case` and `\u201cua\u201d for UA`.
    """
    before, now = column.before.sample, column.now.sample
    new = np.setdiff1d(now.hashes, before.hashes)
    if before.shift or now.shift or not len(new):
        return None
    for way, change in _ways(axis.vocabulary):
        changed = _changed(axis.vocabulary, change)
        there = np.isin(hashes([after for _, after in changed]), new) if changed else np.zeros(0, bool)
        if there.sum() >= _PROVEN * len(new):
            known, after = changed[int(np.argmax(there))]
            return way, f"\u201c{after}\u201d for {named(known)}"
    return None


def _ways(vocabulary: Sequence[str]) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Changes of spelling in words, those that keep the most first."""
    yield from _WAYS.items()
    for length in range(min(max(map(len, vocabulary), default=1) - 1, _LONGEST), 0, -1):
        letters = "first letter" if length == 1 else f"first {length} letters"
        yield f"cut to their {letters}", operator.itemgetter(slice(length))


def _changed(vocabulary: Sequence[str], change: Callable[[str], str]) -> list[tuple[str, str]]:
    """The values that a change of spelling alters, before and after."""
    found = []
    for text in vocabulary:
        try:
            after = change(text)
        except UnicodeError:
            continue
        if after != text:
            found.append((text, after))
    return found
