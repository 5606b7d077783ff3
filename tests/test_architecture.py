"""Imports point one way, as ARCHITECTURE.md says; heavy libraries are imported on use only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import leadline

PACKAGE = Path(leadline.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py"))

LAYERS = [
    {
        "errors",
        "schema",
        "schedule",
        "limits",
        "settings",
        "kernels",
        "turns",
        "keywords",
        "progress",
        "once",
        "simulation",
        "version",
        "plain",
        "digits",
    },
    {"tables", "profiles", "metrics"},
    {"baselines", "estimators"},
    {"monitors", "engines", "stores"},
    {"diagnosis"},
    {"reports"},
    {"checks", "comparison", "options", "replay"},
    {"server"},
    {"demo"},
    {"cli", "__init__", "__main__"},
]
"""From the ground up. A part imports from its own layer or a lower one."""

APART = {"tables": {"profiles", "metrics"}, "profiles": {"metrics"}, "metrics": {"tables", "profiles"}}
"""Parts of one layer that do not know each other: counting sees columns, a metric only arrays."""

CORE = {"numpy", "duckdb", "nanoarrow", "click", "msgspec", "yaml", "starlette", "uvicorn"}
LAZY = {"duckdb", "nanoarrow", "yaml"}
OPTIONAL = {
    "pandas", "pyarrow", "polars", "river", "IPython", "apprise",
    "psycopg", "sklearn", "leadline_client", "zstandard",
}  # fmt: skip


def part(path: Path) -> str:
    """The part of the house that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer(name: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if name in parts)


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports, and whether that happens when the file itself is imported."""
    tree = ast.parse(path.read_text("utf-8"))
    later = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, id(node) not in later


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_every_part_of_the_house_has_a_layer() -> None:
    assert {part(path) for path in FILES} <= set().union(*LAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    """The lazy names of `leadline/__init__.py` are no exception: it is at the top."""
    own = part(path)
    for name, _ in imported(path):
        if not name.startswith("leadline."):
            continue
        other = name.split(".")[1]
        if other.startswith("__") and other.endswith("__"):
            continue
        assert layer(other) <= layer(own), f"{own} must not import {other}: {name}"
        assert other not in APART.get(own, set()), f"{own} must not know {other}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_declared_libraries_are_imported_and_heavy_ones_on_use(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | CORE | OPTIONAL | {"leadline"}
    for name, at_import in imported(path):
        library = name.split(".")[0]
        assert library in allowed, f"{path}: {library} is not declared"
        if at_import:
            assert library not in LAZY | OPTIONAL, (
                f"{path}: import {library} within the function that needs it"
            )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_knows_click(path: Path) -> None:
    assert part(path) == "cli" or all(name.split(".")[0] != "click" for name, _ in imported(path))


@pytest.mark.parametrize("package", ["metrics", "monitors", "profiles"])
def test_what_computes_reads_no_clock_and_opens_nothing(package: str) -> None:
    """Metrics and monitors: time is an argument, randomness is seeded, rows come from elsewhere."""
    banned = {"time", "datetime", "random", "socket", "urllib", "http", "subprocess", "logging", "requests"}
    for path in sorted((PACKAGE / package).rglob("*.py")):
        for name, _ in imported(path):
            assert name.split(".")[0] not in banned, f"{path}: {name}"


CLIENT = sorted((PACKAGE.parents[1] / "client" / "src").rglob("*.py"))
CLIENT_OPTIONAL = {"sklearn.py": {"sklearn"}}
"""What one file of the client may import on use, for those who have it."""


@pytest.mark.parametrize("path", CLIENT, ids=lambda path: f"client/{path.name}")
def test_the_client_imports_nothing_of_the_house_and_nothing_beyond_the_standard_library(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"leadline_client"}
    for name, at_import in imported(path):
        library = name.split(".")[0]
        on_use = set() if at_import else CLIENT_OPTIONAL.get(path.name, set())
        assert library in allowed | on_use, f"{path}: {name}"


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for types alone and within functions are no exception. A package's face only hands names on."""
    roots = {"leadline": PACKAGE, "leadline_client": CLIENT[0].parent}

    def home(name: str) -> Path | None:
        """The file that an imported name comes from."""
        first, *rest = name.split(".")
        for size in range(len(rest), 0, -1):
            path = roots[first].joinpath(*rest[:size])
            if path.with_suffix(".py").is_file():
                return path.with_suffix(".py")
            if path.is_dir():
                return None
        return None

    tied = {
        path: {
            found
            for name, _ in imported(path)
            if name.split(".")[0] in roots and (found := home(name)) is not None
        }
        for path in [*FILES, *CLIENT]
        if path.name != "__init__.py"
    }
    assert sum(map(len, tied.values())) > 1000
    TopologicalSorter(tied).prepare()  # raises where there is a circle, and names it


def test_only_the_demo_imports_the_client() -> None:
    """It serves models, as a user's program does."""
    assert CLIENT
    house = [path for path in FILES if part(path) != "demo"]
    assert not any(name.split(".")[0] == "leadline_client" for path in house for name, _ in imported(path))


def test_the_layers_are_those_of_the_architecture_page() -> None:
    """The order at the end of ARCHITECTURE.md names every part of the lower layers."""
    page = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text("utf-8")
    order = page[page.index("Imports point one way") :]
    for parts in LAYERS[:-2]:
        for name in parts - {"progress", "simulation"}:
            assert name in order
