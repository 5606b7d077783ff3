"""Options as keywords: editors, `help` and type checkers see those of `Settings`, no more and no fewer."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

import leadline as ll
from leadline.errors import ConfigurationError
from leadline.keywords import CountingOptions, Options, described
from leadline.schema import Kind
from leadline.settings import Settings

CALLS = [ll.check, ll.learn, ll.profile, ll.backtest]


def given(hint: Any) -> Any:
    """What a keyword may be, for an option that is kept as `hint`."""
    if get_origin(hint) in (Union, types.UnionType):
        return Union[tuple(map(given, get_args(hint)))]  # noqa: UP007
    if hint is Kind:
        return str
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint | Mapping[str, Any]
    if get_origin(hint) is dict:
        return Mapping[str, given(get_args(hint)[1])]
    if get_origin(hint) is tuple:
        part = given(get_args(hint)[0])
        one = part is str or get_origin(part) is Literal
        return part | Sequence[part] if one else Sequence[part]
    return hint


def test_keywords_are_the_settings_and_may_be_what_these_are_made_of() -> None:
    kept, keywords = get_type_hints(Settings), get_type_hints(Options)
    assert set(keywords) == {"config", *Settings.__struct_fields__}
    for name in Settings.__struct_fields__:
        assert keywords[name] == given(kept[name]) | None, name
    assert set(get_type_hints(CountingOptions)) == set(keywords) - {"baseline"}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_each_call_shows_every_option_with_its_default_and_a_sentence(call: Any) -> None:
    parameters = inspect.signature(call).parameters
    usual = Settings()
    text = inspect.getdoc(call) or ""
    section = text[text.index("\nOptions:\n") : text.index("\nRaises:\n")]
    for name in Settings.__struct_fields__:
        if call is ll.profile and name == "baseline":  # the baseline itself
            assert parameters[name].default is inspect.Parameter.empty
            continue
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default == getattr(usual, name)
        assert f"\n    {name}: {described()[name].split()[0]}" in section
    assert "config" in parameters
    assert not any(item.kind is item.VAR_KEYWORD for item in parameters.values())


def test_the_words_that_an_option_takes_are_told() -> None:
    text = inspect.getdoc(ll.check) or ""
    assert "One of 'alert', 'warning', 'unknown', 'never'." in " ".join(text.split())


def test_an_option_that_is_none_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match="threshold"):
        ll.learn({"x": [1.0]}, treshold=0.5)  # type: ignore[call-arg]


@pytest.mark.long
def test_a_type_checker_reads_the_calls_of_users(tmp_path: Path) -> None:
    calls = {
        "check({}, {}, label='y', segment='a', floors={'drift': 0.1}, config='leadline.yaml')": "",
        "learn({}, kinds={'a': 'categorical'}, ignore=['b'], fail_on='never')": "",
        "profile({}, 'a.leadline', rows=0)": "",
        "check({}, {}, lable='y')": "lable",
        "backtest({}, fail_on='sometimes')": "fail_on",
        "learn({}, rows='many')": "rows",
    }
    script = tmp_path / "user.py"
    script.write_text("import leadline as ll\n" + "".join(f"ll.{call}\n" for call in calls), "utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(script)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    for line, word in enumerate(calls.values(), 2):
        said = [text for text in found.stdout.splitlines() if f"user.py:{line}:" in text]
        assert bool(said) == bool(word), found.stdout
        assert word in "".join(said)
