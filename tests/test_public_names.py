"""The names of the package: what is listed exists, what exists is listed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import leadline

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(leadline.__path__, "leadline.")
    if module.name != "leadline.__main__"
]


def public(module: ModuleType) -> set[str]:
    """Names without an underscore that are not borrowed from another library."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "leadline").startswith("leadline")
    }


def test_every_listed_name_exists() -> None:
    for name in leadline.__all__:
        getattr(leadline, name)


def test_every_public_name_is_listed() -> None:
    submodules = {module.__name__.split(".")[1] for module in MODULES}
    assert public(leadline) - submodules - {"annotations", "TYPE_CHECKING"} <= set(leadline.__all__)


def test_the_list_is_short_and_completed_by_dir() -> None:
    assert len(leadline.__all__) <= 20
    assert set(leadline.__all__) <= set(dir(leadline))
    assert len(dir(leadline)) == len(set(dir(leadline)))


@pytest.mark.parametrize("name", ["leadline", "leadline.comparison"])
def test_examples_in_docstrings_are_true(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted >= 3
    assert found.failed == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="chek"):
        _ = leadline.chek


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_lists_of_the_modules_are_true(module: ModuleType) -> None:
    for name in getattr(module, "__all__", ()):
        assert isinstance(name, str)
        assert hasattr(module, name)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_says_what_it_is_for(module: ModuleType) -> None:
    assert module.__file__ is not None
    if Path(module.__file__).read_text("utf-8").strip():
        assert (module.__doc__ or "").strip(), f"{module.__name__} has no docstring"
