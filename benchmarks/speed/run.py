"""All speed benchmarks one after the other (`make bench`): small unless --full.

The full run takes about an hour and 60 GB of disk, and makes the environments of the peers first.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reference" / "benchmarks.md"
SMALL = tuple(
    (script, "--small") for script in ("light.py", "counting.py", "compare.py", "wide.py", "large.py")
)
FULL = (
    ("light.py",),
    ("counting.py",),
    ("compare.py",),
    ("wide.py",),
    ("large.py", "--rows", "1000000", "10000000", "100000000", "--reference-rows", "10000000"),
    ("large.py", "--rows", "30000", "300000", "3000000", "--columns", "1000", "--reference-rows", "300000"),
)


def run(script: str, *options: str) -> str:
    """What a script prints, which is shown, too."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / script), *options], stdout=subprocess.PIPE, text=True
    )
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        print(line, end="", flush=True)
    if process.wait():
        sys.exit(process.returncode)
    return "".join(said)


def replaced(page: str, section: str) -> str:
    """The page with the section of the same heading replaced, or with a new one at its end."""
    heading = section.splitlines()[0]
    old = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    text = section.strip() + "\n\n"
    changed, times = old.subn(lambda _: text, page)
    return (changed if times else f"{page.rstrip()}\n\n{text}").rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="the sizes of the page")
    parser.add_argument("--only", metavar="SCRIPT", help="light, counting, compare, wide or large")
    parser.add_argument("--page", action="store_true", help=f"put the results into {PAGE.name}")
    chosen = parser.parse_args()
    if chosen.full and chosen.only in (None, "compare"):
        subprocess.run([sys.executable, str(HERE / "peers.py")], check=True)
    for script, *options in FULL if chosen.full else SMALL:
        if chosen.only in (None, script.removesuffix(".py")):
            section = run(script, *options)
            if chosen.page:
                PAGE.write_text(replaced(PAGE.read_text("utf-8"), section), "utf-8")


if __name__ == "__main__":
    main()
