"""All kinds of channels; a new one is its own file and a name here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from leadline.errors import LeadlineError
from leadline.server.alerting.deliver import alertmanager, apprise, mail, webhook
from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel, Way
from leadline.server.alerting.deliver.targets import revealed
from leadline.stores.metadata.channels import Channel

KINDS: Mapping[str, ChannelKind] = {
    kind.key: kind for kind in (mail.KIND, webhook.KIND, alertmanager.KIND, apprise.KIND)
}


def send(channel: Channel, parcel: Parcel, private: bool, now: int) -> str | None:
    """Send a parcel on a channel; None if it was taken, else why not.

    Args:
        private: addresses of private networks are allowed.
        now: microseconds since 1970.
    """
    kind = KINDS[channel.kind]
    try:
        settings = msgspec.json.decode(channel.settings, type=kind.settings)
        return kind.send(settings, parcel, Way(revealed(channel.secret), private, now))
    except LeadlineError as error:
        return str(error)
