"""Performance of real models, against scikit-learn on the rows."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

pl = pytest.importorskip("polars")
METRICS = {metric.key: metric for metric in PERFORMANCE}

BINARY = (
    "car_loan", "hotel_booking", "hotel_booking_delayed", "elec2_stream", "compas_fairness",
    "magic_scenarios",
)  # fmt: skip
REGRESSION = ("car_price_regression", "bike_sharing", "wine_quality")


def sides(folder, name):
    frame = pl.read_parquet(folder / f"{name}.parquet")
    frame = frame.filter(pl.col("label").is_not_null() & pl.col("prediction").is_not_null())
    parts = [frame.filter(pl.col("partition") == part) for part in ("reference", "analysis")]
    if all(len(part) for part in parts):
        return parts
    half = len(frame) // 2
    return [frame[:half], frame[half:]]


@pytest.mark.parametrize("name", BINARY)
def test_binary_models(shared_data, name):
    reference, current = sides(shared_data, name)
    rows = [
        (
            f["label"].to_numpy().astype(np.int16),
            f["prediction"].to_numpy(),
            f["score"].to_numpy().astype(float),
        )
        for f in (reference, current)
    ]
    y, p, s = rows[0]
    p = outcomes.encode(p, None, None, ("0", "1")) if name != "compas_fairness" else None
    grid = outcomes.learn_binary(("0", "1"), s, None, y, p)
    for y, raw, s in rows:
        p = outcomes.encode(raw, None, None, ("0", "1")) if grid.decision == "prediction" else None
        counts = view(outcomes.decode(grid, outcomes.count_binary(grid, y, p, s)))
        got = {key: m.compute(counts) for key, m in METRICS.items() if "binary" in m.tasks}
        assert got["roc_auc"].bin_error <= 0.005
        assert abs(got["roc_auc"].value - oracle.roc_auc_score(y, s)) <= got["roc_auc"].bin_error + 1e-12
        exact = oracle.average_precision_score(y, s)
        assert abs(got["pr_auc"].value - exact) <= got["pr_auc"].bin_error + 1e-12
        if p is not None:
            assert got["accuracy"].value == pytest.approx(oracle.accuracy_score(y, p), abs=1e-12)
            assert got["f1"].value == pytest.approx(oracle.f1_score(y, p), abs=1e-12)
        if s.min() >= 0 and s.max() <= 1:
            assert got["log_loss"].value == pytest.approx(oracle.log_loss(y, s), abs=1e-9)
            assert got["brier"].value == pytest.approx(oracle.brier_score_loss(y, s), abs=1e-9)


@pytest.mark.parametrize("name", REGRESSION)
def test_regressions(shared_data, name):
    rows = [
        tuple(f[c].to_numpy().astype(float) for c in ("label", "prediction"))
        for f in sides(shared_data, name)
    ]
    grid = outcomes.learn_regression(*rows[0])
    for y, p in rows:
        counts = view(outcomes.decode(grid, outcomes.count_regression(grid, y, p)))
        exact = {
            "mae": oracle.mean_absolute_error(y, p),
            "mse": oracle.mean_squared_error(y, p),
            "rmse": oracle.root_mean_squared_error(y, p),
            "r2": oracle.r2_score(y, p),
        }
        for key, expected in exact.items():
            assert float(METRICS[key].compute(counts).value) == pytest.approx(expected, rel=1e-9), key


def test_three_classes(shared_data):
    reference, current = sides(shared_data, "credit_card_multiclass")
    classes = outcomes.known_classes(dict.fromkeys(reference["label"].unique().to_list(), 1))
    columns = []
    for f in (reference, current):
        codes = [
            np.array([classes.index(v) for v in f[c].to_list()], np.int16) for c in ("label", "prediction")
        ]
        columns.append((*codes, f.select([f"score_{c}" for c in classes]).to_numpy()))
    y, p, s = columns[0]
    grid = outcomes.learn_multiclass(classes, s, None, y, p)
    for y, p, s in columns:
        counts = view(outcomes.decode(grid, outcomes.count_multiclass(grid, y, p, s)))
        assert float(METRICS["f1"].compute(counts).value) == pytest.approx(
            oracle.f1_score(y, p, average="macro"), abs=1e-12
        )
        auc = METRICS["roc_auc"].compute(counts)
        assert auc.bin_error <= 0.005
        exact = np.mean([oracle.roc_auc_score(y == k, s[:, k]) for k in range(3)])
        assert abs(auc.value - exact) <= auc.bin_error + 1e-12
