"""Direct loss estimation: a second model says how wrong a regression is at each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.estimators.boosting import Boosted, boost_mean
from leadline.estimators.calibration import LABELLED_MIN, SEED
from leadline.estimators.declare import Method
from leadline.estimators.domain import tell_apart
from leadline.estimators.estimated import Estimated, cautioned, unavailable, with_interval
from leadline.estimators.rows import Sample
from leadline.estimators.tables import Floats
from leadline.metrics.performance import PERFORMANCE

FOLDS = 5
LOSSES = ("mae", "mse", "rmse")
_METRICS = {metric.key: metric for metric in PERFORMANCE if metric.key in LOSSES}


@dataclass(frozen=True)
class LossModel:
    """What a reference says about the errors of a regression.

    Attributes:
        reference: the labelled reference rows that were used.
        absolute, squared: `FOLDS` models of |prediction - label| and of its square, each without one fold.
        offsets: realised less cross-fitted mean of both losses.
        tails: variance of the squared error given the inputs, in squares of its expectation.
        scale: the losses are in units of this error, and of its square.
        reason: why there is none, "" else.
    """

    reference: Sample
    absolute: tuple[Boosted, ...] = ()
    squared: tuple[Boosted, ...] = ()
    offsets: tuple[float, float] = (0.0, 0.0)
    tails: float = 0.0
    scale: float = 1.0
    reason: str = ""


def learn_loss(reference: Sample) -> LossModel:
    """Learn the expected errors of a regression from labelled rows.

    Args:
        reference: `scores` holds the predictions, `labels` numbers; rows without both are left out.

    Returns:
        A model; with fewer than `LABELLED_MIN` labelled rows one that says so in `reason`.
    """
    rng = np.random.default_rng(SEED)
    labels = np.full(len(reference), np.nan) if reference.labels is None else reference.labels
    usable = np.flatnonzero(np.isfinite(labels) & np.isfinite(reference.scores))
    if len(usable) < LABELLED_MIN:
        return LossModel(
            reference, reason=f"needs {LABELLED_MIN} labelled reference rows, found {len(usable)}"
        )
    reference = reference.take(usable).thinned(rng)
    assert reference.labels is not None
    error = np.abs(reference.scores - reference.labels)
    scale = float(error.mean()) or 1.0
    error = error / scale
    features, categorical = reference.inputs()
    fold = rng.permuted(np.arange(len(error)) % FOLDS)
    models: tuple[list[Boosted], list[Boosted]] = ([], [])
    expected = np.empty((2, len(error)))
    for held in range(FOLDS):
        fit, out = fold != held, fold == held
        for k, loss in enumerate((error, error**2)):
            model = boost_mean(features[fit], categorical, loss[fit])
            models[k].append(model)
            expected[k, out] = model.predict(features[out])
    expected = np.maximum(expected, 0.0)
    square = expected[1]
    tails = float(np.mean((error**2 - square) ** 2) / max(float(np.mean(square**2)), 1e-300))
    offsets = float(np.mean(error - expected[0])), float(np.mean(error**2 - square))
    return LossModel(reference, tuple(models[0]), tuple(models[1]), offsets, tails, scale)


def direct_loss(
    model: LossModel, window: Sample, caution: str | None = None, rows: float | None = None
) -> dict[str, Estimated]:
    """Estimate MAE, MSE and RMSE of a window, each of shape ().

    The interval holds the noise of the window's own errors, by their expected variance, and that of the
    models, by a jackknife over the folds. A caution says where the inputs have left those of the reference.

    Args:
        model: from `learn_loss`.
        window: rows; those without a prediction are left out.
        caution: where it is known already, "" for none; None: a domain classifier is fitted for it.
        rows: of the whole window where `window` is a sample of it, whose choice then adds to the interval.

    Source: the method is published as direct loss estimation in NannyML's documentation; the jackknife:
    Efron and Stein, Ann. Stat. 9 (1981).
    """
    reason = model.reason
    window = window.take(np.flatnonzero(np.isfinite(window.scores)))
    if not reason and len(window) == 0:
        reason = "no row has a prediction"
    if reason:
        return {key: unavailable((), reason, "direct_loss") for key in LOSSES}
    inputs = window.inputs()[0]
    first, second = (
        np.maximum(np.stack([m.predict(inputs) for m in group]), 0.0)
        for group in (model.absolute, model.squared)
    )
    n = len(window)
    whole = float(n) if rows is None else max(float(rows), float(n))
    chosen = 1 / n - 1 / whole
    spreads = (
        float(np.maximum(second.mean(0) - first.mean(0) ** 2, 0.0).mean() / whole)
        + float(first.mean(0).var()) * chosen,
        float(model.tails * (second.mean(0) ** 2).mean() / whole) + float(second.mean(0).var()) * chosen,
    )
    mae, mae_error = _loss(first, model.offsets[0], spreads[0])
    mse, mse_error = _loss(second, model.offsets[1], spreads[1])
    root = np.sqrt(mse)
    unit = model.scale
    found = {
        "mae": (mae * unit, mae_error * unit),
        "mse": (mse * unit**2, mse_error * unit**2),
        "rmse": (root * unit, mse_error * unit / (2 * root) if root > 0 else 0.0),
    }
    found_caution = (
        tell_apart(model.reference, window).caution if caution is None else np.array(caution, object)
    )
    size = np.asarray(float(n))
    return {
        key: cautioned(
            with_interval(_METRICS[key], np.asarray(value), np.asarray(error), size, "direct_loss"),
            found_caution,
        )
        for key, (value, error) in found.items()
    }


def _loss(by_fold: Floats, offset: float, spread: float) -> tuple[float, float]:
    """A mean loss and its standard error from the folds' predictions, shape (FOLDS, n)."""
    means = by_fold.mean(1)
    jackknife = (FOLDS - 1) / FOLDS * ((means - means.mean()) ** 2).sum()
    return max(float(means.mean() + offset), 0.0), float(np.sqrt(spread + jackknife))


METHOD = Method(
    key="direct_loss",
    title="Direct loss estimation",
    summary="A second model, learned on the reference, says how wrong the prediction is at each row.",
    assumes="Errors depend on the inputs as in the reference, which holds rows like the window's.",
    needs_rows=True,
    tasks=frozenset({"regression"}),
    reference="NannyML documentation, How it works: direct loss estimation (2022)",
)
