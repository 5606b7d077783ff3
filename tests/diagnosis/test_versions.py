"""Why versions of the model differ: the right cause first, from releases whose fault is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.diagnosis import rules
from leadline.diagnosis.declare import Scope
from leadline.reports.over_time import lines
from leadline.reports.record import CauseResult, ReportRecord, VersionResult

ROLES: dict[str, Any] = {
    "timestamp": "time", "label": "label", "score": "score", "version": "model", "window": "version",
    "budget": "1/30d", "threads": 1,
}  # fmt: skip
START = np.datetime64("2026-01-05T00:00", "us")
DAILY = 150
SCOPES = {rule.key: rule.scope for rule in rules.RULES}
Table = dict[str, Any]


def traffic(version: str, first: int, days: int, seed: int, *, rows: int | None = None) -> Table:
    """Rows of a model that is right about its labels; two features decide, one goes along, two do nothing."""
    rng = np.random.default_rng([seed, 7])
    size = rows or days * DAILY
    base = rng.normal(0, 1, size)
    table: Table = {f"x{k}": 0.7 * base + 0.7 * rng.normal(0, 1, size) for k in range(3)}
    table |= {"height": rng.normal(175, 8, size), "flat": rng.random(size)}
    score = 1 / (1 + np.exp(-(table["x0"] + table["x1"])))
    seconds = np.sort(rng.integers(0, days * 86_400, size)).astype("timedelta64[s]")
    return table | {
        "time": START + np.timedelta64(first, "D") + seconds,
        "score": score,
        "label": (rng.random(size) < score).astype(float),
        "model": np.array([version] * size, object),
    }


def chosen(table: Table, weights: Any, days: int) -> Table:
    """Rows of another population: drawn by weight."""
    rng = np.random.default_rng(5)
    keep = np.sort(rng.choice(len(weights), days * DAILY, replace=False, p=weights / weights.sum()))
    return {name: values[keep] for name, values in table.items()}


def together(*parts: Table) -> Table:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@pytest.fixture(scope="module")
def baseline() -> ll.Baseline:
    return ll.learn(traffic("1", 0, 60, 1), **ROLES)


@pytest.fixture(scope="module")
def usual() -> Table:
    """The version before the release."""
    return traffic("1", 60, 20, 2)


def checked(baseline: ll.Baseline, *parts: Table, **options: Any) -> ReportRecord:
    return ll.check(baseline, together(*parts), **options).record


def versions(record: ReportRecord) -> dict[str, VersionResult]:
    assert record.timeline is not None
    return {one.version: one for one in record.timeline.versions}


def inches(table: Table) -> Table:
    return table | {"height": table["height"] / 2.54}


def nulls(table: Table) -> Table:
    lost = np.random.default_rng(3).random(len(table["x1"])) < 0.4
    return table | {"x1": np.where(lost, np.nan, table["x1"])}


def concept(table: Table) -> Table:
    """Half of the labels are drawn by a coin: the same rows and scores mean something else."""
    rng = np.random.default_rng(4)
    coin, drawn = rng.random(len(table["label"])) < 0.5, rng.random(len(table["label"])) < 0.5
    return table | {"label": np.where(coin, drawn.astype(float), table["label"])}


def blunt(table: Table) -> Table:
    """The new model hardly tells rows apart."""
    return table | {"score": 0.5 + 0.3 * (table["score"] - 0.5)}


RELEASES = {
    "unit_change": (inches, ["height"]),
    "missing_values": (nulls, ["x1"]),
    "concept_change": (concept, None),
    "model_change": (blunt, ["score"]),
}


@pytest.mark.parametrize("key", RELEASES)
def test_a_bad_release_is_told_by_its_cause_first(baseline: ll.Baseline, usual: Table, key: str) -> None:
    spoil, columns = RELEASES[key]
    record = checked(baseline, usual, spoil(traffic("2", 80, 20, 3)))
    found = versions(record)["2"]
    assert found.before is not None
    for change in (found.baseline, found.before):
        assert change.verdict == "warning"
        assert change.causes[0].key == key
        if columns is not None:
            assert change.causes[0].columns == columns
    told = " ".join(lines(record))
    assert found.baseline.causes[0].sentence in told
    assert found.before.causes[0].sentence not in told.replace(found.baseline.causes[0].sentence, "")
    assert versions(record)["1"].baseline.causes == []


def test_another_mix_of_people_is_no_fault_and_its_harm_is_told(baseline: ll.Baseline, usual: Table) -> None:
    many = traffic("2", 80, 20, 3, rows=20 * DAILY * 6)
    found = versions(checked(baseline, usual, chosen(many, np.exp(0.8 * many["x0"]), 20)))["2"]
    assert found.baseline.causes[0].key == "covariate_shift"
    assert {"x0", "score"} <= {*found.baseline.causes[0].columns}
    assert found.baseline.harm


def test_a_mix_that_the_model_does_not_care_for_is_harmless(baseline: ll.Baseline, usual: Table) -> None:
    many = traffic("2", 80, 20, 3, rows=20 * DAILY * 6)
    current = usual, chosen(many, many["flat"], 20)
    record = checked(baseline, *current)
    found = versions(record)["2"]
    assert [source.source for source in found.baseline.sources] == ["flat"]
    assert SCOPES[found.baseline.causes[0].key] is not Scope.DATA
    assert found.baseline.harm.startswith("Harmless, for the digest:")
    assert record.timeline is not None
    assert [alert.harm for alert in record.timeline.alerts] == [found.baseline.harm]
    loud = checked(baseline, *current, harmless="alert")
    assert not versions(loud)["2"].baseline.harm.startswith("Harmless")


def test_missing_values_are_never_called_harmless(baseline: ll.Baseline, usual: Table) -> None:
    """The scores were made before the values were lost: nothing shows in performance."""
    found = versions(checked(baseline, usual, nulls(traffic("2", 80, 20, 3))))["2"]
    assert found.baseline.harm
    assert not found.baseline.harm.startswith("Harmless")


def test_that_another_version_answers_is_no_cause(baseline: ll.Baseline, usual: Table) -> None:
    for spoil in (blunt, inches):
        record = checked(baseline, usual, spoil(traffic("2", 80, 20, 3)))
        assert not any("version" in cause.evidence for cause in all_causes(record))


def all_causes(record: ReportRecord) -> list[CauseResult]:
    return [
        cause
        for version in versions(record).values()
        for change in (version.baseline, version.before)
        if change is not None
        for cause in change.causes
    ]


def test_labels_that_are_still_to_come_are_no_cause_and_harm_is_estimated(
    baseline: ll.Baseline, usual: Table
) -> None:
    """Positive labels are known first: of the new version only they are there."""
    new = blunt(traffic("2", 80, 20, 3))
    new["label"] = np.where(new["label"] == 1, 1.0, np.nan)
    found = versions(checked(baseline, usual, new))["2"]
    assert [source.source for source in found.baseline.sources] == ["score"]
    assert found.before is not None
    for change in (found.baseline, found.before):
        assert change.causes[0].key == "model_change"
        assert not {"label_shift", "concept_change"} & {cause.key for cause in change.causes}
    assert "estimated without labels" in found.baseline.harm


@pytest.mark.long
def test_the_latest_versions_are_explained(baseline: ll.Baseline) -> None:
    parts = [inches(traffic(str(v), 60 + 2 * v, 2, v)) for v in range(2, 13)]
    found = versions(checked(baseline, *parts))
    assert all(version.baseline.verdict == "warning" for version in found.values())
    explained = [name for name, version in found.items() if version.baseline.causes]
    assert explained == [str(v) for v in range(5, 13)]
    # Each is as the one before it.
    assert all(v.before is None or v.before.verdict == "ok" for v in found.values())


def test_documents_tell_causes_and_harm(baseline: ll.Baseline, usual: Table) -> None:
    report = ll.check(baseline, together(usual, inches(traffic("2", 80, 20, 3))))
    cause = "height is 1/2.54 times its former values"
    plain = report.to_markdown()
    assert f"Likely cause: {cause}" in plain.replace("\\", "")
    assert cause in report.to_html().replace("&#x27;", "'")
    assert "a change of" in plain
