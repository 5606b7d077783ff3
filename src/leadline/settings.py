"""The options of a check, written once: the command, the Python call and `leadline.yaml` all read this."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.schema import Kind

FailOn = Literal["alert", "warning", "unknown", "never"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A declared validation rule of one column; each part that is given must hold in every row.

    Attributes:
        type: "number", "integer", "text", "boolean" or "datetime".
        min, max: closed range of numbers.
        values: the only values allowed.
        pattern: a regular expression that the whole text must match.
        not_null: no missing value.
        unique: no value twice.
    """

    type: Literal["number", "integer", "text", "boolean", "datetime"] | None = None
    min: float | None = None
    max: float | None = None
    values: tuple[str | int | float | bool, ...] | None = None
    pattern: str | None = None
    not_null: bool = False
    unique: bool = False


class RatioMetric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user's metric: the sum of one row expression over the sum of another.

    Attributes:
        numerator: row expression, e.g. `amount * (label == 1)`.
        denominator: row expression; the number of rows by default.
        worse: which direction is worse; "either" never alerts.
    """

    numerator: str
    denominator: str = "1"
    worse: Literal["higher", "lower", "either"] = "either"


class Business(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Gain (positive) or cost (negative) of each cell of the binary confusion matrix, per row."""

    true_positive: float = 0.0
    false_positive: float = 0.0
    true_negative: float = 0.0
    false_negative: float = 0.0
    unit: str = ""


class Floors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The smallest effects worth an alert.

    Attributes:
        drift: Kolmogorov-Smirnov distance (numeric) or total variation (categorical), 0..1.
        share: rise of a share (missing, unseen, out of range), 0..1; it must also double.
        performance: loss, absolute for metrics on 0..1, relative for errors in the label's unit.
    """

    drift: float = 0.05
    share: float = 0.005
    performance: float = 0.01


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of a check.

    Attributes:
        label: column with the ground truth.
        prediction: column with the model's decision or estimate.
        score: column with the probability of the positive class; or, for several classes, the
            common prefix of the columns `<prefix>_<class>`.
        timestamp: column with the time of the prediction.
        id: column that identifies a row.
        entity: column that says who a row is about, when one repeats.
        version: column with the model's version.
        weight: column with non-negative row weights.
        segment: columns whose values are shown as segments.
        ignore: columns left out.
        features: the features; by default every column without another role.
        kinds: stated kinds by column.
        positive: the label value that counts as positive (binary).
        threshold: score at or above which the model decides for the positive class.
        false_alarm_rate: rate at which a check of undrifted data may alert, 0 < rate < 1.
        floors: smallest effects worth an alert; `column_floors` overrides `drift` by column.
        thresholds: fixed limits by metric key (`psi: 0.2`); a drift metric beyond one is an alert,
            whatever its evidence.
        rules: declared validation rules by column.
        columns: row expressions by name of the new column.
        metrics: users' metrics by name.
        proxies: numeric or boolean columns whose mean is shown as a proxy of performance.
        business: gain or cost of each cell of the confusion matrix.
        exact_duplicates: count duplicate rows exactly (needs memory for one hash a row).
        rows: size of the bottom-k sample of reference rows kept in the baseline.
        threads: counting threads; by default one for each core.
        fail_on: the mildest verdict for which the command exits 1.
    """

    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    timestamp: str | None = None
    id: str | None = None
    entity: str | None = None
    version: str | None = None
    weight: str | None = None
    segment: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    kinds: dict[str, Kind] = {}
    positive: str | int | float | bool | None = None
    threshold: float | None = None
    false_alarm_rate: float = 0.01
    floors: Floors = Floors()
    column_floors: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    rules: dict[str, Rule] = {}
    columns: dict[str, str] = {}
    metrics: dict[str, RatioMetric] = {}
    proxies: tuple[str, ...] = ()
    business: Business | None = None
    exact_duplicates: bool = False
    rows: int = 0
    threads: int | None = None
    fail_on: FailOn = "alert"
