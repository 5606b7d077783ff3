"""What alerts mean for performance, and which of them are for the digest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import leadline
from leadline.monitors.budget import Alert, Named
from leadline.monitors.harm import Harm, doubted
from leadline.reports.record import ReportRecord, TimelineAlert


def traffic(seed: int, days: int, *, unused: float = 0.0, used: float = 0.0, concept: bool = False,
            labelled: bool = True, missing: bool = False) -> pd.DataFrame:  # fmt: skip
    """A day has 600 rows; from the tenth day on something may be changed. The model does not use `idle`."""
    rng = np.random.default_rng([seed, 77])
    size = 600 * days
    day = np.sort(rng.random(size)) * days
    late = day >= 10
    x = rng.normal(size=size) + np.where(late, used, 0.0)
    score = 1 / (1 + np.exp(-1.5 * x))
    chance = np.where(late & concept, 0.5 * score + 0.25, score)
    label: Any = (rng.random(size) < chance).astype(float)
    idle = rng.normal(size=size) + np.where(late, unused, 0.0)
    return pd.DataFrame({
        "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D"),
        "x": x,
        "idle": np.where(late & missing & (rng.random(size) < 0.3), np.nan, idle),
        "score": score,
        "label": label if labelled else np.nan,
    })  # fmt: skip


REFERENCE = traffic(1, 60)


def judged(current: pd.DataFrame, **options: Any) -> ReportRecord:
    return leadline.check(REFERENCE, current, timestamp="ts", budget="1/30d", window="1d", **options).record


def naming(record: ReportRecord, source: str) -> TimelineAlert:
    """The alert that is about a source, and has been open since the change."""
    assert record.timeline is not None
    found = [
        alert
        for alert in record.timeline.alerts
        if alert.harm and alert.opened >= 70 and source in [named.source for named in alert.sources]
    ]
    return found[0]


def test_drift_of_an_unused_feature_goes_to_the_digest_with_its_reason() -> None:
    record = judged(traffic(2, 20, unused=1.0))
    alert = naming(record, "idle")
    assert alert.tier == "warning"
    assert alert.harm.startswith("Harmless, for the digest: ")
    assert record.verdict != "alert"
    assert record.timeline is not None
    assert all(window.verdict != "alert" for window in record.timeline.windows[70:])


def test_the_same_alerts_where_the_owner_wants_it() -> None:
    record = judged(traffic(2, 20, unused=1.0), harmless="alert")
    alert = naming(record, "idle")
    assert alert.tier == "alert"
    assert "ROC AUC" in alert.harm or "Accuracy" in alert.harm or "Brier" in alert.harm
    assert record.verdict == "alert"


def test_without_labels_the_change_is_estimated() -> None:
    alert = naming(judged(traffic(3, 20, unused=1.0, labelled=False)), "idle")
    assert alert.tier == "warning"
    assert "estimated without labels" in alert.harm


def test_where_some_labels_have_come_a_loss_for_certain_goes_before_estimates() -> None:
    late = traffic(4, 20, unused=1.0, concept=True)
    late.loc[late.ts >= pd.Timestamp("2026-01-17"), "label"] = np.nan
    alert = naming(judged(late), "idle")
    assert alert.closed is None
    assert alert.tier == "alert"
    assert "where labels have come" in alert.harm


def test_a_realised_loss_keeps_the_alert() -> None:
    record = judged(traffic(4, 20, unused=1.0, concept=True))
    alert = naming(record, "idle")
    assert alert.tier == "alert"
    assert not alert.harm.startswith("Harmless")
    assert record.verdict == "alert"


def test_where_the_reference_holds_nothing_like_it_nothing_is_harmless() -> None:
    record = judged(traffic(5, 20, used=6.0, labelled=False))
    alert = naming(record, "x")
    assert alert.tier == "alert"
    assert "xtrapolating" in alert.harm
    # The whole report says no less of it than its alert.
    assert "estimated without labels" in record.harm


def test_missing_values_alert_whatever_the_performance() -> None:
    alert = naming(judged(traffic(6, 20, missing=True)), "idle")
    assert alert.tier == "alert"


@pytest.mark.parametrize(
    ("value", "low", "high", "caution", "harmless"),
    [
        (0.80, -0.015, 0.015, "", True),
        (0.80, -0.031, 0.015, "", False),  # a loss of three floors is possible
        (0.785, -0.025, -0.005, "", False),  # a loss of more than the floor is likely
        (0.82, 0.01, 0.03, "", True),
        (0.80, -0.015, 0.015, "extrapolating", False),
    ],
)
def test_harmless_means_no_likely_loss_and_no_large_one(
    value: float, low: float, high: float, caution: str, harmless: bool
) -> None:
    found = Harm("accuracy", "Accuracy", True, 0.8, value, low, high, -1, 0.01, caution)
    assert found.harmless is harmless
    assert found.loss == pytest.approx((-high, -low))


def test_nothing_known_is_not_harmless() -> None:
    assert not Harm(reason="no labels").harmless


@pytest.mark.parametrize(
    ("sources", "estimated", "harmless"),
    [
        (("score",), True, False),
        (("score", "all columns"), True, False),
        (("score", "x"), True, True),
        (("score", "inputs"), True, True),
        (("x",), True, True),
        (("score",), False, True),
    ],
)
def test_where_scores_move_and_inputs_do_not_no_estimate_is_harmless(
    sources: tuple[str, ...], estimated: bool, harmless: bool
) -> None:
    """What scores meant in the reference says nothing of another model's."""
    named = tuple(Named(source, source, "kolmogorov_smirnov", 1, 0.2, 30.0, 3) for source in sources)
    known = Harm("accuracy", "Accuracy", estimated, 0.8, 0.8, -0.015, 0.015, -1, 0.01)
    baseline = leadline.learn(REFERENCE, timestamp="ts", window="1d")
    assert doubted(known, Alert("alert", 3, 3, None, named), baseline).harmless is harmless
