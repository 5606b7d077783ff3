"""`ticket-routing`: which team does a ticket go to? Several classes; labels come when one is closed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.demo.fleet.world import AT, Columns, Deployment, Generator, Latency, choice, moments, weekday

TEAMS = ("account", "billing", "delivery", "technical")
_SHARES = {"account": 0.18, "billing": 0.30, "delivery": 0.22, "technical": 0.30}
_PRODUCTS = {"phone": 0.42, "laptop": 0.24, "watch": 0.16, "headphones": 0.18}
_COUNTRIES = {"US": 0.34, "GB": 0.18, "DE": 0.18, "BR": 0.16, "FR": 0.14}
_CHANNELS = {"mail": 0.45, "chat": 0.40, "form": 0.15}
_PLANS = {"free": 0.55, "plus": 0.33, "business": 0.12}
_TERMS = np.array([[1.9, 0.5, 0.2, 0.4], [0.5, 2.4, 0.3, 0.2], [0.2, 0.4, 2.2, 0.3], [0.4, 0.2, 0.3, 2.6]])
"""Words of each team's subjects in a ticket, by the team that it belongs to, in the order of `TEAMS`."""

_MOOD = np.array([0.05, -0.25, -0.30, -0.10])
_ROWS = np.array([1100, 1050, 1000, 980, 950, 640, 600])
_HOURS = np.array([3, 2, 2, 1, 1, 2, 3, 5, 8, 10, 11, 11, 10, 10, 11, 11, 10, 9, 8, 7, 7, 6, 5, 4], float)

TOPIC = "topic"
"""What a ticket is about: a place in `TEAMS`. The model is not told."""


def requests(generator: Generator, day: int) -> Columns:
    """The tickets of a day."""
    rows = int(generator.poisson(_ROWS[weekday(day)]))
    topic = np.searchsorted(TEAMS, choice(generator, _SHARES, rows).astype(str))
    terms = generator.poisson(_TERMS[topic])
    words = np.exp(generator.normal(4.0, 0.6, rows)) + 6 * terms.sum(1)
    return {
        AT: moments(generator, day, rows, _HOURS),
        TOPIC: topic,
        **{f"{team}_words": terms[:, place] for place, team in enumerate(TEAMS)},
        "words": words.astype(np.int64),
        "mood": np.round(np.clip(generator.normal(_MOOD[topic], 0.35), -1, 1), 3),
        "days_since_order": np.round(
            generator.exponential(np.where(topic == TEAMS.index("delivery"), 6.0, 60.0)), 1
        ),
        "product": choice(generator, _PRODUCTS, rows),
        "plan": choice(generator, _PLANS, rows),
        "channel": choice(generator, _CHANNELS, rows),
        "country": choice(generator, _COUNTRIES, rows),
    }


def truth(generator: Generator, request: Columns) -> npt.NDArray[Any]:
    """The team that closed each ticket: a few are closed by another than they are about."""
    topic = request[TOPIC]
    other = generator.integers(0, len(TEAMS), len(topic))
    mistaken = generator.random(len(topic)) < 0.04
    return np.array(TEAMS, object)[np.where(mistaken, other, topic)]


TICKETS = Deployment(
    name="ticket-routing",
    title="Which team does a support ticket go to?",
    task="multiclass",
    version="12",
    features=(
        *(f"{team}_words" for team in TEAMS),
        "words", "mood", "days_since_order", "product", "plan", "channel", "country",
    ),
    target="team",
    requests=requests,
    truth=truth,
    label_days=lambda generator, rows: np.minimum(generator.exponential(0.3, rows), 2.5),
    latency=Latency(features=6.0, model=3.0),
    options={"segment": ["country"], "floors": {"window": 0.05}},
)  # fmt: skip
