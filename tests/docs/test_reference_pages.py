from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import leadline
from leadline import errors
from leadline.cli.main import commands
from leadline.settings import Settings

ROOT = Path(__file__).parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = load("generate")
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", list(GENERATE.PAGES))
def test_a_generated_page_is_what_the_code_says_today(name: str) -> None:
    """`make docs` writes it again."""
    assert (GENERATE.REFERENCE / name).read_text("utf-8") == GENERATE.PAGES[name]()


def test_every_command_and_option_is_documented() -> None:
    page = (GENERATE.REFERENCE / "cli.md").read_text("utf-8")
    for name in commands.list_commands(None):  # type: ignore[arg-type]
        command = commands.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        section = page[page.index(f"## leadline {name}") :]
        for parameter in command.params:
            shown = parameter.human_readable_name if parameter.param_type_name == "argument" else ""
            assert any(option in section for option in (*parameter.opts, shown) if option)


def test_every_public_name_setting_and_error_is_documented() -> None:
    settings = (GENERATE.REFERENCE / "settings.md").read_text("utf-8")
    assert all(f"| `{name}`" in settings for name in Settings.__struct_fields__)
    python = (GENERATE.REFERENCE / "python.md").read_text("utf-8")
    assert all(f"## leadline.{name}\n" in python for name in leadline.__all__)
    tree = (GENERATE.REFERENCE / "errors.md").read_text("utf-8")
    raised = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    ]
    assert raised
    assert all(name in tree for name in raised)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_is_reachable_from_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in [*ROOT.glob("docs/*/*.md"), *ROOT.glob("docs/*/*.json")]:
        assert f"({page.relative_to(ROOT / 'docs')})" in index, f"docs/README.md does not link {page.name}"
