"""Judge windows that came after the reference: scores, tiers and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from leadline.monitors.budget.alerts import NAMING_SLACK, Alert, Ledger, Named, Tier, in_order
from leadline.monitors.budget.calibrate import Calibration
from leadline.monitors.budget.channels import Channels
from leadline.monitors.budget.evidence import Booleans, Evidence, Floats, Integers
from leadline.monitors.budget.frame import Scores, score
from leadline.monitors.budget.pooling import Units, pool
from leadline.monitors.budget.surprise import loudest

JOINED, NO_ROWS, WAITING = "joined to a later window", "no rows", "waits for more rows"
Verdict = Literal["ok", "warning", "alert", "unknown"]

ROUND = 32
"""Units that are scored together."""

TOO_SHORT, UNKNOWN = "the reference is too short", "nothing known in this window"


@dataclass(frozen=True, eq=False)
class State:
    """Where judging stopped; pass it on to judge only what came since.

    Attributes:
        unit: number of units judged since the beginning of the reference.
        window: first window not judged yet.
        ledgers: alerts of both tiers, in numbers.
        named: by tier, what each alert names: (alert, source) to the window of its largest surprise.
        openings: units in which the alerts that freeze a rolling baseline named each source.
    """

    unit: int
    window: int
    ledgers: dict[Tier, Ledger]
    named: dict[Tier, dict[tuple[int, int], Named]]
    openings: dict[int, int]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What became of the windows judged.

    Attributes:
        window: shape (m,), windows of the evidence.
        score: shape (m,), surprise of the loudest source; -inf: nothing worth an alert; NaN: not judged.
        tier: "ok", "warning", "alert" or "unknown" for each window.
        reason: why a window was not judged; "" where it was.
        surprise: shape (m, C), of each channel, floors not looked at; NaN unknown or not judged.
        channels: what the C channels are.
        alerts: all alerts since the end of the reference, in the order in which they opened.
        skipped: share of these windows that were not judged on their own.
        state: to go on from; None: the budget has judged nothing.
    """

    window: Integers
    score: Floats
    tier: tuple[Verdict, ...]
    reason: tuple[str, ...]
    surprise: Floats
    channels: Channels
    alerts: tuple[Alert, ...]
    skipped: float
    state: State | None


def judge(calibration: Calibration, evidence: Evidence, state: State | None = None) -> Judgement:
    """Judge the windows after the reference, or after `state`.

    Judging window by window and all at once give the same alerts. A window too small to be judged alone waits
    until later ones have brought enough rows, and is judged with them.

    Args:
        calibration: of the reference.
        evidence: the windows of the reference and all later ones; of the former only the last few are read.
        state: of an earlier judgement of the same evidence with fewer windows.
    """
    units = pool(evidence.rows, calibration.frame.law.fewest_rows)
    state = _begin(calibration, units) if state is None else state
    run = _Run(calibration, evidence, units, state)
    if calibration.usual is not None:
        for unit, scores in run.scored():
            run.step(unit, scores)
    return run.judgement()


def _begin(calibration: Calibration, units: Units) -> State:
    closing, joint = calibration.policy.close_after, calibration.frame.channels.joint
    ledgers: dict[Tier, Ledger] = {
        "alert": Ledger(calibration.alert_threshold, closing, joint=joint),
        "warning": Ledger(calibration.warning_threshold, closing, joint=joint),
    }
    first = int(np.searchsorted(units.last, calibration.windows))
    return State(first, calibration.windows, ledgers, {"alert": {}, "warning": {}}, {})


@dataclass
class _Run:
    calibration: Calibration
    evidence: Evidence
    units: Units
    state: State
    unit: int = field(init=False)
    scores: dict[int, tuple[float, Floats, Verdict]] = field(default_factory=dict)
    round: int = -1
    ahead: dict[int | None, Scores] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.unit = self.state.unit
        self.ledgers = {tier: ledger.copy() for tier, ledger in self.state.ledgers.items()}
        self.named = {tier: dict(named) for tier, named in self.state.named.items()}
        self.openings = dict(self.state.openings)
        self.channels = self.calibration.frame.channels

    def scored(self) -> Iterator[tuple[int, Scores]]:
        """Scores unit by unit, as alerts that are open by then ask for them."""
        for unit in range(self.unit, len(self.units.rows)):
            yield unit, self._scores(unit)

    def _scores(self, unit: int) -> Scores:
        """Of one unit; sources that an open alert names keep the baseline of the window that named them."""
        found = self._row(unit, None)
        for origin in set(self.openings.values()):
            frozen = [source for source, opened in self.openings.items() if opened == origin]
            own, by_origin = np.isin(self.channels.source, frozen), self._row(unit, origin)
            found = Scores(
                np.where(own, by_origin.surprise, found.surprise),
                np.where(own, by_origin.worth, found.worth),
                np.where(own, by_origin.effect, found.effect),
            )
        return found

    def _row(self, unit: int, origin: int | None) -> Scores:
        """One unit by one origin, shapes (1, C); scored with its round, whichever of it is asked first."""
        assert self.calibration.usual is not None
        first = unit - unit % ROUND
        if first != self.round:
            self.round = first
            self.ahead.clear()
        if origin not in self.ahead:
            chosen = slice(first, min(first + ROUND, len(self.units.rows)))
            self.ahead[origin] = score(
                self.calibration.frame, self.calibration.usual, self.evidence, self.units, chosen, origin
            )
        found, row = self.ahead[origin], slice(unit - first, unit - first + 1)
        return Scores(found.surprise[row], found.worth[row], found.effect[row])

    def step(self, unit: int, scores: Scores) -> None:
        self.unit = unit + 1
        surprise = scores.surprise[0]
        if not np.isfinite(surprise).any():
            self.scores[unit] = (np.nan, surprise, "unknown")
            return
        worth = scores.worth
        heard = loudest(scores.surprise, worth, self.channels.source, len(self.channels.sources))[0]
        tier: Verdict = "ok"
        muted: set[int] = set()
        for name, ledger in self.ledgers.items():
            loud = {
                int(source): float(heard[source])
                for source in np.flatnonzero(heard > ledger.threshold - NAMING_SLACK)
                if int(source) not in muted
            }
            ledger.step(unit, loud)
            self._name(name, ledger, unit, loud, scores, worth[0])
            if tier == "ok" and heard.size and heard.max() > ledger.threshold:
                tier = name
            muted |= set(ledger.owner)  # what an alert names needs no warning beside it
        self._freeze(unit)
        self.scores[unit] = (float(heard.max(initial=-np.inf)), surprise, tier)

    def _name(
        self, tier: Tier, ledger: Ledger, unit: int, loud: dict[int, float], scores: Scores, worth: Booleans
    ) -> None:
        for source, surprise in loud.items():
            if source not in ledger.owner:
                continue
            key = (ledger.owner[source], source)
            known = self.named[tier].get(key)
            if known is None or surprise > known.surprise:
                own = (self.channels.source == source) & worth
                channel = int(np.nanargmax(np.where(own, scores.surprise[0], -np.inf)))
                self.named[tier][key] = Named(
                    self.channels.sources[source],
                    self.channels.name[channel],
                    self.channels.statistic[channel],
                    int(self.channels.scale[channel]),
                    float(scores.effect[0, channel]),
                    surprise,
                    int(self.units.last[unit]),
                )

    def _freeze(self, unit: int) -> None:
        """After one length of the rolling baseline a change that stays is accepted, as the mode intends."""
        length = self.calibration.frame.rolling
        if length:
            owner = self.ledgers["alert"].owner
            self.openings = {s: self.openings.get(s, unit) for s in owner}
            self.openings = {s: opened for s, opened in self.openings.items() if unit - opened < length}

    def judgement(self) -> Judgement:
        windows = np.arange(self.state.window, len(self.evidence))
        score: list[float] = []
        tier: list[Verdict] = []
        reason: list[str] = []
        surprise = np.full((len(windows), len(self.channels)), np.nan)
        ends = {int(last): unit for unit, last in enumerate(self.units.last) if unit in self.scores}
        for i, window in enumerate(windows.tolist()):
            found = self.scores.get(ends.get(window, -1))
            why = self._why_not(window, found is not None)
            if found is None or found[2] == "unknown":
                score.append(np.nan)
                tier.append("unknown")
                reason.append(why or UNKNOWN)
            else:
                score.append(found[0])
                tier.append(found[2])
                reason.append("")
                surprise[i] = found[1]
        state = State(
            self.unit,
            min(self.units.waiting, len(self.evidence)),
            self.ledgers,
            self.named,
            self.openings,
        )
        return Judgement(
            windows,
            np.array(score),
            tuple(tier),
            tuple(reason),
            surprise,
            self.channels,
            self._alerts(),
            float(np.mean([why != "" for why in reason])) if reason else 0.0,
            state,
        )

    def _why_not(self, window: int, scored: bool) -> str:
        if scored:
            return ""
        if self.evidence.rows[window] == 0:
            return NO_ROWS
        if self.calibration.usual is None:
            return TOO_SHORT
        return WAITING if window >= self.units.waiting else JOINED

    def _alerts(self) -> tuple[Alert, ...]:
        alerts = []
        last = self.units.last
        for tier, ledger in self.ledgers.items():
            for number, spell in enumerate(ledger.spells):
                named = [found for (alert, _), found in self.named[tier].items() if alert == number]
                closed = None if spell.closed is None else int(last[spell.closed])
                alerts.append(
                    Alert(tier, int(last[spell.opened]), int(last[spell.last]), closed, in_order(named))
                )
        return tuple(sorted(alerts, key=lambda alert: (alert.opened, alert.tier)))
