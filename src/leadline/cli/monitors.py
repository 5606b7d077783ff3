"""`leadline monitors test`: whether declared monitors do what their owners expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import click
import msgspec

from leadline.errors import ConfigurationError
from leadline.limits import Monitor
from leadline.monitors.rules import check_metrics, trial
from leadline.plain import read_yaml
from leadline.settings import Settings


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """An alert: the times of the windows that open and close it; not closed: it is open in the end."""

    opened: str
    closed: str | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One test.

    Attributes:
        name: of the test.
        monitor: declared here, or the name of one in the file that `config` names.
        values: the number by time, in order; null: unknown.
        alerts: all that are expected.
        reference: the number in the reference, where the monitor compares with it.
    """

    name: str
    monitor: Monitor | str
    values: dict[str, float | None]
    alerts: list[Expected] = []
    reference: float | None = None


class Suite(msgspec.Struct, forbid_unknown_fields=True):
    """A file of tests; `config`: a leadline.yaml beside it, with the monitors that tests name."""

    tests: Annotated[list[Case], msgspec.Meta(min_length=1)]
    config: str | None = None


@click.group("monitors")
def command() -> None:
    """Work with declared monitors."""


@command.command("test")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def test(files: tuple[str, ...]) -> int:
    """Run the tests of monitors in FILE: given these numbers at these times, these alerts are expected.

    Exits 1 where a monitor does something else.
    """
    failed = 0
    for file in files:
        suite = _suite(Path(file))
        named = _monitors(Path(file), suite)
        for case in suite.tests:
            problem = _problem(case, _monitor(case, named, file))
            failed += bool(problem)
            click.echo(f"FAILED  {case.name}: {problem}" if problem else f"ok      {case.name}")
    if failed:
        click.echo(f"{failed} failed", err=True)
    return 1 if failed else 0


def _suite(path: Path) -> Suite:
    found = read_yaml(path)
    try:
        # YAML reads `2026-05-01` as a day.
        return msgspec.convert(_texts(found), Suite, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            "not a file of tests",
            where=str(path),
            found=str(error),
            accepted="tests, each with name, monitor, values and alerts",
        ) from None


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_text(name): _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return _text(value)


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _monitors(path: Path, suite: Suite) -> dict[str, Monitor]:
    if suite.config is None:
        return {}
    settings = Settings.from_file(path.parent / suite.config)
    return {monitor.title: monitor for monitor in settings.monitors}


def _monitor(case: Case, named: Mapping[str, Monitor], file: str) -> Monitor:
    if isinstance(case.monitor, str):
        if not named:
            raise ConfigurationError(
                "no monitor to name", where=f"{file}, {case.name}", found=case.monitor,
                accepted="a monitor that is declared here, or in the leadline.yaml that `config` names",
            )  # fmt: skip
        if case.monitor not in named:
            raise ConfigurationError.unknown("monitor", case.monitor, named, f"{file}, {case.name}")
        return named[case.monitor]
    settings = Settings.of(monitors=[case.monitor])
    check_metrics(settings, f"{file}, {case.name}")
    return settings.monitors[0]


def _problem(case: Case, monitor: Monitor) -> str:
    """What is not as expected, "" where all is."""
    times = list(case.values)
    raised = trial(monitor, case.reference, list(case.values.values()))
    found = [(times[alert.opened], None if alert.closed is None else times[alert.closed]) for alert in raised]
    expected = [(alert.opened, alert.closed) for alert in case.alerts]
    if found == expected:
        return ""
    return f"expected {_said(expected)}; found {_said(found)}"


def _said(alerts: Sequence[tuple[str, str | None]]) -> str:
    parts = [f"{opened} to {closed or 'the end'}" for opened, closed in alerts]
    return ", ".join(parts) or "no alert"
