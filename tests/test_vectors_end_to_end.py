"""Columns of vectors from a table to a verdict."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import leadline as ll


def table(rows: int, dimension: int = 32, shift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"amount": rng.normal(size=rows), "vector": list(rng.normal(size=(rows, dimension)) + shift)}
    )


def column(report, name: str = "vector"):
    return next(column for column in report.record.columns if column.name == name)


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return table(3_000)


def test_a_shift_of_vectors_alerts_and_says_by_how_much(reference):
    found = column(ll.check(reference, table(1_000, shift=0.2, seed=1)))
    assert (found.kind, found.verdict, found.decided_by) == ("vector", "alert", "maximum_mean_discrepancy")
    assert found.drift["frechet"].value == pytest.approx(0.2, abs=0.03)
    assert found.effect.low <= found.effect.value <= found.effect.high
    assert "the vectors of vector moved by 0." in found.sentence
    assert found.distribution is None


def test_the_same_vectors_are_fine(reference):
    found = column(ll.check(reference, table(1_000, seed=2)))
    assert found.verdict == "ok"
    assert found.drift["maximum_mean_discrepancy"].value < 0.05


def test_a_small_change_of_many_rows_stays_below_its_floor(reference):
    quiet = column(ll.check(table(20_000), table(20_000, shift=0.05, seed=3)))
    assert (quiet.verdict, quiet.p_value < 1e-6) == ("ok", True)
    told = ll.check(table(20_000), table(20_000, shift=0.05, seed=3), column_floors={"vector": 0.01})
    assert column(told).verdict == "alert"


def encoded(rows: int, seed: int, change: str = "none") -> pd.DataFrame:
    rng = np.random.default_rng([seed, 64])
    vectors = rng.normal(size=(rows, 64))
    if change == "another encoder":
        turned = np.linalg.qr(np.random.default_rng(64).normal(size=(64, 64)))[0]
        vectors = vectors @ turned * np.linspace(0.5, 1.5, 64)
    elif change == "one number":
        vectors[:, 7] += 0.4
    return pd.DataFrame({"vector": list(vectors)})


def test_another_encoder_alerts_by_what_became_of_variances():
    """The means stay, and so do the mean variance and the discrepancy, nearly."""
    found = column(ll.check(encoded(5_000, 1), encoded(2_000, 2, "another encoder")))
    assert (found.verdict, found.decided_by) == ("alert", "maximum_mean_discrepancy")
    assert (found.effect.metric, found.effect.floor) == ("frechet", 0.1)
    assert found.drift["maximum_mean_discrepancy"].value < 0.05
    # 0.15 is the distance within the 32 directions that are summed, half of all.
    assert found.effect.value == pytest.approx(0.15, abs=0.03)


def test_a_shift_of_one_number_is_below_the_floor_of_all_and_is_told():
    found = column(ll.check(encoded(5_000, 3), encoded(2_000, 4, "one number")))
    assert found.verdict == "ok"
    said = re.fullmatch(
        r"significant, but smaller than its floor; in one direction their mean moved by ([\d.]+) sd",
        found.reason,
    )
    assert said is not None
    # Half of the directions are summed, so that of 0.4 sd about 0.4 / sqrt(2) is seen.
    assert 0.2 < float(said[1]) < 0.4
    assert column(ll.check(encoded(5_000, 3), encoded(2_000, 5))).reason == "no significant change"


def test_missing_vectors_are_judged(reference):
    now = table(1_000, seed=4)
    now.loc[::10, "vector"] = None
    found = column(ll.check(reference, now))
    assert found.quality["missing_share"] == pytest.approx(0.1)
    assert (found.verdict, found.decided_by) == ("alert", "missing_share")


@pytest.mark.parametrize("dimension", [31, 64])
def test_vectors_of_another_length_are_a_finding_without_a_test(reference, dimension):
    found = column(ll.check(reference, table(500, dimension)))
    assert found.verdict == "alert"
    assert "32 numbers" in found.reason


def test_other_values_in_their_place_are_a_change_of_type(reference):
    now = table(500).assign(vector=["text"] * 500)
    assert "the type changed from list to string" in column(ll.check(reference, now)).reason
    assert column(ll.check(reference, table(500).assign(vector=1.5))).verdict == "alert"
    assert "missing" in column(ll.check(reference, table(500).drop(columns="vector"))).reason


def test_lists_that_are_no_vectors_are_not_compared():
    frame = pd.DataFrame({"x": np.arange(300.0), "tags": [["a"] * (i % 4) for i in range(300)]})
    found = column(ll.check(frame, frame), "tags")
    assert (found.verdict, found.kind) == ("ok", "vector")


def test_weighted_rows_leave_vectors_uncompared(reference):
    weighted = reference.assign(w=1.0)
    found = column(ll.check(weighted, table(500, shift=1.0).assign(w=1.0), weight="w"))
    assert found.drift == {}
    assert found.verdict == "ok"


@pytest.mark.parametrize("threads", [1, 4])
def test_a_saved_baseline_judges_as_the_reference_does(reference, tmp_path, threads):
    now = table(800, shift=0.1, seed=5)
    direct = ll.check(reference, now, threads=threads).to_dict()
    path = ll.learn(reference).save(tmp_path / "b.leadline")
    baseline = ll.load(path)
    assert ll.check(baseline, now).to_dict()["columns"] == direct["columns"]
    assert ll.learn(reference, threads=threads).profile.fingerprint == baseline.profile.fingerprint
    parts = [ll.profile(part, baseline) for part in (now.iloc[:300], now.iloc[300:])]
    merged = parts[0].merge(parts[1])
    np.testing.assert_array_equal(merged.sums["vectors"], ll.profile(now, baseline).sums["vectors"])
    np.testing.assert_array_equal(merged.subtract(parts[1]).sums["vectors"], parts[0].sums["vectors"])


def over_time(days: int, shift_from: int | None, start: datetime, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = 120
    day = np.repeat(np.arange(days), rows)
    level = 0.1 * rng.normal(size=(days, 8))[day]
    vectors = rng.normal(size=(len(day), 8)) + level
    if shift_from is not None:
        vectors[day >= shift_from] += 0.6
    minute = rng.integers(0, 1440, len(day))
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp(start) + pd.to_timedelta(day * 1440 + minute, unit="min"),
            "vector": list(vectors),
            "amount": rng.normal(size=len(day)),
        }
    )


@pytest.mark.long
def test_windows_of_vectors_take_part_in_the_budget():
    start = datetime(2026, 1, 1)
    reference = over_time(90, None, start, 1)
    options = {"timestamp": "timestamp", "window": "1d", "budget": "1/30d"}
    later = start + timedelta(days=90)
    changed = ll.check(reference, over_time(20, 10, later, 2), **options)
    assert column(changed).verdict == "alert"
    timeline = changed.record.timeline
    opened = [
        timeline.windows[alert.opened].start[:10]
        for alert in timeline.alerts
        if any(source.source == "vector" for source in alert.sources)
    ]
    changed_on = (later + timedelta(days=10)).date()
    assert any(str(changed_on) <= day <= str(changed_on + timedelta(days=3)) for day in opened)
    quiet = ll.check(reference, over_time(20, None, later, 3), **options)
    assert column(quiet).verdict != "alert"
    # Days have levels of their own, so a row says less than an independent one would.
    assert column(quiet).noise_inflation > 1.2


@pytest.mark.long
def test_corrupted_digits_are_told_from_clean_ones(shared_data):
    digits = pd.read_parquet(shared_data / "digits_corruptions.parquet")
    columns = ["id", "pixels", "embedding", "prediction", "label"]
    baseline = ll.learn(digits.loc[digits["partition"] == "reference", columns])
    far = {}
    for (kind, severity), rows in digits[digits["partition"] != "reference"].groupby(
        ["corruption", "severity"]
    ):
        found = column(ll.check(baseline, rows[columns]), "embedding")
        far[kind, severity] = found.drift["maximum_mean_discrepancy"].value
        # Slight noise leaves the model as good as it was, and is near the floor.
        if (kind, severity) != ("gaussian_noise", 1):
            assert found.verdict == ("ok" if kind == "none" else "alert"), (kind, severity)
    for kind in ("gaussian_noise", "blur", "rotate", "contrast", "occlusion"):
        assert far["none", 0] < far[kind, 1] < far[kind, 3]
