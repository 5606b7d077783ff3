"""Plain values of a YAML file or a call as declared types; a slip is told with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from leadline.errors import ConfigurationError


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; a key that is written twice is refused.

    Raises:
        ConfigurationError: the file cannot be read, is no YAML, or holds no mapping.
    """
    import yaml

    where = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError("not a UTF-8 text file", where=where, accepted="YAML") from None
    except OSError as error:
        step = "Check the path given as `config`."
        raise ConfigurationError(
            "cannot read the configuration", where=where, found=error.strerror, next_step=step
        ) from None
    try:
        found = yaml.load(text, yaml_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark is not None else where
        found = getattr(error, "problem", None) or str(error)
        raise ConfigurationError("not valid YAML", where=at, found=found) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigurationError(
            "not a mapping of options",
            where=where,
            found=type(found).__name__,
            accepted="`option: value` lines",
        )
    return {str(key): value for key, value in found.items()}


def yaml_loader() -> Any:
    """PyYAML's safe loader, which also refuses a key that is written twice."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if isinstance(key, str | int | float | bool) and key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is written twice", key_node.start_mark
                    )
                seen.add(key if isinstance(key, str | int | float | bool) else id(key_node))
            return dict(super().construct_mapping(node, deep=deep))

    return Loader


def plain(value: Any) -> Any:
    """Builtins only, as YAML gives them: structs, tuples, Paths and NumPy scalars come from Python calls."""
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):  # YAML reads `2026-03-01` as a date
        return value.isoformat()
    return value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value


def converted(value: Any, kind: Any, where: str) -> Any:
    """The value as a type; mappings entry by entry, so that a message can name the entry.

    Args:
        value: builtins only, see `plain`.
        kind: what `msgspec` converts to.
        where: the place of the value, for messages.

    Raises:
        ConfigurationError: it has another type; which part of it, what was found and what is accepted are in
            the message.
    """
    if get_origin(kind) is dict and isinstance(value, Mapping):
        entry = get_args(kind)[1]
        return {name: converted(item, entry, f"{where}.{name}") for name, item in value.items()}
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _wrong(str(error), value, kind, where) from None


def _wrong(message: str, value: Any, kind: Any, where: str) -> ConfigurationError:
    """msgspec's message taken apart: which part of the value is wrong, and what was found there."""
    what, _, path = message.partition(" - at `$")
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", path)
    for name, index in steps:
        value = value[int(index)] if index else value.get(name)
        where = f"{where}.{name or index}"
    if "unknown field" in what:
        fields = _struct(kind).__struct_encode_fields__
        return ConfigurationError.unknown("key", what.split("`")[1], fields, where)
    last, struct = steps[-1][0] if steps else "", _struct(kind)
    accepted = _choices(_hint(struct, last) if last and struct is not None else kind)
    if accepted:
        return ConfigurationError(
            "not one of the accepted values", where=where, found=value, accepted=accepted
        )
    return ConfigurationError(_readable(what), where=where, found=value)


def _struct(kind: Any) -> Any:
    """The struct in a type; None without one."""
    return next((part for part in (kind, *get_args(kind)) if hasattr(part, "__struct_fields__")), None)


def _hint(struct: Any, key: str) -> Any:
    """The type of a struct's field, by the name that it has in a file."""
    names = dict(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))
    return get_type_hints(struct)[names[key]]


def _choices(kind: Any) -> tuple[str, ...]:
    """The only values a type has, or nothing."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return tuple(kind)
    parts = [part for part in (kind, *get_args(kind)) if get_origin(part) is Literal]
    return get_args(parts[0]) if parts else ()


_WORDS = {
    "object": "a mapping", "array": "a list", "str": "text", "float": "a number",
    "int": "a whole number", "bool": "true or false",
}  # fmt: skip


def _readable(what: str) -> str:
    """`Expected `str | null`, got `int`` in words a reader of YAML knows."""

    def words(found: re.Match[str]) -> str:
        names = [name for name in found[1].split(" | ") if name != "null"]
        return " or ".join(_WORDS.get(name, name) for name in names) or "null"

    what = re.sub(r"`([^`]+)`", words, what)
    return what[:1].lower() + what[1:]
