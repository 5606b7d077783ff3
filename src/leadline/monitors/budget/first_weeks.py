"""The first weeks: windows are judged before there are enough of them to replay.

Where the reference has no times, or fewer windows than the budget needs, each window is compared with the
windows accepted before it by a two-sample test whose sizes are divided by the noise between windows: presumed
at first, learned as windows come. The tier is at most `warning`. Windows without one are accepted; when they
are enough they become the reference, and the budget takes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from leadline.monitors.budget import threshold
from leadline.monitors.budget.alerts import NAMING_SLACK, Alert, Ledger, Named, in_order
from leadline.monitors.budget.calibrate import FEWEST, Calibration, fit
from leadline.monitors.budget.channels import Channels, sources_only
from leadline.monitors.budget.evidence import Booleans, Evidence, Floats, Integers, joined
from leadline.monitors.budget.judging import JOINED, NO_ROWS, Judgement, Verdict, judge
from leadline.monitors.budget.policy import Policy
from leadline.monitors.budget.two_sample import Gap, Side, TwoSample

UNJUDGED = 3
"""The first windows are compared with nothing: fewer say too little of how windows differ."""

WEEK = 7
"""Windows after which training rows are compared with production, where no season says otherwise."""

RETRY = 7
"""Windows after which a budget that the accepted windows did not support is tried again."""

BEFORE = "one of the first windows, to which later ones are compared"


@dataclass(frozen=True, eq=False)
class FirstWeeks:
    """What became of the windows that came before the budget could judge, and of those after.

    Attributes:
        judgement: of all windows, provisional ones first; its channels are the sources, one each.
        reference: the windows accepted so far, those of the reference among them.
        needed: windows that the budget needs.
        threshold: surprise beyond which a provisional window warns.
        skew: what differs between the training rows and the first windows.
        switched: the first window that the budget judges; None: not yet.
        calibration: of the accepted windows, once they are enough.
        objection: why enough windows do not support the budget, "" else.
    """

    judgement: Judgement
    reference: Integers
    needed: int
    threshold: float
    skew: tuple[Named, ...]
    switched: int | None
    calibration: Calibration | None
    objection: str


def begin(training: Evidence | None, earlier: Evidence, current: Evidence, policy: Policy) -> FirstWeeks:
    """Judge windows from the first one on.

    Pure, and windows later than one do not change what is said of it.

    Args:
        training: reference rows without times, as one window; None where the reference has windows.
        earlier: windows of the reference, too few for the budget; they count as accepted.
        current: windows to judge, in order of time.
        policy: the budget; floors and shares hold here too.
    """
    run = _Run(training, joined(earlier, current), len(earlier), policy)
    for window in range(len(earlier)):
        run.accept(window)
    for window in range(len(earlier), len(run.evidence)):
        if run.ready():
            break
        run.step(window)
    return run.result()


def needed(policy: Policy) -> int:
    """Windows that the budget needs at least."""
    windows = max(threshold.windows_needed(policy.mode, policy.rate), FEWEST)
    return 2 * windows if policy.mode == "strict" else windows


@dataclass
class _Run:
    training: Evidence | None
    evidence: Evidence
    first: int
    policy: Policy
    accepted: list[int] = field(default_factory=list)
    rows: list[tuple[float, Floats, Verdict, str]] = field(default_factory=list)
    named: dict[tuple[int, int], Named] = field(default_factory=dict)
    flagged: dict[int, int] = field(default_factory=dict)
    calibration: Calibration | None = None
    objection: str = ""

    def __post_init__(self) -> None:
        known = self.evidence if self.training is None else self.training
        self.test = TwoSample(self.evidence, known.histograms.counts.sum(0), self.policy)
        self.channels = self.test.channels
        self.limit = float(np.log(max(len(self.channels), 1) / self.policy.rate))
        self.ledger = Ledger(self.limit, self.policy.close_after, joint=self.channels.joint)
        self.needed = self.next_try = needed(self.policy)

    # ---- one window

    def ready(self) -> bool:
        """The accepted windows support the budget; asked again only after some more have come."""
        if len(self.accepted) < self.next_try:
            return False
        self.next_try = len(self.accepted) + RETRY
        found = fit(self.evidence.windows(np.array(self.accepted)), self.policy)
        self.objection = found.reason
        if found.supported:
            self.calibration = found
        return found.supported

    def step(self, window: int) -> None:
        """Judge a window by those accepted before, and accept it unless it warns."""
        if self.evidence.rows[window] == 0:
            self.rows.append((np.nan, np.full(len(self.channels), np.nan), "unknown", NO_ROWS))
            return
        if len(self.accepted) < UNJUDGED:
            self.accept(window)
            self.rows.append((np.nan, np.full(len(self.channels), np.nan), "unknown", BEFORE))
            return
        surprise, effect = self._surprise(window)
        worth = np.abs(effect) >= self.channels.floor
        loud = self._loud(np.where(worth, surprise, -np.inf))
        number = len(self.rows)
        self.ledger.step(number, {s: x for s, x in loud.items() if x > self.limit - NAMING_SLACK})
        self._name(window, loud, surprise, effect, worth)
        warns = any(x > self.limit for x in loud.values())
        if warns:
            self.flagged[window] = max(self.ledger.owner.values(), default=-1)
        else:
            self.accept(window)
        score = max(loud.values(), default=-np.inf)
        self.rows.append((score, surprise, "warning" if warns else "ok", ""))

    def accept(self, window: int) -> None:
        """Let a window join the reference, and learn from it how windows differ."""
        if self.evidence.rows[window] == 0:
            return
        if self.accepted:
            self.test.learn(self._gap(window, self.accepted))
        self.accepted.append(window)

    def _loud(self, surprise: Floats) -> dict[int, float]:
        loud: dict[int, float] = {}
        for channel in np.flatnonzero(np.isfinite(surprise)):
            source = int(self.channels.source[channel])
            loud[source] = max(loud.get(source, -np.inf), float(surprise[channel]))
        return loud

    def _name(
        self, window: int, loud: dict[int, float], surprise: Floats, effect: Floats, worth: Booleans
    ) -> None:
        for source, alert in self.ledger.owner.items():
            found = loud.get(source, -np.inf)
            known = self.named.get((alert, source))
            if not np.isfinite(found) or (known is not None and known.surprise >= found):
                continue
            own = np.where((self.channels.source == source) & worth, surprise, -np.inf)
            self.named[alert, source] = self._told(int(np.nanargmax(own)), effect, surprise, window)

    def _told(self, channel: int, effect: Floats, surprise: Floats, window: int) -> Named:
        channels = self.channels
        return Named(
            channels.sources[channels.source[channel]],
            channels.name[channel],
            channels.statistic[channel],
            1,
            float(effect[channel]),
            float(surprise[channel]),
            window,
        )

    def skew(self) -> tuple[Named, ...]:
        """What differs between the training rows and the first accepted windows, a season of them at most."""
        if self.training is None or not self.accepted:
            return ()
        lengths = [int(s.max()) + 1 for name, s in self.evidence.slot_candidates.items() if name != "none"]
        first = self.accepted[: min(lengths, default=WEEK)]
        window = first[-1]
        # Neighbouring windows resemble each other: all of them tell no more of the level than two would.
        together = Side.of(self.evidence, first, min(len(first), 2))
        gap = self.test.gap(together, Side.of(self.training, [0], np.inf))
        surprise = self.test.surprise(gap)
        loud = (np.abs(gap.effect) >= self.channels.floor) & (surprise > self.limit)
        worst: dict[int, Named] = {}
        for channel in np.flatnonzero(loud):
            found = self._told(int(channel), gap.effect, surprise, window)
            source = int(self.channels.source[channel])
            if source not in worst or found.surprise > worst[source].surprise:
                worst[source] = found
        return in_order(list(worst.values()))

    # ---- statistics

    def _surprise(self, window: int) -> tuple[Floats, Floats]:
        """Surprise of each channel: against all accepted windows, or its own place in an earlier season."""
        gap = self._gap(window, self.accepted)
        surprise = self.test.surprise(gap)
        for other in self._same_place(window):
            again = self.test.surprise(self._gap(window, [other]))
            surprise = np.fmin(surprise, np.where(np.isnan(again), np.inf, again))
        return surprise, gap.effect

    def _gap(self, window: int, others: Sequence[int]) -> Gap:
        return self.test.gap(Side.of(self.evidence, [window]), Side.of(self.evidence, others))

    def _same_place(self, window: int) -> set[int]:
        """The latest earlier window with the same place in each season.

        Not one of an alert that has been open ever since: what stays changed is no season.
        """
        open_now = set(self.ledger.owner.values())
        found = set()
        for name, slots in self.evidence.slot_candidates.items():
            same = np.flatnonzero((slots[:window] == slots[window]) & (self.evidence.rows[:window] > 0))
            if name != "none" and len(same) and self.flagged.get(int(same[-1]), -1) not in open_now:
                found.add(int(same[-1]))
        return found

    # ---- all windows

    def result(self) -> FirstWeeks:
        """What was said of all windows; those after the switch by the budget."""
        count = len(self.rows)
        provisional = np.arange(self.first, self.first + count)
        alerts = tuple(
            Alert(
                "warning",
                self.first + spell.opened,
                self.first + spell.last,
                None if spell.closed is None else self.first + spell.closed,
                in_order([found for (alert, _), found in self.named.items() if alert == number]),
            )
            for number, spell in enumerate(self.ledger.spells)
        )
        surprise = np.array([row[1] for row in self.rows]).reshape(count, len(self.channels))
        then = self._then(first=self.first + count)
        judgement = _one_after_the_other(provisional, self.rows, surprise, self.channels, alerts, then)
        accepted = np.array(self.accepted, np.intp)
        switched = None if then is None else self.first + count
        return FirstWeeks(
            judgement,
            accepted,
            self.needed,
            self.limit,
            self.skew(),
            switched,
            self.calibration,
            self.objection,
        )

    def _then(self, first: int) -> Judgement | None:
        """The windows from `first` on, judged by the budget that the accepted ones support."""
        if self.calibration is None:
            return None
        places = np.r_[np.array(self.accepted, np.intp), np.arange(first, len(self.evidence))]
        found = judge(self.calibration, self.evidence.windows(places))

        def placed(alert: Alert) -> Alert:
            return Alert(
                alert.tier,
                int(places[alert.opened]),
                int(places[alert.last]),
                None if alert.closed is None else int(places[alert.closed]),
                tuple(replace(named, window=int(places[named.window])) for named in alert.sources),
            )

        return replace(found, window=places[found.window], alerts=tuple(map(placed, found.alerts)))


def _one_after_the_other(
    windows: Integers,
    rows: Sequence[tuple[float, Floats, Verdict, str]],
    surprise: Floats,
    channels: Channels,
    alerts: tuple[Alert, ...],
    then: Judgement | None,
) -> Judgement:
    """Both judgements by source: they have no channel in common but the names of what they judge."""
    sources = tuple(dict.fromkeys([*channels.sources, *(() if then is None else then.channels.sources)]))
    early = _by_source(surprise, channels, sources)
    late = np.empty((0, len(sources))) if then is None else _by_source(then.surprise, then.channels, sources)
    tiers = [row[2] for row in rows] + ([] if then is None else list(then.tier))
    reasons = [row[3] for row in rows] + ([] if then is None else list(then.reason))
    scores = [row[0] for row in rows] + ([] if then is None else then.score.tolist())
    return Judgement(
        window=windows if then is None else np.r_[windows, then.window],
        score=np.array(scores),
        tier=tuple(tiers),
        reason=tuple(reasons),
        surprise=np.vstack([early, late]),
        channels=sources_only(sources),
        alerts=tuple(sorted((*alerts, *(() if then is None else then.alerts)), key=lambda a: a.opened)),
        skipped=float(np.mean([reason in (NO_ROWS, JOINED) for reason in reasons])) if reasons else 0.0,
        state=None if then is None else then.state,
    )


def _by_source(surprise: Floats, channels: Channels, sources: tuple[str, ...]) -> Floats:
    out = np.full((len(surprise), len(sources)), np.nan)
    for channel, source in enumerate(channels.source):
        place = sources.index(channels.sources[source])
        out[:, place] = np.fmax(out[:, place], surprise[:, channel])
    return out
