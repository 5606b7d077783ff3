"""Monitoring as code: files that say how a server is to be set up, and where in them a mistake is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from leadline.errors import ConfigurationError
from leadline.plain import yaml_loader
from leadline.schedule import AlertRate, check_weight
from leadline.server.alerting.routing import Digest, Quiet, Routing
from leadline.settings import Settings
from leadline.stores.metadata.policies import Action, Policy

Place = tuple[str | int, ...]
"""Keys from the top of a file down."""

PLACES = 100_000
"""Most keys and items of a file."""


class WantedRetention(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Days for which parts of a model are kept; what is left out stays as it is."""

    rows_days: int | None = None
    labels_days: int | None = None
    buckets_days: int | None = None
    profiles_days: int | None = None


class WantedModel(msgspec.Struct, forbid_unknown_fields=True):
    """A model; what is left out stays as it is.

    Attributes:
        baseline: a file that `leadline baseline` wrote, from the folder of the manifest.
        options: of its judgements, as in leadline.yaml.
        runbook: what is to be done when it alerts.
        retention: days for which parts of it are kept.
        policy: what clients do with its fields before anything leaves them.
        weight: its share of the fleet's budget, beside those of the others; 1 where none is set.
    """

    baseline: str | None = None
    options: dict[str, Any] | None = None
    runbook: str | None = None
    retention: WantedRetention | None = None
    policy: Policy | None = None
    weight: float | None = None


class WantedFleet(msgspec.Struct, forbid_unknown_fields=True):
    """What all models have together: a budget such as `4/30d`, divided by their weights; null: none."""

    budget: str | None


class WantedChannel(msgspec.Struct, forbid_unknown_fields=True):
    """A channel, known by its name. A secret is a reference to the server's environment: `env:NAME`."""

    kind: str
    settings: dict[str, Any] = {}
    secret: str | None = None
    routing: Routing = msgspec.field(default_factory=Routing)


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A file: the fleet, models and channels by name. What it does not name stays as it is."""

    fleet: WantedFleet | None = None
    models: dict[str, WantedModel] = {}
    channels: dict[str, WantedChannel] = {}


@dataclass(frozen=True)
class Manifest:
    """A file that was read.

    Attributes:
        path: of the file.
        wanted: what it says.
        lines: line (from 1) of each key.
    """

    path: Path
    wanted: Wanted
    lines: Mapping[Place, int]

    def where(self, place: Place) -> str:
        """File, line and key; the line is that of the closest key that the file has."""
        known = next((place[:n] for n in range(len(place), 0, -1) if place[:n] in self.lines), None)
        line = f", line {self.lines[known]}" if known is not None else ""
        return f"{self.path}{line}, {'.'.join(map(str, place))}"


def read(path: Path) -> Manifest:
    """Read a file, and look at all that can be told without the server.

    Raises:
        ConfigurationError: it is no such file; file, line and key are in the message.
    """
    found, lines = _yaml(path)
    try:
        wanted = msgspec.convert(found, Wanted)
    except msgspec.ValidationError:
        raise _misfit(path, found, lines) from None
    manifest = Manifest(path, wanted, lines)
    if wanted.fleet is not None and wanted.fleet.budget is not None:
        AlertRate.parse(wanted.fleet.budget, manifest.where(("fleet", "budget")))
    for name, model in wanted.models.items():
        _check_options(manifest, name, model.options or {})
        if model.weight is not None:
            check_weight(model.weight, manifest.where(("models", name, "weight")))
    for name, channel in wanted.channels.items():
        if channel.secret is not None and not channel.secret.startswith("env:"):
            raise ConfigurationError(
                "a secret in clear",
                where=manifest.where(("channels", name, "secret")),
                accepted="env:NAME, a variable of the server's environment",
            )
    return manifest


def keys_of(where: str | None) -> Place:
    """Where an error says that it is."""
    return tuple(int(key) if key.isdecimal() else key for key in (where or "").split(".") if key)


def _check_options(manifest: Manifest, name: str, options: Mapping[str, Any]) -> None:
    try:
        Settings.of(**options)
    except ConfigurationError as error:
        inner = keys_of(error.where)
        if not inner and isinstance(error.found, str) and error.found in options:
            inner = (error.found,)
        raise ConfigurationError(
            error.what,
            where=manifest.where(("models", name, "options", *inner)),
            found=error.found,
            accepted=error.accepted,
            next_step=error.next_step,
        ) from None


def _misfit(path: Path, found: Any, lines: Mapping[Place, int]) -> ConfigurationError:
    """What of a file is not as it must be, with its place."""
    place, what = next(_misfits(found))
    accepted = None
    if "unknown field" in what or "missing required field" in what:
        kind = _KINDS.get(place[:1] + place[2:])
        accepted = ", ".join(kind.__struct_fields__) if kind is not None else None
    if (unknown := re.fullmatch("Object contains unknown field `(.*)`", what)) is not None:
        place = (*place, unknown[1])
    return ConfigurationError(
        what[:1].lower() + what[1:],
        where=Manifest(path, Wanted(), lines).where(place) if place else str(path),
        accepted=accepted,
        next_step="See `leadline export` for a file that is right.",
    )


def _misfits(found: Any) -> Iterator[tuple[Place, str]]:
    """Places and messages. Those of msgspec do not name the keys of a mapping: models and channels go one
    by one, and of each model's policy the fields.
    """
    parts: list[tuple[Place, Any, Any]] = [
        (("models", name, "policy", "fields", field), action, Action)
        for name, own in _mapping(found, "models").items()
        for field, action in _mapping(_mapping(own, "policy"), "fields").items()
    ]
    parts += [
        ((section, name), own, kind)
        for section, kind in (("models", WantedModel), ("channels", WantedChannel))
        for name, own in _mapping(found, section).items()
    ]
    for place, own, kind in [*parts, ((), found, Wanted)]:
        try:
            msgspec.convert(own, kind)
        except msgspec.ValidationError as error:
            what, _, inner = str(error).partition(" - at `$")
            steps = re.findall(r"\.(\w+)|\[(\d+)\]", inner)
            yield (*place, *(key or int(number) for key, number in steps)), what


def _mapping(found: Any, section: str) -> Mapping[str, Any]:
    own = found.get(section) if isinstance(found, Mapping) else None
    return own if isinstance(own, Mapping) else {}


_KINDS: Mapping[Place, type[msgspec.Struct]] = {
    (): Wanted,
    ("fleet",): WantedFleet,
    ("models",): WantedModel,
    ("models", "retention"): WantedRetention,
    ("models", "policy"): Policy,
    ("channels",): WantedChannel,
    ("channels", "routing"): Routing,
    ("channels", "routing", "quiet"): Quiet,
    ("channels", "routing", "digest"): Digest,
}
"""What an object is, by its place without the names of models and channels."""


def _yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """What a YAML file holds, and the line of each key and item."""
    import yaml

    try:
        loader = yaml_loader()(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("cannot read the file", where=str(path), found=str(error)) from None
    try:
        node = loader.get_single_node()
        found = loader.construct_document(node) if node is not None else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
        raise ConfigurationError("not valid YAML", where=at, found=getattr(error, "problem", None)) from None
    except RecursionError:
        raise _too_much(path, "keys in keys without end") from None
    finally:
        loader.dispose()
    lines: dict[Place, int] = {}
    try:
        if node is not None:
            _note(node, (), lines)
        return _plain(found), lines
    except (RecursionError, OverflowError):
        raise _too_much(path, f"more than {PLACES} keys and items once its aliases are written out") from None


def _too_much(path: Path, found: str) -> ConfigurationError:
    return ConfigurationError(
        "too much for one file", where=str(path), found=found,
        next_step="Write out what its aliases (*name) stand for, or use more than one file.",
    )  # fmt: skip


def _note(node: Any, place: Place, lines: dict[Place, int]) -> None:
    # A few aliases of aliases stand for more than any memory holds.
    if len(lines) > PLACES:
        raise OverflowError
    if node.id == "mapping":
        for key, value in node.value:
            lines[*place, str(key.value)] = key.start_mark.line + 1
            _note(value, (*place, str(key.value)), lines)
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            lines[*place, number] = value.start_mark.line + 1
            _note(value, (*place, number), lines)


def _plain(value: Any) -> Any:
    """What JSON has: YAML reads `2026-03-01` as a day."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
