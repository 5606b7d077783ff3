"""P(label | inputs) and row-wise detectors: from what was found to fields of the record and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from leadline.diagnosis import Concept
from leadline.diagnosis.concept import Interval, Split
from leadline.engines.detectors import Detected
from leadline.monitors.outcomes import Scored
from leadline.reports import words
from leadline.reports.moments import moment
from leadline.reports.numbers import number
from leadline.reports.record import ConceptResult, ConceptSplit, DetectorResult, ReportRecord

NOT_CALIBRATED = (
    "Row-wise detectors stand outside the budget: how often they see a change where there is none is not"
    " calibrated."
)

_TITLES = {
    "adwin": "ADWIN", "page_hinkley": "Page-Hinkley", "kswin": "KSWIN", "ddm": "DDM", "eddm": "EDDM",
    "hddm_a": "HDDM-A", "hddm_w": "HDDM-W",
}  # fmt: skip
_TOLD = 5
_SURE = 0.01
"""Largest p-value at which it is said that labels depend on the inputs in another way."""

_UNLIKE = (
    "Too few rows are alike to say whether labels depend on the inputs in another way than in the reference."
)

_CHANCES = {"binary": "the chance of the positive label", "multiclass": "the chance of a right answer"}


def concept_of(found: Concept | None, scores: Mapping[str, Scored], task: str | None) -> ConceptResult | None:
    """The fields of what became of P(label | inputs); None where it was not looked at."""
    if found is None:
        return None
    if found.reason:
        return ConceptResult(reason=found.reason)
    return ConceptResult(
        sentence=_UNLIKE if found.caution else f"{_changed(found, task)} {_parts(found, scores)}".strip(),
        rows=_rows(found),
        caution=found.caution,
        size=number(found.size.value),
        low=number(found.size.low),
        high=number(found.size.high),
        p_value=number(found.p_value),
        splits={key: _split(split) for key, split in found.splits.items()},
        used=list(found.used),
        labelled=list(found.labelled),
    )


def _split(split: Split) -> ConceptSplit:
    return ConceptSplit(
        realised=number(split.realised.value),
        concept=number(split.concept.value),
        concept_low=number(split.concept.low),
        concept_high=number(split.concept.high),
        covariate=number(split.covariate.value),
        covariate_low=number(split.covariate.low),
        covariate_high=number(split.covariate.high),
    )


def _changed(found: Concept, task: str | None) -> str:
    """Whether labels depend on the inputs in another way."""
    unit = "share" if task in _CHANCES else ""
    what = _CHANCES.get(task or "", "the mean label")
    if found.p_value <= _SURE:
        size = ""
        if found.size.low > 0:
            least = words.amount(number(found.size.low), unit)
            size = f": for like inputs {what} differs by at least {least} on average"
        return f"Labels depend on the inputs in another way than in the reference{size}."
    return "Nothing in these rows says that labels depend on the inputs in another way than in the reference."


def _parts(found: Concept, scores: Mapping[str, Scored]) -> str:
    """The split of the metric that moved most for its interval."""

    def weight(key: str) -> float:
        part = found.splits[key].realised
        return abs(part.value) / max(part.high - part.low, 1e-300)

    if not found.splits:
        return ""
    key = max(found.splits, key=weight)
    split = found.splits[key]
    return (
        f"{scores[key].metric.title} changed by {words.number(number(split.realised.value))}:"
        f" {_told(split.concept)} from the labels, {_told(split.covariate)} from other inputs."
    )


def _told(part: Interval) -> str:
    between = words.interval(number(part.low), number(part.high))
    return f"{words.number(number(part.value))} ({between})"


def _rows(found: Concept) -> str:
    sides = (
        f"{words.count(used)} of {words.count(all_rows)}"
        for used, all_rows in zip(found.used, found.labelled, strict=True)
    )
    return f"Looked at {' and '.join(sides)} labelled rows of the reference and of what is explained."


def detectors_of(found: Sequence[Detected]) -> list[DetectorResult]:
    """The fields of what row-wise detectors said."""
    return [
        DetectorResult(
            key=one.detector,
            title=_TITLES[one.detector],
            changes=one.changes,
            rows=[at.row for at in one.moments],
            times=[moment(at.time) for at in one.moments if at.time is not None],
            looked_at=one.rows,
            warmed_up=one.warmed_up,
            reason=one.reason,
            sentence=_said(one),
        )
        for one in found
    ]


def _said(one: Detected) -> str:
    title = _TITLES[one.detector]
    if one.reason:
        return f"{title}: nothing, since {one.reason}."
    looked = words.counted(one.rows, "labelled row")
    warm = f", after {words.count(one.warmed_up)} of the reference" if one.warmed_up else ""
    late = (
        f" {words.counted(one.disordered, 'row')} came too late to be put into the order of time."
        if one.disordered
        else ""
    )
    places = [
        f"row {words.count(at.row)}" if at.time is None else moment(at.time)[:16].replace("T", " ")
        for at in one.moments[:_TOLD]
    ]
    more = ", ..." if one.changes > len(places) else ""
    where = f" at {', '.join(places)}{more}" if places else ""
    return f"{title}: {words.counted(one.changes, 'change')}{where} ({looked}{warm}).{late}"


def lines(record: ReportRecord) -> Iterator[str]:
    """What a terminal and a comment say of it."""
    found = record.concept
    if found is not None and not found.reason:
        caution = f" Caution: {found.caution}." if found.caution else ""
        yield f"Concept: {found.sentence} {found.rows}{caution}"
    if record.detectors:
        yield NOT_CALIBRATED
    yield from (detector.sentence for detector in record.detectors)
