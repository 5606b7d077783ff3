"""What is computed from an immutable value is kept beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Self, TypeVar, cast

T = TypeVar("T")


class Once:
    """An immutable value with what several readers of it compute alike. It is neither compared nor saved."""

    def once(self, name: str, make: Callable[[Self], T]) -> T:
        """`make(self)`, made once under this name."""
        if name not in self._made:
            self._made[name] = make(self)
        return cast("T", self._made[name])

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}
