"""What serving processes send."""

from __future__ import annotations

import asyncio
import secrets

from starlette.responses import Response

from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.server.wire import BODY_BYTES

KEY_LETTERS = 200


@endpoint("POST", "/api/v1/ingest", "ingest", status=202, limit=BODY_BYTES)
async def ingest(call: Call, body: bytes) -> Response:
    """Take a batch of predictions, labels and feedback; see docs/reference/wire.md.

    It is answered once the rows are durable. The answer says which rows were refused, and why.
    """
    headers = call.request.headers
    encoding = headers.get("content-encoding", "").strip().lower()
    key = headers.get("idempotency-key", "") or secrets.token_hex(16)
    if len(key) > KEY_LETTERS:
        raise Wrong(400, "the key is too long", accepted=f"at most {KEY_LETTERS} letters")
    loop = asyncio.get_running_loop()
    kept = await loop.run_in_executor(call.service.readers, call.service.take, body, encoding, key)
    return Response(await asyncio.wrap_future(kept), 202, media_type="application/json")


ENDPOINTS = (ingest,)
