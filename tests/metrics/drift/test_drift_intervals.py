"""The 95 % intervals hold the truth, and start at 0 where nothing changed."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from leadline.checks.samples import categorical_pair, numeric_pair
from leadline.metrics import METRICS

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "quality" / "coverage.py"


@pytest.fixture(scope="module")
def coverage():
    specification = importlib.util.spec_from_file_location("coverage_of_intervals", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.long
@pytest.mark.parametrize("setting", range(19))
def test_intervals_hold_the_truth(coverage, setting):
    """400 draws estimate 95 % to +- 1.1 points; sparse cells may cost a further few points."""
    chosen = coverage.SETTINGS[setting]
    for key, held, above, below in coverage.coverage(chosen, coverage.applicable(chosen), 400, 1000, 1000, 2):
        assert held >= 0.88, f"{key} of {chosen.name}: {held} ({above} above, {below} below)"


def test_the_interval_of_no_change_starts_at_zero_nineteen_times_in_twenty():
    rng = np.random.default_rng(1)
    levels = categorical_pair(*(rng.multinomial(800, np.ones(8) / 8, 400) for _ in range(2)))
    normal = numeric_pair(*(list(rng.normal(size=(200, 800))) for _ in range(2)))
    for pair in (levels, normal):
        for metric in METRICS.family("drift"):
            if metric.range[0] < 0 or ("numeric" not in metric.kinds and pair.ordered):
                continue
            if not pair.ordered and "categorical" not in metric.kinds:
                continue
            low = metric.compute(pair).low
            if low is not None:
                assert 0.90 <= np.mean(low == 0) <= 1.0, metric.key


@pytest.mark.parametrize("key", ["kolmogorov_smirnov", "wasserstein", "psi", "jensen_shannon", "energy"])
def test_a_large_change_has_an_interval_away_from_zero(key):
    rng = np.random.default_rng(2)
    measured = METRICS[key].compute(numeric_pair([rng.normal(size=2000)], [rng.normal(1, size=2000)]))
    assert 0 < measured.low[0] < measured.value[0] < measured.high[0]
