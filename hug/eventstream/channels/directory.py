"""Which channels there are: a look-up that makes none, for names that come from outside."""

from collections.abc import Iterator, Mapping

from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.registry import Channels
from hug.eventstream.channels.reply import Reply


class Directory(Mapping[str, Channel]):
    """The channels of a broker that are in use in this process, by name."""

    __slots__ = ("_channels",)

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def exists(self, name: str) -> Reply[bool]:
        """Return whether there is a channel of this name, here or in another process on the same broker.

        Elsewhere that is one on which something was published that the broker has not forgotten; what this
        process is about to publish is waited for. Await the answer or, in a thread, ask for its
        `result(timeout)`. There is none of a name that none can have.

        Raises:
            Unreachable: The broker does not answer; this comes with the answer.
        """
        return self._channels.exists(name)

    def __getitem__(self, name: str) -> Channel:
        channel = self._channels.known(name)
        if channel is None:
            raise KeyError(name)
        return channel

    def __contains__(self, name: object) -> bool:
        return self._channels.known(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([channel.name for channel in self._channels])

    def __len__(self) -> int:
        return len(self._channels)

    def __repr__(self) -> str:
        return f"<{len(self)} channels on {self._channels.broker.url}>"
