"""Which models a store has, and which tables and columns hold their rows.

A section of a model is a table: the number of the batch, the place in it, id, time, and a column `c0`, `c1`,
... for each kind of each field, which `fields` names. Names that users choose are values only, never part of
a statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from leadline.errors import DataError
from leadline.stores.cells import Key, Kind
from leadline.stores.contract import FIELDS, MODELS, Batch, Section, TooManyFields
from leadline.stores.duckdb_tables import transaction

_TYPES: Mapping[Kind, str] = {
    "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR", "nested": "VARCHAR",
}  # fmt: skip


@dataclass
class Model:
    """What is known of a model's tables.

    Attributes:
        number: of the model.
        places: by section, the column of each key.
        rows: by section, how many are kept; None: not known, they are counted when somebody asks.
    """

    number: int
    places: dict[Section, dict[Key, int]] = field(
        default_factory=lambda: {section: {} for section in get_args(Section)}
    )
    rows: dict[Section, int] | None = None


def known(cursor: Any) -> dict[str, Model]:
    """The models by name."""
    models = {
        name: Model(number)
        for number, name in cursor.execute("SELECT model, name FROM models ORDER BY model").fetchall()
    }
    by_number = {model.number: model for model in models.values()}
    fields = cursor.execute("SELECT * FROM fields ORDER BY rowid").fetchall()
    for number, section, group, name, kind in fields:
        places = by_number[number].places[section]
        places[Key(group, name, kind)] = len(places)
    return models


def make_room(writer: Any, models: dict[str, Model], batch: Batch) -> None:
    """Tables and columns for what a batch holds, in a transaction of their own; the models learn of them.

    Raises:
        DataError: it would be too many.
    """
    model = models.get(batch.model)
    if model is None and len(models) >= MODELS:
        raise DataError(
            "too many models", found=batch.model, accepted=f"at most {MODELS}",
            next_step="Log what serves alike as one model, and tell its parts by version or segment.",
        )  # fmt: skip
    made = Model(len(models) + 1) if model is None else model
    new = [
        (section, key)
        for section, rows in batch.sections.items()
        for key in rows.columns
        if key not in made.places[section]
    ]
    if model is not None and not new:
        return
    beyond: dict[Section, list[Key]] = {}
    for section in batch.sections:
        added = [key for own, key in new if own == section]
        if more := added[FIELDS - len(made.places[section]) :]:
            beyond[section] = more
    if beyond:
        raise TooManyFields(batch.model, beyond)
    with transaction(writer):
        if model is None:
            _make_tables(writer, made, batch.model, new)
        else:
            _make_columns(writer, made, new)
        if new:
            named = [(made.number, section, *key) for section, key in new]
            writer.executemany("INSERT INTO fields VALUES (?, ?, ?, ?, ?)", named)
    models[batch.model] = made
    for section, key in new:
        made.places[section][key] = len(made.places[section])


def _make_tables(writer: Any, model: Model, name: str, new: Sequence[tuple[Section, Key]]) -> None:
    """With all columns at once: each one that is added later takes the longer the more there are."""
    writer.execute("INSERT INTO models (model, name) VALUES (?, ?)", [model.number, name])
    for section in get_args(Section):
        kinds = [key.kind for own, key in new if own == section]
        columns = [f"c{place} {_TYPES[kind]}" for place, kind in enumerate(kinds)]
        fixed = ["batch BIGINT", "place BIGINT", "id VARCHAR", "moment BIGINT"]
        writer.execute(f"CREATE TABLE {section}_{model.number} ({', '.join(fixed + columns)})")


def _make_columns(writer: Any, model: Model, new: Sequence[tuple[Section, Key]]) -> None:
    """One by one: a statement adds one column, and a table made anew would take longer."""
    count = {section: len(places) for section, places in model.places.items()}
    for section, key in new:
        writer.execute(
            f"ALTER TABLE {section}_{model.number} ADD COLUMN c{count[section]} {_TYPES[key.kind]}"
        )
        count[section] += 1
