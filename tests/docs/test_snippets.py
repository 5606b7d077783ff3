"""Every code block of README and docs is run; outputs are compared."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_snippets", ROOT / "docs" / "snippets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SNIPPETS = load()
PAGES = [
    page
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    if any(block.language in ("python", "console") for block in SNIPPETS.blocks(page.read_text("utf-8")))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    """`make docs` writes the outputs again."""
    text = page.read_text("utf-8")
    assert SNIPPETS.refreshed(text, tmp_path) == text


def test_the_pages_with_code_are_known() -> None:
    assert {page.name for page in PAGES} >= {"README.md", "first-check.md", "gate-a-pipeline.md"}


def test_an_output_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    page = "```python\nprint(1 + 1)\n```\n\n```text output\n3\n```\n"
    assert SNIPPETS.refreshed(page, tmp_path) == page.replace("3", "2")


def test_an_exit_code_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="exits 2"):
        SNIPPETS.refreshed("```console\n$ leadline nothing\n```\n", tmp_path)


def test_a_named_block_becomes_a_file(tmp_path: Path) -> None:
    SNIPPETS.refreshed("```yaml a.yaml\nb: 1\n```\n", tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "b: 1\n"
