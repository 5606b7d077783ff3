"""Leadline: says when a machine-learning model stops being right, why, and how much it hurts.

>>> import leadline as ll
>>> report = ll.check({"income": range(100)}, {"income": range(100)})
>>> report.verdict
'ok'

`check` compares two tables; `learn` and `profile` keep what was counted of a table for later checks, and
`load` reads what was saved of them; `backtest` says what a budget of false alerts would have raised in the
past. `Settings` has their options, `METRICS` what is measured, and every error is a `LeadlineError`.
"""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING

from leadline.version import __version__ as __version__

if TYPE_CHECKING:
    from leadline.baselines.baseline import Baseline
    from leadline.comparison import backtest, check, learn, load, profile
    from leadline.errors import (
        ConfigurationError,
        DataError,
        LeadlineError,
        MissingExtraError,
        RetryableError,
    )
    from leadline.metrics import METRICS
    from leadline.profiles.profile import Profile
    from leadline.reports.report import Report
    from leadline.settings import Settings

__all__ = [
    "METRICS",
    "Baseline",
    "ConfigurationError",
    "DataError",
    "LeadlineError",
    "MissingExtraError",
    "Profile",
    "Report",
    "RetryableError",
    "Settings",
    "backtest",
    "check",
    "learn",
    "load",
    "profile",
]

_HOMES = {
    "METRICS": "metrics",
    "Baseline": "baselines.baseline",
    "ConfigurationError": "errors",
    "DataError": "errors",
    "LeadlineError": "errors",
    "MissingExtraError": "errors",
    "Profile": "profiles.profile",
    "Report": "reports.report",
    "RetryableError": "errors",
    "Settings": "settings",
    "backtest": "comparison",
    "check": "comparison",
    "learn": "comparison",
    "load": "comparison",
    "profile": "comparison",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import leadline` stays light."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'leadline' has no attribute {name!r}")
    value: object = getattr(_importlib.import_module(f"leadline.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
