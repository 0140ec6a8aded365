"""Brokers at the start and at the end of a server: it shall not seem to work without what it needs."""

import asyncio
import logging
import math
from concurrent.futures import Future
from typing import Final

from hug.eventstream.channels.answers import answer
from hug.eventstream.channels.default_broker import brokers, brokers_in_use
from hug.eventstream.loop.blocking_call import blocking
from hug.exceptions import BrokerError, Unreachable

FLUSH: Final = 5.0
"""Seconds that a server which ends waits until a broker has taken what was published."""

logger = logging.getLogger("hug")

_servers: list[object] = []


async def connect() -> object:
    """Connect to the brokers that were configured; return what `close` takes when the server ends.

    A broker that may be waited for without end is not: it is tried again while the server works.

    Raises:
        BrokerError: One cannot be used or, within the seconds it may be waited for, reached.
    """
    for broker in brokers():
        connected = broker.connect(broker.wait)
        if connected is None:
            continue
        if broker.wait == math.inf:
            connected.add_done_callback(_tell)
            continue
        try:
            await answer(connected)
        except BrokerError:
            await blocking(broker.close, 0.0)
            raise
        except Unreachable as error:
            await blocking(broker.close, 0.0)
            raise BrokerError(
                f"{error}. The server waits {broker.wait:g} s for it (wait={broker.wait:g} in its URL); "
                "wait=inf starts without it"
            ) from None
    server = object()
    _servers.append(server)
    return server


async def close(server: object) -> None:
    """Have the brokers take what was published, and disconnect; not while other servers go on here."""
    if server in _servers:
        _servers.remove(server)
        if not _servers:
            await asyncio.gather(*[blocking(each.close, FLUSH) for each in brokers_in_use()])


def _tell(connected: "Future[None]") -> None:
    error = connected.exception()
    if error is not None:
        logger.error("%s", error)
