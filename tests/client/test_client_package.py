"""The distribution: Python 3.9, the standard library, small, whole."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import leadline_client
from leadline_client.testing import Recorder

ROOT = Path(__file__).parents[2] / "client"
FILES = sorted((ROOT / "src").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_it_needs_nothing() -> None:
    assert PROJECT["dependencies"] == []
    assert PROJECT["requires-python"] == ">=3.9"
    assert PROJECT["version"] == leadline_client.__version__
    assert PROJECT["license"] == "Apache-2.0"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_python_3_9(path: Path) -> None:
    """Its syntax; and annotations are not evaluated, so that they may use what came later."""
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))
    annotated = any(isinstance(node, ast.AnnAssign | ast.arg) for node in ast.walk(tree))
    assert not annotated or "from __future__ import annotations" in path.read_text("utf-8")


def old_python() -> str | None:
    """The oldest Python from 3.9 on that this machine has."""
    for minor in range(9, sys.version_info.minor):
        for found in (
            shutil.which(f"python3.{minor}"),
            *sorted(map(str, Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))),
        ):
            if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
                return found
    return None


EVERYTHING = """
import asyncio, sys
from leadline_client import Leadline
from leadline_client import middleware, sklearn, testing
policies = {"name": "hash", "note": "redact"}
client = Leadline(sys.argv[1], spool=sys.argv[2], interval_seconds=0.01, secret="s", policies=policies)
model = client.model("credit", "1")
row = {"x": 1.5, "name": "n", "note": "call +49 30 901820", "bad": float("nan")}
with model.prediction(id="a", features=row) as p:
    with p.step("s"):
        p.score = 0.5
@model.predicts
async def ask(a: int) -> float:
    return 1.0
asyncio.run(ask(3))
model.log_batch({"x": [1, 2]}, score=[0.1, 0.2])
model.label("a", 1)
model.feedback("a", "click", True)
assert client.flush(30), client.dropped()
assert client.dropped() == {}, client.dropped()
assert client.close(10)
print("done")
"""


def test_it_runs_on_an_old_python(recorder: Recorder, tmp_path: Path) -> None:
    python = old_python()
    if python is None:
        pytest.skip("no Python older than this one")
    path = tmp_path / "program.py"
    path.write_text(EVERYTHING)
    done = subprocess.run(
        [python, "-W", "error", str(path), recorder.url, str(tmp_path / "spool")],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.stdout == "done\n", done.stderr
    assert len(recorder.rows()) == 4
    (row,) = (row for row in recorder.rows() if row["id"] == "a")
    assert row["features"]["note"] == "call [phone]"


@pytest.mark.long
def test_the_wheel_is_small_and_whole(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("leadline_client-*-py3-none-any.whl")
    assert wheel.stat().st_size < 100_000
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[0] for line in listed.splitlines()[1:]}
    assert {f"leadline_client/{path.name}" for path in FILES} | {"leadline_client/py.typed"} <= names
    assert any(name.endswith("LICENSE") for name in names)


def test_every_public_name_is_documented() -> None:
    for name in leadline_client.__all__:
        assert name.startswith("__") or getattr(leadline_client, name).__doc__
    for path in FILES:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), path
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith(("_", "do_")):
                nested = any(
                    node in ast.walk(outer) and outer is not node
                    for outer in ast.walk(tree)
                    if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
                )
                overloaded = isinstance(node, ast.FunctionDef) and node.decorator_list
                assert nested or overloaded or ast.get_docstring(node), f"{path.name}: {node.name}"
