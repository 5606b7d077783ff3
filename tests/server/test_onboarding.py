"""A model gets its baseline on the server: what is learned there is what `leadline.learn` says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline
from leadline.baselines.baseline import Baseline
from leadline.schedule import instant
from leadline.server.looking.onboarding import WAITING, Busy, Learner

OPTIONS = {"timestamp": "at", "score": "p", "label": "y", "id": "id", "version": "version", "window": "1d"}


def csv(rows: dict[str, Any], size: int = 3_000) -> bytes:
    """Rows as a file."""
    columns = [np.asarray(values)[:size].astype(str).tolist() for values in rows.values()]
    lines = [",".join(rows), *(",".join(line) for line in zip(*columns, strict=True))]
    return "\n".join(lines).encode()


def until(done: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `done` gives once it is true."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def learned(live: Any, model: str = "credit") -> Any:
    """What became of the baseline."""

    def done() -> Any:
        found = live.ask("GET", f"/api/v1/models/{model}/learning").document
        return found if found["state"] in ("learned", "failed") else None

    return until(done)


def test_a_file_is_inspected_as_learn_would_read_it(
    live: Any, reference: dict[str, Any], tmp_path: Path
) -> None:
    content = csv(reference)
    answer = live.ask("POST", "/api/v1/inspect?filename=my%20rows.csv", body=content)
    assert answer.status == 200, answer.body
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    expected = {column.name: column for column in leadline.learn(path).schema}
    found = {column["name"]: column for column in answer.document["columns"]}
    for name, column in found.items():
        own = expected[name]
        assert (column["role"], column["kind"], column["why"]) == (own.role.value, own.kind.value, own.why)
    assert list(found) == list(reference)
    assert set(found["channel"]["examples"]) <= {"app", "web", "branch"}
    assert all(text.startswith("2026-0") for text in found["at"]["examples"])
    assert answer.document["filename"] == "my rows.csv"
    assert live.ask("GET", "/api/v1/models").document["items"] == []


def test_a_baseline_of_a_file_is_that_of_learn(live: Any, reference: dict[str, Any], tmp_path: Path) -> None:
    content = csv(reference)
    query = f"filename=r.csv&options={json.dumps(OPTIONS)}".replace(" ", "%20").replace('"', "%22")
    answer = live.ask("POST", f"/api/v1/models/credit/reference?{query}", body=content)
    assert answer.status == 202, answer.body
    assert learned(live)["state"] == "learned"
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    own = live.service.worker.baseline("credit")
    assert own.fingerprint == leadline.learn(path, **OPTIONS).fingerprint
    entry = live.ask("GET", "/api/v1/audit").document["items"][0]
    assert (entry["action"], entry["about"]["filename"]) == ("onboarding.reference", "r.csv")


def test_a_model_that_sends_learns_from_its_rows_and_is_judged_by_what_comes_after(
    live: Any, make_traffic: Any
) -> None:
    rows = make_traffic(40, 100, "2026-01-01", 1)
    live.clock.now = instant("2026-02-12")
    live.send(rows)
    body = {"from": "2026-01-01", "to": "2026-01-31", "options": {"window": "1d", "budget": "1/30d"}}
    assert live.ask("POST", "/api/v1/models/credit/learn", body).status == 202
    done = learned(live)
    assert done["state"] == "learned", done
    own = live.service.worker.baseline("credit")
    assert own.profile.rows == 3_000
    roles = {column.name: column.role.value for column in own.schema}
    wanted = {"id": "id", "timestamp": "timestamp", "version": "version", "score": "score", "label": "label"}
    assert roles | wanted == roles
    assert {name for name, role in roles.items() if role == "feature"} == {"amount", "age", "channel"}
    record = live.report()
    assert record["current"]["start"] >= "2026-01-31"
    assert record["current"]["rows"] == 1_000
    assert record["verdict"] != "alert"


def test_rows_of_several_kinds_and_classes_are_learned(live: Any) -> None:
    generator = np.random.default_rng(3)
    size = 400
    a = generator.random(size)
    predictions = {
        "rows": size, "id": [str(i) for i in range(size)],
        "timestamp": (1_767_225_600 + np.arange(size) * 600.0).tolist(),
        "score": [{"cat": x, "dog": 1 - x} for x in a.tolist()],
        "prediction": ["cat" if x > 0.5 else "dog" for x in a.tolist()],
        "latency_ms": generator.random(size).tolist(),
        "features": {"score": generator.random(size).tolist(), "mixed": [1, "x", 2.5, None] * (size // 4)},
        "segment": {"land": ["x", "y"] * (size // 2)},
    }  # fmt: skip
    batch = {"format": 1, "model": "pets", "predictions": predictions}
    live.clock.now = instant("2026-01-10")
    assert live.ask("POST", "/api/v1/ingest", batch).status == 202
    body = {"from": "2026-01-01", "to": "2026-01-09"}
    assert live.ask("POST", "/api/v1/models/pets/learn", body).status == 202
    done = learned(live, "pets")
    assert done["state"] == "learned", done
    own = live.service.worker.baseline("pets")
    roles = {column.name: column.role.value for column in own.schema}
    assert roles["score"] == roles["mixed"] == roles["land"] == "feature"
    assert roles["score_cat"] == roles["score_dog"] == "score"
    assert "latency_ms" not in roles
    assert ("land", "x") in own.profile.axes.segments


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("inspect?filename=r.exe", b"MZ", "unknown file format"),
        ("inspect?filename=r.csv", b"", "empty"),
        ("inspect?filename=r.parquet", b"PAR1 and no more", "r.parquet"),
        ("inspect?filename=../../etc/passwd", b"x", "unknown file format"),
        ("inspect?filename=../../x.csv", b'a,b\n1,2\n"', "x.csv"),
        ("inspect", b"a,b", "filename"),
        ("models/m/reference?filename=r.csv&options=%7B", b"a,b\n1,2\n", "options"),
        (
            "models/m/reference?filename=r.csv&options=%7B%22config%22:%22/etc/passwd%22%7D",
            b"a\n1\n",
            "config",
        ),
        ("models/m/reference?filename=r.csv&options=%7B%22threads%22:64%7D", b"a\n1\n", "threads"),
        ("models/m/reference?filename=r.csv&options=%7B%22nothing%22:1%7D", b"a\n1\n", "nothing"),
    ],
)
def test_what_cannot_be_read_is_refused(live: Any, path: str, body: bytes, message: str) -> None:
    answer = live.ask("POST", f"/api/v1/{path}", body=body)
    assert answer.status == 400, answer.body
    assert message in answer.document["message"]
    assert "/tmp" not in answer.document["message"]
    assert live.service.worker.baseline("m") is None


def test_what_fails_later_is_told_and_nothing_is_set(live: Any) -> None:
    query = "filename=r.csv&options=%7B%22label%22:%22nowhere%22%7D"
    assert live.ask("POST", f"/api/v1/models/m/reference?{query}", body=b"a,b\n1,2\n").status == 202
    found = learned(live, "m")
    assert found["state"] == "failed"
    assert "nowhere" in found["problem"]
    assert "/tmp" not in found["problem"]
    assert live.service.worker.baseline("m") is None
    again = live.ask("POST", "/api/v1/models/m/reference?filename=r.csv", body=b"a,b\n1,2\n2,3\n")
    assert again.status == 202
    assert learned(live, "m")["state"] == "learned"


def test_rows_that_are_not_there_are_not_learned(live: Any, make_traffic: Any) -> None:
    body = {"from": "2026-01-01", "to": "2026-02-01"}
    assert live.ask("POST", "/api/v1/models/credit/learn", body).status == 404
    live.send(make_traffic(1, 50, "2026-03-01", 1))
    for wrong in (
        {"from": "x"},
        {"to": "2025-01-01"},
        {"options": {"as_of": "2026-01-01"}},
        {"from": "0001-01-01"},
    ):
        assert live.ask("POST", "/api/v1/models/credit/learn", {**body, **wrong}).status == 400
    assert live.ask("POST", "/api/v1/models/credit/learn", body).status == 202
    found = learned(live)
    assert found["state"] == "failed"
    assert "no rows" in found["problem"]


def test_only_so_many_wait_and_a_stop_gives_up_what_is_under_way() -> None:
    going, go_on = threading.Event(), threading.Event()
    settled: list[str] = []

    def work(progress: Any) -> Baseline:
        going.set()
        go_on.wait(30)
        progress(1, 2)
        raise AssertionError("it went on after the end")

    learner = Learner(lambda model, content: settled.append(model))
    learner.start("m0", work)
    assert going.wait(30)
    for number in range(1, WAITING):
        learner.start(f"m{number}", work)
    with pytest.raises(Busy):
        learner.start("m0", work)
    with pytest.raises(Busy):
        learner.start("another", work)
    closing = threading.Thread(target=learner.close)
    closing.start()
    until(lambda: learner._stopping.is_set())
    go_on.set()
    closing.join(30)
    assert not closing.is_alive()
    assert settled == []
    assert learner.of("m0").state == "learning"


numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=st.dictionaries(st.text(min_size=1), plain, max_size=4))
def test_options_go_into_yaml_and_come_out(live: Any, options: dict[str, Any]) -> None:
    text = live.ask("POST", "/api/v1/yaml", {"options": options}).document["text"]
    answer = live.ask("POST", "/api/v1/yaml", {"text": text})
    assert answer.status == 200, answer.body
    assert answer.document["options"] == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("a: 1\na: 2", "written twice"),
        ("- a", "not a mapping"),
        ("a: &x [1]\nb: *x", "alias"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("a: " + "[" * 3_000, "not"),
    ],
)
def test_yaml_that_is_none_is_refused(live: Any, text: str, message: str) -> None:
    answer = live.ask("POST", "/api/v1/yaml", {"text": text})
    assert answer.status == 400, answer.body
    assert message in answer.document["message"]


def test_dates_in_yaml_are_texts(live: Any) -> None:
    found = live.ask("POST", "/api/v1/yaml", {"text": "monitors: [{metric: model_age, since: 2026-03-01}]"})
    assert found.document["options"] == {"monitors": [{"metric": "model_age", "since": "2026-03-01"}]}
    assert live.ask("POST", "/api/v1/yaml", {"text": ""}).document["options"] == {}
