"""Alerts begin and end at a real Alertmanager as they do here."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import URLError

import msgspec
import pytest

from leadline.server.alerting.deliver import alertmanager
from leadline.server.alerting.deliver.alertmanager import AlertmanagerSettings
from leadline.server.alerting.deliver.parcel import Parcel, Way
from leadline.server.alerting.notice import Text


def way(secret: str = "") -> Way:
    return Way(secret, True, int(time.time() * 1e6))


@pytest.fixture(scope="module")
def manager(peer: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real one."""
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "am.yml").write_text("route:\n  receiver: nobody\nreceivers:\n- name: nobody\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [peer("prometheus-alertmanager"), f"--config.file={folder / 'am.yml'}", f"--storage.path={folder}",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/-/ready", process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "it has ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not answer")


def active(url: str) -> dict[str, Any]:
    """The alerts that live there, by model."""
    with urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=10) as response:
        return {
            alert["labels"]["model"]: alert for alert in json.load(response) if "model" in alert["labels"]
        }


def test_an_alert_begins_and_ends(manager: str, told: Any, packed: Any) -> None:
    settings = AlertmanagerSettings(manager + "/", labels={"team": "risk"})
    notice = told(link="http://127.0.0.1:8470/alerts/7", model="begins")
    assert alertmanager.send(settings, packed(notice), way()) is None
    found = active(manager)["begins"]
    assert found["labels"] == {
        "alertname": "LeadlineAlert", "model": "begins", "alert": "7", "team": "risk",
    }  # fmt: skip
    assert found["annotations"]["summary"].startswith("begins: income moved")
    assert "1000 times" in found["annotations"]["description"]
    assert found["annotations"]["cause"] == "unit_change"
    assert found["generatorURL"] == "http://127.0.0.1:8470/alerts/7"
    assert alertmanager.send(settings, packed(told("resolved", model="begins")), way()) is None
    assert "begins" not in active(manager)


def test_a_storm_is_many_alerts(manager: str, told: Any, packed: Any) -> None:
    settings = AlertmanagerSettings(manager)
    notices = [told(model=f"storm {i}", id=i) for i in range(5)]
    assert alertmanager.send(settings, packed(*notices), way()) is None
    assert {f"storm {i}" for i in range(5)} <= active(manager).keys()


def test_a_test_is_taken(manager: str) -> None:
    text = Text("test", "test/1", "Leadline: a test", ["This is a test."], "")
    parcel = Parcel("test/1", (), text, msgspec.json.encode(text))
    assert alertmanager.send(AlertmanagerSettings(manager), parcel, way()) is None


def test_what_it_refuses_is_shown(receiving: Any, told: Any, packed: Any) -> None:
    receiver = receiving(400)
    settings = AlertmanagerSettings(f"http://127.0.0.1:{receiver.port}")
    assert "status 400" in (alertmanager.send(settings, packed(told()), way()) or "")


def test_it_says_who_sends(receiving: Any, told: Any, packed: Any) -> None:
    receiver = receiving(200)
    url = f"http://127.0.0.1:{receiver.port}/prefix"
    assert alertmanager.send(AlertmanagerSettings(url), packed(told()), way("token")) is None
    assert alertmanager.send(AlertmanagerSettings(url, user="ada"), packed(told()), way("secret")) is None
    assert alertmanager.send(AlertmanagerSettings(url), packed(told()), way()) is None
    sent = [headers.get("Authorization") for headers, _ in receiver.came]
    assert sent == ["Bearer token", "Basic YWRhOnNlY3JldA==", None]
