"""Entry point: the group of commands, exit codes, and how errors are shown.

Exit codes: 0 fine, 1 an alert, 2 wrong use, unusable input or nothing that could be judged, 3 something
failed that trying again may mend (or that Leadline did not expect), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

import click

import leadline
from leadline.errors import LeadlineError

_COMMANDS = {
    "check": "Compare two tables and say what changed.",
    "baseline": "Learn a baseline from a reference table.",
    "profile": "Count a table on the grid of a baseline.",
    "backtest": "Say what a budget would have raised on past data.",
    "demo": "Run a live fleet of models whose faults you can set off.",
    "monitors": "Test declared monitors on given numbers.",
    "up": "Run the server that watches live models.",
    "apply": "Set a server up as files say.",
    "diff": "Say what `leadline apply` would change.",
    "replay": "Play a table of past predictions through the server.",
    "alerts": "List alerts, and say what becomes of them.",
    "channels": "Say where alerts are told, and try it.",
    "event": "Tell what happened around a model.",
    "maintenance": "Tell nothing of some models for a while.",
    "size": "Say how much room models take.",
    "backup": "Write everything that a server keeps to a file.",
    "restore": "Make the folder of a server from a backup.",
    "export": "Print how a server is set up, or write all that it keeps.",
    "import": "Give a server the models of an export.",
    "erase": "Keep nothing of a person any more.",
    "audit": "Say whether the log of who changed what is unchanged.",
    "admin": "Make an admin anew where nobody can sign in.",
}
"""Commands by name; each lives in `leadline.cli.<name>` as `command` and is imported when it is called."""


class Lazy(click.Group):
    """A group that imports a command when it is called, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"leadline.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], _COMMANDS, n=1)
            step = f" Did you mean {close[0]!r}?" if close else f" Commands: {', '.join(_COMMANDS)}."
            raise click.UsageError(f"no command {args[0]!r}.{step}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(leadline.__version__, prog_name="leadline", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def commands(debug: bool) -> None:
    """Say what changed between two tables of a model's traffic, how sure that is, how large, and whether it
    hurts.

    Exit codes: 0 fine; 1 an alert; 2 wrong use, unusable input, or nothing that could be judged; 3 something
    failed that trying again may mend.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit code."""
    # A stream that was closed before the start (`>&-`) is None; what is written to it goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code. Errors are told on standard error, in one message."""
    debug = "--debug" in arguments
    # Also `leadline check ... --debug`: nobody remembers which options stand before the command.
    arguments = [argument for argument in arguments if argument != "--debug"]
    code = _guarded(
        lambda: commands.main(args=list(arguments), prog_name="leadline", standalone_mode=False), debug
    )
    return _flushed(code)


def _guarded(call: Callable[[], Any], debug: bool) -> int:
    try:
        result = call()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return 130
    except LeadlineError as error:
        _say(str(error), debug)
        return error.exit_code
    except MemoryError:
        _say("out of memory; try fewer columns (--ignore), or a Parquet file, which is streamed", debug)
        return 3
    except OSError as error:
        _say(f"{error.filename or 'input or output'}: {error.strerror or error}", debug)
        return 2 if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError) else 3
    except Exception as error:
        # The outermost edge: whatever was not foreseen still ends in one message and a known exit code.
        _say(f"unexpected {type(error).__name__}: {error}", debug)
        _say("this is a defect of Leadline: please report it with the output of the same command and --debug")
        return 3
    return result if isinstance(result, int) else 0


def _flushed(code: int) -> int:
    """The exit code, after standard output took everything; a reader that went away changes nothing."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes again when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _say(message: str, debug: bool = False) -> None:
    if debug:
        traceback.print_exc()
    click.echo(f"leadline: {_printable(message)}", err=True)


def _printable(text: str) -> str:
    """A name in the data may hold control characters; a message must not obey them."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)
