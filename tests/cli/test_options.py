from __future__ import annotations

import msgspec

from leadline.cli import options
from leadline.cli.check import command
from leadline.settings import Settings

ISSUED = {
    "--config",
    "--label",
    "--prediction",
    "--score",
    "--timestamp",
    "--id",
    "--entity",
    "--weight",
    "--segment",
    "--ignore",
    "--positive",
    "--threshold",
    "--false-alarm-rate",
    "--html",
    "--json",
    "--junit",
    "--markdown",
    "--fail-on",
}


def test_check_has_the_options_that_were_promised() -> None:
    assert {option for parameter in command.params for option in parameter.opts} >= ISSUED


def test_every_setting_is_described() -> None:
    """The docstring of `Settings` is the only place where help texts stand."""
    assert set(options.described()) == set(Settings.__struct_fields__)
    assert all(options.described().values())


def test_only_maps_and_records_are_left_to_the_configuration_file() -> None:
    left = {name for name in Settings.__struct_fields__ if not options.settable(name)}
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    assert left == {
        "kinds",
        "floors",
        "column_floors",
        "thresholds",
        "rules",
        "columns",
        "metrics",
        "monitors",
        "business",
    }, types


def test_help_shows_defaults_where_there_are_any() -> None:
    helps = {parameter.name: getattr(parameter, "help", "") for parameter in command.params}
    assert helps["false_alarm_rate"].endswith("[default: 0.01]")
    assert helps["fail_on"].endswith("[default: alert]")
    assert "default" not in helps["label"]
    assert "Repeatable." in helps["segment"]
