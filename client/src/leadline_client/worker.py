"""The life of a client's threads: from the first row to the end of the process, and across forks."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import weakref
from collections.abc import Callable
from time import monotonic

from leadline_client.buffer import Channel, Event
from leadline_client.encoder import Encoder
from leadline_client.sender import Sender
from leadline_client.state import Settings, State


class Worker:
    """The encoder, the sender and what they share.

    Nothing of it runs before the first row. After a fork the child begins anew, with another instance and
    an empty buffer; what the parent holds is sent by the parent.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._begin({})
        _WORKERS.add(self)

    def _begin(self, channels: dict[tuple[str, str | None], Channel]) -> None:
        self.state = State(self.settings, channels)
        self.buffer = self.state.buffer
        self.running = False
        self._starting = False
        self._changing = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._encoder: Encoder | None = None
        self._sender: Sender | None = None
        self.put: Callable[[Channel, Event], None] = self._put_first
        """Takes rows, or counts them as lost. Once the threads run, it is the buffer's own: no row pays for
        asking whether they do.
        """

    def after_fork(self) -> None:
        """In the child: let go of what is the parent's, without a word on its connection."""
        parent, sender = self.state, self._sender
        if parent.outbox.spool is not None:
            parent.outbox.spool.forget()
        if sender is not None:
            sender.forget()
        self._begin(parent.channels)
        self.buffer.closed = parent.buffer.closed
        for channel in parent.channels.values():
            channel.events.clear()
            channel.dropped.clear()

    def channel(self, name: str, version: str | None, feature_names: tuple[str, ...]) -> Channel:
        """The channel of a model's version."""
        with self._changing:
            channel = self.state.channels.get((name, version))
            if channel is None:
                channel = Channel(name, version, feature_names)
                known = [c.policies for c in self.state.channels.values() if c.name == name]
                if not self.settings.server_policies:
                    channel.policies = self.state.policies({})
                elif known:
                    channel.policies = known[0]
                self.state.channels[name, version] = channel
                # The sender sleeps until something is due: a new model's policy is.
                with self.state.outbox.moved:
                    self.state.outbox.moved.notify_all()
            return channel

    def _put_first(self, channel: Channel, event: Event) -> None:
        self.start()
        self.buffer.put(channel, event)

    def failed(self, channel: Channel, kind: str, problem: Exception) -> None:
        """Count a row that could not be taken, and say why."""
        try:
            self.state.refuse(channel, kind, problem, 1)
        except Exception:  # a log handler of the program's: its failure is not the caller's either
            return

    def start(self) -> None:
        """Start the threads, if nobody has."""
        with self._changing:
            # A signal handler may log in the midst of this, and come here again.
            if self.running or self._starting or self.buffer.closed:
                return
            self._starting = True
            self._encoder, self._sender = Encoder(self.state), Sender(self.state)
            self._threads = [
                threading.Thread(target=self._kept_up, args=(part.run,), name=f"leadline-{name}", daemon=True)
                for name, part in (("sender", self._sender), ("encoder", self._encoder))
            ]
            try:
                for thread in self._threads:
                    thread.start()
            except RuntimeError as error:
                # No thread is to be had now. The next row tries again; one of two is no use until then. It is
                # the sender: an encoder that goes could take the next one's wake-up with it.
                self.state.say("threads", "rows are lost: no thread could be started: %s", error)
                with self.state.outbox.moved:
                    self._sender.ended = True
                    self.state.outbox.moved.notify_all()
                self._encoder = self._sender = None
                raise
            finally:
                self._starting = False
            self.running = True
            self.put = self.buffer.put
            self.state.settled("threads")
            _close_with_multiprocessing()

    def _kept_up(self, run: Callable[[], None]) -> None:
        """A mistake of ours ends a round, not the thread, and is said once."""
        rounds = 0
        while rounds < 100:
            try:
                run()
                return
            except Exception as error:
                rounds += 1
                topic = f"{type(error).__name__} in {run.__qualname__}"
                self.state.say(topic, "an error in the client itself: %r", error, exc_info=True)

    def flush(self, timeout_seconds: float) -> bool:
        """Whether the server has answered for everything that was logged before the call."""
        return self._flushed(monotonic() + timeout_seconds, give_up=False)

    def _flushed(self, deadline: float, give_up: bool) -> bool:
        """As `flush`; with `give_up` no longer than it takes to learn that the server is away."""
        encoder, sender, outbox = self._encoder, self._sender, self.state.outbox
        if encoder is None or sender is None:
            return True
        with outbox.moved:
            encoder.asked += 1
            asked, failures = encoder.asked, sender.failures
            sender.hurry = True
            outbox.moved.notify_all()
        self.buffer.wake()
        with outbox.moved:
            while encoder.answered < asked or any(n <= encoder.mark for n in outbox.outstanding()):
                left = deadline - monotonic()
                # Where rows wait for policies that will not come, having looked is all there is to do.
                done = encoder.looked if self._unreadable() else encoder.answered
                learned = give_up and done >= asked and sender.failures > failures
                if left <= 0 or learned or self.buffer.closed == "unauthorized":
                    return False
                outbox.moved.wait(left)
            return True

    def _unreadable(self) -> bool:
        """Whether rows wait of which it is unknown what the server wants."""
        return any(c.policies is None and c.events for c in list(self.state.channels.values()))

    def settle(self) -> None:
        """Deliver what was logged, or put it on disk: the process may end without another word, or go on."""
        self._flushed(monotonic() + self.settings.exit_seconds, give_up=True)
        self.state.outbox.give_up_waiting()

    def close(self, timeout_seconds: float) -> bool:
        """Deliver or spool everything, then end the threads; whether all was delivered."""
        deadline = monotonic() + timeout_seconds
        with self._changing:
            self.buffer.closed = self.buffer.closed or "closed"
            encoder, sender, outbox = self._encoder, self._sender, self.state.outbox
            if encoder is None or sender is None or not self.running:
                return True
            self.running = False
        encoder.last = True
        delivered = self._flushed(deadline, give_up=True)
        if not delivered:
            sender.remember_policies()
        with outbox.moved:
            encoder.ended = sender.ended = True
            outbox.moved.notify_all()
        self.buffer.wake()
        for thread in self._threads:
            thread.join(max(0.05, deadline - monotonic()))
        if not self._threads[-1].is_alive():
            encoder.encode_waiting()
        outbox.give_up_waiting()
        self._say_what_is_lost()
        if outbox.spool is not None:
            outbox.spool.close()
        return delivered

    def _say_what_is_lost(self) -> None:
        """Nobody is left to report to but the log."""
        state = self.state
        for packet in state.outbox.in_memory():
            state.lost(packet, "process_ended")
        for channel in state.channels.values():
            for _, rows, kind, *_ in self.buffer.take(channel, len(channel.events)):
                self.buffer.count_dropped(channel, kind, "process_ended", rows)
            dropped = self.buffer.dropped(channel)
            if dropped:
                state.say(f"lost {channel.name}", "model %r: lost in this process: %s", channel.name, dropped)


_WORKERS: weakref.WeakSet[Worker] = weakref.WeakSet()


def _close_all() -> None:
    for worker in list(_WORKERS):
        worker.close(worker.settings.exit_seconds)


def _all_after_fork() -> None:
    for worker in list(_WORKERS):
        worker.after_fork()


def _close_with_multiprocessing() -> None:
    """Children of `multiprocessing` end without the interpreter's exit handlers; it has its own, of which
    each child begins with none.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is not None and os.getpid() not in _REGISTERED:
        _REGISTERED.add(os.getpid())
        util.Finalize(None, _close_all, exitpriority=0)


_REGISTERED: set[int] = set()

atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_all_after_fork)
