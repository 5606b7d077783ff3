"""Windows that are judged again as their labels come: what is revised may open an alert, within a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.monitors.budget import Alert, Calibration, Evidence, Judgement, State, joined, judge


@dataclass(frozen=True, eq=False)
class Revision:
    """All windows as they were known at a moment.

    Attributes:
        known_at: that moment, microseconds since 1970 UTC.
        evidence: the windows of the reference and all later ones.
        ends: shape (W,): first moment after each window.
        digest: of the profile behind it (`Profile.fingerprint`).
    """

    known_at: int
    evidence: Evidence
    ends: npt.NDArray[np.int64]
    digest: str


@dataclass(frozen=True)
class Opened:
    """An alert that was opened, and what has become of it.

    Attributes:
        known_at, digest: of the revision that opened it; they never change.
        alert: as that revision or a later one told it last.
        standing: the latest revision tells it still.
    """

    known_at: int
    digest: str
    alert: Alert
    standing: bool


@dataclass(frozen=True, eq=False)
class Revised:
    """What became of all windows after a revision; pass it on to the next one.

    Attributes:
        known_at, digest: of that revision.
        evidence: as it was judged: windows beyond the limit as they were known last within it.
        settled: number of first windows that nothing judges again.
        state: of judging after these; None: from the end of the reference on.
        judgement: of the later windows; its alerts are all since the reference.
        opened: alerts in the order in which they were opened.
        fresh: number of the last of them that this revision opened: what is to be sent.
    """

    known_at: int
    digest: str
    evidence: Evidence
    settled: int
    state: State | None
    judgement: Judgement
    opened: tuple[Opened, ...]
    fresh: int


def revise(
    calibration: Calibration, revision: Revision, lateness: int | None, before: Revised | None = None
) -> Revised:
    """Judge what a revision changed.

    A window that is seen for the first time may open an alert. One that is revised may do so until `lateness`
    after its end; later its numbers change and its verdict does not. An alert that a revision tells again,
    moves or widens stays the same alert, also if one in between had taken it back.

    Pure, and a fold: replaying the same revisions in one go or in several gives the same alerts, and a
    revision that changes nothing opens none.

    Args:
        calibration: of the reference.
        revision: known no earlier than the one before, of at least as many windows.
        lateness: microseconds; None: no limit.
        before: what became of the windows by the last revision; None: this is the first.

    Raises:
        DataError: revisions out of order, or windows that are gone.
    """
    settled, state, evidence = calibration.windows, None, revision.evidence
    if before is not None:
        _follows(before, revision)
        limit = len(before.evidence) if lateness is not None else 0
        if lateness is not None:
            limit = min(limit, int(np.searchsorted(revision.ends + lateness, revision.known_at)))
        settled, state = max(before.settled, limit), before.state
        evidence = joined(
            before.evidence.windows(slice(0, settled)), evidence.windows(slice(settled, len(evidence)))
        )
        if settled > before.settled:
            state = judge(calibration, evidence.windows(slice(0, settled)), state).state
    judgement = judge(calibration, evidence, state)
    known = () if before is None else before.opened
    opened = _opened(known, judgement.alerts, revision)
    fresh = len(opened) - len(known)
    return Revised(revision.known_at, revision.digest, evidence, settled, state, judgement, opened, fresh)


def replay(
    calibration: Calibration,
    revisions: Iterable[Revision],
    lateness: int | None,
    before: Revised | None = None,
) -> Revised | None:
    """What became of the windows after some revisions, in order of `known_at`; None without any."""
    for revision in revisions:
        before = revise(calibration, revision, lateness, before)
    return before


def _follows(before: Revised, revision: Revision) -> None:
    if revision.known_at < before.known_at:
        raise DataError(
            "revisions must come in order of time",
            where="known_at",
            found=revision.known_at,
            accepted=f"{before.known_at} or later",
        )
    if len(revision.evidence) < len(before.evidence):
        raise DataError(
            "a revision lacks windows that an earlier one had",
            where="evidence",
            found=f"{len(revision.evidence)} windows",
            accepted=f"{len(before.evidence)} or more",
        )


def _opened(known: tuple[Opened, ...], alerts: tuple[Alert, ...], revision: Revision) -> tuple[Opened, ...]:
    """The alerts opened so far, as they are told now, and those that are new."""
    out, told = [], []
    for old in known:
        same = [alert for alert in alerts if _same(old, alert)]
        if same:
            told.append(min(same, key=lambda alert: abs(alert.opened - old.alert.opened)))
            out.append(replace(old, alert=told[-1], standing=True))
        else:
            out.append(replace(old, standing=False))
    # Alerts of one judgement that name the same source do not overlap: what no old one tells is new.
    fresh = [alert for alert in alerts if alert not in told]
    return (*out, *(Opened(revision.known_at, revision.digest, alert, True) for alert in fresh))


def _same(old: Opened, now: Alert) -> bool:
    """Both tell of the same: they name a common source, at overlapping times."""
    then = old.alert
    # What was taken back lasts no longer than it was seen; what was open may go on.
    ended = _end(then) if old.standing else then.last + 1
    names = {named.source for named in then.sources} & {named.source for named in now.sources}
    return then.tier == now.tier and then.opened < _end(now) and now.opened < ended and bool(names)


def _end(alert: Alert) -> float:
    """The window before which an alert was over: one that closes in a window may open in it again."""
    return np.inf if alert.closed is None else alert.closed
