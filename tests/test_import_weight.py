"""What `import leadline` and `leadline --help` load."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {
    "duckdb",
    "nanoarrow",
    "llvmlite",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
    "click",
    "yaml",
    "matplotlib",
    "socket",
    "ssl",
    "multiprocessing",
    "concurrent.futures",
    "asyncio",
    "sqlite3",
    "urllib.request",
}
"""Never loaded by the import alone; `concurrent.futures` as a sign of threads."""


def loaded(code: str) -> set[str]:
    """Modules of a fresh interpreter after some code, without those that it starts with."""
    tell = "print(json.dumps(sorted(set(sys.modules) - before)))"
    script = f"import sys, json\nbefore = set(sys.modules)\n{code}\n{tell}"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_at_most_300_modules_and_nothing_heavy() -> None:
    modules = loaded("import leadline")
    assert len(modules) <= 300
    assert not modules & HEAVY


def test_import_starts_no_thread_and_opens_no_file_or_socket() -> None:
    code = (
        "import sys, threading\n"
        "opened = []\n"
        "def hook(event, arguments):\n"
        "    if event.startswith('socket.') or event in ('subprocess.Popen', 'os.system'):\n"
        "        opened.append(event)\n"
        "    if event == 'open' and 'w' in str(arguments[1] or ''):\n"
        "        opened.append(str(arguments[0]))\n"
        "sys.addaudithook(hook)\n"
        "import leadline\n"
        "written = [name for name in opened if '__pycache__' not in name]\n"
        "assert not written, written\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_help_loads_no_engine() -> None:
    modules = loaded("from leadline.cli.main import run\nrun(['--help'])")
    assert not modules & (HEAVY - {"click", "concurrent.futures", "multiprocessing"})
    assert not {"leadline.comparison", "leadline.settings", "numpy"} & modules
    assert len(modules) <= 300
