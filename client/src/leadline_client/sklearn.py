"""A scikit-learn estimator that logs what it predicts."""

from __future__ import annotations

from typing import Any

from leadline_client.model import Model

PARAMETERS = ("estimator", "monitor")


class Monitored:
    """Wraps a fitted estimator or pipeline: same methods, same attributes, and every `predict`,
    `predict_proba` and `decision_function` is logged.

    It is an estimator itself: it can be cloned, searched over and put into a pipeline. A pickle holds the
    estimator and no monitor, so that neither a token nor a policy is lost or leaked; give the loaded one a
    new `monitor`. Without a monitor it only predicts.

    Args:
        estimator: What predicts.
        monitor: The model's handle, `Leadline(...).model(...)`.
    """

    def __init__(self, estimator: Any, monitor: Model | None = None) -> None:
        self.estimator = estimator
        self.monitor = monitor

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not found otherwise: the estimator's methods and fitted attributes.
        if name in PARAMETERS or (name.startswith("__") and name != "__sklearn_tags__"):
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "monitor": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        return f"Monitored({self.estimator!r})"

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the estimator is."""
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(self.estimator)
        except NotFittedError:
            return False
        return True

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The two parameters, and the estimator's as `estimator__name`."""
        found: dict[str, Any] = {"estimator": self.estimator, "monitor": self.monitor}
        if deep and hasattr(self.estimator, "get_params"):
            inner = self.estimator.get_params(deep=True)
            found.update({f"estimator__{name}": value for name, value in inner.items()})
        return found

    def set_params(self, **parameters: Any) -> Monitored:
        """Change parameters, as `get_params` names them.

        Raises:
            ValueError: there is no such parameter.
        """
        inner = {}
        for name, value in parameters.items():
            if name in PARAMETERS:
                setattr(self, name, value)
            elif name.startswith("estimator__"):
                inner[name[len("estimator__") :]] = value
            else:
                raise ValueError(f"found {name!r}; accepted: {', '.join(PARAMETERS)}, estimator__...")
        if inner:
            self.estimator.set_params(**inner)
        return self

    def fit(self, X: Any, y: Any = None, **parameters: Any) -> Monitored:
        """Fit the estimator."""
        self.estimator.fit(X, y, **parameters)
        return self

    def predict(self, X: Any, **parameters: Any) -> Any:
        """The estimator's predictions: of a regressor the score, else the decision."""
        result = self.estimator.predict(X, **parameters)
        classifies = hasattr(self.estimator, "classes_")
        self._log(X, **{"prediction" if classifies else "score": result})
        return result

    def predict_proba(self, X: Any, **parameters: Any) -> Any:
        """The estimator's probabilities. Logged are that of the second of two classes, or all by class;
        and the likeliest class.
        """
        result = self.estimator.predict_proba(X, **parameters)
        try:
            classes = self.estimator.classes_
            decided = classes[result.argmax(axis=1)]
            if len(classes) == 2:
                scores = result[:, 1]
            else:
                names = [str(name) for name in classes]
                scores = [dict(zip(names, row)) for row in result.tolist()]
        except Exception as problem:
            self._failed(problem)
        else:
            self._log(X, score=scores, prediction=decided)
        return result

    def decision_function(self, X: Any, **parameters: Any) -> Any:
        """The estimator's scores that are no probabilities."""
        result = self.estimator.decision_function(X, **parameters)
        self._log(X, score=result)
        return result

    def _log(self, X: Any, **columns: Any) -> None:
        if self.monitor is None:
            return
        try:
            # What scikit-learn was fitted with names bare arrays.
            names = getattr(self.estimator, "feature_names_in_", None)
            if names is not None and getattr(X, "ndim", 0) == 2 and not hasattr(X, "columns"):
                X = {str(name): X[:, place] for place, name in enumerate(names)}
            elif isinstance(X, list):
                X = {f"f{place}": list(column) for place, column in enumerate(zip(*X))}
        except Exception as problem:
            self._failed(problem)
            return
        self.monitor.log_batch(X, **columns)

    def _failed(self, problem: Exception) -> None:
        if self.monitor is not None:
            self.monitor._failed("predictions", problem)
