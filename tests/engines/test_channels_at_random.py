"""Channels at random, end to end, on the engines that have to be started."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.url import broker as broker_at

from ..streams.channels_at_random import Channels
from .running import Server
from .servers import ALL, ENGINES

_examples = itertools.count()


@pytest.mark.parametrize("engine_name", [name for name in ENGINES if ALL[name].needs])
def test_channels(engine_name: str, running: Callable[[str], Server], prefix: str) -> None:
    """Whatever happens, each reader gets every event once and in order, or is told what is lost."""
    url = running(engine_name).url

    class OfEngine(Channels):
        def broker(self) -> Broker:
            broker = broker_at(f"{url}{'&' if '?' in url else '?'}prefix={prefix}-{next(_examples)}")
            self.stack.callback(broker.close, 5)
            return broker

    run_state_machine_as_test(
        OfEngine,
        settings=settings(max_examples=8, stateful_step_count=25, deadline=None),
    )
