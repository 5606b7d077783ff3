"""Rows of each version, and rows left out for their weight: counted exactly, added up, and shown."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline
from leadline.engines.versions import MISSING, OTHER, VERSIONS
from leadline.profiles.profile import Profile

ROWS = 500


def table(versions, seed=0, weights=None):
    columns = {"x": np.random.default_rng(seed).normal(size=len(versions)), "model_version": list(versions)}
    return columns if weights is None else columns | {"weight": list(weights)}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["6", "7", "7-rc", "", None]), min_size=1, max_size=60))
def test_rows_of_each_version_are_counted(versions):
    baseline = leadline.learn(table(["6"] * ROWS))
    found = leadline.profile(table(versions), baseline).versions
    assert found == dict(Counter(version or MISSING for version in versions))
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_versions_may_be_numbers():
    record = leadline.check(table([6] * ROWS), table([6] * 100 + [7] * 400)).to_dict()
    assert record["reference"]["versions"] == {"6": ROWS}
    assert record["current"]["versions"] == {"7": 400, "6": 100}


def test_profiles_with_different_versions_add_up_and_are_taken_back(tmp_path):
    baseline = leadline.learn(table(["6"] * ROWS))
    one, other = (leadline.profile(table([version] * 100), baseline) for version in ("7", "8"))
    both = one.merge(other)
    assert both.versions == {"7": 100, "8": 100}
    assert both.subtract(one).versions == {"8": 100}
    saved = leadline.load(both.save(tmp_path / "both.leadline"))
    assert isinstance(saved, Profile)
    assert saved.versions == both.versions


def test_a_column_of_row_numbers_stated_as_version_stays_small():
    baseline = leadline.learn(table([str(i) for i in range(ROWS)]), version="model_version")
    found = baseline.profile.versions
    assert len(found) <= VERSIONS + 1
    assert sum(found.values()) == ROWS
    assert found[OTHER] == ROWS - VERSIONS


def test_versions_do_not_depend_on_how_rows_come():
    versions = np.random.default_rng(1).choice(["6", "7", "8"], 4 * ROWS).tolist()
    whole = pa.table(table(versions))
    baseline = leadline.learn(whole)
    reader = pa.RecordBatchReader.from_batches(whole.schema, whole.to_batches(max_chunksize=170))
    assert (
        leadline.profile(reader, baseline).versions
        == baseline.profile.versions
        == dict(sorted(Counter(versions).items(), key=lambda item: -item[1]))
    )


def test_a_table_without_the_column_has_no_versions_and_one_without_any_says_nothing():
    gone = leadline.check(table(["6"] * ROWS), {"x": table(["6"] * ROWS)["x"]})
    assert gone.to_dict()["current"]["versions"] == {}
    plain = {"x": table(["6"] * ROWS)["x"]}
    assert "version" not in repr(leadline.check(plain, plain))


BAD = [-1.0, float("nan"), float("inf"), float("-inf"), None]


@pytest.mark.parametrize("batched", [False, True])
def test_rows_without_a_usable_weight_are_counted_as_left_out(batched):
    reference = table(["6"] * ROWS, weights=[1.0] * ROWS)
    current = pa.table(table(["6"] * ROWS, seed=1, weights=[*BAD, 0.0] + [2.0] * (ROWS - 6)))
    if batched:
        current = pa.RecordBatchReader.from_batches(current.schema, current.to_batches(max_chunksize=3))
    report = leadline.check(reference, current, weight="weight")
    record = report.to_dict()
    assert (record["reference"]["rows_left_out"], record["current"]["rows_left_out"]) == (0, len(BAD))
    assert record["current"]["rows"] == ROWS - len(BAD)
    said = [line for line in record["assumptions"] if line.startswith("5 current rows")]
    assert len(said) == 1
    for text in (repr(report), report.to_markdown(), report.to_html()):
        assert "5 rows left out for their weight" in text


def test_rows_left_out_add_up_and_stay_out_of_segments():
    weights = [*BAD, *[1.0] * (ROWS - 5)]
    baseline = leadline.learn(
        table(["6"] * ROWS, weights=weights) | {"side": ["a", "b"] * (ROWS // 2)},
        weight="weight", segment="side",
    )  # fmt: skip
    profile = baseline.profile
    assert profile.left_out == 5
    assert profile.merge(profile).left_out == 10
    assert sum(profile.segment(place).rows for place in (1, 2)) == profile.rows == ROWS - 5


def test_no_row_is_left_out_where_none_is_weighted_or_every_weight_is_fine():
    plain = table(["6"] * ROWS)
    for weights in (None, [0.5] * ROWS):
        record = leadline.check(
            table(["6"] * ROWS, weights=weights), table(["6"] * ROWS, weights=weights)
        ).to_dict()
        assert record["current"]["rows_left_out"] == 0
        assert not any("left out" in line for line in record["assumptions"])
    assert leadline.learn(plain).profile.left_out == 0


def test_shares_of_new_values_in_weighted_rows_are_shares_of_the_weight() -> None:
    """Weights of no round sum: a share of rows over a sum of weights may exceed 1."""
    rng = np.random.default_rng(4)

    def rows(low: float, names: str, count: int) -> dict[str, np.ndarray]:
        return {
            "x": rng.uniform(low, low + 1, count),
            "kind": rng.choice(list(names), count),
            "w": rng.uniform(1, 5, count),
        }

    reference, current = rows(0, "ab", 400), rows(0.5, "abc", 300)
    columns = {c.name: c for c in leadline.check(reference, current, weight="w").record.columns}
    weight, top = current["w"], reference["x"].max()
    for name, key, new in (
        ("x", "out_of_range_share", current["x"] > top),
        ("kind", "unseen_share", current["kind"] == "c"),
    ):
        assert columns[name].quality[key] == pytest.approx(weight[new].sum() / weight.sum(), rel=1e-3)
