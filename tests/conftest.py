"""Fixtures shared by all tests."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import settings

import leadline
from leadline.reports import json as report_json
from leadline.reports.record import (
    ColumnResult,
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

# Tests are imported by path, each on its own; what several of them look at is imported by name.
sys.path += [str(Path(__file__).parent / folder) for folder in ("reports", "shared")]

import sample

# How long an example takes is the machine's business, not the test's.
settings.register_profile("leadline", deadline=None)
settings.load_profile("leadline")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data sets; the test is skipped where it is not stated."""
    folder = os.environ.get("LEADLINE_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LEADLINE_TEST_DATA names no folder with the real data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def peer() -> Callable[[str], str]:
    """Where a program is; without it the test is skipped, or fails where LEADLINE_TEST_PEERS is set."""

    def find(program: str) -> str:
        found = shutil.which(program)
        if found is None and os.environ.get("LEADLINE_TEST_PEERS"):
            pytest.fail(f"LEADLINE_TEST_PEERS is set, and {program} is not installed")
        if found is None:
            pytest.skip(f"{program} is not installed")
        return found

    return find


@pytest.fixture(scope="session")
def make_column() -> Callable[..., ColumnResult]:
    """Builds one column of a report; keywords override fields of a drifted numeric feature."""
    return _column


@pytest.fixture(scope="session")
def small_record() -> ReportRecord:
    """A small report with every verdict, performance, a rule and a segment."""
    return _record()


def _column(**fields: Any) -> ColumnResult:
    effect = Effect("kolmogorov_smirnov", 0.2134, 0.1914, 0.2353, 0.05)
    made = sample.column(
        "income",
        Distribution(
            edges=[0.0, 1.0, 2.0, 3.0, 4.0],
            labels=None,
            reference=[0.1, 0.4, 0.4, 0.1],
            current=[0.4, 0.4, 0.15, 0.05],
        ),
        rows=5_000,
        verdict="alert",
        reason="Kolmogorov-Smirnov distance 0.213 is beyond its floor of 0.05",
        sentence="Income shifted down by 0.4 sd.",
        effect=effect,
        p_value=1e-14,
        p_value_adjusted=4e-13,
        detectable=0.031,
        votes=[Vote("kolmogorov_smirnov", 1e-14, effect, True)],
        quality_reasons={"outlier_share": "constant in the reference"},
        drift={
            "kolmogorov_smirnov": DriftValue(0.2134, 0.1914, 0.2353, 1e-14, 0.004),
            "psi": DriftValue(0.31, bin_error=0.0),
            "energy": DriftValue(None, reason="fewer than 10 rows"),
        },
    )
    few = {"missing_share": 0.01, "missing_share_reference": 0.008, "infinities": 0}
    return msgspec.structs.replace(made, **{"quality": few, **fields})


def _record() -> ReportRecord:
    quiet = {
        "verdict": "ok",
        "sentence": "",
        "decided_by": None,
        "reason": "no change beyond chance",
        "p_value": 0.4,
        "p_value_adjusted": 1.0,
    }
    purpose = _column(
        name="purpose",
        kind="categorical",
        verdict="warning",
        sentence="Purpose: 3 % of rows hold a value never seen before.",
        decided_by="unseen_share",
        effect=Effect("unseen_share", 0.031, 0.028, 0.034, 0.005, "share"),
        p_value_adjusted=0.02,
        distribution=Distribution(
            edges=None,
            labels=["car", "home", "(unseen)"],
            reference=[0.6, 0.4, 0.0],
            current=[0.5, 0.47, 0.03],
        ),
    )
    unknown = _column(
        name="comment",
        kind="text",
        verdict="unknown",
        reason="text is not judged",
        sentence="",
        decided_by=None,
        effect=None,
        p_value=None,
        p_value_adjusted=None,
        detectable=None,
        votes=[],
        drift={},
        distribution=None,
    )
    auc = PerformanceValue(
        0.871, 0.843, 0.837, 0.849, -0.028, -0.036, -0.020, 1e-8, 4e-7, "alert", 0.01, 20_000, 5_000, 0.001
    )
    brier = PerformanceValue(
        0.1, 0.12, 0.115, 0.125, 0.02, 0.014, 0.026, rows_reference=20_000, rows_current=5_000
    )
    return ReportRecord(
        leadline_version="0.1.0",
        verdict="alert",
        headline="1 of 5 columns changed, and the model ranks worse: ROC AUC fell by 0.028.",
        summary=["Income shifted down by 0.4 sd.", "ROC AUC fell from 0.871 to 0.843."],
        assumptions=["rows are taken as independent"],
        false_alarm_rate=0.01,
        channels=6,
        reference=Side("reference", 20_000, "2024-01-01T00:00:00Z", "2024-03-31T23:00:00Z", "ab12"),
        current=Side("current.parquet", 5_000, "2024-04-01T00:00:00Z", "2024-04-30T23:00:00Z", "cd34"),
        columns=[
            _column(),
            purpose,
            unknown,
            _column(name="age", **quiet),
            _column(name="tenure", **quiet),
        ],
        quality={"rows_duplicate_share": 0.0, "columns_vanished": 0},
        quality_reasons={},
        rules=[
            RuleResult("age", "between 18 and 100", "alert", 3, 5_000, ["7", "-1"]),
            RuleResult("age", "not null", "ok", 0, 5_000),
            RuleResult("code", "unique", "unknown", 0, 0, reason="the column is missing"),
        ],
        task=Task("binary", positive="1", threshold=0.5, sentence="The model ranks worse.", verdict="alert"),
        performance={
            "brier": brier,
            "roc_auc": auc,
            "log_loss": PerformanceValue(None, None, reason="scores of 0 for positive labels"),
        },
        segments=[
            SegmentResult("state", "CA", 2_000, 600, 0.1, 0.12, {"roc_auc": auc}, "income"),
        ],
        metrics={
            key: MetricInfo(title, family, "A summary.", "", worse, [0.0, 1.0], "A source.")
            for key, title, family, worse in [
                ("kolmogorov_smirnov", "Kolmogorov-Smirnov", "drift", "higher"),
                ("roc_auc", "ROC AUC", "performance", "lower"),
                ("brier", "Brier score", "performance", "higher"),
            ]
        },
    )


@pytest.fixture(scope="session")
def audited() -> Callable[..., dict[str, Any]]:
    """Runs a check, and returns its JSON after it was held against what every report promises."""
    validator = jsonschema.Draft202012Validator(report_json.schema())

    def run(reference: Any, current: Any, renderings: bool = False, **options: Any) -> dict[str, Any]:
        report = leadline.check(reference, current, **options)
        record: dict[str, Any] = json.loads(report.to_json(), parse_constant=_no_constant)
        validator.validate(record)
        assert _nulls_without_reason(record) == []
        if renderings:
            for render in (report.to_html, report.to_markdown, report.to_junit, report.__repr__):
                assert render()
        return record

    return run


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _nulls_without_reason(record: dict[str, Any]) -> list[str]:
    """Every verdict but a quiet one, and every number that is null, says why."""
    found = [f"{c['name']}: {c['verdict']}" for c in record["columns"] if not c["reason"]]
    for column in record["columns"]:
        reasons = column["quality_reasons"]
        silent = [key for key, v in column["drift"].items() if v["value"] is None and not v["reason"]]
        silent += [key for key, v in column["quality"].items() if v is None and key not in reasons]
        found += [f"{column['name']}: {key}" for key in silent]
    found += [
        key
        for key, v in record["performance"].items()
        if (v["reference"] is None or v["current"] is None) and not v["reason"]
    ]
    found += [
        key for key, v in record["quality"].items() if v is None and key not in record["quality_reasons"]
    ]
    return found
