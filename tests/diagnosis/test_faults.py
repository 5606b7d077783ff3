"""One fault in one column: it is named, it is measured, and the other columns are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars
import pytest

import leadline
from leadline.diagnosis import Cause, explain
from leadline.monitors.compare import Comparison

ROWS = 4_000
Compare = Callable[..., Comparison]
Values = np.ndarray[Any, Any]


SIZES = {"x": 5.7, "y": 5.8, "z": 3.5, "depth": 62.0, "table": 57.0}


def draw(seed: int, rows: int = ROWS) -> dict[str, Values]:
    rng = np.random.default_rng(seed)
    return {
        "normal": rng.normal(50, 10, rows),
        "lognormal": rng.lognormal(3, 0.8, rows),
        "counts": rng.poisson(4, rows).astype(np.float64),
        "mostly_zero": np.where(rng.random(rows) < 0.6, 0.0, rng.gamma(2.0, 30.0, rows)),
        "city": rng.choice(["Bonn", "Graz", "Oslo", "Rome", "Turin"], rows, p=[0.4, 0.25, 0.2, 0.1, 0.05]),
        "grade": rng.choice(["A", "B", "C"], rows, p=[0.5, 0.3, 0.2]),
    }


def causes(compared: Compare, **changed: Any) -> tuple[Cause, ...]:
    """The causes of a pair of which some current columns were changed by a function of their values."""
    current = draw(2)
    rng = np.random.default_rng(3)
    for name, change in changed.items():
        current[name] = change(current[name], rng)
    return explain(compared(draw(1, 2 * ROWS), current))


def partly(share: float, change: Callable[[Values], Any]) -> Callable[[Values, np.random.Generator], Values]:
    return lambda x, rng: np.where(rng.random(len(x)) < share, change(x), x)


@pytest.mark.parametrize("name", ["normal", "lognormal", "counts", "mostly_zero"])
@pytest.mark.parametrize("factor", [0.001, 0.45359237, 2.54, 60.0, 1000.0, 1e6])
def test_a_change_of_unit(compared: Compare, name: str, factor: float) -> None:
    first = causes(compared, **{name: lambda x, rng: x * factor})[0]
    assert (first.key, first.columns) == ("unit_change", (name,))
    assert first.evidence["factor"] == pytest.approx(factor)
    assert first.evidence["rows_share"] == 1.0
    assert first.share is not None
    assert first.share > 0.85


def test_few_rows_are_not_told_in_parts_what_all_of_them_say(compared: Compare) -> None:
    """Kilometres that became miles look a little like inches and centimetres in some of the rows."""
    named = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        reference, current = ({"way": rng.exponential(90, 600)} for _ in range(2))
        current["way"] *= 0.621371
        first = explain(compared(reference, current))[0]
        assert (first.key, first.evidence["rows_share"]) == ("unit_change", 1.0)
        named.append(first.evidence.get("unit"))
    # So few rows may leave open which unit it was; they name no other.
    assert {"miles and kilometres"} <= {*named} <= {"miles and kilometres", None}


@pytest.mark.parametrize("part", [0.6, 0.8])
def test_a_day_in_which_a_unit_changed_names_no_other_unit(compared: Compare, part: float) -> None:
    """Rows of both units look like all of them in a unit between."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        reference, current = ({"way": rng.lognormal(3, 0.6, rows)} for rows in (8_000, 3_000))
        miles = rng.random(3_000) < part
        current["way"] = np.where(miles, current["way"] * 0.621371, current["way"])
        found = explain(compared(reference, current))
        named = {cause.evidence.get("unit") for cause in found}
        assert named <= {None, "miles and kilometres"}, found[0].sentence


def test_a_small_move_of_a_population_proves_no_unit_in_few_rows(compared: Compare) -> None:
    """Some part of the rows in some unit looks like any small move."""
    alerted = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        reference = {"use": rng.beta(2, 3, 20_000)}
        found = compared(reference, {"use": rng.beta(1.7, 3, 1_000)})
        alerted += found.decisions["use"].verdict == "alert"
        assert "unit_change" not in {cause.key for cause in explain(found)}
    assert alerted >= 4


@pytest.mark.parametrize("name", ["normal", "lognormal"])
@pytest.mark.parametrize(("share", "factor"), [(0.3, 1000.0), (0.8, 1000.0), (0.5, 0.01)])
def test_a_change_of_unit_in_a_part_of_the_rows(
    compared: Compare, name: str, share: float, factor: float
) -> None:
    first = causes(compared, **{name: partly(share, lambda x: x * factor)})[0]
    assert (first.key, first.columns) == ("unit_change", (name,))
    assert first.evidence["factor"] == pytest.approx(factor)
    assert first.evidence["rows_share"] == pytest.approx(share, abs=0.04)


def test_degrees(compared: Compare) -> None:
    first = causes(compared, normal=lambda x, rng: 1.8 * x + 32)[0]
    assert first.key == "unit_change"
    assert (first.evidence["factor"], first.evidence["offset"]) == (1.8, 32.0)
    assert "Celsius and Fahrenheit" in first.sentence


@pytest.mark.parametrize(
    ("name", "shift"), [("normal", 10.0), ("normal", -70.0), ("lognormal", 50.0), ("counts", 2.0)]
)
def test_a_shift(compared: Compare, name: str, shift: float) -> None:
    first = causes(compared, **{name: lambda x, rng: x + shift})[0]
    assert (first.key, first.columns) == ("offset", (name,))
    assert first.evidence["offset"] == pytest.approx(shift, rel=0.05)


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_an_opposite_sign(compared: Compare, share: float) -> None:
    first = causes(compared, lognormal=partly(share, lambda x: -x))[0]
    assert (first.key, first.columns) == ("sign_flip", ("lognormal",))
    assert first.evidence["rows_share"] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("name", ["normal", "city"])
def test_missing_values(compared: Compare, name: str) -> None:
    nothing: Any = np.nan if name == "normal" else None
    first = causes(compared, **{name: partly(0.25, lambda x: np.full(len(x), nothing))})[0]
    assert (first.key, first.columns) == ("missing_values", (name,))
    assert first.evidence["missing_now"] == pytest.approx(0.25, abs=0.03)
    assert first.share == 1.0


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_missing_values_of_a_saved_profile(share: float) -> None:
    """It tells no types, so that no column can be known to be absent."""
    current = draw(2)
    current["normal"][np.random.default_rng(3).random(ROWS) < share] = np.nan
    baseline = leadline.learn(draw(1, 2 * ROWS))
    first = leadline.check(baseline, leadline.profile(current, baseline)).record.causes[0]
    assert (first.key, first.columns) == ("missing_values", ["normal"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("normal", 0.0),
        ("normal", 999.0),
        ("lognormal", 0.0),
        ("normal", 50.0),
        ("counts", 4.0),
        ("city", "Rome"),
    ],
)
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_a_default(compared: Compare, name: str, value: Any, share: float) -> None:
    first = causes(compared, **{name: partly(share, lambda x: np.full(len(x), value))})[0]
    assert (first.key, first.columns) == ("default_value", (name,))
    found = first.evidence["value"]
    assert found == value if isinstance(value, str) else found == pytest.approx(value, abs=0.2)


@pytest.mark.parametrize("value", [0.0, -1.0, 9999.0, 2004.0])
def test_a_value_in_place_of_missing_ones(compared: Compare, value: float) -> None:
    """Far below few years, a zero must not pass for years that are a hundred times smaller."""
    years = [np.random.default_rng(seed).integers(1990, 2014, ROWS).astype(np.float64) for seed in (1, 2)]
    years[0][:800] = np.nan
    years[1][:800] = value
    first = explain(compared(*({"built": side} for side in years)))[0]
    assert (first.key, first.evidence["value"]) == ("default_value", value)
    assert first.evidence["missing_before"] == pytest.approx(0.2)
    assert "where values were missing: 20\u2009% were before, 0\u2009% are now" in first.sentence


@pytest.mark.parametrize(
    ("name", "value"), [("normal", 47.1), ("lognormal", 0.0), ("counts", 3.0), ("city", "Rome")]
)
def test_a_stuck_value(compared: Compare, name: str, value: Any) -> None:
    first = causes(compared, **{name: lambda x, rng: np.full(len(x), value)})[0]
    assert (first.key, first.columns) == ("stuck_value", (name,))
    assert first.evidence["value"] == value


def test_stuck_at_one_value_after_another(compared: Compare) -> None:
    first = causes(compared, normal=lambda x, rng: np.repeat([41.3, 55.9, 47.2, 63.3], len(x) // 4))[0]
    assert (first.key, first.columns) == ("stuck_value", ("normal",))
    assert first.evidence["distinct_now"] == 4


def test_a_new_category(compared: Compare) -> None:
    first = causes(compared, city=partly(0.1, lambda x: np.full(len(x), "Atlantis")))[0]
    assert (first.key, first.columns) == ("new_category", ("city",))
    assert first.evidence["unseen_share"] == pytest.approx(0.1, abs=0.02)
    assert first.evidence["unseen_values"] == 1


def test_a_renamed_category(compared: Compare) -> None:
    first = causes(compared, city=lambda x, rng: np.where(x == "Oslo", "Kristiania", x))[0]
    assert (first.key, first.columns) == ("category_renamed", ("city",))
    assert first.evidence["vanished"] == "Oslo"
    merged = causes(compared, city=lambda x, rng: np.where(x == "Oslo", "Graz", x))[0]
    assert (merged.key, merged.evidence["appeared"]) == ("category_renamed", "Graz")


def test_every_category_in_capitals(compared: Compare) -> None:
    first = causes(compared, city=lambda x, rng: np.char.upper(x))[0]
    assert (first.key, first.evidence["vanished_share"]) == ("category_renamed", pytest.approx(1.0))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "in lower case": str.lower,
    "with a space behind them": lambda text: text + " ",
    "as UTF-8 that was read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "with ? in place of what is not ASCII": lambda text: text.encode("ascii", "replace").decode(),
    "without accents": lambda text: text.replace("ü", "u").replace("ö", "o"),
    "cut to their first 3 letters": lambda text: text[:3],
}


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("way", SPELLINGS)
def test_known_categories_written_in_another_way(compared: Compare, way: str, share: float) -> None:
    cities = np.array(["Zürich", "Köln", "Lübeck", "Nürnberg"])
    rng = np.random.default_rng(7)
    reference, current = (rng.choice(cities, rows, p=[0.4, 0.3, 0.2, 0.1]) for rows in (2 * ROWS, ROWS))
    written = np.array([SPELLINGS[way](city) for city in current])
    current = np.where(rng.random(ROWS) < share, written, current)
    first = explain(compared({"city": reference}, {"city": current}))[0]
    assert first.key == ("category_renamed" if share == 1 else "new_category")
    assert first.evidence["spelling"] == way
    assert f"\u201c{SPELLINGS[way]('Zürich')}\u201d for Zürich" in first.sentence


def test_new_names_are_no_other_spelling(compared: Compare) -> None:
    found = causes(compared, city=lambda x, rng: np.char.add(x, "-Nord"))[0]
    assert found.key == "category_renamed"
    assert "spelling" not in found.evidence


def test_the_score_of_the_other_class(compared: Compare) -> None:
    rng = np.random.default_rng(8)
    reference = {"x": rng.normal(size=2 * ROWS), "score": rng.beta(2, 5, 2 * ROWS)}
    current = {"x": rng.normal(size=ROWS), "score": 1 - rng.beta(2, 5, ROWS)}
    first = explain(compared(reference, current, score="score"))[0]
    assert (first.key, first.columns) == ("sign_flip", ("score",))
    assert "1 minus its former values" in first.sentence


def test_another_mix(compared: Compare) -> None:
    first = causes(
        compared, city=lambda x, rng: np.where((x == "Bonn") & (rng.random(len(x)) < 0.5), "Rome", x)
    )[0]
    assert (first.key, first.columns) == ("category_mix", ("city",))
    assert first.evidence["change of Rome"] == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_columns_of_very_different_sizes_are_exchanged_beside_others_that_moved(
    compared: Compare, share: float
) -> None:
    """Far below all that a column ever was, every small one looks alike: that says nothing of chance."""

    def table(seed: int) -> dict[str, Values]:
        rng = np.random.default_rng(seed)
        return draw(seed) | {"large": rng.lognormal(10.0, 0.4, ROWS), "unrelated": rng.random(ROWS)}

    current = table(2)
    swap = np.random.default_rng(4).random(ROWS) < share
    a, b = current["large"], current["mostly_zero"]
    current["large"], current["mostly_zero"] = np.where(swap, b, a), np.where(swap, a, b)
    current["unrelated"] = current["unrelated"] ** 2
    current["normal"] = current["normal"] + 5
    first = explain(compared(table(1), current))[0]
    assert (first.key, set(first.columns)) == ("columns_swapped", {"large", "mostly_zero"})


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize(
    ("one", "other"), [("normal", "lognormal"), ("counts", "mostly_zero"), ("city", "grade")]
)
def test_exchanged_columns(compared: Compare, one: str, other: str, share: float) -> None:
    current = draw(2)
    swap = np.random.default_rng(4).random(ROWS) < share
    a, b = current[one], current[other]
    current[one], current[other] = np.where(swap, b, a), np.where(swap, a, b)
    first = explain(compared(draw(1, 2 * ROWS), current))[0]
    assert (first.key, set(first.columns)) == ("columns_swapped", {one, other})
    assert first.evidence["rows_share"] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_a_factor_of_all_rows_is_named_before_a_known_unit_of_a_part(compared: Compare, seed: int) -> None:
    """Prices with tax, in so few rows that a third of them in kilometres would look alike."""
    rng = np.random.default_rng(seed)
    before, now = rng.gamma(2, 50, 3_000), 1.25 * rng.gamma(2, 50, 3_000)
    first = explain(compared({"price": before}, {"price": now}))[0]
    assert (first.key, first.evidence["rows_share"]) == ("unit_change", 1.0)
    assert first.evidence["factor"] == pytest.approx(1.25, abs=0.1)


@pytest.mark.parametrize("way", ["clipped", "left out"])
def test_a_cut(compared: Compare, way: str) -> None:
    def change(x: Values, rng: np.random.Generator) -> Values:
        return np.minimum(x, 58.0) if way == "clipped" else rng.choice(x[x <= 58.0], len(x))

    first = causes(compared, normal=change)[0]
    assert (first.key, first.columns, first.evidence["way"]) == ("truncation", ("normal",), way)
    assert first.evidence["upper_bound"] == pytest.approx(58.0, abs=0.1)
    assert first.evidence["lost_share"] == pytest.approx(0.212, abs=0.02)


def test_values_far_out(compared: Compare) -> None:
    def change(x: Values, rng: np.random.Generator) -> Values:
        return np.where(rng.random(len(x)) < 0.05, 50 + rng.normal(0, 500, len(x)), x)

    first = causes(compared, normal=change)[0]
    assert (first.key, first.columns) == ("outliers", ("normal",))
    assert first.evidence["far_now"] == pytest.approx(0.05, abs=0.015)


def test_sizes_in_inches_are_told_though_several_columns_left_their_range(compared: Compare) -> None:
    """Where many columns move at once only a known unit is named: other rows may look like any factor."""
    rng = np.random.default_rng(4)
    before, now = ({name: rng.normal(size, 0.6, 3000) for name, size in SIZES.items()} for _ in range(2))
    found = explain(compared(before, now | {name: now[name] / 25.4 for name in ("x", "y", "z")}))
    assert {(c.key, c.evidence.get("unit"), c.columns) for c in found} == {
        ("unit_change", "inches and millimetres", (name,)) for name in ("x", "y", "z")
    }


@pytest.mark.parametrize(
    ("way", "round_to"), [("cut down to", np.floor), ("rounded to", np.rint), ("raised to", np.ceil)]
)
def test_rounded_values(compared: Compare, way: str, round_to: Callable[[Values], Values]) -> None:
    first = causes(compared, normal=lambda x, rng: 20 * round_to(x / 20))[0]
    assert (first.key, first.columns) == ("precision_loss", ("normal",))
    assert (first.evidence["step"], first.evidence["way"]) == (20.0, way)


def test_another_type_and_a_missing_column(compared: Compare) -> None:
    first = causes(compared, normal=lambda x, rng: np.array([f"{v:.1f} kg" for v in x], object))[0]
    assert (first.key, first.columns) == ("type_change", ("normal",))
    assert "100\u2009% of the values" in first.sentence
    current = draw(2)
    current["gauss"] = current.pop("normal")
    first = explain(compared(draw(1), current))[0]
    assert (first.key, first.columns) == ("column_missing", ("normal",))
    assert first.evidence["new_columns"] == "gauss"


def test_names_that_are_spelled_otherwise_are_one_cause(compared: Compare) -> None:
    """A warehouse gives names in capitals, a spreadsheet with blanks; what is gone is gone."""
    rng = np.random.default_rng(8)
    before = {name: rng.normal(0, 1, 500) for name in ("loan_amount", "age", "rate", "gone")}
    now = {name: rng.normal(0, 1, 500) for name in ("LOAN AMOUNT", "AGE", " rate", "other")}
    respelled, gone = explain(compared(before, now))
    assert (respelled.key, respelled.columns) == ("column_missing", ("age", "loan_amount", "rate"))
    assert respelled.sentence == (
        "Names of the current table are spelled otherwise: AGE for age, \u201cLOAN AMOUNT\u201d for"
        " loan_amount, \u201c rate\u201d for rate."
    )
    assert gone.sentence == "gone is not in the current table. other is new in it."


def test_a_name_that_may_be_two_spellings_is_neither(compared: Compare) -> None:
    values = np.random.default_rng(9).normal(0, 1, 500)
    (cause,) = explain(compared({"age": values, "x": values}, {"AGE": values, "Age": values, "x": values}))
    assert cause.sentence == "age is not in the current table. AGE and Age are new in it."


def test_truth_values_in_place_of_texts_are_another_type_and_no_more_is_said(compared: Compare) -> None:
    """They read as the texts "true" and "false": to say that 0 % are of another type would contradict it."""
    texts = {"paid": np.where(np.arange(2000) % 3 == 0, "Y", "N")}
    truths = {"paid": np.arange(1000) % 3 == 0}
    first = explain(compared(texts, truths))[0]
    assert first.sentence == "paid changed its type from string to bool."


def test_two_faults_are_both_told(compared: Compare) -> None:
    found = causes(
        compared, normal=lambda x, rng: x * 1000, city=lambda x, rng: np.where(x == "Oslo", "Kristiania", x)
    )
    assert {(cause.key, cause.columns) for cause in found} >= {
        ("unit_change", ("normal",)),
        ("category_renamed", ("city",)),
    }


def test_a_change_without_a_specific_cause_gets_none(compared: Compare) -> None:
    """Wider values with the same middle: no factor, no shift, no default. Only where it sits is known."""
    found = causes(compared, normal=lambda x, rng: 50 + np.sign(x - 50) * np.abs(x - 50) ** 1.4)
    assert [cause.key for cause in found] == ["few_features"]


def test_a_default_that_replaces_only_small_values_is_no_default(compared: Compare) -> None:
    """Taken from one place, not evenly: the proof is missing."""
    found = causes(compared, normal=lambda x, rng: np.where((x > 35) & (x < 50), 70.0, x))
    assert "default_value" not in {cause.key for cause in found}


@pytest.mark.parametrize("share", [0.03, 0.14])
def test_one_of_two_values_and_what_a_fifth_of_the_rows_hold_do_not_lie_far_out(
    compared: Compare, share: float
) -> None:
    rng = np.random.default_rng(4)

    def drawn(share: float, rows: int) -> dict[str, Values]:
        flagged = rng.random(rows) < share
        claim = np.where(rng.random(rows) < 1.2 * share + 0.1, rng.gamma(2.0, 30.0, rows), 0.0)
        return {"flag": flagged.astype(np.float64), "claim": claim}

    found = explain(compared(drawn(share, 2 * ROWS), drawn(share + 0.12, ROWS)))
    assert "outliers" not in {cause.key for cause in found}


def test_a_category_that_vanished_alone_was_not_renamed(compared: Compare) -> None:
    found = causes(compared, city=lambda x, rng: rng.choice(x[x != "Oslo"], len(x)))
    assert "category_renamed" not in {cause.key for cause in found}


def test_two_columns_that_moved_by_themselves_are_not_exchanged(compared: Compare) -> None:
    found = causes(compared, normal=lambda x, rng: x + 15, lognormal=lambda x, rng: x * 3)
    assert "columns_swapped" not in {cause.key for cause in found}
    assert {cause.key for cause in found} >= {"offset", "unit_change"}


def test_exchanged_columns_that_moved_besides(compared: Compare) -> None:
    """What is left is no noise, but each is far nearer to the other's reference than to its own."""
    current = draw(2)
    current["normal"], current["lognormal"] = current["lognormal"] * 1.15, current["normal"] + 2
    first = explain(compared(draw(1, 2 * ROWS), current))[0]
    assert (first.key, set(first.columns)) == ("columns_swapped", {"normal", "lognormal"})
    assert "or nearly so" in first.sentence


@pytest.mark.parametrize(
    ("one", "other"), [("period", "vicprice"), ("nswprice", "vicdemand"), ("day", "period")]
)
def test_exchanged_columns_of_dependent_rows(
    compared: Compare, shared_data: Any, one: str, other: str
) -> None:
    """elec2: weeks resemble each other so much that only one of the two may alert."""
    inputs = ["day", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
    whole = polars.read_parquet(shared_data / "elec2_stream.parquet").select("timestamp", *inputs)
    since = whole.filter(polars.col("timestamp") >= polars.datetime(1997, 6, 1))
    current = since[6_000:7_500].rename({one: other, other: one}).select(since.columns)
    first = explain(compared(since[:6_000], current))[0]
    assert (first.key, set(first.columns)) == ("columns_swapped", {one, other})


def test_a_default_beside_other_new_values_is_told_as_about_its_value(compared: Compare) -> None:
    """The cell that it fell into holds a few other rows, so that its mean is not the default itself."""
    reference, current = draw(1, 2 * ROWS), draw(2)
    some = np.random.default_rng(5).random(ROWS) < 0.1
    current["normal"] = np.where(some, -999.0, current["normal"])
    current["normal"][np.flatnonzero(~some)[:3]] = -500.0
    found = next(cause for cause in explain(compared(reference, current)) if cause.key == "default_value")
    assert isinstance(found.evidence["value"], float)
    assert -999 < found.evidence["value"] < -990
    assert "normal is about \u221299" in found.sentence
    current["normal"][np.flatnonzero(~some)[:3]] = 50.0
    found = next(cause for cause in explain(compared(reference, current)) if cause.key == "default_value")
    assert "normal is \u2212999 in" in found.sentence


@pytest.mark.parametrize(("before", "now"), [(3, 0), (2, 3), (1, 5), (9, 0)])
def test_of_many_columns_that_moved_none_are_exchanged_because_some_look_alike(
    compared: Compare, before: int, now: int
) -> None:
    """Pixels of one digit and of another: of some forty that moved any two may be each other's like."""
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()

    def pixels(digit: int) -> dict[str, Values]:
        return {f"pixel {k}": values for k, values in enumerate(digits.data[digits.target == digit].T)}

    causes = explain(compared(pixels(before), pixels(now), rows=0))
    assert "columns_swapped" not in {cause.key for cause in causes}


def test_what_rows_of_one_kind_have_more_often_is_no_default_and_not_stuck(compared: Compare) -> None:
    """Rows of one month: the month is the same in all of them, and much else comes in another mix."""
    rng = np.random.default_rng(5)

    def rows(months: Values) -> dict[str, Values]:
        return {
            "month": months,
            "season": months // 4,
            "heat": rng.normal(3.0 * np.abs(months - 6), 5),
            "kind": np.where(
                rng.random(len(months)) < months / 15, "a", rng.choice(["b", "c", "d"], len(months))
            ),
            "price": np.exp(rng.normal(0.2 * months, 0.5)),
            "days": rng.poisson(2 + months),
            "rain": rng.gamma(2 + months / 3, 1),
        }

    found = explain(compared(rows(rng.integers(0, 12, 2 * ROWS)), rows(np.full(ROWS, 10))))
    assert not {"default_value", "stuck_value"} & {cause.key for cause in found}
