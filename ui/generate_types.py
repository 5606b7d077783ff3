"""Writes `ui/src/record.ts`, the TypeScript types of a report, from `leadline.reports.record`.

Run `python ui/generate_types.py`; with `--check` nothing is written and the exit code says whether the
file is current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from leadline.reports.record import ReportRecord

TARGET = Path(__file__).parent / "src" / "record.ts"
HEADER = """// Generated from src/leadline/reports/record by ui/generate_types.py; do not edit.
// A null is left out of the page, so a field that may be null may also be absent.
"""
SCALARS = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}


def expression(schema: dict[str, Any]) -> str:
    """The TypeScript type of one JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(expression(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        item = expression(schema["items"])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if schema.get("type") == "object":
        return f"Record<string, {expression(schema['additionalProperties'])}>"
    return SCALARS[schema["type"]]


def interface(name: str, schema: dict[str, Any]) -> str:
    """The TypeScript interface of one record."""
    summary = str(schema.get("description", name)).split("\n", 1)[0]
    lines = [f"/** {summary} */", f"export interface {name} {{"]
    for field, part in schema["properties"].items():
        shape = expression(part)
        optional = "?" if "null" in shape.split(" | ") else ""
        lines.append(f"  {field}{optional}: {shape};")
    return "\n".join([*lines, "}"])


def types() -> str:
    """The whole file."""
    definitions = msgspec.json.schema(ReportRecord)["$defs"]
    blocks = [interface(name, definition) for name, definition in definitions.items()]
    blocks.append('export type Verdict = ReportRecord["verdict"];')
    return HEADER + "\n" + "\n\n".join(blocks) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` compare it."""
    text = types()
    if "--check" in arguments:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
