"""The repository and the wheel: what is in them, what they need, and that they work alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import leadline

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

README_EXAMPLE = "\n".join(
    re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
)


def kept_files() -> list[Path]:
    """Files of the repository: what git keeps or would keep."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_one_version_everywhere() -> None:
    assert PROJECT["version"] == leadline.__version__


def test_the_core_needs_ten_libraries_and_no_more() -> None:
    names = {re.split(r"[<>=!~ \[]", needed)[0].lower() for needed in PROJECT["dependencies"]}
    assert names == {
        "numpy",
        "duckdb",
        "nanoarrow",
        "click",
        "msgspec",
        "pyyaml",
        "starlette",
        "uvicorn",
        "httptools",
        "uvloop",
    }
    assert all(">=" in needed for needed in PROJECT["dependencies"]), (
        "a lowest version is tested, so it is declared"
    )


def test_locks_name_versions_and_hashes_but_no_host_or_path() -> None:
    lines = (ROOT / "requirements" / "dev.txt").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(
            r"[\w.-]+==[\w.!+]+( ; [^\\#:/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        ), line
    assert not any(path.name == "uv.lock" for path in kept_files())
    for path in kept_files():
        if path.name == "package-lock.json":
            assert '"resolved"' not in path.read_text("utf-8")


def test_every_locked_tool_is_declared() -> None:
    """The lock is not older than pyproject.toml: each declared tool is in it."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*PROJECT["dependencies"], *declared["dependency-groups"]["dev"]]
    wanted += [needed for extra in PROJECT["optional-dependencies"].values() for needed in extra]
    locked = (ROOT / "requirements" / "dev.txt").read_text("utf-8").lower()
    for needed in wanted:
        name = re.split(r"[<>=!~ \[;]", needed)[0].lower()
        if name == "leadline-client":  # made here
            continue
        assert re.search(rf"^{re.escape(name)}==", locked, flags=re.MULTILINE), f"run `make lock`: {name}"


def test_every_test_file_is_collected() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        if re.search(r"^(async )?def test_|^class Test", path.read_text("utf-8"), flags=re.MULTILINE):
            assert path.name.startswith("test_"), f"{path} is never run"
    assert not list((ROOT / "tests").rglob("__init__.py")), "tests are no package"


def test_scripts_of_the_house_are_sound() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    made = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "test-all", "bench", "lint", "lock"):
        assert f"make {target} " in made.stdout


# The wheel in empty environments.


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, as other tests may build the page in this folder at the same time."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    page = [path for path in (ROOT / "src" / "leadline" / "reports" / "page").glob("*") if path.is_file()]
    for path in [*kept_files(), *page]:
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("leadline-*.whl")
    return built


def installed(folder: Path, wheel: Path, *options: str) -> Path:
    """Python of a new environment that holds the wheel and what it needs, and nothing else."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(python), *options, str(wheel)], check=True
    )
    return python


def lonely(python: Path, code: str) -> str:
    """Output of code in that environment, far from this repository."""
    done = subprocess.run(
        [str(python), "-I", "-W", "error", "-c", code], capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("options", [(), ("--resolution", "lowest-direct")], ids=["newest", "lowest"])
def test_the_wheel_alone_runs_the_readme(tmp_path: Path, wheel: Path, options: tuple[str, ...]) -> None:
    python = installed(tmp_path / "venv", wheel, *options)
    save = f"report.save({str(tmp_path / 'report.html')!r})"
    assert "Performance got worse" in lonely(python, f"{README_EXAMPLE}\n{save}")
    assert "<html" in (tmp_path / "report.html").read_text("utf-8")
    command = python.parent / "leadline"
    done = subprocess.run([str(command), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["leadline", leadline.__version__]
    demo = [str(command), "demo", "report", "--rows", "2000", "--output", str(tmp_path / "demo")]
    subprocess.run(demo, capture_output=True, cwd="/", check=True)
    assert (tmp_path / "demo" / "report.html").is_file()


@pytest.mark.long
def test_the_default_install_is_light(tmp_path: Path, wheel: Path) -> None:
    """At most 20 distributions and 60 MB of wheels."""
    folder = tmp_path / "wheels"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
        "-d",
        str(folder),
        str(wheel),
    ]
    subprocess.run(command, check=True)
    wheels = list(folder.iterdir())
    assert len(wheels) <= 20
    assert sum(file.stat().st_size for file in wheels) <= 60e6


@pytest.mark.long
def test_the_wheel_holds_the_page_the_types_and_the_licence_and_no_tests(wheel: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[0] for line in listed.splitlines()[1:]}
    assert "leadline/py.typed" in names
    built = {"reports/page/page.js", "reports/page/page.css", "server/page/app.js", "server/page/app.css"}
    assert {f"leadline/{name}" for name in built} <= set(names)
    assert any(name.endswith("LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "ui/", "benchmarks/")) for name in names)


@pytest.mark.long
def test_the_environment_holds_only_what_is_declared(tmp_path: Path, wheel: Path) -> None:
    python = installed(tmp_path / "venv", wheel)
    names = "[d.name.lower().replace('_', '-') for d in m.distributions()]"
    code = f"import importlib.metadata as m, json; print(json.dumps({names}))"
    assert set(json.loads(lonely(python, code))) == {
        "leadline", "numpy", "duckdb", "nanoarrow", "click", "msgspec", "pyyaml",
        "starlette", "uvicorn", "httptools", "uvloop", "anyio", "idna", "h11", "typing-extensions",
    }  # fmt: skip
