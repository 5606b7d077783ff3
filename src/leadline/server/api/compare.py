"""Two parts of a model's rows side by side."""

from __future__ import annotations

import msgspec

from leadline.reports.record import ReportRecord
from leadline.server.api.endpoint import Call, endpoint
from leadline.server.api.known import known_baseline
from leadline.server.judging import counting
from leadline.server.judging.judge import moment
from leadline.server.judging.overview import SUMMARIES
from leadline.server.looking import slices
from leadline.server.looking.slices import Slice


class TwoSlices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is compared: two versions, two segments, two times, or any of them together."""

    reference: Slice
    current: Slice


class Segments(msgspec.Struct, frozen=True):
    """A column whose values are counted apart."""

    column: str
    values: list[str]


class Parts(msgspec.Struct, frozen=True):
    """What a model's rows can be parted by without looking at them one by one.

    Attributes:
        start, end: of what is counted, ISO 8601 in UTC; null: nothing is.
        versions: of the last judgement, the one with most rows first.
        segments: declared with the baseline.
    """

    start: str | None
    end: str | None
    versions: list[str]
    segments: list[Segments]


@endpoint("POST", "/api/v1/models/{name}/compare", "read", changes=False, errors=(409,))
def compare(call: Call, name: str, body: TwoSlices) -> ReportRecord:
    """What differs between two slices, as the record of a report; see docs/reference/record.md."""
    service = call.service
    options = service.metadata.options.of(name).options
    sides = body.reference, body.current
    return slices.compared(service.store, name, known_baseline(call, name), sides, options)


@endpoint("GET", "/api/v1/models/{name}/parts", "read", errors=(409,))
def parts(call: Call, name: str) -> Parts:
    """Versions, declared segments and the time of what is counted of a model."""
    service, baseline = call.service, known_baseline(call, name)
    kept = service.store.buckets(name, counting.grid_name(baseline))
    judged = service.metadata.judgements.of(name)
    segments: dict[str, list[str]] = {}
    for segment in baseline.profile.axes.segments:
        if segment is not None:
            segments.setdefault(segment[0], []).append(segment[1])
    return Parts(
        moment(kept[0].start) if kept else None,
        moment(kept[-1].end) if kept else None,
        [] if judged is None else SUMMARIES.decode(judged.summary).versions,
        [Segments(column, values) for column, values in segments.items()],
    )


ENDPOINTS = (compare, parts)
