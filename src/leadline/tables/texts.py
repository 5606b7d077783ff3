"""Distinct texts as bytes, without a Python object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_CHUNK = 1 << 15  # texts at a time: the chunk's words and keys stay in the L2 cache
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND, _ALL = 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, (1 << 64) - 1
_FEW = 16  # texts up to which plain numbers are quicker than arrays, of which each word takes several
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)
_LITTLE = np.dtype("<u8")


class Texts(Sequence[str]):
    """Distinct texts as UTF-8 bytes; they become Python texts when one of them is asked for."""

    def __init__(self, data: Bytes, starts: Integers, lengths: Integers) -> None:
        """`data` ends with eight bytes of padding."""
        self.data, self.starts, self.lengths = data, starts, lengths
        self._list: list[str] | None = None

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """The bytes of some texts; lone surrogates have bytes, too."""
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        lengths = np.array([len(item) for item in raw], np.int64)
        data = np.frombuffer(b"".join([*raw, bytes(8)]), np.uint8)
        return cls(data, np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._decoded()[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __repr__(self) -> str:
        return repr(self._decoded())

    def _decoded(self) -> list[str]:
        if self._list is None:
            starts, stops = self.starts.tolist(), (self.starts + self.lengths).tolist()
            raw = self.data.tobytes()
            if raw.isascii():
                text = raw.decode("ascii")
                self._list = [text[a:b] for a, b in zip(starts, stops, strict=True)]
            else:
                self._list = [decoded(raw[a:b]) for a, b in zip(starts, stops, strict=True)]
        return self._list


def pick(texts: Sequence[str], places: npt.NDArray[np.intp]) -> Sequence[str]:
    """Some of the texts, without decoding the others."""
    if isinstance(texts, Texts):
        return Texts(texts.data, texts.starts[places], texts.lengths[places])
    return [texts[int(place)] for place in places]


def empty(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which texts have no character."""
    if isinstance(texts, Texts):
        return np.asarray(texts.lengths == 0)
    return np.fromiter((text == "" for text in texts), bool, len(texts))


def hashes(texts: Sequence[str]) -> Words:
    """A 64-bit hash of each text's UTF-8 bytes, shape (len(texts),), the same on every machine.

    Different texts of up to seven bytes never share one; others do with a chance of 2^-64 a pair, unless
    someone makes them do: the hash is not keyed.
    """
    if not isinstance(texts, Texts):
        texts = Texts.of(texts)
    found = np.empty(len(texts), np.uint64)
    words = _words(texts.data)
    for low in range(0, len(texts), _CHUNK):
        part = slice(low, low + _CHUNK)
        found[part] = _mix(_keys(words, texts.starts[part], texts.lengths[part]) ^ _MULTIPLIER)
    return found


def _keys(words: Words, starts: Integers, lengths: Integers) -> Words:
    """64-bit key of each text: its bytes and length where they fit, else a hash of both."""
    masks = _MASKS[np.minimum(lengths, 8)]
    keys: Words = words[starts] & masks
    rows: Any = np.flatnonzero(lengths > 7)
    here = keys[rows]
    keys |= np.minimum(lengths, 7).astype(np.uint64) << np.uint64(56)
    mixed = lengths[rows].astype(np.uint64) * _MULTIPLIER
    masks, done = masks[rows], 0
    while len(rows) > _FEW:
        mixed = _mix(mixed ^ here)
        keys[rows] = mixed
        done += 8
        rows, mixed = _longer(rows, mixed, lengths, done)
        masks = _MASKS[np.minimum(lengths[rows] - done, 8)]
        here = words[starts[rows] + done] & masks
    for row, key in zip(rows.tolist(), mixed.tolist(), strict=True):
        keys[row] = _chained(key, words, int(starts[row]) + done, int(starts[row] + lengths[row]))
    return keys


def _chained(key: int, words: Words, start: int, stop: int) -> int:
    """The key of one text, from the one before its bytes at `start`: a word at a time, without arrays."""
    for low in range(start, stop, 8 * _CHUNK):
        high = min(stop, low + 8 * _CHUNK)
        some = words[low:high:8].copy()
        some[-1] &= _MASKS[(high - low - 1) % 8 + 1]
        for word in some.tolist():
            key = ((key ^ word) * _FIRST) & _ALL
            key = ((key ^ key >> 32) * _SECOND) & _ALL
            key ^= key >> 29
    return key


def _longer(rows: Any, mixed: Words, lengths: Integers, done: int) -> tuple[Any, Words]:
    keep = lengths[rows] > done
    return (rows, mixed) if keep.all() else (rows[keep], mixed[keep])


def _mix(words: Words) -> Words:
    words = words * np.uint64(_FIRST)
    words ^= words >> np.uint64(32)
    words *= np.uint64(_SECOND)
    words ^= words >> np.uint64(29)
    return words


def _words(data: Bytes) -> Words:
    """The eight bytes from each position on, as words (a view; the last 8 bytes are padding)."""
    words: Words = np.ndarray((max(len(data) - 7, 0),), _LITTLE, data, strides=(1,))
    return words


def decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")
