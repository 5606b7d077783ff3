"""Versions of the model as windows, as a part of the record and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from leadline.baselines.baseline import Baseline
from leadline.diagnosis import Cause, Pair
from leadline.diagnosis.words import named as quoted
from leadline.monitors.timeline import Timeline as Judged
from leadline.monitors.versions import Against, named, source_of
from leadline.reports import words
from leadline.reports.alerts import harm_sentence, named_source
from leadline.reports.causes import cause_result
from leadline.reports.record import NamedSource, Timeline, VersionChange, VersionResult

REASON = "versions are too few for a replay: each is compared as two tables are, and warns at most"


def versions_of(
    found: Judged, baseline: Baseline, causes: Mapping[Pair, Sequence[Cause]]
) -> list[VersionResult]:
    """The versions, in the order of the windows; none where windows are times.

    Args:
        causes: of what differs, see `diagnosis.explain_versions`.
    """

    def change(name: str, against: Against, window: int) -> VersionChange:
        return _change(against, window, baseline, causes.get((name, against.name), ()))

    return [
        VersionResult(
            version=version.name,
            window=window,
            baseline=change(version.name, version.baseline, window),
            before=None if version.before is None else change(version.name, version.before, window),
        )
        for window, version in enumerate(found.versions, len(found.reference))
    ]


def _change(against: Against, window: int, baseline: Baseline, causes: Sequence[Cause]) -> VersionChange:
    sources: dict[str, NamedSource] = {}
    for decision in against.differs:
        source = named_source(named(decision, window), baseline)
        if not decision.decided_by:  # it needed no test
            source = NamedSource(
                source.source,
                source.channel,
                source.effect,
                source.unit,
                source.surprise,
                window,
                f"{quoted(source_of(decision))}: {decision.reason}",
            )
        sources.setdefault(source.source, source)
    found = list(sources.values())
    more = f", and {words.counted(len(found) - 1, 'more thing')}" if len(found) > 1 else ""
    sentence = f"{found[0].sentence}{more}" if found else ""
    return VersionChange(
        against.name,
        against.verdict,
        against.reason,
        found,
        sentence,
        [cause_result(cause) for cause in causes],
        "" if against.harm is None else harm_sentence(against.harm),
    )


def lines(timeline: Timeline, rate: float) -> Iterator[str]:
    """What versions said: how they are judged first, then each of them.

    Args:
        rate: at which a version in which nothing changed warns.
    """
    share = words.declared(rate, "share")
    yield (
        f"Over time: each version is a window ({words.counted(len(timeline.versions), 'version')}), compared "
        f"with the baseline and with the version before it. Of versions in which nothing changed {share} "
        "warn; none alerts, and no budget of windows applies."
    )
    for version in timeline.versions:
        window = timeline.windows[version.window]
        rows = words.counted(window.rows, "row")
        last = datetime.fromisoformat(window.end) - timedelta(microseconds=1)
        days = f"{window.start[:10]} to {last.date().isoformat()}"
        said = f"Version {version.version} ({rows}, {days}): {'; '.join(_said(version))}."
        yield " ".join((said, *_explained(version)))


def _said(version: VersionResult) -> Iterator[str]:
    if version.baseline.verdict == "unknown":
        yield version.baseline.reason
    elif version.baseline.sources:
        yield f"differs from the baseline: {version.baseline.sentence}"
    else:
        yield "as the baseline"
    before = version.before
    if before is not None and before.verdict != "unknown":
        other = f"version {before.version}"
        yield f"differs from {other}: {before.sentence}" if before.sources else f"as {other}"


def _explained(version: VersionResult) -> Iterator[str]:
    """The likeliest cause of each difference, told once, and the harm that was done."""
    told = []
    for change in (version.baseline, version.before):
        if change is None or not change.causes:
            continue
        cause = change.causes[0]
        if (cause.key, cause.columns) not in told:
            told.append((cause.key, cause.columns))
            other = f" beside version {change.version}" if change.version else ""
            yield f"Likely cause{other}: {cause.sentence}"
    if version.baseline.harm:
        yield version.baseline.harm
    elif version.before is not None and version.before.harm:
        yield f"Beside version {version.before.version}: {version.before.harm}"
