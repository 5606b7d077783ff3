"""Concept drift and row-wise detectors in words: what was found, in how many rows, and what it is worth."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.diagnosis import Concept
from leadline.diagnosis.concept import Interval, Split
from leadline.engines.detectors import Detected, Moment
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Change, estimate
from leadline.monitors.outcomes import Scored
from leadline.reports.concept import concept_of, detectors_of

VALUE = estimate(0.8, 0.01, 1_000, [])
CHANGE = Change(*(np.asarray(x) for x in (-0.1, -0.12, -0.08, 1e-9)))
SCORES = {"accuracy": Scored(METRICS["accuracy"], VALUE, VALUE, CHANGE, (20_000, 6_000), 0.01)}
SPLIT = Split(Interval(-0.1, -0.12, -0.08), Interval(-0.07, -0.09, -0.05), Interval(-0.03, -0.05, -0.01))


def found(p_value: float, low: float, caution: str = "") -> Concept:
    size = Interval(low + 0.02, low, low + 0.04)
    return Concept("", size, p_value, {"accuracy": SPLIT}, (4_000, 1_000), (20_000, 6_000), caution)


def test_a_change_is_told_with_its_least_size_and_both_parts() -> None:
    told = concept_of(found(1e-9, 0.03), SCORES, "binary")
    assert told is not None
    assert told.sentence == (
        "Labels depend on the inputs in another way than in the reference: for like inputs the chance of the"
        " positive label differs by at least 3\u2009% on average. Accuracy changed by \u22120.100:"
        " \u22120.070 (\u22120.090 to \u22120.050) from the labels,"
        " \u22120.030 (\u22120.050 to \u22120.010) from other inputs."
    )
    assert told.rows.startswith("Looked at 4000 of 20\u2009000 and 1000 of 6000 labelled rows")
    assert told.splits["accuracy"].concept == -0.07


def test_a_size_that_is_not_proven_is_not_told_and_neither_is_a_change() -> None:
    unsized = concept_of(found(1e-9, -0.01), SCORES, "binary")
    assert unsized is not None
    assert unsized.sentence.startswith("Labels depend on the inputs in another way than in the reference. ")
    quiet = concept_of(found(0.3, -0.01), SCORES, "binary")
    assert quiet is not None
    assert quiet.sentence.startswith(
        "Nothing in these rows says that labels depend on the inputs in another way"
    )


def test_where_hardly_any_rows_are_alike_nothing_is_claimed() -> None:
    told = concept_of(found(1e-9, 0.03, "only 2 % of these rows are like the reference"), SCORES, "binary")
    assert told is not None
    assert told.sentence.startswith("Too few rows are alike to say whether labels depend")
    assert "from the labels" not in told.sentence
    assert told.caution


def test_the_unit_of_a_regression_is_its_own() -> None:
    told = concept_of(found(1e-9, 3.0), SCORES, "regression")
    assert told is not None
    assert "the mean label differs by at least 3 on average" in told.sentence


def test_nothing_looked_at_is_nothing_and_a_reason_is_kept() -> None:
    assert concept_of(None, SCORES, "binary") is None
    told = concept_of(Concept("needs labels on both sides"), SCORES, "binary")
    assert told is not None
    assert (told.reason, told.sentence, told.size) == ("needs labels on both sides", "", None)


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (Detected("adwin", 0, (), 500, 0), "ADWIN: 0 changes (500 labelled rows)."),
        (
            Detected("hddm_a", 1, (Moment(12, None),), 500, 900),
            "HDDM-A: 1 change at row 12 (500 labelled rows, after 900 of the reference).",
        ),
        (
            Detected("ddm", 7, tuple(Moment(k, 3_600_000_000 * k) for k in range(1, 7)), 500, 0, 3),
            "DDM: 7 changes at 1970-01-01 01:00, 1970-01-01 02:00, 1970-01-01 03:00, 1970-01-01 04:00,"
            " 1970-01-01 05:00, ... (500 labelled rows). 3 rows came too late to be put into the order of"
            " time.",
        ),
        (Detected("kswin", reason="it rains"), "KSWIN: nothing, since it rains."),
    ],
)
def test_what_a_detector_said(one: Detected, sentence: str) -> None:
    [told] = detectors_of([one])
    assert told.sentence == sentence
    assert len(told.rows) == len(one.moments)
