"""Column names as a table shows them: text, never empty, never twice."""

from __future__ import annotations

from collections.abc import Iterable


def unique_names(names: Iterable[object]) -> list[str]:
    """Names in order: text of each, `(unnamed)` for an empty one, ` (2)`, ` (3)`, ... for a repeated one.

    Tuples (several header rows) are joined with a full stop. A suffix never meets a name that the
    source itself holds.
    """
    shown = [_text(name) for name in names]
    taken = set(shown)
    seen: dict[str, int] = {}
    result = []
    for name in shown:
        count = seen[name] = seen.get(name, 0) + 1
        unique = name
        while count > 1 and unique in taken:
            unique = f"{name} ({count})"
            count += 1
        if unique != name:
            seen[name] = count - 1
            taken.add(unique)
        result.append(unique)
    return result


def _text(name: object) -> str:
    if isinstance(name, tuple):
        name = ".".join(str(part) for part in name)
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    return "(unnamed)" if name is None or name == "" else str(name)
