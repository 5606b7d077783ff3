"""Texts in an Arrow buffer become integer codes and a dictionary, without a Python object for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_Step = tuple[Any, int, Words, Words]
"""Rows with a word at a place of the text, the place, these words, and the bytes of them that count."""

SHORT = 12
"""Most bytes of a text that lies in its Arrow view itself."""

_CHUNK = 1 << 15  # rows at a time: the chunk's words, keys and slots stay in the L2 cache
_FIRST = 1 << 11  # new keys of a chunk that are looked at before all others
_SMALL = 128  # rows up to which a Python dictionary is quicker
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)
_LITTLE = np.dtype("<u8")


class Texts(Sequence[str]):
    """Distinct texts as UTF-8 bytes; they become Python texts when one of them is asked for."""

    def __init__(self, data: Bytes, starts: Integers, lengths: Integers) -> None:
        """`data` ends with eight bytes of padding."""
        self.data, self.starts, self.lengths = data, starts, lengths
        self._list: list[str] | None = None

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
                self._list = [_decode(raw[a:b]) for a, b in zip(starts, stops, strict=True)]
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
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        lengths = np.array([len(item) for item in raw], np.int64)
        data = np.frombuffer(b"".join([*raw, bytes(8)]), np.uint8)
        texts = Texts(data, np.cumsum(lengths) - lengths, lengths)
    found = np.empty(len(texts), np.uint64)
    words = _words(texts.data)
    for low in range(0, len(texts), _CHUNK):
        part = slice(low, low + _CHUNK)
        found[part] = _mix(_keys(words, texts.starts[part], texts.lengths[part]) ^ _MULTIPLIER)
    return found


def encode(data: Bytes, starts: Integers, lengths: Integers) -> tuple[npt.NDArray[np.int32], Sequence[str]]:
    """Codes, shape (rows,), and the distinct texts they point to, in order of discovery.

    Args:
        data: UTF-8 bytes of all texts.
        starts, lengths: shape (rows,): where each text lies in `data`.

    Texts of up to seven bytes are their own key; longer ones are hashed and compared with the entry
    they were matched to, so equal codes always mean equal bytes. Bytes that are not UTF-8 are kept as
    lone surrogates.
    """
    if len(starts) <= _SMALL:
        return _encode_slowly(data, starts, lengths)
    coder = _Coder()
    codes = np.empty(len(starts), np.int32)
    for low in range(0, len(starts), _CHUNK):
        part = slice(low, low + _CHUNK)
        found = coder.add(data, starts[part], lengths[part])
        if found is None:
            return _encode_slowly(data, starts, lengths)
        codes[part] = found
    return codes, coder.texts()


def encode_views(views: Words, buffers: Sequence[Bytes]) -> tuple[npt.NDArray[np.int32], Sequence[str]]:
    """As `encode`, of texts as Arrow's views of them.

    Args:
        views: shape (rows, 2): length (32 bits), then up to twelve bytes and zeros; longer texts have four
            bytes, the number of a buffer and where they start in it.
        buffers: the bytes of longer texts.
    """
    parts = views.view("<u4").reshape(-1, 4)
    long = np.flatnonzero(parts[:, 0] > SHORT)
    if len(long) == 0:
        return _encode_short(views)
    bases = np.cumsum([0, *map(len, buffers)])
    data = buffers[0] if len(buffers) == 1 else np.concatenate(buffers)
    starts = bases[parts[long, 2]] + parts[long, 3].astype(np.int64)
    codes, texts = encode(data, starts, parts[long, 0].astype(np.int64))
    if len(long) == len(views):
        return codes, texts
    short = np.flatnonzero(parts[:, 0] <= SHORT)
    of_short, short_texts = _encode_short(views[short])
    found = np.empty(len(views), np.int32)
    found[short], found[long] = of_short, codes + np.int32(len(short_texts))
    return found, _together(short_texts, texts)


def _encode_short(views: Words) -> tuple[npt.NDArray[np.int32], Sequence[str]]:
    """As `encode_views`, where no text is longer than its view: equal views are equal texts."""
    table, codes = _Table(), np.empty(len(views), np.int32)
    known = np.empty((0, 2), np.uint64)
    same = True
    for low in range(0, len(views), _CHUNK):
        part = views[low : low + _CHUNK]
        head, tail = part[:, 0].copy(), part[:, 1].copy()
        found, first = table.codes(_mix(tail ^ _MULTIPLIER) ^ head)
        if len(first):
            known = np.concatenate([known, part[first]])
        same = same and np.array_equal(known[:, 0][found], head) and np.array_equal(known[:, 1][found], tail)
        codes[low : low + _CHUNK] = found
    lengths = (known[:, 0] & _MASKS[4]).astype(np.int64)
    data = np.append(known.astype(_LITTLE).view(np.uint8), np.zeros(8, np.uint8))
    behind = np.arange(SHORT) >= lengths[:, None]
    if same and not data[:-8].reshape(-1, 16)[:, 4:][behind].any():
        return codes, Texts(data, 16 * np.arange(len(known)) + 4, lengths)
    # Two texts share a key, or there is more than zeros after a text.
    data, starts = np.ascontiguousarray(views).view(np.uint8).ravel(), 16 * np.arange(len(views)) + 4
    return _encode_slowly(data, starts, (views[:, 0] & _MASKS[4]).astype(np.int64))


def _together(first: Sequence[str], second: Sequence[str]) -> Sequence[str]:
    if isinstance(first, Texts) and isinstance(second, Texts):
        starts = np.append(first.starts, len(first.data) + second.starts)
        lengths = np.append(first.lengths, second.lengths)
        return Texts(np.append(first.data, second.data), starts, lengths)
    return [*first, *second]


class _Table:
    """A growing open-addressing table from 64-bit keys to codes; all steps work on whole chunks."""

    def __init__(self) -> None:
        self.count = 0
        self.keys = np.empty(1 << 10, np.uint64)
        self._rehash(12)

    def codes(self, keys: Words) -> tuple[npt.NDArray[np.int32], Integers]:
        """The code of each key, and where those stand that were new, in the order of their codes."""
        codes = self._find(keys)
        fresh = np.flatnonzero(codes < 0)
        added = [np.empty(0, np.intp)]
        look = _FIRST  # which mostly hold all keys that there are
        while len(fresh):
            _, first = np.unique(keys[fresh[:look]], return_index=True)
            first = fresh[np.sort(first)]
            self._insert(keys[first])
            added.append(first)
            codes[fresh] = self._find(keys[fresh])
            fresh = fresh[codes[fresh] < 0]
            look = len(keys)
        return codes, np.concatenate(added)

    def _find(self, keys: Words) -> npt.NDArray[np.int32]:
        """Code of each key, -1 for a new one."""
        slot = (keys * _MULTIPLIER) >> self.shift
        codes: npt.NDArray[np.int32] = self.slots[slot.view(np.int64)]
        wrong = np.flatnonzero((self.keys[codes] != keys) & (codes >= 0))
        while len(wrong):
            slot[wrong] = (slot[wrong] + np.uint64(1)) & self.last
            codes[wrong] = self.slots[slot[wrong].view(np.int64)]
            here = codes[wrong]
            wrong = wrong[(here >= 0) & (self.keys[here] != keys[wrong])]
        return codes

    def _insert(self, keys: Words) -> None:
        total = self.count + len(keys)
        self.keys = _grown(self.keys, self.count, total)
        self.keys[self.count : total] = keys
        old, self.count = self.count, total
        if total * 4 > len(self.slots):
            self._rehash(int(total * 8 - 1).bit_length())
        else:
            self._place(np.arange(old, total))

    def _rehash(self, bits: int) -> None:
        self.slots = np.full(1 << bits, -1, np.int32)
        self.shift = np.uint64(64 - bits)
        self.last = np.uint64((1 << bits) - 1)
        self._place(np.arange(self.count))

    def _place(self, codes: Integers) -> None:
        slot = (self.keys[codes] * _MULTIPLIER) >> self.shift
        while len(codes):
            at = slot.view(np.int64)
            free = self.slots[at] < 0
            self.slots[at[free]] = codes[free]
            left = self.slots[at] != codes
            codes, slot = codes[left], (slot[left] + np.uint64(1)) & self.last


class _Coder:
    """Gives codes to texts, and keeps each distinct one."""

    def __init__(self) -> None:
        self.table = _Table()
        self.lengths = np.empty(1 << 10, np.int64)
        self.starts = np.empty(1 << 10, np.int64)
        self.arena = np.zeros(1 << 14, np.uint8)
        self.used = 0

    def add(self, data: Bytes, starts: Integers, lengths: Integers) -> npt.NDArray[np.int32] | None:
        """Codes of a chunk of texts; None when two different texts share a 64-bit hash."""
        low = int(starts.min()) if len(starts) else 0
        high = int((starts + lengths).max()) if len(starts) else 0
        if high - low > 64 * max(int(lengths.sum()), 1024):
            data, starts = _gather(data, starts, lengths), np.cumsum(lengths) - lengths
            low, high = 0, len(data)
        local = np.zeros(high - low + 8, np.uint8)
        local[: high - low] = data[low:high]
        starts = starts - low
        steps: list[_Step] = []
        codes, first = self.table.codes(_keys(_words(local), starts, lengths, steps))
        if len(first):
            self._keep(local, starts[first], lengths[first])
        return codes if self._same(codes, lengths, steps) else None

    def texts(self) -> Texts:
        """The distinct texts, by code."""
        data, count = self.arena[: self.used + 8].copy(), self.table.count
        return Texts(data, self.starts[:count].copy(), self.lengths[:count].copy())

    def _keep(self, local: Bytes, starts: Integers, lengths: Integers) -> None:
        total = self.table.count
        old = total - len(starts)
        self.lengths = _grown(self.lengths, old, total)
        self.starts = _grown(self.starts, old, total)
        packed = _gather(local, starts, lengths)
        self.arena = _grown(self.arena, self.used, self.used + len(packed) + 8)
        self.arena[self.used : self.used + len(packed)] = packed
        here = slice(old, total)
        self.lengths[here] = lengths
        self.starts[here] = self.used + np.cumsum(lengths) - lengths
        self.used += len(packed)

    def _same(self, codes: npt.NDArray[np.int32], lengths: Integers, steps: list[_Step]) -> bool:
        """Every text equals the entry it was matched to."""
        if not np.array_equal(self.lengths[codes], lengths):
            return False
        known = _words(self.arena)
        for rows, done, here, masks in steps:
            there = known[self.starts[codes[rows]] + done]
            if not np.array_equal(there & masks, here):
                return False
        return True


def _keys(words: Words, starts: Integers, lengths: Integers, steps: list[_Step] | None = None) -> Words:
    """64-bit key of each text: its bytes and length where they fit, else a hash of both.

    `steps` receives the words that were hashed.
    """
    masks = _MASKS[np.minimum(lengths, 8)]
    keys: Words = words[starts] & masks
    rows: Any = np.flatnonzero(lengths > 7)
    here = keys[rows]
    keys |= np.minimum(lengths, 7).astype(np.uint64) << np.uint64(56)
    mixed = lengths[rows].astype(np.uint64) * _MULTIPLIER
    masks, done = masks[rows], 0
    while len(rows):
        if steps is not None:
            steps.append((rows, done, here, masks))
        mixed = _mix(mixed ^ here)
        keys[rows] = mixed
        done += 8
        rows, mixed = _longer(rows, mixed, lengths, done)
        masks = _MASKS[np.minimum(lengths[rows] - done, 8)]
        here = words[starts[rows] + done] & masks
    return keys


def _longer(rows: Any, mixed: Words, lengths: Integers, done: int) -> tuple[Any, Words]:
    keep = lengths[rows] > done
    return (rows, mixed) if keep.all() else (rows[keep], mixed[keep])


def _mix(words: Words) -> Words:
    words = words * np.uint64(0xD6E8FEB86659FD93)
    words ^= words >> np.uint64(32)
    words *= np.uint64(0xA0761D6478BD642F)
    words ^= words >> np.uint64(29)
    return words


def _words(data: Bytes) -> Words:
    """The eight bytes from each position on, as words (a view; the last 8 bytes are padding)."""
    words: Words = np.ndarray((max(len(data) - 7, 0),), _LITTLE, data, strides=(1,))
    return words


def _gather(data: Bytes, starts: Integers, lengths: Integers) -> Bytes:
    """The bytes of all texts, one after the other."""
    total = int(lengths.sum())
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return data[np.arange(total) + shift]


def _grown(array: npt.NDArray[Any], used: int, needed: int) -> npt.NDArray[Any]:
    if needed <= len(array):
        return array
    larger = np.zeros(max(needed, 2 * len(array)), array.dtype)
    larger[:used] = array[:used]
    return larger


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def _encode_slowly(
    data: Bytes, starts: Integers, lengths: Integers
) -> tuple[npt.NDArray[np.int32], Sequence[str]]:
    known: dict[bytes, int] = {}
    stops = (starts + lengths).tolist()
    codes = [
        known.setdefault(data[a:b].tobytes(), len(known)) for a, b in zip(starts.tolist(), stops, strict=True)
    ]
    return np.array(codes, np.int32), [_decode(text) for text in known]
