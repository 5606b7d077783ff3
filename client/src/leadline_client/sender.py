"""The thread that speaks with the server: policies from it, batches to it, and patience while it is away."""

from __future__ import annotations

import random
from dataclasses import replace
from time import monotonic
from typing import Any

from leadline_client import __version__
from leadline_client.encode import reapplied, split
from leadline_client.spool import Packet, Spool, folder_for, keep_policy, kept_policy
from leadline_client.state import LOG, State
from leadline_client.transport import Answer, Transport

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
POLICY_SECONDS = 300.0

RETRIED = frozenset({408, 425, 429})
"""Client errors after which a batch is tried again, as it is where no answer came and after every 3xx and
5xx.
"""

UNAUTHORIZED = frozenset({401, 403})


class Sender:
    """Sends batches one after the other.

    Attributes:
        failures: How often the server did not answer as it should, ever.
        hurry: Somebody waits: do not sit the pause out.
        ended: Stop now.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        settings = state.settings
        self._root = folder_for(settings.url, settings.spool)
        self._transport = Transport(
            settings.url, settings.token, settings.timeout_seconds, f"leadline-client/{__version__}"
        )
        self._policies_at: dict[str, float] = {}
        self._wanted: dict[str, Any] = {}
        self._attempts = 0
        self._retry_at = 0.0
        self.failures = 0
        self.hurry = False
        self.ended = False

    def run(self) -> None:
        """Until `ended`, or until the server does not accept the token."""
        self._open_spool()
        while not self.ended and self._state.buffer.closed != "unauthorized":
            if self._rested() and self._learn_policies():
                self._send_next()
        self._transport.close()

    def forget(self) -> None:
        """After a fork: the connection is the parent's."""
        self._transport.abandon()

    def _rested(self) -> bool:
        """Sleep once if there is nothing to do yet; whether there is now."""
        with self._state.outbox.moved:
            wait = self._retry_at - monotonic()
            if wait <= 0:
                wait = self._idle_seconds()
            if wait > 0 and not self.hurry and not self.ended:
                self._state.outbox.moved.wait(wait)
                return False
            self.hurry = False
            return True

    def _idle_seconds(self) -> float:
        """Until something is due; 0 where something is."""
        if not self._state.outbox.is_empty():
            return 0.0
        if not self._state.settings.server_policies:
            return POLICY_SECONDS
        due = [self._policies_at.get(name, 0.0) for name in self._models()]
        return max(0.0, min(due, default=0.0) - monotonic())

    def _models(self) -> set[str]:
        return {name for name, _ in list(self._state.channels)}

    def _open_spool(self) -> None:
        settings = self._state.settings
        if not settings.use_spool or self._state.outbox.spool is not None:
            return
        try:
            seal = self._state.seal.name if self._state.seal is not None else ""
            spool = Spool(self._root, self._state.instance, settings.spool_bytes, self._state.lost, seal)
            spool.adopt()
            self._state.outbox.use(spool)
        except OSError as error:
            self._state.say("spool", "nothing is kept on disk while the server is away: %s", error)

    # Policies.

    def _learn_policies(self) -> bool:
        """Ask for the policies of models whose turn it is; whether the server answered."""
        if not self._state.settings.server_policies:
            return True
        for name in self._models():
            if monotonic() < self._policies_at.get(name, 0.0):
                continue
            if not self._ask_policy(name):
                return False
        return True

    def _ask_policy(self, name: str) -> bool:
        """Whether the server said what it wants of a model."""
        answer = self._transport.policy(name)
        if answer.status not in (200, 404):
            self.remember_policies()
            self._failed(answer)
            return False
        self._came_back()
        self._policies_at[name] = monotonic() + POLICY_SECONDS
        document = self._wanted[name] = answer.document if answer.status == 200 else {"fields": {}}
        if self._use_policy(name, document) and self._state.settings.use_spool:
            self._keep_policy(name, document)
        return True

    def _use_policy(self, name: str, document: Any) -> bool:
        """Whether it is a policy. If not, nothing of a model is encoded before there is one."""
        try:
            policies = self._state.policies(dict(document["fields"]))
        except (ValueError, TypeError, KeyError) as error:
            self._state.say(f"policy {name}", "model %r: the server's policy is none: %r", name, error)
            for channel in list(self._state.channels.values()):
                if channel.name == name and channel.policies is not None and channel.policies.awaits_server:
                    channel.policies = None
            return False
        self._state.settled(f"policy {name}")
        for channel in list(self._state.channels.values()):
            if channel.name == name:
                channel.policies = policies
        self._state.buffer.wake()
        return True

    def remember_policies(self) -> None:
        """While the server is away: what it wanted when it was last asked. Where it never was, batches are
        sealed until it says so.
        """
        waiting = {c.name for c in list(self._state.channels.values()) if c.policies is None}
        for name in waiting if self._state.settings.use_spool else ():
            document = kept_policy(self._root, name)
            if document is not None:
                self._use_policy(name, document)
            elif self._state.seal is not None and name not in self._wanted:
                for channel in list(self._state.channels.values()):
                    if channel.name == name and channel.policies is None:
                        channel.policies = self._state.own_policies()
                self._state.buffer.wake()

    def _keep_policy(self, name: str, document: Any) -> None:
        try:
            keep_policy(self._root, name, document)
        except OSError as error:
            self._state.say("policy file", "the policy of %r cannot be kept on disk: %s", name, error)

    # Batches.

    def _send_next(self) -> None:
        packet = self._state.outbox.next()
        if packet is None:
            return
        if packet.seal:
            opened = self._opened(packet)
            if opened is None:
                return
            packet = opened
        answer = self._transport.send(packet)
        self._state.clock_offset_seconds = self._transport.clock_offset_seconds
        if not 200 <= answer.status < 300 and (
            answer.status in RETRIED | UNAUTHORIZED or not 400 <= answer.status < 500
        ):
            self._state.outbox.back(packet)
            self._failed(answer)
            return
        self._came_back()
        if answer.status == 413:
            self._send_halves(packet)
        elif answer.status >= 400:
            self._state.say(f"status {answer.status}", "the server does not take a batch: %s", answer.problem)
            self._state.lost(packet, f"status_{answer.status}")
        else:
            self._count_refused(packet, answer.document)
        self._state.outbox.done(packet)

    def _opened(self, packet: Packet) -> Packet | None:
        """A sealed batch as the server wants it; None: it is not known what that is, or the batch is lost."""
        if packet.model not in self._wanted and not self._ask_policy(packet.model):
            self._state.outbox.back(packet)
            return None
        try:
            policies = self._state.missing_policies(dict(self._wanted[packet.model]["fields"]))
            if self._state.seal is None:
                raise ValueError("there is no key for it")
            body = reapplied(self._state.seal.open(packet.body), policies, self._state.pause)
        except (ValueError, TypeError, KeyError) as error:
            name = packet.model
            self._state.say(f"sealed {name}", "model %r: a batch cannot be prepared: %r", name, error)
            self._state.lost(packet, "policy")
            self._state.outbox.done(packet)
            return None
        return replace(packet, body=body, seal="")

    def _send_halves(self, packet: Packet) -> None:
        """Under keys that follow from the batch's, so that a repetition is known as one."""
        halves = split(packet.body)
        if not halves:
            self._state.lost(packet, "too_large")
        for place, (body, rows) in enumerate(halves):
            key = f"{packet.key}.{place}"
            self._state.outbox.put(Packet(key, packet.model, packet.version, rows, body, packet.sequence))

    def _count_refused(self, packet: Packet, document: Any) -> None:
        refused = document.get("refused") if isinstance(document, dict) else None
        channel = self._state.channels.get((packet.model, packet.version))
        if not isinstance(refused, list) or channel is None:
            return
        for row in refused:
            if isinstance(row, dict):
                reason = str(row.get("reason"))[:200]
                self._state.buffer.count_dropped(channel, str(row.get("kind")), "refused", 1)
                self._state.say(
                    f"row {reason}", "model %r: the server refused a row: %s", packet.model, reason
                )

    # Patience.

    def _came_back(self) -> None:
        self._attempts = 0
        self._retry_at = 0.0
        self._state.outbox.away = False
        if self._state.settled("away"):
            LOG.info("leadline-client: the server answers again")

    def _failed(self, answer: Answer) -> None:
        """Wait longer each time; stop where waiting does not help."""
        state = self._state
        if answer.status in UNAUTHORIZED:
            state.say("unauthorized", "stopped: the server does not accept the token: %s", answer.problem)
            state.buffer.closed = "unauthorized"
        else:
            state.say("away", "the server is away, batches wait: %s", answer.problem)
        ceiling = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        wait = answer.retry_after if answer.retry_after is not None else random.uniform(ceiling / 2, ceiling)
        with state.outbox.moved:
            self.failures += 1
            self._retry_at = monotonic() + min(wait, 3_600.0)
            state.outbox.away = True
            state.outbox.spill()
            state.outbox.moved.notify_all()
        state.buffer.wake()
