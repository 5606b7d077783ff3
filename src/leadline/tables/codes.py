"""Texts in Arrow buffers become integer codes and a dictionary, without a Python object for each row.

The compiled loops do it where they are at hand, a Python dictionary elsewhere, and where rows are few.
"""

from __future__ import annotations

import ctypes
import secrets
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, WHOLE, WORD, address, available, contiguous, kernel
from leadline.tables.texts import Bytes, Integers, Texts, Words, decoded

Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

SHORT = 12
"""Most bytes of a text that lies in its Arrow view itself."""

_SMALL = 64
"""Rows up to which a Python dictionary is quicker."""

_ROOM = 1 << 11
"""Distinct texts for which there is room at first."""

_ENTRY = 5
"""Words of an `Entry` of `native/texts.c`."""

_SEED = secrets.randbits(64)


class _Known(ctypes.Structure):
    """`Known` of `native/texts.c`."""

    _fields_ = (
        ("slots", ADDRESS), ("size", WHOLE), ("entries", ADDRESS), ("count", WHOLE), ("seed", WORD),
    )  # fmt: skip


class _Plain(ctypes.Structure):
    """`Plain` of `native/texts.c`."""

    _fields_ = (("data", ADDRESS), ("size", WHOLE), ("starts", ADDRESS), ("lengths", ADDRESS))


class _Views(ctypes.Structure):
    """`Views` of `native/texts.c`."""

    _fields_ = (("views", ADDRESS), ("buffers", ADDRESS), ("sizes", ADDRESS), ("count", WHOLE))


def encode(
    data: Bytes, starts: Integers, lengths: Integers, valid: Mask | None = None
) -> tuple[Codes, Sequence[str]]:
    """Codes, shape (rows,), and the distinct texts they point to, in order of discovery.

    Args:
        data: UTF-8 bytes of all texts.
        starts, lengths: shape (rows,): where each text lies in `data`.
        valid: shape (rows,), False where there is no text, whose code is 0; None: all valid.

    Equal codes always mean equal bytes. Bytes that are not UTF-8 are kept as lone surrogates.

    Raises:
        ValueError: a text lies outside of its bytes.
    """
    rows = len(starts)
    if rows <= _SMALL or not available():
        return _encode_slowly([data], np.zeros(rows, np.intp), starts, lengths, valid)
    data = np.ascontiguousarray(data)
    starts, lengths = np.ascontiguousarray(starts), np.ascontiguousarray(lengths)
    source = _Plain(address(data), len(data), address(starts), address(lengths))
    return _compiled("encode", source, rows, valid)


def encode_views(
    views: Words, buffers: Sequence[Bytes], valid: Mask | None = None
) -> tuple[Codes, Sequence[str]]:
    """As `encode`, of texts as Arrow's views of them.

    Args:
        views: shape (rows, 2): length (32 bits), then up to twelve bytes and zeros; longer texts have four
            bytes, the number of a buffer and where they start in it.
        buffers: the bytes of longer texts.
        valid: shape (rows,), False where there is no text, whose code is 0; None: all valid.
    """
    views = np.ascontiguousarray(views)
    if len(views) > _SMALL and available():
        held = [np.ascontiguousarray(buffer) for buffer in buffers]
        addresses = np.array([address(buffer) or 0 for buffer in held], np.uintp)
        sizes = np.array([len(buffer) for buffer in held], np.int64)
        source = _Views(address(views), address(addresses), address(sizes), len(held))
        return _compiled("encode_views", source, len(views), valid)
    parts = views.view("<i4").reshape(-1, 4)
    lengths = parts[:, 0].astype(np.int64)
    long = lengths > SHORT
    buffer = np.where(long, np.where(parts[:, 2] < 0, -1, parts[:, 2] + 1), 0)
    starts = np.where(long, parts[:, 3], 16 * np.arange(len(views)) + 4)
    return _encode_slowly([views.view(np.uint8).ravel(), *buffers], buffer, starts, lengths, valid)


def joined(dictionaries: Sequence[Sequence[str]]) -> tuple[list[Codes], Sequence[str]]:
    """One dictionary of several, and the code in it of each entry of each."""
    texts = [part if isinstance(part, Texts) else Texts.of(part) for part in dictionaries]
    data = np.concatenate([part.data for part in texts])
    bases = np.cumsum([0, *(len(part.data) for part in texts)])
    starts = np.concatenate([part.starts + base for part, base in zip(texts, bases, strict=False)])
    codes, found = encode(data, starts, np.concatenate([part.lengths for part in texts]))
    return np.split(codes, np.cumsum([len(part) for part in texts])[:-1]), found


def _compiled(name: str, source: ctypes.Structure, rows: int, valid: Mask | None) -> tuple[Codes, Texts]:
    encode = kernel(name, WHOLE, ADDRESS, ADDRESS, WHOLE, WHOLE, ADDRESS, ADDRESS)
    mask = contiguous(valid)
    codes = np.empty(rows, np.int32)
    slots = np.full(2 * _ROOM, -1, np.int32)
    entries = np.empty((_ROOM, _ENTRY), np.int64)
    known = _Known(address(slots), len(slots), address(entries), 0, _SEED)
    where, here = ctypes.addressof(source), ctypes.addressof(known)
    row = encode(where, address(mask), 0, rows, here, address(codes))
    while 0 <= row < rows:
        slots = np.full(4 * len(slots), -1, np.int32)
        entries = np.resize(entries, (len(slots) // 2, _ENTRY))
        known.slots, known.size, known.entries = address(slots), len(slots), address(entries)
        kernel("place_codes", None, ADDRESS)(here)
        row = encode(where, address(mask), row, rows, here, address(codes))
    if row < 0:
        raise ValueError(f"the text of row {-1 - row:,} lies outside of its bytes")
    starts, lengths = np.empty(known.count, np.int64), np.empty(known.count, np.int64)
    copy = kernel(f"copy_{name}", WHOLE, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS)
    size = copy(where, here, address(starts), address(lengths), None)
    data = np.zeros(size + 8, np.uint8)
    copy(where, here, address(starts), address(lengths), address(data))
    return codes, Texts(data, starts, lengths)


def _encode_slowly(
    buffers: Sequence[Bytes], buffer: Integers, starts: Integers, lengths: Integers, valid: Mask | None
) -> tuple[Codes, Sequence[str]]:
    known: dict[bytes, int] = {}
    codes = np.zeros(len(starts), np.int32)
    rows = range(len(starts)) if valid is None else np.flatnonzero(valid).tolist()
    raw = [part.tobytes() for part in buffers]
    places, stops = starts.tolist(), (starts + lengths).tolist()
    numbers = buffer.tolist()
    for row in rows:
        start, stop = places[row], stops[row]
        if not 0 <= numbers[row] < len(raw) or not 0 <= start <= stop <= len(raw[numbers[row]]):
            raise ValueError(f"the text of row {row:,} lies outside of its bytes")
        codes[row] = known.setdefault(raw[numbers[row]][start:stop], len(known))
    return codes, [decoded(text) for text in known]
