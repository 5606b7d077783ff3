"""Mail by SMTP: plain text that is complete, HTML beside it, the small picture attached."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leadline.errors import ConfigurationError
from leadline.reports.words import encodable
from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel, Way
from leadline.server.alerting.deliver.render import html, picture, text
from leadline.server.alerting.deliver.targets import TIMEOUT_SECONDS, NotAllowed, check_host, connect

Address = Annotated[str, Meta(max_length=320)]


class MailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How mail is sent.

    Attributes:
        host, port: of the server that takes it.
        sender: address that it comes from; recipients: whom it goes to.
        security: "starttls" (no mail where the server does not offer it), "tls" from the first byte, "none".
        user: name to sign in with; "": without. The secret is the password.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    sender: Address
    recipients: Annotated[list[Address], Meta(min_length=1, max_length=50)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Meta(max_length=320)] = ""


def check(settings: MailSettings, secret: str, private: bool) -> None:
    """Addresses are some, the password goes over no open line, and the server may be used."""
    for address in (settings.sender, *settings.recipients):
        found = parseaddr(address)[1]
        if "@" not in found or not found.isascii() or not address.isprintable() or found.startswith("@"):
            raise ConfigurationError(
                "not an address of mail", where="settings", found=address, accepted="name@host"
            )
    if settings.user and not secret:
        raise ConfigurationError("a user without a password", where="secret", found=settings.user)
    if settings.user and settings.security == "none":
        raise ConfigurationError(
            "a password is not sent over an open line", where="settings.security", found="none",
            accepted=["starttls", "tls"],
        )  # fmt: skip
    check_host(settings.host, private)


def send(settings: MailSettings, parcel: Parcel, way: Way) -> str | None:
    """Hand the mail to the server; taken when it took it for every recipient that it did not refuse."""
    try:
        with _connected(settings, way) as server:
            refused = server.send_message(
                mail(settings, parcel, way.now),
                _bare(settings.sender),
                [_bare(address) for address in settings.recipients],
            )
    except NotAllowed as error:
        return str(error)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        return f"{type(error).__name__}: {error}"
    return None if not refused else f"refused for {', '.join(refused)}"


def mail(settings: MailSettings, parcel: Parcel, now: int) -> EmailMessage:
    """The mail. A repetition has the same Message-ID."""
    found = EmailMessage(SMTP)
    found["Subject"] = _one_line(parcel.subject)
    found["From"] = formataddr(parseaddr(settings.sender))
    found["To"] = ", ".join(formataddr(parseaddr(address)) for address in settings.recipients)
    found["Date"] = format_datetime(datetime.fromtimestamp(now / 1e6, UTC))
    name = hashlib.sha256(parcel.key.encode("utf-8", "replace")).hexdigest()[:32]
    found["Message-ID"] = f"<{name}@{_bare(settings.sender).rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(encodable(text(parcel)))
    found.add_alternative(encodable(html(parcel)), subtype="html")
    drawn = picture(parcel.notices[0].trend) if len(parcel.notices) == 1 and parcel.notices[0].trend else None
    if drawn is not None:
        found.add_attachment(
            encodable(drawn).encode(), maintype="image", subtype="svg+xml", filename="trend.svg"
        )
    return found


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in encodable(text))


def _bare(address: str) -> str:
    return parseaddr(address)[1]


def _connected(settings: MailSettings, way: Way) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = _SecureMail(settings, way.private, context)
    else:
        server = _Mail(settings, way.private)
    try:
        server.connect(settings.host, settings.port)
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, way.secret)
    except BaseException:
        server.close()
        raise
    return server


class _Mail(smtplib.SMTP):
    def __init__(self, settings: MailSettings, private: bool) -> None:
        # Its own name for the greeting: asking a name server for a longer one can take long.
        super().__init__(local_hostname=socket.gethostname(), timeout=TIMEOUT_SECONDS)
        # The name that the certificate is for; `connect` sets it only where it is given to the constructor.
        self._host, self._private = settings.host, private

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, self._private, timeout)


class _SecureMail(_Mail):
    def __init__(self, settings: MailSettings, private: bool, context: ssl.SSLContext) -> None:
        super().__init__(settings, private)
        self._context = context

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


KIND = ChannelKind("mail", "Mail", MailSettings, "password of the user", check, send)
