"""Mail comes whole, over a line that is as closed as it was asked to be."""

from __future__ import annotations

import asyncio
import email
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from leadline.errors import ConfigurationError
from leadline.server.alerting.deliver import mail
from leadline.server.alerting.deliver.mail import MailSettings
from leadline.server.alerting.deliver.parcel import Parcel, Way
from leadline.server.alerting.notice import Text

NOW = 1_700_000_000_000_000


class Mailbox:
    """What a server of mail took."""

    def __init__(self) -> None:
        self.came: list[tuple[list[str], EmailMessage]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = email.message_from_bytes(envelope.content, policy=default)
        self.came.append((envelope.rcpt_tos, found))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def serving(box: Mailbox) -> Iterator[Callable[..., int]]:
    """Starts a server of mail; gives its port. `secure` is spoken from the first byte."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running: list[asyncio.Server] = []

    def start(secure: ssl.SSLContext | None = None, **options: Any) -> int:
        def talk() -> SMTP:
            return SMTP(box, hostname="localhost", loop=loop, **options)

        listening = loop.create_server(talk, "127.0.0.1", 0, ssl=secure)
        running.append(asyncio.run_coroutine_threadsafe(listening, loop).result(30))
        return int(running[-1].sockets[0].getsockname()[1])

    async def stop() -> None:
        for one in running:
            one.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    yield start
    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def certificate(peer: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this machine, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    names = ("certificate.pem", "key.pem")
    subprocess.run(
        [peer("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-out", names[0], "-keyout", names[1]],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / names[0], folder / names[1]


def settings(port: int, **more: Any) -> MailSettings:
    values = {
        "host": "localhost", "port": port, "sender": "Leadline <leadline@example.org>",
        "recipients": ["ada@example.org", "Eve <eve@example.org>"], "security": "none",
    }  # fmt: skip
    return MailSettings(**(values | more))


def way(secret: str = "") -> Way:
    return Way(secret, True, NOW)


def test_a_mail_says_everything_in_plain_text_and_as_html(
    serving: Any, box: Mailbox, told: Any, packed: Any
) -> None:
    notice = told(link="https://leadline.example/alerts/7")
    assert mail.send(settings(serving()), packed(notice), way()) is None
    ((recipients, found),) = box.came
    assert recipients == ["ada@example.org", "eve@example.org"]
    assert found["Subject"] == "credit: income moved by 0.21 (Kolmogorov-Smirnov distance)"
    assert found["Auto-Submitted"] == "auto-generated"
    text, html = (found.get_body((kind,)).get_content() for kind in ("plain", "html"))
    said = [
        "income moved by 0.21", "4 Oct 2024 00:00 UTC", "0.213 (0.191 to 0.235)", "31", "14.5", "income, age",
        "ROC AUC 0.87 to 0.84", "state=CA", "\u22120.07", "1000 times", "Missing columns: purpose.",
        "See https://wiki/credit.", "which step converts the unit", "https://leadline.example/alerts/7",
    ]  # fmt: skip
    for part in said:
        assert part in text
        assert part in html
    (picture,) = found.iter_attachments()
    assert picture.get_content_type() == "image/svg+xml"
    assert picture.get_content().startswith(b"<svg")


def test_a_repetition_has_the_same_name(serving: Any, box: Mailbox, told: Any, packed: Any) -> None:
    port = serving()
    for key in ("one", "one", "two"):
        assert mail.send(settings(port), packed(told(), key=key), way()) is None
    names = [found["Message-ID"] for _, found in box.came]
    assert names[0] == names[1] != names[2]


def test_hostile_names_break_nothing(serving: Any, box: Mailbox, told: Any, packed: Any) -> None:
    hostile = '<script>alert(1)</script>"\r\nBcc: eve@evil.example\r\n\r\n\x00\u202e' + "x" * 10_000
    notice = told(model=hostile, sentence=hostile, sources=(hostile,), link='https://x/"><script>')
    assert mail.send(settings(serving()), packed(notice), way()) is None
    ((recipients, found),) = box.came
    assert recipients == ["ada@example.org", "eve@example.org"]
    assert found["Bcc"] is None
    assert len(found["Subject"]) < 100
    html = found.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_starttls_with_a_password(
    serving: Any, box: Mailbox, told: Any, packed: Any, certificate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login.decode(), session.ssl is not None))
        return AuthResult(success=data.password == b"secret", handled=False)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    port = serving(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    closed = settings(port, security="starttls", user="ada")
    assert mail.send(closed, packed(told()), way("secret")) is None
    assert seen == [("ada", True)]
    assert "535" in (mail.send(closed, packed(told()), way("wrong")) or "")
    assert len(box.came) == 1


def test_tls_from_the_first_byte(
    serving: Any, box: Mailbox, told: Any, packed: Any, certificate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    port = serving(secure=context)
    assert mail.send(settings(port, security="tls"), packed(told()), way()) is None
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate" in (mail.send(settings(port, security="tls"), packed(told()), way()) or "").lower()
    assert len(box.came) == 1


def test_no_mail_where_the_line_is_not_as_closed_as_asked(
    serving: Any, box: Mailbox, told: Any, packed: Any
) -> None:
    assert "STARTTLS" in (mail.send(settings(serving(), security="starttls"), packed(told()), way()) or "")
    assert box.came == []


def test_who_is_refused_is_named(serving: Any, box: Mailbox, told: Any, packed: Any) -> None:
    box.refused.add("eve@example.org")
    assert "eve@example.org" in (mail.send(settings(serving()), packed(told()), way()) or "")


def test_no_server_is_a_problem_and_no_error(told: Any, packed: Any) -> None:
    assert "refused" in (mail.send(settings(1), packed(told()), way()) or "")
    private = Way("", False, NOW)
    assert "private network" in (mail.send(settings(1), packed(told()), private) or "")


def test_a_digest_is_a_mail_too(serving: Any, box: Mailbox) -> None:
    text = Text("digest", "k", "Leadline: 2 alerts this week", ["first", "- second"], "https://x")
    parcel = Parcel("k", (), text, msgspec.json.encode(text))
    assert mail.send(settings(serving()), parcel, way()) is None
    ((_, found),) = box.came
    assert found.get_body(("plain",)).get_content().split() == ["first", "-", "second", "https://x"]


@pytest.mark.parametrize(
    ("fields", "secret", "what"),
    [
        ({"sender": "nobody"}, "", "not an address of mail"),
        ({"sender": "a@b\r\nBcc: c@d"}, "", "not an address of mail"),
        ({"recipients": ["@example.org"]}, "", "not an address of mail"),
        ({"user": "ada", "security": "tls"}, "", "without a password"),
        ({"user": "ada"}, "secret", "open line"),
    ],
)
def test_what_cannot_be_set_up(fields: dict[str, Any], secret: str, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        mail.check(settings(25, **fields), secret, True)
