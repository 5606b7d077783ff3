"""From votes to verdicts: rate, floors, Holm, reasons."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadline.metrics.pair import Pair
from leadline.monitors import joint


def even(m, n, columns=1, cells=10):
    return Pair(np.full((columns, cells), m / cells), np.full((columns, cells), n / cells), True)


def one(pair, rate=0.01, **options):
    return joint.decide(joint.column_channels(pair, ["x"], **options), rate)[0]


def test_a_quiet_column_is_ok_and_shows_its_distance():
    decision = one(even(1000, 1000))
    assert (decision.verdict, decision.decided_by) == ("ok", "")
    assert decision.effect.metric == "kolmogorov_smirnov"
    assert decision.effect.floor == 0.05
    assert [vote.statistic for vote in decision.votes] == [
        "kolmogorov_smirnov",
        "chi_squared",
        "mean_rank_shift",
    ]


def test_a_shifted_column_alerts_and_says_why():
    pair = Pair(np.full((1, 10), 100.0), np.linspace(50, 150, 10)[None], True)
    decision = one(pair)
    assert decision.verdict == "alert"
    assert decision.decided_by in ("kolmogorov_smirnov", "chi_squared", "mean_rank_shift")
    assert decision.effect.metric == "kolmogorov_smirnov"
    assert decision.effect.value > 0.05
    assert decision.p_value <= decision.p_value_adjusted <= 0.01


def test_a_significant_change_under_its_floor_is_ok():
    counts = np.full((1, 10), 1e6)
    pair = Pair(counts, counts * np.linspace(0.98, 1.02, 10), True)
    decision = one(pair)
    assert decision.verdict == "ok"
    assert decision.p_value_adjusted < 1e-6
    assert "floor" in decision.reason
    assert one(pair, column_floors={"x": 0.001}).verdict == "alert"
    assert one(pair, column_floors={"y": 0.001}).verdict == "ok"


def test_a_small_vote_with_more_evidence_does_not_hide_a_large_one():
    counts = np.full((1, 10), 1e6)
    pair = Pair(counts, counts * np.linspace(0.98, 1.02, 10), True)
    missing = joint.missing_share([100], 10_000, [200], 10_000)
    decision = one(pair, shares=[missing])
    smallest = min(decision.votes, key=lambda vote: vote.p_value)
    assert not smallest.beyond_floor
    assert (decision.verdict, decision.decided_by) == ("alert", "missing_share")


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [(1_000, 1_900, "ok"), (1_000, 2_100, "alert"), (10, 90, "ok"), (10, 700, "alert")],
)
def test_a_share_must_rise_by_the_floor_and_double(before, now, verdict):
    missing = joint.missing_share([before], 100_000, [now], 100_000)
    assert one(even(1000, 1000), shares=[missing]).verdict == verdict


def test_missing_values_are_judged_where_no_value_is_left():
    pair = Pair(np.full((1, 10), 100.0), np.zeros((1, 10)), True)
    missing = joint.missing_share([0], 1000, [1000], 1000)
    assert one(pair, shares=[missing]).verdict == "alert"
    quiet = one(pair)
    assert quiet.verdict == "unknown"
    assert "no value" in quiet.reason
    assert math.isnan(quiet.p_value)


def test_too_few_values_are_unknown_with_the_number():
    decision = one(even(1000, 8))
    assert decision.verdict == "unknown"
    assert "8" in decision.reason
    inflated = Pair(np.full((1, 4), 100.0), np.full((1, 4), 10.0), True, current_inflation=5.0)
    assert one(inflated).verdict == "unknown"


def test_certain_findings_alert_without_a_test():
    pair = even(1000, 1000)
    assert one(pair, certain={"x": ["became constant"]}).reason == "became constant"
    assert one(pair, certain={"x": ["became constant"]}).verdict == "alert"
    assert joint.decide([joint.Channel("x", (), unknown="free text")])[0].verdict == "unknown"
    changed = joint.Channel("x", (), unknown="free text", certain=("type changed",))
    assert joint.decide([changed])[0].verdict == "alert"
    assert one(pair, unknown={"x": "type changed"}).reason == "type changed"


def test_a_vote_that_cannot_be_small_costs_nothing():
    pair = Pair(np.full((1, 10), 100.0), np.linspace(80, 120, 10)[None], True)
    nothing = joint.missing_share([0], 1000, [0], 1000)
    something = joint.missing_share([200], 1000, [200], 1000)
    alone = one(pair).p_value
    assert one(pair, shares=[nothing]).p_value == pytest.approx(alone, rel=1e-9)
    assert one(pair, shares=[something]).p_value > alone


def test_a_share_is_judged_at_a_higher_level_than_the_others():
    """The union bound: the share itself, and three tests at two thirds of its p-value; Fisher's by SciPy."""
    pair = even(10_000, 10_000)
    missing = joint.missing_share([100], 10_000, [170], 10_000)
    vote = joint.column_channels(pair, ["x"], shares=[missing])[0].votes[-1]
    exact = stats.fisher_exact([[170, 9_830], [100, 9_900]], alternative="greater").pvalue
    assert vote.p_value == pytest.approx(exact, rel=1e-9)
    assert exact * 2 < vote.joint <= exact * 3 * (1 + 1e-9)


def test_a_discrete_share_costs_what_it_attains():
    """Three missing rows in all: their p-values are 1/8 at least, and more of them cost more."""
    pair = Pair(np.full((1, 10), 100.0), np.linspace(75, 125, 10)[None], True)
    votes = [
        joint.column_channels(pair, ["x"], shares=[joint.missing_share([k], 1000, [k], 1000)])[0].p_value
        for k in (0, 3, 40)
    ]
    assert votes[0] == pytest.approx(votes[1], rel=1e-9)
    assert votes[1] < votes[2] < 2 * votes[0]


def test_two_categories_are_one_vote():
    pair = Pair(np.array([[500.0, 500]]), np.array([[430.0, 570]]), False)
    decision = one(pair)
    law = stats.hypergeom(2000, 930, 1000)
    assert decision.p_value == pytest.approx(2 * law.cdf(430), rel=1e-9)


def test_holm_closed_form():
    adjusted, factor = joint.holm(np.array([0.01, np.nan, 0.04, 0.03]))
    np.testing.assert_allclose(adjusted, [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(factor, [3, np.nan, 1, 2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_between_no_correction_and_bonferroni(p):
    p = np.array(p)
    adjusted, _ = joint.holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * len(p), 1) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_performance_shares_the_rate_with_the_columns():
    effect = joint.Effect("accuracy", 0.03, floor=0.01)
    channels = joint.column_channels(even(1000, 1000, 9), [str(i) for i in range(9)])
    channels.append(joint.performance_channel("accuracy", 0.002, effect, True))
    assert joint.decide(channels)[-1].p_value_adjusted == pytest.approx(0.02)
    assert joint.decide(channels)[-1].verdict == "warning"
    assert joint.decide(channels, rate=0.05)[-1].verdict == "alert"
    assert joint.decide(channels[-1:])[0].verdict == "alert"
    small = joint.performance_channel("accuracy", 0.0, effect, False)
    assert joint.decide([small])[0].verdict == "ok"
    missing = joint.performance_channel("accuracy", float("nan"), effect, False, "no labels")
    assert joint.decide([missing])[0].reason == "no labels"


@pytest.mark.parametrize("ordered", [True, False])
def test_quiet_tables_alert_at_most_at_the_rate(ordered):
    rng = np.random.default_rng(11)
    tables, columns, rate = 1_500, 6, 0.05
    law = np.array([0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.03, 0.02])
    a, b = (rng.multinomial(size, law, tables * columns).astype(float) for size in (800, 300))
    rates = rng.choice([0.0, 0.01, 0.2], tables * columns)
    missing = joint.missing_share(rng.binomial(800, rates), 800, rng.binomial(300, rates), 300)
    channels = joint.column_channels(
        Pair(a, b, ordered, atoms=np.ones(a.shape, bool) if ordered else None),
        [str(i) for i in range(len(a))],
        shares=[missing],
    )
    p = np.array([channel.p_value for channel in channels]).reshape(tables, columns)
    alerts = sum((joint.holm(row)[0] <= rate).any() for row in p)
    assert alerts <= stats.binom.isf(1e-4, tables, rate)
    assert alerts > 0


@pytest.mark.parametrize("ordered", [True, False])
def test_detectable_shifts_are_found_about_four_times_in_five(ordered):
    """With Holm over 10 channels, the floor, and a missing share that votes along."""
    rng = np.random.default_rng(12)
    m, n, pairs, channels, rate = 10_000, 1_000, 300, 10, 0.01
    q = np.linspace(0, 1, 257) if ordered else np.linspace(0, 1, 21)
    quiet = np.zeros(pairs)
    missing = joint.missing_share(quiet, m, quiet, n)

    def judged(law):
        a, b = (rng.multinomial(rows, p, pairs).astype(float) for rows, p in ((m, np.diff(q)), (n, law)))
        return joint.column_channels(Pair(a, b, ordered), [str(i) for i in range(pairs)], shares=[missing])

    first = judged(np.diff(q))[0]
    distance = joint.decide([first] * channels, rate)[0].detectable
    if ordered:
        # Two normal laws whose distribution functions differ by `distance` in the middle.
        shift = 2 * stats.norm.ppf((1 + distance) / 2)
        law = np.diff(stats.norm.cdf(stats.norm.ppf(q) - shift))
    else:
        law = np.diff(q) * (1 + 2 * distance * np.where(np.arange(20) % 2, 1, -1))
    drifted = judged(law)
    found = sum(
        any(vote.beyond_floor and vote.joint * channels <= rate for vote in channel.votes)
        for channel in drifted
    )
    assert 0.7 < found / pairs < 0.95


def test_no_distance_is_called_detectable_where_all_categories_are_too_rare_to_test():
    counts = np.full((1, 300), 1.0)
    assert np.isnan(one(Pair(counts, counts, False)).detectable)


def test_a_floor_of_zero_leaves_the_evidence_alone_to_decide():
    missing = joint.missing_share([1_000], 100_000, [1_200], 100_000)
    assert one(even(1000, 1000), shares=[missing]).verdict == "ok"
    assert one(even(1000, 1000), shares=[missing], share_floor=0.0).verdict == "alert"


ROWS = 200_000


@given(st.integers(0, ROWS), st.integers(0, ROWS), st.sampled_from([0.02, 0.05, 0.3]))
def test_a_share_alerts_where_it_doubles_or_rises_by_the_floor_of_the_column(before, now, floor):
    missing = joint.missing_share([before], ROWS, [now], ROWS)
    channel = joint.column_channels(even(1000, 1000), ["x"], shares=[missing], column_floors={"x": floor})[0]
    vote = next(vote for vote in channel.votes if vote.statistic == "missing_share")
    # Whole rows, so that the limits are met exactly.
    far = now >= 2 * before or now / ROWS - before / ROWS >= floor
    assert vote.beyond_floor == ((now / ROWS - before / ROWS >= 0.005 and far) or now == ROWS)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (10, 19, "alert"), (30, 55, "alert"), (40, 75, "alert"), (55, 100, "alert"), (97, 100, "alert"),
        (99.8, 100, "alert"), (100, 100, "ok"), (30, 34, "ok"), (1, 1.4, "ok"), (0.4, 0.8, "ok"),
        (55, 30, "ok"),
    ],
)  # fmt: skip
def test_a_share_above_one_half_can_alert(before, now, verdict):
    missing = joint.missing_share([before / 100 * ROWS], ROWS, [now / 100 * ROWS], ROWS)
    assert one(even(1000, 1000), shares=[missing]).verdict == verdict


def test_detectable_falls_with_size_and_respects_the_floor():
    sizes = np.array([30, 300, 3_000, 3e6])
    for ordered in (True, False):
        found = joint.detectable(sizes, sizes, 1e-4, cells=12, ordered=ordered, floor=0.05)
        assert (np.diff(found) < 0).all()
        assert found[-1] > 0.05
        assert (found <= 1).all()
    assert np.isnan(joint.detectable(0, 10, 0.01))


def test_unseen_and_out_of_range_shares_vote():
    pair = Pair(np.array([[500.0, 500, 0]]), np.array([[470.0, 470, 60]]), False)
    unseen = joint.unseen_share([60.0], [1000.0], [1000.0], [0], [0])
    assert one(pair, shares=[unseen]).verdict == "alert"
    outside = joint.out_of_range_share([60.0], [1000.0], [1000.0])
    assert one(even(1000, 1000), shares=[outside]).decided_by == "out_of_range_share"
    undecidable = joint.unseen_share([np.nan], [1000.0], [1000.0], [0], [0])
    assert "unseen_share" not in [vote.statistic for vote in one(pair, shares=[undecidable]).votes]
