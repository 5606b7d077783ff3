"""An Arrow IPC stream as columns.

Numbers, truth values and texts are read by `leadline.tables`, which checks every offset of a body before it
is followed, and go into the store as they are. A body with any other type is read by pyarrow, which checks,
too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from leadline.errors import DataError, MissingExtraError
from leadline.server.intake.ready import Classes, Ready
from leadline.stores.cells import Cells, Kind, concatenated, finite
from leadline.tables.arrow import physical
from leadline.tables.ipc_arrays import Array, Body, column
from leadline.tables.ipc_metadata import Node
from leadline.tables.ipc_source import CompressedError, Source
from leadline.tables.table import Column

MEDIA_TYPE = "application/vnd.apache.arrow.stream"

_KINDS: Mapping[str, Kind] = {
    "int": "integer", "float": "number", "bool": "boolean", "string": "text", "timestamp": "number",
}  # fmt: skip
"""By physical type of the columns that are read here; times only where they are those of the rows."""


def columns(body: bytes, own: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """A section of columns.

    A column named `GROUP.FIELD` belongs to a group; one that is neither that nor a name of the section is a
    feature, where the section has features. Times are seconds where the section names them, else ISO 8601.

    Args:
        body: a stream of record batches, whose buffers are not compressed.
        own: columns of the section; groups: names whose columns are objects of fields.

    Raises:
        DataError: it is no such stream.
        MissingExtraError: it holds types that are read with pyarrow, which is not installed.
    """
    try:
        return _sections(*_read(body), own, groups)
    except (DataError, MissingExtraError):
        raise
    except CompressedError:
        raise _COMPRESSED from None
    # Names and values of a hostile stream may be of no encoding and beyond all calendars.
    except (ValueError, LookupError, ArithmeticError, OSError, NotImplementedError) as error:
        raise DataError(
            "not an Arrow stream", found=f"{type(error).__name__}: {error}",
            next_step="Send what a writer of Arrow IPC streams wrote, up to its last byte.",
        ) from None  # fmt: skip


def _read(body: bytes) -> tuple[int, dict[str, Any]]:
    """The number of rows, and the columns by name."""
    source = Source.of(BytesIO(body), compressed=False)
    batches = list(source.batches())
    rows = sum(batch.about.length for batch, _ in batches)
    if not all(_is_plain(node) for node in source.columns):
        return rows, _through_pyarrow(body)
    return rows, {
        node.name: _ready(rows, node, [_part(*batch, number) for batch in batches])
        for number, node in enumerate(source.columns)
    }


def _is_plain(node: Node) -> bool:
    kind = physical(node)
    if kind == "timestamp":
        return node.name == "timestamp"
    return kind == "null" or kind in _KINDS


def _part(batch: Body, dictionaries: Mapping[int, Column], number: int) -> tuple[int, Cells | None]:
    """A column of a batch, as the store has it; None: it has no value."""
    node, rows = batch.columns[number], batch.about.length
    if node.format in ("u", "U"):
        return rows, _texts(batch.array(number))
    found = column(batch, number, dictionaries)
    kind = physical(node)
    if kind == "null" or (found.valid is not None and not found.valid.any()):
        return rows, None
    if found.dictionary is not None:
        pieces = [text.encode("utf-8", "replace") for text in found.dictionary]
        chosen = [pieces[code] for code in found.values.tolist()]
        return rows, Cells(np.fromiter(map(len, chosen), np.int64, rows), found.valid, b"".join(chosen))
    values = found.values / 1e6 if kind == "timestamp" else found.values
    if values.dtype.kind in "iu":
        beyond = values.dtype == np.uint64 and len(values) and values.max() >= 2**63
        values = values.astype(np.float64 if beyond else np.int64)
    elif values.dtype.kind == "f":
        values = values.astype(np.float64)
    return rows, Cells(values, found.valid)


def _texts(array: Array) -> Cells | None:
    """Texts as they lie there, once they are known to be UTF-8."""
    rows = array.length
    offsets = array.held[1].view("<i4" if array.schema.format == "u" else "<i8")[: rows + 1].astype(np.int64)
    valid = array.present() if array.null_count else None
    if not rows or (valid is not None and not valid.any()):
        return None
    data = array.held[2][offsets[0] : offsets[-1]]
    data.tobytes().decode()
    inner = offsets[(offsets > offsets[0]) & (offsets < offsets[-1])] - offsets[0]
    if ((data[inner] & 0xC0) == 0x80).any():
        raise ValueError("a text that ends within a letter")
    return Cells(np.diff(offsets), valid, data.tobytes())


def _ready(rows: int, node: Node, parts: Sequence[tuple[int, Cells | None]]) -> Ready:
    held = [cells for _, cells in parts if cells is not None]
    if not held:
        return Ready(rows, {})
    kind = _KINDS[physical(node)]
    if kind == "integer" and any(cells.values.dtype.kind == "f" for cells in held):
        kind = "number"
    return Ready(rows, {kind: concatenated(kind, parts)})


def _through_pyarrow(body: bytes) -> dict[str, Any]:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError.named("pyarrow", "arrow", "an Arrow body with lists or times") from None
    with pyarrow.ipc.open_stream(pyarrow.BufferReader(body)) as stream:
        batches = list(stream)
        for batch in batches:
            batch.validate(full=True)
        table = pyarrow.Table.from_batches(batches, stream.schema)
    named = zip(table.column_names, table.columns, strict=True)
    return {name: _values(found, seconds=name == "timestamp") for name, found in named}


def _sections(
    rows: int, named: Mapping[str, Any], own: Sequence[str], groups: Sequence[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": rows}
    for name, values in named.items():
        group, dot, field = name.partition(".")
        if name in own:
            found[name] = values
        elif dot and group in groups:
            found.setdefault(group, {})[field] = values
        elif group == "score" and dot:
            found["score"] = _by_class(found.get("score"), field, values)
        elif "features" in groups:
            found.setdefault("features", {})[name] = values
        else:
            raise DataError("unknown column", where=name, accepted=own)
    return found


_COMPRESSED = DataError(
    "compressed buffers",
    accepted="buffers as they are, and the whole body as gzip or zstd",
    next_step="How large they would become is known only when it is too late; see Content-Encoding.",
)


def _values(column: Any, seconds: bool = False) -> Any:
    """What JSON would have: a list, or an object where some numbers are not finite."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pyarrow.types.is_timestamp(kind) and seconds:
        micros = column.cast(pyarrow.timestamp("us", kind.tz), safe=False).cast(pyarrow.int64())
        return [None if value is None else value / 1e6 for value in micros.to_pylist()]
    values = column.to_pylist()
    if pyarrow.types.is_floating(kind):
        return finite(values)
    if pyarrow.types.is_primitive(kind) and not (
        pyarrow.types.is_temporal(kind) or pyarrow.types.is_decimal(kind)
    ):
        return values
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return float(value)


def _by_class(known: Any, name: str, values: Any) -> Any:
    """Scores by class; a single score beside them is none."""
    if isinstance(values, Ready):
        return Classes({**(known if isinstance(known, Classes) else {}), name: values})
    plain = values["values"] if isinstance(values, dict) else values
    found = known if isinstance(known, list) and known and isinstance(known[0], dict) else [{} for _ in plain]
    for own, value in zip(found, plain, strict=True):
        own[name] = value
    return found
