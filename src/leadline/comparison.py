"""The way of the data, as code: describe, count, measure, decide, show."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import load
from leadline.diagnosis import Concept, concept, explain, explain_versions, harm
from leadline.engines.detectors import Detected, detect, require
from leadline.engines.groups import Grouping
from leadline.engines.learning import buckets, calendar_of, duplicates, extras, noise_of_time
from leadline.engines.learning import learn as learn_baseline
from leadline.engines.local import count
from leadline.engines.sampling import sampler
from leadline.errors import ConfigurationError, DataError
from leadline.metrics import METRICS
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.estimates import calibrator
from leadline.monitors.labels import Hindsight
from leadline.monitors.look import stated_calendar, windows_of
from leadline.monitors.rules import check_columns, check_metrics
from leadline.monitors.timeline import DEFAULT_BUDGET, worst_span
from leadline.profiles.profile import Profile
from leadline.progress import Progress
from leadline.reports.build import build
from leadline.reports.report import Report
from leadline.reports.timeline import moment
from leadline.schedule import instant, span
from leadline.schema import Kind, Role
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.known import known_at
from leadline.tables.roles import infer
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
    stated = _stated(options)
    require(stated.detectors)
    source, found = _opened(reference, "reference"), _opened(current, "current")
    if isinstance(found, Table) and stated.timestamp in _new_columns(source, found):
        stated = msgspec.structs.replace(stated, timestamp=None)
    baseline = _learned(source, stated, progress)
    settings = _settings(baseline, options)
    check_columns(settings, baseline.grid, baseline.profile.name)
    if isinstance(found, Baseline):
        found = found.profile
    if isinstance(found, Profile):
        _check_profile(found, baseline, options)
        return _report(compare(baseline, found, settings, None), _detected(baseline, settings, None, None))
    found = _derived(found, settings, strict=False)
    baseline = _timed(baseline, found, settings)
    table = _known(found, baseline, settings)
    counted = _count(table, baseline, settings, progress)
    physical = {item.name: item.physical for item in table.fields}
    usual = source if isinstance(source, Table) else None
    detected = _detected(baseline, settings, usual, table)
    return _report(compare(baseline, counted, settings, physical), detected)


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
    settings = _stated(options)
    return _learned(_opened(reference, "reference"), settings, progress)


def _learned(found: Table | Baseline | Profile, settings: Settings, progress: Progress | None) -> Baseline:
    if isinstance(found, Baseline):
        _check_settled(found, settings)
        return found
    if isinstance(found, Profile):
        schema = tuple(column.schema for column in found.grid.columns)
        return Baseline(found, schema, settings, (), 0)
    return learn_baseline(_derived(found, settings), settings, progress)


def _new_columns(reference: Table | Baseline | Profile, current: Table) -> set[str]:
    """The columns of the current table that the reference has not."""
    if isinstance(reference, Table):
        known = {item.name for item in reference.fields}
    elif isinstance(reference, Baseline):
        known = {column.name for column in reference.schema}
    else:
        known = set(reference.grid.index)
    return {item.name for item in current.fields} - known


def _timed(baseline: Baseline, current: Table, settings: Settings) -> Baseline:
    """The baseline with the calendar of the current table, where training rows had no times."""
    if baseline.calendar is not None:
        return baseline
    new = _new_columns(baseline, current)
    fields = [item for item in current.fields if item.name in new]
    roles = msgspec.structs.replace(
        Settings(), timestamp=settings.timestamp if settings.timestamp in new else None
    )
    column = next((c for c in infer(fields, first_look(current), roles) if c.role is Role.TIMESTAMP), None)
    if column is None:
        return baseline
    calendar = calendar_of(with_times(current, [column]), column, baseline.grid, settings)
    return dataclasses.replace(baseline, schema=(*baseline.schema, column), calendar=calendar)


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
    table = _known(_derived(found, settings, strict=False), known, settings)
    return _count(table, known, settings, progress)


def backtest(
    data: Any,
    *,
    share: float = 0.6,
    label_delay: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Report:
    """What the budget would have raised on past data: its first part is the reference, the rest is judged.

    The cells on which windows are compared are learned from all of the data; thresholds and the noise of rows
    from the first part. Where fewer than half of a window's labels had come when it ended, estimates of
    performance take part, as they would have; so do the labels, which came later. With `window: version` each
    version that answered in the rest is judged.

    Args:
        data: a table as in `check`, with times; or a baseline.
        share: of the windows that are the reference, 0 < share < 1.
        label_delay: how long labels take, such as `30d`; by default as the time of each label tells
            (`label_timestamp`), and without one labels are there at once.
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
    hindsight = Hindsight(None if label_delay is None else span(label_delay, "label_delay"))
    stated = _stated(options)
    source = _opened(data, "data")
    found = _learned(source, stated, progress)
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
    judged = _by_version(source, found, settings, progress) if settings.by_version else found.profile
    noise = (*noise_of_time(before, calendar), *(part for part in found.inflations if not part.seconds))
    reference = dataclasses.replace(found, profile=before, inflations=noise)
    if label_delay is not None:
        _check_estimable(reference, settings)
    compared = compare(reference, judged.between(at, end), settings, None, hindsight)
    return _report(compared, _detected(found, settings, None, None))


def _by_version(
    source: Table | Baseline | Profile, baseline: Baseline, settings: Settings, progress: Progress | None
) -> Profile:
    """The rows of a backtest, counted by version."""
    if not isinstance(source, Table):
        raise ConfigurationError(
            "a backtest by version needs rows: a baseline does not count them by version",
            where="window",
            found=settings.window,
            next_step="Give the table, or state windows of time.",
        )
    table = _known(_derived(source, settings, strict=False), baseline, settings)
    return _count(table, baseline, settings, progress)


def _check_estimable(reference: Baseline, settings: Settings) -> None:
    """Labels that come late change what is judged.

    Raises:
        ConfigurationError: nothing is estimated while they are missing.
    """
    why = ""
    if settings.by_version:
        why = "versions are not judged by estimates"
    elif calibrator(reference, settings) is None:
        why = "without scores and labels of a binary model windows are not judged by estimates"
    if why:
        raise ConfigurationError(why, where="label_delay", next_step="Leave `label_delay` out.")


def _detected(
    baseline: Baseline, settings: Settings, reference: Table | None, current: Table | None
) -> tuple[Detected, ...]:
    """What row-wise detectors say of the current rows; None where a side's rows are not at hand."""
    if not settings.detectors:
        return ()
    when = next(
        (c.name for c in baseline.schema if c.role is Role.TIMESTAMP and c.kind is Kind.DATETIME), None
    )
    if reference is not None:
        reference = with_times(_derived(reference, settings), baseline.schema)
    return detect(settings.detectors, baseline.grid, when, reference, current)


def _report(found: Comparison, detected: tuple[Detected, ...] = ()) -> Report:
    """Explained where something alerts, and put into words."""
    days = None if found.timeline is None else worst_span(found.timeline)
    versions = explain_versions(found)
    decisions = [*found.decisions.values(), *(s.decision for s in found.performance.scores.values())]
    if days is None and not any(d is not None and d.verdict == "alert" for d in decisions):
        return Report(build(found, detected=detected, versions=versions))
    part, explained = found, ""
    if days is not None:
        # What an alert of some days is about is lost in the counts of a year. Without a calendar they are
        # compared as one table, and no window is judged a second time.
        timeless = dataclasses.replace(found.baseline, calendar=None)
        part = compare(timeless, found.current.between(*days), found.settings, found.physical)
        explained = " to ".join(dict.fromkeys(moment(end)[:10] for end in (days[0], days[1] - 1)))
    changed = _concept(found, part, days)
    causes = explain(part, concept=changed)
    return Report(build(found, causes, harm(part).sentence, explained, changed, detected, versions))


def _concept(found: Comparison, explained: Comparison, span: tuple[int, int] | None) -> Concept:
    """What became of P(label | inputs), where all labels of what is explained are there.

    Labels that come sooner for one class look like another concept.
    """
    if found.timeline is not None:
        starts, provisional = found.timeline.current.starts, found.timeline.performed_now.maturity.provisional
        within = slice(None) if span is None else (starts >= span[0]) & (starts < span[1])
        if provisional[within].any():
            return Concept("labels are still to come, sooner for some classes than for others")
    return concept(explained)


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
    "label", "prediction", "score", "timestamp", "label_timestamp", "id", "entity", "version", "weight",
    "segment", "ignore", "time_zone", "features", "kinds", "positive", "threshold", "columns", "metrics",
    "proxies",
)  # fmt: skip
"""Options that decide what a baseline holds."""


def _check_settled(baseline: Baseline, stated: Settings) -> None:
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
    _check_settled(baseline, _stated(options))
    settings = _settings(baseline, options)
    check_columns(settings, baseline.grid, baseline.profile.name)
    if settings.by_version and not baseline.settings.by_version:
        raise ConfigurationError(
            "rows are not counted by version",
            where="window",
            found=settings.window,
            next_step="Learn the baseline again with `window: version`.",
        )
    return settings


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
    check_metrics(settings, None if config is None else str(config))
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


def _known(table: Table, baseline: Baseline, settings: Settings) -> Table:
    """The table as it was known at the time that `as_of` states."""
    timed = with_times(table, baseline.schema)
    if settings.as_of is None:
        return timed
    return known_at(timed, baseline.schema, instant(settings.as_of))


def _count(table: Table, baseline: Baseline, settings: Settings, progress: Progress | None) -> Profile:
    physical = {item.name: item.physical for item in table.fields}
    return count(
        table,
        baseline.grid,
        grouping=_grouping(baseline, settings),
        extras=extras(baseline.grid),
        duplicates=duplicates(baseline.grid, settings),
        sampler=sampler(baseline.grid, settings.rows, baseline.calendar is not None),
        rules=[ColumnRules(name, rule, physical.get(name)) for name, rule in settings.rules.items()],
        threads=settings.threads,
        progress=progress,
    )


def _grouping(baseline: Baseline, settings: Settings) -> Grouping | None:
    if baseline.calendar is None:
        if settings.by_version:
            raise ConfigurationError(
                "windows by version need the times of rows",
                where="window",
                next_step="Name their column with `timestamp`.",
            )
        return None
    return buckets(baseline.calendar, baseline.grid, by_version=settings.by_version)


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
