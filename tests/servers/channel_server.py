"""Servers of ``channels_app.py``."""

import contextlib
from collections.abc import Iterator

from .serving import Server


class ChannelServer(Server):
    """A process that serves ``channels_app.py``."""

    app = "channels_app"

    def publish(self, name: str, count: int = 1, size: int = 0) -> list[str]:
        """Publish events from a coroutine, padded with ``size`` bytes; return their ids."""
        ids: list[str] = self.get(f"/publish_async?name={name}&count={count}&size={size}")
        return ids


@contextlib.contextmanager
def serving(name: str, *, port: int = 0, **environment: str) -> Iterator[ChannelServer]:
    """Serve for as long as the context lasts."""
    server = ChannelServer(name, port=port, **environment)
    try:
        yield server.ready()
    finally:
        server.kill()
