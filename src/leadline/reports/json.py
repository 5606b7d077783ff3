"""The record as JSON, and the published JSON Schema of it."""

from __future__ import annotations

from typing import Any

import msgspec

from leadline.errors import DataError
from leadline.reports.record import ReportRecord
from leadline.reports.words import encodable


def encode(record: ReportRecord, *, indent: int = 2) -> bytes:
    """The record as UTF-8 JSON, ending in a newline.

    NaN and infinities become null. Lone surrogates in names, which no UTF-8 can hold, become U+FFFD.
    `indent=0` writes one line.
    """
    try:
        text = msgspec.json.encode(record)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_encodable(msgspec.to_builtins(record)))
    return (msgspec.json.format(text, indent=indent) if indent else text) + b"\n"


def to_dict(record: ReportRecord) -> dict[str, Any]:
    """What `encode` writes, as plain dicts and lists."""
    decoded: dict[str, Any] = msgspec.json.decode(encode(record, indent=0))
    return decoded


def decode(text: bytes | str) -> ReportRecord:
    """The record that was encoded.

    Raises:
        DataError: the text is not JSON, or not a report of this schema version.
    """
    try:
        return msgspec.json.decode(text, type=ReportRecord)
    except msgspec.MsgspecError as error:
        raise DataError(f"not a report of schema version 1: {error}") from error


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what `encode` writes."""
    made = msgspec.json.schema(ReportRecord)
    definitions: dict[str, Any] = made["$defs"]
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = _paragraph(definition["description"])
    report = definitions[ReportRecord.__name__]
    # The default of the struct is what is always written.
    report["required"] = ["schema_version", *report["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Leadline report",
        **made,
    }


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
