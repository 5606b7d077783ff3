"""`leadline up`: the live system."""

from __future__ import annotations

import click

from leadline.errors import ConfigurationError


@click.command("up")
@click.option(
    "--data", "folder", metavar="FOLDER", default="leadline-data", show_default=True,
    help="Where everything is kept; made where there is none.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0: any that is free."
)
@click.option(
    "--baseline", "baselines", multiple=True, metavar="MODEL=FILE",
    help="Give a model the baseline of a file, as `leadline baseline` writes it. Repeatable.",
)  # fmt: skip
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=90,
    show_default=True,
    help="Days of which verdicts speak.",
)
@click.option(
    "--no-tokens", is_flag=True, help="Whoever is on this machine may do everything. Not with a wider --host."
)
def command(folder: str, host: str, port: int, baselines: tuple[str, ...], days: int, no_tokens: bool) -> int:
    """Run the server: take predictions and labels, count and judge them, tell of alerts, show pages.

    The first start prints a token that allows everything; it is told once.
    """
    from pathlib import Path

    from leadline.server.run import check_reach, listening, server
    from leadline.server.service import Service

    check_reach(host, no_tokens)
    files = [_named(text) for text in baselines]
    with listening(host, port) as socket:
        service = Service(folder, days=days)
        try:
            for model, path in files:
                service.set_baseline(model, Path(path).read_bytes())
            shown = f"[{host}]" if ":" in host else host
            url = f"http://{shown}:{socket.getsockname()[1]}"
            token = None if no_tokens else service.first_token()
            if token is not None:
                click.echo(f"admin token, told once: {token}")
                click.echo(f"in a browser: {url}/login?token={token}")
            web = server(service, no_tokens)
            with web.capture_signals():
                click.echo(f"Leadline listens on {url}")
                web.run(sockets=[socket])
        finally:
            service.close()
    return 0


def _named(text: str) -> tuple[str, str]:
    model, found, path = text.partition("=")
    if not found or not model or not path:
        raise ConfigurationError(
            "not a baseline of a model", where="--baseline", found=text, accepted="MODEL=FILE"
        )
    return model, path
