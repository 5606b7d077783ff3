"""The description of the API by itself."""

from __future__ import annotations

from functools import cache

import msgspec
from starlette.responses import Response

from leadline.server.api.endpoint import Call, endpoint
from leadline.server.openapi import described


@endpoint("GET", "/api/v1/openapi.json", None, media="application/json")
def openapi(call: Call) -> Response:
    """This description, in OpenAPI 3.1."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    from leadline.server.api import ENDPOINTS  # which holds this path, too

    return msgspec.json.encode(described(ENDPOINTS))


ENDPOINTS = (openapi,)
