"""What a report says of real rows, against what is known to have happened in them."""

from __future__ import annotations

from pathlib import Path

import polars

from leadline import comparison
from leadline.reports.record import ReportRecord

ROLES = {"label": "label", "prediction": "prediction", "id": "id", "timestamp": "timestamp"}


def parts(path: Path, name: str) -> tuple[polars.DataFrame, polars.DataFrame]:
    table = polars.read_parquet(path / f"{name}.parquet")
    reference, current = (table.filter(polars.col("partition") == part) for part in ("reference", "analysis"))
    return reference.drop("partition"), current.drop("partition")


def magic(path: Path, scenario: str) -> tuple[polars.DataFrame, polars.DataFrame]:
    """The shared reference, and the half of a scenario in which its change is on."""
    table = polars.read_parquet(path / "magic_scenarios.parquet")
    part, chosen = polars.col("partition"), polars.col("scenario") == scenario
    reference = table.filter(part == "reference")
    current = table.filter((part == "analysis") & chosen & polars.col("drifted"))
    truth = ["partition", "scenario", "chunk", "drifted"]
    return reference.drop(truth), current.drop(truth)


def sentence(record: ReportRecord, name: str) -> str:
    return next(column.sentence for column in record.columns if column.name == name)


def test_columns_that_were_constant_until_a_market_opened_are_called_so(shared_data: Path) -> None:
    """elec2: price, demand and transfer of Victoria are constant until May 1997."""
    record = comparison.check(*parts(shared_data, "elec2_stream"), **ROLES, score="score").record
    for name in ("vicprice", "vicdemand", "transfer"):
        assert sentence(record, name).startswith(f"{name} was constant and varies now")


def test_a_label_shift_is_said_as_the_share_of_the_label(shared_data: Path) -> None:
    """magic, scenario `label`, chunks 6 to 10: the share of 1 goes from 0.649 to 0.348; ROC AUC stays."""
    record = comparison.check(*magic(shared_data, "label"), **ROLES, score="score").record
    assert sentence(record, "label").startswith("label: the share of 1 fell from 64.9\u2009% to 34.8\u2009%")
    assert "ROC AUC" not in record.task.sentence


def test_a_drift_that_helps_is_said_to_help(shared_data: Path) -> None:
    """car_price: inputs drift, and the mean absolute error falls from about 850 to 775."""
    record = comparison.check(*parts(shared_data, "car_price_regression"), **ROLES).record
    assert record.verdict == "alert"
    assert record.task.sentence.startswith("Mean absolute error got better: 846 to 775")
    assert "erformance" not in record.headline


def test_a_change_that_only_labels_show_says_that_no_column_changed(shared_data: Path) -> None:
    """magic, scenario `concept`: inputs as in the control, a third of some labels flipped."""
    record = comparison.check(*magic(shared_data, "concept"), **ROLES, score="score").record
    assert record.headline == "Performance got worse (ROC AUC 0.926 to 0.797) and no column changed."


def test_a_table_of_another_world_names_it(shared_data: Path) -> None:
    """wine: the model knows red wines, every row is white now; its error grows from 0.47 to 0.65."""
    roles = {"label": "label", "prediction": "prediction", "id": "id"}
    record = comparison.check(*parts(shared_data, "wine_quality"), **roles).record
    assert record.headline.startswith("Performance got worse (Mean absolute error 0.470 to 0.648)")
    assert sentence(record, "segment") == (
        "segment: 100\u2009% of the values were never seen in the reference."
    )
