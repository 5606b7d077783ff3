"""The registry and the page made of it."""

import pytest

from leadline.errors import ConfigurationError
from leadline.metrics import METRICS, Registry
from leadline.metrics.reference import page


def test_every_metric_stands_on_the_page_with_range_and_source():
    text = page(METRICS.values())
    for metric in METRICS.values():
        assert f"| `{metric.key}` |" in text
        assert metric.reference in text


def test_the_keys_of_the_json_are_registered():
    names = (
        "kolmogorov_smirnov cramer_von_mises anderson_darling wasserstein energy psi jensen_shannon "
        "kullback_leibler hellinger total_variation chi_squared g_test l_infinity mean_rank_shift"
    )
    assert set(names.split()) <= {metric.key for metric in METRICS.family("drift")}
    assert "missing_share" in METRICS


def test_a_key_cannot_be_registered_twice():
    registry = Registry()
    registry.register(METRICS["psi"])
    with pytest.raises(ConfigurationError, match="registered twice"):
        registry.register(METRICS["psi"])


def test_an_unknown_key_names_the_closest():
    with pytest.raises(ConfigurationError, match="Did you mean 'wasserstein'"):
        METRICS["waserstein"]
