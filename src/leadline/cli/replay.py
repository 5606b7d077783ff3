"""`leadline replay`: a table of past predictions, played through a running server."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from typing import Any

import click

from leadline.cli.options import options, stated
from leadline.cli.progress import Bar
from leadline.cli.remote import Remote, remote, retried
from leadline.errors import ConfigurationError

STEP_SECONDS = 0.5
"""Real time that one batch stands for at most, where the replay keeps a pace."""


@click.command("replay")
@click.argument("file", metavar="FILE")
@click.option("--model", required=True, metavar="NAME", help="Whose predictions they are.")
@click.option(
    "--speed",
    metavar="TIMES",
    help="Keep the pace of the recording, so many times faster: 60x. By default as fast as they are taken.",
)
@click.option(
    "--now", "shifted", is_flag=True, help="Move all times, so that the last row is of this moment."
)
@options(without=["fail_on"])
@remote
def command(server: Remote, file: str, model: str, speed: str | None, shifted: bool, **values: Any) -> int:
    """Send the rows of FILE, a table of past predictions, to a server as serving would have sent them.

    Rows go in the order of their times, and labels with a time of their own (--label-timestamp) when they
    became known. The same rows sent again count once.
    """
    from leadline.replay import Recording

    keywords = stated(values.pop("config", None), values)
    pace = _pace(speed)
    recording = Recording(file, **keywords)
    for name in recording.left_out:
        click.echo(f"left out: {name} (JSON has no word for its values)", err=True)
    shift = round(time.time() * 1e6) - recording.end if shifted else 0
    step = None if pace is None else round(STEP_SECONDS * pace * 1e6)
    began, done = time.monotonic(), 0
    refused: dict[str, int] = {}
    with Bar() as progress:
        for due in recording.due(model, step, shift):
            if pace is not None:
                wait = (due.moment - shift - recording.start) / 1e6 / pace - (time.monotonic() - began)
                time.sleep(max(0.0, wait))
            for one in _send(server, due.content)["refused"]:
                refused[one["reason"]] = refused.get(one["reason"], 0) + 1
            done += due.rows
            progress(min(done, recording.rows), recording.rows)
    click.echo(f"{recording.rows:,} predictions sent to {model} in {time.monotonic() - began:.1f} s")
    for reason, count in refused.items():
        click.echo(f"refused: {count:,} rows, {reason}", err=True)
    return 0


def _pace(speed: str | None) -> float | None:
    if speed is None:
        return None
    try:
        pace = float(speed.removesuffix("x"))
        if not 0 < pace < float("inf"):
            raise ValueError
    except ValueError:
        raise ConfigurationError(
            "not a speed", where="--speed", found=speed, accepted="a number above 0, such as 60x"
        ) from None
    return pace


def _send(server: Remote, content: bytes) -> Any:
    headers = {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Idempotency-Key": f"replay {hashlib.sha256(content).hexdigest()}",
    }
    body = gzip.compress(content, 1)
    return json.loads(retried(lambda: server.fetch("POST", "/api/v1/ingest", body=body, headers=headers)))
