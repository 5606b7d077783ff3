"""What clients are to do with a model's fields before anything leaves their process."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE policies (model TEXT PRIMARY KEY, policy TEXT)
"""


class _Action(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="action",
    tag=str.lower,
):
    """What is done to each value of a field."""


class Drop(_Action, frozen=True):
    """The field never leaves the process."""


class Hash(_Action, frozen=True):
    """A keyed hash stands in its place; a client without a key sends nothing of the model."""


class Truncate(_Action, frozen=True):
    """Only so many of its first characters are kept."""

    characters: Annotated[int, Meta(ge=0, le=1_000_000)]


class Generalise(_Action, frozen=True):
    """A number is rounded down to a multiple of `step`, or a time or an address is cut `to` its beginning."""

    step: Annotated[float, Meta(gt=0)] | None = None
    to: Literal["year", "month", "day", "hour", "network"] | None = None

    def __post_init__(self) -> None:
        if (self.step is None) == (self.to is None):
            raise ValueError("accepted: either step or to")


class Redact(_Action, frozen=True):
    """In texts, what has the shape of these kinds of personal data is replaced; by default of all kinds."""

    kinds: (
        Annotated[
            tuple[Literal["card", "email", "iban", "ip", "national_id", "phone"], ...],
            Meta(min_length=1, max_length=6),
        ]
        | None
    ) = None


Action = Drop | Hash | Truncate | Generalise | Redact
Field = Annotated[str, Meta(min_length=1, max_length=500)]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What clients do before they encode a model's rows, after what their own program states.

    Attributes:
        fields: by name: of features, segments and feedback, and `score`, `prediction`, `label`, `error`,
            `weight`, `id`; `*` stands for features, segments and feedback that are not named. An id can only
            be hashed, as labels find their predictions by it.
    """

    fields: Annotated[dict[Field, Action], Meta(max_length=3_000)] = {}

    def __post_init__(self) -> None:
        if not isinstance(self.fields.get("id", Hash()), Hash):
            raise ValueError("id can only be hashed, as labels find their predictions by it")


class Policies:
    """Policies by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, own: Transaction, model: str, policy: Policy) -> None:
        """State that of a model, in the place of the one before."""
        own.do("DELETE FROM policies WHERE model = ?", [model])
        if policy.fields:
            own.do("INSERT INTO policies VALUES (?, ?)", [model, msgspec.json.encode(policy).decode()])

    def of(self, model: str) -> Policy:
        """That of a model; without fields, where none was stated."""
        found = self._database.all("SELECT policy FROM policies WHERE model = ?", [model])
        return msgspec.json.decode(found[0][0], type=Policy) if found else Policy()
