"""Which options hold: those of the baseline, of the file, of the call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leadline.baselines.baseline import Baseline
from leadline.comparison import check, learn
from leadline.errors import ConfigurationError
from leadline.options import settings_in_force
from leadline.settings import Settings


def baseline(**options: object) -> Baseline:
    rng = np.random.default_rng(0)
    return learn({"x": rng.normal(size=300), "y": rng.integers(0, 2, 300)}, **options)


def test_an_option_stated_at_its_default_overrides_the_baseline(tmp_path: Path) -> None:
    learned = baseline(fail_on="never", false_alarm_rate=0.2)
    usual = Settings()
    assert settings_in_force(learned, {}).fail_on == "never"
    assert settings_in_force(learned, {"fail_on": None}).fail_on == "never"
    assert settings_in_force(learned, {"fail_on": usual.fail_on}).fail_on == usual.fail_on
    assert settings_in_force(learned, {"fail_on": usual.fail_on}).false_alarm_rate == 0.2
    file = tmp_path / "leadline.yaml"
    file.write_text(f"fail_on: {usual.fail_on}\n", "utf-8")
    assert settings_in_force(learned, {"config": str(file)}).fail_on == usual.fail_on
    both = settings_in_force(learned, {"config": str(file), "fail_on": "warning"})
    assert (both.fail_on, both.false_alarm_rate) == ("warning", 0.2)


def test_a_check_uses_the_default_that_is_stated() -> None:
    learned, usual = baseline(false_alarm_rate=0.2), Settings().false_alarm_rate
    rng = np.random.default_rng(1)
    now = {"x": rng.normal(size=300), "y": rng.integers(0, 2, 300)}
    assert check(learned, now).record.false_alarm_rate == 0.2
    assert check(learned, now, false_alarm_rate=usual).record.false_alarm_rate == usual


def test_what_a_baseline_has_settled_stays() -> None:
    learned = baseline(ignore=["y"])
    assert settings_in_force(learned, {"ignore": [], "kinds": {}}).ignore == learned.settings.ignore
    with pytest.raises(ConfigurationError, match="another value"):
        check(learned, {"x": np.zeros(30)}, ignore=["x"])
