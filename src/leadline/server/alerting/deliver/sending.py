"""The thread that sends what is due, until it is taken."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from itertools import groupby

from leadline.server.alerting.deliver.kinds import KINDS, send
from leadline.server.alerting.deliver.parcel import ABOUT_NOTHING, parcel
from leadline.server.trying import Trying
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.channels import Channel, Message

FIRST_PAUSE = 1_000_000
"""Microseconds before a message is sent again; each pause is twice the last one, up to `LONGEST_PAUSE`."""

LONGEST_PAUSE = 3_600_000_000

STORM = 3
"""So many models with alerts of one cause at once are told of in one message."""

_log = logging.getLogger("leadline.server")


class Deliverer:
    """A thread that sends what is due. A message may come twice, under the same key, and never not at all.

    Args:
        metadata: where messages wait.
        clock: microseconds since 1970.
        private: messages may go into private networks.
        before: called with the time before each look: what becomes due by itself.
    """

    def __init__(
        self,
        metadata: Metadata,
        clock: Callable[[], int],
        private: bool = False,
        before: Callable[[int], None] = lambda now: None,
    ) -> None:
        self._metadata, self._clock, self._private, self._before = metadata, clock, private, before
        self._working = threading.Lock()
        self._repeated: dict[int, int] = {}
        self._unnoted: dict[tuple[int, str], str | None] = {}
        self._rounds, self._steps = Trying(), Trying()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadline-deliverer")
        self._thread.start()

    def wake(self) -> None:
        """There may be something to send."""
        self._changed.set()

    def close(self) -> None:
        """Finish the message under way, and stop; the rest waits for the next start."""
        self._stopping.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait(1.0)
            self._changed.clear()
            with self._rounds.tried("messages", "the %r that are due could not be sent"):
                self.round()

    @property
    def refused(self) -> str:
        """What the database did not keep of the last round; "" where it kept everything.

        While it does not, what was delivered would come again after a restart, and what becomes due by itself
        is not told.
        """
        return self._rounds.refused or self._steps.refused

    def round(self) -> None:
        """Send everything that is due, once; from any thread."""
        with self._working:
            self._round()

    def _round(self) -> None:
        now = self._clock()
        with self._steps.tried("due", "what became %r by itself could not be told"):
            self._before(now)
        due = self._metadata.channels.due(now)
        channels = {channel.id: channel for channel in self._metadata.channels.all()}
        for number, name, messages in self._packed(due):
            if self._stopping.is_set():
                return
            if number not in channels:
                continue
            with self._steps.tried(name, "what became of %r could not be kept"):
                self._deliver(channels[number], name, messages)
        self._steps.forget_untried()
        for channel in channels.values():
            self._repeat(channel, now)

    def _repeat(self, channel: Channel, now: int) -> None:
        """Send what lives again, where that is due; one that is missed comes with the next."""
        after = KINDS[channel.kind].repeats_after
        if not after or now < self._repeated.get(channel.id, 0) + after:
            return
        self._repeated[channel.id] = now
        messages = self._metadata.channels.living(channel.id)
        if messages:
            send(channel, parcel(f"living/{now}", messages), self._private, now)

    def _packed(self, due: list[Message]) -> Iterator[tuple[int, str, list[Message]]]:
        """What is sent together, in the order of the first of each: by channel, under a name that stays.

        Messages that have a name keep it, so that a receiver knows a repetition.
        """
        groups: dict[tuple[int, str], list[Message]] = {}
        for message in due:
            if message.parcel is not None:
                groups.setdefault((message.channel, message.parcel), []).append(message)
        fresh = [message for message in due if message.parcel is None]
        for (channel, happened, cause), same in groupby(sorted(fresh, key=_alike), _alike):
            messages = sorted(same, key=lambda message: message.id)
            stormy = cause and happened not in ABOUT_NOTHING
            if stormy and len({message.model for message in messages}) >= STORM:
                name = f"storm/{messages[0].key}"
                # Under no name that stays they could come twice: they wait until one can be kept.
                with self._steps.tried(name, "the messages of %r wait: their name could not be kept"):
                    self._metadata.channels.pack([message.id for message in messages], name)
                    groups[channel, name] = messages
            else:
                for message in messages:
                    groups[channel, message.key] = [message]
        for (channel, name), messages in sorted(groups.items(), key=lambda item: item[1][0].id):
            yield channel, name, messages

    def _deliver(self, channel: Channel, name: str, messages: list[Message]) -> None:
        place, numbers = (channel.id, name), [message.id for message in messages]
        # Where the database takes nothing, nobody is told the same with every look.
        if place not in self._unnoted:
            self._unnoted[place] = send(channel, parcel(name, messages), self._private, self._clock())
        problem = self._unnoted[place]
        if problem is None:
            self._metadata.channels.delivered(numbers, self._clock())
        else:
            pause = min(FIRST_PAUSE << min(messages[0].tries, 12), LONGEST_PAUSE)
            self._metadata.channels.failed(numbers, self._clock() + pause, problem)
            _log.warning("channel %r did not take %s: %s", channel.name, name, problem)
        del self._unnoted[place]


def _alike(message: Message) -> tuple[int, str, str]:
    return message.channel, message.happened, message.cause
