"""Every error that Leadline raises on purpose.

The branches say what the reader can do::

    LeadlineError
    ├── ConfigurationError  (ValueError)    mend an option or the configuration file     exit 2
    ├── DataError           (ValueError)    mend the data: file, column, found, accepted exit 2
    ├── MissingExtraError   (ImportError)   install an extra                             exit 2
    └── RetryableError      (RuntimeError)  try again                                    exit 3

"Not enough data" is never an error: it is a result with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class LeadlineError(Exception):
    """Base of all errors. The facts hang on it as fields; nobody needs to parse the message.

    Attributes:
        what: One sentence that says what is wrong.
        where: The file, key or column concerned, or None.
        found: What was found there, or None.
        accepted: What would have been accepted, or None.
        next_step: What to do about it, or None.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        found: object = None,
        accepted: Iterable[object] | str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.found = found
        self.accepted = accepted if isinstance(accepted, str | None) else tuple(accepted)
        self.next_step = next_step
        super().__init__(self._message())

    def _message(self) -> str:
        what = _clipped(self.what, 400)
        parts = [f"{_clipped(self.where, 200)}: {what}" if self.where else what]
        if self.found is not None:
            parts.append(f"found {_shorten(self.found)}")
        if self.accepted is not None:
            listed = self.accepted
            if not isinstance(listed, str):
                names = [_clipped(str(item), 60) for item in listed[:20]]
                listed = ", ".join(names) + (", ..." if len(listed) > 20 else "")
            parts.append(f"accepted: {listed}")
        message = "; ".join(parts)
        if self.next_step:
            end = "" if message.endswith("...") else "."
            message = f"{message.rstrip('.') if end else message}{end} {_clipped(self.next_step, 400)}"
        return message


class ConfigurationError(LeadlineError, ValueError):
    """An option or the configuration file is wrong."""

    @classmethod
    def unknown(
        cls, noun: str, found: str, known: Iterable[str], where: str | None = None
    ) -> ConfigurationError:
        """An unknown name, with the known ones and the closest of them."""
        known = sorted(known)
        close = get_close_matches(found, known, n=1)
        step = f"Did you mean {close[0]!r}?" if close else None
        return cls(f"unknown {noun}", where=where, found=found, accepted=known, next_step=step)


class DataError(LeadlineError, ValueError):
    """The data cannot be used as they are."""

    @classmethod
    def no_column(
        cls, column: str, columns: Iterable[str], where: str, option: str, elsewhere: str | None = None
    ) -> DataError:
        """A column that an option names is not in the table; `elsewhere` names one that has it."""
        columns = list(columns)
        close = get_close_matches(column, columns, n=1)
        step = f"Did you mean {close[0]!r}?" if close else f"Name an existing column in `{option}`."
        if elsewhere is not None:
            step = f"Only {elsewhere} has it: add it to {where}, or leave `{option}` out."
        return cls(f"no column for `{option}`", where=where, found=column, accepted=columns, next_step=step)


class MissingExtraError(LeadlineError, ImportError):
    """An optional dependency is not installed."""

    @classmethod
    def named(cls, package: str, extra: str, purpose: str) -> MissingExtraError:
        """The package that is missing, the extra that brings it, and what it is needed for."""
        return cls(
            f"{purpose} needs the package {package!r}, which is not installed",
            next_step=f"Install it with: pip install 'leadline[{extra}]'",
        )


class RetryableError(LeadlineError, RuntimeError):
    """Something failed that trying again may mend."""

    exit_code = 3


def _clipped(text: str, limit: int) -> str:
    """The text, without its middle where it is long: names in the data may be of any length."""
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 :]}"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
