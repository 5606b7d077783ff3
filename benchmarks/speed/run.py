"""All speed benchmarks one after the other (`make bench`): small unless --full.

The full run takes about an hour and 30 GB of disk, and makes the environments of the peers first.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SMALL = ("light.py", "counting.py", "compare.py", "large.py")
FULL = (
    ("peers.py",),
    ("light.py",),
    ("counting.py",),
    ("compare.py",),
    ("large.py", "--rows", "1000000", "10000000", "100000000"),
    ("large.py", "--rows", "30000", "300000", "3000000", "--columns", "1000"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="the sizes of docs/reference/benchmarks.md")
    chosen = parser.parse_args()
    for script, *options in FULL if chosen.full else ((name, "--small") for name in SMALL):
        done = subprocess.run([sys.executable, str(HERE / script), *options], check=False)
        if done.returncode:
            sys.exit(done.returncode)


if __name__ == "__main__":
    main()
