"""A plausible report of a credit model, for looking at and testing what draws reports.

Values are computed from simulated tables by short textbook formulas; only their look matters here.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import msgspec
import numpy as np

from leadline.reports.record import (
    ColumnResult,
    Confusion,
    Curve,
    Distribution,
    DriftValue,
    Effect,
    MetricInfo,
    PerformanceValue,
    ReportRecord,
    RuleResult,
    SegmentResult,
    Side,
    Task,
    Vote,
)

NUMERIC_METRICS = (
    "kolmogorov_smirnov", "cramer_von_mises", "anderson_darling", "wasserstein", "energy", "psi",
    "jensen_shannon", "kullback_leibler", "hellinger", "total_variation", "chi_squared", "mean_rank_shift",
)  # fmt: skip
CATEGORICAL_METRICS = (
    "psi", "jensen_shannon", "kullback_leibler", "hellinger", "total_variation", "chi_squared", "g_test",
    "l_infinity",
)  # fmt: skip
TITLES = {
    "kolmogorov_smirnov": "Kolmogorov-Smirnov distance",
    "cramer_von_mises": "Cramér-von Mises statistic",
    "anderson_darling": "Anderson-Darling statistic",
    "wasserstein": "Wasserstein distance (normed)",
    "energy": "Energy distance",
    "psi": "Population stability index",
    "jensen_shannon": "Jensen-Shannon distance",
    "kullback_leibler": "Kullback-Leibler divergence",
    "hellinger": "Hellinger distance",
    "total_variation": "Total variation distance",
    "chi_squared": "Chi-squared statistic",
    "g_test": "G statistic",
    "l_infinity": "Largest change of a share",
    "mean_rank_shift": "Mean rank shift",
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1 score",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "calibration_error": "Calibration error",
    "prevalence": "Prevalence",
    "missing_share": "Missing",
    "unseen_share": "Never seen",
    "out_of_range_share": "Out of range",
}
LOWER_IS_WORSE = {"roc_auc", "pr_auc", "accuracy", "precision", "recall", "f1"}
PERFORMANCE = {"log_loss", "brier", "calibration_error", "prevalence"} | LOWER_IS_WORSE


def _shares(values: np.ndarray, edges: np.ndarray) -> list[float]:
    counts = np.histogram(values, edges)[0]
    return [float(x) for x in counts / max(1, counts.sum())]


def _drift(keys: tuple[str, ...], ref: np.ndarray, cur: np.ndarray, rows: int) -> dict[str, DriftValue]:
    p, q = ref + 1e-6, cur + 1e-6
    middle = (p + q) / 2
    ks = float(np.abs(np.cumsum(ref - cur)).max())
    values = {
        "kolmogorov_smirnov": ks,
        "cramer_von_mises": float(np.square(np.cumsum(ref - cur)).mean()),
        "anderson_darling": float(np.square(np.cumsum(ref - cur)).mean() * 6),
        "wasserstein": float(np.abs(np.cumsum(ref - cur)).sum() / 8),
        "energy": float(np.square(np.cumsum(ref - cur)).sum() / 4),
        "psi": float(((q - p) * np.log(q / p)).sum()),
        "jensen_shannon": math.sqrt(float((p * np.log2(p / middle) + q * np.log2(q / middle)).sum()) / 2),
        "kullback_leibler": float((q * np.log(q / p)).sum()),
        "hellinger": math.sqrt(max(0.0, 1 - float(np.sqrt(p * q).sum()))),
        "total_variation": float(np.abs(ref - cur).sum() / 2),
        "chi_squared": float(np.square(p - q).__truediv__(p + q).sum() * rows),
        "g_test": float((2 * q * np.log(q / p)).sum() * rows),
        "l_infinity": float(np.abs(ref - cur).max()),
        "mean_rank_shift": float((np.cumsum(cur - ref)).mean()),
    }
    spread = 1.2 / math.sqrt(rows)
    drift: dict[str, DriftValue] = {}
    for key in keys:
        value = values[key]
        tested = key in {"kolmogorov_smirnov", "chi_squared", "g_test", "mean_rank_shift"}
        drift[key] = DriftValue(
            value=value,
            low=max(0.0, abs(value) - spread) if key not in {"chi_squared", "g_test"} else None,
            high=abs(value) + spread if key not in {"chi_squared", "g_test"} else None,
            p_value=min(1.0, 2 * math.exp(-2 * rows * ks * ks)) if tested else None,
            bin_error=0.0 if key == "chi_squared" else 0.0021,
        )
    return drift


def column(
    name: str,
    distribution: Distribution | None,
    *,
    rows: int,
    kind: str = "numeric",
    role: str = "feature",
    verdict: str = "ok",
    sentence: str = "",
    reason: str = "",
    quality: dict[str, Any] | None = None,
    **changes: Any,
) -> ColumnResult:
    """A column whose drift follows from its distribution; `quality` adds to plausible values, `changes`
    replace other fields.
    """
    keys = NUMERIC_METRICS if kind == "numeric" else CATEGORICAL_METRICS
    first = "kolmogorov_smirnov" if kind == "numeric" else "total_variation"
    drift: dict[str, DriftValue] = {}
    effect, votes, p_value = None, [], None
    if distribution is not None:
        drift = _drift(keys, np.array(distribution.reference), np.array(distribution.current), rows)
        main = drift[first]
        p_value = min(1.0, 2 * math.exp(-2 * rows * (main.value or 0.0) ** 2 / 3))
        effect = Effect(first, main.value, main.low, main.high, 0.05)
        votes = [Vote(first, p_value, effect, (main.low or 0.0) > 0.05)]
        chi = drift["chi_squared"]
        votes.append(Vote("chi_squared", chi.p_value, Effect("chi_squared", chi.value), False))
        last = "mean_rank_shift" if kind == "numeric" else "l_infinity"
        other = drift[last]
        votes.append(Vote(last, other.p_value, Effect(last, other.value, other.low, other.high), False))
        votes.append(
            Vote(
                "missing_share", 0.62, Effect("missing_share", 0.0004, -0.0011, 0.0019, 0.005, "share"), False
            )
        )
    found: dict[str, float | int | str | bool | None] = {
        "missing_share": 0.0123, "missing_share_reference": 0.0119,
        "infinite_share": 0.0, "infinite_share_reference": 0.0,
        "type_changed": False, "constant": False, "constant_reference": False,
        "distinct": 48211, "distinct_reference": 96410,
    }  # fmt: skip
    if kind == "numeric":
        found |= {
            "out_of_range_share": 0.00002, "outlier_share": 0.0071, "outlier_share_reference": 0.0069,
            "mean": 41.82, "mean_reference": 41.77, "standard_deviation": 11.91,
            "standard_deviation_reference": 11.94, "median": 41.2, "median_reference": 41.1,
            "minimum": 18.0, "minimum_reference": 18.0, "maximum": 91.0, "maximum_reference": 92.0,
        }  # fmt: skip
    else:
        found |= {"unseen_share": 0.0, "empty_share": 0.0, "empty_share_reference": 0.0}
    physical = "float64" if kind == "numeric" else "string"
    made = ColumnResult(
        name=name,
        role=role,
        kind=kind,
        physical=physical,
        physical_current=physical,
        why="numbers" if kind == "numeric" else "text with few values",
        verdict=verdict,  # type: ignore[arg-type]
        reason=reason or "no vote reached the adjusted level",
        sentence=sentence,
        decided_by=first if verdict in {"alert", "warning"} else None,
        effect=effect,
        p_value=p_value,
        p_value_adjusted=None if p_value is None else min(1.0, p_value * 21),
        detectable=0.0094 if distribution else None,
        noise_inflation=1.0 if distribution else None,
        votes=votes,
        quality=found | (quality or {}),
        quality_reasons={},
        drift=drift,
        distribution=distribution,
    )
    return msgspec.structs.replace(made, **changes)


def _numeric(rng: np.random.Generator, draw: Any, shift: float = 0.0, scale: float = 1.0) -> Distribution:
    ref, cur = draw(rng, 20000), draw(rng, 9000) * scale + shift
    low, high = np.quantile(np.concatenate([ref, cur]), [0.001, 0.999])
    edges = np.linspace(low, high, 41)
    return Distribution([float(x) for x in edges], None, _shares(ref, edges), _shares(cur, edges))


def _categories(labels: list[str], reference: list[float], current: list[float]) -> Distribution:
    r, c = np.array(reference) / sum(reference), np.array(current) / sum(current)
    return Distribution(None, labels, [float(x) for x in r], [float(x) for x in c])


def _performance() -> dict[str, PerformanceValue]:
    rows: dict[str, tuple[float, float, float]] = {
        "roc_auc": (0.871, 0.843, 0.0061), "pr_auc": (0.522, 0.471, 0.0131),
        "accuracy": (0.902, 0.887, 0.0048), "precision": (0.611, 0.548, 0.019),
        "recall": (0.438, 0.431, 0.017), "f1": (0.510, 0.483, 0.015),
        "log_loss": (0.262, 0.301, 0.0072), "brier": (0.0741, 0.0869, 0.0026),
        "calibration_error": (0.0088, 0.0312, 0.0041), "prevalence": (0.112, 0.124, 0.0051),
    }  # fmt: skip
    voting = {"roc_auc": "alert", "log_loss": "alert", "brier": "warning", "accuracy": "ok"}
    values: dict[str, PerformanceValue] = {}
    for key, (reference, current, half) in rows.items():
        change = current - reference
        values[key] = PerformanceValue(
            reference=reference, current=current, low=current - half, high=current + half, change=change,
            change_low=change - half * 1.15, change_high=change + half * 1.15,
            p_value=1e-9 if key in voting else None, p_value_adjusted=2.1e-8 if key in voting else None,
            verdict=voting.get(key, "ok"),  # type: ignore[arg-type]
            floor=0.01 if key in voting else None, rows_reference=198_004, rows_current=31_270,
            bin_error=0.0004 if "auc" in key else 0.0,
        )  # fmt: skip
    values["lift"] = PerformanceValue(
        reference=None, current=None, reason="no row scored above the threshold"
    )
    return values


def _curves() -> list[Curve]:
    x = np.linspace(0, 1, 60)

    def points(y: np.ndarray) -> list[list[float]]:
        return [[float(a), float(b)] for a, b in zip(x, y, strict=True)]

    return [
        Curve("roc", "ROC", "False positive rate", "True positive rate", points(x**0.148), points(x**0.186)),
        Curve("precision_recall", "Precision and recall", "Recall", "Precision",
              points(0.112 + 0.85 * (1 - x) ** 1.2), points(0.124 + 0.78 * (1 - x) ** 1.45)),
        Curve("calibration", "Calibration", "Mean score", "Share of positives",
              points(x), points(np.clip(x * 1.08 + 0.06 * np.sin(x * 3), 0, 1))),
        Curve("gain", "Cumulative gain", "Share of rows, highest scores first", "Share of positives found",
              points(1 - (1 - x) ** 4.2), points(1 - (1 - x) ** 3.3)),
    ]  # fmt: skip


def _segments() -> list[SegmentResult]:
    rows = [
        ("state", "CA", 41_200, 8_120, 0.0), ("state", "TX", 30_110, 6_011, -0.041),
        ("state", "NY", 24_870, 4_900, -0.012), ("state", "(other)", 101_824, 12_239, -0.018),
        ("channel", "web", 120_400, 16_030, -0.037), ("channel", "branch", 77_604, 15_240, -0.009),
    ]  # fmt: skip
    results = []
    for column, value, reference, current, change in rows:
        half = 1.9 / math.sqrt(current)
        auc = PerformanceValue(
            reference=0.871, current=0.871 + change, low=0.871 + change - half, high=0.871 + change + half,
            change=change, change_low=change - half, change_high=change + half,
            rows_reference=reference, rows_current=current,
        )  # fmt: skip
        moved = Effect("kolmogorov_smirnov", 0.16 - change, 0.13, 0.22, 0.05)
        results.append(
            SegmentResult(column, value, reference, current, reference / 198_004, current / 31_270,
                          {"roc_auc": auc}, "income", moved)
        )  # fmt: skip
    return results


@cache
def sample(seed: int = 7) -> ReportRecord:
    """A credit model: 3 alerts, 2 warnings, 2 columns not judged, the rest quiet; labels known."""
    rng = np.random.default_rng(seed)
    rows = 31_270
    lognormal = lambda r, n: np.exp(r.normal(10.6, 0.45, n))  # noqa: E731
    states = ["CA", "TX", "NY", "FL", "IL", "PA", "OH", "GA", "NC", "MI", "(other)"]
    shares = [20.8, 15.2, 12.6, 10.1, 6.4, 5.9, 5.2, 4.9, 4.7, 4.5, 9.7]
    jobs = ["employed", "self-employed", "retired", "student", "unemployed", "(unseen)"]
    columns = [
        column("income", _numeric(rng, lognormal, shift=-6500), rows=rows, verdict="alert",
                sentence="Income shifted down by 0.38 sd (median 40 100 to 33 600); "
                         "Kolmogorov-Smirnov distance 0.168, floor 0.05.",
                reason="adjusted p-value below 0.01 and the interval lies beyond the floor",
                quality={"mean": 38411.2, "mean_reference": 44330.9,
                         "median": 33612.0, "median_reference": 40121.0,
                         "standard_deviation": 20894.0, "standard_deviation_reference": 20911.0,
                         "minimum": 4120.0, "minimum_reference": 6810.0, "maximum": 271800.0,
                         "maximum_reference": 301222.0, "out_of_range_share": 0.0031}),
        column("employment", _categories(jobs, [61, 14, 13, 7, 5, 0], [48, 13, 13, 7, 8, 11]), rows=rows,
                kind="categorical", verdict="alert",
                sentence="Employment has a value never seen in the reference: “gig worker”, 11.0 % of rows.",
                reason="adjusted p-value below 0.01 and the interval lies beyond the floor",
                quality={"unseen_share": 0.11, "distinct": 6, "distinct_reference": 5}),
        column("months_at_address", _numeric(rng, lambda r, n: r.gamma(2.0, 30.0, n)), rows=rows,
                verdict="alert", decided_by="missing_share",
                effect=Effect("missing_share", 0.0712, 0.0683, 0.0741, 0.005, "share"),
                sentence="Missing values of months_at_address rose from 1.2 % to 8.3 %.",
                reason="missing share rose by 7.1 points (floor 0.5) and more than doubled",
                p_value=1e-80, p_value_adjusted=2e-79,
                quality={"missing_share": 0.0831, "missing_share_reference": 0.0119}),
        column("p_default", _numeric(rng, lambda r, n: r.beta(1.4, 9.0, n), scale=1.18),
                rows=rows, role="score", verdict="warning",
                sentence="Score p_default moved up by 0.15 sd (mean 0.134 to 0.158).",
                reason="adjusted p-value below 0.10; the interval touches the floor"),
        column("state",
                _categories(states, shares, [26.0, 19.2, 11.1, 9.4, 5.4, 5.1, 4.6, 4.2, 3.9, 3.5, 7.6]),
                rows=rows, kind="categorical", verdict="warning",
                sentence="The mix of state changed: CA 20.8 % to 26.0 %, TX 15.2 % to 19.2 %.",
                reason="adjusted p-value below 0.10; the interval touches the floor"),
        column("bureau_score_v2", None, rows=rows, verdict="unknown", physical_current="float64",
                reason="not judged: 43 rows with a value in the current table, 200 needed",
                sentence="Not judged: 43 rows with a value, 200 needed."),
        column("customer_id", None, rows=rows, kind="identifier", role="id", physical="int64",
                physical_current="int64", reason="identifiers are not compared",
                why="named by the option id"),
    ]  # fmt: skip
    draws: dict[str, Any] = {
        "age": lambda r, n: r.normal(42, 12, n).clip(18, 92),
        "loan_amount": lambda r, n: np.exp(r.normal(9.2, 0.7, n)),
        "interest_rate": lambda r, n: r.normal(7.4, 2.1, n),
        "debt_to_income": lambda r, n: r.beta(2.2, 4.4, n),
        "open_accounts": lambda r, n: r.poisson(6.5, n).astype(float),
        "utilisation": lambda r, n: r.beta(1.2, 1.9, n),
        "delinquencies_2y": lambda r, n: r.poisson(0.4, n).astype(float),
        "credit_history_months": lambda r, n: r.gamma(3.1, 55.0, n),
        "inquiries_6m": lambda r, n: r.poisson(1.1, n).astype(float),
        "dependents": lambda r, n: r.poisson(0.9, n).astype(float),
    }
    columns += [column(name, _numeric(rng, draw), rows=rows) for name, draw in draws.items()]
    groups: dict[str, tuple[list[str], list[float]]] = {
        "purpose": (["car", "home", "debt", "business", "education"], [31, 24, 22, 13, 10]),
        "channel": (["web", "branch", "partner"], [52, 35, 13]),
        "home_ownership": (["rent", "mortgage", "own"], [46, 41, 13]),
        "defaulted": (["0", "1"], [88.8, 11.2]),
    }
    for name, (labels, weights) in groups.items():
        moved = [w * float(rng.normal(1, 0.006)) for w in weights]
        role = "label" if name == "defaulted" else "feature"
        columns.append(
            column(name, _categories(labels, weights, moved), rows=rows, kind="categorical", role=role)
        )
    performance = _performance()
    metrics = {
        key: MetricInfo(
            title=title, family="performance" if key in PERFORMANCE else "drift",
            summary=f"{title} of the two tables.",
            unit="share" if key.endswith("_share") else "",
            worse="lower" if key in LOWER_IS_WORSE else "higher", range=[0.0, None],
            reference="Textbook, 2001",
        )
        for key, title in TITLES.items()
    }  # fmt: skip
    return ReportRecord(
        leadline_version="0.1.0",
        verdict="alert",
        headline="3 of 21 columns changed, and the model got worse (ROC AUC 0.871 to 0.843).",
        summary=[
            "ROC AUC fell by 0.028 (0.021 to 0.035); the floor is 0.01.",
            "Income shifted down by 0.38 sd (median 40 100 to 33 600).",
            "Employment has a value never seen in the reference: “gig worker”, 11.0 % of rows.",
            "Missing values of months_at_address rose from 1.2 % to 8.3 %.",
            "2 warnings: p_default, state.",
            "1 column could not be judged: bureau_score_v2.",
        ],
        assumptions=["rows are taken as independent: no timestamp or entity was named",
                     "labels are known for 100 % of the reference and 100 % of the current rows"],
        false_alarm_rate=0.01,
        channels=23,
        reference=Side("train.parquet", 198_004, "2025-01-01T00:00:00Z", "2025-06-30T23:59:58Z", "9f3ac1"),
        current=Side("june.parquet", 31_270, "2026-06-01T00:00:04Z", "2026-06-30T23:58:41Z", "41ce07"),
        columns=columns,
        quality={
            "rows": 31_270, "rows_reference": 198_004, "duplicate_row_share": 0.0021,
            "duplicate_row_share_reference": 0.0019, "duplicate_id_share": None,
            "columns": 21, "columns_reference": 22, "columns_vanished": "fico_legacy",
        },
        quality_reasons={"duplicate_id_share": "no id column"},
        rules=[
            RuleResult("age", "between 18 and 100", "ok", 0, 31_270),
            RuleResult("loan_amount", "not null", "alert", 12, 31_270, ["(null)"], "12 rows break it"),
            RuleResult("interest_rate", "one of 3 values", "unknown", 0, 0, [], "no rows"),
        ],
        task=Task(
            kind="binary", positive="1", threshold=0.35, threshold_why="from the prediction column",
            classes=["0", "1"],
            confusion=Confusion(
                ["0", "1"], [[169_921, 5_907], [12_463, 9_713]], [[26_009, 1_380], [2_208, 1_673]]
            ),
            curves=_curves(), sentence="ROC AUC fell from 0.871 to 0.843 ±0.006, beyond the floor of 0.01.",
            verdict="alert",
        ),
        performance=performance,
        segments=_segments(),
        metrics=metrics,
    )  # fmt: skip


@cache
def wide(columns: int = 500, seed: int = 11) -> ReportRecord:
    """The same report with many columns: 4 in 100 are alerts, most are quiet."""
    rng = np.random.default_rng(seed)
    base = sample()
    many = []
    for i in range(columns):
        moved = i < columns // 25
        shape = _numeric(rng, lambda r, n: r.normal(0, 1, n), shift=0.4 if moved else 0.0)
        many.append(
            column(f"sensor_{i:04d}", shape, rows=30_000, verdict="alert" if moved else "ok",
                    sentence=f"sensor_{i:04d} shifted up by 0.4 sd." if moved else "")
        )  # fmt: skip
    return msgspec.structs.replace(base, columns=many)


def hostile() -> ReportRecord:
    """Names and values that try to break out of the page."""
    base = sample()
    attack = '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=1">'
    first = base.columns[1]
    assert first.distribution is not None
    labels = [f"{attack}{i}" for i in range(len(first.distribution.labels or []))]
    broken = msgspec.structs.replace(
        first,
        name=attack + "\u2028'\"\u202e<!--<script>\ud800",
        sentence=attack,
        reason=attack,
        distribution=msgspec.structs.replace(first.distribution, labels=labels),
    )
    rules = [RuleResult(attack, attack, "alert", 1, 2, [attack], attack)]
    return msgspec.structs.replace(
        base, columns=[broken, *base.columns], headline=attack, summary=[attack], rules=rules
    )
