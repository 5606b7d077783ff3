"""The arrays of a decoded file."""

from __future__ import annotations

import numpy as np

from leadline.profiles.file import decode, encode


def test_no_array_keeps_the_others() -> None:
    whole = {"large": np.arange(100_000), "flags": np.array([True, False])}
    _, _, arrays = decode(encode("profile", {}, whole), "here")
    for name, array in arrays.items():
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert base.base is None, name
        assert (array == whole[name]).all()
