"""What is said of scores that look like percent or another class's, and of columns that one table lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leadline
from leadline.errors import DataError

ROWS = 2_000


def model(seed: int, *without: str) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 3, ROWS)
    made = {
        "x": rng.normal(size=ROWS),
        "score": p,
        "prediction": (p > 0.5).astype(int),
        "label": (rng.random(ROWS) < p).astype(int),
    }
    return {name: values for name, values in made.items() if name not in without}


def said(*sides: dict[str, Any], **options: Any) -> str:
    return "\n".join(leadline.check(*sides, **options).to_dict()["assumptions"])


def test_probabilities_that_are_whole_get_no_word():
    assert not any(word in said(model(1), model(2)) for word in ("score ", "no column", "positive"))


def test_scores_of_percent_are_told_and_judged_as_they_are():
    sides = [model(seed) | {"score": 100 * model(seed)["score"]} for seed in (1, 2)]
    text = said(*sides)
    assert "no probabilities" in text
    assert "divide them by 100 in both tables if they are percent" in text
    record = leadline.check(*sides).to_dict()
    assert record["performance"]["roc_auc"]["reference"] > 0.6
    assert record["performance"]["brier"]["reason"] == "scores outside 0..1 are no probabilities"


@pytest.mark.parametrize("scale", [3_000.0, -1.0])
def test_scores_of_another_range_are_no_percent(scale: float):
    assert "percent" not in said(*(model(seed) | {"score": scale * model(seed)["score"]} for seed in (1, 2)))


def test_scores_of_the_other_class_are_told():
    text = said(*(model(seed) | {"score": 1 - model(seed)["score"]} for seed in (1, 2)))
    assert "ROC AUC of the reference is 0.2" in text
    assert "give 1 minus the score, or name that class with `positive`" in text


def test_a_useless_score_is_not_taken_for_that_of_the_other_class():
    rng = np.random.default_rng(3)
    assert "positive" not in said(*(model(seed) | {"score": rng.random(ROWS)} for seed in (1, 2)))


@pytest.mark.parametrize("name", ["label", "prediction", "score"])
def test_a_column_of_the_model_that_one_table_lacks_is_told_with_the_table(name: str):
    assert f"the current table has no column {name}, the {name} of the reference" in said(
        model(1), model(2, name)
    )
    assert f"the reference has no column {name}, by its name the {name} of the current table" in said(
        model(1, name), model(2)
    )


@pytest.mark.parametrize("name", ["label", "prediction", "score"])
def test_a_stated_column_that_only_the_current_table_has_is_an_error_that_says_so(name: str):
    with pytest.raises(
        DataError, match=rf"^reference: no column for `{name}`.*Only current has it: add it to"
    ):
        leadline.check(model(1, name), model(2), **{name: name})


def test_a_stated_column_that_neither_table_has_names_the_reference():
    with pytest.raises(DataError, match=r"^reference: no column for `label`; found 'lable'.*'label'\?"):
        leadline.check(model(1), model(2), label="lable")
