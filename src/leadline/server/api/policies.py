"""What clients are to do with a model's fields before anything leaves their process."""

from __future__ import annotations

from leadline.server.api.endpoint import Call, endpoint
from leadline.stores.metadata.policies import Policy


@endpoint("GET", "/api/v1/models/{name}/policy", "any")
def policy(call: Call, name: str) -> Policy:
    """What clients of a model ask for before they encode its first row, and every five minutes.

    One that the server does not know has none: it may be set up before it sends anything.
    """
    return call.service.metadata.policies.of(name)


@endpoint("PUT", "/api/v1/models/{name}/policy", "admin")
def set_policy(call: Call, name: str, body: Policy) -> Policy:
    """State what is dropped, hashed, cut, generalised or redacted before anything leaves a client.

    It takes the place of the one before. What came in already stays as it is.
    """
    call.about = {"fields": ", ".join(body.fields)}
    with call.changing() as own:
        call.service.metadata.policies.put(own, name, body)
    return body


ENDPOINTS = (policy, set_policy)
