"""What is sent at once: one notice, many of one cause, or a text; and how a channel takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from leadline.server.alerting.notice import Notice, Text
from leadline.stores.metadata.channels import Message


@dataclass(frozen=True)
class Parcel:
    """What is sent at once.

    Attributes:
        key: names it; a repetition has the same.
        notices: of alerts; several are of one cause. Empty where there is a text.
        text: of no alert.
        body: as JSON.
    """

    key: str
    notices: tuple[Notice, ...]
    text: Text | None
    body: bytes

    @property
    def subject(self) -> str:
        """One line."""
        if self.text is not None:
            return self.text.subject
        if len(self.notices) == 1:
            return self.notices[0].subject
        first = self.notices[0]
        return f"{len(self.models)} models: {first.alert.cause.replace('_', ' ')} ({first.event})"

    @property
    def models(self) -> list[str]:
        """Whose alerts it tells of."""
        return list(dict.fromkeys(notice.model for notice in self.notices))


class Storm(msgspec.Struct, frozen=True):
    """Alerts of one cause that many models have at once, as a webhook gets them.

    Attributes:
        event: what happened to all of them; key: names this message.
        cause: key of what they share; subject: one line; models: whose alerts they are.
        notices: of each of them.
    """

    event: str
    key: str
    cause: str
    subject: str
    models: list[str]
    notices: list[Notice]


_NOTICES = msgspec.json.Decoder(Notice)
_TEXTS = msgspec.json.Decoder(Text)

ABOUT_NOTHING = ("digest", "test")
"""What happens to no alert."""


def parcel(key: str, messages: list[Message]) -> Parcel:
    """What some messages say together."""
    first = messages[0]
    if first.happened in ABOUT_NOTHING:
        return Parcel(key, (), _TEXTS.decode(first.body), first.body)
    notices = tuple(_NOTICES.decode(message.body) for message in messages)
    if len(notices) == 1:
        return Parcel(key, notices, None, first.body)
    found = Parcel(key, notices, None, b"")
    storm = Storm(first.happened, key, first.cause, found.subject, found.models, [*notices])
    return Parcel(key, notices, None, msgspec.json.encode(storm))


@dataclass(frozen=True)
class Way:
    """What a channel has at hand when it sends.

    Attributes:
        secret: revealed; "" for none.
        private: addresses of private networks are allowed.
        now: microseconds since 1970.
    """

    secret: str
    private: bool
    now: int


@dataclass(frozen=True)
class ChannelKind:
    """A kind of channel.

    Attributes:
        key: as channels name it; title: for people.
        settings: struct of what it needs.
        secret: what its secret is, in words; "" for none.
        needs_secret: it cannot do without.
        makes_secret: one is made where none is given, and told once.
        check: raises where a channel cannot be like that; takes settings, the revealed secret, and whether
            addresses of private networks are allowed.
        send: takes settings, the parcel and the way; None if it was taken, else why not.
        repeats_after: microseconds after which what lives is sent again, because the other side forgets what
            it does not hear of; 0: it does not forget.
    """

    key: str
    title: str
    settings: type[msgspec.Struct]
    secret: str
    check: Callable[[Any, str, bool], None]
    send: Callable[[Any, Parcel, Way], str | None]
    needs_secret: bool = False
    makes_secret: bool = False
    repeats_after: int = 0
