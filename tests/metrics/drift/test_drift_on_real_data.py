"""Bounds on the shared data sets: every numeric column, reference against analysis."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from leadline.checks.samples import numeric_pair
from leadline.metrics import METRICS

FOLDER = os.environ.get("LEADLINE_TEST_DATA")
FILES = sorted(Path(FOLDER).glob("*.parquet")) if FOLDER else []


needs_data = pytest.mark.skipif(not FILES, reason="LEADLINE_TEST_DATA names no folder with Parquet files")
each_set = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def columns(path):
    """Name, reference rows and analysis rows of every numeric column with both."""
    frame = pytest.importorskip("pandas").read_parquet(path)
    if "partition" not in frame:
        return
    reference, current = frame[frame["partition"] == "reference"], frame[frame["partition"] == "analysis"]
    for name in frame.select_dtypes("number").columns.difference(["id"]):
        x, y = (side[name].dropna().to_numpy(float) for side in (reference, current))
        if len(x) and len(y):
            yield name, x, y


@needs_data
@each_set
def test_distances_of_the_rows_lie_within_the_bin_error(path):
    for name, x, y in columns(path):
        pair = numeric_pair([x], [y])
        distance = METRICS["kolmogorov_smirnov"].compute(pair)
        exact = stats.ks_2samp(x, y, method="asymp").statistic
        assert abs(distance.value[0] - exact) <= distance.bin_error[0] + 1e-12 <= 0.005, name
        moved = METRICS["wasserstein"].compute(pair)
        scale = x.std() if np.ptp(x) > 0 else 1.0
        exact = stats.wasserstein_distance((x - x[0]) / scale, (y - x[0]) / scale)
        assert abs(moved.value[0] - exact) <= moved.bin_error[0] + 1e-7 * (1 + exact), name


@needs_data
@each_set
def test_wasserstein_is_known_to_five_thousandths(path):
    for name, x, y in columns(path):
        assert METRICS["wasserstein"].compute(numeric_pair([x], [y])).bin_error[0] <= 0.005 + 1e-12, name
