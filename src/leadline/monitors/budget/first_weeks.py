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

from leadline.metrics.special import f_sf
from leadline.monitors.budget import threshold
from leadline.monitors.budget.alerts import NAMING_SLACK, Alert, Ledger, Named, in_order
from leadline.monitors.budget.calibrate import FEWEST, Calibration, fit
from leadline.monitors.budget.channels import VALUE, Channels, log_weights
from leadline.monitors.budget.evidence import Booleans, Evidence, Floats, Integers, joined
from leadline.monitors.budget.judging import JOINED, NO_ROWS, Judgement, Verdict, judge
from leadline.monitors.budget.policy import Policy
from leadline.monitors.budget.statistics import Cells, describe

PRIOR_WINDOWS = 8.0
"""Windows that the presumed noise between windows counts for."""

PRESUMED = 0.1
"""Presumed standard deviation between the levels of windows, in standard deviations of a row."""

UNJUDGED = 3
"""The first windows are compared with nothing: fewer say too little of how windows differ."""

WEEK = 7
"""Windows after which training rows are compared with production, where no season says otherwise."""

RETRY = 7
"""Windows after which a budget that the accepted windows did not support is tried again."""

CHI_SQUARED, RANK = "chi_squared", "mean_rank_shift"
BEFORE = "one of the first windows, to which later ones are compared"


@dataclass(frozen=True, eq=False)
class FirstWeeks:
    """What became of the windows that came before the budget could judge, and of those after.

    Attributes:
        judgement: of all windows, provisional ones first; its channels are the sources, one each.
        accepted: shape (m,): provisional windows that joined the reference.
        needed: windows that the budget needs.
        threshold: surprise beyond which a provisional window warns.
        skew: what differs between the training rows and the first windows.
        switched: the first window that the budget judges; None: not yet.
        calibration: of the accepted windows, once they are enough.
        objection: why enough windows do not support the budget, "" else.
    """

    judgement: Judgement
    accepted: Booleans
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


@dataclass(frozen=True)
class _Side:
    """Some windows together: rows of each column, and values of series, with how many windows they are.

    Attributes:
        counts: shape (T,).
        values, variance: shape (C,): mean of the series and its sampling variance; NaN unknown.
        windows: 0: no noise between windows is counted for this side (many days of training rows).
    """

    counts: Floats
    values: Floats
    variance: Floats
    windows: Floats | float

    @classmethod
    def of(cls, evidence: Evidence, chosen: Sequence[int], windows: float | None = None) -> _Side:
        """Of some windows of an evidence; `windows`: how many they count as."""
        values, variance = evidence.series.values[list(chosen)], evidence.series.variance[list(chosen)]
        known = np.isfinite(values) & np.isfinite(variance)
        size = known.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, values, 0).sum(0) / size
            noise = np.where(known, variance, 0).sum(0) / size**2
        together = float(len(chosen)) if windows is None else windows
        return cls(evidence.histograms.counts[list(chosen)].sum(0), mean, noise, together)


@dataclass(frozen=True)
class _Gap:
    """How far a window is from a side, shape (C,) for C channels (chi-squared, ranks, series).

    Attributes:
        square: squared distance; `noise`: what rows alone make of it; `share`: how much of the noise between
            windows is in it; NaN unknown.
        effect: in the unit of the floor.
    """

    square: Floats
    noise: Floats
    share: float
    effect: Floats


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
        table = self.evidence.histograms
        known = table.counts.sum(0) if self.training is None else self.training.histograms.counts.sum(0)
        self.cells: Cells = describe(known[None], table.offsets, table.ordered)
        self.channels = _channels(self.evidence, self.policy)
        self.limit = float(np.log(max(len(self.channels), 1) / self.policy.rate))
        self.ledger = Ledger(self.limit, self.policy.close_after)
        self.presumed = self._presumed()
        self.learned = np.zeros(len(self.channels))
        self.seen = np.zeros(len(self.channels))
        self.needed = self.next_try = needed(self.policy)

    def _presumed(self) -> Floats:
        """Noise between windows before any is known: of columns in squared sd, of series their floors."""
        columns = len(self.evidence.histograms.names)
        series = self.evidence.series.floor
        return np.concatenate([np.full(2 * columns, PRESUMED**2), series**2])

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
            gap = self._gap(window, _Side.of(self.evidence, self.accepted))
            excess = (gap.square - gap.noise) / gap.share
            told = np.isfinite(excess)
            self.learned += np.where(told, excess, 0.0)
            self.seen += told
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
        together = _Side.of(self.evidence, first, min(len(first), 2))
        gap = self._gap(window, _Side.of(self.training, [0], np.inf), together)
        surprise = self._unlikely(gap)
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
        gap = self._gap(window, _Side.of(self.evidence, self.accepted))
        surprise = self._unlikely(gap)
        for other in self._same_place(window):
            again = self._unlikely(self._gap(window, _Side.of(self.evidence, [other])))
            surprise = np.fmin(surprise, np.where(np.isnan(again), np.inf, again))
        return surprise, gap.effect

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

    def _unlikely(self, gap: _Gap) -> Floats:
        """-log of the tail probability of each channel, with its weight.

        The noise between windows lies in one direction at worst: what a chi-squared then is, a sum of
        chi-squared variables, is drawn to one by its first two moments (Satterthwaite 1946). That this noise
        is known from few windows makes the tail that of Fisher's F.
        """
        columns, freedom = len(self.evidence.histograms.names), self._freedom()
        spread = (PRIOR_WINDOWS * self.presumed + self.learned) / (PRIOR_WINDOWS + self.seen)
        between = np.maximum(spread, 0.1 * self.presumed) * gap.share
        row = gap.noise / freedom
        mean = gap.noise + between
        variance = 2 * (row**2 * (freedom - 1) + (row + between) ** 2)
        known = (mean / between) ** 2 * (PRIOR_WINDOWS + np.maximum(self.seen - 1, 0))
        tail = f_sf(gap.square / mean, 2 * mean**2 / variance, known)
        signed = self.channels.signed[2 * columns :]
        way = np.r_[np.zeros(2 * columns), np.where(np.abs(signed) == 1, signed, 0)]
        tail = np.where(way == 0, tail, np.where(way * gap.effect > 0, tail / 2, 1.0))
        return -np.log(np.maximum(tail, 1e-300)) + self.channels.log_weight

    def _freedom(self) -> Floats:
        """Degrees of freedom of each channel's square: of the cells, and 1."""
        columns, series = len(self.evidence.histograms.names), len(self.evidence.series.names)
        used = np.diff(self.cells.offsets).astype(float) - 1
        return np.concatenate([np.maximum(used, 1), np.ones(columns + series)])

    def _gap(self, window: int, other: _Side, one: _Side | None = None) -> _Gap:
        one = _Side.of(self.evidence, [window]) if one is None else one
        cells = self.cells
        starts, column = cells.offsets[:-1], cells.column
        n, m = (np.add.reduceat(side.counts, starts) if len(starts) else np.zeros(0) for side in (one, other))
        with np.errstate(invalid="ignore", divide="ignore"):
            noise = 1 / n + 1 / m
            both = (one.counts + other.counts) / (n + m)[column]
            gap = one.counts / n[column] - other.counts / m[column]
            squares = _sums(np.where(both > 0, gap**2 / both, 0.0), starts)
            steps = np.abs(np.cumsum(gap))
            freedom = np.maximum(_sums((both > 0).astype(float), starts) - 1, 0)
            rank = _sums(gap * cells.rank, starts)
            ties = np.maximum(1 - _sums(both**3, starts), 1e-9) / 12
        apart = np.where(
            cells.ordered,
            np.maximum.reduceat(steps, starts) if len(starts) else steps,
            _sums(np.abs(gap), starts) / 2,
        )
        unknown = ~np.isfinite(noise) | (freedom == 0)
        difference = one.values - other.values
        square = np.concatenate(
            [
                np.where(unknown, np.nan, squares),
                np.where(unknown | ~cells.ordered, np.nan, rank**2 / ties),
                difference**2,
            ]
        )
        share = float(1 / one.windows + 1 / other.windows)
        rows = np.concatenate([noise * np.maximum(freedom, 1), noise, one.variance + other.variance])
        return _Gap(square, rows, share, np.concatenate([apart, apart, difference]))

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
        chosen = np.isin(provisional, self.accepted)
        switched = None if then is None else self.first + count
        return FirstWeeks(
            judgement,
            chosen,
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
        leading=((),) * len(tiers),
        channels=_sources_only(sources),
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


def _sources_only(sources: tuple[str, ...]) -> Channels:
    size = len(sources)
    nothing, zeros = np.zeros(size, np.intp), np.zeros(size)
    return Channels(
        sources, np.arange(size), (VALUE,) * size, nothing + 1, sources, nothing, zeros, zeros, nothing, zeros
    )


def _channels(evidence: Evidence, policy: Policy) -> Channels:
    """Chi-squared of each column, its rank shift, and each series."""
    table, series = evidence.histograms, evidence.series
    columns = len(table.names)
    names = [*table.names, *table.names, *series.names]
    owners = [*table.names, *table.names, *series.source]
    sources = tuple(dict.fromkeys(owners))
    floors = [policy.column_floors.get(name, policy.drift_floor) for name in table.names]
    return Channels(
        sources,
        np.array([sources.index(owner) for owner in owners], np.intp),
        (CHI_SQUARED,) * columns + (RANK,) * columns + (VALUE,) * len(series.names),
        np.ones(len(names), np.intp),
        tuple(names),
        np.r_[np.full(2 * columns, 2), series.direction].astype(np.intp),
        np.r_[floors, floors, series.floor],
        np.ones(len(names)),
        np.full(len(names), -1),
        log_weights([*table.family, *table.family, *series.family], policy.weights),
    )


def _sums(values: Floats, starts: Integers) -> Floats:
    """Sums over the cells of each column."""
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0)
