"""What is dropped, hashed or cut never leaves the process: not on the network, not on the disk, not in the
log.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import uuid
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadline_client import Leadline, detect
from leadline_client.encode import Batch
from leadline_client.national_ids import NATIONAL_IDS, luhn
from leadline_client.privacy import Policies
from leadline_client.seal import Seal
from leadline_client.slices import Slicer
from leadline_client.testing import Recorder

Connect = Callable[..., Leadline]

SECRET = "quokka-4711-tamarind"
"""A value that nothing else contains."""

PROTECTED: dict[str, Any] = {
    "ssn": "drop",
    "name": "hash",
    "zip": {"action": "truncate", "characters": 2},
    "age": {"action": "generalise", "step": 10},
    "born": {"action": "generalise", "to": "year"},
    "ip": {"action": "generalise", "to": "network"},
    "note": "redact",
}


def everything_sent(recorder: Recorder) -> bytes:
    texts = [zlib.decompress(request.body, zlib.MAX_WBITS | 16) for request in recorder.requests]
    headers = [str(request.headers).encode() for request in recorder.requests]
    return b"\n".join([*texts, *headers])


def everything_on_disk(folder: Path) -> bytes:
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found.append(content)
            if path.suffix == ".batch":
                found.append(zlib.decompress(content.partition(b"\n")[2], zlib.MAX_WBITS | 16))
    return b"\n".join(found)


def log_secrets(client: Leadline) -> None:
    model = client.model("credit", "1")
    row = {"ssn": SECRET, "name": SECRET, "born": SECRET, "ip": SECRET, "age": SECRET, "zip": "97" + SECRET}
    row["note"] = "kept: write to 4711quokka@tamarind.example"
    model.log(row, id="a")
    with model.prediction(id="b", features=row, segment={"name": SECRET, "ssn": SECRET}) as p:
        p.score = 0.5
    model.log_batch({name: [value, value] for name, value in row.items()}, id=["c", "d"])
    model.feedback("a", "name", SECRET)
    model.feedback("a", "ssn", SECRET)
    with pytest.raises(ValueError, match="4711"), model.prediction(id="e"):
        raise ValueError(SECRET)
    # Rows that cannot be read are not quoted either.
    model.log(row, timestamp=SECRET)
    model.log(SECRET, id="f")


def test_what_is_dropped_reaches_neither_network_nor_log(
    recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(recorder, policies=PROTECTED, secret="key")
    with caplog.at_level(logging.DEBUG, "leadline"):
        log_secrets(client)
        assert client.flush()
        client.close()
    sent = everything_sent(recorder)
    for part in (b"quokka", b"tamarind", b"4711"):
        assert part not in sent
        assert part.decode() not in caplog.text
    rows = {row["id"]: row for row in recorder.rows()}
    assert set(rows) == {"a", "b", "c", "d", "e"}
    hashed = hmac.new(b"key", SECRET.encode(), hashlib.sha256).hexdigest()[:32]
    assert rows["a"]["features"] == {"name": hashed, "zip": "97", "note": "kept: write to [email]"}
    assert rows["c"]["features"] == rows["a"]["features"]
    assert rows["b"]["segment"] == {"name": hashed}
    assert b"key" not in sent.replace(b"idempotency-key", b"")


def test_what_is_dropped_does_not_reach_the_disk(connect: Connect, closed_port: int, tmp_path: Path) -> None:
    client = connect(
        f"http://127.0.0.1:{closed_port}", policies=PROTECTED, secret=b"key", server_policies=False
    )
    log_secrets(client)
    assert not client.flush(0.3)
    client.close()
    kept = everything_on_disk(tmp_path)
    assert b"kept: write to [email]" in kept
    for part in (b"quokka", b"tamarind", b"4711"):
        assert part not in kept


FIELDS = st.sampled_from(["a", "b", "c"])
POLICY = st.sampled_from(["drop", "hash", "redact"]) | st.fixed_dictionaries(
    {"action": st.just("truncate"), "characters": st.integers(0, 3)}
)
MARKED = st.text("xyz", min_size=4).map(lambda text: f"q{text}q")


@given(st.dictionaries(FIELDS | st.just("*"), POLICY), st.lists(st.dictionaries(FIELDS, MARKED), max_size=8))
def test_no_policy_lets_more_through_than_it_says(
    policies: dict[str, Any], rows: list[dict[str, str]]
) -> None:
    """Of fields under a policy that drops, hashes or cuts, no encoded batch holds the value."""
    batch = Batch(Policies((policies,), b"key"), lambda: None)
    events = [(1, 1, "predictions", "id", 0.0, *[None] * 8, row) for row in rows]
    for found in Slicer((), lambda kind, problem, rows: pytest.fail(str(problem)), lambda: None).slices(
        events
    ):
        batch.add(found)
    text = zlib.decompress(batch.body({}), zlib.MAX_WBITS | 16).decode()
    features = json.loads(text).get("predictions", {}).get("features", {})
    open_values = set()
    for row in rows:
        for field, value in row.items():
            policy = policies.get(field, policies.get("*"))
            if policy in (None, "redact"):
                open_values.add(value)
            elif policy == "drop":
                assert field not in features
    for row in rows:
        for value in row.values():
            if not any(value in other for other in open_values):
                assert value not in text


@given(st.lists(POLICY, max_size=3), st.lists(POLICY, max_size=3), st.text())
def test_the_server_cannot_take_back_what_the_program_protects(
    mine: list[Any], theirs: list[Any], value: str
) -> None:
    """What leaves is the server's policy applied to what the program's own left; the same one counts once."""
    own = {f"f{place}": policy for place, policy in enumerate(mine)}
    server = {f"f{place}": policy for place, policy in enumerate(theirs)}
    first, second, both = (Policies(layers, b"key") for layers in ((own,), (server,), (own, server)))
    for field in {**own, **server}:
        left = first.apply(field, [value])
        if left is not None and own.get(field) != server.get(field):
            left = second.apply(field, left)
        assert both.apply(field, [value]) == left


@given(st.integers() | st.text(), st.integers() | st.text())
def test_hashes_are_equal_where_values_are_and_tell_nothing_else(left: Any, right: Any) -> None:
    assume(str(left) != str(right))
    policies, other = Policies(({"x": "hash"},), b"key"), Policies(({"x": "hash"},), b"other")
    hashed = policies.apply("x", [left, left, right])
    assert hashed is not None
    assert hashed[0] == hashed[1] != hashed[2]
    assert other.apply("x", [left]) != hashed[:1]
    assert all(len(text) == 32 for text in hashed)


def test_a_hashed_id_still_joins(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder, policies={"id": "hash"}, secret="key")
    model = client.model("credit")
    model.log({"a": 1}, id=4711)
    model.label("4711", 1)
    model.label_batch(np.array([4711.0]), [1])
    model.feedback(4711, "click", True)
    assert client.flush()
    rows = [*recorder.rows(), *recorder.rows("labels"), *recorder.rows("feedback")]
    assert len(rows) == 4
    assert len({row["id"] for row in rows}) == 1
    assert b"4711" not in everything_sent(recorder)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from([0.1, 1, 5, 10, 1000]))
def test_a_generalised_number_is_below_and_near(value: float, step: float) -> None:
    kept = Policies(({"x": {"action": "generalise", "step": step}},), None).apply("x", [value])
    assert kept is not None
    assert kept[0] == pytest.approx(math.floor(value / step) * step, abs=1e-9)


@pytest.mark.parametrize(
    ("to", "value", "expected"),
    [
        ("year", "1980-02-03", "1980"),
        ("month", datetime(1980, 2, 3, 4, 5), "1980-02"),
        ("day", "1980-02-03 04:05", "1980-02-03"),
        ("hour", "1980-02-03 04:05", "1980-02-03T04"),
        ("hour", "1980-02-03", None),
        ("year", "not a date", None),
        ("year", 1980, None),
        ("network", "192.168.17.4", "192.168.17.0/24"),
        ("network", "2001:db8:1:2::5", "2001:db8:1::/48"),
        ("network", "host.example", None),
    ],
)
def test_times_and_addresses_are_shortened_or_missing(to: str, value: Any, expected: Any) -> None:
    assert Policies(({"x": {"action": "generalise", "to": to}},), None).apply("x", [value]) == [expected]


def test_redaction_reaches_into_lists_mappings_and_numbers() -> None:
    policies = Policies(({"*": "redact"},), None)
    card, mail = 4111111111111111, "a.b@example.org"
    value = [
        card,
        float(card),
        str(card),
        {"from": mail, mail: 1},
        (mail,),
        12.5,
        True,
        None,
        np.array([mail]),
        b"x " + mail.encode(),
    ]
    assert policies.apply("anything", value) == [
        "[card]",
        "[card]",
        "[card]",
        {"from": "[email]", "[email]": 1},
        ["[email]"],
        12.5,
        True,
        None,
        ["[email]"],
        "x [email]",
    ]


# What the server wants.


def test_the_server_says_what_to_protect_before_anything_is_encoded(
    recorder: Recorder, connect: Connect
) -> None:
    recorder.policies = {"ssn": {"action": "drop"}}
    client = connect(recorder)
    client.model("credit").log({"ssn": SECRET, "a": 1})
    assert client.flush()
    assert recorder.rows()[0]["features"] == {"a": 1}
    assert SECRET.encode() not in everything_sent(recorder)


def test_rows_wait_sealed_on_disk_until_the_server_says_what_it_wants(
    connect: Connect, closed_port: int, tmp_path: Path
) -> None:
    """A process that never reached the server loses nothing, and what the server drops is on no disk."""
    url = f"http://127.0.0.1:{closed_port}"
    client = connect(
        url, secret="key", policies={"id": "hash", "zip": {"action": "truncate", "characters": 2}}
    )
    for number in range(1_000):
        row = {"ssn": SECRET, "zip": "97204", "a": float("nan") if number % 2 else 0.5}
        client.model("credit").log(row, id=f"r-{number}", score=0.5)
    client.model("credit").feedback("r-1", "ssn", SECRET)
    assert not client.close(1.0)
    assert client.dropped() == {}
    kept = [path.read_bytes() for path in tmp_path.rglob("*.sealed")]
    assert len(kept) >= 1
    for content in kept:
        with pytest.raises(zlib.error):
            zlib.decompress(content.partition(b"\n")[2], zlib.MAX_WBITS | 16)
    assert b"quokka" not in everything_on_disk(tmp_path)

    with Recorder(port=closed_port, policies={"ssn": "drop", "id": "hash"}) as recorder:
        another = connect(url, secret="other")  # it may not go on where a program with other policies stopped
        another.model("credit").log({"b": 1})
        assert another.flush()
        assert len(recorder.rows()) == 1
        assert len(list(tmp_path.rglob("*.sealed"))) == len(kept)
        next_one = connect(
            url, secret="key", policies={"id": "hash", "zip": {"action": "truncate", "characters": 2}}
        )
        next_one.model("other").log({"b": 2})
        recorder.wait_for(lambda found: len(found.rows()) == 1_002)
        assert next_one.flush()
        rows = [row for row in recorder.rows() if "zip" in row["features"]]
        hashed = Policies(({"id": "hash"},), b"key").apply("id", [f"r-{n}" for n in range(1_000)], own=True)
        assert [row["id"] for row in rows] == hashed
        assert {row["features"]["zip"] for row in rows} == {"97"}
        assert all("ssn" not in row["features"] for row in rows)
        assert sum(row["features"]["a"] != row["features"]["a"] for row in rows) == 500
        assert SECRET.encode() not in everything_sent(recorder)
    assert not list(tmp_path.rglob("*.sealed"))


@pytest.mark.parametrize("without", ["token", "spool"])
def test_without_a_key_or_a_disk_rows_wait_in_memory_and_their_loss_is_counted(
    without: str, connect: Connect, closed_port: int, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"spool": False} if without == "spool" else {}
    client = connect(f"http://127.0.0.1:{closed_port}", exit_seconds=0.1, **options)
    if without == "token":
        client = Leadline(f"http://127.0.0.1:{closed_port}", spool=tmp_path, exit_seconds=0.1)
    client.model("credit").log({"ssn": SECRET})
    assert not client.flush(0.3)
    client.close(0.2)
    assert b"quokka" not in everything_on_disk(tmp_path)
    assert not list(tmp_path.rglob("*.sealed"))
    assert client.dropped() == {"credit": {"predictions": {"process_ended": 1}}}


@given(st.binary(max_size=200_000), st.data())
def test_a_seal_opens_what_it_closed_and_nothing_else(body: bytes, data: st.DataObject) -> None:
    def pause() -> None:
        return

    seal, same = (Seal("token", b"key", {"a": "drop"}, pause) for _ in range(2))
    closed = seal.close(body)
    assert same.open(closed) == body
    assert seal.close(body) != closed
    assert len(body) < 16 or body not in closed
    place = data.draw(st.integers(0, len(closed) - 1))
    changed = closed[:place] + bytes([closed[place] ^ 1]) + closed[place + 1 :]
    others = [Seal("other", b"key", {"a": "drop"}, pause), Seal("token", None, {"a": "drop"}, pause),
              Seal("token", b"key", {}, pause)]  # fmt: skip
    for who, content in [(seal, changed), (seal, closed[:place]), *((other, closed) for other in others)]:
        with pytest.raises(ValueError, match="another seal"):
            who.open(content)


def test_each_model_is_logged_as_last_wanted_where_the_first_one_asked_for_gets_no_answer(
    connect: Connect, tmp_path: Path
) -> None:
    with Recorder(policies={"ssn": {"action": "drop"}}) as recorder:
        port = recorder.port
        first = connect(recorder)
        for name in ("a", "b", "c"):
            first.model(name).log({"a": 1})
        assert first.flush()
        first.close()
    second = connect(f"http://127.0.0.1:{port}")
    for name in ("a", "b", "c"):
        second.model(name).log({"ssn": SECRET, "a": 1})
    assert not second.close(1.0)
    assert second.dropped() == {}
    kept = everything_on_disk(tmp_path)
    assert kept.count(b'"features":{"a":[1]}') == 3
    assert b"quokka" not in kept


def test_what_the_server_last_wanted_holds_while_it_is_away(connect: Connect, tmp_path: Path) -> None:
    with Recorder(policies={"ssn": {"action": "drop"}}) as recorder:
        port = recorder.port
        first = connect(recorder)
        first.model("credit").log({"a": 1})
        assert first.flush()
        first.close()
    second = connect(f"http://127.0.0.1:{port}")
    second.model("credit").log({"ssn": SECRET, "a": 1})
    assert not second.flush(0.5)
    second.close()
    kept = everything_on_disk(tmp_path)
    assert b'"features":{"a":[1]}' in kept
    assert b"quokka" not in kept


@pytest.mark.parametrize("wanted", [{"ssn": "shred"}, {"ssn": "hash"}, {"ssn": 5}, [1], "text"], ids=str)
def test_a_policy_that_is_none_stops_the_model(
    wanted: Any, recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.policies = wanted
    client = connect(recorder, exit_seconds=0.1)
    with caplog.at_level(logging.WARNING, "leadline"):
        client.model("credit").log({"ssn": SECRET})
        assert not client.flush(0.3)
        client.close(0.2)
    assert recorder.requests == []
    assert "policy is none" in caplog.text


# Detectors.


def test_structured_personal_data_is_found_in_real_texts(shared_data: Path) -> None:
    """presidio-research's synthetic texts, of which only kinds of fixed shape are asked for."""
    kinds = {
        "CREDIT_CARD": "card",
        "PHONE_NUMBER": "phone",
        "EMAIL_ADDRESS": "email",
        "IBAN_CODE": "iban",
        "US_SSN": "national_id",
        "IP_ADDRESS": "ip",
    }
    table = pyarrow.parquet.read_table(shared_data / "pii_text.parquet", columns=["text", "spans"])
    counts: Counter[tuple[str, str]] = Counter()
    for row in table.to_pylist():
        truth = {
            (span["start"], span["end"], kinds[span["type"]])
            for span in json.loads(row["spans"])
            if span["type"] in kinds
        }
        found = {tuple(hit) for hit in detect.find(row["text"], detect.KINDS)}
        for outcome, hits in (("true", found & truth), ("wrong", found - truth), ("missed", truth - found)):
            counts.update((outcome, kind) for _, _, kind in hits)
    total = Counter[str]()
    for (outcome, _), number in counts.items():
        total[outcome] += number
    assert total["true"] + total["missed"] == 328
    assert total["true"] / (total["true"] + total["wrong"]) >= 0.98
    assert total["true"] / (total["true"] + total["missed"]) >= 0.95


def test_an_address_is_found_in_an_address_of_the_web() -> None:
    found = detect.redacted("see http://192.168.0.17:8080/x and order +49 30 901820", detect.KINDS)
    assert found == "see http://[ip]:8080/x and order [phone]"


def test_numbers_of_things_are_left_alone() -> None:
    """Ids, hashes, times, prices and places as programs write them, of seeded draws."""
    draw = np.random.default_rng(20)

    def digits(count: int) -> str:
        return "".join(map(str, draw.integers(0, 10, count)))

    texts = []
    for _ in range(2_000):
        at = datetime.fromtimestamp(int(draw.integers(1_500_000_000, 1_800_000_000)), UTC)
        texts += [
            f"request {uuid.UUID(bytes=draw.bytes(16))} done",
            f"sha {draw.bytes(32).hex()}",
            at.isoformat(),
            f"{at:%d/%b/%Y:%H:%M:%S +0000}",
            f"{at:%d.%m.%Y %H:%M}",
            f"{at:%Y%m%d%H%M%S}",
            f"log_{at:%Y%m%d_%H%M%S}.csv",
            str(int(at.timestamp())),
            str(int(at.timestamp() * 1e9)),
            repr(draw.random()),
            f"${draw.random() * 1e7:,.2f}",
            f"{draw.random():.6f}, {-draw.random():.6f}",
            f"order {digits(10)}",
            f"order {digits(16)}",
            f"invoice 2026/{digits(6)}",
            f"ORD-{digits(4)}-{digits(6)}",
            f"order {digits(3)}-{digits(7)}-{digits(7)}",
            f"1Z{digits(16)}",
            f"978-3-{digits(4)}-{digits(4)}-1",
            f"v{draw.integers(30)}.{draw.integers(100)}.{draw.integers(1_000)}",
            draw.bytes(6).hex(":"),
            " ".join(str(number) for number in draw.integers(100, 1_000, 8)),
            f"{draw.random() * 1e7:,.2f} EUR",
        ]
    wrong = [text for text in texts if detect.find(text, detect.KINDS)]
    assert len(wrong) <= 0.001 * len(texts), wrong[:20]


def test_everyday_texts_are_left_alone(shared_data: Path) -> None:
    """Reviews hold hardly any personal data: what is found is checked by eye to be rare."""
    table = pyarrow.parquet.read_table(shared_data / "amazon_reviews_text.parquet", columns=["text"])
    texts = [text for text in table.column("text").to_pylist() if text]
    hits = [hit for text in texts for hit in detect.find(text, detect.KINDS)]
    assert len(hits) <= 0.002 * len(texts)


EXAMPLES = {
    # Published test numbers: Visa, Mastercard, American Express, Discover, JCB, Diners.
    "card": [
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "4111\u00a01111\u00a01111\u00a01111",
        "3782 822463 10005",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
    ],
    # The SWIFT registry's examples.
    "iban": [
        "GB29 NWBK 6016 1331 9268 19",
        "DE89370400440532013000",
        "DE89-3704-0044-0532-0130-00",
        "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ],
    "ip": ["192.168.0.1", "8.8.8.8", "2001:db8::8a2e:370:7334", "fe80::1"],
    "email": ["jane.doe+tag@mail.example.co.uk", "o'neil@example.org", "müller@example.de"],
    "phone": [
        "+49 30 901820",
        "+1 (212) 555-0123",
        "+44 20 7946 0958",
        "212-555-0123",
        "(212) 555-0123",
        "01 42 68 53 00",
        "030/901820",
        "0171/1234567",
        "06-12345678",
        "(11) 91234-5678",
        "8 (495) 123-45-67",
        "0049 30 901820",
    ],
    # Published examples of the issuing authorities.
    "national_id": [
        "219-09-9999",
        "AB123456C",
        "12345678Z",
        "X1234567L",
        "RSSMRA85T10A562S",
        "131052-308T",
        "44051401359",
        "811228-9874",
        "529.982.247-25",
        "756.9217.0769.85",
        "85.07.30-033.28",
        "2 55 08 14 168 025 38",
    ],
}


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in EXAMPLES.items() for text in texts]
)
def test_published_examples_are_found_wherever_they_stand(kind: str, text: str) -> None:
    for around in ("{}", "see {}.", "({})", "a, {}; b", "first\n{}\nlast", "x" * 1_020 + " {} " + "y" * 50):
        kept = detect.redacted(around.format(text), detect.KINDS)
        assert kept == around.format(f"[{kind}]")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "DE89370400440532013001",
        "999.1.1.300",
        "666-12-1234",
        "12345678A",
        "44051401358",
        "811228-9875",
        "529.982.247-26",
        "756.9217.0769.84",
        "2024-05-01 12:30:45",
        "order 1234567890123",
        "version 1.2.3.4.5",
        "3.14159265358979",
        "std::vector<int>",
        "a @ b",
        "user@host",
        "12:30:45",
        "1,234,567.89",
        "room 12-34",
        "0.123456789",
        "isbn 978-3-16-148410-0",
        "order no. 0049 1234 5678",
        "Order #0800-123-4567",
        "sku 012-345-6789",
        "version 10.0.19041.1",
        "firmware: 1.2.3.4",
        "00000000-0000-0000-0000-000000000000",
        "commit 00660117",
        "ticket 212-555-0123",
        "tracking 693906528908",
        "598 537 119 707 582 568 373 942",
        "619-4695102-0059880",
    ],
)
def test_near_misses_are_left_alone(text: str) -> None:
    assert detect.find(text, detect.KINDS) == []


@given(st.text())
def test_found_pieces_are_in_order_and_apart(text: str) -> None:
    found = detect.find(text, detect.KINDS)
    for hit, following in pairwise(found):
        assert hit.stop <= following.start
    assert all(0 <= hit.start < hit.stop <= len(text) for hit in found)


@given(
    st.lists(
        st.sampled_from([text for texts in EXAMPLES.values() for text in texts])
        | st.text("abc ,.\n", max_size=400)
    ),
    st.integers(0, 1_100),
)
def test_no_window_hides_anything(parts: list[str], offset: int) -> None:
    """Windows overlap: a long text is searched as its lines would be."""
    text = "\n\n".join(["x" * offset, *parts])
    alone = [detect.redacted(part, detect.KINDS) for part in ["x" * offset, *parts]]
    assert detect.redacted(text, detect.KINDS) == "\n\n".join(alone)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=19))
def test_one_wrong_digit_never_passes_luhn(digits: list[int]) -> None:
    """A property of the formula (ISO/IEC 7812-1)."""
    checked = next([*digits, check] for check in range(10) if luhn([*digits, check]))
    for place in range(len(checked)):
        for wrong in range(10):
            if wrong != checked[place]:
                assert not luhn([*checked[:place], wrong, *checked[place + 1 :]])


@pytest.mark.parametrize(
    "hostile",
    [
        "1 " * 5_000,
        "+" * 10_000,
        "1-" * 5_000,
        "a@" * 5_000,
        "(1)" * 3_000,
        "::" * 5_000,
        "1" * 10_000,
        "AB12 " * 2_000,
    ],
    ids=lambda text: text[:6],
)
def test_hostile_texts_are_searched_in_linear_work(hostile: str) -> None:
    """Twice the text calls for twice the pauses, and for no more than a few for each window."""
    pauses = [0, 0]

    def count(which: int) -> Callable[[], None]:
        def pause() -> None:
            pauses[which] += 1

        return pause

    detect.find(hostile, detect.KINDS, count(0))
    detect.find(hostile * 2, detect.KINDS, count(1))
    windows = len(hostile) / detect.WINDOW
    assert pauses[1] <= 2 * pauses[0] + len(detect.KINDS)
    assert pauses[0] <= (windows + 1) * len(detect.KINDS)


def test_every_country_has_an_example() -> None:
    from leadline_client.national_ids import national_id_length

    for country in NATIONAL_IDS:
        assert any(national_id_length(text) == len(text) for text in EXAMPLES["national_id"]), country
