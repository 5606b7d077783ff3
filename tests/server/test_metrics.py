"""Prometheus reads what the server and its models say."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadline.schedule import instant
from leadline.server.run import listening


@pytest.fixture
def judged(live: Any, baseline_file: Path, make_traffic: Any) -> Any:
    """A model with a name that a label has to hide, and a column that drifts."""
    live.give(baseline_file, 'cr"ed\\it')
    live.clock.now = instant("2026-03-12")
    live.send(make_traffic(10, 100, "2026-03-01", 5, shift=1.0, shifted_from=6), 'cr"ed\\it')
    live.judge()
    return live


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_numbers_are_those_of_the_report(judged: Any) -> None:
    found = samples(judged.ask("GET", "/metrics").body.decode())
    report = judged.ask("GET", "/api/v1/models/cr%22ed%5Cit/report").document
    named = 'model="cr\\"ed\\\\it"'
    assert found[f'leadline_model_verdict{{{named},verdict="alert"}}'] == 1
    columns = {column["name"]: column for column in report["columns"]}
    effect = columns["amount"]["effect"]
    key = f'leadline_drift{{{named},column="amount",metric="{effect["metric"]}"}}'
    assert found[key] == pytest.approx(effect["value"])
    assert found[f'leadline_missing_share{{{named},column="age"}}'] == 0
    assert found[f"leadline_window_rows{{{named}}}"] == 100
    assert found[f"leadline_window_end_timestamp_seconds{{{named}}}"] == instant("2026-03-11") / 1e6
    realised = [
        name for name in found if name.startswith("leadline_performance{") and 'kind="realised"' in name
    ]
    assert realised
    assert found[f'leadline_rows{{{named},kind="predictions"}}'] == 1000


def test_promtool_finds_nothing_to_complain_about(judged: Any, peer: Callable[[str], str]) -> None:
    done = subprocess.run(
        [peer("promtool"), "check", "metrics"],
        input=judged.ask("GET", "/metrics").body,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""


def test_a_real_prometheus_scrapes_it(judged: Any, peer: Callable[[str], str], tmp_path: Path) -> None:
    program = peer("prometheus")
    with listening("127.0.0.1", 0) as socket:
        port = socket.getsockname()[1]
    (tmp_path / "prometheus.yml").write_text(
        "scrape_configs:\n- job_name: leadline\n  scrape_interval: 1s\n"
        f"  basic_auth: {{username: any, password: {judged.token}}}\n"
        f"  static_configs: [{{targets: ['{judged.url.removeprefix('http://')}']}}]\n"
    )
    process = subprocess.Popen(
        [
            program,
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = _asked(f"http://127.0.0.1:{port}/api/v1/query?query=leadline_drift", process)
    finally:
        process.terminate()
        process.wait()
    assert {sample["metric"]["column"] for sample in found} >= {"amount", "age", "channel"}
    assert {sample["metric"]["model"] for sample in found} == {'cr"ed\\it'}


def _asked(url: str, process: subprocess.Popen[bytes]) -> list[Any]:
    """The samples of a query, once there are some."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                found: list[Any] = json.load(response)["data"]["result"]
        except OSError:
            found = []
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("Prometheus has no sample")


def test_a_token_may_be_the_password_of_basic_authentication(live: Any) -> None:
    def status(text: str) -> int:
        header = {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}
        found: int = live.ask("GET", "/metrics", token=None, headers=header).status
        return found

    assert status(f"any:{live.token}") == 200
    assert status("any:guessed") == 401
    assert status("no colon") == 401
    assert live.ask("GET", "/metrics", token=None, headers={"Authorization": "Basic %%%"}).status == 401
