"""`leadline import`: baselines and counts of an export become those of a running server."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from leadline.cli.progress import Bar
from leadline.cli.remote import COUNTING_SECONDS, Remote, part, remote, retried
from leadline.errors import DataError


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", "models", metavar="NAME", multiple=True, help="Only this model; again for others.")
@remote
def command(server: Remote, file: Path, models: Sequence[str]) -> int:
    """Give a server the models of FILE, which `leadline export --all` wrote: their baselines, and what was
    counted of their rows, which is judged as it was. The same counts given again count once.

    Rows stay in FILE. How a server is set up goes from one to another with `leadline export` and
    `leadline apply`; all of it, rows and alerts too, with `leadline backup` and `leadline restore`.
    """
    from leadline.server.keeping.archive import unpacked

    with tempfile.TemporaryDirectory(prefix="leadline-import-") as folder:
        manifest = unpacked(file, Path(folder), "export")
        found = {name: Path(folder) / about["folder"] for name, about in manifest.facts["models"].items()}
        if unknown := [name for name in models if name not in found]:
            raise DataError("no such model", where=str(file), found=unknown[0], accepted=tuple(found))
        # Before anything is sent, it is known whether all of it can be.
        wanted = {name: found[name] for name in models or found}
        missing = {name: _lacks_baseline(server, name, place) for name, place in wanted.items()}
        for name, place in wanted.items():
            _import(server, name, place, missing[name])
            _tell_uncounted(manifest.facts["models"][name])
    return 0


def _lacks_baseline(server: Remote, model: str, place: Path) -> bool:
    """Whether the server has none yet.

    Raises:
        DataError: it has another one, on whose grid these counts say nothing.
    """
    file = place / "baseline.leadline"
    if not file.exists():
        return False
    known = server.ask("GET", f"/api/v1/models/{part(model)}/baseline")["digest"]
    if known not in ("", hashlib.sha256(file.read_bytes()).hexdigest()):
        raise DataError(
            "the server compares the model to another baseline", where=model,
            next_step="Import into a server that has none, or other models with --model.",
        )  # fmt: skip
    return not known


def _import(server: Remote, model: str, place: Path, missing: bool) -> None:
    root = f"/api/v1/models/{part(model)}"
    if not (place / "baseline.leadline").exists():
        click.echo(f"{model}: left out, it has no baseline: nothing is counted of it")
        return
    if missing:
        server.ask("POST", f"{root}/baseline", body=(place / "baseline.leadline").read_bytes())
    profiles = sorted((place / "profiles").glob("*.leadline"))
    rows = 0
    with Bar() as progress:
        for number, profile in enumerate(profiles, 1):
            content = profile.read_bytes()
            rows += retried(lambda: _given(server, root, content))["rows"]  # noqa: B023
            progress(number, len(profiles))
    click.echo(f"{model}: {rows:,} rows counted in {len(profiles):,} buckets")


def _given(server: Remote, root: str, content: bytes) -> Any:
    return server.ask("POST", f"{root}/profiles", body=content, timeout_seconds=COUNTING_SECONDS)


def _tell_uncounted(facts: Mapping[str, Any]) -> None:
    """Where the rows of a file are that its profiles do not count; an older file does not say."""
    predictions = facts.get("predictions", 0)
    left = predictions - facts.get("counted", predictions)
    if left > 0:
        click.echo(
            f"  {left:,} of {predictions:,} predictions in the file were not counted when it was made:"
            " buckets are counted ten minutes after their end."
            f" They are in {facts['folder']}/predictions.parquet."
        )
