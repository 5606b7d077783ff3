"""What a report says of each column."""

from __future__ import annotations

from leadline.reports.record.base import Record, Verdict


class Effect(Record, frozen=True):
    """The size of a change, in the statistic that is compared with the floor.

    Attributes:
        metric: key of the metric.
        value: its value.
        low, high: 95 % confidence interval.
        floor: the smallest value worth an alert; null: none applies.
        unit: "" for a pure number, "share", or a unit.
    """

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    unit: str = ""


class DriftValue(Record, frozen=True):
    """One drift metric of one column."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    bin_error: float | None = None
    reason: str | None = None


class Vote(Record, frozen=True):
    """One statistic that took part in a column's verdict.

    Attributes:
        statistic: metric key, or "missing_share", "unseen_share", "out_of_range_share".
        p_value: under no change, for these sizes.
        effect: its effect and floor.
        beyond_floor: the effect is large enough for an alert.
    """

    statistic: str
    p_value: float | None
    effect: Effect
    beyond_floor: bool


class Distribution(Record, frozen=True):
    """What is drawn of a column: shares of both sides on at most 40 cells.

    Attributes:
        edges: numeric: cell i lies between edges[i] and edges[i + 1]; null for categories.
        labels: categories: names of the cells, the largest first; the last may be "(other)",
            "(unseen)". For numeric columns null.
        reference, current: share of rows with a present value in each cell. Numeric shares may add up to
            a little less than 1: the far ends are not drawn.
    """

    edges: list[float] | None
    labels: list[str] | None
    reference: list[float]
    current: list[float]


class ColumnResult(Record, frozen=True):
    """One column.

    Attributes:
        name, role, kind: see the words of the documentation.
        physical: physical type in the reference; `physical_current` in the current table.
        why: what role and kind rest on.
        verdict: ok, warning, alert or unknown.
        reason: why the verdict is what it is, in words; for unknown, why nothing could be judged.
        sentence: the finding for people ("Income shifted down by 0.4 sd"), "" when quiet.
        decided_by: the statistic that decided, or null.
        effect: of that statistic (of the largest distance when quiet).
        p_value: joint p-value of the column's votes; `p_value_adjusted`: over all columns (Holm).
        detectable: the smallest drift effect (`effect.metric`) found with 80 % power at these sizes.
        noise_inflation: rows of this column carry 1 / this much of independent rows.
        votes: every statistic that took part.
        quality: quality metrics by key; a key ending in `_reference` is the reference's value.
        quality_reasons: why a quality value is null, by key.
        drift: drift metrics by key.
        distribution: what is drawn, or null.
        explained: the same of the days of the worst alert that names the column, else of the worst alert of
            all; null where windows do not decide, and of columns without an alert or a warning.
        explained_dates: of these days, UTC: "2026-03-18", "2026-03-18 to 2026-03-25"; "" without.
    """

    name: str
    role: str
    kind: str
    physical: str | None
    physical_current: str | None
    why: str
    verdict: Verdict
    reason: str
    sentence: str
    decided_by: str | None
    effect: Effect | None
    p_value: float | None
    p_value_adjusted: float | None
    detectable: float | None
    noise_inflation: float | None
    votes: list[Vote]
    quality: dict[str, float | int | str | bool | None]
    quality_reasons: dict[str, str]
    drift: dict[str, DriftValue]
    distribution: Distribution | None
    explained: Distribution | None = None
    explained_dates: str = ""
