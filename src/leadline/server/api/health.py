"""Whether the server lives, and what Prometheus reads."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from leadline.errors import RetryableError
from leadline.server import metrics
from leadline.server.api.endpoint import Call, endpoint


class Health(msgspec.Struct, frozen=True):
    """How the server does."""

    message: str


@endpoint("GET", "/healthz", None)
def healthz(call: Call) -> Health:
    """The process answers."""
    return Health("alive")


@endpoint("GET", "/readyz", None)
def readyz(call: Call) -> Health:
    """Its stores answer, too, and keep what is written."""
    try:
        call.service.metadata.models.baselines()
        call.service.store.rows("")
    except Exception as error:
        raise RetryableError("the store does not answer", found=f"{type(error).__name__}: {error}") from error
    call.service.try_writing()
    return Health("ready")


@endpoint("GET", "/metrics", "read", media="text/plain")
def prometheus(call: Call) -> Response:
    """Metrics in the text format of Prometheus."""
    return Response(metrics.text(call.service), media_type=metrics.CONTENT_TYPE)


ENDPOINTS = (healthz, readyz, prometheus)
