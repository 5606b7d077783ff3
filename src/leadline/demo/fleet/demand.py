"""`demand`: how many orders will a zone have in an hour? A regression with daily and weekly seasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.demo.fleet.world import AT, Columns, Deployment, Floats, Generator, Latency, weekday
from leadline.schedule import DAY, HOUR

_CITIES = np.array(["Berlin", "Lyon", "Milan", "Porto", "Seville"], object)
_SIZE = np.array([1.6, 1.0, 1.2, 0.8, 0.7])
"""Orders of a zone of each city, to those of one in Lyon."""

_ZONES = 8
_DAYS = np.array([0.85, 0.85, 0.9, 1.0, 1.3, 1.4, 1.15])
_HOURS = np.array(
    [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.5, 0.5, 0.7, 1.3, 1.8, 1.4, 0.9, 0.7, 0.8, 1.2, 1.9, 2.2, 1.9,
     1.4, 0.9, 0.5]
)  # fmt: skip


USUAL, ZONE = "usual", "zone"
"""Orders to be expected of a zone and hour on that day of the week, and the zone. The model is not told."""


def requests(generator: Generator, day: int) -> Columns:
    """One request for each zone and hour of a day."""
    hour, city, zone = (
        part.ravel()
        for part in np.meshgrid(np.arange(24), np.arange(len(_CITIES)), np.arange(_ZONES), indexing="ij")
    )
    rows = len(hour)
    warm = generator.normal(0, 1.0, len(_CITIES))
    wet = generator.random(rows) < 0.2
    distance = 1.2 + 0.5 * zone
    temperature = 14 + warm[city] + 5 * np.sin((hour - 9) / 24 * 2 * np.pi)
    usual = 9.0 * _SIZE[city] * _HOURS[hour] * _DAYS[weekday(day)] * np.exp(-0.22 * (distance - 3.5))
    minutes = np.sort(generator.integers(0, HOUR // 4, rows).reshape(24, -1), 1).ravel()
    return {
        AT: day * DAY + hour * HOUR + minutes,
        USUAL: usual,
        "city": _CITIES[city],
        "hour": hour,
        "orders_week_ago": generator.poisson(usual * generator.gamma(8.0, 1 / 8.0, rows)),
        "distance_km": np.round(distance * np.exp(generator.normal(0, 0.25, rows)), 2),
        "temperature_c": np.round(temperature + generator.normal(0, 1.0, rows), 1),
        "rain_mm": np.round(wet * generator.gamma(1.2, 1.5, rows), 1),
        "price_eur": np.round(generator.normal(11.0, 1.3, rows), 2),
        "couriers": generator.poisson(4 + 6 * _HOURS[hour] * _DAYS[weekday(day)]),
        "promotion": generator.random(rows) < 0.12,
        ZONE: zone,
    }


def rate(request: Columns) -> Floats:
    """Expected orders."""
    usual_distance = 1.2 + 0.5 * request[ZONE]
    found: Floats = request[USUAL] * np.exp(
        -0.22 * (request["distance_km"] - usual_distance)
        - 0.012 * (request["temperature_c"] - 14)
        + 0.06 * np.minimum(request["rain_mm"], 5)
        - 0.05 * (request["price_eur"] - 11)
        + 0.35 * request["promotion"]
    )
    return found


def truth(generator: Generator, request: Columns) -> npt.NDArray[Any]:
    """Orders that came: counts that vary a little more than a Poisson's."""
    mean = rate(request)
    return generator.poisson(mean * generator.gamma(20.0, 1 / 20.0, len(mean))).astype(np.float64)


DEMAND = Deployment(
    name="demand",
    title="How many orders will a zone have in the next hour?",
    task="regression",
    version="3",
    features=(
        "city", "hour", "orders_week_ago", "distance_km", "temperature_c", "rain_mm", "price_eur", "couriers",
        "promotion",
    ),
    target="orders",
    requests=requests,
    truth=truth,
    label_days=lambda generator, rows: np.full(rows, 0.1),
    latency=Latency(features=9.0, model=4.0),
    options={"segment": ["city"]},
)  # fmt: skip
