"""The compiled loops of `native/`, if this installation has them; whoever uses them has a way in NumPy, too.

They are built with the package, for the processor's newest instruction set that they know, and loaded when
first asked for. They allocate nothing, keep nothing and hold no lock of the interpreter, so that threads run
them side by side.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ADDRESS, WHOLE, WORD, REAL = ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint64, ctypes.c_double
"""Types of what a kernel takes and gives; arrays are passed as `address(array)`."""

FILE = Path(__file__).parent / "native" / ("loops.dll" if sys.platform == "win32" else "loops.so")
"""What the build leaves; not beside the modules, where it would look like one."""

_SUFFIXES = ("_v2", "_v3")
"""Of the names in the library, by level of x86-64; other processors have one set, without suffix."""

_TYPES = {code: i for i, code in enumerate(("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"))}


@cache
def available() -> bool:
    """The library is there, and runs on this processor."""
    return _library() is not None


@cache
def kernel(name: str, gives: Any, *takes: Any) -> Callable[..., Any]:
    """A function of the library. It must be `available()`.

    Args:
        name: as in the sources.
        gives: the type of its result; None: nothing.
        takes: the types of its arguments.
    """
    found = _library()
    if found is None:
        raise RuntimeError("the compiled loops are not available")
    library, suffix = found
    function = getattr(library, name + suffix)
    function.restype, function.argtypes = gives, takes
    return function


def address(array: npt.NDArray[Any] | None) -> int | None:
    """Where a contiguous array begins; the caller keeps it alive. None for None."""
    return None if array is None else array.__array_interface__["data"][0]


def contiguous(mask: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_] | None:
    """A mask as kernels read it; None for None."""
    return None if mask is None else np.ascontiguousarray(mask)


def numbers(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int]:
    """An array of numbers as kernels read it, contiguous, and the number of its type."""
    code = values.dtype.str[1:] if values.dtype.isnative else ""
    if values.dtype.kind == "b":
        values, code = values.view(np.uint8), "u1"
    if code not in _TYPES:
        values, code = values.astype(np.float64), "f8"
    return np.ascontiguousarray(values), _TYPES[code]


@cache
def _library() -> tuple[ctypes.CDLL, str] | None:
    if not FILE.is_file():
        return None
    try:
        library = ctypes.CDLL(str(FILE))
    except OSError:  # built for another kind of machine, whose sources share this folder
        return None
    level = library.level()
    if level < 0:
        return None
    suffix = _SUFFIXES[level] if hasattr(library, "count" + _SUFFIXES[0]) else ""
    return library, suffix
