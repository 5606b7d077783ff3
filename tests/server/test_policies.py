"""What a server wants done with a model's fields is done in the client, before anything leaves it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from leadline.stores.metadata.policies import Redact
from leadline_client import detect

PATH = "/api/v1/models/credit/policy"
FIELDS = {
    "ssn": {"action": "drop"},
    "zip": {"action": "truncate", "characters": 2},
    "age": {"action": "generalise", "step": 10},
    "born": {"action": "generalise", "to": "year"},
    "id": {"action": "hash"},
    "*": {"action": "redact", "kinds": ["email"]},
}


def test_a_client_with_a_token_that_may_only_send_does_what_the_server_wants(live: Any) -> None:
    assert live.ask("PUT", PATH, {"fields": FIELDS}).document == {"fields": FIELDS}
    admin = live.token
    scope = {"name": "serving", "scope": "ingest", "models": ["credit"]}
    live.token = live.ask("POST", "/api/v1/tokens", scope).document["token"]
    client = live.client(secret="known to the program alone")
    row = {
        "ssn": "219-09-9999",
        "zip": "97204",
        "age": 37,
        "born": "1987-04-02",
        "note": "to jane@example.org",
    }
    client.model("credit").log(row, id="r-1")
    assert client.flush()
    live.token = admin
    span = {"from": "2026-01-01", "to": "2099-01-01"}
    found = live.ask("POST", "/api/v1/models/credit/explore", {**span, "limit": 1}).document
    assert found["rows"][0][:4] == ["97", 30, "1987", "to [email]"]
    assert "r-1" not in str(found)


def test_a_client_without_a_key_sends_nothing_that_is_to_be_hashed(live: Any) -> None:
    live.ask("PUT", PATH, {"fields": {"id": {"action": "hash"}}})
    client = live.client(exit_seconds=0.1)
    client.model("credit").log({"a": 1}, id="r-1")
    assert not client.flush(0.5)
    assert "credit" not in live.service.store.models()


def test_a_policy_takes_the_place_of_the_one_before(live: Any) -> None:
    live.ask("PUT", PATH, {"fields": FIELDS})
    assert live.ask("PUT", PATH, {}).status == 200
    assert live.ask("GET", PATH).document == {"fields": {}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ssn": {"action": "shred"}}, "shred"),
        ({"ssn": "drop"}, "object"),
        ({"ssn": {}}, "action"),
        ({"ssn": {"action": "drop", "characters": 2}}, "characters"),
        ({"zip": {"action": "truncate"}}, "characters"),
        ({"zip": {"action": "truncate", "characters": -1}}, ">= 0"),
        ({"age": {"action": "generalise"}}, "either step or to"),
        ({"age": {"action": "generalise", "step": 1, "to": "day"}}, "either step or to"),
        ({"age": {"action": "generalise", "step": 0}}, "> 0"),
        ({"age": {"action": "generalise", "to": "minute"}}, "minute"),
        ({"note": {"action": "redact", "kinds": ["name"]}}, "name"),
        ({"id": {"action": "drop"}}, "only be hashed"),
    ],
)
def test_a_policy_that_no_client_could_follow_is_refused(live: Any, fields: Any, said: str) -> None:
    found = live.ask("PUT", PATH, {"fields": fields})
    assert found.status == 400
    assert said in found.document["message"]
    assert live.ask("GET", PATH).document == {"fields": {}}


def test_what_can_be_redacted_is_what_clients_detect() -> None:
    schema = msgspec.json.schema(Redact)["$defs"]["Redact"]["properties"]["kinds"]["anyOf"]
    (kinds,) = [one["items"]["enum"] for one in schema if one["type"] == "array"]
    assert set(kinds) == detect.KINDS
