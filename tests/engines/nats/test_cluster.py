"""A cluster of NATS servers, which keeps each channel several times."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from hug.eventstream.brokers.url import broker
from hug.eventstream.channels.registry import Channels

from ...waiting import until
from ..nats_server import NatsOfCluster
from ..servers import new
from .conftest import administrator


@pytest.fixture
def cluster() -> Iterator[list[NatsOfCluster]]:
    new("nats").remove()  # which skips the test, or fails it, where there is no NATS
    servers = NatsOfCluster.several(3)
    try:
        for each in servers:
            each.start()
        until(lambda: all(each.healthy() for each in servers), "a cluster")
        yield servers
    finally:
        for each in servers:
            each.remove()


def test_a_server_that_dies(cluster: list[NatsOfCluster]) -> None:
    """With replicas=3 nothing is lost, and all goes on, when the server dies that has the channel's lead."""
    places = ",".join(f"{each.host}:{each.port}" for each in cluster)
    # None that servers in this process would wait for, when all of these are gone.
    channels = Channels(broker(f"{cluster[0].url.rpartition('@')[0]}@{places}?replicas=3&patience=30"))
    news = channels.get("news", history=100)

    async def asked(stream: str) -> Any:
        async with administrator(cluster[0].url) as ask:
            return await ask(f"STREAM.INFO.{stream}")

    with news.subscribe() as messages:
        ids = [news.publish(number).result(40) for number in range(20)]
        stream = asyncio.run(asked("hug~news"))
        assert stream["config"]["num_replicas"] == 3
        assert asyncio.run(asked("hug~=own"))["config"]["num_replicas"] == 3
        cluster[int(stream["cluster"]["leader"].rpartition("-")[2])].kill()
        ids += [news.publish(number).result(40) for number in range(20, 40)]
        read = [messages.next_message(40) for _ in ids]
    assert [(each.id, each.json()) for each in read if each] == list(zip(ids, range(40), strict=True))
    channels.broker.close(5)
