"""The laws of metrics, as plain functions. Each raises AssertionError where a metric breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.checks.samples import categorical_pair, categorical_summary, numeric_pair, numeric_summary
from leadline.metrics.declare import Family, Floats, Measured, Metric
from leadline.metrics.pair import Pair
from leadline.metrics.summary import Summary
from leadline.schema import Kind

Check = Callable[[Metric], None]

_TOLERANCE = 1e-9


def all_checks(metric: Metric) -> tuple[Check, ...]:
    """The laws that a metric of this family must keep; each is called with the metric."""
    # The samples here are counts in cells, which vectors do not have.
    return (check_declaration,) if metric.kinds == {Kind.VECTOR} else _LAWS[metric.family]


def check_declaration(metric: Metric) -> None:
    """The record is complete: snake-case key, title, one sentence, an ordered range, a source."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", metric.key), metric.key
    assert metric.title, "no title"
    assert metric.reference, "no source"
    assert metric.summary.endswith("."), "the summary is not a sentence"
    assert metric.range[0] < metric.range[1], "the range is empty"
    assert metric.worse in ("higher", "lower", "either"), metric.worse
    assert metric.sample_min >= 1, "sample_min below 1"
    assert metric.kinds if metric.family != "performance" else metric.tasks, "applies to nothing"
    if metric.neutral is not None:
        assert metric.range[0] <= metric.neutral <= metric.range[1], "neutral value out of range"


def check_inputs_unchanged(metric: Metric) -> None:
    """Computing does not write to the arrays it is given."""
    for name, sample in _samples(metric):
        before = {field.name: _copied(getattr(sample, field.name)) for field in fields(sample)}
        metric.compute(sample)
        for field, old in before.items():
            np.testing.assert_array_equal(getattr(sample, field), old, err_msg=f"{name}: {field}")


def check_shape_and_range(metric: Metric) -> None:
    """Every answer has the shape of the columns, lies in the declared range, inside its own interval."""
    for name, sample in _samples(metric):
        measured, shape = metric.compute(sample), _shape(sample)
        low, high = metric.range
        assert measured.value.shape == shape, f"{name}: shape {measured.value.shape}, not {shape}"
        value = measured.value[np.isfinite(measured.value)]
        assert ((value >= low - _TOLERANCE) & (value <= high + _TOLERANCE)).all(), f"{name}: out of range"
        for part in (measured.low, measured.high, measured.p_value, measured.bin_error):
            assert part is None or part.shape == shape, f"{name}: shape of a companion"
        _check_companions(name, measured)


def check_reasons(metric: Metric) -> None:
    """No value without a number or a reason, and no reason beside a number."""
    for name, sample in _samples(metric):
        measured = metric.compute(sample)
        missing = np.isnan(measured.value)
        said = np.zeros(missing.shape, bool) if measured.reason is None else measured.reason != ""
        np.testing.assert_array_equal(missing, said, err_msg=f"{name}: NaN and reasons differ")


def check_columns_alone(metric: Metric) -> None:
    """A column's answer does not depend on the columns beside it, nor on their order."""
    for name, sample in _samples(metric):
        together = metric.compute(sample)
        count = together.value.shape[-1]
        order = np.arange(count)[::-1]
        turned = metric.compute(_columns(sample, order))
        _same(together.value, turned.value[..., order], f"{name}: columns turned round")
        for k in range(count):
            alone = metric.compute(_columns(sample, np.array([k])))
            _same(together.value[..., k], alone.value[..., 0], f"{name}: column {k} alone")


def check_padding(metric: Metric) -> None:
    """Empty cells at the end change nothing."""
    for name, sample in _samples(metric):
        plain, padded = metric.compute(sample), metric.compute(_padded(sample))
        _same(plain.value, padded.value, f"{name}: padded")


def check_no_columns(metric: Metric) -> None:
    """No column gives no answer, and no error."""
    for name, sample in _samples(metric):
        none = metric.compute(_columns(sample, np.arange(0)))
        assert none.value.shape[-1] == 0, name


def check_neutral(metric: Metric) -> None:
    """A sample against itself gives the neutral value, within its own bin error."""
    for name, sample in _pairs(metric):
        if metric.neutral is None:
            continue
        same = replace(
            sample,
            current=sample.reference.copy(),
            current_sums=_copied(sample.reference_sums),
            current_squares=_copied(sample.reference_squares),
        )
        measured = metric.compute(same)
        known = np.isfinite(measured.value)
        error = np.zeros(known.shape) if measured.bin_error is None else measured.bin_error
        away = np.abs(measured.value - metric.neutral)[known]
        assert (away <= error[known] + 1e-7).all(), f"{name}: {away.max(initial=0)} from neutral"


def check_windows(metric: Metric) -> None:
    """Many windows at once give what each gives alone."""
    for name, sample in _pairs(metric):
        if sample.current.ndim > 2:
            continue
        # Rows of another column have other sums; on the same edges only counts can be exchanged.
        sample = replace(
            sample, reference_sums=None, current_sums=None, reference_squares=None, current_squares=None
        )
        other = replace(sample, current=np.roll(sample.current, 1, -2))
        both = replace(sample, current=np.stack([sample.current, other.current]))
        stacked = metric.compute(both)
        for window, one in enumerate((sample, other)):
            _same(stacked.value[window], metric.compute(one).value, f"{name}: window {window}")


def check_scale_of_counts(metric: Metric) -> None:
    """Ten times all counts leaves a distance as it is and makes a test statistic about ten times as large."""
    rng = np.random.default_rng(7)
    reference, current = rng.multinomial(40_000, np.ones(12) / 12, 3), rng.multinomial(30_000, _slope(12), 3)
    if metric.kinds & {Kind.CATEGORICAL}:
        pairs = [categorical_pair(factor * reference, factor * current) for factor in (1, 10)]
    else:
        values = np.arange(12.0)
        pairs = [
            numeric_pair(
                [np.repeat(values, factor * row) for row in reference],
                [np.repeat(values, factor * row) for row in current],
            )
            for factor in (1, 10)
        ]
    once, more = (metric.compute(pair).value for pair in pairs)
    level, grown = np.allclose(once, more, rtol=1e-6), np.allclose(10 * once, more, rtol=0.01)
    assert level or grown, f"{once} became {more}"


_GENERAL = (
    check_inputs_unchanged,
    check_shape_and_range,
    check_reasons,
    check_columns_alone,
    check_padding,
    check_no_columns,
)
_LAWS: dict[Family, tuple[Check, ...]] = {
    "drift": (check_declaration, *_GENERAL, check_neutral, check_windows, check_scale_of_counts),
    "quality": (check_declaration, *_GENERAL),
    "performance": (check_declaration,),
}


def _slope(cells: int) -> Floats:
    share = np.linspace(1.0, 2.0, cells)
    return np.asarray(share / share.sum())


def _samples(metric: Metric) -> Iterator[tuple[str, Any]]:
    return _pairs(metric) if metric.family == "drift" else _summaries(metric)


def _pairs(metric: Metric) -> Iterator[tuple[str, Pair]]:
    rng = np.random.default_rng(11)
    if metric.kinds & {Kind.NUMERIC, Kind.DATETIME}:
        normal = rng.standard_normal
        none, seven = np.zeros(0), np.full(40, 7.0)
        sides = [
            ("plain", normal(900), normal(700) + 0.2),
            ("ties", rng.poisson(3, 500), rng.poisson(4, 300)),
            ("empty reference", none, normal(50)),
            ("empty current", normal(50), none),
            ("both empty", none, none),
            ("constant", seven, seven),
            ("constant, then not", seven, 7 + normal(30)),
            ("not, then constant", normal(300), seven),
            ("one row each", normal(1), normal(1)),
            ("far away", normal(400), 1e6 + normal(300)),
            ("heavy tails", rng.standard_cauchy(800), 3 * rng.standard_cauchy(500)),
            ("offset", 1e9 + normal(500), 1e9 + 0.3 + normal(400)),
        ]
        yield "numeric", numeric_pair([side[1] for side in sides], [side[2] for side in sides])
    if metric.kinds & {Kind.CATEGORICAL, Kind.BOOLEAN}:
        plain = rng.multinomial(500, np.ones(6) / 6)
        none, first, second = np.zeros(6), np.eye(6)[0], np.eye(6)[1]
        low, high = np.repeat([5.0, 0.0], 3), np.repeat([0.0, 5.0], 3)
        reference = np.array([plain, 9 * first, none, plain, none, first, low])
        current = np.array([rng.multinomial(300, _slope(6)), 4 * first, plain, none, none, second, high])
        yield "categorical", categorical_pair(reference, current)


def _summaries(metric: Metric) -> Iterator[tuple[str, Summary]]:
    rng = np.random.default_rng(12)
    if metric.kinds & {Kind.NUMERIC, Kind.DATETIME}:
        normal = rng.standard_normal(500)
        columns = [
            normal,
            np.where(rng.random(500) < 0.2, np.nan, normal),
            np.full(500, 3.0),
            np.zeros(0),
            np.full(5, np.nan),
            np.array([np.inf, -np.inf]),
            np.array([2.5]),
            rng.poisson(0.7, 400),
        ]
        yield "numeric", numeric_summary(columns)
    if metric.kinds & {Kind.CATEGORICAL, Kind.BOOLEAN}:
        counts = [[30, 20, 5, 1], [9, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
        yield "categorical", categorical_summary(counts, [4, 0, 0, 3, 0], [1, np.nan, 0, 0, 0])


def _shape(sample: Pair | Summary) -> tuple[int, ...]:
    counts = sample.current if isinstance(sample, Pair) else sample.counts
    return counts.shape[:-1]


def _check_companions(name: str, measured: Measured) -> None:
    known = np.isfinite(measured.value)
    if measured.bin_error is not None:
        assert (measured.bin_error[known] >= 0).all(), f"{name}: negative bin error"
    if measured.p_value is not None:
        p = measured.p_value[np.isfinite(measured.p_value)]
        assert ((p >= 0) & (p <= 1)).all(), f"{name}: p-value out of 0..1"
    for end, sign in ((measured.low, 1.0), (measured.high, -1.0)):
        if end is not None:
            given = known & np.isfinite(end)
            outside = (sign * (measured.value - end))[given]
            slack = _TOLERANCE * (1 + np.abs(measured.value[given]))
            assert (outside >= -slack).all(), f"{name}: the value lies outside its interval"


def _columns(sample: Any, chosen: npt.NDArray[np.int64]) -> Any:
    """The sample with these columns only: every array has its columns on the axis before the cells."""
    taken = {}
    for field in fields(sample):
        array = getattr(sample, field.name)
        if isinstance(array, np.ndarray):
            axis = -2 if field.name in _WITH_CELLS else -1
            taken[field.name] = np.take(array, chosen, axis)
    return replace(sample, **taken)


def _padded(sample: Any) -> Any:
    """The sample with three empty cells more."""
    longer = {}
    for field in fields(sample):
        array = getattr(sample, field.name)
        if isinstance(array, np.ndarray) and field.name in _WITH_CELLS:
            width = [(0, 0)] * (array.ndim - 1) + [(0, 3)]
            longer[field.name] = np.pad(array, width, "edge" if field.name == "edges" else "constant")
    return replace(sample, **longer)


_WITH_CELLS = {"reference", "current", "counts", "edges", "atoms", "reference_sums", "current_sums"}


def _same(first: Floats, second: Floats, message: str) -> None:
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-11, err_msg=message)


def _copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x
