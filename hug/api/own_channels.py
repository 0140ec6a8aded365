"""The channels of an API: those of the process, or those of a broker of its own."""

from __future__ import annotations

from types import ModuleType
from typing import Protocol

from hug.eventstream.brokers import Broker
from hug.eventstream.channels.default_broker import channels_on, default_channels
from hug.eventstream.channels.options import Place
from hug.eventstream.channels.registry import Channels
from hug.exceptions import BrokerError
from hug.source_locations import outer_place


class Host(Protocol):
    """What they need of the API."""

    module: ModuleType | None


class OwnChannels:
    """The channels of one API."""

    def __init__(self, api: Host) -> None:
        self._api = api
        self._channels: Channels | None = None
        self._asked: Place | None = None  # where they were asked for first

    def in_use(self) -> Channels:
        """Return them, without this being a use of them, after which their broker cannot change."""
        return default_channels() if self._channels is None else self._channels

    def asked_for(self) -> Channels:
        """Return them, to code that uses them."""
        if self._channels is None:
            self._channels = default_channels()
        if self._asked is None:
            self._asked = outer_place()
        return self._channels

    @property
    def broker(self) -> Broker:
        """See `hug.API.broker`."""
        return self.in_use().broker

    @broker.setter
    def broker(self, broker: str | Broker) -> None:
        channels = channels_on(broker)
        asked = self._asked or _asked_without_api.get(getattr(self._api.module, "__name__", ""))
        if asked is not None and channels.broker is not self.broker:
            file, line = asked
            raise BrokerError(
                f"{self._api} cannot have a broker of its own any more: its channels were asked for at "
                f"{file}:{line}, and are on {self.broker.url}. Set the broker before that"
            )
        self._channels = channels


def channels_without_api(module: str) -> Channels:
    """Return the channels of a module that has no API; remember where it asked for them first."""
    if module not in _asked_without_api:
        _asked_without_api[module] = outer_place()
    return default_channels()


_asked_without_api: dict[str, Place] = {}
"""Modules without an API that have asked for channels, and where they did first."""
