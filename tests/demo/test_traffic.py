"""The worlds: what a fault changes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.demo.faults import BAD_RELEASE, FAULTS, Fault
from leadline.demo.fleet import FLEET, Deployment
from leadline.demo.fleet.world import AT, weekday
from leadline.demo.plan import Plan
from leadline.demo.prepared import releases
from leadline.demo.served import Served
from leadline.demo.traffic import Slice, Traffic
from leadline.schedule import DAY, HOUR, instant

MONDAY = instant("2026-08-24")

Models = Callable[[Deployment], dict[str, Served]]


def plan(deployment: Deployment) -> Plan:
    return Plan(deployment.name, "", MONDAY, training_days=3, reference_days=7, history_days=0)


@cache
def models(deployment_name: str) -> dict[str, Served]:
    deployment = next(found for found in FLEET if found.name == deployment_name)
    return releases(deployment, plan(deployment))


def day(deployment: Deployment, *faults: Fault) -> Slice:
    traffic = Traffic(deployment, models(deployment.name), plan(deployment), MONDAY)
    (found,) = traffic.until(MONDAY + DAY, faults)
    return found


def deployment_of(fault: Fault) -> Deployment:
    return next(found for found in FLEET if found.name == fault.model)


@pytest.mark.parametrize("deployment", FLEET, ids=lambda found: found.name)
@settings(max_examples=5, deadline=None)
@given(cuts=st.lists(st.integers(1, 2 * DAY - 1), max_size=4))
def test_traffic_is_the_same_however_it_is_cut(deployment: Deployment, cuts: list[int]) -> None:
    whole = Traffic(deployment, models(deployment.name), plan(deployment), MONDAY).until(MONDAY + 2 * DAY)
    pieces = Traffic(deployment, models(deployment.name), plan(deployment), MONDAY)
    parts = [part for cut in [*sorted(cuts), 2 * DAY] for part in pieces.until(MONDAY + cut)]
    for name in ("ids", "at"):
        expected = np.concatenate([getattr(part, name) for part in whole])
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), expected)
    for name in deployment.features:
        found, expected = ([part.features[name] for part in side] for side in (parts, whole))
        np.testing.assert_array_equal(np.concatenate(found), np.concatenate(expected))


@pytest.mark.parametrize("deployment", FLEET, ids=lambda found: found.name)
def test_a_day_lies_in_its_day_and_labels_come_after_it_at_night(deployment: Deployment) -> None:
    found = day(deployment)
    assert len(set(found.ids)) == len(found) > 500
    assert np.all(np.diff(found.at) >= 0)
    assert MONDAY <= found.at[0] <= found.at[-1] < MONDAY + DAY
    assert set(found.known % DAY) == {2 * HOUR}
    assert found.known.min() > found.at.max()


@pytest.mark.parametrize("deployment", FLEET, ids=lambda found: found.name)
def test_a_demo_has_the_same_traffic_in_every_week(deployment: Deployment) -> None:
    later = plan(deployment).__class__(deployment.name, "", MONDAY + 7 * DAY, 7, 3, 7, 0)
    (found,) = Traffic(deployment, models(deployment.name), later, MONDAY + 7 * DAY).until(MONDAY + 8 * DAY)
    expected = day(deployment)
    np.testing.assert_array_equal(found.at - 7 * DAY, expected.at)
    np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.pipeline is not None], ids=lambda fault: fault.name
)
def test_a_fault_of_the_pipeline_changes_what_the_model_is_told_and_says(fault: Fault) -> None:
    before, now = day(deployment_of(fault)), day(deployment_of(fault), fault)
    np.testing.assert_array_equal(now.labels, before.labels)
    changed = {name for name in before.features if not _same(before.features[name], now.features[name])}
    assert changed >= set(fault.names)
    assert any(not _same(before.scores[name], now.scores[name]) for name in before.scores)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.concept is not None], ids=lambda fault: fault.name
)
def test_a_change_of_concept_changes_what_comes_true_and_nothing_else(fault: Fault) -> None:
    before, now = day(deployment_of(fault)), day(deployment_of(fault), fault)
    assert not _same(before.labels, now.labels)
    assert all(_same(before.features[name], now.features[name]) for name in before.features)
    assert all(_same(before.scores[name], now.scores[name]) for name in before.scores)


def test_what_the_population_does_is_told_to_the_model_and_comes_true() -> None:
    """Of other applicants more default, and the model says so; of younger ones as many as before."""
    by_name = {fault.name: fault for fault in FAULTS}
    harmful, harmless = by_name["harmful-shift"], by_name["harmless-shift"]
    usual = day(deployment_of(harmful))
    worse, younger = day(deployment_of(harmful), harmful), day(deployment_of(harmless), harmless)
    assert worse.labels.mean() > usual.labels.mean() + 0.05
    assert np.nanmean(worse.scores[""]) > np.nanmean(usual.scores[""]) + 0.05
    assert younger.features["age"].mean() < usual.features["age"].mean() - 3
    np.testing.assert_array_equal(younger.labels, usual.labels)
    assert abs(np.nanmean(younger.scores[""]) - np.nanmean(usual.scores[""])) < 0.02


def test_the_bad_release_answers_and_its_scores_are_no_probabilities() -> None:
    fault = next(fault for fault in FAULTS if fault.release)
    before, now = day(deployment_of(fault)), day(deployment_of(fault), fault)
    assert (before.version, now.version) == ("7", BAD_RELEASE)
    assert abs(np.nanmean(before.scores[""]) - before.labels.mean()) < 0.04
    assert np.nanmean(now.scores[""]) > now.labels.mean() + 0.1


def test_labels_are_late_and_answers_slow_where_a_fault_says_so() -> None:
    by_name = {fault.name: fault for fault in FAULTS}
    late, slow = by_name["label-delay"], by_name["latency-spike"]
    usual = day(deployment_of(late))
    assert set(day(deployment_of(late), late).known - usual.known) == {5 * DAY}
    slower = day(deployment_of(slow), slow)
    answered = np.equal(slower.error, None)
    assert np.median(slower.steps_ms["feature_store"][answered]) > 5 * np.median(
        usual.steps_ms["feature_store"]
    )
    assert np.nanmedian(slower.steps_ms["model"]) < 1.2 * np.nanmedian(usual.steps_ms["model"])
    assert 0.01 < 1 - answered.mean() < 0.06
    assert np.isnan(slower.scores[""][~answered]).all()


@pytest.mark.parametrize("deployment", FLEET, ids=lambda found: found.name)
def test_the_models_know_something(deployment: Deployment) -> None:
    """Better by far than what does not look at the request (scikit-learn's scorers)."""
    from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

    found = day(deployment)
    good = np.equal(found.error, None)
    labels = found.labels[good]
    if deployment.task == "binary":
        assert roc_auc_score(labels, found.scores[""][good]) > 0.75
    elif deployment.task == "regression":
        assert r2_score(labels, found.scores[""][good]) > 0.4
    else:
        assert accuracy_score(labels.astype(str), found.decisions[good].astype(str)) > 0.7


def test_weekdays() -> None:
    assert weekday(MONDAY // DAY) == 0
    assert AT not in {name for deployment in FLEET for name in deployment.features}


def _same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f" and other.dtype.kind == "f"))
