"""A program that publishes into its own memory, where nobody else can read: it is told so when it ends.

It was meant to have the broker of a server, as a rule, and has been started without ``HUG_BROKER``. An
application that serves, or is tested, and a program that reads its channels itself, are left alone.
"""

import atexit
import logging
import os
from typing import Final

from hug.eventstream.brokers import Broker

logger = logging.getLogger("hug")

_heard: Final[list[bool]] = []


def be_quiet() -> None:
    """Take note that somebody reads here, or could: there is an application, or a reader."""
    if not _heard:
        _heard.append(True)


def watch(broker: Broker) -> None:
    """See, at the end of the process, whether anything was published on a broker that nobody has chosen."""
    atexit.register(_warn, broker, os.getpid())


def _warn(broker: Broker, process: int) -> None:
    published = broker.health().published
    if published and not _heard and process == os.getpid():
        logger.warning(
            "%s published on channels in the memory of this process, where nobody else can read: have "
            "HUG_BROKER name the broker that the readers' server has, such as redis://localhost",
            "1 event was" if published == 1 else f"{published} events were",
        )
