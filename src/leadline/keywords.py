"""The options as keywords of the Python calls: their types, and how `help` and editors show them."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from leadline.limits import Monitor
from leadline.settings import (
    BaselineMode,
    BudgetMode,
    Business,
    Detector,
    FailOn,
    Floors,
    HarmlessMode,
    RatioMetric,
    Rule,
    Settings,
)

Function = TypeVar("Function", bound=Callable[..., Any])


class CountingOptions(TypedDict, total=False):
    """What each option of `leadline.Settings` may be given as; None stands for its default.

    Type checkers need it written out. Names and types follow from those of `Settings`, and a test holds that.
    `baseline` is left to `Options`: where rows are counted, that is the name of the baseline itself.
    """

    config: str | Path | None
    label: str | None
    prediction: str | None
    score: str | None
    timestamp: str | None
    label_timestamp: str | None
    id: str | None
    entity: str | None
    version: str | None
    weight: str | None
    segment: str | Sequence[str] | None
    ignore: str | Sequence[str] | None
    features: str | Sequence[str] | None
    kinds: Mapping[str, str] | None
    positive: str | int | float | bool | None
    threshold: float | None
    false_alarm_rate: float | None
    budget: str | None
    budget_mode: BudgetMode | None
    harmless: HarmlessMode | None
    window: str | None
    as_of: str | None
    label_lateness: str | None
    time_zone: str | None
    floors: Floors | Mapping[str, Any] | None
    column_floors: Mapping[str, float] | None
    thresholds: Mapping[str, float] | None
    rules: Mapping[str, Rule | Mapping[str, Any]] | None
    monitors: Sequence[Monitor | Mapping[str, Any]] | None
    columns: Mapping[str, str] | None
    metrics: Mapping[str, RatioMetric | Mapping[str, Any]] | None
    proxies: str | Sequence[str] | None
    detectors: Detector | Sequence[Detector] | None
    business: Business | Mapping[str, Any] | None
    exact_duplicates: bool | None
    rows: int | None
    threads: int | None
    fail_on: FailOn | None


class Options(CountingOptions, total=False):
    """All of them."""

    baseline: BaselineMode | None


_CONFIG = "a leadline.yaml with options; those that are given here override it."


@cache
def described() -> dict[str, str]:
    """What each setting means, from the docstring of `Settings`."""
    section = inspect.cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    texts: dict[str, str] = {}
    for names, text in re.findall(r"^ {4}([a-z_, ]+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE):
        for name in names.split(", "):
            texts[name] = " ".join(text.split())
    return texts


def shows_options(function: Function) -> Function:
    """The function, which takes `**options`, with each of them in its signature and in its docstring.

    The docstring gets a section `Options` in front of the one that says what is returned or raised.
    """
    signature = inspect.signature(function)
    *own, _ = signature.parameters.values()
    shown = [option for option in _parameters() if option.name not in signature.parameters]
    function.__signature__ = signature.replace(parameters=[*own, *shown])  # type: ignore[attr-defined]
    if function.__doc__:  # which `python -OO` leaves out
        text = inspect.cleandoc(function.__doc__)
        before, section, after = re.split(r"(?m)^(Returns:|Raises:)$", text, maxsplit=1)
        listed = _listed(tuple(option.name for option in shown))
        function.__doc__ = f"{before}Options:\n{listed}\n\n{section}{after}"
    return function


@cache
def _parameters() -> tuple[inspect.Parameter, ...]:
    """All options, in the order of `Settings`, with its defaults."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    hints = Options.__annotations__
    return tuple(
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(fields[name]) if name in fields else None,
            annotation=hints[name].__forward_arg__,
        )
        for name in ("config", *fields)
    )


def _default(field: Any) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


@cache
def _listed(names: tuple[str, ...]) -> str:
    """A line or more for each option."""
    kinds, texts = get_type_hints(Settings), {"config": _CONFIG, **described()}
    items = [f"{name}: {texts[name]}{_choices(kinds.get(name))}" for name in names]
    wrapped = [textwrap.fill(item, 105, subsequent_indent="    ", break_long_words=False) for item in items]
    return textwrap.indent("\n".join(wrapped), "    ")


def _choices(kind: Any) -> str:
    """The only values that an option takes, as a sentence."""
    parts = (kind, *get_args(kind))
    found = next((get_args(part) for part in parts if get_origin(part) is Literal), ())
    return f" One of {', '.join(map(repr, found))}." if found else ""
