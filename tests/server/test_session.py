"""People: the first admin, signing in and out, what ends a session, and who guesses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.server.access import passwords

PASSWORD = "a long enough password"
DAY = 86_400_000_000


def setup(live: Any) -> dict[str, str]:
    """Headers of the first admin, made with the code of the start."""
    document = {"code": live.service.sign_in.new_code(), "name": "ada", "password": PASSWORD}
    found = live.ask("POST", "/api/v1/setup", document, token=None)
    assert found.status == 201, found.body
    cookie = found.headers["Set-Cookie"].partition(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": found.document["csrf"]}


def test_the_first_admin_is_made_once_with_the_code(live: Any) -> None:
    def is_open() -> bool:
        found: bool = live.ask("GET", "/api/v1/setup", token=None).document["open"]
        return found

    def make(code: str) -> int:
        document = {"code": code, "name": "ada", "password": PASSWORD}
        found: int = live.ask("POST", "/api/v1/setup", document, token=None).status
        return found

    assert not is_open()
    assert make("") == 401
    old, code = live.service.sign_in.new_code(), live.service.sign_in.new_code()
    assert is_open()
    for wrong in ("", "guessed", old, code[:-1], code + "x", "\ud800"):
        assert make(wrong) in (400, 401)
    assert live.ask("GET", "/api/v1/users").document["items"] == []
    assert make(code) == 201
    assert not is_open()
    assert make(code) == 401
    assert live.service.sign_in.new_code() is None
    assert [(u["name"], u["role"]) for u in live.ask("GET", "/api/v1/users").document["items"]] == [
        ("ada", "admin")
    ]


def test_a_code_makes_one_admin_although_two_use_it_at_once(live: Any) -> None:
    code, admin = live.service.sign_in.new_code(), live.service.sign_in.first_admin
    with live.service.metadata.database.transaction() as own:
        assert admin(own, "ada", "kept") is not None
        assert admin(own, "eve", "kept") is None
    assert live.ask("POST", "/api/v1/setup", {"code": code, "name": "e", "password": PASSWORD}).status == 401


def test_a_session_says_who_asks(live: Any) -> None:
    admin = setup(live)
    assert live.ask("GET", "/api/v1/session", token=None).status == 401
    found = live.ask("GET", "/api/v1/session", token=None, headers=admin).document
    assert found == {
        "name": "ada", "role": "admin", "models": None, "csrf": admin["X-CSRF-Token"], "open": False,
    }  # fmt: skip
    eve = live.signed_in("eve", "viewer", ["b", "a", "b"])
    found = live.ask("GET", "/api/v1/session", token=None, headers=eve).document
    assert (found["role"], found["models"]) == ("viewer", ["a", "b"])
    found = live.ask("GET", "/api/v1/session").document
    assert found == {"name": "tests", "role": "admin", "models": None, "csrf": "", "open": False}


def test_a_cookie_is_for_this_server_and_no_script(live: Any) -> None:
    live.signed_in("ada")
    entry = {"name": "ada", "password": PASSWORD}
    cookie = live.ask("POST", "/api/v1/session", entry, token=None).headers["Set-Cookie"]
    parts = [part.strip() for part in cookie.split(";")]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=604800"} <= set(parts)
    assert "Secure" not in parts
    with live.service.metadata.database.transaction() as own:
        kept = own.all("SELECT * FROM sessions") + own.all("SELECT * FROM users")
    secret = parts[0].partition("=")[2]
    assert secret not in repr(kept)
    assert PASSWORD not in repr(kept)


def test_sign_out_ends_this_session_only(live: Any) -> None:
    one, other = live.signed_in("ada"), live.sign_in("ada")
    found = live.ask("DELETE", "/api/v1/session", token=None, headers=one)
    assert found.status == 204
    assert "Max-Age=0" in found.headers["Set-Cookie"]
    assert live.ask("GET", "/api/v1/session", token=None, headers=one).status == 401
    assert live.ask("GET", "/api/v1/session", token=None, headers=other).status == 200
    assert live.ask("DELETE", "/api/v1/session").status == 404


def test_a_session_ends_by_itself(live: Any) -> None:
    ada = live.signed_in("ada")
    live.clock.now += 7 * DAY - 1
    assert live.ask("GET", "/api/v1/session", token=None, headers=ada).status == 200
    live.clock.now += 1
    assert live.ask("GET", "/api/v1/session", token=None, headers=ada).status == 401
    assert live.ask("GET", "/api/v1/sessions").document["items"] == []


def test_everybody_sees_and_ends_their_own_sessions_an_admin_all(live: Any) -> None:
    ada, eve = live.signed_in("ada", "admin"), live.signed_in("eve", "viewer")
    live.clock.now += DAY
    more = live.sign_in("eve")

    def listed(headers: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = live.ask(
            "GET", "/api/v1/sessions", token=None, headers=headers
        ).document["items"]
        return found

    assert [(s["user"], s["own"]) for s in listed(ada)] == [("ada", True), ("eve", False), ("eve", False)]
    assert [(s["opened_at"][:10], s["own"]) for s in listed(eve)] == [
        ("2026-06-01", True), ("2026-06-02", False),
    ]  # fmt: skip
    first, second, third = (session["id"] for session in listed(ada))
    assert live.ask("DELETE", f"/api/v1/sessions/{first}", token=None, headers=eve).status == 404
    assert live.ask("DELETE", f"/api/v1/sessions/{third}", token=None, headers=eve).status == 204
    assert live.ask("GET", "/api/v1/session", token=None, headers=more).status == 401
    assert live.ask("DELETE", f"/api/v1/sessions/{second}", token=None, headers=ada).status == 204
    assert live.ask("GET", "/api/v1/session", token=None, headers=eve).status == 401


def test_sessions_end_with_the_password(live: Any) -> None:
    ada, eve, other = live.signed_in("ada"), live.signed_in("eve", "viewer"), live.sign_in("eve")
    new = "another long password"

    def change(headers: dict[str, str], old: str, password: str) -> Any:
        document = {"old": old, "new": password}
        return live.ask("POST", "/api/v1/session/password", document, token=None, headers=headers)

    assert change(eve, "wrong", new).status == 403
    assert change(eve, PASSWORD, "short").status == 400
    assert live.ask("GET", "/api/v1/session", token=None, headers=other).status == 200
    changed = change(eve, PASSWORD, new)
    assert changed.status == 200
    for ended in (eve, other):
        assert live.ask("GET", "/api/v1/session", token=None, headers=ended).status == 401
    cookie = {"Cookie": changed.headers["Set-Cookie"].partition(";")[0]}
    assert live.ask("GET", "/api/v1/session", token=None, headers=cookie).document["name"] == "eve"
    assert live.ask("POST", "/api/v1/session", {"name": "eve", "password": PASSWORD}).status == 401
    eve = live.sign_in("eve", new)
    number = next(u["id"] for u in live.ask("GET", "/api/v1/users").document["items"] if u["name"] == "eve")
    path = f"/api/v1/users/{number}/password"
    assert live.ask("POST", path, {"password": PASSWORD}, token=None, headers=ada).status == 204
    assert live.ask("GET", "/api/v1/session", token=None, headers=eve).status == 401
    live.sign_in("eve")


def test_rights_change_for_open_sessions_and_end_with_the_person(live: Any) -> None:
    ada, eve = live.signed_in("ada"), live.signed_in("eve", "editor")
    number = live.ask("GET", "/api/v1/users").document["items"][1]["id"]
    changed = live.ask("PUT", f"/api/v1/users/{number}", {"role": "viewer", "models": ["m"]})
    assert (changed.document["role"], changed.document["models"]) == ("viewer", ["m"])
    found = live.ask("GET", "/api/v1/session", token=None, headers=eve).document
    assert (found["role"], found["models"]) == ("viewer", ["m"])
    assert live.ask("DELETE", f"/api/v1/users/{number}", token=None, headers=ada).status == 204
    assert live.ask("GET", "/api/v1/session", token=None, headers=eve).status == 401
    assert live.ask("DELETE", f"/api/v1/users/{number}").status == 404
    assert live.ask("PUT", f"/api/v1/users/{number}", {"role": "viewer"}).status == 404


def test_one_admin_always_stays(live: Any) -> None:
    live.signed_in("ada")
    number = live.ask("GET", "/api/v1/users").document["items"][0]["id"]
    assert live.ask("DELETE", f"/api/v1/users/{number}").status == 409
    assert live.ask("PUT", f"/api/v1/users/{number}", {"role": "editor"}).status == 409
    live.signed_in("eve")
    assert live.ask("PUT", f"/api/v1/users/{number}", {"role": "editor"}).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "", "password": PASSWORD, "role": "viewer"},
        {"name": " ada", "password": PASSWORD, "role": "viewer"},
        {"name": "a\nb", "password": PASSWORD, "role": "viewer"},
        {"name": "x" * 201, "password": PASSWORD, "role": "viewer"},
        {"name": "eve", "password": "elevenchars", "role": "viewer"},
        {"name": "eve", "password": "x" * 1_001, "role": "viewer"},
        {"name": "eve", "password": PASSWORD, "role": "root"},
        {"name": "eve", "password": PASSWORD},
        {"name": "eve", "password": PASSWORD, "role": "admin", "models": ["m"]},
    ],
)
def test_a_person_that_cannot_be(live: Any, wrong: dict[str, Any]) -> None:
    found = live.ask("POST", "/api/v1/users", wrong)
    assert found.status == 400
    assert PASSWORD not in found.body.decode()
    assert live.ask("GET", "/api/v1/users").document["items"] == []


def test_a_name_is_given_once(live: Any) -> None:
    live.signed_in("ada")
    again = {"name": "ada", "password": PASSWORD, "role": "viewer"}
    assert live.ask("POST", "/api/v1/users", again).status == 409


def test_who_guesses_waits(live: Any) -> None:
    live.signed_in("ada")

    def guess(name: str, password: str) -> Any:
        return live.ask("POST", "/api/v1/session", {"name": name, "password": password}, token=None)

    assert [guess("ada", f"guess {i}").status for i in range(5)] == [401] * 5
    held = guess("ada", PASSWORD)
    assert held.status == 429
    assert 1 <= int(held.headers["Retry-After"]) <= 60
    # Somebody else is not held up by it, until the address has tried too many names.
    live.signed_in("eve")
    assert [guess(f"name {i}", "guess").status for i in range(20)].count(401) == 15
    assert guess("eve", PASSWORD).status == 429


def test_an_unknown_name_answers_as_a_known_one(live: Any) -> None:
    live.signed_in("ada")
    known, unknown = (
        live.ask("POST", "/api/v1/session", {"name": name, "password": "guess"}, token=None)
        for name in ("ada", "eve")
    )
    assert (known.status, known.body) == (unknown.status, unknown.body)


@settings(max_examples=50)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_password_is_fit_by_itself_only(one: str, other: str) -> None:
    cost, passwords.COST = passwords.COST, (4, 8, 1)
    try:
        kept = passwords.kept(one)
        assert passwords.fits(one, kept)
        assert passwords.fits(other, kept) == (passwords.normal(one) == passwords.normal(other))
        assert not passwords.fits(one, None)
        assert kept != passwords.kept(one)
    finally:
        passwords.COST = cost


def test_only_two_guess_at_a_time(live: Any) -> None:
    live.signed_in("ada")
    entry = {"name": "ada", "password": PASSWORD}
    with passwords._WORKING, passwords._WORKING:
        found = live.ask("POST", "/api/v1/session", entry, token=None)
        assert (found.status, found.headers["Retry-After"]) == (429, "1")
    live.sign_in("ada")


def test_a_composed_letter_is_the_same_letter() -> None:
    assert passwords.fits("Zu\u0308rich am See", passwords.kept("Z\u00fcrich am See"))
