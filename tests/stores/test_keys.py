"""Hashes of keys in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadline.stores import keys
from leadline.stores.contract import Batch
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.keys import Keys

hashes = st.integers(0, 2**64 - 1)


@given(st.lists(hashes), st.lists(st.lists(hashes, max_size=5), max_size=5), st.lists(hashes, max_size=10))
def test_it_knows_what_was_added_and_nothing_else(first, later, others):
    known = Keys(np.array(first, np.uint64))
    for some in later:
        known.add(some)
    added = {*first, *(one for some in later for one in some)}
    asked = [*added, *others]
    assert known.known(asked) == [one in added for one in asked]


def test_many_are_sorted_in(monkeypatch):
    monkeypatch.setattr(keys, "_RECENT", 10)
    rng = np.random.default_rng(3)
    added: list[int] = []
    known = Keys(np.zeros(0, np.uint64))
    for _ in range(20):
        some = [int(one) for one in rng.integers(0, 2**63, 7)]
        known.add(some)
        added += some
        assert all(known.known(added))
        assert not any(known.known([one + 1 for one in added if one + 1 not in added]))
    assert len(known) == len(added)


def test_a_key_is_known_to_the_next_process_until_it_is_forgotten(tmp_path: Path):
    def batch(key: str, at: int) -> Batch:
        return Batch(model="m", key=key, received_at=at, about=b"", answer=key.encode(), sections={})

    store = DuckDBStore(tmp_path / "rows.duckdb")
    assert store.append([batch("a", 1), batch("b", 2), batch("a", 3)]) == [b"a", b"b", b"a"]
    store.close()
    again = DuckDBStore(tmp_path / "rows.duckdb")
    last = again.last()
    again.append([batch("b", 4), batch("a", 4)])
    assert again.last() == last
    again.forget_keys(2)
    again.append([batch("a", 5), batch("b", 5)])
    assert again.last() == last + 1
    again.close()
