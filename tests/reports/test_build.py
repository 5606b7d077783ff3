from __future__ import annotations

import numpy as np
import polars

from leadline import comparison
from leadline.simulation import credit


def test_a_record_explains_the_metrics_that_appear_and_no_others() -> None:
    """Without labels nothing is said of performance, and of a binary model nothing of regression."""
    rng = np.random.default_rng(1)
    plain = polars.DataFrame({"x": rng.normal(size=500), "y": rng.choice(["a", "b"], 500)})
    record = comparison.check(plain, plain).record
    assert "kolmogorov_smirnov" in record.metrics
    assert {metric.family for metric in record.metrics.values()} == {"drift", "quality"}
    deployment = credit(2000, 2000, seed=1)
    record = comparison.check(deployment.reference, deployment.current, **deployment.roles).record
    assert set(record.performance) <= set(record.metrics)
    assert "rmse" not in record.metrics
    for column in record.columns:
        assert set(column.drift) <= set(record.metrics)


def test_the_headline_the_summary_and_the_columns_tell_one_story() -> None:
    deployment = credit(20_000, 5000, seed=2)
    record = comparison.check(deployment.reference, deployment.current, **deployment.roles).record
    loud = [column for column in record.columns if column.verdict == "alert"]
    # The confidence that is derived from the score is no column of the table.
    assert f"{len(loud)} of {len(deployment.reference)} columns changed" in record.headline
    assert record.summary[0] == record.task.sentence
    assert [line for line in record.summary if line.startswith(loud[0].name)] == [loud[0].sentence]
