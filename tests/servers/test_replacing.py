"""Workers are replaced while a channel is read: readers come back to another one and miss nothing.

`HUG_RECYCLES` says how many workers are replaced on each server: a few here, fifty by hand, and `pytest -rP`
shows what came of it.
"""

import os
import random
import re
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

import hug
from hug.eventstream.wire.decode import Decoder, Message

from ..waiting import until
from .client import Client, Torn
from .serving import Server

RECYCLES = int(os.environ.get("HUG_RECYCLES", "4"))

READERS = 6

_BEGINS = re.compile(rb"\nid: ([^\n]*)\n")

BY_REQUESTS = (
    "uvicorn-workers-limited", "gunicorn-workers-limited", "gunicorn-asgi-workers-limited",
    "hypercorn-workers-limited", "hug-workers-limited",
)  # fmt: skip
BY_ITSELF = ("granian-workers-limited",)  # as each of its workers has more memory than it may
BY_SIGNAL = (
    "uvicorn-workers", "granian-workers", "gunicorn-workers", "gunicorn-asgi-workers", "hug-workers",
)  # fmt: skip

USUAL = ("uvicorn-workers-limited", "hug-workers")
"""Those that are tried at each change; the others if ``HUG_RECYCLES`` says how often to replace workers."""


class RecycledServer(Server):
    """A process that serves ``recycled_app.py``, whose workers tell when they begin and end."""

    app = "recycled_app"

    def lives(self, what: str) -> Counter[str]:
        """Return which processes have begun, or ended."""
        lines = Path(self._environment["LIVES"]).read_text().split("\n")[:-1]
        return Counter(line.partition(" ")[2] for line in lines if line.startswith(what))


class Returning(threading.Thread):
    """Reads as a browser does: when its stream ends it comes back, with the last id it has.

    Attributes:
        messages: What has come.
        endings: How its streams have ended.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.endings: list[str] = []
        self.begun = threading.Event()
        self._port = port
        self._last_id = ""
        self._over = threading.Event()
        self._client: Client | None = None
        self.start()

    def run(self) -> None:
        while not self._over.is_set():
            headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
            try:
                with Client(self._port, "/news", headers=headers) as client:
                    self._client = client
                    client.decoder = Decoder(self._last_id)
                    client.head()
                    self._read(client)
            except OSError:
                pass  # refused or cut off before it had begun
            self._over.wait(random.uniform(0, 0.2))

    def _read(self, client: Client) -> None:
        if client.status != 200:
            self.endings.append(f"status {client.status}")
            return
        try:
            while client.chunk() and not self._over.is_set():
                began = _BEGINS.search(client.body[:200])
                self._last_id = client.decoder.last_event_id or (began[1].decode() if began else "")
                if self._last_id:
                    self.begun.set()
                self.messages += client.messages
                client.messages.clear()
        except Torn:
            if not self._over.is_set():
                self.endings.append("torn")
        else:
            if not self._over.is_set():
                self.endings.append("in order" if client.decoder.retry else "without retry")

    def leave(self) -> None:
        self._over.set()
        if self._client is not None:
            self._client.hang_up()
        self.join()


class Publishing(threading.Thread):
    """A script that publishes numbers, and waits for each whether it has been taken."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.count = 0
        self._over = threading.Event()
        api = hug.API(f"publishing to {url}")
        api.broker = url
        self._channel = hug.sse.channel("news", history=1_000_000, max_bytes=1 << 30, api=api)
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.01):
            self._channel.publish(self.count).result(10)
            self.count += 1

    def stop(self) -> int:
        self._over.set()
        self.join()
        return self.count


@pytest.fixture
def broker(tmp_path: Path) -> str:
    """The URL of a broker for all workers."""
    return f"sqlite:///{tmp_path / 'channels.sqlite'}"


@pytest.mark.parametrize(
    "name", [*BY_REQUESTS, *BY_ITSELF, *BY_SIGNAL] if "HUG_RECYCLES" in os.environ else USUAL
)
def test_readers_miss_nothing(name: str, tmp_path: Path, broker: str) -> None:
    """Every stream ends with its ``retry``, every reader gets every event once, and no worker is killed."""
    lives = tmp_path / "lives"
    lives.touch()
    server = RecycledServer(name, LIVES=str(lives), HUG_BROKER=broker)
    readers: list[Returning] = []
    publishing = None
    try:
        server.ready()
        readers += [Returning(server.port) for _ in range(READERS)]
        for reader in readers:
            assert reader.begun.wait(10)
        publishing = Publishing(broker)
        replace_workers(server)
        count = publishing.stop()
        for reader in readers:
            until(lambda reader=reader: reader.messages and reader.messages[-1].json() == count - 1)
    except AssertionError:
        print(server.log)
        print(lives.read_text(), [reader.endings for reader in readers])
        raise
    finally:
        if publishing is not None:
            publishing.stop()
        for reader in readers:
            reader.leave()
        server.told(signal.SIGTERM)
        try:
            server.process.wait(30)
            log = server.log
        finally:
            server.kill()
    for reader in readers:
        assert [message.data for message in reader.messages] == [str(number) for number in range(count)]
    endings = Counter(ending for reader in readers for ending in reader.endings)
    assert endings.keys() == {"in order"}, f"{endings}\n{log}"
    assert server.lives("began") == server.lives("ended")
    if not name.startswith("hypercorn"):  # it cancels idle connections, of which Python 3.11 makes an error
        assert "Traceback" not in log, log
    assert "kill" not in log.lower(), log
    replaced = server.lives("ended").total() - 2
    print(f"{name}: {replaced} workers replaced, {endings.total()} streams ended in order, {count} events")


def replace_workers(server: RecycledServer) -> None:
    """Have `RECYCLES` workers replaced."""

    def serving() -> int:
        return server.lives("began").total() - server.lives("ended").total()

    while (ended := server.lives("ended").total()) < RECYCLES:
        if server.name in BY_SIGNAL:
            # Before both serve there would be workers that have not begun, and so cannot end in order.
            until(lambda: serving() == 2, within=60)
            server.told(signal.SIGHUP)
            until(lambda ended=ended: server.lives("ended").total() >= ended + 2, within=60)
        elif server.name in BY_ITSELF:
            until(lambda ended=ended: server.lives("ended").total() > ended, within=60)
        else:
            until(lambda: server.get("/answer"))
    until(lambda: serving() == 2, within=60)
