"""The life of alerts, in cases that can be followed by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leadline.monitors.budget.alerts import NAMING_SLACK, Ledger, Record, Spell, replay

C = 10.0


def run(table: list[list[float]], close_after: int = 3) -> Ledger:
    """Replay surprises given by step and source."""
    surprise = np.array(table, float)
    return replay(Record.of(surprise, -np.inf), C, close_after)


def test_an_alert_closes_after_three_quiet_steps_in_a_row() -> None:
    ledger = run([[0], [11], [0], [0], [11], [0], [0], [0], [0]])
    assert ledger.spells == [Spell(1, 4, 7)]


def test_an_alert_that_goes_on_stays_open() -> None:
    assert run([[11], [11], [0]]).spells == [Spell(0, 1, None)]


def test_exactly_the_threshold_is_not_over_it() -> None:
    assert run([[C]]).spells == []


def test_an_open_alert_mutes_what_it_names_and_nothing_else() -> None:
    ledger = run([[11, 0], [11, 0], [11, 11], [11, 11]])
    assert ledger.spells == [Spell(0, 3), Spell(2, 3)]
    assert ledger.owner == {0: 0, 1: 1}


def test_a_source_near_the_threshold_is_named_when_the_alert_opens_and_then_muted() -> None:
    ledger = run([[11, C - NAMING_SLACK + 0.1], [11, 12]])
    assert ledger.spells == [Spell(0, 1)]
    assert ledger.owner == {0: 0, 1: 0}


def test_a_source_near_the_threshold_later_is_not_swallowed() -> None:
    assert run([[11, 0], [11, 9], [11, 11]]).spells == [Spell(0, 2), Spell(2, 2)]


def test_a_named_source_that_calms_down_is_judged_again_while_its_alert_lasts() -> None:
    table = [[11, 11], [11, 0], [11, 0], [11, 0], [11, 11]]
    assert run(table).spells == [Spell(0, 4), Spell(4, 4)]


def test_a_named_source_that_never_exceeded_leaves_first() -> None:
    ledger = run([[11, 9], [11, 0], [11, 0]])
    assert ledger.owner == {0: 0}


def test_what_columns_are_together_belongs_to_the_latest_alert_that_names_one() -> None:
    """Two alerts name a column each; the third source, of both together, opens none of its own."""
    surprise = np.array([[11, 0, 0], [11, 11, 0], [11, 11, 11.0]])
    ledger = replay(Record.of(surprise, -np.inf), C, 3, joint=frozenset({2}))
    assert ledger.spells == [Spell(0, 2), Spell(1, 2)]
    assert ledger.owner == {0: 0, 1: 1, 2: 1}


def test_close_after_one_step() -> None:
    assert run([[11], [0], [11]], close_after=1).spells == [Spell(0, 0, 1), Spell(2, 2)]


def test_unknown_surprise_is_never_loud() -> None:
    assert run([[np.nan], [-np.inf]]).spells == []


def test_what_columns_are_together_joins_the_alert_of_a_column() -> None:
    surprise = np.array([[11, 0], [0, 12], [0, 0], [0, 0], [0, 0], [0, 12]], float)
    found = replay(Record.of(surprise, -np.inf), C, 3, joint=frozenset({1}))
    assert found.spells == [Spell(0, 1, 4), Spell(5, 5)]
    assert found.owner == {1: 1}, "alone it opens an alert of its own"


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.floats(0, 15)),
    st.integers(1, 4),
)
def test_replay_skips_silence_without_changing_anything(surprise: np.ndarray, close_after: int) -> None:
    """The replay reads only loud entries; stepping through every window gives the same alerts."""
    joint = frozenset({0})
    ledger = Ledger(C, close_after, joint=joint)
    for now, row in enumerate(surprise):
        ledger.step(now, {source: value for source, value in enumerate(row) if value > C - NAMING_SLACK})
    found = replay(Record.of(surprise, -np.inf), C, close_after, joint=joint)
    assert found.spells == ledger.spells
    assert found.owner == ledger.owner


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.floats(0, 15)),
    st.permutations(range(4)),
)
def test_the_order_of_sources_is_irrelevant(surprise: np.ndarray, order: list[int]) -> None:
    kept = [source for source in order if source < surprise.shape[1]]
    shuffled = surprise[:, kept]
    assert (
        replay(Record.of(shuffled, -np.inf), C, 3).spells == replay(Record.of(surprise, -np.inf), C, 3).spells
    )
