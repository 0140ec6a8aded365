"""Servers of ``channels_app.py``."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

from .serving import COMMANDS, FOLDER, Server


class ChannelServer(Server):
    """A process that serves ``channels_app.py``, on a port of choice."""

    def __init__(self, name: str, *, port: int = 0, **environment: str) -> None:
        """Start it; a port of 0 is any that is free."""
        self._wanted = port
        super().__init__(name, **environment)

    def _start(self) -> None:
        with socket.create_server(("127.0.0.1", self._wanted)) as listener:
            self.port = listener.getsockname()[1]
        words = COMMANDS[self.name].replace(" app", " channels_app").format(port=self.port).split()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=FOLDER,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

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
