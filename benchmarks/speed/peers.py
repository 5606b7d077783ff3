"""Makes one environment for each peer under benchmarks/.envs; a peer that does not install is skipped."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = Path(__file__).resolve().parents[1] / ".envs"


@dataclass(frozen=True)
class Peer:
    """What is installed for a peer.

    Attributes:
        requirements: for pip.
        alone: installed without dependencies first, where those would bring hundreds of megabytes of
            accelerator libraries that the benchmark never uses.
        module: what an import must find afterwards.
    """

    requirements: tuple[str, ...]
    module: str
    alone: tuple[str, ...] = ()


PEERS = {
    "evidently": Peer(("evidently==0.7.*", "pandas<3"), "evidently"),
    "nannyml": Peer(
        (
            "APScheduler>=3.9,<4", "category-encoders>=2.3,<3", "click", "flaml>=2.3.3,<3", "gcsfs", "jinja2",
            "joblib", "kaleido<0.3", "lightgbm>=3.3,<4.6", "matplotlib<4", "pandas<3", "plotly<6", "pyarrow",
            "pydantic>=2.7", "pyfiglet<0.9", "python-dotenv<2", "pyyaml", "rich<13", "s3fs",
            "scikit-learn<1.8", "scipy", "seaborn<0.14", "statsmodels", "segment-analytics-python<3",
            "xgboost-cpu",
        ),
        "nannyml",
        alone=("nannyml==0.13.*",),
    ),
    "whylogs": Peer(("whylogs[viz]==1.6.*", "pandas<3"), "whylogs.viz"),
    "alibi_detect": Peer(("alibi-detect==0.13.*",), "alibi_detect"),
    "river": Peer(("river==0.26.*",), "river"),
}  # fmt: skip


def python(name: str) -> Path:
    """The interpreter of a peer's environment."""
    return ENVIRONMENTS / name / "bin" / "python"


def ready(name: str) -> bool:
    """The environment was made completely."""
    return (ENVIRONMENTS / name / ".ready").exists()


def make(name: str) -> str | None:
    """Make a peer's environment; the reason where that fails."""
    peer, folder = PEERS[name], ENVIRONMENTS / name
    ENVIRONMENTS.mkdir(exist_ok=True)
    (ENVIRONMENTS / ".gitignore").write_text("*\n")
    venv.create(folder, with_pip=True, clear=True)
    steps = [["install", "--quiet", *peer.requirements]]
    if peer.alone:
        steps.append(["install", "--quiet", "--no-deps", *peer.alone])
    for step in steps:
        done = _run([str(python(name)), "-m", "pip", *step])
        if done is not None:
            return done
    failed = _run([str(python(name)), "-c", f"import {peer.module}"])
    if failed is None:
        (folder / ".ready").touch()
    return failed


def _run(command: list[str]) -> str | None:
    """The last line of what a failing command says; None when it succeeds."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(PEERS)}; default: all")
    parser.add_argument("--fresh", action="store_true", help="make them again")
    chosen = parser.parse_args()
    unknown = set(chosen.peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    for name in chosen.peers or PEERS:
        if chosen.fresh:
            shutil.rmtree(ENVIRONMENTS / name, ignore_errors=True)
        reason = None if ready(name) else make(name)
        print(f"{name}: {'ready' if reason is None else f'skipped: {reason}'}", flush=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
