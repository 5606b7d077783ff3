"""Writes the TypeScript types of what Python says: `record.ts` of a report, `app/api.ts` of the server.

Run `python ui/generate_types.py`; with `--check` nothing is written and the exit code says whether the
files are current.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.responses import Response

from leadline.demo.api import endpoints as demo_endpoints
from leadline.demo.state import Demo
from leadline.reports.record import ReportRecord
from leadline.server.api import ENDPOINTS
from leadline.server.api.endpoint import Endpoint, Problem
from leadline.server.changes import Change

SOURCES = Path(__file__).parent / "src"
RECORD_HEADER = """// Generated from src/leadline/reports/record by ui/generate_types.py; do not edit.
// A null is left out of the page, so a field that may be null may also be absent.
"""
API_HEADER = """// Generated from src/leadline/server/api by ui/generate_types.py; do not edit.
"""
SCALARS = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}

PATHS = (*ENDPOINTS, *demo_endpoints(cast(Demo, None)))
"""Declaring the paths of a demo asks it for nothing."""

WRITTEN: Mapping[str, Any] = {"/api/v1/models/{name}/report": ReportRecord}
"""What an endpoint that writes its answer itself says, by its path."""

Schema = dict[str, Any]


def expression(schema: Schema) -> str:
    """The TypeScript type of one JSON schema."""
    if "$ref" in schema:
        return named(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(expression(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "prefixItems" in schema:
        return f"[{', '.join(expression(part) for part in schema['prefixItems'])}]"
    if schema.get("type") == "array":
        item = expression(schema["items"])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", {})
        return f"Record<string, {expression(values) if isinstance(values, dict) else 'unknown'}>"
    return SCALARS[schema["type"]] if "type" in schema else "unknown"


def named(name: str) -> str:
    """`Listing_Token_` is a ListingToken; of two structs of a name each is called after its file."""
    parts = [part for part in re.split(r"[\W_]+", name) if part]
    parts = parts[-2:] if parts[0] == "leadline" else parts
    return "".join(part[0].upper() + part[1:] for part in parts)


def interface(name: str, schema: Schema) -> str:
    """The TypeScript type of one struct or enumeration. What has a default may be left out."""
    summary = str(schema.get("description", name)).split("\n", 1)[0]
    if "properties" not in schema:  # one of some words
        return f"/** {summary} */\nexport type {named(name)} = {expression(schema)};"
    lines = [f"/** {summary} */", f"export interface {named(name)} {{"]
    for field, part in schema["properties"].items():
        shape = expression(part)
        optional = "?" if "null" in shape.split(" | ") or field not in schema["required"] else ""
        lines.append(f"  {field}{optional}: {shape};")
    return "\n".join([*lines, "}"])


def record_types() -> str:
    """All of `record.ts`: a report says every field."""
    definitions = msgspec.json.schema(ReportRecord)["$defs"]
    blocks = [
        interface(name, {**definition, "required": list(definition["properties"])})
        for name, definition in definitions.items()
    ]
    blocks.append('export type Verdict = ReportRecord["verdict"];')
    return RECORD_HEADER + "\n" + "\n\n".join(blocks) + "\n"


def api_types() -> str:
    """All of `api.ts`: the structs, and what each path takes and gives."""
    shared = {ReportRecord, Change, Problem}
    kinds = [kind for one in PATHS for kind in (one.query, one.body, answer(one)) if structured(kind)]
    unique = list({repr(kind): kind for kind in [*shared, *kinds]}.values())
    schemas, definitions = msgspec.json.schema_components(unique, ref_template="#/{name}")
    of_kind = {repr(kind): expression(schema) for kind, schema in zip(unique, schemas, strict=True)}
    known = set(msgspec.json.schema(ReportRecord)["$defs"])
    blocks = [interface(name, one) for name, one in sorted(definitions.items()) if name not in known]
    blocks += [
        table("Queries", "What an address may say.", ((one, one.query) for one in PATHS), of_kind),
        table("Bodies", "What is sent.", ((one, one.body) for one in PATHS), of_kind),
        table("Answers", "What comes back.", ((one, answer(one)) for one in PATHS), of_kind),
    ]
    text = "\n\n".join(blocks)
    used = sorted(name for name in known if re.search(rf"\b{name}\b", text))
    imports = f'import type {{ {", ".join(used)} }} from "../record.ts";\n\n'
    return API_HEADER + imports + text + "\n"


def answer(endpoint: Endpoint) -> Any:
    """What comes back, where it is JSON."""
    return WRITTEN.get(endpoint.path, endpoint.answer)


def structured(kind: Any) -> bool:
    """Whether it is JSON."""
    return kind not in (None, type(None), bytes, Response)


def table(name: str, about: str, rows: Iterable[tuple[Endpoint, Any]], of_kind: Mapping[str, str]) -> str:
    """An interface from `METHOD /path` to a type."""
    lines = [
        f'  "{one.method} {one.path}": {of_kind[repr(kind)] if structured(kind) else "undefined"};'
        for one, kind in sorted(rows, key=lambda row: (row[0].path, row[0].method))
        if one.path.startswith("/api/")
    ]
    return "\n".join([f"/** {about} */", f"export interface {name} {{", *lines, "}"])


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` compare them."""
    files = {SOURCES / "record.ts": record_types(), SOURCES / "app" / "api.ts": api_types()}
    if "--check" in arguments:
        return int(any(not path.exists() or path.read_text("utf-8") != text for path, text in files.items()))
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
