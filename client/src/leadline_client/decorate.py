"""Functions that make a prediction with each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Optional, TypeVar, cast

from leadline_client.prediction import CURRENT, Prediction

Function = TypeVar("Function", bound=Callable[..., Any])
Chosen = Optional[Callable[..., Any]]
Failed = Callable[[str, Exception], None]


def decorated(
    function: Function,
    begin: Callable[[Any, Any], Prediction],
    failed: Failed,
    id: Chosen,
    features: Chosen,
    score: Chosen,
    prediction: Chosen,
) -> Function:
    """See `Model.predicts`.

    Args:
        function: Each call of which is a prediction.
        begin: Makes one of an id and features.
        failed: Is told of what kind failed, and why.
        id, features, score, prediction: The caller's.
    """
    signature = inspect.signature(function)

    def opened(arguments: tuple[Any, ...], named: dict[str, Any]) -> Prediction:
        return begin(
            _tried(failed, id, *arguments, **named),
            _tried(failed, features or by_name, *arguments, **named),
        )

    def by_name(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        values = {name: value for name, value in bound.arguments.items() if name not in ("self", "cls")}
        only = next(iter(values.values())) if len(values) == 1 else None
        return only if _is_row(only) else values

    def closed(opened: Prediction, result: Any) -> None:
        if score is None and prediction is None:
            if _is_float(result):
                opened.score = result
            else:
                opened.prediction = result
        else:
            opened.score = _tried(failed, score, result)
            opened.prediction = _tried(failed, prediction, result)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*arguments: Any, **named: Any) -> Any:
            with opened(arguments, named) as made:
                token = CURRENT.set(made)
                try:
                    result = await function(*arguments, **named)
                finally:
                    CURRENT.reset(token)
                closed(made, result)
            return result

        return cast(Function, awaited)

    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        with opened(arguments, named) as made:
            token = CURRENT.set(made)
            try:
                result = function(*arguments, **named)
            finally:
                CURRENT.reset(token)
            closed(made, result)
        return result

    return cast(Function, called)


def _tried(failed: Failed, chosen: Chosen, /, *arguments: Any, **named: Any) -> Any:
    """What a function of the caller's says, None if it fails: logging is no reason to fail."""
    if chosen is None:
        return None
    try:
        return chosen(*arguments, **named)
    except Exception as problem:
        failed("values", problem)
        return None


def _is_row(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple)) or hasattr(value, "tolist") or hasattr(value, "columns")


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f"
