"""`leadline admin`: the way in when nobody has one any more."""

from __future__ import annotations

import click

from leadline.cli.stopped import metadata, place


@click.group("admin")
def command() -> None:
    """Mend access to a server that is stopped."""


@command.command("reset")
@click.argument("name")
@place
def reset(name: str, folder: str, metadata_url: str | None) -> int:
    """Make NAME an admin with a new password, which is printed once. All sessions of NAME end."""
    import secrets
    from time import time

    from leadline.server.access import passwords
    from leadline.server.access.signin import checked_name
    from leadline.stores.metadata.audit import Told

    checked_name(name)
    password, now = secrets.token_urlsafe(18), int(time() * 1e6)
    kept = passwords.kept(password)
    with metadata(folder, metadata_url) as found, found.database.transaction() as own:
        user = found.users.named(own, name)
        if user is None:
            found.users.add(own, name, kept, "admin", None, now)
        else:
            found.users.change(own, user.id, "admin", None)
            found.users.set_password(own, user.id, kept)
        found.audit.add(own, Told(now, "leadline admin reset", "users.reset", "", "", {"name": name}))
    click.echo(f"password of {name}, told once: {password}")
    return 0
