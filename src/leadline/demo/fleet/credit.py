"""`credit-default`: will a loan default? Binary; the labels come some days later."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.demo.fleet.world import (
    AT,
    Columns,
    Deployment,
    Floats,
    Generator,
    Latency,
    choice,
    logistic,
    moments,
    weekday,
)

_COUNTRIES = {"DE": 0.34, "FR": 0.22, "ES": 0.17, "IT": 0.15, "PL": 0.12}
_PURPOSES = {"car": 0.30, "home": 0.24, "debt": 0.24, "education": 0.12, "medical": 0.10}
_EMPLOYMENT = {"employed": 0.68, "self-employed": 0.17, "retired": 0.10, "none": 0.05}
_CHANNELS = {"app": 0.52, "web": 0.33, "branch": 0.15}
_MONTHS = np.array([12, 24, 36, 48, 60])
_ROWS = np.array([1150, 1120, 1100, 1080, 1050, 760, 700])
"""Applications of a day of the week."""

_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 10, 10, 10, 11, 12, 12, 11, 9, 6, 4, 2], float)


def requests(generator: Generator, day: int) -> Columns:
    """The applications of a day."""
    rows = int(generator.poisson(_ROWS[weekday(day)]))
    employment = choice(generator, _EMPLOYMENT, rows)
    income = np.exp(generator.normal(10.4, 0.45, rows) - 0.5 * (employment == "none"))
    return {
        AT: moments(generator, day, rows, _HOURS),
        "age": np.clip(generator.gamma(9.0, 4.6, rows), 18, 90).astype(np.int64),
        "income": np.round(income, -1),
        "employment": employment,
        "years_employed": np.round(generator.exponential(6.0, rows), 1),
        "loan_amount": np.round(np.clip(income * generator.beta(2.0, 4.0, rows), 500, 80_000), -2),
        "loan_months": generator.choice(_MONTHS, rows, p=[0.12, 0.22, 0.33, 0.13, 0.20]),
        "purpose": choice(generator, _PURPOSES, rows),
        "debt_to_income": np.round(generator.beta(2.2, 5.5, rows), 4),
        "card_utilisation": np.round(generator.beta(1.6, 3.0, rows), 4),
        "credit_inquiries": generator.poisson(1.1, rows),
        "channel": choice(generator, _CHANNELS, rows),
        "country": choice(generator, _COUNTRIES, rows),
    }


def risk(request: Columns) -> Floats:
    """Log odds of a default."""
    found: Floats = (
        -2.3
        - 1.2 * (np.log(request["income"]) - 10.4)
        + 5.0 * (request["debt_to_income"] - 0.29)
        + 5.5 * (request["card_utilisation"] - 0.35)
        + 0.45 * (request["credit_inquiries"] - 1.1)
        - 0.08 * np.minimum(request["years_employed"] - 6.0, 15)
        + 0.8 * (request["employment"] == "none")
    )
    return found


def truth(generator: Generator, request: Columns) -> npt.NDArray[Any]:
    """Which loans default."""
    chance = logistic(risk(request))
    return (generator.random(len(chance)) < chance).astype(np.int64)


CREDIT = Deployment(
    name="credit-default",
    title="Will a loan default?",
    task="binary",
    version="7",
    features=(
        "age", "income", "employment", "years_employed", "loan_amount", "loan_months", "purpose",
        "debt_to_income", "card_utilisation", "credit_inquiries", "channel", "country",
    ),
    target="defaulted",
    requests=requests,
    truth=truth,
    label_days=lambda generator, rows: 1.5 + generator.gamma(2.0, 1.2, rows),
    latency=Latency(features=14.0, model=6.0),
    options={"segment": ["country"], "floors": {"performance": 0.02}},
)  # fmt: skip
