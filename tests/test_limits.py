"""The declaration of monitors: what is read, and what is said when it is wrong."""

import contextlib
import datetime
import math

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadline.comparison import learn
from leadline.errors import ConfigurationError
from leadline.limits import Limit, Monitor
from leadline.settings import Settings


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        (0.2, Limit(0.2)),
        (3, Limit(3.0)),
        ("-0.5", Limit(-0.5)),
        ("1e-3", Limit(1e-3)),
        ("5 %", Limit(0.05, "%")),
        ("12.5%", Limit(0.125, "%")),
        ("30min", Limit(0.5, "h")),
        ("2h", Limit(2.0, "h")),
        ("90 days", Limit(2160.0, "h")),
        ("2 W", Limit(336.0, "h")),
    ],
)
def test_a_limit_is_a_number_per_cent_or_a_time(written, limit):
    found = Limit.parse(written, "below")
    assert math.isclose(found.amount, limit.amount)
    assert found.unit == limit.unit


@given(st.text(max_size=8))
def test_a_text_is_a_limit_or_refused(text):
    with contextlib.suppress(ConfigurationError):
        found = Limit.parse(text, "below")
        assert math.isfinite(found.amount)
        assert any(char.isdigit() for char in text)


def test_a_monitor_has_a_name_of_its_own_or_says_what_it_is():
    given_name = Monitor(metric="psi", column="age", above=0.2, name="age moved")
    assert given_name.title == "age moved"
    lasting = Monitor(metric="precision", segment="state=CA", falls_by="5 %", windows=3)
    assert lasting.title == "precision in state=CA falls by more than 5 % for 3 windows"


def test_a_file_reads_like_the_call(tmp_path):
    path = tmp_path / "leadline.yaml"
    path.write_text(
        "monitors:\n"
        "  - {metric: rows, below: 100, for: 3, clear_above: 120, clear_after: 2, tier: warning}\n"
        "  - metric: model_age\n    above: 90d\n    since: 2026-03-01\n    runbook: retrain\n"
    )
    called = Settings.of(
        monitors=[
            {
                "metric": "rows",
                "below": 100,
                "for": 3,
                "clear_above": 120,
                "clear_after": 2,
                "tier": "warning",
            },
            {"metric": "model_age", "above": "90d", "since": datetime.date(2026, 3, 1), "runbook": "retrain"},
        ]
    )
    assert Settings.from_file(path) == called
    assert called.monitors[0].windows == 3
    assert Settings.of(monitors=called.monitors) == called


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        ({"metric": "rows"}, ["monitors.1", "one condition", "falls_by"]),
        ({"metric": "rows", "below": 1, "above": 2}, ["monitors.1", "one condition", "'below', 'above'"]),
        ({"below": 1}, ["monitors.1", "metric"]),
        ({"metric": "rows", "belw": 1}, ["monitors.1", "Did you mean 'below'?"]),
        ({"metric": "rows", "below": True}, ["monitors.1.below", "a number or text"]),
        ({"metric": "rows", "below": "2 parsecs"}, ["monitors.1.below", "'2 parsecs'", "`5 %`"]),
        ({"metric": "rows", "below": math.nan}, ["monitors.1.below", "not a limit"]),
        ({"metric": "rows", "falls_by": 0}, ["monitors.1.falls_by", "above 0"]),
        ({"metric": "rows", "rises_by": "-5 %"}, ["monitors.1.rises_by", "above 0"]),
        ({"metric": "rows", "below": 1, "for": 0}, ["monitors.1.for", "from 1 on"]),
        ({"metric": "rows", "below": 1, "for": "3"}, ["monitors.1.for", "a whole number"]),
        ({"metric": "rows", "below": 1, "clear_after": 0}, ["monitors.1.clear_after"]),
        ({"metric": "rows", "below": 1, "min_rows": 0}, ["monitors.1.min_rows"]),
        ({"metric": "rows", "below": 1, "tier": "loud"}, ["monitors.1.tier", "alert, warning"]),
        ({"metric": "rows", "below": 9, "clear_below": 5}, ["monitors.1.clear_below", "goes with `above`"]),
        ({"metric": "rows", "below": 9, "clear_above": 5}, ["monitors.1.clear_above", "at or above"]),
        ({"metric": "psi", "above": 0.1, "clear_below": 0.2}, ["monitors.1.clear_below", "at or below"]),
        ({"metric": "rows", "below": 1, "since": "soon"}, ["monitors.1.since", "'soon'", "ISO 8601"]),
        ({"metric": " ", "below": 1}, ["monitors.1.metric", "not empty"]),
        ({"metric": "rows", "below": 2, "name": "few"}, ["monitors.1", "monitors.0", "another `name`"]),
        (3, ["monitors.1", "a mapping"]),
    ],
)
def test_a_wrong_monitor_is_named_with_what_is_accepted(monitor, words):
    with pytest.raises(ConfigurationError) as caught:
        Settings.of(monitors=[{"metric": "rows", "below": 1, "name": "few"}, monitor])
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        ({"metric": "precison", "below": 0.5}, ["leadline.yaml, monitors.0.metric", "'precision'"]),
        ({"metric": "psi", "above": 0.2}, ["monitors.0.column", "psi is about a column", "`column`"]),
        ({"metric": "roc_auc", "column": "x", "below": 0.7}, ["monitors.0.column", "about no column"]),
        ({"metric": "rows", "below": "2h"}, ["monitors.0.below", "a time is no limit of rows"]),
    ],
)
def test_a_metric_that_does_not_fit_is_refused(monitor, words, tmp_path):
    path = tmp_path / "leadline.yaml"
    path.write_text(yaml.safe_dump({"monitors": [monitor]}))
    with pytest.raises(ConfigurationError) as caught:
        learn({"x": np.arange(50.0)}, config=path)
    for word in words:
        assert word in str(caught.value)
