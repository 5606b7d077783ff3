"""The life of alerts: what opens one, what it mutes, when it closes. Replay and judging run this code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from leadline.monitors.budget.evidence import Floats, Integers

Tier = Literal["alert", "warning"]

NAMING_SLACK = 2.0
"""An alert that opens names sources this far below the threshold: exp(2) = 7 times as likely by chance."""


@dataclass(frozen=True)
class Named:
    """A source that an alert names, at the window where it surprised most.

    Attributes:
        source: its name.
        channel: name of the channel that led.
        statistic, scale: what was compared, over how many windows.
        effect: distance to the baseline (0..1), or difference in the unit of the series.
        surprise: -log of the tail probability, with the weight of the channel.
        window: where that was.
    """

    source: str
    channel: str
    statistic: str
    scale: int
    effect: float
    surprise: float
    window: int


@dataclass(frozen=True)
class Alert:
    """An alert: from the window that opened it to the window after whose quiet it closed.

    Attributes:
        tier: "alert" or "warning".
        opened: window that opened it.
        last: latest window in which one of its sources was over the threshold.
        closed: window in which it closed; None while it is open.
        sources: what it names, the most surprising first.
    """

    tier: Tier
    opened: int
    last: int
    closed: int | None
    sources: tuple[Named, ...]


@dataclass(frozen=True)
class Spell:
    """An alert in numbers: steps instead of windows, indices instead of names."""

    opened: int
    last: int
    closed: int | None = None


@dataclass
class Ledger:
    """Open and closed alerts of one tier, moved on step by step.

    A source over the threshold opens an alert, which names every free source not more than NAMING_SLACK below
    the threshold. A named source can open nothing more; all others stay judged and may open another alert. A
    source leaves after `close_after` steps in a row not over the threshold, and an alert closes when its last
    source has left. What columns say together follows from them: while an alert names a column, it joins that
    alert instead of opening one.

    Attributes:
        threshold: surprise above which a source opens an alert.
        close_after: quiet steps after which a source leaves.
        spells: all alerts so far.
        owner: alert that names a source now.
        quiet: quiet steps in a row of each named source.
        joint: sources that columns are together.
    """

    threshold: float
    close_after: int
    spells: list[Spell] = field(default_factory=list)
    owner: dict[int, int] = field(default_factory=dict)
    quiet: dict[int, int] = field(default_factory=dict)
    joint: frozenset[int] = frozenset()

    def copy(self) -> Ledger:
        """A ledger that can be moved on without touching this one."""
        return replace(self, spells=list(self.spells), owner=dict(self.owner), quiet=dict(self.quiet))

    def step(self, now: int, loud: dict[int, float]) -> None:
        """Move on to step `now`; `loud`: sources above threshold - NAMING_SLACK, with their surprise."""
        over = {source for source, surprise in loud.items() if surprise > self.threshold}
        self._leave(now, over)
        self._join(over)
        free = [source for source in loud if source not in self.owner]
        if any(source in over for source in free):
            for source in free:
                self.owner[source], self.quiet[source] = len(self.spells), int(source not in over)
            self.spells.append(Spell(now, now))
        for alert in {self.owner[source] for source in over}:
            self.spells[alert] = replace(self.spells[alert], last=now)

    def _join(self, over: set[int]) -> None:
        """Let what columns are together belong to the latest alert that names a column."""
        columns = [alert for source, alert in self.owner.items() if source not in self.joint]
        if not columns:
            return
        for source in over & self.joint:
            self.owner.setdefault(source, max(columns))
            self.quiet[source] = 0

    def _leave(self, now: int, over: set[int]) -> None:
        for source, alert in list(self.owner.items()):
            self.quiet[source] = 0 if source in over else self.quiet[source] + 1
            if self.quiet[source] >= self.close_after:
                del self.owner[source], self.quiet[source]
                if alert not in self.owner.values():
                    self.spells[alert] = replace(self.spells[alert], closed=now)


@dataclass(frozen=True)
class Record:
    """Surprises of a stretch of steps, kept only where one is large: what a replay reads.

    Attributes:
        steps: number of steps.
        step, source, surprise: of each entry, in order of time.
    """

    steps: int
    step: Integers
    source: Integers
    surprise: Floats

    @classmethod
    def of(cls, surprise: Floats, above: float) -> Record:
        """The entries of shape (steps, sources) that exceed a value; NaN never does."""
        step, source = np.nonzero(surprise > above)
        return cls(len(surprise), step, source, surprise[step, source])


def replay(
    record: Record,
    threshold: float,
    close_after: int,
    limit: int | None = None,
    joint: frozenset[int] = frozenset(),
) -> Ledger:
    """Run the alert logic over a record.

    Args:
        record: what was surprising, by step and source.
        threshold: of surprise, at or above that with which the record was made.
        close_after: quiet steps in a row after which a source leaves its alert.
        limit: stop as soon as there are more alerts than this; None: never.
        joint: sources that columns are together.

    Returns:
        The ledger after the last step, or after the one that passed the limit.
    """
    ledger = Ledger(threshold, close_after, joint=joint)
    chosen = record.surprise > threshold - NAMING_SLACK
    steps, sources = record.step[chosen].tolist(), record.source[chosen].tolist()
    surprises = record.surprise[chosen].tolist()
    position = now = 0
    while now < record.steps and (limit is None or len(ledger.spells) <= limit):
        if not ledger.owner:
            if position == len(steps):
                break
            now = steps[position]
        loud = {}
        while position < len(steps) and steps[position] == now:
            loud[sources[position]] = surprises[position]
            position += 1
        ledger.step(now, loud)
        now += 1
    return ledger


def in_order(sources: Sequence[Named]) -> tuple[Named, ...]:
    """The named sources, the most surprising first, in a stable order."""
    return tuple(sorted(sources, key=lambda named: (-named.surprise, named.source)))
