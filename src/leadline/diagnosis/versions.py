"""Why versions of the model differ: each pair that differs is explained as two tables are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgspec.structs import replace as replace_fields

from leadline.baselines.baseline import Baseline
from leadline.diagnosis.declare import Cause
from leadline.diagnosis.explain import explain
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.versions import Against, Version, released

EXPLAINED = 8
"""Versions that are explained at most: the latest of those that differ."""

Pair = tuple[str, str]
"""Names of a version and of what it was compared with, "" for the baseline."""


def explain_versions(comparison: Comparison) -> Mapping[Pair, tuple[Cause, ...]]:
    """Likely causes of what differs in the latest versions, by pair; nothing where windows are times.

    Labels of which more are to come tell nothing. Rows are not kept by version: what needs them is not told.
    """
    found = comparison.timeline
    if found is None:
        return {}
    by_name = {version.name: version for version in found.versions}
    timeless = replace(comparison.baseline, calendar=None)
    out: dict[Pair, tuple[Cause, ...]] = {}
    differing = [version for version in found.versions if any(against.differs for against in _pairs(version))]
    for version in differing[-EXPLAINED:]:
        for against in _pairs(version):
            if against.differs:
                older = by_name.get(against.name)
                reference = timeless if older is None else released(timeless, older.profile)
                out[version.name, against.name] = _causes(comparison, reference, version, against)
    return out


def _pairs(version: Version) -> tuple[Against, ...]:
    return tuple(against for against in (version.baseline, version.before) if against is not None)


def _causes(
    comparison: Comparison, reference: Baseline, version: Version, against: Against
) -> tuple[Cause, ...]:
    settings = replace_fields(comparison.settings, window=None, monitors=())
    pair = compare(reference, version.profile, settings, None)
    return explain(pair, labels_come=against.labels_come)
