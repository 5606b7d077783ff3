"""Limits that users set on numbers over time: the declaration of a monitor, and how a limit is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal

import msgspec

from leadline.errors import ConfigurationError
from leadline.schedule import instant

Condition = Literal["below", "above", "falls_by", "rises_by", "changes_by"]
CONDITIONS: tuple[Condition, ...] = ("below", "above", "falls_by", "rises_by", "changes_by")
"""The ways in which a number breaks a limit; each monitor has one."""

_WORDS = {
    "below": "below",
    "above": "above",
    "falls_by": "falls by more than",
    "rises_by": "rises by more than",
    "changes_by": "changes by more than",
}
_HOURS = {
    "m": 1 / 60,
    "min": 1 / 60,
    "minute": 1 / 60,
    "h": 1,
    "hour": 1,
    "d": 24,
    "day": 24,
    "w": 168,
    "week": 168,
}
_LIMIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(%|[a-z]*)\s*", re.IGNORECASE | re.ASCII)


class Limit(msgspec.Struct, frozen=True):
    """A limit as it was written.

    Attributes:
        amount: the number; a share (0.05) where it was in per cent, hours where it was a time.
        unit: "" for a plain number, "%" for per cent, "h" for a time.
    """

    amount: float
    unit: Literal["", "%", "h"] = ""

    @classmethod
    def parse(cls, value: float | str, where: str) -> Limit:
        """Read a number, `5 %`, or a time such as `30min`, `2h`, `90d`, `2 weeks`.

        Raises:
            ConfigurationError: anything else.
        """
        if isinstance(value, str):
            found = _LIMIT.fullmatch(value)
            amount, unit = (float(found[1]), found[2].lower()) if found else (math.nan, "")
            if unit == "%":
                return cls(amount / 100, "%")
            if unit:
                amount, unit = amount * _HOURS.get(unit, _HOURS.get(unit.removesuffix("s"), math.nan)), "h"
            limit = cls(amount, "h" if unit else "")
        else:
            limit = cls(float(value))
        if not math.isfinite(limit.amount):
            raise ConfigurationError(
                "not a limit",
                where=where,
                found=value,
                accepted="a number, per cent (`5 %`) or a time (`30min`, `2h`, `90d`, `2w`)",
            )
        return limit


class Monitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that is watched in every window, and one condition under which it alerts.

    Attributes:
        metric: key of a metric, or of one of your own; `estimated_<key>` for performance without labels; or
            one of `rows`, `no_data`, `freshness`, `stuck`, `model_age`, `training_data_age`,
            `label_age`.
        column: the column, where the metric is about one.
        segment: only the rows of this segment, as `column=value`.
        below, above: fixed limits: `0.8`, `10 %`, `2h`.
        falls_by, rises_by, changes_by: distance from the reference: `5 %` of its value, or `0.02` in the
            metric's unit.
        for: windows in a row that must break the limit before an alert opens.
        clear_after: windows in a row that must be back inside before it closes.
        clear_above, clear_below: what counts as back inside, where that is more than not to break the limit.
        min_rows: rows that a window needs (for performance: that the metric is made of); `rows`, ages and
            `stuck` need none.
        since: when the model or the training data began to age, such as `2026-03-01`; by default the first
            row of the model's version, and the last row of the reference.
        tier: "alert" shuts the gate, "warning" does not.
        runbook: what to do about it, or where that stands.
        name: how reports call it; different from all others.
    """

    metric: str
    column: str | None = None
    segment: str | None = None
    below: float | str | None = None
    above: float | str | None = None
    falls_by: float | str | None = None
    rises_by: float | str | None = None
    changes_by: float | str | None = None
    windows: int = msgspec.field(default=1, name="for")
    clear_after: int = 1
    clear_above: float | str | None = None
    clear_below: float | str | None = None
    min_rows: int = 30
    since: str | None = None
    tier: Literal["alert", "warning"] = "alert"
    runbook: str = ""
    name: str | None = None

    @property
    def condition(self) -> Condition:
        """The condition that is stated."""
        return next(key for key in CONDITIONS if getattr(self, key) is not None)

    @property
    def limit(self) -> Limit:
        """The limit of that condition."""
        return Limit.parse(getattr(self, self.condition), self.condition)

    @property
    def words(self) -> str:
        """`falls by more than 5 % for 3 windows`."""
        lasting = f" for {self.windows} windows" if self.windows > 1 else ""
        return f"{_WORDS[self.condition]} {_written(getattr(self, self.condition))}{lasting}"

    @property
    def subject(self) -> str:
        """`missing_share of income in state=CA`."""
        of = f" of {self.column}" if self.column is not None else ""
        within = f" in {self.segment}" if self.segment is not None else ""
        return f"{self.metric}{of}{within}"

    @property
    def title(self) -> str:
        """The name, or else what it says."""
        return self.name if self.name is not None else f"{self.subject} {self.words}"


def _written(value: float | str) -> str:
    return value.strip() if isinstance(value, str) else f"{value:g}"


def validate(monitors: tuple[Monitor, ...], where: Callable[[str], str]) -> None:
    """What can be said of monitors before any row is read.

    Args:
        where: the place of a key, for messages.

    Raises:
        ConfigurationError: a monitor has no condition, or several, or a limit that cannot be read or broken.
    """
    seen: dict[str, int] = {}
    for place, monitor in enumerate(monitors):
        _validate(monitor, f"monitors.{place}", where)
        first = seen.setdefault(monitor.title, place)
        if first != place:
            raise ConfigurationError(
                f"monitors.{first} has this name already",
                where=where(f"monitors.{place}"),
                found=monitor.title,
                next_step="Give it another `name`.",
            )


def _validate(monitor: Monitor, own: str, where: Callable[[str], str]) -> None:
    stated = [key for key in CONDITIONS if getattr(monitor, key) is not None]
    if len(stated) != 1:
        raise ConfigurationError(
            "a monitor needs one condition", where=where(own), found=stated or None, accepted=CONDITIONS,
            next_step="State one monitor for each condition.",
        )  # fmt: skip
    condition = stated[0]
    limit = Limit.parse(getattr(monitor, condition), where(f"{own}.{condition}"))
    if condition.endswith("_by") and limit.amount <= 0:
        _refuse(where(f"{own}.{condition}"), getattr(monitor, condition), "a distance above 0")
    for key, least in (("for", 1), ("clear_after", 1), ("min_rows", 1)):
        value = monitor.windows if key == "for" else getattr(monitor, key)
        if value < least:
            _refuse(where(f"{own}.{key}"), value, f"a whole number from {least} on")
    for key, sides, sign in (
        ("clear_above", ("below", "falls_by", "changes_by"), 1),
        ("clear_below", ("above", "rises_by", "changes_by"), -1),
    ):
        value = getattr(monitor, key)
        if value is None:
            continue
        if condition not in sides:
            raise ConfigurationError(
                f"`{key}` goes with {' or '.join(f'`{side}`' for side in sides)}",
                where=where(f"{own}.{key}"),
                found=f"{key} with {condition}",
            )
        clear = Limit.parse(value, where(f"{own}.{key}"))
        if condition in ("below", "above") and sign * (clear.amount - limit.amount) < 0:
            side = "at or above" if sign > 0 else "at or below"
            _refuse(where(f"{own}.{key}"), value, f"a number {side} `{condition}`")
    if monitor.since is not None:
        instant(monitor.since, where(f"{own}.since"))
    for key in ("metric", "name"):
        text = getattr(monitor, key)
        if text is not None and not text.strip():
            _refuse(where(f"{own}.{key}"), text, "a text that is not empty")


def _refuse(where: str, found: object, accepted: str) -> None:
    raise ConfigurationError("value out of range", where=where, found=found, accepted=accepted)
