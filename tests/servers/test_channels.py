"""Each reader of a channel gets every event once and in order, wherever it is published, after breaks too."""

import json
import random
from collections.abc import Iterable, Iterator

import pytest

from .channel_server import ChannelServer, serving
from .client import Client
from .crowd import Crowd, Reader, complete, contents, place

SERVERS = ("uvicorn", "hug", "hypercorn", "granian")

PUBLISHERS = ("async", "thread", "plain")
"""A coroutine handler, a handler in a thread, a thread of the app's own."""

COUNT = 3000
"""Events that each of them publishes: more than one write holds, and than are kept for readers by default."""

every = pytest.mark.parametrize("server", SERVERS, indirect=True)
own = pytest.mark.parametrize("server", ["uvicorn", "hug"], indirect=True)
"""Plain uvicorn, and uvicorn as hug runs it, where events go past ``send``."""
one = pytest.mark.parametrize("server", ["uvicorn"], indirect=True)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[ChannelServer]:
    with serving(request.param) as server:
        yield server


@pytest.fixture
def crowd(server: ChannelServer) -> Iterator[Crowd]:
    with Crowd(server.port) as crowd:
        yield crowd
    server.leave()


Publishing = list[tuple[str, Client]]
"""Who publishes, and the request that makes them do so."""


def start(server: ChannelServer, name: str, publishers: Iterable[str], count: int) -> Publishing:
    """Have each of these publish so many events, all at the same time."""
    return [(by, server.open(f"/publish_{by}?name={name}&count={count}")) for by in publishers]


def follow(crowd: Crowd, publishing: Publishing, total: int) -> None:
    """Check that each reader receives all that is published after its beginning, as it is published."""
    crowd.read(lambda: all(place(reader.last_id) == total for reader in crowd.readers))
    whole = max((reader.messages for reader in crowd.readers), key=len)
    assert len(whole) == total
    assert contents(whole) == {
        event_id: (by, number)
        for by, answer in publishing
        for number, event_id in enumerate(answer.head().json())
    }
    for reader in crowd.readers:
        assert complete(reader.messages, reader.began) == whole[place(reader.began) :]


# Live


@own
@pytest.mark.parametrize(
    "publishers", [("async",), ("thread",) * 4, ("plain",)], ids=["async", "threads", "plain"]
)
def test_live(server: ChannelServer, crowd: Crowd, publishers: tuple[str, ...]) -> None:
    """Nothing is lost although more is published, as fast as it goes, than is kept: publishers keep pace."""
    name = f"live-{len(publishers)}-{publishers[0]}"
    crowd.open(f"/read?name={name}", 20)
    follow(crowd, start(server, name, publishers, COUNT // len(publishers)), COUNT)


@every
def test_live_from_all(server: ChannelServer, crowd: Crowd) -> None:
    """Nothing is lost when all publish at the same time; who comes meanwhile for all there was gets all."""
    first, *_ = crowd.open("/read?name=long-all", 10)
    publishing = start(server, "long-all", PUBLISHERS, COUNT)
    crowd.read(lambda: bool(first.messages))
    for _ in range(10):
        crowd.open("/read?name=long-all&since=start")
        crowd.read_once()
    follow(crowd, publishing, COUNT * len(PUBLISHERS))


@every
def test_idle(server: ChannelServer, crowd: Crowd) -> None:
    """What a thread publishes while the process has nothing to do wakes it up."""
    crowd.open("/read?name=idle", 2)
    server.get("/publish_later?name=idle")
    crowd.read(lambda: all(len(reader.messages) == 1 for reader in crowd.readers))


@every
def test_sizes(server: ChannelServer, crowd: Crowd) -> None:
    """An event without data and one of 1 MB arrive whole."""
    crowd.open("/read?name=long-sizes", 5)
    for _ in range(3):
        crowd.read_to(server.get("/publish_empty?name=long-sizes"))
        crowd.read_to(*server.publish("long-sizes", 1, 1_000_000))
    for reader in crowd.readers:
        data = [message.data for message in complete(reader.messages, reader.began)]
        assert data[::2] == [""] * 3
        assert [len(json.loads(large)["pad"]) for large in data[1::2]] == [1_000_000] * 3


@one
def test_filtered(server: ChannelServer, crowd: Crowd) -> None:
    """Each of 200 readers with a filter of its own gets exactly what is for it, some of it after a break."""
    name, users = "long-users", 200
    for user in range(users):
        crowd.open(f"/mine?name={name}&user=user{user}")
    server.get(f"/publish_users?name={name}&users={users}&rounds=3")
    crowd.read(lambda: all(len(reader.messages) == 3 for reader in crowd.readers))
    server.get(f"/publish_users?name={name}&users={users}&rounds=3")
    for reader in crowd.readers[:50]:
        crowd.again(reader, Reader.reset)
    crowd.read(lambda: all(len(reader.messages) >= 6 for reader in crowd.readers))
    for reader in crowd.readers:
        user = reader.path.rpartition("=")[2]
        assert [(message.event, message.data) for message in reader.messages] == [
            (user, str(number)) for number in (0, 1, 2, 0, 1, 2)
        ]


# Resuming


@every
def test_resume(server: ChannelServer, crowd: Crowd) -> None:
    """A reader that comes back with its last id, in the header or in the query, gets what it has missed."""
    name = "long-resume"
    path = f"/read?name={name}"
    (reader,) = crowd.open(path)
    server.publish(name, 3)
    crowd.read(lambda: len(reader.messages) == 3)
    crowd.leave(reader, Reader.hang_up)
    missed = server.publish(name, 5)
    crowd.open(path, last_event_id=reader.last_id)
    crowd.open(f"{path}&last_event_id={reader.last_id}")
    crowd.open(f"{path}&since={reader.last_id}")
    later = server.publish(name, 5)
    crowd.read_to(later[-1])
    for each in crowd.readers:
        assert each.began == reader.last_id
        assert [message.id for message in each.messages] == missed + later


@one
def test_header_first(server: ChannelServer, crowd: Crowd) -> None:
    """The header counts before the query, which a browser repeats as it was."""
    ids = server.publish("long-both", 5)
    (reader,) = crowd.open(f"/read?name=long-both&last_event_id={ids[0]}&since=start", last_event_id=ids[3])
    crowd.read_to(ids[4])
    assert [message.id for message in reader.messages] == ids[4:]


@every
def test_merged(server: ChannelServer, crowd: Crowd) -> None:
    """A reader of two channels resumes in both with its one id; what it missed comes as it was published."""
    path = "/merged?names=long-left,long-right"
    (reader,) = crowd.open(path)
    server.publish("long-left", 3)
    server.publish("long-right", 2)
    crowd.read(lambda: len(reader.messages) == 5)
    server.publish("long-right", 2)
    server.publish("long-left", 4)
    crowd.read(lambda: len(reader.messages) == 11)
    others = [crowd.open(path, last_event_id=message.id)[0] for message in reader.messages]
    server.publish("long-left", 1)
    crowd.read(lambda: len(reader.messages) == 12)
    crowd.read_to(reader.last_id)
    complete(reader.messages, reader.began)
    for number, other in enumerate(others, 1):
        assert other.messages == reader.messages[number:]


# Gaps


@every
def test_gap(server: ChannelServer, crowd: Crowd) -> None:
    """A reader that comes back too late is told how many events are lost and gets those that are kept."""
    name = "short-gap"
    (reader,) = crowd.open(f"/read?name={name}")
    server.publish(name, 1)
    crowd.read(lambda: len(reader.messages) == 1)
    crowd.leave(reader, Reader.hang_up)
    ids = server.publish(name, 30)
    (back,) = crowd.open(reader.path, last_event_id=reader.last_id)
    crowd.read_to(ids[-1])
    gap, *kept = back.messages
    assert gap.event == "gap"
    assert gap.json() == {"channel": name, "lost": 20, "resumed_at": ids[20]}
    assert gap.id == ids[19]
    assert [message.id for message in kept] == ids[20:]
    (filtered,) = crowd.open(f"/mine?name={name}&user=message", last_event_id=reader.last_id)
    crowd.read_to(ids[-1])
    assert filtered.messages[0].json() == {"channel": name, "lost": None, "resumed_at": ids[20]}
    assert filtered.messages[1:] == kept


# Dropping the connection


@own
def test_reconnects(server: ChannelServer, crowd: Crowd) -> None:
    """Connections may break anywhere, 120 of them: those that come back miss nothing and repeat nothing."""
    names = "long-one,long-two"
    chance = random.Random(7)
    crowd.open("/read?name=long-one", 4)
    crowd.open(f"/merged?names={names}", 4)
    publishing = server.open(f"/publish_on?names={names}")
    for number in range(120):
        reader = crowd.readers[0]  # who has come back is the last
        crowd.read_more(reader, chance.randrange(2000))
        if number % 3:
            reader.take(chance.randrange(1, 1000))  # most probably it ends within an event
            crowd.again(reader, Reader.reset)
        else:
            crowd.again(reader, Reader.hang_up)
    server.get(f"/stop?names={names}")
    ends = publishing.head().json()
    crowd.read(lambda: all(reader.last_id in {ends, ends.split(":")[0]} for reader in crowd.readers))
    for reader in crowd.readers:
        assert len(complete(reader.messages, reader.first)) > 100
        numbers = [message.json()["number"] for message in reader.messages]
        assert numbers == sorted(set(numbers))
    assert "Traceback" not in server.log, server.log
