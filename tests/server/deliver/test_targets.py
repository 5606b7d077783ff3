"""Messages go where they may, and nowhere else."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import ConfigurationError
from leadline.server.alerting.deliver import targets
from leadline.server.alerting.deliver.targets import (
    NotAllowed,
    check_host,
    check_url,
    post,
    resolved,
    revealed,
)

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    with pytest.raises(NotAllowed, match="--allow-private-targets"):
        resolved(host, 80, private=False)
    assert resolved(host, 80, private=True)


@pytest.mark.parametrize("host", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_not(host: str) -> None:
    assert resolved(host, 80, private=False)[0][4][0] == host


def test_a_name_that_comes_to_mean_another_address_is_refused_when_it_is_called(
    receiving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = receiving(200)
    real = socket.getaddrinfo
    answers = iter(["1.1.1.1", "127.0.0.1"])

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:
        return real(next(answers) if host == "rebinding.example" else host, port, *rest, **more)

    monkeypatch.setattr(targets.socket, "getaddrinfo", resolve)
    url = f"http://rebinding.example:{receiver.port}/"
    check_url(url, False, "url")
    assert "private network" in (post(url, b"{}", {}, private=False) or "")
    assert receiver.came == []


def test_a_redirect_is_not_followed(receiving: Any) -> None:
    receiver = receiving(302)
    assert post(receiver.url, b"{}", {}, private=True) == "status 302"
    assert len(receiver.came) == 1


def test_no_answer_is_a_problem_and_no_error(receiving: Any) -> None:
    assert "status 500" in (post(receiving(500).url, b"", {}, True) or "")
    for url in (
        "http://127.0.0.1:1/",
        "http://nowhere.invalid/",
        "https://127.0.0.1:1/",
        "http://127.0.0.1:99999/",
        f"http://{'a' * 300}.example/",
        "http://\udcff/",
    ):
        assert post(url, b"", {}, True)


@given(st.text(max_size=40))
def test_no_text_is_an_address_by_accident(text: str) -> None:
    try:
        check_url(f"http://{text}", True, "url")
    except ConfigurationError:
        return
    assert text.isascii()
    assert "@" not in text.partition("/")[0]
    assert not set(text) & set(" \r\n\t")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "http://",
        "http://a b",
        "http://user:pw@host",
        "http://x:port",
        "file:///etc/passwd",
        "http://ä",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not an address"):
        check_url(url, True, "url")


def test_a_name_that_is_not_known_yet_may_be_set_up() -> None:
    check_host("nowhere.invalid", private=False)


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_TEST_SECRET", "x")
    assert revealed("env:LEADLINE_TEST_SECRET") == "x"
    assert revealed("plain") == "plain"
    with pytest.raises(ConfigurationError, match="no such variable"):
        revealed("env:LEADLINE_TEST_NO_SUCH")
