"""What happens to a field before anything is encoded: drop, hash, truncate, generalise, redact.

A policy is written the same way in Python and by a server: an action's name, or a mapping with its
parameters. It fails closed: a value that an action cannot deal with becomes missing.

| Action | Parameters | Gives |
|---|---|---|
| `drop` | | nothing: the field never leaves the process |
| `hash` | | HMAC-SHA-256 of the value under the client's `secret`, 32 hexadecimal digits |
| `truncate` | `characters` | the first characters of the value as text |
| `generalise` | `step` | a number, rounded down to a multiple |
| `generalise` | `to`: year, month, day, hour or network | a time's beginning; an IP address's /24 or /48 |
| `redact` | `kinds` (default: all) | texts with `[email]`, `[card]`, ... in place of what `detect` finds |
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import ip_address, ip_network
from typing import Any

from leadline_client import detect
from leadline_client.values import MISSING, identifier

Action = Callable[[Any], Any]

EVERYTHING = "*"
"""Stands for every feature, segment and feedback that has no policy of its own."""

PARAMETERS: dict[str, frozenset[str]] = {
    "drop": frozenset(),
    "hash": frozenset(),
    "truncate": frozenset({"characters"}),
    "generalise": frozenset({"step", "to"}),
    "redact": frozenset({"kinds"}),
}

_TIME_LENGTHS = {"year": 4, "month": 7, "day": 10, "hour": 13}


class Policies:
    """The policies of a model's fields, ready to apply.

    Attributes:
        awaits_server: What the server wants is not among them: what comes of them must not be sent yet.

    Args:
        layers: Mappings from field to policy, applied one after the other: the program's own first, then the
            server's. Equal ones count once. No layer can take back what another does.
        secret: The key of `hash`; never sent.
        pause: Called now and then while long texts are searched.

    Raises:
        ValueError: an unknown action or parameter, or `hash` without a secret.
    """

    def __init__(
        self,
        layers: tuple[Mapping[str, Any], ...],
        secret: bytes | None,
        pause: Callable[[], None] = lambda: None,
        awaits_server: bool = False,
    ) -> None:
        self.awaits_server = awaits_server
        self._secret = secret
        self._pause = pause
        self._steps: dict[str, list[dict[str, Any]]] = {}
        for layer in layers:
            for field, policy in layer.items():
                known = self._steps.setdefault(str(field), [])
                parsed = parse(str(field), policy)
                if parsed not in known:
                    known.append(parsed)
        self._actions = {
            field: [self._action(field, step) for step in steps] for field, steps in self._steps.items()
        }

    def apply(self, field: str, values: list[Any], own: bool = False) -> list[Any] | None:
        """A field's values as they may leave; None where the field is dropped.

        `own` fields are Leadline's (id, score, label, ...), to which `*` does not apply.
        """
        actions = self._actions.get(field)
        if actions is None and not own:
            actions = self._actions.get(EVERYTHING)
        if not actions:
            return values
        if any(action is dropped for action in actions):
            return None
        return [self._through(actions, value) for value in values]

    def _through(self, actions: list[Action], value: Any) -> Any:
        if value is None or type(value).__name__ in MISSING:
            return None
        for action in actions:
            try:
                value = action(value)
            except Exception:  # whatever a value of the caller does: it does not leave as it is
                return None
        self._pause()
        return value

    def _action(self, field: str, step: dict[str, Any]) -> Action:
        action = step["action"]
        if action == "drop":
            return dropped
        if action == "hash":
            if not self._secret:
                raise ValueError(f"{field}: 'hash' needs a key. Pass secret= to Leadline.")
            return hashing(self._secret)
        if action == "truncate":
            return truncating(step["characters"])
        if action == "redact":
            return redacting(frozenset(step.get("kinds", detect.KINDS)), self._pause)
        return rounding(step["step"]) if "step" in step else shortening(step["to"])


def parse(field: str, policy: Any) -> dict[str, Any]:
    """A policy in its long form.

    Raises:
        ValueError: it says what was found and what is accepted.
    """
    found = (
        {"action": policy} if isinstance(policy, str) else dict(policy) if isinstance(policy, Mapping) else {}
    )
    action = found.get("action")
    if action not in PARAMETERS:
        raise ValueError(f"{field}: unknown policy {policy!r}; accepted actions: {', '.join(PARAMETERS)}")
    unknown = set(found) - PARAMETERS[action] - {"action"}
    if unknown:
        raise ValueError(
            f"{field}: {action} does not take {', '.join(sorted(unknown))};"
            f" accepted: {', '.join(sorted(PARAMETERS[action])) or 'nothing'}"
        )
    if field == "id" and action != "hash":
        raise ValueError(f"id: found {action!r}; accepted: 'hash', as labels find their predictions by it")
    _check_parameters(field, action, found)
    return found


def _check_parameters(field: str, action: str, found: dict[str, Any]) -> None:
    if action == "truncate":
        characters = found.get("characters")
        if not isinstance(characters, int) or isinstance(characters, bool) or characters < 0:
            raise ValueError(f"{field}: truncate needs characters, a whole number; found {characters!r}")
    if action == "generalise":
        step, unit = found.get("step"), found.get("to")
        stepped = isinstance(step, (int, float)) and math.isfinite(step) and step > 0
        if (step is None) == (unit is None) or not (stepped or unit in (*_TIME_LENGTHS, "network")):
            raise ValueError(
                f"{field}: generalise needs step, a positive number, or to,"
                f" one of {', '.join(_TIME_LENGTHS)}, network; found {found!r}"
            )
    if action == "redact" and not set(found.get("kinds", ())) <= detect.KINDS:
        raise ValueError(
            f"{field}: unknown kinds {sorted(found['kinds'])}; accepted: {', '.join(sorted(detect.KINDS))}"
        )


def dropped(_: Any) -> Any:
    """The action of `drop`."""
    return None


def hashing(secret: bytes) -> Action:
    """The same text for the same value, and no way back without the secret; 7 and 7.0 are one value."""

    def action(value: Any) -> str | None:
        text = identifier(value)
        if text is None:
            return None
        return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    return action


def truncating(characters: int) -> Action:
    """The first characters of the value as text."""

    def action(value: Any) -> str | None:
        text = identifier(value)
        return None if text is None else text[:characters]

    return action


def rounding(step: float) -> Action:
    """Numbers, rounded down to a multiple of the step; what is no number is missing."""

    def action(value: Any) -> float | None:
        if isinstance(value, bool):
            return None
        rounded = math.floor(float(value) / step) * step
        return int(rounded) if float(step).is_integer() else round(rounded, 12)

    return action


def shortening(unit: str) -> Action:
    """The beginning of a time or the network of an address; anything else is missing."""

    def time(value: Any) -> str | None:
        text = value.isoformat() if isinstance(value, date) else str(value)
        # The year of what is no ISO 8601 would be its first characters, whatever they are.
        date.fromisoformat(text[:10])
        length = _TIME_LENGTHS[unit]
        return text[:length].replace(" ", "T") if length <= len(text) else None

    def network(value: Any) -> str:
        address = ip_address(str(value))
        return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))

    return network if unit == "network" else time


def redacting(kinds: frozenset[str], pause: Callable[[], None]) -> Action:
    """Personal data in texts is replaced, also in lists, mappings and whole numbers."""

    def action(value: Any) -> Any:
        if isinstance(value, str):
            return detect.redacted(value, kinds, pause)
        if isinstance(value, bytes):
            return detect.redacted(value.decode("utf-8", "replace"), kinds, pause)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, Mapping):
            return {action(name): action(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [action(inner) for inner in value]
        if hasattr(value, "tolist"):
            return action(value.tolist())
        if isinstance(value, (int, float)):
            return _redacted_number(value)
        return action(str(value))

    def _redacted_number(value: float) -> Any:
        text = identifier(value) or ""
        cleaned = detect.redacted(text, kinds, pause) if text.isdigit() else text
        return value if cleaned == text else cleaned

    return action
