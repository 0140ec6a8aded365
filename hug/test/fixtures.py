"""Fixtures for pytest: name them in a test, or in ``pytest.mark.usefixtures``; nothing else imports this."""

from collections.abc import Iterator

import pytest

from hug.eventstream.brokers import Broker
from hug.test.fresh_broker import broker


@pytest.fixture
def hug_broker() -> Iterator[Broker]:
    """A fresh broker for one test; see `hug.test.broker`."""
    with broker() as fresh:
        yield fresh
