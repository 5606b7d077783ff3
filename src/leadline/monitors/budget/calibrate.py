"""Fit: everything that later windows are judged by, learned from the reference alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leadline.monitors.budget import threshold
from leadline.monitors.budget.evidence import Booleans, Evidence, Floats, Integers
from leadline.monitors.budget.frame import Frame, Scores, Usual, learn, score, score_reference
from leadline.monitors.budget.policy import Policy
from leadline.monitors.budget.pooling import Units, pool
from leadline.monitors.budget.surprise import loudest

FEWEST = 14
"""Windows without which nothing can be said of how windows differ."""

LARGEST_WARNING_RATE = 0.5
SUSPECTS = 5


@dataclass(frozen=True)
class Suspect:
    """A reference window that stands out: a candidate to be left out of the reference.

    Attributes:
        window: its last window, where several were joined.
        score: its surprise.
        source: what stands out in it.
    """

    window: int
    score: float
    source: str


@dataclass(frozen=True, eq=False)
class Calibration:
    """Thresholds, and all that scores are made of.

    Attributes:
        policy: what was asked for.
        windows: R, windows of the reference.
        supported: the reference is long and steady enough for the budget.
        reason: why not; "" where supported.
        windows_needed: windows of reference that this budget needs.
        replayed_windows: windows (small ones joined) that were scored in the replay.
        allowed: alerts (strict: flagged windows) that the replay may raise; -1: too few windows.
        alert_threshold, warning_threshold: of surprise; infinite where nothing can be judged.
        expected: false alerts expected in one budget period; NaN where not supported.
        replayed: alerts (strict: flagged windows) that the reference raises.
        frame: what windows are compared with: season, gap, baseline, growth, volume law, channels.
        usual: what is usual in each channel; None where the reference is too short for any judgement.
        suspects: the reference windows that stand out most.
        skipped: share of the reference's windows that had no rows or were joined to a later one.
    """

    policy: Policy
    windows: int
    supported: bool
    reason: str
    windows_needed: int
    replayed_windows: int
    allowed: int
    alert_threshold: float
    warning_threshold: float
    expected: float
    replayed: int
    frame: Frame
    usual: Usual | None
    suspects: tuple[Suspect, ...]
    skipped: float

    @property
    def too_short(self) -> bool:
        """The reference has fewer windows than the budget needs."""
        return self.usual is None or self.allowed < 0

    @property
    def baseline(self) -> Literal["fixed", "rolling"]:
        """What windows are compared with: all of the reference, or the windows just before."""
        return "rolling" if self.frame.rolling else "fixed"


def fit(reference: Evidence, policy: Policy) -> Calibration:
    """Learn what is usual, and the thresholds that keep the budget.

    Args:
        reference: windows accepted as normal, in time order, made as those judged later will be made.
        policy: the budget.

    Returns:
        A calibration; with too few windows one that is not supported, and says how many it needs.
    """
    learned_from = len(reference) // 2 if policy.mode == "strict" else len(reference)
    frame, units, pooled = learn(reference.windows(slice(0, learned_from)), policy)
    usual, surprise, worth = None, np.empty((0, 0)), np.empty((0, 0), bool)
    if len(units.rows) >= FEWEST:
        usual, surprise, worth = score_reference(frame, pooled)
    if usual is not None and policy.mode == "strict":
        units, scores = _second_half(frame, usual, reference, learned_from)
        surprise, worth = scores.surprise, scores.worth
    scored: Booleans = np.isfinite(surprise).max(axis=1, initial=False)
    channels = frame.channels
    heard = loudest(surprise[scored], worth[scored], channels.source, len(channels.sources))
    return _calibrate(policy, reference, frame, usual, heard, units.last[: len(scored)][scored])


def _second_half(frame: Frame, usual: Usual, reference: Evidence, half: int) -> tuple[Units, Scores]:
    units = pool(reference.rows, frame.law.fewest_rows)
    chosen = slice(int(np.searchsorted(units.last, half)), len(units.last))
    kept = Units(units.first[chosen], units.last[chosen], units.rows[chosen], units.waiting)
    return kept, score(frame, usual, reference, units, chosen)


def _calibrate(
    policy: Policy,
    reference: Evidence,
    frame: Frame,
    usual: Usual | None,
    surprise: Floats,
    windows: Integers,
) -> Calibration:
    if len(windows) < FEWEST:
        usual = None
    # Joined windows come less often than windows, so each may alert more often.
    width = max(1.0, int((reference.rows > 0).sum()) / max(1, _joined(reference, frame)))
    rate = min(policy.rate * width, LARGEST_WARNING_RATE)
    limit = threshold.allowed(policy.mode, len(windows), rate)
    needed = _windows_needed(policy, frame, rate, width)
    reason = _objection(policy, frame, usual, limit, len(reference), needed)
    alert, warning, replayed = math.inf, math.inf, 0
    scores_of_windows = threshold.window_scores(surprise)
    if usual is not None:
        found = (
            threshold.by_windows(scores_of_windows, limit, rate)
            if policy.mode == "strict" and limit >= 0
            else threshold.by_replay(surprise, limit, rate, policy.close_after, frame.channels.joint)
        )
        often = min(rate * policy.warning_factor, LARGEST_WARNING_RATE)
        mild = threshold.by_windows(
            scores_of_windows, threshold.allowed("default", len(windows), often), often
        )
        alert, warning, replayed = found.value, min(mild.value, found.value), found.replayed
    return Calibration(
        policy,
        len(reference),
        not reason,
        reason,
        needed,
        len(windows),
        limit,
        alert,
        warning,
        math.nan if reason else policy.windows / width * threshold.rate(policy.mode, limit, len(windows)),
        replayed,
        frame,
        usual,
        _suspects(surprise, windows, frame),
        1.0 - _joined(reference, frame) / max(1, len(reference)),
    )


def _joined(reference: Evidence, frame: Frame) -> int:
    return len(pool(reference.rows, frame.law.fewest_rows).rows)


def _windows_needed(policy: Policy, frame: Frame, rate: float, width: float) -> int:
    units = max(threshold.windows_needed(policy.mode, rate), FEWEST)
    if policy.mode == "strict":
        units *= 2
    if frame.rolling:
        units += math.ceil(frame.rolling / 2) + frame.gap
    return math.ceil(units * width)


def _objection(
    policy: Policy, frame: Frame, usual: Usual | None, limit: int, windows: int, needed: int
) -> str:
    """Why the budget cannot be promised; "" where it can."""
    if usual is None or limit < 0:
        return (
            f"the reference has {windows} windows; a budget of {policy.alerts:g} false alerts in "
            f"{policy.windows:g} windows needs {needed}"
        )
    if not frame.rolling and frame.moving:
        return (
            f"the reference keeps moving: {frame.baseline_reason}; a fixed baseline cannot keep the budget, "
            "a rolling one may"
        )
    return ""


def _suspects(surprise: Floats, windows: Integers, frame: Frame) -> tuple[Suspect, ...]:
    scores = threshold.window_scores(surprise)
    order = [i for i in np.argsort(-scores, kind="stable")[:SUSPECTS] if np.isfinite(scores[i])]
    return tuple(
        Suspect(int(windows[i]), float(scores[i]), frame.channels.sources[int(np.argmax(surprise[i]))])
        for i in order
    )
