"""Counting outcomes: what a label is, exact integer sums, cells, weights, and the laws of adding."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.profiles import outcomes
from leadline.profiles.outcomes_sums import (
    WEIGHT_CLIP,
    decode_sum,
    scaled_weights,
    weight_scale,
    wide_sum,
    wide_sum_by,
)

finite = st.floats(-1e20, 1e20, allow_nan=False)


def equal(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


class TestSums:
    @given(st.lists(finite, max_size=60), st.randoms())
    def test_any_order_and_any_cut_give_the_same_integers(self, values, random):
        whole = np.array(wide_sum(np.array(values)))
        shuffled = list(values)
        random.shuffle(shuffled)
        cut = random.randrange(len(values) + 1)
        parts = [np.array(wide_sum(np.array(p))) for p in (shuffled[:cut], shuffled[cut:])]
        assert np.array_equal(parts[0] + parts[1], whole)

    @given(st.lists(finite, max_size=60))
    def test_the_sum_is_that_of_the_values_to_one_unit_a_row(self, values):
        exact = math.fsum(values)
        got = float(decode_sum(np.array(wide_sum(np.array(values)))))
        assert abs(got - exact) <= len(values) * 2.0**-41 + 1e-12 * sum(map(abs, values))

    @given(st.lists(st.tuples(st.integers(0, 3), finite), min_size=1, max_size=60))
    def test_sums_by_group_are_the_sums_of_the_groups(self, rows):
        groups, values = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        by = wide_sum_by(groups, values, 4)
        for g in range(4):
            assert np.array_equal(by[g], wide_sum(values[groups == g]))

    def test_weights_are_counted_in_units_of_a_power_of_two_near_their_mean(self):
        assert weight_scale(np.array([3.0, 5.0, np.nan, -1.0, np.inf])) == 4.0
        assert weight_scale(np.array([0.0, np.nan])) == 1.0
        w, clipped = scaled_weights(np.array([1.0, 1e9]), 1.0)
        assert clipped == 1
        assert w.w.tolist() == [1.0, WEIGHT_CLIP]


class TestLabels:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (np.array([True, False, True]), {"1": 2, "0": 1}),
            (np.array([1, 0, 1]), {"1": 2, "0": 1}),
            (np.array([1.0, 0.0, np.nan]), {"1": 1, "0": 1}),
            (np.array([0.5, 2.0]), {"0.5": 1, "2": 1}),
        ],
    )
    def test_numbers_and_booleans_share_their_names(self, values, expected):
        assert outcomes.value_counts(values) == expected

    def test_text_is_stripped_and_empty_text_and_nulls_are_no_label(self):
        codes, valid = np.array([0, 1, 1, 2, 0]), np.array([True, True, True, True, False])
        assert outcomes.value_counts(codes, valid, ["yes", " no ", ""]) == {"yes": 1, "no": 2}

    @pytest.mark.parametrize(
        ("found", "classes"),
        [
            (["0", "1"], ("0", "1")),
            (["1"], ("0", "1")),
            (["0"], ("0", "1")),
            (["Yes", "No"], ("No", "Yes")),
            (["-1", "1"], ("-1", "1")),
            (["FALSE", "TRUE"], ("FALSE", "TRUE")),
        ],
    )
    def test_the_positive_label_of_a_known_pair_is_inferred(self, found, classes):
        assert outcomes.binary_classes(dict.fromkeys(found, 1)) == classes

    def test_an_unknown_pair_asks_for_the_positive_label(self):
        with pytest.raises(DataError, match="accepted: one of them as `positive`"):
            outcomes.binary_classes({"cat": 1, "dog": 1})
        assert outcomes.binary_classes({"cat": 1, "dog": 1}, "cat") == ("dog", "cat")
        assert outcomes.binary_classes({"0": 1, "1": 1}, False) == ("1", "0")
        assert outcomes.binary_classes({"no": 1, "yes": 1}, True) == ("no", "yes")

    def test_a_stated_positive_label_that_is_not_there_is_an_error(self):
        with pytest.raises(DataError, match="positive"):
            outcomes.binary_classes({"cat": 1, "dog": 1}, "cow")
        with pytest.raises(DataError, match="positive"):
            outcomes.binary_classes({"a": 1, "b": 1, "c": 1}, "a")

    @pytest.mark.parametrize(
        ("values", "valid", "dictionary", "expected"),
        [
            (np.array([1, 0, 7], np.int64), None, None, [1, 0, -2]),
            (np.array([True, False, True]), np.array([True, True, False]), None, [1, 0, -1]),
            (np.array([1.0, np.nan, 0.0]), None, None, [1, -1, 0]),
            (np.array([0, 1, 2, 3], np.int32), None, ["yes", "no", "maybe", ""], [1, 0, -2, -1]),
        ],
    )
    def test_codes_of_a_binary_column_of_any_type_agree(self, values, valid, dictionary, expected):
        assert outcomes.encode(values, valid, dictionary, ("0", "1")).tolist() == expected

    def test_booleans_are_understood_where_the_classes_are_words(self):
        assert outcomes.encode(np.array([True, False]), None, None, ("no", "yes")).tolist() == [1, 0]
        assert outcomes.encode(np.array([1, 0]), None, None, ("no", "yes")).tolist() == [1, 0]

    def test_the_task_follows_from_the_labels(self):
        assert outcomes.infer_task({"0": 3, "1": 2}, True) == "binary"
        assert outcomes.infer_task({"a": 1, "b": 1, "c": 1}, False) == "multiclass"
        assert outcomes.infer_task({"1": 1, "2": 1, "3": 1}, True) == "multiclass"
        assert outcomes.infer_task({"1.5": 1, "2": 1, "3": 1}, True) == "regression"
        assert outcomes.infer_task({str(i): 1 for i in range(50)}, True) == "regression"

    def test_classes_are_the_largest_in_natural_order(self):
        counts = {str(i): 100 - i for i in range(80)}
        classes = outcomes.known_classes(counts)
        assert classes == tuple(str(i) for i in range(64))


class TestBinary:
    def test_the_threshold_that_predictions_follow_is_found(self):
        scores = np.array([0.1, 0.2, 0.35, 0.7])
        assert outcomes.implied_threshold(scores, np.array([0, 0, 1, 1]))[0] == 0.35
        assert outcomes.implied_threshold(scores, np.array([0, 0, 0, 1]))[0] == 0.5
        assert outcomes.implied_threshold(scores, np.array([1, 0, 1, 0]))[0] is None
        assert outcomes.implied_threshold(scores, np.array([1, 1, 1, 1]))[0] is None

    def test_a_prediction_column_decides_and_without_one_the_threshold(self):
        scores, labels = np.array([0.4, 0.5, 0.9]), np.array([0, 1, 1])
        grid = outcomes.learn_binary(("0", "1"), scores, threshold=0.45)
        assert outcomes.count_binary(grid, labels, None, scores)["confusion"][:, :, 0].tolist() == [
            [1, 0, 0],
            [0, 2, 0],
            [0, 0, 0],
        ]
        predictions = np.array([1, 1, 0])
        grid = outcomes.learn_binary(("0", "1"), scores, predictions=predictions)
        found = outcomes.count_binary(grid, labels, predictions, scores)["confusion"][:, :, 0]
        assert found.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 0]]

    def test_hostile_rows_are_counted_and_left_out(self):
        scores = np.array([0.2, np.nan, np.inf, -np.inf, 0.5, 1.5, 0.7])
        valid = np.array([True, True, True, True, False, True, True])
        labels = np.array([0, 1, 1, 0, 1, -2, -1])
        grid = outcomes.learn_binary(("0", "1"), np.linspace(0, 1, 50))
        counts = outcomes.count_binary(grid, labels, None, scores, valid)
        status = outcomes.decode(grid, counts)["status"]
        assert status["rows"] == 7
        assert status["score_missing"] == 2
        assert status["score_infinite"] == 2
        assert status["score_outside"] == 1
        assert status["label_missing"] == 1
        assert status["label_unknown"] == 1
        assert counts["cells"].sum() == 3
        assert counts["confusion"].sum() == 7

    def test_rows_with_unusable_weights_are_counted_and_left_out(self):
        weights = np.array([1.0, np.nan, -1.0, np.inf, 0.0, 2.0])
        scores, labels = np.full(6, 0.3), np.array([0, 1, 1, 1, 1, 1])
        grid = outcomes.learn_binary(("0", "1"), scores, weight_scale=1.0)
        counts = outcomes.count_binary(grid, labels, None, scores, weights=weights)
        decoded = outcomes.decode(grid, counts)
        assert decoded["status"]["bad_weight"] == 3
        assert decoded["confusion"][:2, 0].tolist() == [1.0, 2.0]
        assert decoded["confusion_squares"][:2, 0].tolist() == [1.0, 4.0]
        assert decoded["confusion_rows"].sum() == 3

    @given(
        st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=1, max_size=80),
        st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=40),
    )
    @settings(max_examples=60, deadline=None)
    def test_every_score_falls_between_the_edges_of_its_cell(self, reference, current):
        grid = outcomes.learn_binary(("0", "1"), np.array(reference))
        assert grid.cells <= 1024
        edges = np.array((-np.inf, *grid.inner, np.inf))
        assert (np.diff(edges) > 0).all()
        for score in (*reference, *current):
            cells = outcomes.count_binary(grid, np.array([1]), None, np.array([score]))["cells"][:, 1, 0]
            at = int(cells.argmax())
            assert cells.sum() == 1
            assert edges[at] <= score < edges[at + 1]

    def test_a_value_with_mass_has_a_cell_of_its_own(self):
        rng = np.random.default_rng(3)
        scores = np.concatenate([np.full(500, 0.3), rng.random(500)])
        grid = outcomes.learn_binary(("0", "1"), scores)
        edges = np.array((-np.inf, *grid.inner, np.inf))
        at = int(np.searchsorted(edges, 0.3, side="right")) - 1
        assert at in grid.atom_cells
        assert edges[at] == 0.3
        assert edges[at + 1] == np.nextafter(0.3, 1)

    @pytest.mark.parametrize(
        "scores", [np.array([]), np.array([np.nan]), np.full(9, -3.0), np.array([1e300])]
    )
    def test_a_grid_can_be_learned_from_almost_nothing(self, scores):
        grid = outcomes.learn_binary(("0", "1"), scores)
        counts = outcomes.count_binary(grid, np.array([1, 0]), None, np.array([0.2, 1e308]))
        assert counts["cells"].sum() == 2


def binary_rows(draw, n):
    rng = np.random.default_rng(draw)
    scores = np.where(rng.random(n) < 0.3, np.round(rng.random(n), 1), rng.random(n))
    scores[rng.random(n) < 0.05] = np.nan
    return {
        "labels": rng.integers(-2, 2, n).astype(np.int16),
        "predictions": rng.integers(-2, 2, n).astype(np.int16),
        "scores": scores,
        "weights": rng.exponential(size=n),
    }


def multiclass_rows(draw, n):
    rng = np.random.default_rng(draw)
    return {
        "labels": rng.integers(-2, 3, n).astype(np.int16),
        "predictions": rng.integers(-2, 3, n).astype(np.int16),
        "scores": rng.dirichlet([1, 1, 1], n).round(2),
        "weights": rng.exponential(size=n),
    }


def regression_rows(draw, n):
    rng = np.random.default_rng(draw)
    labels = rng.normal(size=n) * 10
    labels[rng.random(n) < 0.1] = np.nan
    return {
        "labels": labels,
        "predictions": labels + rng.standard_cauchy(n),
        "weights": rng.exponential(size=n),
    }


def ratio_rows(draw, n):
    rng = np.random.default_rng(draw)
    return {
        "numerator": rng.normal(size=n),
        "denominator": rng.exponential(size=n),
        "weights": rng.exponential(size=n),
    }


def learned(task, weighted):
    scale = 1.0 if weighted else None
    if task == "binary":
        r = binary_rows(0, 300)
        return outcomes.learn_binary(
            ("0", "1"), r["scores"], None, r["labels"], r["predictions"], None, scale
        )
    if task == "multiclass":
        r = multiclass_rows(0, 300)
        return outcomes.learn_multiclass(
            ("a", "b", "c"), r["scores"], None, r["labels"], r["predictions"], scale
        )
    if task == "regression":
        r = regression_rows(0, 300)
        return outcomes.learn_regression(r["labels"], r["predictions"], scale)
    r = ratio_rows(0, 300)
    return outcomes.learn_ratio(r["numerator"], r["denominator"], scale)


ROWS = {
    "binary": binary_rows,
    "multiclass": multiclass_rows,
    "regression": regression_rows,
    "ratio": ratio_rows,
}
COUNT = {task: getattr(outcomes, f"count_{task}") for task in ROWS}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", ROWS)
class TestLaws:
    @given(seed=st.integers(0, 10_000), n=st.integers(0, 200), cut=st.floats(0, 1))
    @settings(max_examples=12, deadline=None)
    def test_counts_of_parts_in_any_order_add_up_and_are_taken_back(self, task, weighted, seed, n, cut):
        grid, rows = learned(task, weighted), ROWS[task](seed, n)
        if not weighted:
            rows.pop("weights")
        order = np.random.default_rng(seed).permutation(n)
        k = int(cut * n)

        def count(index):
            return COUNT[task](grid, **{key: column[index] for key, column in rows.items()})

        whole, first, second = count(slice(None)), count(order[:k]), count(order[k:])
        assert equal(outcomes.add(first, second), whole)
        assert equal(outcomes.subtract(whole, second), first)
        assert equal(outcomes.add(whole, outcomes.empty(grid)), whole)

    def test_more_rows_than_a_chunk_count_as_their_parts(self, task, weighted):
        grid, rows = learned(task, weighted), ROWS[task](1, 40_000)
        whole = COUNT[task](grid, **rows)
        parts = [
            COUNT[task](grid, **{key: column[i] for key, column in rows.items()})
            for i in (slice(0, 17_000), slice(17_000, None))
        ]
        assert equal(outcomes.add(*parts), whole)

    def test_inputs_are_not_changed(self, task, weighted):
        grid, rows = learned(task, weighted), ROWS[task](2, 500)
        before = {key: column.copy() for key, column in rows.items()}
        COUNT[task](grid, **rows)
        for key, column in rows.items():
            assert np.array_equal(column, before[key], equal_nan=column.dtype.kind == "f")

    def test_the_grid_is_the_same_after_saving_and_loading(self, task, weighted):
        grid = learned(task, weighted)
        again = msgspec.json.decode(msgspec.json.encode(grid), type=outcomes.OutcomeGrid)
        assert again == grid
        rows = ROWS[task](3, 300)
        assert equal(COUNT[task](again, **rows), COUNT[task](grid, **rows))

    def test_leading_axes_survive_decoding(self, task, weighted):
        grid = learned(task, weighted)
        parts = [COUNT[task](grid, **ROWS[task](seed, 50)) for seed in range(3)]
        stacked = {key: np.stack([p[key] for p in parts]) for key in parts[0]}
        together, single = outcomes.decode(grid, stacked), outcomes.decode(grid, parts[1])
        assert np.array_equal(together["status"]["rows"], [50, 50, 50])
        name = {"regression": "labelled", "ratio": "counted"}.get(task, "confusion")
        assert np.array_equal(together[name][1], single[name])


def test_regression_values_far_outside_are_clipped_and_counted():
    """One row beyond a million scales is named, so that no metric passes over it in silence."""
    rng = np.random.default_rng(8)
    y = rng.normal(size=100)
    grid = outcomes.learn_regression(y, y + rng.normal(size=100))
    counts = outcomes.count_regression(grid, np.array([0.0, 1e12]), np.array([0.1, 0.1]))
    assert outcomes.decode(grid, counts)["status"]["clipped"] == 1


def test_regression_rows_without_a_finite_label_or_prediction_are_left_out():
    grid = outcomes.learn_regression(np.arange(10.0), np.arange(10.0) + 1)
    y = np.array([1.0, np.nan, np.inf, 2.0, -np.inf])
    p = np.array([1.0, 1.0, 1.0, np.nan, 2.0])
    decoded = outcomes.decode(grid, outcomes.count_regression(grid, y, p))
    assert decoded["rows"] == 1
    assert decoded["status"]["label_missing"] == 3
    assert decoded["status"]["prediction_missing"] == 1


def test_unknown_classes_are_counted_together():
    grid = outcomes.learn_multiclass(("a", "b"), predictions=np.array([0, 1]))
    labels, predictions = np.array([0, 1, -2, -1]), np.array([0, -2, -2, 1])
    found = outcomes.count_multiclass(grid, labels, predictions)["confusion"][:, :, 0]
    assert found.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0]]
