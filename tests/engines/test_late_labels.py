"""Counting delays from tables, and tables as they were known at an earlier time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import leadline as ll
from leadline.errors import ConfigurationError, DataError
from leadline.profiles.delays import DELAYS, EDGES, UNTIMED

OPTIONS: dict[str, Any] = {
    "label": "y", "prediction": "p", "timestamp": "t", "label_timestamp": "known", "threads": 1,
}  # fmt: skip
DAY = np.timedelta64(1, "D")


def frame(rows: int = 4000, seed: int = 3, classes: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = np.datetime64("2024-01-01", "us") + (rng.random(rows) * 30 * 86_400e6).astype("timedelta64[us]")
    y = rng.integers(0, classes, rows)
    delay = (rng.exponential(5 * 86_400e6, rows)).astype("timedelta64[us]")
    found = pd.DataFrame({"t": t, "x": rng.normal(size=rows), "p": rng.integers(0, classes, rows), "y": y})
    found["y"] = found["y"].astype("Int64")
    found["known"] = t + delay
    found.loc[::10, "y"] = pd.NA
    found.loc[5::50, "known"] = pd.NaT
    return found


def expected(data: pd.DataFrame, code: int) -> np.ndarray:
    """Labels of a class by delay, row by row."""
    out = np.zeros(UNTIMED + 1, int)
    for row in data[data["y"] == code].itertuples():
        delay = (row.known - row.t) / pd.Timedelta("1us")
        out[UNTIMED if not delay >= 0 else int(np.searchsorted(EDGES, delay, side="right")) - 1] += 1
    return out


@pytest.mark.parametrize("classes", [2, 4])
def test_delays_are_counted_by_class(classes: int) -> None:
    data = frame(classes=classes)
    counts = ll.learn(data, **OPTIONS).profile.sums[DELAYS].sum((0, 1))[0]
    assert counts.shape[0] == classes
    for code in range(classes):
        assert (counts[code] == expected(data, code)).all()


def test_a_regression_has_one_class() -> None:
    data = frame()
    data["y"] = np.random.default_rng(1).normal(size=len(data))
    data["p"] = data["x"]
    assert ll.learn(data, **OPTIONS).profile.sums[DELAYS].sum() == len(data)


def test_delays_of_segments_and_of_parts_add_up() -> None:
    data = frame()
    data["s"] = np.random.default_rng(2).choice(["a", "b"], len(data))
    baseline = ll.learn(data, segment="s", **OPTIONS)
    whole = ll.profile(data, baseline)
    one, other = ll.profile(data.iloc[:1500], baseline), ll.profile(data.iloc[1500:], baseline)
    merged = one.merge(other)
    assert (merged.sums[DELAYS] == whole.sums[DELAYS]).all()
    assert merged.fingerprint == whole.fingerprint
    segments = whole.sums[DELAYS].sum((0, 1))
    assert (segments[0] == segments[1:].sum(0)).all()
    left = merged.subtract(other)
    assert left.sums[DELAYS].sum() == one.sums[DELAYS].sum()


def test_times_as_texts_are_read() -> None:
    data = frame()
    texts = data.assign(t=data["t"].astype(str), known=data["known"].astype(object).map(_text))
    ours, theirs = (ll.learn(table, **OPTIONS).profile.sums[DELAYS] for table in (data, texts))
    assert (ours == theirs).all()


def _text(moment: Any) -> str | None:
    return None if moment is pd.NaT else str(moment)


def test_a_table_as_of_a_moment_is_the_table_of_that_moment() -> None:
    data, moment = frame(), pd.Timestamp("2024-01-20 07:30")
    baseline = ll.learn(data, **OPTIONS)
    then = data[data["t"] <= moment].copy()
    late = then["known"] > moment
    then.loc[late, "y"], then.loc[late, "known"] = pd.NA, pd.NaT
    found = ll.profile(data, baseline, as_of="2024-01-20T07:30:00")
    assert found.rows == len(then)
    assert found.fingerprint == ll.profile(then, baseline).fingerprint


def test_as_of_the_end_changes_nothing() -> None:
    data = frame()
    baseline = ll.learn(data, **OPTIONS)
    assert (
        ll.profile(data, baseline, as_of="2100-01-01").fingerprint == ll.profile(data, baseline).fingerprint
    )


def test_a_file_as_of_a_moment_is_counted_like_the_frame(tmp_path: Any) -> None:
    data = frame()
    data.to_parquet(tmp_path / "current.parquet")
    baseline = ll.learn(data, **OPTIONS)
    ours, theirs = (
        ll.profile(table, baseline, as_of="2024-01-15") for table in (data, tmp_path / "current.parquet")
    )
    assert ours.fingerprint == theirs.fingerprint


def test_without_the_option_no_delay_is_counted() -> None:
    data = frame().rename(columns={"known": "label_timestamp"})
    profile = ll.learn(data, label="y", prediction="p", timestamp="t").profile
    assert DELAYS not in profile.sums


def test_a_current_table_without_label_times_has_labels_of_unknown_delay() -> None:
    data = frame()
    found = ll.profile(data.drop(columns="known"), ll.learn(data, **OPTIONS)).sums[DELAYS]
    assert found[..., :UNTIMED].sum() == 0
    assert found[..., UNTIMED].sum() == data["y"].notna().sum()


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"as_of": "yesterday"}, "as_of"),
        ({"label_lateness": "30"}, "label_lateness"),
        ({"label_lateness": "100 rows"}, "label_lateness"),
        ({"label_timestamp": "t"}, "label_timestamp"),
    ],
)
def test_wrong_options_are_told_before_a_row_is_read(options: dict[str, str], where: str) -> None:
    with pytest.raises(ConfigurationError, match=where):
        ll.learn(frame(100), **{**OPTIONS, **options})


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(DataError, match="label_timestamp"):
        ll.learn(frame(100), **{**OPTIONS, "label_timestamp": "arrived"})


def test_a_moment_may_be_stated_as_a_date_or_in_yaml(tmp_path: Any) -> None:
    data = frame()
    baseline = ll.learn(data, **OPTIONS)
    file = tmp_path / "leadline.yaml"
    file.write_text("as_of: 2024-01-15 12:00:00\n")
    moments = ("2024-01-15T12:00:00", pd.Timestamp("2024-01-15 12:00"), "2024-01-15T14:00:00+02:00")
    found = [ll.profile(data, baseline, as_of=moment).fingerprint for moment in moments]
    assert {*found, ll.profile(data, baseline, config=file).fingerprint} == {found[0]}
    day = ll.profile(data, baseline, as_of=pd.Timestamp("2024-01-15").date())
    assert day.fingerprint == ll.profile(data, baseline, as_of="2024-01-15").fingerprint
