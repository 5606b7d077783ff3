"""The compiled loops: built when their sources change, replaced and not written over, never in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from loading import loaded

from leadline import kernels

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook() -> ModuleType:
    return loaded("hatch_build.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the loops are made of."""
    shutil.copytree(ROOT / "native", tmp_path / "native")
    (tmp_path / "src" / "leadline").mkdir(parents=True)
    return tmp_path


def needs_compiler(hook: ModuleType) -> None:
    if not hook.own_compiler():
        pytest.skip("the machine has no C compiler")


def test_loops_are_compiled_once_for_each_state_of_their_sources(hook: ModuleType, checkout: Path) -> None:
    needs_compiler(hook)
    assert hook.build_loops(checkout)
    assert not hook.build_loops(checkout)
    made = checkout / hook.LOOPS
    before = made.stat().st_ino
    with (checkout / "native" / "count.c").open("a") as source:
        source.write("/* changed */\n")
    assert hook.build_loops(checkout)
    assert made.stat().st_ino != before, "a process that has loaded the old file must not lose it"


def test_what_is_compiled_loads_and_names_every_kernel(hook: ModuleType, checkout: Path) -> None:
    needs_compiler(hook)
    hook.build_loops(checkout)
    code = (
        "import ctypes, sys; library = ctypes.CDLL(sys.argv[1]); level = library.level(); "
        "suffix = ['_v2', '_v3'][level] if hasattr(library, 'count_v2') else ''; "
        "assert level < 0 or all(hasattr(library, name + suffix) for name in sys.argv[2:])"
    )
    names = [
        "tabulate",
        "count",
        "sample",
        "tally",
        "gather",
        "few",
        "histogram",
        "choose",
        "moments",
        "cells",
        "wide_sum",
        "bins",
        "grow",
        "ask",
        "encode",
        "encode_views",
        "copy_encode",
        "copy_encode_views",
        "place_codes",
    ]
    subprocess.run([sys.executable, "-c", code, str(checkout / hook.LOOPS), *names], check=True)


def test_a_broken_compiler_leaves_the_package_without_loops(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel is then one of Python alone, and a warning says why."""
    monkeypatch.setenv("CC", f"{sys.executable} -c 'import sys; sys.exit(7)'")
    with pytest.raises(RuntimeError, match="exited with"):
        hook.build_loops(checkout)
    assert not (checkout / hook.LOOPS).exists()
    assert not hook.loops_are_current(checkout)


def test_another_compiler_is_asked_for_only_where_there_is_none(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert hook.own_compiler() == []
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    assert hook.own_compiler() == ["/somewhere/cc"]
    monkeypatch.setenv("CC", "ccache gcc")
    assert hook.own_compiler() == ["ccache", "gcc"]


def test_a_library_of_another_machine_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources may lie in a folder that several kinds of machine share."""
    (tmp_path / "loops.so").write_bytes(b"\x7fELF of something else")
    for file in (tmp_path / "loops.so", tmp_path / "absent.so"):
        monkeypatch.setattr(kernels, "FILE", file)
        assert kernels._library.__wrapped__() is None


def test_a_check_without_the_loops_says_the_same(tmp_path: Path) -> None:
    """In NumPy and Python alone; the centre that means are sums from differs in its last digits."""
    if not kernels.available():
        pytest.skip("the compiled loops were not built")
    script = tmp_path / "check.py"
    script.write_text(
        "import json, sys\n"
        "import numpy as np\n"
        "import leadline\n"
        "from leadline import kernels\n"
        "if sys.argv[1] == 'plain':\n"
        "    kernels._library = lambda: None\n"
        "rng = np.random.default_rng(4)\n"
        "def table(shift):\n"
        "    n = 20_000\n"
        "    words = np.array(['red', 'green', 'blue', 'a long word of no colour'])\n"
        "    return {\n"
        "        'smooth': rng.normal(shift, 1, n), 'money': np.round(rng.lognormal(3, 1, n), 2),\n"
        "        'count': rng.poisson(3, n), 'word': words[rng.integers(0, 4, n)].tolist(),\n"
        "        'gaps': np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),\n"
        "    }\n"
        "report = leadline.check(table(0.0), table(0.2)).to_dict()\n"
        "columns = {\n"
        "    c['name']: [c['verdict'], c['decided_by']] + [v and f'{v:.9g}' for v in c['quality'].values()]\n"
        "    for c in report['columns']\n"
        "}\n"
        "print(kernels.available(), json.dumps(columns))\n"
    )
    said = {}
    for way in ("compiled", "plain"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, str(script), way], capture_output=True, text=True, check=True, env=environment
        )
        available, said[way] = done.stdout.split(" ", 1)
        assert available == str(way == "compiled")
    assert said["compiled"] == said["plain"]
