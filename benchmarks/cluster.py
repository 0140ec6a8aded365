"""Several servers, what they share, and a program that publishes: measured together, as one."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import nchan
from engines import Engine
from peers import COMMANDS, Load, Peer, Publishing
from servers import APPS, CLIENT_CORE, SERVER_CORE, cpu_of, uvicorn

PACKAGES = {"litestar": "litestar", "django-eventstream": "django_eventstream"}
"""What must be installed for each server of others."""

OTHERS = (*PACKAGES, "nchan")
"""What is measured beside hug; all of them with Redis."""


def installed(name: str) -> bool:
    """Return whether one of `OTHERS` can be measured."""
    if name == "nchan":
        return nchan.installed()
    return importlib.util.find_spec(PACKAGES[name]) is not None


class Place(NamedTuple):
    """Where something runs.

    Attributes:
        host: Its address.
        prefix: Words before its command.
    """

    host: str = "127.0.0.1"
    prefix: Sequence[str] = ()


HERE = Place()


class Script:
    """A program that publishes, and serves nobody; use it as a context manager."""

    def __init__(self, kind: str, url: str, core: set[int] = SERVER_CORE, prefix: Sequence[str] = ()) -> None:
        """Prepare a program.

        Args:
            kind: See ``apps/publisher.py``.
            url: Of the engine.
            core: Where it runs.
            prefix: Words before the command, for a network of its own.
        """
        self._command = [*prefix, sys.executable, "publisher.py", kind, url]
        self._environment = {**os.environ, "BENCHMARK_ENGINE": url}
        self._core = core

    def __enter__(self) -> Self:
        os.sched_setaffinity(0, self._core)  # which the child inherits
        try:
            self._process = subprocess.Popen(
                self._command,
                cwd=APPS,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        finally:
            os.sched_setaffinity(0, CLIENT_CORE)
        self.answer()  # it is ready
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def order(
        self, mode: str, n: int, first: int = 0, rate: float = 0.0, size: int = 100, channels: int = 1
    ) -> None:
        """Have it publish; see there."""
        words = {"mode": mode, "n": n, "first": first, "rate": rate, "size": size, "channels": channels}
        assert self._process.stdin is not None
        print(json.dumps(words), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """Wait until it has done what it was told; return what it says about that."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} has failed")
        return json.loads(line)

    def do(self, mode: str, n: int, rate: float = 0.0) -> Any:
        """Have it publish, and wait for it."""
        self.order(mode, n, rate=rate)
        return self.answer()

    def cpu(self) -> float:
        """Return the seconds of processor time that it has used."""
        return cpu_of(self._process.pid)


class Scripted(Publishing):
    """What a script was told to publish."""

    def __init__(self, script: Script, load: Load, first: int) -> None:
        self._script = script
        mode = "spread" if load.channels > 1 else "paced" if load.rate else "pipelined"
        script.order(mode, load.events, first, load.rate, load.size, load.channels)

    def seconds(self) -> float:
        """See `Publishing.seconds`."""
        return float(self._script.answer()["seconds"])


class Cluster:
    """Some servers, their engine and their publisher; use it as a context manager.

    Attributes:
        name: What it is called.
        servers: The servers.
        engine: What joins them.
        addresses: Where readers connect to.
    """

    def __init__(self, name: str, workers: int, places: Sequence[Place] = ()) -> None:
        """Prepare one.

        Args:
            name: One of `engines.ALL`, for hug; or of `OTHERS`.
            workers: How many servers; one that keeps events in its memory publishes them itself.
            places: Where the engine runs, each of the servers, and the script; all of them here if left out.
        """
        self.name = name
        self.servers: list[Peer] = []
        engine, *self._places = places or [HERE] * (workers + 2)
        self.engine = Engine("redis" if name in OTHERS else name, engine.host, engine.prefix)
        self._workers = workers

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.engine)
            for place in self._places[: self._workers]:
                self.servers.append(stack.enter_context(server(self.name, self.engine.url, place)))
            kind = self.name if self.name in OTHERS else "hug"
            self.script = (
                stack.enter_context(Script(kind, self.engine.url, prefix=self._places[-1].prefix))
                if self.name not in ("memory", "nchan")
                else None
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def addresses(self) -> Sequence[tuple[str, int]]:
        return [address for each in self.servers for address in each.addresses]

    def cpu(self) -> float:
        """Return the seconds of processor time of all servers."""
        return sum(each.cpu() for each in self.servers)

    def memory(self) -> int:
        """Return the bytes of memory of all servers."""
        return sum(each.memory() for each in self.servers)

    def readers(self) -> int:
        """Return how many streams are open."""
        return sum(each.readers() for each in self.servers)

    def publish(self, load: Load, first: int) -> Publishing:
        """See `Peer.publish`."""
        return Scripted(self.script, load, first) if self.script else self.servers[0].publish(load, first)


def server(name: str, url: str, place: Place = HERE) -> Peer:
    """Return a server that is yet to be entered."""
    if name == "nchan":
        return nchan.Nchan(url)
    if name in OTHERS:
        application = {"litestar": "litestar_redis:app", "django-eventstream": "django_eventstream_app:app"}
        return Peer(name, uvicorn(application[name]), {"BENCHMARK_ENGINE": url})
    return Peer(name, [*place.prefix, *COMMANDS["hug -f"]], {"HUG_BROKER": url}, place.host)
