"""`leadline up`: the live system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from leadline.errors import ConfigurationError

if TYPE_CHECKING:
    from leadline.server.service import Service


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
    "--print-token", is_flag=True,
    help="Print a token that allows everything, for programs; the one of an earlier start ends.",
)  # fmt: skip
@click.option("--tls-cert", metavar="FILE", help="Speak HTTPS with this certificate and its chain, as PEM.")
@click.option("--tls-key", metavar="FILE", help="The key of the certificate, as PEM.")
@click.option(
    "--forwarded-allow-ips", "proxies", metavar="IPS", default="",
    help="Proxies, parted by commas, that are believed when they say who asks and how.",
)  # fmt: skip
@click.option(
    "--url", "address", metavar="URL",
    help="Where people reach the server, for links in messages; by default where it listens.",
)  # fmt: skip
@click.option(
    "--allow-private-targets", is_flag=True,
    help="Messages may go to this machine and into private networks.",
)  # fmt: skip
@click.option(
    "--no-tokens", is_flag=True, help="Whoever is on this machine may do everything. Not with a wider --host."
)
@click.option(
    "--metadata-url", metavar="URL", envvar="LEADLINE_METADATA_URL",
    help="postgresql://[user@][host][:port]/name: where models and alerts are kept; by default a file.",
)  # fmt: skip
def command(
    folder: str,
    host: str,
    port: int,
    baselines: tuple[str, ...],
    days: int,
    print_token: bool,
    tls_cert: str | None,
    tls_key: str | None,
    proxies: str,
    address: str | None,
    allow_private_targets: bool,
    no_tokens: bool,
    metadata_url: str | None,
) -> int:
    """Run the server: take predictions and labels, count and judge them, tell of alerts, show pages.

    Until there is an admin, each start prints a link with which the first one is made in a browser.
    """
    from pathlib import Path

    from leadline.server.access.gate import is_loopback
    from leadline.server.run import check_reach, listening, server
    from leadline.server.service import Service

    check_reach(host, no_tokens)
    files, tls = [_named(text) for text in baselines], _tls(tls_cert, tls_key)
    with listening(host, port) as socket:
        url = _url(host, socket.getsockname()[1], is_tls=tls is not None)
        service = Service(
            folder,
            days=days,
            url=address or url,
            private_targets=allow_private_targets,
            metadata_url=metadata_url,
        )
        try:
            for model, path in files:
                service.set_baseline(model, Path(path).read_bytes())
            web = server(service, no_tokens, tls=tls, proxies=proxies)
            if print_token:
                click.echo(f"token, told once: {service.printed_token()}")
            if not no_tokens:
                _tell_first_admin(service, address or url, is_token_told=print_token)
            if not (tls or proxies or is_loopback(host)):
                click.echo("passwords and tokens can be read on their way: give --tls-cert", err=True)
            with web.capture_signals():
                click.echo(f"Leadline listens on {url}")
                web.run(sockets=[socket])
        finally:
            service.close()
    return 0


def _url(host: str, port: int, is_tls: bool) -> str:
    return f"{'https' if is_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _tell_first_admin(service: Service, url: str, is_token_told: bool) -> None:
    """Until there is an admin: how to make one, and how a client comes to a token."""
    code = service.sign_in.new_code()
    if code is None:
        return
    click.echo(f"make the first admin: {url.rstrip('/')}/setup?code={code}")
    if not is_token_told:
        click.echo("a token for a client: start with --print-token, or POST /api/v1/tokens")


def _tls(certificate: str | None, key: str | None) -> tuple[str, str] | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError(
            "half of what HTTPS needs", where="--tls-cert, --tls-key", accepted="both, or neither"
        )
    return certificate, key


def _named(text: str) -> tuple[str, str]:
    model, found, path = text.partition("=")
    if not found or not model or not path:
        raise ConfigurationError(
            "not a baseline of a model", where="--baseline", found=text, accepted="MODEL=FILE"
        )
    return model, path
