"""Quality metrics: functions of a `Summary`, what was counted of one side."""

from leadline.metrics.declare import Metric
from leadline.metrics.quality.constant import METRIC as CONSTANT
from leadline.metrics.quality.distinct_share import METRIC as DISTINCT_SHARE
from leadline.metrics.quality.empty_share import METRIC as EMPTY_SHARE
from leadline.metrics.quality.infinite_share import METRIC as INFINITE_SHARE
from leadline.metrics.quality.maximum import METRIC as MAXIMUM
from leadline.metrics.quality.mean import METRIC as MEAN
from leadline.metrics.quality.median import METRIC as MEDIAN
from leadline.metrics.quality.minimum import METRIC as MINIMUM
from leadline.metrics.quality.missing_share import METRIC as MISSING_SHARE
from leadline.metrics.quality.most_common_share import METRIC as MOST_COMMON_SHARE
from leadline.metrics.quality.nan_share import METRIC as NAN_SHARE
from leadline.metrics.quality.null_share import METRIC as NULL_SHARE
from leadline.metrics.quality.out_of_range_share import METRIC as OUT_OF_RANGE_SHARE
from leadline.metrics.quality.outlier_share import METRIC as OUTLIER_SHARE
from leadline.metrics.quality.quartile_high import METRIC as QUARTILE_HIGH
from leadline.metrics.quality.quartile_low import METRIC as QUARTILE_LOW
from leadline.metrics.quality.row_count import METRIC as ROW_COUNT
from leadline.metrics.quality.standard_deviation import METRIC as STANDARD_DEVIATION
from leadline.metrics.quality.type_changed import METRIC as TYPE_CHANGED
from leadline.metrics.quality.unseen_share import METRIC as UNSEEN_SHARE
from leadline.metrics.quality.zero_share import METRIC as ZERO_SHARE

QUALITY: tuple[Metric, ...] = (
    ROW_COUNT,
    MISSING_SHARE,
    NULL_SHARE,
    NAN_SHARE,
    EMPTY_SHARE,
    INFINITE_SHARE,
    UNSEEN_SHARE,
    OUT_OF_RANGE_SHARE,
    OUTLIER_SHARE,
    TYPE_CHANGED,
    CONSTANT,
    DISTINCT_SHARE,
    MOST_COMMON_SHARE,
    ZERO_SHARE,
    MINIMUM,
    QUARTILE_LOW,
    MEDIAN,
    QUARTILE_HIGH,
    MAXIMUM,
    MEAN,
    STANDARD_DEVIATION,
)

__all__ = ["QUALITY"]
