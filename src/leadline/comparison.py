"""The way of the data, as code: describe, count, measure, decide, show."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import load
from leadline.diagnosis import explain, harm
from leadline.engines.learning import buckets, duplicates, extras
from leadline.engines.learning import learn as learn_baseline
from leadline.engines.local import count
from leadline.errors import ConfigurationError, DataError
from leadline.metrics import METRICS
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.timeline import DEFAULT_BUDGET, stated_calendar, windows_of, worst_span
from leadline.profiles.profile import Profile
from leadline.progress import Progress
from leadline.reports.build import build
from leadline.reports.report import Report
from leadline.reports.timeline import moment
from leadline.settings import Settings
from leadline.tables import open_table
from leadline.tables.rules import ColumnRules
from leadline.tables.table import Table
from leadline.tables.times import with_times


def check(reference: Any, current: Any, *, progress: Progress | None = None, **options: Any) -> Report:
    """Compare a current table with a reference: what changed, how sure, how large, and whether it hurts.

    Args:
        reference: a table (a pandas or polars frame, an Arrow table or stream, a mapping of columns, a
            path to Parquet, CSV, JSON lines or Arrow files), a `Baseline`, or the path of a saved one.
        current: a table, a `Profile` counted on the baseline's grid, or the path of a saved one.
        progress: told while rows are counted.
        **options: see `leadline.Settings`; `config` names a leadline.yaml.

    Returns:
        The report: `report.ok`, `report.save("report.html")`, `report.to_dict()`.

    Raises:
        DataError: a table cannot be read, or a named column is missing.
        ConfigurationError: an option is unknown or wrong.
    """
    baseline = learn(reference, progress=progress, **options)
    settings = _settings(baseline, options)
    found = _opened(current, "current")
    if isinstance(found, Baseline):
        found = found.profile
    if isinstance(found, Profile):
        _check_profile(found, baseline, options)
        return _report(compare(baseline, found, settings, None))
    table = with_times(_derived(found, settings, strict=False), baseline.schema)
    counted = _count(table, baseline, settings, progress)
    physical = {item.name: item.physical for item in table.fields}
    return _report(compare(baseline, counted, settings, physical))


def learn(reference: Any, *, progress: Progress | None = None, **options: Any) -> Baseline:
    """Learn a baseline from a reference: enough for later checks without the reference's rows.

    Args:
        reference: a table as in `check`, or a baseline, which is returned as it is.
        progress: told while rows are counted.
        **options: see `leadline.Settings`.

    Raises:
        DataError: the table cannot be read, or a named column is missing.
        ConfigurationError: an option is unknown or wrong.
    """
    found = _opened(reference, "reference")
    if isinstance(found, Baseline):
        _check_settled(found, options)
        return found
    if isinstance(found, Profile):
        schema = tuple(column.schema for column in found.grid.columns)
        return Baseline(found, schema, _stated(options), (), 0)
    settings = _stated(options)
    return learn_baseline(_derived(found, settings), settings, progress)


def profile(data: Any, baseline: Any, *, progress: Progress | None = None, **options: Any) -> Profile:
    """Count a table on a baseline's grid. Profiles of the same grid add up and can be taken back.

    Args:
        data: a table as in `check`.
        baseline: a `Baseline`, or the path of a saved one.
        progress: told while rows are counted.
        **options: see `leadline.Settings`; those of the baseline hold by default.
    """
    known = learn(baseline)
    found = _opened(data, "data")
    if isinstance(found, Baseline):
        return found.profile
    if isinstance(found, Profile):
        return found
    settings = _settings(known, options)
    table = with_times(_derived(found, settings, strict=False), known.schema)
    return _count(table, known, settings, progress)


def backtest(data: Any, *, share: float = 0.6, progress: Progress | None = None, **options: Any) -> Report:
    """What the budget would have raised on past data: its first part is the reference, the rest is judged.

    The cells on which windows are compared are learned from all of the data, thresholds from the first part.

    Args:
        data: a table as in `check`, with times; or a baseline.
        share: of the windows that are the reference, 0 < share < 1.
        progress: told while rows are counted.
        **options: see `leadline.Settings`; the budget is 1/30d where none is stated.

    Raises:
        DataError: the table cannot be read, or has no times, or too few of them.
        ConfigurationError: an option is unknown or wrong.
    """
    if not 0 < share < 1:
        raise ConfigurationError(
            "value out of range", where="share", found=share, accepted="a number above 0 and below 1"
        )
    found = learn(data, progress=progress, **options)
    settings = _settings(found, options)
    settings = msgspec.structs.replace(settings, budget=settings.budget or DEFAULT_BUDGET)
    if found.calendar is None:
        raise DataError(
            "a backtest needs the times of rows",
            where=found.profile.name,
            next_step="Name the column with `timestamp`.",
        )
    calendar = stated_calendar(found.calendar, settings)
    windows = windows_of(found.profile, calendar)
    split = round(len(windows) * share)
    if not 0 < split < len(windows):
        raise DataError(
            "a backtest needs more windows",
            where=found.profile.name,
            found=f"{len(windows)} of {calendar.window.words}",
            next_step="Give more of the past, or state a narrower `window`.",
        )
    at, end = int(windows.starts[split]), int(windows.ends[-1])
    before = found.profile.between(int(windows.starts[0]), at)
    after = found.profile.between(at, end)
    return _report(compare(dataclasses.replace(found, profile=before), after, settings, None))


def _report(found: Comparison) -> Report:
    """Explained where something alerts, and put into words."""
    decisions = [*found.decisions.values(), *(s.decision for s in found.performance.scores.values())]
    if not any(decision is not None and decision.verdict == "alert" for decision in decisions):
        return Report(build(found))
    span = None if found.timeline is None else worst_span(found.timeline)
    if span is None:
        return Report(build(found, explain(found), harm(found).sentence))
    # What an alert of some days is about is lost in the counts of a year. Without a calendar they are
    # compared as one table, and no window is judged a second time.
    timeless = dataclasses.replace(found.baseline, calendar=None)
    days = compare(timeless, found.current.between(*span), found.settings, found.physical)
    explained = " to ".join(dict.fromkeys(moment(end)[:10] for end in (span[0], span[1] - 1)))
    return Report(build(found, explain(days), harm(days).sentence, explained))


def _check_profile(profile: Profile, baseline: Baseline, options: dict[str, Any]) -> None:
    """The profile can be compared with the baseline, under these options.

    Raises:
        DataError: it was counted on another grid.
        ConfigurationError: rules need rows.
    """
    if profile.grid.fingerprint != baseline.grid.fingerprint:
        raise DataError(
            "the profile was counted on another baseline's grid",
            where=profile.name,
            found=f"grid {profile.grid.fingerprint[:12]}",
            accepted=f"grid {baseline.grid.fingerprint[:12]}",
            next_step="Count the table again with `leadline profile --baseline`.",
        )
    counted = {count.column for count in profile.rules}
    for column in _stated(options).rules:
        if column not in counted:
            raise ConfigurationError(
                "the rule was not counted when the profile was made", where="rules", found=column,
                next_step="State it in the baseline's options, or check the table itself.",
            )  # fmt: skip


_SETTLED = (
    "label", "prediction", "score", "timestamp", "id", "entity", "version", "weight", "segment", "ignore",
    "time_zone", "features", "kinds", "positive", "threshold", "columns", "metrics", "proxies",
)  # fmt: skip
"""Options that decide what a baseline holds."""


def _check_settled(baseline: Baseline, options: dict[str, Any]) -> None:
    """Options that a baseline has settled cannot be changed when it is used.

    Raises:
        ConfigurationError: one of them is stated, with another value.
    """
    if not options:
        return
    stated, roles = _stated(options), {column.name: column.role.value for column in baseline.schema}
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


def _settings(baseline: Baseline, options: dict[str, Any]) -> Settings:
    """The baseline's options, overridden by those given now."""
    if not options:
        return baseline.settings
    learned, given = msgspec.to_builtins(baseline.settings), _changed(_stated(options))
    columns = {**learned["columns"], **given.get("columns", {})}
    return Settings.of(**{**learned, **given, "columns": columns})


def _stated(options: dict[str, Any]) -> Settings:
    """Settings of keywords, on top of the file that `config` names."""
    others = {name: value for name, value in options.items() if name != "config"}
    config = options.get("config")
    settings = Settings.of(**others) if config is None else Settings.from_file(config, **others)
    _check_names(settings)
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


def _changed(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the defaults, as plain values."""
    plain, default = msgspec.to_builtins(settings), msgspec.to_builtins(Settings())
    return {name: value for name, value in plain.items() if value != default[name]}


def _derived(table: Table, settings: Settings, strict: bool = True) -> Table:
    """The table with the columns that row expressions add.

    Unless strict, a column whose expression no longer fits the table is left out: it is missing, as the
    columns are that it reads.
    """
    if not settings.columns:
        return table
    from leadline.tables.computed import fitting, with_columns

    return with_columns(table, settings.columns if strict else fitting(table, settings.columns))


def _count(table: Table, baseline: Baseline, settings: Settings, progress: Progress | None) -> Profile:
    physical = {item.name: item.physical for item in table.fields}
    return count(
        table,
        baseline.grid,
        grouping=None if baseline.calendar is None else buckets(baseline.calendar, baseline.grid),
        extras=extras(baseline.grid),
        duplicates=duplicates(baseline.grid, settings),
        rules=[ColumnRules(name, rule, physical.get(name)) for name, rule in settings.rules.items()],
        threads=settings.threads,
        progress=progress,
    )


def _opened(source: Any, name: str) -> Table | Baseline | Profile:
    if isinstance(source, Baseline | Profile):
        return source
    if isinstance(source, str | os.PathLike) and _is_saved(Path(source)):
        return load(Path(source))
    return open_table(source, name)


def _is_saved(path: Path) -> bool:
    from leadline.profiles.file import MAGIC

    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):  # ValueError: a path with a null character
        return False


__all__ = ["backtest", "check", "learn", "load", "profile"]
