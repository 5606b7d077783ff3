"""Web applications, called by hand as servers call them, and scikit-learn itself."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from leadline_client import Leadline, Model, current_prediction
from leadline_client.middleware import AsgiMiddleware, WsgiMiddleware
from leadline_client.sklearn import Monitored
from leadline_client.testing import Recorder

Connect = Callable[..., Leadline]


def say(path: str) -> None:
    """What an endpoint does."""
    made = current_prediction()
    assert made is not None
    if path != "/health":
        made.features, made.score = {"path": path}, 0.5
    if path == "/broken":
        raise ZeroDivisionError


def requested(app: Any, path: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "path": path, "headers": []}, receive, send))
    return sent


def test_each_asgi_request_is_a_prediction(recorder: Recorder, connect: Connect) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        say(scope["path"])
        status = 503 if scope["path"] == "/busy" else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})

    client = connect(recorder)
    watched = AsgiMiddleware(app, client.model("credit"))
    assert [message["type"] for message in requested(watched, "/predict")] == [
        "http.response.start", "http.response.body",
    ]  # fmt: skip
    requested(watched, "/busy")
    requested(watched, "/health")
    with pytest.raises(ZeroDivisionError):
        requested(watched, "/broken")
    assert client.flush()
    found = [(row["features"]["path"], row["score"], row.get("error")) for row in recorder.rows()]
    assert found == [
        ("/predict", 0.5, None),
        ("/busy", 0.5, "HTTP 503"),
        ("/broken", 0.5, "ZeroDivisionError"),
    ]
    assert all(row["latency_ms"] > 0 for row in recorder.rows())


def test_an_exception_that_is_answered_on_its_way_keeps_its_name(
    recorder: Recorder, connect: Connect
) -> None:
    """As Starlette does it: 500 is sent, then the exception goes on to the server."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            say(scope["path"])
        except ZeroDivisionError:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            raise

    client = connect(recorder)
    with pytest.raises(ZeroDivisionError):
        requested(AsgiMiddleware(app, client.model("credit")), "/broken")
    assert client.flush()
    assert [row["error"] for row in recorder.rows()] == ["ZeroDivisionError"]


def test_other_paths_and_protocols_pass_by(recorder: Recorder, connect: Connect) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        assert current_prediction() is None
        await send({"type": "passed"})

    client = connect(recorder)
    watched = AsgiMiddleware(app, client.model("credit"), paths=["/predict"])
    assert requested(watched, "/other") == [{"type": "passed"}]

    async def live() -> None:
        async def send(message: dict[str, Any]) -> None:
            assert message == {"type": "passed"}

        await watched({"type": "lifespan"}, None, send)  # type: ignore[arg-type]

    asyncio.run(live())
    assert client.flush()
    assert recorder.rows() == []


class Body:
    """A body that is made while it is read, and must be closed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"an"
        say(self.path)
        yield b"swer"

    def close(self) -> None:
        self.closed = True


def test_each_wsgi_request_is_a_prediction_until_its_body_is_read(
    recorder: Recorder, connect: Connect
) -> None:
    bodies: list[Body] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/early":
            raise KeyError
        start_response("503 Busy" if path == "/busy" else "200 OK", [])
        bodies.append(Body(path))
        return bodies[-1]

    client = connect(recorder)
    watched = WsgiMiddleware(
        app, client.model("credit"), paths=["/predict", "/busy", "/broken", "/early", "/health"]
    )

    def served(path: str) -> bytes:
        body: Any = watched({"PATH_INFO": path}, lambda status, headers: None)
        try:
            return b"".join(body)
        finally:
            body.close()

    assert served("/predict") == served("/busy") == served("/health") == b"answer"
    with pytest.raises(ZeroDivisionError):
        served("/broken")
    with pytest.raises(KeyError):
        served("/early")
    assert all(body.closed for body in bodies)
    assert current_prediction() is None
    assert client.flush()
    found = [(row.get("features", {}).get("path"), row.get("error")) for row in recorder.rows()]
    assert found == [
        ("/predict", None),
        ("/busy", "HTTP 503"),
        ("/broken", "ZeroDivisionError"),
        (None, "KeyError"),
    ]


# scikit-learn.


@pytest.fixture
def model(recorder: Recorder, connect: Connect) -> Model:
    return connect(recorder).model("credit")


def flushed(model: Model, recorder: Recorder) -> list[dict[str, Any]]:
    assert model._worker.flush(20.0)
    return recorder.rows()


def test_predictions_are_the_estimators_and_are_logged(model: Model, recorder: Recorder) -> None:
    X, y = make_classification(60, 4, random_state=1)
    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, y)
    wrapped = Monitored(fitted, model)
    assert np.array_equal(wrapped.predict_proba(frame), fitted.predict_proba(frame))
    rows = flushed(model, recorder)
    assert [row["score"] for row in rows] == pytest.approx(fitted.predict_proba(frame)[:, 1])
    assert [row["prediction"] for row in rows] == fitted.predict(frame).tolist()
    assert [row["features"] for row in rows] == frame.to_dict("records")
    assert np.array_equal(wrapped.predict(frame), fitted.predict(frame))
    assert np.array_equal(wrapped.decision_function(frame), fitted.decision_function(frame))
    assert len(flushed(model, recorder)) == 180


def test_scores_of_several_classes_are_named(model: Model, recorder: Recorder) -> None:
    X, y = load_iris(return_X_y=True)
    fitted = LogisticRegression(max_iter=1_000).fit(X, np.array(["setosa", "versicolor", "virginica"])[y])
    expected = Monitored(fitted, model).predict_proba(X[:3])
    rows = flushed(model, recorder)
    assert set(rows[0]["score"]) == {"setosa", "versicolor", "virginica"}
    assert rows[0]["score"]["virginica"] == pytest.approx(expected[0, 2])
    assert rows[0]["prediction"] == "setosa"


def test_a_regressors_prediction_is_its_score(model: Model, recorder: Recorder) -> None:
    X, y = make_regression(20, 3, random_state=1)
    fitted = LinearRegression().fit(X, y)
    Monitored(fitted, model).predict(X.tolist())
    assert [row["score"] for row in flushed(model, recorder)] == pytest.approx(fitted.predict(X))


def test_it_keeps_the_contract_of_an_estimator(model: Model) -> None:
    X, y = make_classification(80, 4, random_state=1)
    wrapped = Monitored(LogisticRegression(C=2.0), model)
    copied = clone(wrapped)
    assert copied.monitor is model
    assert copied.estimator is not wrapped.estimator
    assert copied.get_params()["estimator__C"] == 2.0
    assert copied.set_params(estimator__C=3.0).estimator.C == 3.0
    with pytest.raises(ValueError, match="accepted"):
        wrapped.set_params(C=1.0)
    with pytest.raises(NotFittedError):
        check_is_fitted(wrapped)
    assert wrapped.fit(X, y) is wrapped
    check_is_fitted(wrapped)
    assert np.array_equal(wrapped.classes_, [0, 1])
    assert wrapped.score(X, y) == wrapped.estimator.score(X, y)
    assert is_classifier(wrapped)
    assert not is_regressor(wrapped)
    with pytest.raises(AttributeError):
        _ = wrapped.nothing_of_that_name


def test_it_can_be_searched_over_and_stand_in_a_pipeline() -> None:
    X, y = make_classification(80, 4, random_state=1)
    search = GridSearchCV(Monitored(LogisticRegression()), {"estimator__C": [0.1, 1.0]}, cv=2).fit(X, y)
    plain = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(X, y)
    assert search.best_params_["estimator__C"] == plain.best_params_["C"]
    assert search.best_score_ == plain.best_score_
    pipeline = make_pipeline(StandardScaler(), Monitored(LogisticRegression()))
    assert cross_val_score(pipeline, X, y, cv=2).shape == (2,)


def test_a_pickle_holds_the_estimator_and_no_secret(model: Model, recorder: Recorder) -> None:
    X, y = make_classification(80, 4, random_state=1)
    wrapped = Monitored(LogisticRegression().fit(X, y), model)
    content = pickle.dumps(wrapped)
    assert b"token" not in content
    assert recorder.url.encode() not in content
    loaded = pickle.loads(content)
    assert loaded.monitor is None
    assert np.array_equal(loaded.predict(X), wrapped.estimator.predict(X))
    assert flushed(model, recorder) == []


def test_what_cannot_be_logged_is_still_predicted(model: Model, recorder: Recorder) -> None:
    class Odd:
        classes_ = None

        def predict_proba(self, X: Any) -> Any:
            return "odd"

        def predict(self, X: Any) -> Any:
            return object()

    wrapped = Monitored(Odd(), model)
    assert wrapped.predict_proba(1) == "odd"
    assert wrapped.predict(object())
    assert flushed(model, recorder) == []
