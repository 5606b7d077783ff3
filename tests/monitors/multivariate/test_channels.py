"""Channels of the budget: the same ones on both sides, unknown where rows are too few."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.comparison import learn, profile
from leadline.monitors.look import windows_of
from leadline.monitors.multivariate import SOURCE, TITLES, Compared, channels
from leadline.monitors.timeline import timeline


def made(baseline, found):
    windows = windows_of(found, baseline.calendar)
    itself = Compared.itself(baseline, windows_of(baseline.profile, baseline.calendar))
    compared = itself if found is baseline.profile else itself.beside(found, windows)
    return channels(compared, len(windows))


def test_both_sides_have_the_same_channels(baseline, traffic):
    ours, theirs = made(baseline, baseline.profile), made(baseline, profile(traffic.draw(31, 5), baseline))
    assert [one.name for one in ours] == [one.name for one in theirs]
    assert len({one.name for one in ours}) == len(ours)
    assert {one.source for one in ours} == {SOURCE}
    assert {one.name.removeprefix(f"{SOURCE}/") for one in ours} == set(TITLES)
    assert all(one.values.shape == one.variance.shape == (30,) for one in ours)
    assert all(one.values.shape == (5,) and np.isfinite(one.values).all() for one in theirs)


def test_windows_of_few_rows_are_unknown_and_change_no_other(baseline, traffic):
    data = traffic.draw(32, 4)
    day = data["time"].astype("datetime64[D]").astype(int)
    kept = (day != 2) | (np.cumsum(day == 2) <= 30)
    thin = {name: column[kept] for name, column in data.items()}
    for whole, some in zip(
        made(baseline, profile(data, baseline)), made(baseline, profile(thin, baseline)), strict=True
    ):
        assert np.isnan(some.values[2])
        np.testing.assert_allclose(
            np.delete(some.values, 2), np.delete(whole.values, 2), rtol=1e-5, atol=1e-7
        )


def test_without_a_sample_channels_are_unknown_or_absent(baseline, traffic):
    data = traffic.draw(33, 4)
    assert all(np.isnan(one.values).all() for one in made(baseline, profile(data, baseline, rows=0)))
    without = traffic.learn(traffic.draw(1, 30), rows=0)
    assert made(without, profile(data, without)) == []


def test_a_short_reference_or_a_single_column_has_no_channels(traffic):
    short = traffic.learn(traffic.draw(34, 7))
    assert made(short, short.profile) == []
    data = traffic.draw(35, 20)
    single = learn({"time": data["time"], "a": data["a"]}, timestamp="time", window="1d")
    assert made(single, single.profile) == []


def test_the_order_of_rows_changes_nothing(baseline, traffic):
    data = traffic.draw(36, 4)
    order = np.random.default_rng(36).permutation(len(data["a"]))
    shuffled = {name: column[order] for name, column in data.items()}
    for one, other in zip(
        made(baseline, profile(data, baseline)), made(baseline, profile(shuffled, baseline)), strict=True
    ):
        np.testing.assert_array_equal(one.values, other.values)


def test_windows_of_the_reference_are_judged_as_new_ones_are(traffic):
    """Leaving out what surrounds a window, its numbers are distributed as those of a new window.

    Means over 60 windows of either side, within four standard errors; both sides are of the same process.
    """
    baseline = traffic.learn(traffic.draw(37, 60))
    for ours, theirs in zip(
        made(baseline, baseline.profile),
        made(baseline, profile(traffic.draw(38, 60), baseline)),
        strict=True,
    ):
        error = np.hypot(ours.values.std(), theirs.values.std()) / np.sqrt(60)
        assert abs(ours.values.mean() - theirs.values.mean()) < 4 * error, ours.name
        # F of 59 and 59 degrees of freedom: beyond 0.35..2.9 with less than 1 in 10,000.
        assert 0.35 < ours.values.var() / theirs.values.var() < 2.9, ours.name


def test_columns_that_no_longer_agree_raise_an_alert_that_names_the_inputs_first(traffic):
    baseline = traffic.learn(traffic.draw(39, 60), budget="1/30d")
    data = traffic.draw(40, 14)
    late = data["time"].astype("datetime64[D]").astype(int) >= 7
    torn = data["b"].copy()
    torn[late] = np.random.default_rng(40).permutation(torn[late])
    found = timeline(baseline, profile(data | {"b": torn}, baseline), baseline.settings)
    alerts = [alert for alert in found.judgement.alerts if alert.tier == "alert"]
    assert [alert.opened for alert in alerts] == [67]
    assert alerts[0].sources[0].source == SOURCE


@pytest.mark.parametrize("broken", ["a", "kind"])
def test_a_column_that_is_gone_or_turns_to_text_breaks_nothing(baseline, traffic, broken):
    data = traffic.draw(41, 4)
    gone = {name: column for name, column in data.items() if name != broken}
    text = data | {broken: np.full(len(data[broken]), "text")}
    for table in (gone, text):
        for one in made(baseline, profile(table, baseline)):
            assert not np.isinf(one.values).any()
