"""Channels at random: in memory, on a broker that trims what it likes, in a file.

Those of engines that have to be started: `tests/engines/test_channels_at_random.py`.
"""

import tempfile

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.url import broker as broker_at

from .channels_at_random import Channels
from .elsewhere import Elsewhere

pytestmark = pytest.mark.slow


class TestChannels(Channels.TestCase):
    """In memory."""

    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


class OfElsewhere(Channels):
    """On a broker that answers at once, and keeps everything but what this trims."""

    def broker(self) -> Broker:
        self.elsewhere = Elsewhere()
        return self.elsewhere

    @rule(name=st.sampled_from("ab"), left=st.sampled_from([0, 1, 20, 500]))
    def trim(self, name: str, left: int) -> None:
        past = self.elsewhere.pasts[name]
        past.first = max(past.first, past.last + 1 - left)


class TestElsewhere(OfElsewhere.TestCase):
    """On a broker that keeps everything but what is trimmed by chance."""

    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


class OfSqlite(Channels):
    """In a file."""

    def broker(self) -> Broker:
        directory = self.stack.enter_context(tempfile.TemporaryDirectory())
        broker = broker_at(f"sqlite:///{directory}/channels.db")
        self.stack.callback(broker.close, 5)
        return broker


class TestSqlite(OfSqlite.TestCase):
    """In a file, as for all processes of one machine."""

    settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
