"""The way of the data, as code: describe, count, measure, decide, show."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import load
from leadline.diagnosis import explain_alerts, explain_versions
from leadline.engines.block_noise import noise_of_time
from leadline.engines.calendars import buckets, calendar_of
from leadline.engines.detectors import Detected, detect, require
from leadline.engines.groups import Grouping
from leadline.engines.learning import duplicates, extras
from leadline.engines.learning import learn as learn_baseline
from leadline.engines.local import count
from leadline.engines.sampling import sampler
from leadline.errors import ConfigurationError, DataError
from leadline.keywords import CountingOptions, Options, shows_options
from leadline.monitors.compare import Comparison, compare
from leadline.monitors.estimates import calibrator
from leadline.monitors.labels import Hindsight
from leadline.monitors.look import stated_calendar, windows_of
from leadline.monitors.rules import check_columns
from leadline.monitors.timeline import DEFAULT_BUDGET
from leadline.options import check_settled, settings_in_force, stated_settings
from leadline.profiles.profile import Profile
from leadline.progress import Progress
from leadline.reports.build import build
from leadline.reports.report import Report
from leadline.schedule import instant, span
from leadline.schema import Kind, Role
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.events import Event, read_events
from leadline.tables.known import known_at
from leadline.tables.roles import ROLE_OPTIONS, infer
from leadline.tables.rules import ColumnRules
from leadline.tables.table import Table
from leadline.tables.times import with_times


@shows_options
def check(
    reference: Any,
    current: Any,
    *,
    events: Any = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Report:
    """Compare a current table with a reference: what changed, how sure, how large, and whether it hurts.

    Args:
        reference: a table (a pandas or polars frame, an Arrow table or stream, a mapping of columns, a
            path to Parquet, CSV, JSON lines or Arrow files), a `Baseline`, or the path of a saved one.
        current: a table, a `Profile` counted on the baseline's grid, or the path of a saved one.
        events: what happened around the model (deploys, configurations, upstream changes, holidays): a small
            table with columns `time`, `text` and perhaps `kind`, or its path. They are drawn on the axis of
            time; those shortly before an alert stand among its causes.
        progress: told while rows are counted.
        **options: see below, or `leadline.Settings`. A baseline brings its own; what is given here, or in the
            file that `config` names, comes on top, be it the default.

    Returns:
        The report: `report.ok`, `report.save("report.html")`, `report.to_dict()`. What could not be told for
        want of data is "unknown" there, with the reason, and no error.

    Raises:
        DataError: a table cannot be read, or a named column is missing.
        ConfigurationError: an option is unknown or wrong, or contradicts what the baseline was learned with.
        MissingExtraError: an option needs a library that is not installed.

    >>> import leadline as ll
    >>> reference = {"age": [20 + i % 40 for i in range(2_000)]}
    >>> older = {"age": [25 + i % 40 for i in range(2_000)]}
    >>> report = ll.check(reference, older)
    >>> report.verdict, report.ok
    ('alert', False)
    """
    stated, told = stated_settings(options), read_events(events)
    require(stated.detectors)
    source, found = _opened(reference, "reference"), _opened(current, "current")
    if isinstance(found, Table) and stated.timestamp in _new_columns(source, found):
        stated = msgspec.structs.replace(stated, timestamp=None)
    if isinstance(found, Table) and isinstance(source, Table):
        _in_reference(stated, source, found)
    baseline = _learned(source, stated, progress)
    settings = settings_in_force(baseline, options)
    check_columns(settings, baseline.grid, baseline.profile.name)
    if isinstance(found, Baseline):
        found = found.profile
    if isinstance(found, Profile):
        _check_profile(found, baseline, options)
        detected = _detected(baseline, settings, None, None)
        return _report(compare(baseline, found, settings, None), detected, told)
    found = _derived(found, settings, strict=False)
    baseline = _timed(baseline, found, settings)
    table = _known(found, baseline, settings)
    counted = _count(table, baseline, settings, progress)
    physical = {item.name: item.physical for item in table.fields}
    usual = source if isinstance(source, Table) else None
    detected = _detected(baseline, settings, usual, table)
    return _report(compare(baseline, counted, settings, physical), detected, told)


@shows_options
def learn(reference: Any, *, progress: Progress | None = None, **options: Unpack[Options]) -> Baseline:
    """Learn a baseline from a reference: enough for later checks without the reference's rows.

    Args:
        reference: a table as in `check`, or a baseline, which is returned as it is.
        progress: told while rows are counted.
        **options: see below, or `leadline.Settings`. They hold for all later checks.

    Returns:
        The baseline: give it to `check`, or save it with `baseline.save("credit.baseline")`.

    Raises:
        DataError: the table cannot be read, or a named column is missing.
        ConfigurationError: an option is unknown or wrong, or contradicts what a given baseline was learned
            with.

    >>> import leadline as ll
    >>> baseline = ll.learn({"age": [20 + i % 40 for i in range(2_000)]})
    >>> ll.check(baseline, {"age": [25 + i % 40 for i in range(2_000)]}).verdict
    'alert'
    """
    settings = stated_settings(options)
    return _learned(_opened(reference, "reference"), settings, progress)


def _learned(found: Table | Baseline | Profile, settings: Settings, progress: Progress | None) -> Baseline:
    if isinstance(found, Baseline):
        check_settled(found, settings)
        return found
    if isinstance(found, Profile):
        schema = tuple(column.schema for column in found.grid.columns)
        return Baseline(found, schema, settings, (), 0)
    return learn_baseline(_derived(found, settings), settings, progress)


def _in_reference(settings: Settings, reference: Table, current: Table) -> None:
    """The columns that roles are stated of are not in the current table alone.

    Raises:
        DataError: one is.
    """
    new = _new_columns(reference, current)
    for option in (*ROLE_OPTIONS, "score"):
        column = getattr(settings, option)
        if column in new:
            known = [item.name for item in reference.fields]
            raise DataError.no_column(column, known, reference.name, option, elsewhere=current.name)


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


@shows_options
def profile(
    data: Any, baseline: Any, *, progress: Progress | None = None, **options: Unpack[CountingOptions]
) -> Profile:
    """Count a table on a baseline's grid. Profiles of the same grid add up and can be taken back.

    Args:
        data: a table as in `check`; a profile is returned as it is, and of a baseline its own.
        baseline: a `Baseline`, or the path of a saved one.
        progress: told while rows are counted.
        **options: see below, or `leadline.Settings`; those of the baseline hold by default.

    Returns:
        The profile: give it to `check` with the same baseline, merge it with others, or save it. Columns that
        the table lacks count as missing, values of another type as unreadable.

    Raises:
        DataError: the table cannot be read.
        ConfigurationError: an option is unknown or wrong, or contradicts what the baseline was learned with.

    >>> import leadline as ll
    >>> baseline = ll.learn({"age": [20 + i % 40 for i in range(2_000)]})
    >>> hours = [ll.profile({"age": [20 + i % 40 for i in range(1_000)]}, baseline) for _ in range(2)]
    >>> day = hours[0].merge(hours[1])
    >>> day.rows, ll.check(baseline, day).verdict
    (2000, 'ok')
    """
    known = _learned(_opened(baseline, "baseline"), stated_settings(options), None)
    found = _opened(data, "data")
    if isinstance(found, Baseline):
        return found.profile
    if isinstance(found, Profile):
        return found
    settings = settings_in_force(known, options)
    table = _known(_derived(found, settings, strict=False), known, settings)
    return _count(table, known, settings, progress)


@shows_options
def backtest(
    data: Any,
    *,
    share: float = 0.6,
    label_delay: str | None = None,
    events: Any = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
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
        events: see `check`.
        progress: told while rows are counted.
        **options: see below, or `leadline.Settings`; the budget is 1/30d where none is stated.

    Raises:
        DataError: the table cannot be read, or has no times, or too few of them.
        ConfigurationError: an option is unknown or wrong.
    """
    if not 0 < share < 1:
        raise ConfigurationError(
            "value out of range", where="share", found=share, accepted="a number above 0 and below 1"
        )
    hindsight = Hindsight(None if label_delay is None else span(label_delay, "label_delay"))
    stated, told = stated_settings(options), read_events(events)
    source = _opened(data, "data")
    found = _learned(source, stated, progress)
    settings = settings_in_force(found, options)
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
    of_entities = (part for part in found.inflations if not part.seconds)
    noise = (*noise_of_time(before, calendar, settings.threads), *of_entities)
    reference = dataclasses.replace(found, profile=before, inflations=noise)
    if label_delay is not None:
        _check_estimable(reference, settings)
    compared = compare(reference, judged.between(at, end), settings, None, hindsight)
    return _report(compared, _detected(found, settings, None, None), told)


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


def _report(found: Comparison, detected: tuple[Detected, ...], events: tuple[Event, ...]) -> Report:
    """Explained where something alerts, and put into words."""
    return Report(build(found, explain_alerts(found, events), detected, explain_versions(found), events))


def _check_profile(profile: Profile, baseline: Baseline, options: Mapping[str, Any]) -> None:
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
    for column in stated_settings(options).rules:
        if column not in counted:
            raise ConfigurationError(
                "the rule was not counted when the profile was made", where="rules", found=column,
                next_step="State it in the baseline's options, or check the table itself.",
            )  # fmt: skip


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
