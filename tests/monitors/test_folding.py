"""Cells of windows: what the reference happens to hold must not look usual."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.monitors.folding import GROUPS, NAMED, categories, cells_alone, fold, place_unseen, rows_of
from leadline.monitors.look import windows_of
from leadline.monitors.multivariate.coordinates import Coordinates
from leadline.profiles.categorical import CategoricalAxis

START = np.datetime64("2025-03-03", "us")


def days(rng, count, rows):
    """Times of `rows` rows on each of `count` days."""
    day = np.repeat(np.arange(count), rows)
    return START + (day * 86_400_000_000 + rng.integers(0, 86_400_000_000, len(day))).astype("m8[us]")


def towns(codes):
    return [f"t{code}" for code in codes]


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=NAMED))
def test_few_names_all_have_cells_of_their_own_unless_most_were_seen_once(rows):
    counts = np.array(rows)
    seen_once = np.count_nonzero(counts <= 2)
    if seen_once <= 0.5 * np.sqrt(counts.sum()):
        assert cells_alone(counts) == len(counts)


def test_names_that_only_luck_sets_apart_share_cells():
    """A thousand equal names: those on top of a reference are not on top of what comes later."""
    rng = np.random.default_rng(3)
    equal = rng.multinomial(9_000, np.full(1_000, 1e-3))
    assert cells_alone(equal) <= 6
    large = np.concatenate([[4_000, 2_000, 1_000], equal])
    assert 3 <= cells_alone(large) <= 9
    steep = np.rint(30_000 / np.arange(1, 3_000)).astype(int)
    assert cells_alone(steep) >= 30


@given(st.integers(1, 400), st.booleans(), st.integers(0, 2**32))
def test_every_cell_of_a_category_goes_to_one_folded_cell(names, complete, seed):
    axis = CategoricalAxis(tuple(towns(range(names))), complete, b"key")
    rows = np.sort(np.random.default_rng(seed).integers(0, 2_000, axis.cells))[::-1]
    to = categories(axis, rows)
    assert to.shape == (axis.cells,)
    assert set(to) == set(range(to.max() + 1))
    assert to.max() + 1 <= NAMED + GROUPS + 1
    if complete:  # what was never seen is told from the rest
        assert np.count_nonzero(to == to[-1]) == 1


def _profiles(rng, reference, current):
    baseline = ll.learn(reference, timestamp="at", window="1d")
    return baseline, ll.profile(current, baseline)


def test_a_value_of_one_window_of_the_reference_counts_as_never_seen_there():
    rng = np.random.default_rng(1)
    at, codes = days(rng, 10, 60), rng.integers(0, 5, 600)
    codes[130] = 77  # on the third day alone
    now = codes.copy()
    now[5] = 99
    baseline, profile = _profiles(rng, {"at": at, "town": towns(codes)}, {"at": at, "town": towns(now)})
    k = baseline.grid.index["town"]
    span = slice(int(baseline.grid.offsets[k]), int(baseline.grid.offsets[k + 1]))
    ours = windows_of(baseline.profile, baseline.calendar).sums(baseline.profile.sums["cells"][:, 0, 0])
    total = ours.sum()
    place_unseen(ours, None, baseline, True)
    assert ours.sum() == total
    assert ours[:, span][:, -1].tolist() == [0, 0, 1, *[0] * 7]
    theirs = windows_of(profile, baseline.calendar).sums(profile.sums["cells"][:, 0, 0])
    place_unseen(theirs, None, baseline, False)
    assert theirs[:, span][:, -1].sum() == 1
    assert rows_of(baseline.whole, k).sum() == 600


def stream(rng, draw, rows):
    """120 days of one column of many names and one number; 60 are the reference."""
    at = days(rng, 120, rows)
    table = {"at": at, "town": draw(rng, len(at)), "x": rng.normal(size=len(at))}
    half = 60 * rows
    return {k: v[:half] for k, v in table.items()}, {k: v[half:] for k, v in table.items()}


def steep(rng, rows):
    weight = 1 / np.arange(1, 3_001)
    return towns(rng.choice(3_000, rows, p=weight / weight.sum()))


def flat(rng, rows):
    return towns(rng.integers(0, 5_000, rows))


def judged(reference, current):
    record = ll.check(reference, current, timestamp="at", window="1d", budget="1/30d").record
    windows = [w for w in record.timeline.windows if w.side == "current"]
    return record, sum(w.verdict == "alert" for w in windows) / len(windows)


@pytest.mark.parametrize("draw", [steep, flat])
def test_long_tails_of_names_that_stay_the_same_keep_the_budget(draw):
    """They were in an alert for most of the time: later days lack the luck of the reference's names."""
    rng = np.random.default_rng(20)
    shares = [judged(*stream(rng, draw, 500))[1] for _ in range(3)]
    assert np.mean(shares) <= 0.1


def test_one_new_name_in_a_long_tail_is_found():
    rng = np.random.default_rng(21)
    reference, current = stream(rng, steep, 500)
    hit = (np.arange(len(current["town"])) >= 10_000) & (rng.random(len(current["town"])) < 0.03)
    current["town"] = np.where(hit, "somewhere new", current["town"]).tolist()
    record, _ = judged(reference, current)
    named = [s.source for a in record.timeline.alerts if a.tier == "alert" for s in a.sources]
    assert "town" in named


def test_names_that_keep_being_replaced_are_not_judged_for_being_new():
    rng = np.random.default_rng(22)
    live, following, names = np.arange(60), 60, []
    for _ in range(120):
        gone = rng.random(60) < 1 / 40
        live[gone] = np.arange(following, following + gone.sum())
        following += int(gone.sum())
        names += towns(live[rng.integers(0, 60, 300)])
    at = days(rng, 120, 300)
    reference = {"at": at[:18_000], "sku": names[:18_000]}
    current = {"at": at[18_000:], "sku": names[18_000:]}
    baseline, _ = _profiles(rng, reference, current)
    assert fold(baseline).changing.tolist() == [True]
    record, _ = judged(reference, current)
    said = "the values of sku keep being replaced in the reference: over time none is judged for being new"
    assert said in record.assumptions
    channels = [s.channel for a in record.timeline.alerts for s in a.sources]
    assert "unseen_share" not in channels
    beside = {"at": at, "sku": names, "u": rng.normal(size=len(at)), "v": rng.normal(size=len(at))}
    listed = Coordinates.of(ll.learn({k: v[:18_000] for k, v in beside.items()}, timestamp="at")).listed
    assert {coordinate.column for coordinate in listed} == {"u", "v"}
    still = {"at": at, "sku": towns(rng.integers(0, 200, len(at)))}
    assert fold(ll.learn(still, timestamp="at", window="1d")).changing.tolist() == [False]


def test_a_constant_that_begins_to_vary_is_louder_than_any_storm():
    """Storms in the reference can set a threshold that no number of standard deviations reaches."""
    rng = np.random.default_rng(23)
    at = days(rng, 90, 100)
    day = np.repeat(np.arange(90), 100)
    storms = np.where(np.isin(day, [7, 21, 22, 40, 55]), 40.0, 0.0)
    table = {
        "at": at,
        "wind": rng.normal(size=len(at)) + storms,
        "transfer": np.where(day < 75, 0.5, rng.random(len(at))),
    }
    cut = 6_000
    record, _ = judged({k: v[:cut] for k, v in table.items()}, {k: v[cut:] for k, v in table.items()})
    loud = [a for a in record.timeline.alerts if a.tier == "alert"]
    assert [(a.opened, a.sources[0].source) for a in loud] == [(75, "transfer")]
    assert dt.date.fromisoformat(record.timeline.windows[75].start[:10]) == dt.date(2025, 5, 17)
