"""All engines that the tests are run with."""

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hug.eventstream.engines.engine import Engine

from .nats_server import Nats
from .postgres_server import Postgres
from .redis_server import Redis
from .running import File, Server

ALL: dict[str, type[Server]] = {"sqlite": File, "redis": Redis, "nats": Nats, "postgres": Postgres}

ENGINES = [name for name in ALL if importlib.util.find_spec(f"hug.eventstream.engines.{name}")]
"""Those that hug has a module for."""


def new(name: str) -> Server:
    """Return an engine that is not started yet; the test is skipped, or fails in CI, if it cannot be."""
    if absent := ALL[name].missing():
        reason = f"not on this machine: {', '.join(absent)} (see tools/engines)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return ALL[name]()


@contextmanager
def started(name: str) -> Iterator[Server]:
    """An engine of the caller's own, for what other tests must not feel: killing it, filling it up."""
    server = new(name)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def engine_of(name: str, url: str, prefix: str) -> Engine:
    """Return a connection to an engine, not connected yet."""
    module = importlib.import_module(f"hug.eventstream.engines.{name}")
    engine: Engine = module.maker(url, prefix)()
    return engine
