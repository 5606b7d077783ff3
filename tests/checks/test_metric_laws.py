"""Every registered metric keeps every law of its family."""

from dataclasses import replace

import numpy as np
import pytest

from leadline.checks import all_checks
from leadline.metrics import METRICS, Measured

CASES = [(metric, check) for metric in METRICS.values() for check in all_checks(metric)]


@pytest.mark.parametrize(
    ("metric", "check"), CASES, ids=[f"{metric.key}-{check.__name__}" for metric, check in CASES]
)
def test_registered_metric_keeps_law(metric, check):
    check(metric)


def _broken(metric, compute):
    return replace(metric, compute=compute)


def _law(name):
    return next(check for check in all_checks(METRICS["psi"]) if check.__name__ == name)


def test_laws_notice_a_metric_that_writes_to_its_input():
    def compute(pair):
        pair.current[...] += 1
        return METRICS["psi"].compute(pair)

    with pytest.raises(AssertionError):
        _law("check_inputs_unchanged")(_broken(METRICS["psi"], compute))


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("check_shape_and_range", lambda m: replace(m, value=m.value - 5)),
        ("check_reasons", lambda m: replace(m, reason=None)),
        ("check_neutral", lambda m: replace(m, value=m.value + 0.1)),
        ("check_columns_alone", lambda m: replace(m, value=m.value / np.nanmax(m.value, initial=1e-9))),
        ("check_scale_of_counts", lambda m: replace(m, value=m.value + np.arange(m.value.shape[-1]))),
        ("check_no_columns", lambda m: replace(m, value=np.zeros((*m.value.shape[:-1], 3)))),
    ],
)
def test_laws_notice_a_wrong_answer(law, change):
    broken = _broken(METRICS["psi"], lambda pair: change(METRICS["psi"].compute(pair)))
    if law == "check_scale_of_counts":
        factors = iter((1.0, 3.0))
        broken = _broken(METRICS["psi"], lambda pair: Measured(np.full(3, next(factors))))
    with pytest.raises(AssertionError):
        _law(law)(broken)
