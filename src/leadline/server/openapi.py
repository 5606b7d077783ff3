"""The description of the HTTP API in OpenAPI 3.1, made of how its paths are declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

import leadline
from leadline.server.access.gate import COOKIE, CSRF_HEADER, READING
from leadline.server.api.endpoint import Endpoint, Problem

_SCHEMAS = "#/components/schemas/{name}"

_ABOUT = f"""\
Everything that the pages show, and more.

Send `Authorization: Bearer TOKEN`, or the cookie of a session. A session sends the header `{CSRF_HEADER}`
with every request that changes something. Lists hold `items`, and `next` where there are more: it is `after`
of the next page. Every error has one shape, `Problem`."""

_MEANINGS = {
    400: "The request is not what the path takes.",
    401: "It is not known who asks.",
    403: "Whoever asks may not do this.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "It does not go together with what is there.",
    413: "The body is too large.",
    429: "Too many requests; `Retry-After` says when to try again.",
    503: "Something failed that trying again may mend; `Retry-After` says when.",
}


def described(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI document of some paths."""
    types = [Problem, str, *(kind for endpoint in endpoints for kind in _types(endpoint))]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    known = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    names = Counter(endpoint.name for endpoint in endpoints)
    for endpoint in endpoints:
        # A function may serve several paths.
        name = endpoint.name if names[endpoint.name] == 1 else f"{endpoint.name} {_path(endpoint)}"
        operation = {"operationId": name, **_operation(endpoint, known, components)}
        paths.setdefault(_path(endpoint), {})[endpoint.method.lower()] = operation
    for query in {_component(known[repr(e.query)]) for e in endpoints if e.query is not None}:
        del components[query]  # its fields stand in the paths, one by one
    return {
        "openapi": "3.1.0",
        "info": {"title": "Leadline", "version": leadline.__version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _component(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _path(endpoint: Endpoint) -> str:
    return re.sub(r"{(\w+):\w+}", r"{\1}", endpoint.path)


def _types(endpoint: Endpoint) -> Iterable[Any]:
    """All types that the description of a path speaks of."""
    yield from endpoint.path_types.values()
    if endpoint.query is not None:
        yield endpoint.query
    if endpoint.body not in (None, bytes):
        yield endpoint.body
    if _is_json(endpoint):
        yield endpoint.answer


def _is_json(endpoint: Endpoint) -> bool:
    return endpoint.answer not in (None, type(None), Response)


def _operation(endpoint: Endpoint, known: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    summary, _, more = endpoint.about.partition("\n")
    found: dict[str, Any] = {"summary": summary, "tags": [endpoint.name.partition(".")[0]]}
    if more.strip():
        found["description"] = more.strip()
    if endpoint.needs is not None:
        scopes = [] if endpoint.needs == "any" else [endpoint.needs]
        found["security"] = [{"token": scopes}, {"session": scopes}]
    parameters = [*_path_parameters(endpoint, known), *_query_parameters(endpoint, known, components)]
    if parameters:
        found["parameters"] = parameters
    if endpoint.body is not None:
        content = (
            _content("*/*", {}) if endpoint.body is bytes else _content(_JSON, known[repr(endpoint.body)])
        )
        found["requestBody"] = {"required": True, "content": content}
    found["responses"] = _responses(endpoint, known)
    return found


_JSON = "application/json"


def _content(media: str, schema: Any) -> dict[str, Any]:
    return {media: {"schema": schema} if schema else {}}


def _path_parameters(endpoint: Endpoint, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)", endpoint.path)
    schemas = [known[repr(endpoint.path_types.get(name, str))] for name in names]
    # Numbers in paths have digits only.
    schemas = [schema | {"minimum": 0} if schema == {"type": "integer"} else schema for schema in schemas]
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in zip(names, schemas, strict=True)
    ]


def _query_parameters(
    endpoint: Endpoint, known: Mapping[str, Any], components: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    schema = components[_component(known[repr(endpoint.query)])]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": one}
        for name, one in schema["properties"].items()
    ]


def _responses(endpoint: Endpoint, known: Mapping[str, Any]) -> dict[str, Any]:
    problem = _content(_JSON, known[repr(Problem)])
    errors = {
        str(status): {"description": _MEANINGS[status], "content": problem} for status in statuses(endpoint)
    }
    done: dict[str, Any] = {"description": "Done."}
    if _is_json(endpoint):
        done["content"] = _content(_JSON, known[repr(endpoint.answer)])
    elif endpoint.answer is Response:
        done["content"] = _content(endpoint.media, {})
    status = endpoint.status if endpoint.answer not in (None, type(None)) else 204
    return {str(status): done, **errors}


def statuses(endpoint: Endpoint) -> list[int]:
    """Every status of an error that a path may answer with."""
    found = {429, 503, *endpoint.errors}
    if endpoint.needs is not None:
        found |= {401, 403}
    if endpoint.method not in READING:
        found.add(403)
    if endpoint.path_types:
        found |= {400, 404}
    if endpoint.query is not None:
        found.add(400)
    if endpoint.body is not None:
        found |= {400, 408, 413}
    return sorted(found)
