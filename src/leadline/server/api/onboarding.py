"""Baselines that are learned on the server, and options as YAML."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadline.errors import ConfigurationError
from leadline.plain import yaml_loader
from leadline.schedule import instant
from leadline.server.api.endpoint import Call, Wrong, endpoint, missing
from leadline.server.intake.wire import NAME_LETTERS
from leadline.server.judging import judge as judging
from leadline.server.looking.onboarding import (
    Inspected,
    Learning,
    Upload,
    from_rows,
    from_upload,
    inspected,
)

UPLOAD_BYTES = 256 << 20
"""Most bytes of a file."""

YAML_LETTERS = 200_000


class OfFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name of the file that the body is."""

    filename: Annotated[str, Meta(min_length=1, max_length=500)]


class OfReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reference.

    Attributes:
        filename: of the file that the body is.
        options: JSON of how to learn, as in leadline.yaml: roles, kinds, `window`, `budget`, ...
    """

    filename: Annotated[str, Meta(min_length=1, max_length=500)]
    options: str = "{}"


class LearnFromRows(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A baseline of what a model has sent.

    Attributes:
        since, until: ISO 8601, UTC where no offset is named; rows of [from, to).
        options: as in leadline.yaml, beside the roles that the wire tells.
    """

    since: Annotated[str, Meta(max_length=100)]
    until: Annotated[str, Meta(max_length=100)]
    options: dict[str, Any] = {}


class OptionsText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options, as YAML or as they are; `text` counts where both are given."""

    text: Annotated[str, Meta(max_length=YAML_LETTERS)] | None = None
    options: dict[str, Any] = {}


class BothWays(msgspec.Struct, frozen=True):
    """The same options as YAML and as they are."""

    text: str
    options: dict[str, Any]


@endpoint("POST", "/api/v1/inspect", "write", limit=UPLOAD_BYTES, narrow=True, changes=False)
def inspect(call: Call, query: OfFile, body: bytes) -> Inspected:
    """Say what a file (Parquet, CSV, JSON lines, Arrow) holds, and what its columns would be taken for."""
    return inspected(Upload.kept(query.filename, body))


@endpoint("POST", "/api/v1/models/{name}/reference", "write", status=202, limit=UPLOAD_BYTES)
def reference(call: Call, name: str, query: OfReference, body: bytes) -> Learning:
    """Learn a model's baseline from a file; GET /api/v1/models/{name}/learning says how far it is."""
    options = _options(_of_json(query.options))
    call.about = {"filename": query.filename}
    upload = Upload.kept(query.filename, body)
    return call.service.learner.start(_named(name), from_upload(upload, options))


@endpoint("POST", "/api/v1/models/{name}/learn", "write", status=202)
def learn(call: Call, name: str, body: LearnFromRows) -> Learning:
    """Learn a model's baseline from its own rows; GET /api/v1/models/{name}/learning says how far it is."""
    service, options = call.service, _options(body.options)
    if name not in service.store.models():
        raise missing("model with rows", name, "See GET /api/v1/models.")
    start, end = instant(body.since, "from"), instant(body.until, "to")
    if not 0 <= start < end:
        raise Wrong(400, "the time ends before it begins", where="to", found=body.until)
    call.about = {"from": body.since, "to": body.until}
    return service.learner.start(name, from_rows(service.store, name, start, end, options))


@endpoint("GET", "/api/v1/models/{name}/learning", "read")
def learning(call: Call, name: str) -> Learning:
    """How far a model's baseline is that is learned here."""
    return call.service.learner.of(name)


@endpoint("POST", "/api/v1/yaml", "read", narrow=True, changes=False)
def as_yaml(call: Call, body: OptionsText) -> BothWays:
    """Options of a model as the text of a leadline.yaml, and back."""
    import yaml

    options = body.options if body.text is None else _of_yaml(body.text)
    if body.text is not None or not options:
        return BothWays(body.text or "", options)
    text = yaml.safe_dump(options, sort_keys=False, allow_unicode=True)
    if _of_yaml(text) != options:  # a letter that YAML takes for the end of a line
        text = yaml.safe_dump(options, sort_keys=False)
    return BothWays(text, options)


def _of_yaml(text: str) -> dict[str, Any]:
    """The mapping that a text holds. Aliases are refused: a short text could stand for a huge one.

    Raises:
        ConfigurationError: it is no YAML, no mapping, or holds an alias.
    """
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise ConfigurationError("an alias (*name) in YAML", where="text", accepted="values written out")
        found = yaml.load(text, yaml_loader())
        # What JSON cannot say, such as a set or a date, is no option.
        plain = msgspec.json.decode(msgspec.json.encode(found))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "text"
        raise ConfigurationError(
            "not valid YAML", where=at, found=getattr(error, "problem", None) or str(error)
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError("not options", where="text", found=str(error)[:200]) from None
    if plain is None:
        return {}
    if not isinstance(plain, dict):
        raise ConfigurationError("not a mapping of options", where="text", accepted="`option: value` lines")
    return plain


def _of_json(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Wrong(400, "not options", where="options", found=str(error), accepted="a JSON object") from None


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Options to learn with that may come from elsewhere: none names a file or takes all the threads."""
    if "threads" in options:
        raise ConfigurationError("not an option of a server", found="threads")
    judging.check_options(None, options)
    return options


def _named(model: str) -> str:
    if len(model) > NAME_LETTERS:
        raise Wrong(400, "the name is too long", accepted=f"at most {NAME_LETTERS} letters")
    return model


ENDPOINTS = (inspect, reference, learn, learning, as_yaml)
