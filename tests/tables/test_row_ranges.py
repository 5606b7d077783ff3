"""Which rows a sample takes."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leadline.tables import open_table
from leadline.tables.sampling import chosen_rows, row_ranges


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 2**32), st.integers(1, 300))
def test_ranges_are_sorted_disjoint_inside_and_hold_the_asked_number_of_rows(total, rows, seed, blocks):
    starts, stops = row_ranges(total, rows, seed, blocks)
    assert int((stops - starts).sum()) == min(rows, total)
    assert np.all(stops >= starts)
    assert np.all(starts[1:] >= stops[:-1])
    assert starts[0] >= 0
    assert stops[-1] <= total


def test_every_row_is_about_as_likely():
    total, rows, draws = 1000, 100, 4000
    hits = np.zeros(total)
    for seed in range(draws):
        hits[chosen_rows(*row_ranges(total, rows, seed, blocks=5))] += 1
    # Within a stratum of 200 rows a range of 20 starts uniformly: inner rows have 20 / 181 chances.
    inner = hits.reshape(5, 200)[:, 20:180] / draws
    assert np.abs(inner - 20 / 181).max() < 5 * np.sqrt(20 / 181 / draws)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others():
    a, b, c = (row_ranges(10**6, 1000, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_a_sample_of_a_frame_holds_the_rows_of_its_ranges():
    frame = pd.DataFrame({"n": np.arange(10_000), "s": [f"row {i}" for i in range(10_000)]})
    sample = open_table(frame).sample(["n", "s"], 777, 5)
    rows = chosen_rows(sample.starts, sample.stops)
    assert np.array_equal(sample.batch.column("n").values, rows)
    texts = sample.batch.column("s")
    assert [texts.dictionary[code] for code in texts.values] == [f"row {i}" for i in rows]


def test_a_sample_larger_than_the_table_is_the_table():
    sample = open_table({"n": [1, 2, 3]}).sample(["n"], 10, 0)
    assert sample.batch.column("n").values.tolist() == [1, 2, 3]
    assert (sample.starts.tolist(), sample.stops.tolist()) == ([0], [3])
