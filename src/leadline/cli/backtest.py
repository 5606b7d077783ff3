"""`leadline backtest`: what a budget would have raised on past data."""

from __future__ import annotations

from typing import Any

import click

from leadline.cli.options import events_option, options, resolved, stated
from leadline.cli.output import Files, deliver, file_options
from leadline.cli.progress import Bar


@click.command("backtest")
@click.argument("config_and_data", nargs=-1, required=True, metavar="[CONFIG] DATA")
@click.option(
    "--share", type=float, default=0.6, show_default=True, help="Share of the windows that are the reference."
)
@click.option(
    "--label-delay",
    metavar="TIME",
    help="How long labels take, such as 30d. By default as their times tell (--label-timestamp).",
)
@events_option
@options(without=["fail_on"])
@file_options
def command(
    config_and_data: tuple[str, ...],
    share: float,
    label_delay: str | None,
    events: str | None,
    files: Files,
    **values: Any,
) -> int:
    """Say what the budget of CONFIG (leadline.yaml) would have raised on DATA, a table of the past or a
    baseline.

    The first windows are the reference, the others are judged by it, and by estimates of performance where
    labels had not come. Always exits 0: an alert of the past shuts no gate.
    """
    from leadline import comparison

    if len(config_and_data) > 2:
        raise click.UsageError("more than a configuration file and a table are given")
    *config, data = config_and_data
    keywords = stated(config[0] if config else None, values)
    resolved(keywords)
    with Bar() as progress:
        report = comparison.backtest(
            data, share=share, label_delay=label_delay, events=events, progress=progress, **keywords
        )
    deliver(report.record, files)
    return 0
