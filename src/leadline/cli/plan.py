"""What differs between files and a server, the requests that change it, and the file that a server is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from leadline.cli.manifest import Manifest, Place, WantedChannel, WantedModel, keys_of, read
from leadline.cli.remote import Remote, part
from leadline.errors import DataError, LeadlineError
from leadline.server.alerting.routing import Routing

_FLEET = "/api/v1/fleet/budget"


@dataclass(frozen=True)
class Step:
    """Something that differs.

    Attributes:
        manifest, place: the file that wants it, and where in it.
        what: names it: `models.credit.options`.
        before, after: on the server, and in the file.
        method, path, document, body: the request that changes it.
        check: where the document is posted to hear whether it would be refused; "": nowhere.
    """

    manifest: Manifest
    place: Place
    what: str
    before: Any
    after: Any
    method: str
    path: str
    document: Any = None
    body: bytes | None = None
    check: str = ""

    def do(self, server: Remote) -> None:
        """Change it.

        Raises:
            LeadlineError: the server refuses it; where it stands in the file is part of the message.
        """
        self._ask(server, self.method, self.path)

    def try_on(self, server: Remote) -> None:
        """Change nothing, and raise what `do` would, where the server can tell."""
        if self.check:
            self._ask(server, "POST", self.check)

    def _ask(self, server: Remote, method: str, path: str) -> None:
        try:
            server.ask(method, path, self.document, body=self.body)
        except LeadlineError as error:
            # Where a host or a file is at fault it stands in place of a key.
            keys = keys_of(error.where) if error.where != error.found else ()
            raise type(error)(
                error.what,
                where=self.manifest.where((*self.place, *keys)),
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


def planned(server: Remote, files: Iterable[str]) -> list[Step]:
    """What differs between some files and a server. All files are read before the server is asked."""
    return [step for manifest in [read(Path(file)) for file in files] for step in plan(server, manifest)]


def plan(server: Remote, manifest: Manifest) -> list[Step]:
    """What differs between a file and a server, in the order in which it is to be changed.

    Raises:
        DataError: a baseline cannot be read, or the server refuses to tell.
    """
    channels = manifest.wanted.channels
    # Who may set up models need not know where alerts are told.
    known = {one["name"]: one for one in server.all("/api/v1/channels")} if channels else {}
    steps = [_channel(manifest, name, wanted, known.get(name)) for name, wanted in channels.items()]
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
    yield Step(manifest, place, "fleet", before, after, "PUT", _FLEET, document=after)


def _model(server: Remote, manifest: Manifest, name: str, model: WantedModel) -> Iterator[Step]:
    root = f"/api/v1/models/{part(name)}"

    def step(key: str, before: Any, after: Any, method: str, path: str, **sent: Any) -> Step:
        place = ("models", name, key)
        return Step(manifest, place, ".".join(place), before, after, method, path, **sent)

    if model.baseline is not None:
        file = manifest.path.parent / model.baseline
        try:
            content = file.read_bytes()
        except OSError as error:
            where = manifest.where(("models", name, "baseline"))
            raise DataError(
                "cannot read the baseline", where=where, found=f"{file}: {error.strerror}",
                next_step="Its path counts from the folder of this file. Make one with `leadline baseline`.",
            ) from None  # fmt: skip
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
        after = days | msgspec.to_builtins(model.retention)
        yield step("retention", days, after, "PUT", f"{root}/retention", document=after)
    if model.policy is not None:
        after = msgspec.to_builtins(model.policy)
        yield step(
            "policy", server.ask("GET", f"{root}/policy"), after, "PUT", f"{root}/policy", document=after
        )


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
    return Step(
        manifest, place, ".".join(place), before, after, method, path,
        document=after, check="/api/v1/channels/check",
    )  # fmt: skip


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
        if (policy := server.ask("GET", f"{root}/policy"))["fields"]:
            own["policy"] = policy
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
