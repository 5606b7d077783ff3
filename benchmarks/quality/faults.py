"""Tables of a model's traffic with one fault each: simulated ones, and real sets cut at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars

Rng = np.random.Generator
Values = npt.NDArray[Any]
Table = dict[str, Values]

ROWS = 5_000
NUMERIC = {
    "normal": "temperature", "lognormal": "income", "bimodal": "height", "zero-inflated": "spend",
    "few-valued": "visits", "beta": "ratio",
}  # fmt: skip
"""Shapes and the simulated columns that have them."""
CATEGORICAL = {"6 categories": "purpose", "40 categories": "city"}
REGIONS = ["north", "east", "south", "west"]
ROLES = {"label": "label", "score": "score", "prediction": "prediction"}


@dataclass(frozen=True)
class Case:
    """One pair of tables and what was done to the second.

    Attributes:
        kind: of the fault; "" for none. `where`: shape of the column, or name of the set.
        expected: keys of causes that are right; `columns`: one of which the cause has to name; empty: any.
    """

    kind: str
    where: str
    expected: frozenset[str]
    columns: frozenset[str]
    reference: Any
    current: Any
    options: Mapping[str, Any] = field(default_factory=dict)


def draw(rng: Rng, rows: int, weights: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)) -> Table:
    """Rows of the simulated model; `z` is what people share, and no column of the tables."""
    region = rng.choice(4, rows, p=weights)
    z = rng.normal(0, 1, rows) + 0.9 * (region - 1)
    noise = rng.normal(0, 1, (rows, 4))
    table: Table = {
        "z": z,
        "temperature": 20 + 6 * (0.5 * z + 0.87 * noise[:, 0]),
        "income": np.exp(10 + 0.6 * (0.6 * z + 0.8 * noise[:, 1])),
        "height": np.where(noise[:, 2] + 0.7 * z > 0.3, rng.normal(75, 8, rows), rng.normal(40, 5, rows)),
        "spend": np.where(rng.random(rows) < 0.55, 0.0, rng.gamma(2, 120 * np.exp(0.4 * z), rows)),
        "visits": rng.poisson(3 * np.exp(0.15 * z), rows).astype(np.float64),
        "ratio": rng.beta(2, 5, rows),
        "purpose": rng.choice(["car", "home", "debt", "trip", "study", "other"], rows,
                              p=[0.32, 0.24, 0.18, 0.12, 0.09, 0.05]),
        "city": rng.choice([f"city {k}" for k in range(40)], rows,
                           p=(w := 1 / np.arange(2, 42)) / w.sum()),
        "member": rng.random(rows) < 0.3,
        "region": np.array(REGIONS)[region],
    }  # fmt: skip
    table["label"] = (rng.random(rows) < _model(table)).astype(np.int64)
    return _scored(table)


def _model(table: Table) -> Values:
    income, heat, visits = (table[name].astype(np.float64) for name in ("income", "temperature", "visits"))
    home = 0.8 * (table["purpose"] == "home")
    risk = 1.2 * (np.log(np.maximum(income, 1.0)) - 10) / 0.6 + 0.8 * (heat - 20) / 6 - 0.5 * (visits - 3)
    return 1 / (1 + np.exp(-np.clip(np.nan_to_num(risk + home - 0.6), -20, 20)))


def _scored(table: Table) -> Table:
    score = _model(table)
    return {**table, "score": score, "prediction": (score >= 0.5).astype(np.int64)}


def _chosen(table: Table, rng: Rng, weights: Values, rows: int) -> Table:
    keep = rng.choice(len(weights), rows, replace=False, p=weights / weights.sum())
    return {name: values[keep] for name, values in table.items()}


Change = Callable[[Rng, Values], Values]


def some(share: float, change: Change) -> Change:
    """The change in a part of the rows."""

    def apply(rng: Rng, x: Values) -> Values:
        return np.where(rng.random(len(x)) < share, change(rng, x), x)

    return apply


def _factor(by: float) -> Change:
    return lambda rng, x: x * by


def _constant(value: Any) -> Change:
    return lambda rng, x: np.full(len(x), value)


def _plus(deviations: float) -> Change:
    return lambda rng, x: x + (np.ceil(deviations * np.nanstd(x)) if _whole(x) else deviations * np.nanstd(x))


def _whole(x: Values) -> bool:
    return bool(np.all(np.nan_to_num(x) == np.rint(np.nan_to_num(x))))


def _far(rng: Rng, x: Values) -> Values:
    return np.nanmean(x) + np.nanstd(x) * rng.normal(0, 30, len(x))


def _round(steps: float) -> Change:
    def apply(rng: Rng, x: Values) -> Values:
        low, high = np.nanquantile(x, [0.02, 0.98])
        step = 10.0 ** np.floor(np.log10((high - low) / steps))
        return np.floor(x / step) * step

    return apply


NUMERIC_FAULTS: dict[str, tuple[frozenset[str], list[Change]]] = {
    "unit": (frozenset({"unit_change"}), [_factor(f) for f in (0.001, 0.4536, 1.609344, 2.54, 60.0, 1000.0)]),
    "unit, part": (
        frozenset({"unit_change"}),
        [some(s, _factor(f)) for s in (0.3, 0.8) for f in (0.01, 2.54, 100.0, 1000.0)],
    ),
    "any factor": (frozenset({"unit_change"}), [_factor(f) for f in (0.7, 1.37, 5.5)]),
    "offset": (frozenset({"offset"}), [_plus(d) for d in (0.5, 1.0, -2.0, 10.0)]),
    "sign": (frozenset({"sign_flip"}), [_factor(-1.0), some(0.4, _factor(-1.0))]),
    "missing": (
        frozenset({"missing_values"}),
        [some(s, _constant(np.nan)) for s in (0.05, 0.25, 0.8)],
    ),
    "default": (
        frozenset({"default_value"}),
        [some(s, _constant(v)) for s in (0.1, 0.3, 0.7) for v in (-1.0, 0.0, 9999.0)],
    ),
    "stuck": (
        frozenset({"stuck_value"}),
        [lambda rng, x: np.full(len(x), np.nanmedian(x)), some(0.97, lambda rng, x: np.full(len(x), x[0]))],
    ),
    "cut": (
        frozenset({"truncation"}),
        [lambda rng, x, q=q: np.minimum(x, np.nanquantile(x, q)) for q in (0.7, 0.9)]
        + [lambda rng, x: np.maximum(x, np.nanquantile(x, 0.8))],
    ),
    "outliers": (frozenset({"outliers"}), [some(s, _far) for s in (0.02, 0.08)]),
    "rounded": (frozenset({"precision_loss"}), [_round(3), _round(12)]),
    "text": (frozenset({"type_change"}), [lambda rng, x: np.array([f"{v} EUR" for v in x], object)]),
}  # fmt: skip
"""Kind of the fault, the causes that are right, and its magnitudes."""

_SKIP = {
    ("outliers", "few-valued"), ("rounded", "few-valued"), ("cut", "few-valued"),
    ("rounded", "zero-inflated"), ("rounded", "beta"),
}  # fmt: skip
"""Faults that such a column cannot have, or that leave it nearly as it was."""


def _renamed(rng: Rng, x: Values) -> Values:
    values, counts = np.unique(x, return_counts=True)
    return np.where(x == values[counts.argmax()], "new name", x)


def _mixed(strength: float) -> Change:
    def apply(rng: Rng, x: Values) -> Values:
        values, counts = np.unique(x, return_counts=True)
        order = np.argsort(-counts)
        return np.where((x == values[order[0]]) & (rng.random(len(x)) < strength), values[order[1]], x)

    return apply


CATEGORICAL_FAULTS: dict[str, tuple[frozenset[str], list[Change]]] = {
    "missing": (
        frozenset({"missing_values"}),
        [some(s, _constant(None)) for s in (0.05, 0.5)],
    ),
    "default": (
        frozenset({"default_value"}), [some(s, lambda rng, x: np.full(len(x), x[0])) for s in (0.3, 0.6)],
    ),
    "stuck": (frozenset({"stuck_value"}), [lambda rng, x: np.full(len(x), x[0])]),
    "new category": (
        frozenset({"new_category"}), [some(s, _constant("brand new")) for s in (0.05, 0.2, 0.6)],
    ),
    "renamed": (
        frozenset({"category_renamed"}),
        [_renamed, lambda rng, x: np.char.upper(x.astype(str)).astype(object)],
    ),
    "other mix": (frozenset({"category_mix", "covariate_shift"}), [_mixed(s) for s in (0.4, 0.8)]),
}  # fmt: skip


def simulated(seed: int) -> Iterator[Case]:
    """Every fault in every shape and magnitude, once."""
    rng = np.random.default_rng(seed)
    reference = draw(rng, 2 * ROWS)

    def case(
        kind: str, where: str, expected: frozenset[str], columns: set[str], current: Table, **options: Any
    ) -> Case:
        sides = [{k: v for k, v in side.items() if k != "z"} for side in (reference, current)]
        return Case(kind, where, expected, frozenset(columns), *sides, {**ROLES, **options})

    for faults, shapes in ((NUMERIC_FAULTS, NUMERIC), (CATEGORICAL_FAULTS, CATEGORICAL)):
        for kind, (expected, changes) in faults.items():
            for where, name in shapes.items():
                for change in changes if (kind, where) not in _SKIP else ():
                    current = draw(rng, ROWS)
                    changed = {**current, name: change(rng, current[name])}
                    readable = changed[name].dtype != object or name == "purpose"
                    yield case(kind, where, expected, {name}, _scored(changed) if readable else changed)
    for one, other in (
        ("temperature", "height"),
        ("income", "spend"),
        ("purpose", "city"),
        ("ratio", "visits"),
    ):
        for share in (0.3, 1.0):
            current = draw(rng, ROWS)
            swap = rng.random(ROWS) < share
            a, b = np.where(swap, current[other], current[one]), np.where(swap, current[one], current[other])
            changed = _scored({**current, one: a, other: b})
            yield case("swapped", "two columns", frozenset({"columns_swapped"}), {one, other}, changed)
    for name in ("temperature", "purpose"):
        current = draw(rng, ROWS)
        yield case("column gone", "any", frozenset({"column_missing"}), {name},
                   {k: v for k, v in current.items() if k != name})  # fmt: skip
    yield from _population(rng, case)
    yield from _places(rng, case)


def _population(rng: Rng, case: Callable[..., Case]) -> Iterator[Case]:
    for strength in (0.5, -0.8, 1.2):
        many = draw(rng, 6 * ROWS)
        current = _chosen(many, rng, np.exp(strength * many["z"]), ROWS)
        yield case("covariate shift", "all", frozenset({"covariate_shift"}), set(), current)
    for ratio in (0.3, 0.5, 2.5):
        many = draw(rng, 6 * ROWS)
        current = _chosen(many, rng, np.where(many["label"] == 1, ratio, 1.0), ROWS)
        yield case("label shift", "all", frozenset({"label_shift"}), set(), current)
    for share in (0.15, 0.4):
        current = draw(rng, ROWS)
        flip = (current["temperature"] > 20) & (rng.random(ROWS) < share)
        current["label"] = np.where(flip, 1 - current["label"], current["label"])
        yield case("concept change", "all", frozenset({"concept_change"}), set(), current)
    for shift, share in ((0.7, 1.0), (-1.5, 1.0), (2.0, 0.4)):
        current = draw(rng, ROWS)
        new = rng.random(ROWS) < share
        logit = np.log(current["score"] / (1 - current["score"])) * (1 + 0.3 * new) + shift * new
        current["score"] = 1 / (1 + np.exp(-logit))
        current["prediction"] = (current["score"] >= 0.5).astype(np.int64)
        yield case("model change", "no version", frozenset({"model_change"}), {"score"}, current)
        versioned = {**current, "version": np.where(new, "v2", "v1")}
        yield _versioned(case("new version", "version", frozenset({"version_change"}), {"score"}, versioned,
                              version="version"))  # fmt: skip
    for power in (0.6, 1.8):
        current = draw(rng, ROWS)
        current["ratio"] = current["ratio"] ** power
        yield case("warped feature", "beta", frozenset({"few_features"}), {"ratio"}, current)


def _versioned(case: Case) -> Case:
    reference = {**case.reference, "version": np.full(len(case.reference["label"]), "v1")}
    return Case(case.kind, case.where, case.expected, case.columns, reference, case.current, case.options)


def _places(rng: Rng, case: Callable[..., Case]) -> Iterator[Case]:
    for region, strength in ((1, 1.5), (2, -1.5), (3, 2.0)):
        many = draw(rng, 8 * ROWS)
        inside = many["region"] == REGIONS[region]
        wanted = np.exp(strength * many["z"])
        weights = np.where(inside, wanted / wanted[inside].mean(), 1.0)
        current = _chosen(many, rng, weights, ROWS)
        yield case("one segment", "region", frozenset({"one_segment"}), set(), current, segment="region")
    for mix in ((0.1, 0.2, 0.3, 0.4), (0.8, 0.1, 0.05, 0.05)):
        current = draw(rng, ROWS, mix)
        expected = frozenset({"segment_mix"})
        yield case("segment mix", "region", expected, set(), current, segment="region")


def quiet(seed: int) -> Case:
    """An undrifted pair."""
    rng = np.random.default_rng(seed)
    sides = [{k: v for k, v in draw(rng, rows).items() if k != "z"} for rows in (2 * ROWS, ROWS)]
    return Case("", "simulated", frozenset(), frozenset(), *sides, dict(ROLES))


SETS: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "car_loan": (ROLES, ("car_value", "driver_tenure"), ("salary_range", "size_of_downpayment")),
    "hotel_booking": (ROLES, ("lead_time", "adr"), ("market_segment", "country")),
    "credit_card_multiclass": (
        ROLES,
        ("app_behavioral_score", "stated_income", "credit_bureau_score"),
        ("acq_channel", "app_channel"),
    ),
    "car_price_regression": (
        {"label": "label", "prediction": "prediction"},
        ("km_driven", "price_new", "car_age"),
        ("fuel",),
    ),
    "magic_scenarios": (ROLES, ("fLength", "fAsym", "fAlpha", "fDist"), ()),
}
"""Roles, numeric and categorical columns that get faults."""


def real(folder: Path, seed: int) -> Iterator[Case]:
    """The reference rows of real sets, cut in two at random, with a fault in one column of the second."""
    rng = np.random.default_rng(seed)
    for name, (roles, numeric, categorical) in SETS.items():
        rows = polars.read_parquet(folder / f"{name}.parquet").filter(polars.col("partition") == "reference")
        rows = rows.drop([c for c in ("partition", "timestamp", "scenario", "chunk", "drifted") if c in rows])
        for faults, columns in ((NUMERIC_FAULTS, numeric), (CATEGORICAL_FAULTS, categorical)):
            for column in columns:
                for kind, (expected, changes) in faults.items():
                    if kind == "rounded":
                        continue
                    change = changes[int(rng.integers(len(changes)))]
                    shuffled = rows.sample(
                        min(len(rows), 3 * ROWS), shuffle=True, seed=int(rng.integers(1 << 30))
                    )
                    current = shuffled.head(len(shuffled) // 3)
                    reference = shuffled.tail(len(shuffled) - len(current))
                    values = current[column]
                    plain = values.cast(polars.Float64).to_numpy() if column in numeric else values.to_numpy()
                    changed = change(rng, plain)
                    if np.array_equal(changed, plain):
                        continue
                    current = current.with_columns(polars.Series(column, list(changed), strict=False))
                    yield Case(
                        kind, name, expected, frozenset({column}), reference, current, {**roles, "id": "id"}
                    )
