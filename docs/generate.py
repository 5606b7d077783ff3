"""Writes what docs/ and README.md take from the code (`make docs`). A test fails when something is stale."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click
import msgspec

import leadline
from leadline import errors
from leadline.cli.main import commands
from leadline.cli.options import settable
from leadline.keywords import Options, described
from leadline.limits import Monitor
from leadline.metrics import METRICS
from leadline.metrics.reference import page as metrics_page
from leadline.reports import json as report_json
from leadline.settings import Business, Floors, RatioMetric, Rule, Settings
from leadline.tables.roles import infer

DOCS = Path(__file__).resolve().parent
REFERENCE = DOCS / "reference"
NOTE = "<!-- Made by `make docs`. Change the code instead. -->"


def schema() -> str:
    """JSON Schema of a report."""
    return json.dumps(report_json.schema(), indent=2) + "\n"


def command_line() -> str:
    """Every command with its help text, and the exit codes."""
    context = _context(commands, "leadline")
    parts = ["# The command", NOTE, _help(context)]
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        own = _context(command, name, context)
        parts += [f"## leadline {name}", _help(own)]
        if isinstance(command, click.Group):
            parts += [_help(_context(inner, each, own)) for each, inner in command.commands.items()]
    return "\n\n".join(parts) + "\n"


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(
        command, parent, info_name=name, terminal_width=100, max_content_width=100, **command.context_settings
    )


def _help(context: click.Context) -> str:
    return f"```text\n{context.command.get_help(context)}\n```"


def settings() -> str:
    """Every option with type, default and meaning."""
    parts = [
        "# Settings",
        NOTE,
        "The command, `leadline.check` and `leadline.yaml` take the same options under the same names"
        " (with `-` for `_` on a command line). Maps and records fit only into the configuration file and the"
        " Python call. What is stated there wins over the configuration file.",
        _table(Settings, described(), command_line=True),
    ]
    for record in (Floors, Rule, Monitor, RatioMetric, Business):
        documented = inspect.cleandoc(record.__doc__ or "")
        parts += [f"## {record.__name__}", documented.partition("\n")[0], _table(record, _attributes(record))]
    return "\n\n".join(parts) + "\n"


def _table(record: type[msgspec.Struct], texts: dict[str, str], command_line: bool = False) -> str:
    lines = ["| Option | Type | Default | Meaning |", "|---|---|---|---|"]
    for field in msgspec.structs.fields(record):
        name = field.encode_name
        option = f"<br>`--{name.replace('_', '-')}`" if command_line and settable(name) else ""
        meaning = texts.get(name, name.replace("_", " ") + ".")
        cells = (f"`{name}`{option}", f"`{_type(record, field.name)}`", _default(field), meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _type(record: type, name: str) -> str:
    hint = get_type_hints(record)[name]
    if get_origin(hint) is Literal:
        return " | ".join(repr(value) for value in get_args(hint))
    return str(record.__annotations__[name]).replace('"', "'")


def _default(field: Any) -> str:
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else "required"
    if isinstance(value, msgspec.Struct):
        return "see below"
    return "" if value in (None, (), {}) else f"`{value}`"


def _attributes(record: type) -> dict[str, str]:
    section = inspect.cleandoc(record.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for names, text in re.findall(r"^ {4}([a-z_, ]+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return found


def error_tree() -> str:
    """The tree of errors, drawn once at the top of its module."""
    documented = inspect.getdoc(errors) or ""
    before, _, rest = documented.partition("::")
    tree, _, after = rest.strip("\n").partition("\n\n")
    fields = _attributes(errors.LeadlineError)
    listed = "\n".join(f"* `{name}`: {text}" for name, text in fields.items())
    return (
        "\n\n".join(
            [
                "# Errors",
                NOTE,
                before.strip() + ":",
                f"```text\n{textwrap.dedent(tree)}\n```",
                after.strip(),
                "Every error carries its facts as fields; no message needs to be parsed:",
                listed,
            ]
        )
        + "\n"
    )


def python() -> str:
    """Every public name of the package with its signature and docstring."""
    parts = ["# Python", NOTE, "What `import leadline` offers. Everything else lives in its subpackages."]
    names = sorted(leadline.__all__, key=lambda name: (name[0].isupper(), name.lower()))
    for name in names:
        parts += [f"## leadline.{name}", *_described(name, getattr(leadline, name))]
    return "\n\n".join(parts) + "\n"


def _described(name: str, value: Any) -> list[str]:
    if inspect.isfunction(value):
        return [f"```text\n{name}{_signature(value)}\n```", _markdown(value.__doc__)]
    if not inspect.isclass(value):
        return [f"A `{type(value).__name__}` of {len(value)} entries.", _markdown(type(value).__doc__)]
    if value is Settings:
        return ["See [settings](settings.md)."]
    parts = [_markdown(value.__doc__)]
    for method, member in vars(value).items():
        if method.startswith("_") or not member.__doc__:
            continue
        if isinstance(member, property):
            parts.append(f"**{method}**: {_first_line(member.__doc__)}")
        elif inspect.isfunction(member) or isinstance(member, classmethod):
            shown = _signature(getattr(value, method))
            parts.append(f"**{method}**`{shown}`: {_first_line(member.__doc__)}")
    return parts


def _signature(function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    options = Options.__annotations__ if "config" in signature.parameters else {}
    shown = [
        item
        for item in signature.parameters.values()
        if item.name != "self" and not (item.name in options and item.kind is item.KEYWORD_ONLY)
    ]
    if options:
        shown.append(inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD))
    return str(signature.replace(parameters=shown)).replace("'", "")


def _first_line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def _markdown(docstring: str | None) -> str:
    """A docstring as Markdown: its sections become lists, its examples code."""
    parts = []
    for paragraph in inspect.cleandoc(docstring or "").split("\n\n"):
        head, _, rest = paragraph.partition("\n")
        if re.fullmatch(r"(Args|Returns|Raises|Attributes):", head):
            parts += [f"**{head.removesuffix(':')}**", _items(rest)]
        elif head == "Options:":
            parts.append("**Options**: [settings](settings.md) has type, default and meaning of each.")
        elif paragraph.startswith(">>>"):
            parts.append(f"```text\n{paragraph}\n```")
        elif paragraph.startswith("* "):
            parts.append(paragraph)
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(part for part in parts if part)


def _items(section: str) -> str:
    lines = textwrap.dedent(section)
    items = re.findall(r"^(\S.*(?:\n[ ]+.*)*)", lines, flags=re.MULTILINE)
    listed = []
    for item in items:
        name, colon, text = item.partition(": ")
        entry = f"`{name}`: {text}" if colon and " " not in name.replace(", ", "") else item
        listed.append(f"* {' '.join(entry.split())}")
    return "\n".join(listed)


def roles() -> str:
    """How roles and kinds are found."""
    decided = inspect.cleandoc(infer.__doc__ or "").partition("\n\nArgs:")[0]
    return "\n\n".join(["# Roles and kinds", NOTE, _markdown(decided)]) + "\n"


def metrics() -> str:
    """Every metric with its range, unit and source."""
    parts = [
        "# Metrics",
        NOTE,
        "Keys are the names in the JSON, in `thresholds` and in every table of a report.",
    ]
    return "\n\n".join(parts) + "\n\n" + metrics_page(METRICS.values())


PAGES: dict[str, Callable[[], str]] = {
    "report.schema.json": schema,
    "cli.md": command_line,
    "settings.md": settings,
    "errors.md": error_tree,
    "python.md": python,
    "roles.md": roles,
    "metrics.md": metrics,
}
"""Pages of docs/reference by file name."""


def main() -> None:
    """Write the reference pages, then the outputs of all code blocks."""
    # Found beside this file when it runs as a script.
    from snippets import refreshed

    REFERENCE.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (REFERENCE / name).write_text(made(), encoding="utf-8")
    for page in (DOCS.parent / "README.md", *sorted(DOCS.glob("**/*.md"))):
        text = page.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            page.write_text(refreshed(text, Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
