"""The options of a check, written once: the command, the Python call and `leadline.yaml` all read this."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec

from leadline.errors import ConfigurationError
from leadline.limits import Monitor
from leadline.limits import validate as validate_monitors
from leadline.plain import converted, plain, read_yaml
from leadline.schedule import BY_VERSION, AlertRate, Width, instant, span, zone
from leadline.schema import Kind

FailOn = Literal["alert", "warning", "unknown", "never"]
BudgetMode = Literal["default", "strict", "confident"]
HarmlessMode = Literal["digest", "alert"]
BaselineMode = Literal["auto", "fixed", "rolling"]
Detector = Literal["adwin", "page_hinkley", "kswin", "ddm", "eddm", "hddm_a", "hddm_w"]

ROWS_MAX = 1_000_000
"""Most rows of a table that are kept."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A declared validation rule of one column; each part that is given must hold in every row.

    Attributes:
        type: "number", "integer", "text", "boolean" or "datetime".
        min, max: closed range of numbers.
        values: the only values allowed.
        pattern: a regular expression that the whole text must match.
        not_null: no missing value.
        unique: no value twice.
        ordered: no value less than that of the row before it, in the order of rows, as of a clock that never
            steps back.
    """

    type: Literal["number", "integer", "text", "boolean", "datetime"] | None = None
    min: float | None = None
    max: float | None = None
    values: tuple[str | int | float | bool, ...] | None = None
    pattern: str | None = None
    not_null: bool = False
    unique: bool = False
    ordered: bool = False


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
        window: the same of one window against its baseline, 0..1.
        share: rise of a share (missing, unseen, out of range), 0..1; it must also double, rise by `drift` or
            become 1 (unless this is 0).
        performance: loss, absolute for metrics on 0..1, relative for errors in the label's unit.
    """

    drift: float = 0.05
    window: float = 0.02
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
        label_timestamp: column with the time at which the label became known; windows whose labels are not
            all there are then corrected for the bias of early labels.
        id: column that identifies a row.
        entity: column that says who a row is about, when one repeats.
        version: column with the model's version.
        weight: column with non-negative row weights.
        segment: columns whose values are shown as segments.
        ignore: columns left out.
        features: the features; by default every column without another role.
        kinds: stated kinds by column: "numeric", "categorical", "boolean", "datetime", "text", "vector" or
            "identifier".
        positive: the label value that counts as positive (binary).
        threshold: score at or above which the model decides for the positive class.
        false_alarm_rate: rate at which a check of undrifted data may alert, 0 < rate < 1.
        budget: false alerts that windows may cost, such as `1/30d`; once it is stated, windows decide the
            verdict where the reference is long enough. Without it they are shown at 1/30d.
        budget_mode: "default" counts alerts in a replay of the reference; "strict" keeps the budget in finite
            samples; "confident" keeps it for nine of ten references.
        harmless: what becomes of an alert whose windows lost no performance, realised or estimated: a warning
            for the "digest", or an "alert" all the same.
        window: width of the windows that are judged, such as `1h`, `1d`, `1w` or `5000 rows`; chosen from the
            reference by default. `version`: each version of the model is a window.
        as_of: time (ISO 8601) at which the current table is looked at: later predictions are left out, and
            labels that became known later count as missing. By default the latest time in the table.
        label_lateness: how long after its window a late label may still open an alert, such as `30d`; by
            default the time within which 99 % of the reference's labels came.
        time_zone: whose calendar days and weeks follow, such as Europe/Berlin; UTC by default.
        baseline: what windows are compared with: the whole reference ("fixed"), the 28 windows before
            ("rolling"), or "auto", which tests whether the reference stands still.
        floors: smallest effects worth an alert.
        column_floors: smallest drift worth an alert by column; overrides `floors`' `drift`.
        thresholds: fixed limits by metric key (`psi: 0.2`); a drift metric beyond one is an alert,
            whatever its evidence.
        rules: declared validation rules by column.
        monitors: numbers that are watched in every window, each with a limit of its own; they stand outside
            the budget.
        columns: row expressions by name of the new column.
        metrics: users' metrics by name.
        proxies: numeric or boolean columns whose mean is shown as a proxy of performance.
        detectors: row-wise drift detectors that run over the model's errors in the order of time, such as
            `adwin`; they need the extra `detectors` and stand outside the budget: how often they alert for
            nothing is not calibrated.
        business: gain or cost of each cell of the confusion matrix.
        exact_duplicates: count duplicate rows exactly (needs memory for one hash a row).
        rows: rows of a table that are kept as cells of the grid, for what counts are not enough for; with
            times a twentieth of them in each time bucket, and five times as many in all. 0 keeps none.
        threads: counting threads; by default one for each core. With 1, nothing runs beside the calling one.
        fail_on: the mildest verdict for which the command exits 1.
    """

    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    timestamp: str | None = None
    label_timestamp: str | None = None
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
    budget: str | None = None
    budget_mode: BudgetMode = "default"
    harmless: HarmlessMode = "digest"
    window: str | None = None
    as_of: str | None = None
    label_lateness: str | None = None
    time_zone: str | None = None
    baseline: BaselineMode = "auto"
    floors: Floors = Floors()
    column_floors: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    rules: dict[str, Rule] = {}
    monitors: tuple[Monitor, ...] = ()
    columns: dict[str, str] = {}
    metrics: dict[str, RatioMetric] = {}
    proxies: tuple[str, ...] = ()
    detectors: tuple[Detector, ...] = ()
    business: Business | None = None
    exact_duplicates: bool = False
    rows: int = 20_000
    threads: int | None = None
    fail_on: FailOn = "alert"

    @property
    def by_version(self) -> bool:
        """Each version of the model is a window."""
        return self.window == BY_VERSION

    @property
    def width(self) -> str | None:
        """The stated width of windows of time; None: it is chosen."""
        return None if self.by_version else self.window

    @classmethod
    def from_file(cls, path: str | Path, **keywords: Any) -> Settings:
        """Settings of a YAML file (`leadline.yaml`); given keywords (not None, not `()`) override it.

        Raises:
            ConfigurationError: the file cannot be read, or a key or value is wrong; file, key, what was
                found and what is accepted are in the message.
        """
        return _build({**read_yaml(Path(path)), **_given(keywords)}, str(path), set(_given(keywords)))

    @classmethod
    def of(cls, **keywords: Any) -> Settings:
        """Settings of keywords; None or `()` means the default, and one text serves as a list of one.

        Raises:
            ConfigurationError: a keyword is unknown, or a value is wrong.
        """
        return _build(_given(keywords), None, set(keywords))


def _given(keywords: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keywords.items() if value is not None and value != ()}


@cache
def _hints() -> dict[str, Any]:
    """The type of each option."""
    return get_type_hints(Settings)


_LISTS = ("segment", "ignore", "features", "proxies", "detectors")


def _build(raw: Mapping[str, Any], file: str | None, keywords: set[str]) -> Settings:
    """Settings of plain values; problems name the file, or the keyword when that overrode the file."""
    known = Settings.__struct_fields__
    for key in raw:
        if key not in known:
            noun = "keyword" if file is None or key in keywords else "key"
            raise ConfigurationError.unknown(noun, key, known, None if key in keywords else file)
    hints = _hints()
    values = {
        key: converted(_plain(value, key), hints[key], _where(key, file, keywords))
        for key, value in raw.items()
    }
    settings = Settings(**values)
    _validate(settings, lambda key: _where(key, file, keywords))
    return settings


def _plain(value: Any, key: str) -> Any:
    """Builtins only; one text serves as a list of one."""
    return [value] if key in _LISTS and isinstance(value, str) else plain(value)


def _where(key: str, file: str | None, keywords: set[str]) -> str:
    return key if file is None or key.split(".")[0] in keywords else f"{file}, {key}"


def _validate(settings: Settings, where: Any) -> None:
    """Ranges, patterns and contradictions."""

    def require(holds: bool, key: str, found: object, accepted: str) -> None:
        if not holds:
            raise ConfigurationError("value out of range", where=where(key), found=found, accepted=accepted)

    rate = settings.false_alarm_rate
    require(0 < rate < 1, "false_alarm_rate", rate, "a number above 0 and below 1")
    _validate_schedule(settings, where)
    if settings.threshold is not None:
        require(math.isfinite(settings.threshold), "threshold", settings.threshold, "a finite number")
    for key in Floors.__struct_fields__:
        value = getattr(settings.floors, key)
        if key == "performance":  # relative to errors, which may grow many times over
            require(0 <= value < math.inf, f"floors.{key}", value, "a number from 0 on")
        else:
            require(0 <= value <= 1, f"floors.{key}", value, "a number from 0 to 1")
    for column, value in settings.column_floors.items():
        require(0 <= value <= 1, f"column_floors.{column}", value, "a number from 0 to 1")
    if settings.business is not None:
        for key in ("true_positive", "false_positive", "true_negative", "false_negative"):
            value = getattr(settings.business, key)
            require(math.isfinite(value), f"business.{key}", value, "a finite number")
    for metric, value in settings.thresholds.items():
        require(math.isfinite(value), f"thresholds.{metric}", value, "a finite number")
    require(0 <= settings.rows <= ROWS_MAX, "rows", settings.rows, f"a whole number from 0 to {ROWS_MAX:,}")
    if settings.threads is not None:
        require(settings.threads >= 1, "threads", settings.threads, "a whole number from 1 on")
    for column, rule in settings.rules.items():
        _validate_rule(rule, column, where, require)
    validate_monitors(settings.monitors, where)
    _validate_roles(settings, where)


def _validate_schedule(settings: Settings, where: Any) -> None:
    """Windows, budgets and zones are read here once, so that a slip ends before any row is read."""
    if settings.width is not None:
        Width.parse(settings.width, where("window"))
    if settings.budget is not None:
        AlertRate.parse(settings.budget, where("budget"))
    zone(settings.time_zone, where("time_zone"))
    if settings.as_of is not None:
        instant(settings.as_of, where("as_of"))
    if settings.label_lateness is not None:
        span(settings.label_lateness, where("label_lateness"))


def _validate_rule(rule: Rule, column: str, where: Any, require: Any) -> None:
    if rule == Rule():
        raise ConfigurationError(
            "the rule is empty", where=where(f"rules.{column}"), accepted=Rule.__struct_fields__
        )
    low, high = rule.min, rule.max
    if low is not None and high is not None:
        require(low <= high, f"rules.{column}", f"min {low}, max {high}", "min at or below max")
    if rule.pattern is not None:
        try:
            re.compile(rule.pattern)
        except re.error as error:
            raise ConfigurationError(
                f"not a regular expression: {error}",
                where=where(f"rules.{column}.pattern"),
                found=rule.pattern,
            ) from None


_EXCLUSIVE = ("label", "prediction", "timestamp", "label_timestamp", "id", "entity", "version", "weight")


def _validate_roles(settings: Settings, where: Any) -> None:
    """A column has one role; score and prediction may be the same (regression writes both so)."""
    seen: dict[str, str] = {}
    for option in _EXCLUSIVE:
        column = getattr(settings, option)
        if column is None:
            continue
        if column in seen:
            raise ConfigurationError(
                f"the column is `{seen[column]}` already", where=where(option), found=column,
                accepted="a column without another role",
            )  # fmt: skip
        seen[column] = option
    if settings.score is not None and seen.get(settings.score, "prediction") != "prediction":
        raise ConfigurationError(
            f"the column is `{seen[settings.score]}` already", where=where("score"), found=settings.score,
            accepted="a column without another role, or the prediction",
        )  # fmt: skip
    for column in settings.ignore:
        if column in seen:
            raise ConfigurationError(
                f"the column is `{seen[column]}` and cannot be left out", where=where("ignore"), found=column
            )
