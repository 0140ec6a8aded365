"""A fresh broker for a test: nothing of what others have published, and nothing left for those to come."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Final

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.brokers.url import broker as broker_at
from hug.eventstream.channels.default_broker import substituted
from hug.exceptions import Unreachable

CLOSING: Final = 5.0
"""Seconds that a broker may take to disconnect."""


@contextlib.contextmanager
def broker(url: str = "memory:") -> Iterator[Broker]:
    """Have channels on a fresh broker, for all that happens within the block; yield it.

    That holds for every channel of the process, also for those that modules hold since they were imported,
    and for those of an API with a broker of its own, in place of which there is another fresh one. In the end
    events and readers of before are back, what came meanwhile is gone, and streams that are still open end.
    Blocks may be in each other.

    Args:
        url: Of an engine that runs, such as ``"redis://localhost"``. Each block has channels of its own
            there, by a ``prefix`` that it adds to the URL, and deletes them in the end, tables included.

    Raises:
        BrokerError: The URL is wrong, a package is missing, or the engine refuses us.
    """
    made: list[Broker] = []

    def make() -> Broker:
        made.append(_fresh(url))
        return made[-1]

    try:
        with substituted(make, CLOSING) as default:
            connected = default.connect(CLOSING)
            if connected is not None:
                with contextlib.suppress(Unreachable):  # which may be what the test is about
                    connected.result()
            yield default
    finally:
        for each in made:
            each.remove(CLOSING) if isinstance(each, RemoteBroker) else each.close(CLOSING)


def _fresh(url: str) -> Broker:
    if url.strip() == MemoryBroker.url:
        return MemoryBroker()
    base, question, query = url.partition("?")
    options = [each for each in query.split("&") if question and not each.startswith("prefix=")]
    return broker_at(f"{base}?{'&'.join([*options, f'prefix=test-{secrets.token_hex(8)}'])}")
