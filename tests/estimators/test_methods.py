"""Methods beyond counts: what each gets right where its assumption holds, and says where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from leadline import estimators
from leadline.errors import DataError
from leadline.estimators.boosting import BINS, boost_mean, boost_probability
from leadline.estimators.domain import SHIFTED
from leadline.estimators.mlls import likely_prevalence
from leadline.profiles import outcomes

KEYS = ("accuracy", "roc_auc", "f1")
NONE = np.zeros(2, bool)


class Segments:
    """Two segments in which the same score means different things; the mix is what shifts."""

    @staticmethod
    def draw(rng, rows, share=0.2, offset=0.0):
        second = rng.random(rows) < share
        features = np.column_stack([second + offset, rng.normal(size=rows)])
        scores = 1 / (1 + np.exp(-1.5 * rng.normal(size=rows)))
        odds = np.log(scores / (1 - scores)) * np.where(second, 0.3, 2.0)
        labels = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int16)
        return estimators.Sample(features, NONE, scores, None, labels)

    def reference(self, rng, rows=8000):
        sample = self.draw(rng, rows)
        grid = outcomes.learn_binary(("0", "1"), sample.scores, None, sample.labels)
        return sample, grid, estimators.calibrate(table_of(grid, sample))


def table_of(grid, sample):
    return estimators.of_rows(grid, sample.scores, sample.decisions, sample.labels)


def test_boosting_finds_an_interaction_of_numbers_categories_and_missing_values():
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.normal(size=6000), rng.integers(0, 4, 6000).astype(float)])
    x[rng.random(6000) < 0.2, 0] = np.nan
    even = x[:, 1] % 2 == 0
    odds = np.where(np.isnan(x[:, 0]), 1.0, np.where(even, 2, -2) * np.nan_to_num(x[:, 0]))
    y = (rng.random(6000) < 1 / (1 + np.exp(-odds))).astype(float)
    model = boost_probability(x[:4000], np.array([False, True]), y[:4000])
    best = roc_auc_score(y[4000:], odds[4000:])
    assert roc_auc_score(y[4000:], model.predict(x[4000:])) > best - 0.03


@pytest.mark.parametrize(
    "column", [np.full(500, np.nan), np.full(500, 3.0), np.repeat([-np.inf, np.inf], 250), np.zeros(500)]
)
@pytest.mark.parametrize("categorical", [True, False])
def test_boosting_takes_columns_that_say_nothing(column, categorical):
    target = np.arange(500) % 5
    model = boost_mean(column[:, None], np.array([categorical]), target.astype(float))
    assert model.binning.codes(column[:, None]).max() < BINS
    np.testing.assert_allclose(model.predict(column[:, None]), 2.0, atol=0.2)
    assert boost_mean(np.empty((500, 0)), np.empty(0, bool), target.astype(float)).predict(
        np.empty((3, 0))
    ) == pytest.approx(2.0)


def test_density_ratios_are_those_of_two_normal_samples():
    """Window N(0.7, 1) against N(0, 1): the log ratio is 0.7 x - 0.245."""
    rng = np.random.default_rng(2)

    def rows(shift, n):
        return estimators.Sample(rng.normal(shift, 1, (n, 1)), np.zeros(1, bool), np.full(n, 0.5))

    reference = rows(0.0, 20_000)
    domain = estimators.tell_apart(reference, rows(0.7, 20_000))
    exact = np.exp(0.7 * domain.reference.features[:, 0] - 0.245)
    assert np.corrcoef(np.log(domain.weights), np.log(exact))[0, 1] > 0.97
    assert domain.effective == pytest.approx(np.exp(-(0.7**2)), abs=0.08)
    assert domain.auc == pytest.approx(0.690, abs=0.02)
    assert domain.shifted
    assert domain.unsupported < 0.01


@pytest.mark.parametrize("rows", [100, 1000])
def test_windows_like_the_reference_are_not_shifted(rows):
    rng = np.random.default_rng(3)
    reference = Segments.draw(rng, 5000)
    found = [estimators.tell_apart(reference, Segments.draw(rng, rows)) for _ in range(10)]
    assert not any(domain.shifted for domain in found)
    assert all(domain.unsupported <= 0.05 and domain.effective >= 0.1 for domain in found)


def test_few_rows_that_are_told_apart_by_chance_are_not_shifted():
    """Held-out scores of 120 equal rows a side have an area of 0.5 +- 0.04, and exceed 0.55 now and then."""
    rng = np.random.default_rng(3)
    reference = Segments.draw(rng, 120)
    found = [estimators.tell_apart(reference, Segments.draw(rng, 120)) for _ in range(12)]
    assert max(domain.auc for domain in found) > SHIFTED
    assert not any(domain.shifted for domain in found)


def test_weighting_finds_what_a_change_of_mix_does_to_performance():
    rng = np.random.default_rng(4)
    known, grid, calibrator = Segments().reference(rng)
    plain, chosen = [], []
    for _ in range(4):
        window = Segments.draw(rng, 3000, share=0.7)
        table = table_of(grid, window)
        truth = float(estimators.realised(table, ["accuracy"])["accuracy"])
        rows = estimators.Rows(grid, known, window)
        best = estimators.estimate(calibrator, table.without_labels(), rows, KEYS)["accuracy"]
        simple = estimators.estimate(calibrator, table.without_labels(), None, KEYS)["accuracy"]
        assert best.method == "weighted"
        assert simple.method == "cbpe"
        assert best.caution is None
        assert abs(float(best.value) - truth) < 4 * float(best.standard_error)
        chosen.append(abs(float(best.value) - truth))
        plain.append(abs(float(simple.value) - truth))
    assert np.mean(chosen) < 0.3 * np.mean(plain)
    weighted = estimators.importance(grid, estimators.tell_apart(known, window), table, KEYS)
    assert float(weighted["accuracy"].low) <= truth <= float(weighted["accuracy"].high)


@pytest.mark.parametrize("change", ["offset", "missing", "unseen category"])
def test_a_window_outside_the_reference_is_extrapolating(change):
    rng = np.random.default_rng(5)
    known, grid, calibrator = Segments().reference(rng, 5000)
    window = Segments.draw(rng, 1000, offset=10.0 if change == "offset" else 0.0)
    if change == "missing":
        window.features[rng.random(1000) < 0.3, 1] = np.nan
    if change == "unseen category":
        window.features[rng.random(1000) < 0.3, 0] = 7.0
    rows = estimators.Rows(grid, known, window)
    found = estimators.estimate(calibrator, table_of(grid, window).without_labels(), rows, ["accuracy"])
    assert found["accuracy"].caution[()].startswith("extrapolating: ")


def test_scores_that_the_reference_never_had_are_extrapolating(traffic):
    rng = np.random.default_rng(6)
    grid, calibrator = traffic.calibrated(rng, 3000)
    stuck = estimators.of_rows(grid, np.full(500, 0.5))
    assert "of the reference is like this window" in estimators.cbpe(calibrator, stuck)["brier"].caution[()]
    scores, _ = traffic.draw(rng, 500)
    new = estimators.of_rows(grid, np.where(rng.random(500) < 0.3, 1e-6, scores))
    assert "hardly any" in estimators.cbpe(calibrator, new)["brier"].caution[()]
    quiet = traffic.stacked([traffic.window(rng, grid, n) for n in (30, 100, 1000)])
    assert estimators.cbpe(calibrator, quiet.without_labels())["brier"].caution is None


def shifted_labels(traffic, rng, grid, rows, share):
    """A window in which each class keeps its scores and the share of positives is stated."""
    scores, labels = traffic.draw(rng, 20 * rows)
    positive = rng.random(rows) < share
    pools = [scores[labels == 0], scores[labels == 1]]
    drawn = np.where(positive, rng.choice(pools[1], rows), rng.choice(pools[0], rows))
    return estimators.of_rows(grid, drawn, None, positive.astype(np.int16))


@pytest.mark.parametrize("method", ["mlls", "bbse"])
def test_label_shift_is_estimated_and_its_assumption_tested(traffic, method):
    rng = np.random.default_rng(7)
    grid, calibrator = traffic.calibrated(rng, 20_000)
    shares = (0.1, 0.5, 0.8)
    table = traffic.stacked([shifted_labels(traffic, rng, grid, 3000, share) for share in shares])
    truth = estimators.realised(table, ("prevalence", *KEYS))
    found = getattr(estimators, method)(calibrator, table.without_labels(), ("prevalence", *KEYS))
    for key, x in found.items():
        assert (np.abs(x.value - truth[key]) < 4 * x.standard_error).all(), key
        assert x.caution is None
    covariate = traffic.window(rng, grid, 5000).without_labels()
    bent = replace(
        covariate, rows=covariate.rows * np.where(np.abs(covariate.scores - 0.5) < 0.1, 4, 1)[:, None, None]
    )
    assert (
        "label shift does not explain" in getattr(estimators, method)(calibrator, bent)["brier"].caution[()]
    )


def test_the_likely_share_of_positives_is_the_fixed_point_of_expectation_maximisation(traffic):
    rng = np.random.default_rng(8)
    grid, calibrator = traffic.calibrated(rng)
    table = shifted_labels(traffic, rng, grid, 2000, 0.6).without_labels()
    c, base = calibrator.probability, calibrator.table.rows.sum((0, 1))[1] / calibrator.table.rows.sum()
    rows, share = table.rows.sum((-1, -2)), base
    for _ in range(2000):
        up, down = c * share / base, (1 - c) * (1 - share) / (1 - base)
        share = (rows * up / (up + down)).sum() / rows.sum()
    found, _ = likely_prevalence(c, calibrator.table.rows, table)
    assert float(found) == pytest.approx(share, abs=1e-6)


def test_bbse_solves_the_two_by_two_confusion_matrix(traffic):
    rng = np.random.default_rng(9)
    grid, calibrator = traffic.calibrated(rng)
    table = shifted_labels(traffic, rng, grid, 2000, 0.5).without_labels()
    confusion = calibrator.table.rows.sum(0)[:2, :2]
    seen = table.rows.sum((-1, -3))[:2] / table.rows.sum()
    weights = np.linalg.solve(confusion / confusion.sum(), seen)
    exact = weights[1] * confusion.sum(0)[1] / confusion.sum()
    found = estimators.bbse(calibrator, table, ["prevalence"])["prevalence"]
    offset, _ = calibrator.correction("prevalence", estimators.ESTIMABLE["prevalence"].value)
    assert float(found.value) == pytest.approx(exact + offset, abs=5e-3)


def test_atc_on_the_reference_is_its_accuracy(traffic):
    rng = np.random.default_rng(10)
    grid, scores, labels = traffic.grid(rng)
    table = estimators.of_rows(grid, scores, None, labels)
    calibrator = estimators.calibrate(table)
    found = estimators.atc(calibrator, table)
    assert float(found.value) == pytest.approx((labels == (scores >= grid.threshold)).mean(), abs=1e-9)
    assert np.isnan(estimators.atc(calibrator, estimators.of_rows(grid, np.empty(0))).value)


def test_every_method_is_declared_and_says_what_it_assumes():
    assert set(estimators.METHODS) == {
        "cbpe", "weighted", "importance", "mlls", "bbse", "atc", "direct_loss",
    }  # fmt: skip
    assert all(m.assumes and m.reference and m.tasks for m in estimators.METHODS.values())


def test_rows_that_do_not_fit_together_are_an_error():
    with pytest.raises(DataError, match="do not fit together"):
        estimators.Sample(np.zeros((5, 2)), NONE, np.zeros(4))


def test_empty_windows_and_features_without_values_are_estimated_from_scores():
    rng = np.random.default_rng(11)
    known, grid, calibrator = Segments().reference(rng, 2000)
    nothing = replace(known, features=np.full((2000, 2), np.nan))
    window = Segments.draw(rng, 500)
    blank = replace(window, features=np.full((500, 2), np.nan))
    table = table_of(grid, window).without_labels()
    found = estimators.estimate(calibrator, table, estimators.Rows(grid, nothing, blank), KEYS)
    assert found["f1"].method == "cbpe"
    assert found["f1"].caution is None
    empty = window.take(np.empty(0, int))
    rows = estimators.Rows(grid, known, empty)
    assert estimators.estimate(calibrator, table_of(grid, empty), rows, KEYS)["f1"].reason[()]
