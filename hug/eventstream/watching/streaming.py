"""Event streams of an API: how they are served, and how they are."""

from collections.abc import Callable

from hug.eventstream.channels.registry import Channels
from hug.eventstream.serving.stream_settings import Settings
from hug.eventstream.watching.status import MOST, Status, status


class Streaming(Settings):
    """What ``api.sse`` is: the settings, to be read and assigned, and what there is to know."""

    __slots__ = ("_channels",)

    _channels: Callable[[], Channels]

    def __init__(self, channels: Callable[[], Channels]) -> None:
        """Make the default settings.

        Args:
            channels: Returns the channels of the API's broker.
        """
        super().__init__()
        object.__setattr__(self, "_channels", channels)

    def status(self, most: int = MOST) -> Status:
        """Return how the streams, the channels and the broker are, in this process, at this moment.

        It waits for nobody, and may be called in any thread. hug writes it as JSON, so a handler can return
        it; `dataclasses.asdict` makes it a dictionary.

        Args:
            most: How many channels are listed: those whose readers are most behind, then those with most.

        Raises:
            ValueError: ``most`` is below 0.
            BrokerError: The broker in the environment cannot be.
        """
        return status(self._channels(), most)
