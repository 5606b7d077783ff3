"""What alerts are about: each is explained by the rows of its own days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from leadline.diagnosis.case import INPUTS
from leadline.diagnosis.concept import Concept, concept
from leadline.diagnosis.declare import Cause
from leadline.diagnosis.explain import COINCIDENCES, explain
from leadline.diagnosis.harm import harm
from leadline.diagnosis.rules.version_change import LEAST, gained
from leadline.monitors.budget import Alert
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.timeline import Span, alerted_spans
from leadline.profiles.arrays import VERSION_PREFIX
from leadline.tables.events import Event
from leadline.turns import meanwhile

MOST = 4
"""Spans of days that are explained at most, the worst alert's first."""


@dataclass(frozen=True)
class Explained:
    """Why some of the current rows alert.

    Attributes:
        days: their start and end, microseconds since 1970 UTC; None: all current rows.
        comparison: of these rows.
        causes: the likeliest first.
        alerts: those of them that explain each alert of the judgement that lasts these days, by its position;
            none of all current rows.
        named: what these alerts name.
        labels_to_come: some labels of these rows are.
        concept: what became of P(label | inputs); None where only a cause asks for it.
    """

    days: Span | None
    comparison: Comparison
    causes: Sequence[Cause]
    alerts: Mapping[int, Sequence[Cause]]
    named: frozenset[str]
    labels_to_come: bool
    concept: Concept | None

    @property
    def harm_known(self) -> bool:
        """Whether labels tell what became of performance."""
        return harm(self.comparison).loss is not None

    @property
    def harm(self) -> str:
        """What became of performance, in words."""
        return harm(self.comparison).sentence


def explain_alerts(found: Comparison, events: Sequence[Event] = ()) -> tuple[Explained, ...]:
    """Why a comparison alerts, the worst first: days by days where windows decide, else all current rows.

    Args:
        found: finished.
        events: what people told of the model's surroundings.
    """
    spans = {} if found.timeline is None else alerted_spans(found.timeline)
    if spans:
        # What an alert of some days is about is lost in the counts of a year. Without a calendar they are
        # compared as one table, and no window is judged a second time. What all of them take of the baseline
        # is made once.
        timeless = replace(found.baseline, calendar=None)

        def compared(days: Span) -> Comparison:
            return compare(timeless, found.current.between(*days), found.settings, found.physical)

        worst, *others = [*spans][:MOST]
        first = compared(worst)
        with meanwhile(partial(_changed, found, first, worst), found.settings.threads) as changed:
            told = [
                _explained(found, compared(days), days, spans[days], events, _changed(found, None, days))
                for days in others
            ]
            return (_explained(found, first, worst, spans[worst], events, changed()), *told)
    decisions = [*found.decisions.values(), *(s.decision for s in found.performance.scores.values())]
    if any(d is not None and d.verdict == "alert" for d in decisions):
        return (_explained(found, found, None, (), events, _changed(found, found, None)),)
    return ()


def _changed(found: Comparison, worst: Comparison | None, days: Span | None) -> Concept | None:
    """What became of P(label | inputs) on some days; None unless they are the worst alert's."""
    return _LATE if _labels_to_come(found, days) else None if worst is None else concept(worst)


def _explained(
    found: Comparison,
    part: Comparison,
    days: Span | None,
    alerts: Sequence[int],
    events: Sequence[Event],
    changed: Concept | None,
) -> Explained:
    """Why the rows of a part alert; `found` says whose alerts they are."""
    causes = explain(
        part, events, concept=changed, earlier=None if days is None else _earlier(found, part, days)
    )
    judgement = None if found.timeline is None else found.timeline.judgement
    told = () if judgement is None else judgement.alerts
    return Explained(
        days,
        part,
        causes,
        {at: _own_causes(at, causes, found, told) for at in alerts},
        frozenset(name for at in alerts for name in _names(told[at])),
        _labels_to_come(found, days),
        changed,
    )


def _earlier(found: Comparison, part: Comparison, days: Span) -> Comparison | None:
    """As many days before the version came that gained rows in these; None where none gained, or none are
    before it."""
    moved = gained(found.baseline.whole, part.current)
    if moved is None:
        return None
    name, usual, _ = moved
    current = found.current.between(0, days[1])
    rows, own = current.sums["rows"][:, :, 0].sum(1), current.sums[VERSION_PREFIX + name][:, :, 0].sum(1)
    starts = np.array(current.axes.buckets, np.int64)
    without = (rows > 0) & (own <= (usual + LEAST) * rows)
    last = int(starts[without & (starts < days[1])].max(initial=-1))
    came = int(starts[(rows > 0) & (starts > last)].min(initial=days[1]))
    before = current.between(came - (days[1] - days[0]), came)
    if not before.rows:
        return None
    return compare(replace(found.baseline, calendar=None), before, found.settings, found.physical)


_LATE = Concept("labels are still to come, sooner for some classes than for others")
"""Labels that come sooner for one class look like another concept."""


def _labels_to_come(found: Comparison, days: Span | None) -> bool:
    if found.timeline is None:
        return False
    starts, provisional = found.timeline.current.starts, found.timeline.performed_now.maturity.provisional
    within = slice(None) if days is None else (starts >= days[0]) & (starts < days[1])
    return bool(provisional[within].any())


def _own_causes(at: int, causes: Sequence[Cause], found: Comparison, alerts: Sequence[Alert]) -> list[Cause]:
    """The causes, of those that its days have, of what an alert names.

    Those of the columns that it names, and those that speak of no column. What a model answers, and how well,
    follows from what it is given: where nothing proves a fault in what the alert names, and it names more
    than inputs, it has the causes of inputs, too, without those that moved later than itself.
    """
    columns = {column.name: column for column in found.baseline.schema}
    named = _names(alerts[at])
    own = [cause for cause in causes if not cause.columns or named & {*cause.columns}]
    inputs_only = all(name in columns and columns[name].role in INPUTS for name in named)
    if inputs_only or any(cause.columns and cause.key not in COINCIDENCES for cause in own):
        return own
    # The window in which a fault begins may hold too little of it for the column, and enough for the model.
    since = alerts[at].opened + 1
    later = {name for alert in alerts if alert.opened > since for name in _names(alert)}
    later -= {
        name
        for alert in alerts
        if alert.opened <= since and alert.last >= alerts[at].opened
        for name in _names(alert)
    }
    return [cause for cause in causes if not cause.columns or not {*cause.columns} <= later]


def _names(alert: Alert) -> set[str]:
    return {source.source for source in alert.sources}
