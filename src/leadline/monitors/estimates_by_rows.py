"""Performance of windows without their labels, where it takes rows: inputs that moved, and regressions.

Rows come from the samples of the profiles. What is fitted on the reference is fitted once; windows whose
inputs moved share a few fits, each of windows that follow one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.estimators import (
    Calibrator,
    Estimated,
    LossModel,
    Rows,
    Sample,
    blend_losses,
    direct_loss,
    estimate,
    learn_loss,
    of_counts,
    tell_apart,
)
from leadline.estimators.domain import SHIFTED
from leadline.estimators.estimated import unavailable
from leadline.estimators.sampled import sampled_rows
from leadline.metrics.performance.estimate import Estimate
from leadline.monitors.estimates import KEYS
from leadline.monitors.multivariate import Compared
from leadline.monitors.multivariate.domain_classifier import RANKED, domain_classifier
from leadline.monitors.outcomes import VOTING
from leadline.monitors.windows import Windows
from leadline.profiles.outcomes_binary import BinaryGrid
from leadline.profiles.profile import Profile

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

REFERENCE_ROWS = 4_000
"""Rows of the reference that are looked at; a fit of more takes longer than windows can wait for."""

FITS = 8
"""Most fits of a domain classifier: more windows whose inputs moved are told from the reference together."""

ROWS_MIN = 50
"""Rows of a window, with a prediction, below which its losses are unknown."""


@dataclass(frozen=True, eq=False)
class ByRows:
    """Estimates by rows of windows beside a baseline's."""

    baseline: Baseline

    @property
    def reference(self) -> Sample | None:
        """Some rows of the reference; None where it keeps none."""
        return self.baseline.once("rows of the reference", _some_rows)

    @property
    def losses(self) -> LossModel | None:
        """What the reference says of the errors of a regression; None where it says nothing."""
        return self.baseline.once("expected losses", _losses)

    def improved(
        self,
        known: Calibrator | None,
        side: tuple[Profile, Windows, Any],
        realised: Mapping[str, Estimate],
        found: tuple[Mapping[str, Estimated], Mapping[str, Estimated]],
        labels: Floats,
        moved: Booleans,
    ) -> tuple[Mapping[str, Estimated], Mapping[str, Estimated]]:
        """What counts say of performance, as if no label were known and with those known, and what rows add.

        Where some labels have come, what is known with them stays as it is: the weights of a window would
        hold for all its rows, not for those that wait.

        Args:
            known: the calibration by scores alone.
            side: a table, its windows, and their outcomes.
            realised: what labels say.
            found: what counts say.
            labels: shape (W,): rows with a label.
            moved: shape (W,): windows whose inputs moved.
        """
        estimated, best = found
        if self.baseline.grid.outcome.task == "regression":
            return self.direct(side, realised, labels, moved)
        waiting = moved & (labels < side[1].rows)
        if not waiting.any():
            return found
        better = self.weighted(known, estimated, side, waiting)
        none = np.flatnonzero(waiting & (labels == 0))
        return better, {
            key: _put(old, none, _some(better[key], none)) if key in better else old
            for key, old in best.items()
        }

    def weighted(
        self,
        known: Calibrator | None,
        found: Mapping[str, Estimated],
        side: tuple[Profile, Windows, Any],
        moved: Booleans,
    ) -> Mapping[str, Estimated]:
        """Estimates of a binary model, by a calibration weighted to the window where its inputs moved.

        See `leadline.estimators.estimate`: what the reference does not support is cautioned.

        Args:
            known: the calibration by scores alone.
            found: what it says of the windows.
            side: a table, its windows, and their outcomes.
            moved: shape (W,): windows whose inputs moved.
        """
        profile, windows, outcomes = side
        grid, reference = self.baseline.grid.outcome.grid, self.reference
        if known is None or reference is None or not isinstance(grid, BinaryGrid) or not found:
            return found
        table = of_counts(outcomes).without_labels()
        for group in _groups(moved):
            rows = _joined([self._rows(profile, windows, w) for w in group])
            if rows is None:
                continue
            inflation = np.broadcast_to(table.inflation, table.total.shape)[group]
            part = replace(table, rows=table.rows[group], squares=table.squares[group], inflation=inflation)
            better = estimate(known, part, Rows(grid, reference, rows), KEYS)
            found = {key: _put(old, group, better[key]) for key, old in found.items()}
        return found

    def direct(
        self,
        side: tuple[Profile, Windows, Any],
        realised: Mapping[str, Estimate],
        labels: Floats,
        moved: Booleans,
    ) -> tuple[dict[str, Estimated], dict[str, Estimated]]:
        """The losses of a regression that vote, by window: as if no label were known, and with those known.

        Args:
            side: a table, its windows, and their outcomes.
            realised: what labels say.
            labels: shape (W,): rows with a label.
            moved: shape (W,): windows whose inputs moved; they are cautioned where the reference holds too
                little like them.

        Returns:
            By key; nothing where all labels have come, or nothing is known of errors.
        """
        profile, windows, _ = side
        keys = [key for key in VOTING["regression"] if key in realised]
        waiting = np.flatnonzero((windows.rows > 0) & (labels < windows.rows))
        if not len(waiting) or not keys or self.losses is None:
            return {}, {}
        caution = self._cautions(profile, windows, moved)
        blank = unavailable((len(windows),), "too few rows with a prediction", "direct_loss")
        alone, both = (dict.fromkeys(keys, blank) for _ in range(2))
        for w in waiting.tolist():
            rows = self._rows(profile, windows, w)
            if rows is None or np.isfinite(rows.scores).sum() < ROWS_MIN:
                continue
            total, known = float(windows.rows[w]), float(labels[w])
            of_all = direct_loss(self.losses, rows, caution[w], total)
            of_rest = of_all
            if known and rows.labels is not None:
                open_rows = rows.take(np.flatnonzero(np.isnan(rows.labels)))
                of_rest = direct_loss(self.losses, open_rows, caution[w], total - known)
            for key in keys:
                labelled = _at(realised[key], w)
                blended = blend_losses(
                    key, of_rest[key], np.asarray(total - known), labelled, np.asarray(known)
                )
                alone[key] = _put(alone[key], np.array([w]), of_all[key])
                both[key] = _put(both[key], np.array([w]), blended)
        return alone, both

    def _cautions(self, profile: Profile, windows: Windows, moved: Booleans) -> npt.NDArray[np.object_]:
        """Why estimates of windows extrapolate, shape (W,); "" where they do not."""
        out = np.full(len(windows), "", object)
        for group in _groups(moved):
            rows = _joined([self._rows(profile, windows, w) for w in group])
            if rows is not None and self.losses is not None:
                out[group] = tell_apart(self.losses.reference, rows).caution[()]
        return out

    def _rows(self, profile: Profile, windows: Windows, w: int) -> Sample | None:
        part = profile.between(int(windows.starts[w]), int(windows.ends[w]))
        found = sampled_rows(part, self.baseline.whole)
        return None if found is None or len(found) == 0 else found


def _some_rows(baseline: Baseline) -> Sample | None:
    found = sampled_rows(baseline.profile, baseline.whole)
    if found is None or len(found) <= REFERENCE_ROWS:
        return found
    return found.take(np.linspace(0, len(found) - 1, REFERENCE_ROWS).astype(np.intp))


def _losses(baseline: Baseline) -> LossModel | None:
    rows = baseline.once("rows of the reference", _some_rows)
    if rows is None or baseline.grid.outcome.task != "regression":
        return None
    found = learn_loss(rows)
    return None if found.reason else found


def moved(compared: Compared, windows: Windows) -> Booleans:
    """Shape (W,): windows whose inputs a discriminant tells from the reference's beyond chance.

    It sees most of what the classifier of `tell_apart` would, in a thousandth of the time.
    """
    out = np.zeros(len(windows), bool)
    if len(compared.reference) == 0 or len(compared.current) == 0 or windows.names:
        return out
    size = np.minimum(len(compared.reference.rows), RANKED)
    chance = 0.5 + 3 * np.sqrt((1 / size + 1 / compared.current.size) / 12)
    found = compared.once(domain_classifier.__name__, domain_classifier)[0].values
    out[compared.current.window] = found > np.maximum(SHIFTED, chance)
    return out


def _groups(moved: Booleans) -> list[npt.NDArray[np.intp]]:
    """The windows that share a fit: as many side by side as leave at most `FITS`."""
    places = np.flatnonzero(moved)
    return np.array_split(places, min(len(places), FITS)) if len(places) else []


def _joined(samples: list[Sample | None]) -> Sample | None:
    """The rows of several windows; None without any."""
    parts = [sample for sample in samples if sample is not None]
    if not parts:
        return None

    def together(name: str) -> Any:
        arrays = [getattr(part, name) for part in parts]
        return None if any(array is None for array in arrays) else np.concatenate(arrays)

    return Sample(
        together("features"),
        parts[0].categorical,
        together("scores"),
        together("decisions"),
        together("labels"),
    )


def _at(found: Estimate, w: int) -> Estimate:
    """What was found of one window, shape ()."""
    return replace(
        found,
        **{
            name: np.asarray(part)[w]
            for name in ("value", "standard_error", "low", "high", "size", "reason")
            if (part := getattr(found, name, None)) is not None and np.ndim(part)
        },
    )


def _some(found: Estimated, windows: npt.NDArray[np.intp]) -> Estimated:
    """What was found of some windows."""
    parts = {
        name: part[windows]
        for name in ("value", "standard_error", "low", "high", "reason", "caution")
        if (part := getattr(found, name)) is not None
    }
    return replace(found, **parts)


def _put(found: Estimated, windows: npt.NDArray[np.intp], better: Estimated) -> Estimated:
    """With what is better known of some windows in its place."""

    def put(name: str, empty: object) -> npt.NDArray[Any]:
        old, new = getattr(found, name), getattr(better, name)
        out = (
            np.full(found.value.shape, empty, object if empty == "" else float) if old is None else old.copy()
        )
        out[windows] = empty if new is None else new
        return out

    reason, caution = put("reason", ""), put("caution", "")
    return replace(
        found,
        value=put("value", np.nan),
        standard_error=put("standard_error", np.nan),
        low=put("low", np.nan),
        high=put("high", np.nan),
        reason=reason if (reason != "").any() else None,
        caution=caution if (caution != "").any() else None,
    )
