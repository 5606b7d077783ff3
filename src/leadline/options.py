"""The options in force: those of a call, of the file that it names, and of the baseline that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.metrics import METRICS
from leadline.monitors.rules import check_columns, check_metrics
from leadline.plain import read_yaml
from leadline.settings import Settings


def stated_settings(options: Mapping[str, Any]) -> Settings:
    """Settings of keywords, on top of the file that `config` names.

    Raises:
        ConfigurationError: an option is unknown or wrong, or the file cannot be read.
    """
    others = {name: value for name, value in options.items() if name != "config"}
    config = options.get("config")
    settings = Settings.of(**others) if config is None else Settings.from_file(config, **others)
    _check_names(settings)
    check_metrics(settings, None if config is None else str(config))
    return settings


def settings_in_force(baseline: Baseline, options: Mapping[str, Any]) -> Settings:
    """The baseline's options, overridden by those given now, be it with their default.

    Raises:
        ConfigurationError: an option is unknown or wrong.
    """
    if not options:
        return baseline.settings
    learned, given = msgspec.to_builtins(baseline.settings), _given(options)
    columns = {**learned["columns"], **given.get("columns", {})}
    return Settings.of(**{**learned, **given, "columns": columns})


_SETTLED = (
    "label", "prediction", "score", "timestamp", "label_timestamp", "id", "entity", "version", "weight",
    "segment", "ignore", "time_zone", "features", "kinds", "positive", "threshold", "columns", "metrics",
    "proxies",
)  # fmt: skip
"""Options that decide what a baseline holds."""


def check_settled(baseline: Baseline, stated: Settings) -> None:
    """Options that a baseline has settled cannot be changed when it is used.

    Raises:
        ConfigurationError: one of them is stated, with another value.
    """
    roles = {column.name: column.role.value for column in baseline.schema}
    for name in _SETTLED:
        now, before = getattr(stated, name), getattr(baseline.settings, name)
        if now in (before, getattr(Settings(), name)) or (isinstance(now, str) and roles.get(now) == name):
            continue
        if isinstance(now, dict) and now.items() <= before.items():
            continue
        raise ConfigurationError(
            "the baseline was learned with another value", where=name, found=now, accepted=[before],
            next_step="Learn the baseline again with this option.",
        )  # fmt: skip


def settled(baseline: Baseline, **options: Any) -> Settings:
    """The options under which a profile on the baseline's grid would be checked.

    Raises:
        ConfigurationError: an option is unknown or wrong, or decides what a baseline holds.
    """
    check_settled(baseline, stated_settings(options))
    settings = settings_in_force(baseline, options)
    check_columns(settings, baseline.grid, baseline.profile.name)
    if settings.by_version and not baseline.settings.by_version:
        raise ConfigurationError(
            "rows are not counted by version",
            where="window",
            found=settings.window,
            next_step="Learn the baseline again with `window: version`.",
        )
    return settings


def _check_names(settings: Settings) -> None:
    """Metrics are named where they exist; users' metrics have names of their own."""
    for name in settings.metrics:
        if name in METRICS or not name.strip():
            raise ConfigurationError(
                "the name of a metric that exists already" if name.strip() else "a metric without a name",
                where="metrics",
                found=name,
                next_step="Choose another name.",
            )
    for key in settings.thresholds:
        if key not in METRICS and key not in settings.metrics:
            raise ConfigurationError.unknown("metric", key, [*METRICS, *settings.metrics], "thresholds")


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that keywords or the file name, as plain values.

    One that a baseline has settled says nothing at its default.
    """
    plain, default = msgspec.to_builtins(stated_settings(options)), msgspec.to_builtins(Settings())
    named = {name for name, value in options.items() if value is not None and value != ()}
    if options.get("config") is not None:
        named |= read_yaml(Path(options["config"])).keys()
    return {
        name: value
        for name, value in plain.items()
        if name in named and (name not in _SETTLED or value != default[name])
    }
