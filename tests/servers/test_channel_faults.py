"""What goes wrong with a reader of a channel, or with the process, is told; no other reader suffers."""

import signal
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_from_bytes

import pytest

from ..waiting import Stopwatch
from .channel_server import ChannelServer, serving
from .crowd import Crowd, Reader, accounted, complete, place
from .serving import until

SERVERS = ("uvicorn", "hug", "hypercorn", "granian")

DEADLINE = 2.0
"""Seconds within which a process that is told to end has exited."""

LARGE = 64_000
"""Size of events of which one is a write."""

BATCH = 32
"""As many of these as are kept for connected readers, 4 MiB, half; so a crowd that reads loses none."""

MOST_MEMORY = 20 * 1024 * 1024
"""Bytes by which a process may grow that publishes 40 MB and keeps 4."""


@pytest.fixture(scope="module")
def server() -> Iterator[ChannelServer]:
    with serving("uvicorn") as server:
        yield server


@pytest.fixture
def crowd(server: ChannelServer) -> Iterator[Crowd]:
    with Crowd(server.port) as crowd:
        yield crowd
    server.leave()


# Readers that do not read


def flood(server: ChannelServer, crowd: Crowd, name: str, batches: int) -> None:
    """Publish far more than is kept while the crowd reads on, and gets it all."""
    witness = crowd.readers[0]
    due = place(witness.last_id)

    def all_is_there() -> bool:
        return place(witness.last_id) == due and all(reader.size == witness.size for reader in crowd.readers)

    for _ in range(batches):
        due += BATCH
        request = server.open(f"/publish_async?name={name}&count={BATCH}&size={LARGE}")
        crowd.read(all_is_there)
        assert len(request.head().json()) == BATCH
    assert {reader.checksum for reader in crowd.readers} == {witness.checksum}
    complete(witness.messages, witness.began)


@pytest.mark.parametrize(("served_by", "batches"), [("uvicorn", 20), ("hug", 8)])
def test_stuck(served_by: str, batches: int) -> None:
    """Ten that do not read hold nobody up and cost no memory; later they are told how much they have lost."""
    name = "short-stuck"
    path = f"/read?name={name}"
    with serving(served_by) as server, Crowd(server.port) as crowd:
        (witness,) = crowd.open(path)
        crowd.open(path, 39, weighs=True)
        stuck = crowd.open(path, 10, reads=False, buffer=65536)
        flood(server, crowd, name, 4)
        memory = server.get("/status")["memory"]
        flood(server, crowd, name, batches)
        assert server.get("/status")["memory"] - memory < MOST_MEMORY
        assert server.get(f"/readers?name={name}") == 50
        crowd.go_on(stuck)
        crowd.read_to(witness.last_id, among=stuck)
        for reader in stuck:
            received = accounted(reader.messages, reader.began)
            assert len(received) < len(reader.messages), "there should be a gap"
            assert received == [witness.messages[place(message.id) - 1] for message in received]


def test_cut_off() -> None:
    """Readers that read nothing for ``write_timeout`` are cut off, and are no readers any more."""
    name = "short-slow"
    path = f"/read?name={name}"
    with serving("uvicorn", WRITE_TIMEOUT="0.3") as server, Crowd(server.port) as crowd:
        crowd.open(path, 5)
        stuck = crowd.open(path, 3, reads=False, buffer=4096)
        flood(server, crowd, name, 4)
        until(lambda: server.get(f"/readers?name={name}") == 5)
        for reader in stuck:
            while not reader.over:
                reader.take()
            assert reader.torn_off
        flood(server, crowd, name, 1)
        assert "Traceback" not in server.log, server.log


def test_disconnected(server: ChannelServer, crowd: Crowd) -> None:
    """A channel that disconnects those who have lost something does so; the answer to their return is 204."""
    name = "strict-news"
    (stuck,) = crowd.open(f"/read?name={name}", reads=False, buffer=4096)
    server.publish(name, 200, LARGE)
    crowd.go_on([stuck])
    crowd.read(lambda: stuck.over)
    assert stuck.ended
    assert 0 < len(complete(stuck.messages, stuck.began)) < 200
    with server.open(stuck.path, headers={"Last-Event-ID": stuck.last_id}).head() as response:
        assert response.status == 204
    with server.open(stuck.path, headers={"Last-Event-ID": "of another life-1"}).head() as response:
        assert response.status == 204


# Readers that leave


@pytest.mark.parametrize(
    "leave", [pytest.param(Reader.hang_up, id="fin"), pytest.param(Reader.reset, id="rst")]
)
def test_left_in_an_event(server: ChannelServer, crowd: Crowd, leave: Callable[[Reader], float]) -> None:
    """Readers that leave in the middle of an event of 1 MB disturb nobody."""
    name = "long-leaving"
    (witness, *_) = crowd.open(f"/read?name={name}", 10)
    for _ in range(5):
        (leaver,) = crowd.open(witness.path, reads=False, buffer=4096)
        request = server.open(f"/publish_async?name={name}&size=1000000")
        while leaver.size < 10_000:
            leaver.take()
        assert not leaver.messages
        crowd.read_to(request.head().json()[0])
        leave(leaver)
        crowd.read_to(*server.publish(name, 1))
    until(lambda: server.get(f"/readers?name={name}") == 10)
    for reader in crowd.readers:
        assert complete(reader.messages, reader.began) == witness.messages
    assert [len(message.json()["pad"]) for message in witness.messages] == [1_000_000, 0] * 5
    assert "Traceback" not in server.log, server.log


def test_come_and_go(server: ChannelServer, crowd: Crowd) -> None:
    """Of 300 readers that came and went, while events were published, no task and no reader is left."""
    name = "long-visited"
    server.streams_end()
    before = server.get("/status")
    publishing = server.open(f"/publish_on?names={name}")
    for number in range(300):
        path = (
            "/read?name=long-visited",
            "/merged?names=long-visited&names=news",
            f"/mine?name={name}&user=a",
        )
        (reader,) = crowd.open(path[number % 3])
        crowd.leave(reader, Reader.reset if number % 2 else Reader.hang_up)
    server.get(f"/stop?names={name}")
    publishing.head().json()
    server.streams_end()
    until(lambda: server.get("/status")["tasks"] <= before["tasks"])
    assert server.get(f"/readers?name={name}") == server.get("/readers?name=news") == 0
    assert "Traceback" not in server.log, server.log


# Ids that are not ours


FORGED = (
    "start", "-", "1", "x-1", "{life}", "{life}-", "{life}-5", "{life}--1", "{life}-+1", "{life}-01",
    "{life}-1.0", "{life}-1_0", "{life}-\xc2\xb2", "{life}-\xd9\xa1", "{life}-" + 100 * "9",
    "{life}-1:{life}-1", ":", "{other}-1", "\xc3\xbc", "data: x", "'; DROP TABLE events; --",
    "../../etc/passwd", "%0a", "x" * 4096, "9" * 4096, ":" * 4096,
)  # fmt: skip
"""In latin-1, as headers are, of UTF-8. The channel has 4 events, of the other there are more."""

FORGED_IN_QUERY = ("\x01", "\x7f", " ", "\t", "&", "\xef\xbb\xbf")

IMPOSSIBLE = ("\xff\xfe", "\xc3", "x" * 4097)


def test_forged(server: ChannelServer, crowd: Crowd) -> None:
    """Who comes with an id that the channel has not given gets a gap of unknown size, then all there is."""
    events = server.publish("long-forged", 4)
    names = {
        "life": events[0].partition("-")[0],
        "other": server.publish("long-other", 8)[0].partition("-")[0],
    }
    for text in (*FORGED, *FORGED_IN_QUERY):
        forged = text.format(**names)
        value = quote_from_bytes(forged.encode("latin-1"))
        if text in FORGED:
            crowd.open("/read?name=long-forged", last_event_id=forged)
        crowd.open(f"/read?name=long-forged&last_event_id={value}")
    crowd.read_to(events[-1])
    for reader in crowd.readers:
        gap, *rest = reader.messages
        assert gap.event == "gap"
        assert gap.json() == {"channel": "long-forged", "lost": None, "resumed_at": events[0]}
        assert [message.id for message in rest] == events


@pytest.mark.parametrize("forged", IMPOSSIBLE, ids=["no UTF-8", "cut UTF-8", "too long"])
def test_impossible(server: ChannelServer, crowd: Crowd, forged: str) -> None:
    """An id that no server can have given is a gap, too: an error would stop a browser for ever."""
    value = quote_from_bytes(forged.encode("latin-1"))
    event_id = server.publish("long-impossible")[0]
    crowd.open("/read?name=long-impossible", last_event_id=forged)
    crowd.open(f"/read?name=long-impossible&last_event_id={value}")
    tells_of_a_gap(crowd, event_id)


@pytest.mark.parametrize("value", ["%00", "a%0ab", "a%0d", "%0d%0a%0d%0adata: x"])
def test_line_ends(server: ChannelServer, crowd: Crowd, value: str) -> None:
    """So is one with a line end, which only a query can have; nothing of it gets into the stream."""
    event_id = server.publish("long-impossible")[0]
    crowd.open(f"/read?name=long-impossible&last_event_id={quote(value, safe='%')}")
    tells_of_a_gap(crowd, event_id)


def tells_of_a_gap(crowd: Crowd, event_id: str) -> None:
    crowd.read_to(event_id)
    for reader in crowd.readers:
        gap, *rest = reader.messages
        assert gap.event == "gap"
        assert gap.json()["lost"] is None
        assert rest[-1].id == event_id
        assert [message.event for message in rest] == ["message"] * len(rest)


# Ends and beginnings of the process


@pytest.mark.parametrize("served_by", SERVERS)
def test_ending(served_by: str) -> None:
    """Publishing is refused once the process ends; what was not refused its readers get before they go."""
    with serving(served_by) as server, Crowd(server.port) as crowd:
        crowd.open("/read?name=news", 5)
        crowd.open("/merged?names=news&names=none", 5)
        requests = [server.open(f"/until_refused_{by}?name=news") for by in ("async", "thread")]
        crowd.read(lambda: all(len(reader.messages) > 50 for reader in crowd.readers))
        watch = Stopwatch()
        server.told(signal.SIGTERM)
        crowd.read(lambda: all(reader.over for reader in crowd.readers))
        answers = [request.head().json() for request in requests]
        server.process.wait(30)
        assert watch.seconds < DEADLINE
        assert [answer["refused"] for answer in answers] == ["news", "news"]
        published = {event_id for answer in answers for event_id in answer["ids"]}
        for reader in crowd.readers:
            assert reader.ended
            assert reader.decoder.retry
            received = complete(reader.messages, reader.began)
            assert {message.id.partition(":")[0] for message in received} == published
        assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("served_by", SERVERS)
def test_ending_behind(served_by: str) -> None:
    """A reader that is behind when the process is told to end still gets it all, and a clean end."""
    with serving(served_by) as server, Crowd(server.port) as crowd:
        (reader,) = crowd.open("/read?name=long-ending")
        ids = server.get(f"/publish_async?name=long-ending&count=150&size={LARGE}")
        server.told(signal.SIGTERM)
        crowd.read(lambda: reader.over)
        assert reader.ended
        assert [message.id for message in reader.messages] == ids
        assert reader.decoder.retry


def test_restarted() -> None:
    """For a reader of the process before, the new one's history begins with a gap of unknown size."""
    with serving("uvicorn") as server, Crowd(server.port) as crowd:
        port = server.port
        (early, late) = crowd.open("/read?name=long-news", 2)
        crowd.read_to(server.publish("long-news", 3)[-1])
        server.told(signal.SIGTERM)
        crowd.read(lambda: early.ended and late.ended)
        server.process.wait(30)
    with serving("uvicorn", port=port) as server, Crowd(port) as crowd:
        (early,) = crowd.open(early.path, last_event_id=early.last_id)
        crowd.read(lambda: bool(early.messages))
        ids = server.publish("long-news", 5)
        (late,) = crowd.open(late.path, last_event_id=late.last_id)
        crowd.read_to(ids[-1])
        for reader, resumed_at in ((early, None), (late, ids[0])):
            gap, *rest = reader.messages
            assert gap.json() == {"channel": "long-news", "lost": None, "resumed_at": resumed_at}
            assert [message.id for message in rest] == ids
