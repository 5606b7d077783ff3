"""What Apprise knows is sent by Apprise; without it, and where it may not go, that is said."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from leadline.errors import ConfigurationError, MissingExtraError
from leadline.server.alerting.deliver import apprise
from leadline.server.alerting.deliver.apprise import AppriseSettings
from leadline.server.alerting.deliver.parcel import Way
from leadline.server.alerting.deliver.targets import NotAllowed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Apprise itself imports

NONE = AppriseSettings()


def way(secret: str, private: bool = True) -> Way:
    return Way(secret, private, 0)


def test_a_message_comes_with_its_title_and_all_of_its_text(receiving: Any, told: Any, packed: Any) -> None:
    pytest.importorskip("apprise")
    receiver = receiving(200)
    assert apprise.send(NONE, packed(told()), way(f"json://127.0.0.1:{receiver.port}/x")) is None
    (document,) = receiver.documents
    assert document["title"] == "credit: income moved by 0.21 (Kolmogorov-Smirnov distance)"
    assert "1000 times" in document["message"]
    assert document["type"] == "warning"
    assert apprise.send(NONE, packed(told("resolved")), way(f"json://127.0.0.1:{receiver.port}/x")) is None
    assert receiver.documents[1]["type"] == "success"


def test_what_is_not_taken_is_a_problem(receiving: Any, told: Any, packed: Any) -> None:
    pytest.importorskip("apprise")
    receiver = receiving(500)
    found = apprise.send(NONE, packed(told()), way(f"json://127.0.0.1:{receiver.port}/x"))
    assert found == "the service did not take it"


def test_what_cannot_be_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise")
    for secret in ("", "nonsense", "nosuch://x", "http://"):
        with pytest.raises(ConfigurationError, match="not an address that Apprise knows"):
            apprise.check(NONE, secret, True)
    with pytest.raises(NotAllowed):
        apprise.check(NONE, "json://127.0.0.1/x", False)
    # The first part of such an address is a token: it is shown to no name server.
    monkeypatch.setattr(apprise, "check_host", lambda host, private: pytest.fail(f"looked up {host}"))
    apprise.check(NONE, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", False)


def test_without_it_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingExtraError, match=r"leadline\[notify\]"):
        apprise.check(NONE, "json://127.0.0.1/x", True)
