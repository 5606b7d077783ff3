"""What can go wrong in the demo, declared once: where it happens, and what Leadline must say of it.

A fault changes the world, at the place where it would happen in earnest, and nothing behind that place:

    population    who comes with which requests; what comes true follows from it
    pipeline      what the model is told of a request; what comes true does not
    concept       what comes true of a request
    release       which version of the model answers
    labels        when it is known what came true
    serving       how long an answer takes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadline.demo.fleet.credit import CREDIT
from leadline.demo.fleet.demand import DEMAND
from leadline.demo.fleet.tickets import TEAMS, TICKETS
from leadline.demo.fleet.world import Columns, Generator
from leadline.errors import ConfigurationError

Change = Callable[[Generator, Columns], Columns]
Concept = Callable[[Generator, Columns, npt.NDArray[Any]], npt.NDArray[Any]]

OPERATIONS = "operations"
"""Instead of a cause's key: told by what is measured of the service, not of its data."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with a model, as long as it is active.

    Attributes:
        name, title: for commands and for people; description: what happens, in a sentence or two.
        model: whose world it changes.
        expected: what Leadline must do: raise an alert, or stay quiet and tell of it in the digest.
        causes: keys of the causes one of which must be named first; `OPERATIONS` where no cause is but the
            alert itself says it; empty where nothing alerts.
        names: what the alert or the digest must name: columns, segments, or words of the sentence.
        population, pipeline, concept: changes of requests, of what the model is told, of what comes true.
        release: the version that answers; "": the usual one.
        label_days: by how much later labels come.
        slower: by how much longer the feature store takes, as a factor.
        failing: share of requests that end in a timeout besides.
    """

    name: str
    title: str
    description: str
    model: str
    expected: Literal["alert", "quiet"]
    causes: tuple[str, ...]
    names: tuple[str, ...]
    population: Change | None = None
    pipeline: Change | None = None
    concept: Concept | None = None
    release: str = ""
    label_days: float = 0.0
    slower: float = 1.0
    failing: float = 0.0


BAD_RELEASE = "8"
"""The version of `credit-default` that should not have been released: trained with balanced classes."""


def _miles(generator: Generator, features: Columns) -> Columns:
    return features | {"distance_km": np.round(features["distance_km"] / 1.609344, 2)}


def _without_bureau(generator: Generator, features: Columns) -> Columns:
    return features | {"card_utilisation": np.full(len(features["card_utilisation"]), np.nan)}


def _tablets(generator: Generator, request: Columns) -> Columns:
    products = request["product"].copy()
    products[generator.random(len(products)) < 0.18] = "tablet"
    return request | {"product": products}


def _thin_files(generator: Generator, request: Columns) -> Columns:
    """Two fifths of the applicants come from a partner: less income, more debt, shorter jobs."""
    rows = len(request["income"])
    new = generator.random(rows) < 0.4
    theirs: Columns = {
        "income": np.round(np.exp(generator.normal(9.9, 0.3, rows)), -1),
        "debt_to_income": np.round(generator.beta(4.0, 6.0, rows), 4),
        "years_employed": np.round(generator.gamma(2.0, 1.2, rows), 1),
        "credit_inquiries": generator.poisson(1.9, rows),
    }
    return request | {name: np.where(new, values, request[name]) for name, values in theirs.items()}


def _students(generator: Generator, request: Columns) -> Columns:
    young = generator.random(len(request["age"])) < 0.3
    return request | {
        "age": np.where(young, generator.integers(19, 27, len(young)), request["age"]),
    }


def _refunds_move(generator: Generator, request: Columns, labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    found = labels.copy()
    found[(labels == "billing") & (generator.random(len(labels)) < 0.6)] = "account"
    return found


def _untranslated(generator: Generator, features: Columns) -> Columns:
    """Words of the subjects are counted in English texts: of others one in eight is the same word."""
    there = features["country"] == "BR"
    found = dict(features)
    for name in (f"{team}_words" for team in TEAMS):
        found[name] = np.where(there, generator.binomial(features[name], 0.12), features[name])
    return found


FAULTS: tuple[Fault, ...] = (
    Fault(
        "unit-change",
        "Kilometres become miles",
        "The service that measures distances sends miles; the model takes them for kilometres.",
        DEMAND.name,
        "alert",
        ("unit_change",),
        ("distance_km",),
        pipeline=_miles,
    ),
    Fault(
        "nulls",
        "The credit bureau is down",
        "Card utilisation is missing in every application; the model guesses without it.",
        CREDIT.name,
        "alert",
        ("missing_values",),
        ("card_utilisation",),
        pipeline=_without_bureau,
    ),
    Fault(
        "new-category",
        "A new product is sold",
        "Tickets about tablets come in, which the model has never seen.",
        TICKETS.name,
        "alert",
        ("new_category",),
        ("product",),
        population=_tablets,
    ),
    Fault(
        "harmful-shift",
        "A partner sends other applicants",
        "Two of five applicants come from a partner: less income, more debt, shorter jobs. Defaults depend on"
        " that as before, but more decisions are close ones.",
        CREDIT.name,
        "alert",
        ("covariate_shift", "broad_shift"),
        ("income",),
        population=_thin_files,
    ),
    Fault(
        "harmless-shift",
        "A campaign brings students",
        "Applicants are younger. Age has nothing to do with defaults, and the model does not care.",
        CREDIT.name,
        "quiet",
        (),
        ("age",),
        population=_students,
    ),
    Fault(
        "concept-change",
        "Another team takes refunds",
        "Three of five tickets about bills are closed by the account team from now on. Nothing about the"
        " tickets has changed.",
        TICKETS.name,
        "alert",
        ("concept_change",),
        ("performance",),
        concept=_refunds_move,
    ),
    Fault(
        "label-delay",
        "Labels come late",
        "The nightly export of orders stands still: what came true is known five days later.",
        DEMAND.name,
        "alert",
        (OPERATIONS,),
        ("label",),
        label_days=5.0,
    ),
    Fault(
        "latency-spike",
        "The feature store is slow",
        "Features take six times as long, and one request in forty runs into its timeout.",
        DEMAND.name,
        "alert",
        (OPERATIONS,),
        ("latency", "feature_store"),
        slower=6.0,
        failing=0.025,
    ),
    Fault(
        "bad-release",
        "A bad release",
        f"Version {BAD_RELEASE} answers. It was trained with balanced classes, and its scores are no"
        " probabilities any more.",
        CREDIT.name,
        "alert",
        ("version_change",),
        ("score",),
        release=BAD_RELEASE,
    ),
    Fault(
        "segment-drop",
        "Translation fails in one country",
        "Tickets from Brazil are not translated any more, and the words of their subjects are not found.",
        TICKETS.name,
        "alert",
        ("one_segment",),
        ("billing_words", "technical_words"),
        pipeline=_untranslated,
    ),
)


def fault(name: str, faults: Sequence[Fault] = FAULTS) -> Fault:
    """The fault of that name.

    Raises:
        ConfigurationError: there is none.
    """
    known = {found.name: found for found in faults}
    if name not in known:
        raise ConfigurationError.unknown("fault", name, known)
    return known[name]


def of_model(names: Iterable[str], model: str) -> list[Fault]:
    """The faults of these names that are a model's, in the order of `FAULTS`."""
    wanted = set(names)
    return [found for found in FAULTS if found.name in wanted and found.model == model]
