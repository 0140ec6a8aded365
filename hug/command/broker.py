"""The broker that a command needs: one that others share, and that can be reached."""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future
from typing import Final

from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.default_broker import VARIABLE, channels_on, check_url
from hug.exceptions import BrokerError, HugError, Unreachable

LONGEST: Final = 60.0
"""Most seconds that a command waits for a broker."""


def channel_at(url: str | None, name: str) -> Channel:
    """Return a channel on the broker at a URL, by default that in the environment, once that is connected.

    What its broker says meanwhile is shown among the errors.

    Raises:
        BrokerError: There is none that other processes share, it is wrong, or cannot be reached.
        ChannelNameError: No channel can have this name.
    """
    logging.basicConfig(format="hug: %(message)s", level=logging.WARNING)
    if url is not None:
        check_url(url)
    url = (url or os.environ.get(VARIABLE, "")).strip()
    if not url:
        raise BrokerError(f"which broker? Name it with --broker, or in {VARIABLE}: redis://localhost, say")
    channels = channels_on(url)
    broker = channels.broker
    if broker.reach == "process":
        raise BrokerError(
            f"{broker.url} is the memory of one process, in which nobody else can publish or listen: name a "
            "broker that they share, such as sqlite:///channels.db or redis://localhost"
        )
    channel = channels.get(name)
    seconds = min(broker.wait, LONGEST)
    connected = broker.connect(seconds)
    if isinstance(connected, Future):
        try:
            connected.result()
        except Unreachable as error:
            raise HugError(str(error)) from None
    return channel
