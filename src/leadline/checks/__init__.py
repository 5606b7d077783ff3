"""The laws that every entry must keep, to run on your own metrics too.

from leadline.checks import all_checks

@pytest.mark.parametrize("check", all_checks(MY_METRIC), ids=lambda check: check.__name__)
def test_my_metric(check):
    check(MY_METRIC)
"""

from leadline.checks.metrics import all_checks
from leadline.checks.samples import categorical_pair, categorical_summary, numeric_pair, numeric_summary

__all__ = ["all_checks", "categorical_pair", "categorical_summary", "numeric_pair", "numeric_summary"]
