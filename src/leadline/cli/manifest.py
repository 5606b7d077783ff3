"""Monitoring as code: files that say how a server is to be set up, and what differs from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from leadline.cli.remote import Remote, part
from leadline.errors import ConfigurationError, DataError, LeadlineError
from leadline.schedule import AlertRate, check_weight
from leadline.server.alerting.routing import Routing
from leadline.settings import Settings, yaml_loader

_FLEET = "/api/v1/fleet/budget"

Place = tuple[str | int, ...]
"""Keys from the top of a file down."""


class WantedModel(msgspec.Struct, forbid_unknown_fields=True):
    """A model; what is left out stays as it is.

    Attributes:
        baseline: a file that `leadline baseline` wrote, from the folder of the manifest.
        options: of its judgements, as in leadline.yaml.
        runbook: what is to be done when it alerts.
        retention: days for which parts of it are kept.
        weight: its share of the fleet's budget, beside those of the others; 1 where none is set.
    """

    baseline: str | None = None
    options: dict[str, Any] | None = None
    runbook: str | None = None
    retention: dict[str, int] | None = None
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


@dataclass(frozen=True)
class Step:
    """Something that differs.

    Attributes:
        where: file, line and key that want it.
        what: names it: `models.credit.options`.
        before, after: on the server, and in the file.
        method, path, document, body: the request that changes it.
    """

    where: str
    what: str
    before: Any
    after: Any
    method: str
    path: str
    document: Any = None
    body: bytes | None = None

    def do(self, server: Remote) -> None:
        """Change it.

        Raises:
            LeadlineError: the server refuses it; where it stands in the file is part of the message.
        """
        try:
            server.ask(self.method, self.path, self.document, body=self.body)
        except LeadlineError as error:
            where = f"{self.where}.{error.where}" if error.where else self.where
            raise type(error)(
                error.what,
                where=where,
                found=error.found,
                accepted=error.accepted,
                next_step=error.next_step,
            ) from None

    def differences(self) -> Iterator[str]:
        """`key: before -> after`, for each key that differs."""
        before, after = _flat(self.before), _flat(self.after)
        for key in sorted({*before, *after}):
            old, new = before.get(key), after.get(key)
            if old != new:
                yield f"{key + ': ' if key else ''}{_said(old)} -> {_said(new)}"


def read(path: Path) -> Manifest:
    """Read a file, and look at all that can be told without the server.

    Raises:
        ConfigurationError: it is no such file; file, line and key are in the message.
    """
    found, lines = _yaml(path)
    try:
        wanted = msgspec.convert(found, Wanted)
    except msgspec.ValidationError as error:
        raise _misfit(path, lines, error) from None
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


def planned(server: Remote, files: Iterable[str]) -> list[Step]:
    """What differs between some files and a server. All files are read before the server is asked."""
    return [step for manifest in [read(Path(file)) for file in files] for step in plan(server, manifest)]


def plan(server: Remote, manifest: Manifest) -> list[Step]:
    """What differs between a file and a server, in the order in which it is to be changed.

    Raises:
        DataError: a baseline cannot be read, or the server refuses to tell.
    """
    known = {channel["name"]: channel for channel in server.all("/api/v1/channels")}
    steps = [_channel(manifest, name, w, known.get(name)) for name, w in manifest.wanted.channels.items()]
    for name, model in manifest.wanted.models.items():
        steps += _model(server, manifest, name, model)
    steps += _fleet(server, manifest)
    return [step for step in steps if step.before != step.after]


def _fleet(server: Remote, manifest: Manifest) -> Iterator[Step]:
    fleet = manifest.wanted.fleet
    weights = {n: model.weight for n, model in manifest.wanted.models.items() if model.weight is not None}
    if fleet is None and not weights:
        return
    known = server.ask("GET", _FLEET)
    before = {"budget": known["budget"], "weights": known["weights"]}
    after = {
        "budget": before["budget"] if fleet is None else fleet.budget,
        "weights": {n: weight for n, weight in (before["weights"] | weights).items() if weight != 1},
    }
    place: Place = ("fleet",) if fleet is not None else ("models", next(iter(weights)), "weight")
    yield Step(manifest.where(place), "fleet", before, after, "PUT", _FLEET, document=after)


def _model(server: Remote, manifest: Manifest, name: str, model: WantedModel) -> Iterator[Step]:
    root = f"/api/v1/models/{part(name)}"

    def step(key: str, before: Any, after: Any, method: str, path: str, **sent: Any) -> Step:
        place = ("models", name, key)
        what = f"models.{name}.{key}"
        return Step(manifest.where(place), what, before, after, method, path, **sent)

    if model.baseline is not None:
        file = manifest.path.parent / model.baseline
        try:
            content = file.read_bytes()
        except OSError as error:
            where = manifest.where(("models", name, "baseline"))
            raise DataError("cannot read the baseline", where=where, found=error.strerror) from None
        after: Any = hashlib.sha256(content).hexdigest()
        yield step("baseline", _digest(server, root), after, "POST", f"{root}/baseline", body=content)
    if model.options is not None:
        before = server.ask("GET", f"{root}/options")["options"]
        yield step(
            "options", before, model.options, "PUT", f"{root}/options", document={"options": model.options}
        )
    if model.runbook is not None:
        before = server.ask("GET", f"{root}/runbook")["text"]
        yield step(
            "runbook", before, model.runbook, "PUT", f"{root}/runbook", document={"text": model.runbook}
        )
    if model.retention is not None:
        days = server.ask("GET", f"{root}/retention")["retention"]
        after = days | model.retention
        yield step("retention", days, after, "PUT", f"{root}/retention", document=after)


def _digest(server: Remote, root: str) -> str:
    return str(server.ask("GET", f"{root}/baseline")["digest"])


def _channel(manifest: Manifest, name: str, wanted: WantedChannel, known: Mapping[str, Any] | None) -> Step:
    after = {"name": name, **msgspec.to_builtins(wanted)}
    if known is None:
        before, method, path = None, "POST", "/api/v1/channels"
    else:
        before = {key: known[key] for key in after}
        before["settings"] = {key: known["settings"].get(key) for key in wanted.settings}
        before["secret"] = after["secret"] if wanted.secret is None else known["secret"]
        method, path = "PUT", f"/api/v1/channels/{known['id']}"
    place = ("channels", name)
    return Step(manifest.where(place), ".".join(place), before, after, method, path, document=after)


def exported(server: Remote) -> dict[str, Any]:
    """How a server is set up, as a file would say it; baselines are not in it, nor are secrets kept there."""
    fleet = server.ask("GET", _FLEET)
    models: dict[str, Any] = {}
    for model in server.all("/api/v1/models"):
        root = f"/api/v1/models/{part(model['name'])}"
        own: dict[str, Any] = {}
        if options := server.ask("GET", f"{root}/options")["options"]:
            own["options"] = options
        if text := server.ask("GET", f"{root}/runbook")["text"]:
            own["runbook"] = text
        own["retention"] = server.ask("GET", f"{root}/retention")["retention"]
        if model["name"] in fleet["weights"]:
            own["weight"] = fleet["weights"][model["name"]]
        models[model["name"]] = own
    channels: dict[str, Any] = {}
    usual = msgspec.to_builtins(Routing())
    for channel in server.all("/api/v1/channels"):
        routing = {key: value for key, value in channel["routing"].items() if value != usual[key]}
        own = {"kind": channel["kind"], "settings": channel["settings"]}
        if channel["secret"].startswith("env:"):
            own["secret"] = channel["secret"]
        channels[channel["name"]] = own | ({"routing": routing} if routing else {})
    together = {"fleet": {"budget": fleet["budget"]}} if fleet["budget"] is not None else {}
    return {**together, "models": models, "channels": channels}


def _check_options(manifest: Manifest, name: str, options: Mapping[str, Any]) -> None:
    try:
        Settings.of(**options)
    except ConfigurationError as error:
        inner: Place = tuple(int(k) if k.isdecimal() else k for k in (error.where or "").split(".") if k)
        if not inner and isinstance(error.found, str) and error.found in options:
            inner = (error.found,)
        raise ConfigurationError(
            error.what,
            where=manifest.where(("models", name, "options", *inner)),
            found=error.found,
            accepted=error.accepted,
            next_step=error.next_step,
        ) from None


def _misfit(path: Path, lines: Mapping[Place, int], error: msgspec.ValidationError) -> ConfigurationError:
    what, _, inner = str(error).partition(" - at `$")
    place = _closest(inner.rstrip("`").replace("[...]", ".?").strip("."), what, lines)
    where = Manifest(path, Wanted(), lines).where(place) if place else str(path)
    return ConfigurationError(
        what[:1].lower() + what[1:],
        where=where,
        accepted=_accepted(place),
        next_step="See `leadline export` for a file that is right.",
    )


_KINDS: Mapping[str, tuple[int, type[msgspec.Struct]]] = {
    "fleet": (2, WantedFleet), "models": (3, WantedModel), "channels": (3, WantedChannel),
}  # fmt: skip
"""By first key of a place: at which depth the keys of an object are, and what it is."""


def _accepted(place: Place) -> str:
    """What may stand beside or in a place."""
    depth, kind = _KINDS.get(str(place[0]), (1, Wanted)) if place else (1, Wanted)
    if len(place) == depth:
        return ", ".join(kind.__struct_fields__)
    return "the fleet, and models and channels by name"


def _closest(pattern: str, what: str, lines: Mapping[Place, int]) -> Place:
    """The key that a message of msgspec speaks of: `?` stands for any name of a mapping."""
    steps = [step for step in pattern.split(".") if step]
    unknown = what.split("`")[1] if "unknown field" in what else None
    for place in lines:
        own = place[:-1] if unknown is not None else place
        fits = len(own) == len(steps) and all(s in ("?", str(p)) for s, p in zip(steps, own, strict=True))
        if fits and (unknown is None or place[-1] == unknown):
            return place
    return ()


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
    finally:
        loader.dispose()
    lines: dict[Place, int] = {}
    if node is not None:
        _note(node, (), lines)
    return _plain(found), lines


def _note(node: Any, place: Place, lines: dict[Place, int]) -> None:
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


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        found: dict[str, Any] = {}
        for name, item in value.items():
            found |= _flat(item, f"{prefix}.{name}" if prefix else str(name))
        return found
    return {} if value is None or value == {} else {prefix: value}


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:40]}...{text[-37:]}"
