"""The models: scikit-learn, trained on what a deployment saw before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.demo.fleet import Deployment
from leadline.demo.fleet.world import Columns, Floats

SEED = 20_260


@dataclass(frozen=True)
class Encoder:
    """Columns of a request as numbers.

    Attributes:
        names: of the columns, in order.
        words: of each column of texts, in the order of their codes.
    """

    names: tuple[str, ...]
    words: Mapping[str, Mapping[str, int]]

    @classmethod
    def learned(cls, names: Sequence[str], columns: Columns) -> Encoder:
        """Texts are those that the columns hold."""
        texts = [name for name in names if columns[name].dtype == object]
        words = {
            name: {word: code for code, word in enumerate(sorted({*columns[name].tolist()} - {None}))}
            for name in texts
        }
        return cls(tuple(names), words)

    def codes(self, columns: Columns) -> Floats:
        """Shape (rows, columns): numbers, and codes of texts; NaN where one is missing or new."""
        found = np.empty((len(columns[self.names[0]]), len(self.names)))
        for place, name in enumerate(self.names):
            known = self.words.get(name)
            values = columns[name]
            # What is not known becomes None, and None NaN.
            found[:, place] = values if known is None else [*map(known.get, values.tolist())]
        return found

    def indicators(self, columns: Columns) -> Floats:
        """Shape (rows, numbers and words): numbers, and 1 in the column of each text's word."""
        codes = self.codes(columns)
        parts = []
        for place, name in enumerate(self.names):
            column = codes[:, place, None]
            parts.append(column == np.arange(len(self.words[name])) if name in self.words else column)
        return np.hstack(parts).astype(np.float64)


@dataclass(frozen=True)
class Served:
    """A trained model.

    Attributes:
        task: what it predicts.
        version: under which it answers.
        encoder: of requests; `linear`: it is given indicators of texts, not codes.
        estimator: of scikit-learn.
    """

    task: str
    version: str
    encoder: Encoder
    linear: bool
    estimator: Any

    def scores(self, features: Columns) -> Columns:
        """The probability of the label 1 or the number expected, as column ""; of several classes one column
        for each."""
        rows = self.encoder.indicators(features) if self.linear else self.encoder.codes(features)
        if self.task == "regression":
            return {"": np.round(self.estimator.predict(rows), 3)}
        chances = np.round(self.estimator.predict_proba(rows), 5)
        if self.task == "binary":
            return {"": chances[:, 1]}
        return {str(name): chances[:, place] for place, name in enumerate(self.estimator.classes_)}


def train(
    deployment: Deployment, version: str, past: Columns, labels: npt.NDArray[Any], *, balanced: bool = False
) -> Served:
    """A model of what came true of past requests.

    Args:
        past: requests.
        balanced: rare labels weigh as much as frequent ones; then its scores are no probabilities.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    encoder = Encoder.learned(deployment.features, past)
    linear = deployment.task == "multiclass"
    of_texts = [name in encoder.words for name in encoder.names]
    trees: dict[str, Any] = {
        "categorical_features": of_texts, "max_iter": 50, "learning_rate": 0.15, "random_state": SEED,
    }  # fmt: skip
    estimator: Any
    if linear:
        estimator = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=200))
    elif deployment.task == "regression":
        estimator = HistGradientBoostingRegressor(loss="poisson", **trees)
    else:
        estimator = HistGradientBoostingClassifier(
            class_weight="balanced" if balanced else None, max_leaf_nodes=15, **trees
        )
    rows = encoder.indicators(past) if linear else encoder.codes(past)
    return Served(deployment.task, version, encoder, linear, estimator.fit(rows, labels))
