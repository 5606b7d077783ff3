"""Counting vectors (embeddings): sums of random features and of principal coordinates, and of their products.

The mean of random Fourier features stands for the distribution of the vectors: the distance of two such means
is a kernel distance of the distributions (Rahimi and Recht 2007; Gretton et al. 2012). Principal coordinates
give mean and covariance, and so the Frechet distance.

All arithmetic on rows is exact: vectors are rounded to whole numbers first, are multiplied with matrices of
whole numbers within the 53 bits of a float, and cosines come from a table of whole numbers. So the sums do
not depend on the order of the rows, on threads, or on the library that multiplies matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.profiles.file import Arrays
from leadline.tables.vectors import Vectors

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Group = npt.NDArray[np.intp]

FREQUENCIES = 32
"""Random frequencies; each gives a cosine and a sine."""

FEATURES = 2 * FREQUENCIES

COORDINATES = 32
"""Most principal directions along which coordinates are summed."""

DIMENSION_MAX = 1 << 14
"""Longest vector that is counted."""

ROWS_MIN = 50
"""Vectors below which nothing is learned of them."""

FEATURE_BITS, COORDINATE_BITS = 15, 10
"""Features are summed in units of 2**-15, coordinates (in standard deviations) in units of 2**-10."""

COORDINATE_CLIP = 32.0
"""Coordinates are clipped at so many standard deviations, so that 10**9 rows cannot overflow."""

_VALUE_BITS, _VALUE_CLIP = 15, 256.0
_PRODUCT_BITS = 29  # a value has at most 23 bits, and a product 52: exact as a float
_TABLE = 1 << 12
_COSINES = np.rint(np.cos(2 * np.pi * np.arange(_TABLE) / _TABLE) * 2.0**FEATURE_BITS)
_LEARNED_ROWS, _LEARNED_NUMBERS, _DIRECTION_ROWS, _DISTANCE_ROWS = 1 << 14, 1 << 24, 1 << 12, 500
_CHUNK, _CHUNK_NUMBERS = 1 << 12, 1 << 22
_SEED = 20_267
_ARRAYS = ("centre", "projection", "units", "spreads")


@dataclass(frozen=True)
class VectorAxis:
    """How the vectors of a column are summed.

    Attributes:
        centre: shape (d,): mean of the vectors that the axis was learned from.
        scale: root mean square of their distances from it, by coordinate.
        projection: shape (d, FREQUENCIES + k) int32: frequencies, then k <= COORDINATES directions.
        units: shape (FREQUENCIES + k,): turns of a frequency in parts of the table of cosines, and standard
            deviations of a coordinate in its unit, for a product with the projection.
        spreads: shape (k,): standard deviation along each direction, by that of a whole vector.
    """

    centre: Floats
    scale: float
    projection: npt.NDArray[np.int32]
    units: Floats
    spreads: Floats

    @property
    def cells(self) -> int:
        """Vectors are not counted into cells."""
        return 0

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return len(self.centre)

    @property
    def coordinates(self) -> int:
        """Number of directions."""
        return len(self.spreads)

    @property
    def size(self) -> int:
        """Sums that are kept: rows, and sums and products of features and of coordinates."""
        k = self.coordinates
        return 1 + FEATURES + FEATURES * (FEATURES + 1) // 2 + k + k * (k + 1) // 2

    def to_state(self) -> tuple[str, Arrays]:
        """The scale as hexadecimal text, and arrays, of which `from_state` makes an equal axis."""
        return self.scale.hex(), {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_state(cls, facts: str, arrays: Arrays) -> VectorAxis:
        """The axis that `to_state` described."""
        return cls(scale=float.fromhex(facts), **arrays)

    @cached_property
    def _matrix(self) -> Floats:
        return self.projection.astype(np.float64)

    @classmethod
    def learn(cls, vectors: Vectors, valid: Booleans | None) -> VectorAxis | None:
        """Learn the axis from vectors of the length that most rows have.

        None where fewer than half of the present rows, or than `ROWS_MIN`, have one length and finite
        numbers, or it is 0 or above `DIMENSION_MAX`.
        """
        present = len(vectors) if valid is None else int(valid.sum())
        lengths = vectors.lengths if valid is None else vectors.lengths[valid]
        if present == 0:
            return None
        found, rows = np.unique(lengths, return_counts=True)
        length = int(found[rows.argmax()])
        usable = np.flatnonzero((vectors.lengths == length) & (True if valid is None else valid))
        if not 0 < length <= DIMENSION_MAX:
            return None
        some = usable[:: len(usable) // min(_LEARNED_ROWS, max(_LEARNED_NUMBERS // length, ROWS_MIN)) + 1]
        values = vectors.take(some).matrix(length)[0]
        values = values[np.isfinite(values).all(1)]
        if len(values) < ROWS_MIN or 2 * len(usable) < present:
            return None
        return cls._of(values)

    @classmethod
    def _of(cls, values: Floats) -> VectorAxis:
        with np.errstate(over="ignore", invalid="ignore"):
            centre = values.mean(0)
            scale = float(np.sqrt(np.mean((values - centre) ** 2)))
        if not (np.isfinite(scale) and scale > 1e-150):  # they do not differ, or beyond the floating range
            centre, scale = np.where(np.isfinite(centre), centre, 0.0), 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            unit = np.clip((values - centre) / scale, -_VALUE_CLIP, _VALUE_CLIP)
        frequencies = _frequencies(unit)
        directions = _directions(unit)
        spread = np.sqrt(np.mean((unit @ directions) ** 2, axis=0))
        spread = np.maximum(spread, 1e-6 * max(float(spread.max(initial=0.0)), 1e-6))
        turns, turn_bits = _whole(frequencies / (2 * np.pi))
        steps, step_bits = _whole(directions)
        # Both are powers of two, or rounded once: the same on every machine.
        of_turn = np.full(FREQUENCIES, 2.0 ** (np.log2(_TABLE) - _VALUE_BITS - turn_bits))
        of_step = 2.0 ** (COORDINATE_BITS - _VALUE_BITS - step_bits) / spread
        return cls(
            centre,
            scale,
            np.hstack([turns, steps]).astype(np.int32),
            np.concatenate([of_turn, of_step]),
            spread / np.sqrt(len(centre)),
        )

    def map(self, values: Floats) -> tuple[Floats, Floats, Booleans]:
        """Features and coordinates of finite vectors as whole numbers, and which rows were clipped.

        Args:
            values: shape (n, d).

        Returns:
            Shapes (n, FEATURES): cosines, then sines; (n, k); (n,).
        """
        with np.errstate(over="ignore"):
            whole = (values - self.centre) * (1.0 / self.scale)
        clipped: Booleans = np.abs(whole).max(1) > _VALUE_CLIP
        np.clip(whole, -_VALUE_CLIP, _VALUE_CLIP, out=whole)
        whole *= 2.0**_VALUE_BITS
        product = np.rint(whole, out=whole) @ self._matrix
        product *= self.units
        at = np.floor(product[:, :FREQUENCIES]).astype(np.int64)
        features = np.hstack([_COSINES[at & (_TABLE - 1)], _COSINES[(at - _TABLE // 4) & (_TABLE - 1)]])
        coordinates = np.rint(product[:, FREQUENCIES:])
        limit = COORDINATE_CLIP * 2.0**COORDINATE_BITS
        clipped |= np.abs(coordinates).max(1) > limit
        return features, np.clip(coordinates, -limit, limit), clipped

    def means(self, sums: npt.NDArray[np.generic]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """What sums of shape (..., size) hold; means are 0 where there are no rows.

        Returns:
            Rows, shape (...); means and mean products of features, whose squares sum to 1 in each row; and
            those of coordinates, by the spread of a whole vector.
        """
        flat = sums.astype(np.float64)
        mean = flat[..., 1:] / np.maximum(flat[..., :1], 1.0)
        found, at = [], 0
        for unit in (
            np.full(FEATURES, 2.0**-FEATURE_BITS / np.sqrt(FREQUENCIES)),
            2.0**-COORDINATE_BITS * self.spreads,
        ):
            k = len(unit)
            upper = np.triu_indices(k)
            products = np.zeros((*mean.shape[:-1], k, k))
            products[..., upper[0], upper[1]] = mean[..., at + k : at + k + len(upper[0])]
            products[..., upper[1], upper[0]] = products[..., upper[0], upper[1]]
            found += [mean[..., at : at + k] * unit, products * np.outer(unit, unit)]
            at += k + len(upper[0])
        return flat[..., 0], found[0], found[1], found[2], found[3]


@dataclass(frozen=True)
class VectorCounts:
    """What rows add to a column of vectors, for each of G groups.

    Attributes:
        sums: shape (G, axis.size).
        nan, infinite, unreadable, clipped: shape (G,): rows with a number that is NaN, or infinite; with a
            list of another length; and counted rows that lie beyond the clipping bounds.
    """

    sums: Ints
    nan: Ints
    infinite: Ints
    unreadable: Ints
    clipped: Ints


def count(
    axis: VectorAxis, vectors: Vectors, valid: Booleans | None, group: Group | None, groups: int
) -> VectorCounts:
    """Count the present vectors.

    Args:
        vectors: of the rows.
        valid: shape (rows,), False where null; None: all valid.
        group: shape (rows,): of each row; None: all in group 0.
        groups: their number.
    """
    place = np.arange(len(vectors)) if valid is None else np.flatnonzero(valid)
    if group is not None:
        place = place[np.argsort(group[place], kind="stable")]
    sums = np.zeros((groups, axis.size), np.int64)
    beside = np.zeros((4, groups), np.int64)
    step = max(1, min(_CHUNK, _CHUNK_NUMBERS // axis.dimension))
    for start in range(0, len(place), step):
        rows = place[start : start + step]
        at = np.zeros(len(rows), np.intp) if group is None else group[rows]
        values, fits = vectors.take(rows).matrix(axis.dimension)
        nan = fits & np.isnan(values).any(1)
        infinite = fits & ~nan & np.isinf(values).any(1)
        good = fits & ~nan & ~infinite
        features, coordinates, clipped = axis.map(values if good.all() else values[good])
        for found, where in zip(beside[:3], (nan, infinite, ~fits), strict=True):
            found += np.bincount(at[where], minlength=groups)
        own = at[good]
        beside[3] += np.bincount(own[clipped], minlength=groups)
        for g, part in _runs(own):
            sums[g] += _added(features[part], coordinates[part])
    return VectorCounts(sums, *beside)


def _runs(group: Group) -> Iterator[tuple[int, slice]]:
    """Each group and where its rows lie, of groups in order."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    for start, stop in zip(starts, np.append(starts, len(group))[1:], strict=True):
        yield int(group[start]), slice(start, stop)


def _added(features: Floats, coordinates: Floats) -> Ints:
    """Sums of some rows; of at most `_CHUNK` rows all are whole numbers below 2**53."""
    parts: list[Floats] = [np.array([len(features)], np.float64)]
    for part in (features, coordinates):
        parts += [part.sum(0), (part.T @ part)[np.triu_indices(part.shape[1])]]
    return np.concatenate(parts).astype(np.int64)


def _frequencies(unit: Floats) -> Floats:
    """Shape (d, FREQUENCIES): orthogonal random frequencies of a Gaussian kernel (Yu et al., NIPS 2016).

    Its bandwidth is the median distance of some of the vectors.
    """
    some = unit[:: len(unit) // _DISTANCE_ROWS + 1]
    squares = (some**2).sum(1)
    apart = squares[:, None] + squares - 2 * some @ some.T
    width = float(np.sqrt(max(np.median(apart[np.triu_indices(len(some), 1)]), 1e-12)))
    dimension, rng = unit.shape[1], np.random.default_rng(_SEED)
    blocks = []
    for _ in range(-(-FREQUENCIES // dimension)):
        k = min(dimension, FREQUENCIES)
        lengths = np.sqrt(rng.chisquare(dimension, k))
        blocks.append(np.linalg.qr(rng.normal(size=(dimension, k)))[0] * lengths)
    return np.hstack(blocks)[:, :FREQUENCIES] / max(width, 1e-6)


def _directions(unit: Floats) -> Floats:
    """Shape (d, k): the directions in which the vectors vary most, from the smaller of both Gram matrices."""
    rows = unit[:: len(unit) // _DIRECTION_ROWS + 1]
    k = min(COORDINATES, *rows.shape)
    if rows.shape[1] <= len(rows):
        found = np.linalg.eigh(rows.T @ rows)[1][:, : -k - 1 : -1]
    else:
        scales, left = np.linalg.eigh(rows @ rows.T)
        kept = scales[::-1][:k] > 1e-12 * max(float(scales[-1]), 1e-300)
        found = np.linalg.qr(rows.T @ left[:, : -k - 1 : -1][:, kept])[0]
    top = np.abs(found).argmax(0)
    signed: Floats = found * np.sign(found[top, np.arange(found.shape[1])])
    return signed


def _whole(matrix: Floats) -> tuple[Floats, int]:
    """The matrix in whole numbers, and the bits they are shifted by: no column's sum passes the bound."""
    largest = float(np.abs(matrix).sum(0).max(initial=0.0))
    bits = int(np.floor(_PRODUCT_BITS - np.log2(max(largest, 1e-9)))) - 1
    bits = min(bits, 26)  # of a single direction along an axis the entries are 1
    return np.rint(matrix * 2.0**bits), bits
