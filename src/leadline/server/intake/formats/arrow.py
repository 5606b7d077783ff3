"""An Arrow IPC stream as columns.

It is read by pyarrow, which checks every offset of a body before it is followed. nanoarrow, by which frames
in memory are read, does not: a body with some bytes changed ends the process.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

from leadline.errors import DataError, MissingExtraError
from leadline.stores.cells import finite

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def columns(body: bytes, own: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """A section of columns.

    A column named `GROUP.FIELD` belongs to a group; one that is neither that nor a name of the section is a
    feature, where the section has features. Times are seconds where the section names them, else ISO 8601.

    Args:
        body: a stream of record batches, whose buffers are not compressed.
        own: columns of the section; groups: names whose columns are objects of fields.

    Raises:
        DataError: it is no such stream.
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError.named("pyarrow", "arrow", "an Arrow body") from None
    try:
        return _sections(_table(body), own, groups)
    except DataError:
        raise
    # Names and values of a hostile stream may be of no encoding and beyond all calendars.
    except (pyarrow.ArrowException, ValueError, KeyError, ArithmeticError, OSError, struct.error) as error:
        raise DataError("not an Arrow stream", found=f"{type(error).__name__}: {error}") from None


def _table(body: bytes) -> Any:
    import pyarrow
    from pyarrow import ipc

    for message in ipc.MessageReader.open_stream(pyarrow.BufferReader(body)):
        if _is_compressed(message.metadata.to_pybytes(), message.type):
            raise _COMPRESSED
    with ipc.open_stream(pyarrow.BufferReader(body)) as stream:
        batches = list(stream)
        for batch in batches:
            batch.validate(full=True)
        return pyarrow.Table.from_batches(batches, stream.schema)


def _sections(table: Any, own: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": table.num_rows}
    for name, column in zip(table.column_names, table.columns, strict=True):
        group, dot, field = name.partition(".")
        if name in own:
            found[name] = _values(column, seconds=name == "timestamp")
        elif dot and group in groups:
            found.setdefault(group, {})[field] = _values(column)
        elif group == "score" and dot:
            found["score"] = _by_class(found.get("score"), field, _values(column))
        elif "features" in groups:
            found.setdefault("features", {})[name] = _values(column)
        else:
            raise DataError("unknown column", where=name, accepted=own)
    return found


_COMPRESSED = DataError(
    "compressed buffers",
    accepted="buffers as they are, and the whole body as gzip or zstd",
    next_step="How large they would become is known only when it is too late; see Content-Encoding.",
)


def _is_compressed(metadata: bytes, kind: str) -> bool:
    """Whether a record batch, or that of a dictionary, has compressed buffers (field 3 of `RecordBatch`)."""
    header = _field(metadata, _follow(metadata, 0), 2)
    if header is None or kind not in ("record batch", "dictionary"):
        return False
    batch = _follow(metadata, header)
    if kind == "dictionary":
        data = _field(metadata, batch, 1)
        if data is None:
            return False
        batch = _follow(metadata, data)
    return _field(metadata, batch, 3) is not None


def _follow(buffer: bytes, place: int) -> int:
    """Where the table is that a FlatBuffers offset points to."""
    return place + int(struct.unpack_from("<I", buffer, place)[0])


def _field(buffer: bytes, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffers table is; None: it has none."""
    fields = table - int(struct.unpack_from("<i", buffer, table)[0])
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", buffer, fields)[0]:
        return None
    offset = int(struct.unpack_from("<H", buffer, fields + place)[0])
    return table + offset if offset else None


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


def _by_class(known: list[Any] | None, name: str, values: Any) -> list[Any]:
    plain = values["values"] if isinstance(values, dict) else values
    found = known if known is not None else [{} for _ in plain]
    for own, value in zip(found, plain, strict=True):
        own[name] = value
    return found
