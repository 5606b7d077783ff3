"""How light Leadline is: import time and modules, `leadline --help`, and what a default install brings."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import machine

ROOT = Path(__file__).resolve().parents[2]
IMPORT = (
    "import sys, time\nbefore = len(sys.modules)\nstart = time.perf_counter()\nimport leadline\n"
    "print(time.perf_counter() - start, len(sys.modules) - before)"
)
FIRST_USE = IMPORT.replace("import leadline", "import leadline; leadline.check")
NUMPY_ALONE = IMPORT.replace("import leadline", "import numpy")


def imported(code: str) -> tuple[float, int]:
    """Seconds of an import in a fresh interpreter, and how many modules it loads."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, modules = done.stdout.split()
    return float(seconds), int(modules)


def command(*arguments: str) -> float:
    """Seconds of the leadline command, the interpreter's start included."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "leadline", *arguments], capture_output=True, check=True)
    return time.perf_counter() - start


def median(measure: Callable[[], float], rounds: int) -> float:
    measure()
    return statistics.median(measure() for _ in range(rounds))


def install() -> tuple[int, float, list[str]]:
    """Number of distributions of a default install, megabytes of their wheels, and their names with sizes."""
    with TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        wheels = Path(folder, "wheels")
        subprocess.run([*pip, "wheel", "--wheel-dir", str(wheels), str(ROOT)], check=True)
        sizes = {path.name.split("-")[0]: path.stat().st_size / 1e6 for path in wheels.glob("*.whl")}
    names = [f"{name} {size:.1f}" for name, size in sorted(sizes.items(), key=lambda item: -item[1])]
    return len(sizes), sum(sizes.values()), names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="fewer rounds, and nothing is installed")
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    rounds = 2 if chosen.small else chosen.rounds
    print("## Weight\n")
    print(machine.describe("leadline", "numpy") + "\n")
    print("| What | Measured | Target |")
    print("|---|--:|--:|")
    print(f"| `import leadline`, seconds | {median(lambda: imported(IMPORT)[0], rounds):.3f} | 0.3 |")
    print(f"| modules that it loads | {imported(IMPORT)[1]} | 300 |")
    first = median(lambda: imported(FIRST_USE)[0], rounds)
    alone = median(lambda: imported(NUMPY_ALONE)[0], rounds)
    print(f"| the same with the first use of `leadline.check` | {first:.3f} | |")
    print(f"| modules with it | {imported(FIRST_USE)[1]} | |")
    print(f"| for comparison: `import numpy`, seconds | {alone:.3f} | |")
    helped = median(lambda: command("--help"), rounds)
    print(f"| `leadline --help`, seconds with the interpreter's start | {helped:.3f} | 0.3 |")
    if not chosen.small:
        count, size, names = install()
        print(f"| distributions of a default install | {count} | 20 |")
        print(f"| their wheels, MB | {size:.1f} | 60 |")
        print(f"\nWheels, MB: {', '.join(names)}.")
    print()


if __name__ == "__main__":
    main()
