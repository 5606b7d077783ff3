"""What a report says of P(label | inputs), and what row-wise detectors say."""

from __future__ import annotations

import msgspec

from leadline.reports.record.base import Record


class ConceptSplit(Record, frozen=True):
    """The realised change of a performance metric in two parts, which add up to it; 95 % intervals.

    Attributes:
        realised: current - reference.
        concept: its change if the reference's inputs met today's labels.
        covariate: the rest: what other inputs do at today's labels.
    """

    realised: float | None
    concept: float | None
    concept_low: float | None
    concept_high: float | None
    covariate: float | None
    covariate_low: float | None
    covariate_high: float | None


class ConceptResult(Record, frozen=True):
    """Whether labels depend on the inputs as in the reference.

    Attributes:
        reason: why nothing is known, "" where it is.
        sentence: what was found, in words; `rows`: what it was found in; `caution`: why it may be far off.
        size: mean change of the chance of the positive label (of a right answer, with several classes; of the
            mean label, in its unit) over the reference's inputs, as far as it is proven; `low`, `high`: 95 %
            interval; p_value: of none.
        splits: by metric key.
        used, labelled: rows that were looked at, of all with a label: reference and current.
    """

    reason: str = ""
    sentence: str = ""
    rows: str = ""
    caution: str = ""
    size: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    splits: dict[str, ConceptSplit] = msgspec.field(default_factory=dict)
    used: list[int] = msgspec.field(default_factory=list)
    labelled: list[int] = msgspec.field(default_factory=list)


class DetectorResult(Record, frozen=True):
    """What a row-wise drift detector said of the model's errors. Its rate of false alarms is not calibrated.

    Attributes:
        key: of the detector; `title`: for people.
        changes: how often it saw a change in the current table.
        rows: labelled rows at which it saw the first of them, counted in the order of time from 1 on.
        times: of these rows, ISO 8601 in UTC; empty without times.
        looked_at: labelled rows of the current table; `warmed_up`: of the reference before them.
        reason: why it says nothing, or "".
        sentence: the same in words.
    """

    key: str
    title: str
    changes: int
    rows: list[int]
    times: list[str]
    looked_at: int
    warmed_up: int
    reason: str
    sentence: str
