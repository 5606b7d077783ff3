"""Operations metrics over time: what is usual at this hour, how far off a value is, and what is told of it.

Each series is compared with its own season and level, every value by what came before it only. All series of
a model share one budget of false alerts. Pure functions of arrays.

    judgement = judge([Series("requests", values, "log")], seasons=(24, 168), rate=1 / 720, least=336)
"""

from leadline.monitors.operations.judge import Alert, Judgement, Led, judge
from leadline.monitors.operations.series import Series, Transform, Worse

__all__ = ["Alert", "Judgement", "Led", "Series", "Transform", "Worse", "judge"]
