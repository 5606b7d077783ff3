"""How much room models take, and how much a year of them would."""

from __future__ import annotations

import msgspec

from leadline.schedule import DAY
from leadline.stores.contract import QUARTER, RowStore
from leadline.stores.metadata import Metadata

YEAR_DAYS = 365


class ModelSize(msgspec.Struct, frozen=True):
    """Bytes of a model.

    Attributes:
        model: whose.
        rows: predictions that are kept, with all their values or as stubs.
        rows_bytes: of predictions, labels and feedback, in blocks of a quarter of a megabyte.
        buckets: profiles that are kept.
        profiles_bytes: of them.
        days: over which the rows came, or over which they lie by their own times.
        year_bytes: what a year like these days takes: rows as long as they are kept, and profiles; null: too
            little has come to say.
    """

    model: str
    rows: int
    rows_bytes: int
    buckets: int
    profiles_bytes: int
    days: float
    year_bytes: int | None


def sizes(store: RowStore, metadata: Metadata) -> list[ModelSize]:
    """The size of each model, by name; as of the last checkpoint."""
    return [_size(store, metadata, model) for model in sorted(store.models())]


def _size(store: RowStore, metadata: Metadata, model: str) -> ModelSize:
    found, rows = store.size(model), store.rows(model)["predictions"]
    rows_bytes = sum(found.rows.values())
    days = store.span(model) / DAY
    year = None
    if days > QUARTER / DAY and rows:
        kept = min(YEAR_DAYS, metadata.retention.of(model).rows_days)
        year = int(rows_bytes / days * min(kept, YEAR_DAYS) + found.profiles / days * YEAR_DAYS)
    return ModelSize(model, rows, rows_bytes, found.buckets, found.profiles, round(days, 3), year)
