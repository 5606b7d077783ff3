"""Simulated traffic of a deployed model with a described drift, for the demo and for trying things out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]

_STATES = ["CA", "TX", "FL", "NY", "PA", "IL", "OH", "GA", "NC", "MI", "WA", "AZ"]
_STATE_SHARES = [0.20, 0.14, 0.12, 0.11, 0.07, 0.07, 0.06, 0.06, 0.05, 0.05, 0.04, 0.03]
_PURPOSES = ["car", "home", "debt", "business", "education", "medical"]
_PURPOSE_SHARES = [0.28, 0.22, 0.24, 0.10, 0.09, 0.07]
_CHANNELS = ["app", "web", "branch", "partner"]
_EMPLOYERS = ["private", "public", "self-employed", "retired", "none"]
_MONTHS = np.array([12, 24, 36, 48, 60])

STORY = """\
A credit model scores loan applications. The reference is its first quarter; the current table is the month
after, in which a partner began to send applications:
  * a fifth of the applications now come from the partner, from people with about 45 % lower income;
  * they ask for a purpose that the model has never seen (instalments);
  * the credit bureau had an outage: card utilisation is missing more often;
  * partner applicants default more often than the model expects, so it ranks worse.
All other columns are undisturbed."""


@dataclass(frozen=True)
class Deployment:
    """Simulated traffic.

    Attributes:
        reference, current: columns by name.
        roles: keywords for `leadline.check`.
        drifted: names of the columns whose distribution was changed.
        story: what was changed, in words.
    """

    reference: Columns
    current: Columns
    roles: dict[str, Any]
    drifted: frozenset[str]
    story: str


def credit(
    rows_reference: int = 50_000, rows_current: int = 10_000, *, seed: int, drift: bool = True
) -> Deployment:
    """A binary credit model with 15 features; the same seed gives the same rows.

    Args:
        rows_reference, rows_current: number of applications on either side.
        seed: of the generator.
        drift: False leaves the current table undisturbed (a quiet control).
    """
    generator = np.random.default_rng(seed)
    return Deployment(
        reference=_applications(generator, rows_reference, "2026-01-01", 90, partner=0.0),
        current=_applications(generator, rows_current, "2026-04-01", 30, partner=0.2 if drift else 0.0),
        roles={
            "id": "application_id",
            "timestamp": "requested_at",
            "score": "p_default",
            "label": "defaulted",
        },
        drifted=frozenset(
            {"channel", "income", "loan_amount", "purpose", "card_utilisation", "p_default", "defaulted"}
            if drift
            else ()
        ),
        story=STORY if drift else "A credit model scores loan applications; nothing has changed.",
    )


def _applications(
    generator: np.random.Generator, rows: int, start: str, days: int, *, partner: float
) -> Columns:
    from_partner = generator.random(rows) < partner
    age = np.clip(generator.gamma(9.0, 4.6, rows), 18, 90).astype(np.int64)
    income = np.exp(generator.normal(10.65, 0.5, rows) - 0.6 * from_partner)
    amount = np.round(np.clip(income * generator.beta(2.0, 4.0, rows), 500, 80_000), -2)
    debt_to_income = np.round(generator.beta(2.2, 5.5, rows), 4)
    utilisation = np.round(generator.beta(1.6, 3.0, rows), 4)
    delinquencies = generator.poisson(0.25, rows)
    inquiries = generator.poisson(1.1, rows)
    years_employed = np.round(generator.exponential(6.0, rows), 1)
    risk = _risk(income, debt_to_income, utilisation, delinquencies, inquiries, years_employed)
    # The model was fitted before the partner came: it does not know that these people default more often.
    score = _logistic(risk + generator.normal(0, 0.25, rows))
    defaulted = generator.random(rows) < _logistic(np.where(from_partner, 0.2 * risk - 0.9, 1.05 * risk))
    seconds = np.sort(generator.integers(0, days * 86_400, rows))
    missing = generator.random(rows) < (0.14 if partner else 0.04)
    purpose = generator.choice(_PURPOSES, rows, p=_PURPOSE_SHARES)
    return {
        "application_id": np.char.add(start[5:7], np.char.zfill(np.arange(rows).astype(str), 7)).astype(
            object
        ),
        "requested_at": np.datetime64(start, "us") + seconds.astype("timedelta64[s]"),
        "channel": np.where(
            from_partner, "partner", generator.choice(_CHANNELS[:3], rows, p=[0.5, 0.35, 0.15])
        ),
        "state": generator.choice(_STATES, rows, p=_STATE_SHARES),
        "purpose": np.where(from_partner & (generator.random(rows) < 0.3), "instalments", purpose),
        "employer": generator.choice(_EMPLOYERS, rows, p=[0.55, 0.18, 0.14, 0.09, 0.04]),
        "age": age,
        "income": np.round(income, 2),
        "years_employed": years_employed,
        "years_at_address": np.round(generator.exponential(5.0, rows), 1),
        "has_mortgage": generator.random(rows) < 0.36,
        "loan_amount": amount,
        "loan_months": generator.choice(_MONTHS, rows, p=[0.12, 0.22, 0.33, 0.13, 0.20]),
        "debt_to_income": debt_to_income,
        "card_utilisation": np.where(missing, np.nan, utilisation),
        "credit_lines": generator.poisson(4.0, rows),
        "credit_inquiries": inquiries,
        "delinquencies": delinquencies,
        "p_default": np.round(score, 5),
        "defaulted": defaulted.astype(np.int64),
    }


def _risk(
    income: Floats,
    debt_to_income: Floats,
    utilisation: Floats,
    delinquencies: npt.NDArray[np.int64],
    inquiries: npt.NDArray[np.int64],
    years_employed: Floats,
) -> Floats:
    """Log odds of a default."""
    return (
        -3.4
        - 1.4 * (np.log(income) - 10.65)
        + 5.0 * (debt_to_income - 0.29)
        + 4.0 * (utilisation - 0.35)
        + 1.1 * delinquencies
        + 0.4 * (inquiries - 1.1)
        - 0.08 * np.minimum(years_employed, 15)
    )


def _logistic(log_odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-log_odds))
