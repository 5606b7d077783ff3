"""Options: from keywords, from a file, both; and what is said when they are wrong."""

import pytest

from leadline.errors import ConfigurationError
from leadline.schema import Kind
from leadline.settings import Floors, Rule, Settings


def test_one_text_and_a_list_mean_the_same():
    assert Settings.of(segment="a").segment == ("a",)
    assert Settings.of(segment=["a", "b"], ignore=("c",)).segment == ("a", "b")
    assert Settings.of(features="a").features == ("a",)


def test_none_means_the_default():
    assert Settings.of(label=None, segment=None, rows=None) == Settings()


def test_parts_may_be_plain_or_typed():
    plain = Settings.of(floors={"drift": 0.1}, rules={"x": {"min": 0}}, kinds={"x": "text"})
    typed = Settings.of(floors=Floors(drift=0.1), rules={"x": Rule(min=0)}, kinds={"x": Kind.TEXT})
    assert plain == typed


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "leadline.yaml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_is_read_and_arguments_win(file):
    path = file("label: y\nsegment: country\nrules:\n  age: {min: 18, max: 120}\nfloors: {drift: 0.1}\n")
    settings = Settings.from_file(path, label="z", threshold=None, segment=())
    assert settings.label == "z"
    assert settings.segment == ("country",)
    assert settings.rules == {"age": Rule(min=18, max=120)}
    assert settings.floors == Floors(drift=0.1)


def test_an_empty_file_is_the_default(file):
    assert Settings.from_file(file("# nothing\n")) == Settings()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"segmnt": "a"}, ["unknown keyword", "segmnt", "Did you mean 'segment'?"]),
        ({"label": 3}, ["label", "expected text", "found 3"]),
        ({"thresholds": {"psi": "x"}}, ["thresholds.psi", "expected a number", "'x'"]),
        ({"thresholds": {"psi": None}}, ["thresholds.psi", "null"]),
        ({"thresholds": {"psi": float("nan")}}, ["thresholds.psi", "finite"]),
        ({"rules": {"a.b": {"mn": 1}}}, ["rules.a.b", "unknown key", "Did you mean 'min'?"]),
        ({"rules": {"a": {"min": 1}, "b": {"type": "numbr"}}}, ["rules.b.type", "'numbr'", "integer"]),
        ({"rules": {"a": {"min": 2, "max": 1}}}, ["rules.a", "min at or below max"]),
        ({"rules": {"a": {"pattern": "("}}}, ["rules.a.pattern", "not a regular expression"]),
        ({"rules": {"a": {}}}, ["rules.a", "empty"]),
        ({"floors": {"drft": 1}}, ["floors", "Did you mean 'drift'?"]),
        ({"floors": {"share": -1}}, ["floors.share", "found -1"]),
        ({"column_floors": {"x": 2}}, ["column_floors.x", "found 2"]),
        ({"fail_on": "x"}, ["fail_on", "alert, warning, unknown, never"]),
        ({"kinds": {"a": "num"}}, ["kinds.a", "numeric, categorical"]),
        ({"false_alarm_rate": 0}, ["false_alarm_rate", "above 0 and below 1"]),
        ({"false_alarm_rate": 1}, ["false_alarm_rate", "above 0 and below 1"]),
        ({"segment": [3]}, ["segment.0", "expected text"]),
        ({"label": "a", "prediction": "a"}, ["prediction", "`label` already"]),
        ({"label": "a", "ignore": "a"}, ["ignore", "`label`"]),
        ({"metrics": {"m": {"numerator": "a", "worse": "up"}}}, ["metrics.m.worse", "higher, lower, either"]),
        ({"metrics": {"m": {}}}, ["metrics.m", "numerator"]),
        ({"business": {"true_positive": "a"}}, ["business.true_positive", "expected a number"]),
        ({"threads": 0}, ["threads", "from 1 on"]),
        ({"columns": {"a": 1}}, ["columns.a", "expected text"]),
        ({"positive": [1]}, ["positive"]),
    ],
)
def test_a_wrong_option_is_named_with_what_is_accepted(options, words):
    with pytest.raises(ConfigurationError) as caught:
        Settings.of(**options)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lable: x\n", ["unknown key", "lable", "'label'"]),
        ("label: a\nlabel: b\n", ["line 2", "twice"]),
        ("rules: {a: {min: 2, min: 3}}\n", ["twice"]),
        ("- a\n", ["not a mapping"]),
        ("a: [1\n", ["not valid YAML", "line"]),
        ("rules: {age: {mim: 1}}\n", ["rules.age", "'min'"]),
        ("rules: 3\n", ["rules", "expected a mapping"]),
        ("version: 7\n", ["version", "expected text"]),
        ("label: !!python/object/apply:os.getcwd []\n", ["not valid YAML"]),
        ("false_alarm_rate: 3\n", ["false_alarm_rate"]),
    ],
)
def test_a_wrong_file_is_named_with_its_key(file, text, words):
    path = file(text)
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_file(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_a_wrong_argument_does_not_blame_the_file(file):
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_file(file("label: y\n"), threads=0)
    assert "leadline.yaml" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: cannot read"):
        Settings.from_file(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"label: \xe9\n")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        Settings.from_file(tmp_path / "latin.yaml")


@pytest.mark.parametrize("key", ["drift", "window", "share"])
def test_a_floor_that_no_distance_reaches_is_refused(key):
    with pytest.raises(ConfigurationError, match=rf"floors\.{key}.*from 0 to 1"):
        Settings.of(floors={key: 2})
    assert Settings.of(floors={"performance": 2}).floors.performance == 2
