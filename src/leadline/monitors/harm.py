"""What an alert means for the model: how its performance changed in those windows, realised or estimated."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.estimators import (
    Calibrator,
    Estimated,
    LossModel,
    Rows,
    Sample,
    direct_loss,
    estimate,
    learn_loss,
    of_counts,
)
from leadline.estimators.sampled import sampled_rows
from leadline.metrics import METRICS
from leadline.metrics.declare import Z95, Measured, Metric
from leadline.metrics.performance.views import BinaryCounts
from leadline.monitors.budget import Alert, Judgement, Series
from leadline.monitors.budget.judging import Verdict
from leadline.monitors.estimates import KEYS
from leadline.monitors.multivariate import SOURCE as INPUTS
from leadline.monitors.multivariate.vectors import JUDGED
from leadline.monitors.outcomes import VOTING, Scored, performance_floor, voting_scores, whole_outcomes
from leadline.monitors.series import PERFORMANCE, SHARES
from leadline.monitors.windows import Windows
from leadline.profiles.outcomes_binary import BinaryGrid
from leadline.profiles.profile import Profile
from leadline.schema import Role
from leadline.settings import Settings

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Harm:
    """The change of one performance metric in some windows.

    Attributes:
        metric, title: its key and name; "" where nothing is known, for `reason`.
        estimated: without labels.
        reference, value: of the whole reference, and of these windows.
        low, high: 95 % interval of value - reference.
        worse: +1 where a rise is worse, -1 where a fall is.
        floor: smallest loss worth an alert.
        caution: why an estimate may be far off; "" where its assumptions seem to hold.
        reason: why nothing is known.
        digest: it makes the alert one for the digest: values are distributed otherwise, and nothing is lost.
        partly: labels have come in the first of the windows only, and this is of those.
    """

    metric: str = ""
    title: str = ""
    estimated: bool = False
    reference: float = np.nan
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    worse: int = 1
    floor: float = np.nan
    caution: str = ""
    reason: str = ""
    digest: bool = False
    partly: bool = False

    @property
    def loss(self) -> tuple[float, float]:
        """95 % interval of the loss: positive numbers are worse."""
        ends = sorted((self.worse * self.low, self.worse * self.high))
        return ends[0], ends[1]

    @property
    def certain(self) -> bool:
        """The loss reaches its floor, and none at all is ruled out."""
        return self._likeliest >= self.floor and self.loss[0] > 0

    @property
    def harmless(self) -> bool:
        """The loss is below its floor as far as is known, and one `MARGIN` times as large is ruled out."""
        return bool(
            self.metric
            and not self.caution
            and self._likeliest < self.floor
            and self.loss[1] < MARGIN * self.floor
        )

    @property
    def _likeliest(self) -> float:
        return self.worse * (self.value - self.reference)


MARGIN = 3.0
"""Windows are too small to tell a loss of one floor from none; what may hide in them is bounded by this."""

LOOKED_AT = 8
"""Alerts whose rows are looked at where labels have not come; the most surprising ones."""

DISTRIBUTIONS = frozenset(
    {
        "kolmogorov_smirnov",
        "total_variation",
        "chi_squared",
        "mean_rank_shift",
        "category share",
        "mean of columns",
    }
)
"""Statistics that say that values are distributed otherwise, and not that data or model are broken."""

MEANING = "the inputs did not move with the scores: these may mean something else now, which no estimate sees"
"""Why an estimate may be far off where a model answers otherwise."""

UNKNOWN = "its labels have not come, and of this model it cannot be estimated without them"
NO_PERFORMANCE = "performance is not judged"
"""Where there is no column of labels, or none of predictions: no label is waited for then."""


class Harms:
    """Harm in any windows of a table; what it needs of the reference is made once, when it is needed.

    Args:
        known: see `estimates.calibrator`.
    """

    def __init__(
        self, baseline: Baseline, current: Profile, settings: Settings, known: Calibrator | None
    ) -> None:
        self.baseline, self.current, self.settings, self.known = baseline, current, settings, known

    def between(self, start: int, end: int, mature: int) -> Harm:
        """Harm in the windows that begin in [start, end).

        What is realised for certain goes before estimates, which see no change of what inputs mean.

        Args:
            mature: labels have come for the windows that begin before this; estimates speak for all, where
                that is not the end.
        """
        realised = self._realised(self.current.between(start, mature)) if mature > start else []
        if mature < end:
            lost = [replace(harm, partly=True) for harm in realised if harm.certain]
            found = lost or self._estimated(self.current.between(start, end))
        else:
            found = realised
        known = [harm for harm in found if np.isfinite(harm.low) and np.isfinite(harm.high)]
        if not known:
            return Harm(reason=UNKNOWN if self.baseline.grid.outcome.task else NO_PERFORMANCE)
        # What lost for certain; else what may have lost most, in units of what is worth an alert.
        return max(
            known,
            key=lambda harm: (harm.certain, harm.loss[1] / harm.floor if harm.floor > 0 else np.inf),
        )

    def _realised(self, part: Profile) -> list[Harm]:
        before, now = (
            self.baseline.outcome_inflation(side.rows, side.seconds) for side in (self.baseline.profile, part)
        )
        scores = voting_scores(self.baseline, part.collapse(), self.settings, (before, now))
        return [_of_scored(scored) for scored in scores.values()]

    def _estimated(self, part: Profile) -> list[Harm]:
        task = self.baseline.grid.outcome.task
        if task == "binary":
            found = self._binary(part)
        elif task == "regression":
            found = self._regression(part)
        else:
            found = {}
        return [
            _of_estimate(METRICS[key], self._usual[key], estimated, self.settings)
            for key, estimated in found.items()
            if key in self._usual
        ]

    def _binary(self, part: Profile) -> dict[str, Estimated]:
        view = whole_outcomes(part.collapse(), self.settings)
        if self.known is None or not isinstance(view, BinaryCounts):
            return {}
        window, grid = sampled_rows(part, self.baseline.whole), self.baseline.grid.outcome.grid
        rows = None
        if window is not None and self._reference is not None and isinstance(grid, BinaryGrid):
            rows = Rows(grid, self._reference, window)
        return estimate(self.known, of_counts(view).without_labels(), rows, KEYS)

    def _regression(self, part: Profile) -> dict[str, Estimated]:
        window = sampled_rows(part, self.baseline.whole)
        if window is None or self._losses is None:
            return {}
        return direct_loss(self._losses, window)

    @property
    def _reference(self) -> Sample | None:
        return self.baseline.once("all sampled rows", _all_rows)

    @cached_property
    def _usual(self) -> Mapping[str, Measured]:
        """The metrics that vote, of the whole reference."""
        reference = whole_outcomes(self.baseline.whole, self.settings)
        task = self.baseline.grid.outcome.task
        return {key: METRICS[key].compute(reference) for key in VOTING.get(task or "", ())}

    @property
    def _losses(self) -> LossModel | None:
        return self.baseline.once("losses of all sampled rows", _losses)


def _all_rows(baseline: Baseline) -> Sample | None:
    return sampled_rows(baseline.profile, baseline.whole)


def _losses(baseline: Baseline) -> LossModel | None:
    rows = baseline.once("all sampled rows", _all_rows)
    return None if rows is None else learn_loss(rows)


def weighed(
    judgement: Judgement,
    harms: Harms,
    windows: Windows,
    provisional: Booleans,
    shares: tuple[Series, Series],
    digest: bool,
) -> tuple[Judgement, tuple[Harm | None, ...]]:
    """The judgement with the harm of each alert; where asked, harmless ones are warnings, for the digest.

    Only what says that values are distributed otherwise can be harmless: missing or unseen values, and losses
    of performance, alert as they are.

    Args:
        judgement: of the windows of the current table.
        harms: of that table.
        windows: of that table.
        provisional: shape (W,): the labels of these windows have not all come.
        shares: what says that data are broken, in the windows of the reference and in these.
        digest: demote what is harmless.
    """
    told = sorted(
        (i for i, alert in enumerate(judgement.alerts) if alert.tier == "alert" and alert.sources),
        key=lambda i: -max(named.surprise for named in judgement.alerts[i].sources),
    )
    first = len(shares[0].values)
    spans = {
        i: slice(max(judgement.alerts[i].opened - first, 0), judgement.alerts[i].last - first + 1)
        for i in told
    }
    found = {
        i: doubted(harm, judgement.alerts[i], harms.baseline)
        for i, harm in _looked_up(spans, harms, windows, provisional).items()
    }
    harmless = {
        i: replace(harm, digest=True)
        for i, harm in found.items()
        if digest and for_digest(judgement.alerts[i], harm, shares, spans[i])
    }
    of_alerts = found | harmless
    listed = tuple(of_alerts.get(i) for i in range(len(judgement.alerts)))
    return (_demoted(judgement, harmless) if harmless else judgement), listed


def _looked_up(
    spans: Mapping[int, slice], harms: Harms, windows: Windows, provisional: Booleans
) -> dict[int, Harm]:
    """The harm of each alert, in the order of `spans`; where labels are still to come, of the first few."""
    found: dict[int, Harm] = {}
    looked = 0
    for i, span in spans.items():
        waiting = np.flatnonzero(provisional[span])
        looked += waiting.size > 0
        if waiting.size == 0 or looked <= LOOKED_AT:
            start, end = int(windows.starts[span][0]), int(windows.ends[span][-1])
            mature = int(windows.starts[span][waiting[0]]) if waiting.size else end
            found[i] = harms.between(start, end, mature)
    return found


def _demoted(judgement: Judgement, harmless: Container[int]) -> Judgement:
    """The judgement with some alerts as warnings, and so the windows in which no other alert lives."""
    alerts = tuple(
        replace(alert, tier="warning") if i in harmless else alert for i, alert in enumerate(judgement.alerts)
    )
    loud = [alert for alert in alerts if alert.tier == "alert"]

    def heard(window: int) -> bool:
        return any(alert.opened <= window <= alert.last for alert in loud)

    tiers: list[Verdict] = [
        "warning" if tier == "alert" and not heard(window) else tier
        for window, tier in zip(judgement.window.tolist(), judgement.tier, strict=True)
    ]
    return replace(judgement, alerts=alerts, tier=tuple(tiers))


def doubted(harm: Harm, alert: Alert, baseline: Baseline) -> Harm:
    """An estimate with a caution where scores or predictions moved and inputs did not.

    It takes scores for what they meant in the reference; a model that answers the same inputs otherwise is
    another one.
    """
    index = baseline.grid.index
    roles = {baseline.grid.columns[index[n.source]].role for n in alert.sources if n.source in index}
    inputs = {Role.FEATURE, Role.SEGMENT} & roles or any(n.source == INPUTS for n in alert.sources)
    if not harm.estimated or harm.caution or inputs or not {Role.SCORE, Role.PREDICTION} & roles:
        return harm
    return replace(harm, caution=MEANING)


def for_digest(alert: Alert, harm: Harm, shares: tuple[Series, Series], span: slice) -> bool:
    """The alert says only that values are distributed otherwise, and no performance was lost.

    Args:
        shares: see `weighed`.
        span: its windows among the current ones.
    """
    return harm.harmless and _only_distributions(alert) and not _broken(alert, *shares, span)


def _only_distributions(alert: Alert) -> bool:
    return all(
        named.source == INPUTS
        or named.channel in {f"{named.source}/{key}" for key in JUDGED}
        or (named.statistic in DISTRIBUTIONS and named.source != PERFORMANCE)
        for named in alert.sources
    )


def _broken(alert: Alert, before: Series, now: Series, span: slice) -> bool:
    """A column that the alert names has missing, unseen or out-of-range values twice as often as before."""
    sources = {named.source for named in alert.sources}
    for i, name in enumerate(now.names):
        if now.source[i] in sources and name.removeprefix(f"{now.source[i]}/") in SHARES:
            usual, values = before.values[:, i], now.values[span, i]
            if not np.isfinite(values).any():
                continue
            was = float(np.nanmean(usual)) if np.isfinite(usual).any() else 0.0
            share = float(np.nanmean(values))
            if share >= 2 * was and share - was >= now.floor[i]:
                return True
    return False


def _of_scored(scored: Scored) -> Harm:
    assert scored.floor is not None
    return Harm(
        scored.metric.key,
        scored.metric.title,
        False,
        float(scored.reference.value),
        float(scored.current.value),
        float(scored.change.low),
        float(scored.change.high),
        1 if scored.metric.worse == "higher" else -1,
        scored.floor,
    )


def _of_estimate(metric: Metric, reference: Measured, found: Estimated, settings: Settings) -> Harm:
    """The difference of two independent values: their errors add up in squares."""
    usual, value = float(reference.value), float(found.value)
    own = reference.standard_error
    error = 0.0 if own is None else float(own)
    low, high = (np.nan if end is None else float(end) for end in (found.low, found.high))
    below, above = (
        Z95 * error if end is None or not np.isfinite(end) else abs(usual - float(end))
        for end in (reference.low, reference.high)
    )
    return Harm(
        metric.key,
        metric.title,
        True,
        usual,
        value,
        value - usual - np.hypot(value - low, above),
        value - usual + np.hypot(high - value, below),
        1 if metric.worse == "higher" else -1,
        performance_floor(metric, usual, settings),
        "" if found.caution is None else str(found.caution[()]),
    )
