"""The servers of the fan-out benchmarks, and how they are told to publish."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from client import answer, connect, read_answer, request
from servers import Server, uvicorn

COMMANDS = {
    "hug": uvicorn("fanout_hug:app"),
    "hug -f": [sys.executable, "-m", "hug", "-f", "fanout_hug.py", "-ma", "-s", "-p", "{port}"],
    "falcon": uvicorn("fanout_falcon:app"),
    "sse-starlette": uvicorn("fanout_sse_starlette:app"),
    "fastapi": uvicorn("fanout_fastapi:app"),
    "asgi": uvicorn("fanout_asgi:app"),
    "uvloop": [sys.executable, "fanout_uvloop.py", "{port}"],
}
"""``hug -f`` is hug's own command; ``uvloop`` is no server at all."""


@dataclass(frozen=True)
class Load:
    """What is published, and for whom.

    Attributes:
        readers: How many there are.
        events: How many events each channel gets.
        rate: Events a second on each channel; 0 for as fast as it goes.
        channels: How many there are; the readers are spread evenly over them.
        size: Bytes of data of an event.
    """

    readers: int
    events: int
    rate: float = 0.0
    channels: int = 1
    size: int = 100

    @property
    def seconds(self) -> float:
        """How long after the first event the last one is due; 0 if there is no rate."""
        return (self.events - 1 / self.channels) / self.rate if self.rate else 0.0

    def of_readers(self) -> list[int]:
        """Return the channel of each reader."""
        return [reader % self.channels for reader in range(self.readers)]


class Publishing:
    """One request that has the server publish everything."""

    def __init__(self, port: int, load: Load, first: int) -> None:
        self._connection = connect(port)
        self._connection.sendall(
            request(
                f"/publish?n={load.events}&first={first}&rate={load.rate}"
                f"&channels={load.channels}&size={load.size}"
            )
        )

    def turn(self) -> None:
        """Do what is due."""

    def seconds(self) -> float:
        """Return how long it took, once it is over."""
        with self._connection:
            return float(read_answer(self._connection)[0])


class Peer(Server):
    """A server that fans out."""

    def __init__(
        self,
        name: str,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(name, command or COMMANDS[name], environment, host)

    @property
    def addresses(self) -> Sequence[tuple[str, int]]:
        """Where its readers connect to."""
        return ((self.host, self.port),)

    def readers(self) -> int:
        """Return how many streams are open and will get what is published."""
        return int(answer(self.port, "/readers", self.host))

    def publish(self, load: Load, first: int) -> Publishing:
        """Begin to publish, with events of this number."""
        return Publishing(self.port, load, first)


def open_files() -> int:
    """Raise the limit of open files as far as this process may, for its servers, too; return it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
