"""Readers of channels that are kept elsewhere: late answers, pages, another past, the end."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

import hug
from hug.eventstream.channels import answers, fetching, opening
from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.registry import Channels
from hug.exceptions import Unreachable

from .elsewhere import PAGE, Elsewhere
from .stalling import Client, all_is_quiet, connected, log_of, run, until

pytestmark = pytest.mark.usefixtures("no_errors", "nothing_left")


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """No answer is waited for when all is over."""
    answers._awaited.clear()
    yield
    assert [waited for waited in answers._awaited.values() if waited] == []


class Site:
    """An application whose channels ``a`` and ``b`` are kept elsewhere, and ``here`` in memory."""

    def __init__(self, api: Any, history: int = 10_000, on_gap: Any = "event") -> None:
        self.api = api
        self.broker = Elsewhere()
        channels = Channels(self.broker)
        self.a = channels.get("a", history=history, on_gap=on_gap)
        self.b = channels.get("b", history=history)
        self.here = hug.sse.channel("here", history=history, api=api)
        for url, parts in {
            "/a": (self.a,),
            "/third": (self.a.where(third),),
            "/both": (self.a, self.b),
            "/mixed": (self.here, self.a),
        }.items():

            @hug.sse(url, api=api)
            def stream(since: str = "", parts: Any = parts) -> Any:
                wanted = int(since) if since.isdecimal() else since or None
                return hug.sse.events(*parts, since=wanted)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.a, self.b, self.here

    async def wants_a_page(self, url: str, event_id: str) -> Client:
        """Return a client that has come with an id, and waits for the page behind it."""
        self.broker.late = True
        client = Client(self.api, url, event_id)
        client.begin()
        await until(
            lambda: self.broker.answer("follow") or self.broker.answer("locate") or client.body, "a stream"
        )
        await until(lambda: self.broker.waits("page"), "a page")
        assert client.messages == []
        return client

    async def is_quiet(self) -> None:
        """Wait until nothing is left of any reader, on either side."""
        await all_is_quiet(*self.channels)
        assert all(not topic.followed for topic in self.broker.topics.values())


@pytest.fixture
def site(api: Any) -> Site:
    return Site(api)


def third(message: Any) -> bool:
    return int(message.data) % 3 == 0


def events(client: Client) -> list[str]:
    """Return what came: the names of events, and what gaps say is lost."""
    return [
        f"gap:{json.loads(each.data)['lost']}" if each.event == "gap" else each.event
        for each in client.messages
    ]


def names(name: str, first: int, last: int, step: int = 1) -> list[str]:
    return [f"{name}{n}" for n in range(first, last + 1) if n % step == 0]


# Beginning


def test_follows_while_there_are_readers(site: Site) -> None:
    """A channel is followed from its first reader on, until the last one has left, and not otherwise."""

    async def main() -> None:
        assert site.broker.asked["follow"] == 0
        async with connected(site.api, "/a") as one:
            site.broker.publish("a", 3)
            async with connected(site.api, "/both") as two:
                site.broker.publish("a", 2)
                site.broker.publish("b", 1)
                await two.take(3)
            assert site.broker.topics["a"].followed
            assert not site.broker.topics["b"].followed
            await one.take(5)
            assert events(one) == names("a", 1, 5)
            assert [message.id for message in one.messages] == [
                site.broker.pasts["a"].id(n) for n in range(1, 6)
            ]
        await site.is_quiet()

    run(main())


def test_waits_for_the_broker(site: Site) -> None:
    """The first reader gets its first bytes when the broker has answered, with the id of where it begins."""

    async def main() -> None:
        site.broker.publish("a", 3)
        site.broker.late = True
        client = Client(site.api, "/a")
        client.begin()
        await until(lambda: site.broker.waits("follow"), "the question")
        site.broker.publish("a", 1)
        assert client.status == 0
        site.broker.late = False
        site.broker.answer()
        await client.until(lambda client: client.body != b"", "an answer")
        assert client.last_event_id == site.broker.pasts["a"].id(4)
        site.broker.publish("a", 1)
        assert [message.event for message in await client.take(1)] == ["a5"]
        await client.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("soon", [True, False], ids=["before it opens", "when it is open"])
def test_a_client_that_leaves_meanwhile(site: Site, soon: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker is not asked any more where a client begins that has left."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE", 0.5 if soon else 0.05)

    async def main() -> None:
        site.broker.publish("a", 3)
        first = Client(site.api, "/a")  # so that the channel is followed
        first.begin()
        await first.until(lambda client: client.body != b"", "an answer")
        site.broker.late = True
        client = Client(site.api, "/a", "of.another-7")
        client.begin()
        await until(lambda: site.broker.waits("locate") == 1, "the question")
        assert site.broker.cancelled == 0
        if not soon:
            await client.until(lambda client: client.body != b"", "an open stream")
        await client.leave()
        await until(lambda: site.broker.cancelled == 1, "the question to be taken back")
        site.broker.late = False
        await first.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("thread", [True, False])
def test_a_subscription_that_ends_meanwhile(site: Site, thread: bool) -> None:
    """So it is for who subscribes, in a thread and in a coroutine."""
    site.broker.publish("a", 3)
    with site.a.subscribe() as _:  # so that the channel is followed
        site.broker.late = True
        messages = site.a.subscribe(since="of.another-7")

        async def main() -> None:
            beginning = asyncio.create_task(anext(messages))  # type: ignore[arg-type]
            await until(lambda: site.broker.waits("locate") == 1, "the question")
            beginning.cancel()
            await until(lambda: site.broker.cancelled == 1, "the question to be taken back")

        if thread:
            with pytest.raises(TimeoutError):
                messages.next_message(0.01)
            assert site.broker.waits("locate") == 1
            messages.close()
            assert site.broker.cancelled == 1
        else:
            asyncio.run(main())
        site.broker.late = False


@pytest.mark.parametrize(
    ("since", "last_event_id", "expected"),
    [
        ("", "", ["gap:None", *names("a", 101, 110)]),
        ("start", "", names("a", 1, 110)),
        ("7", "", names("a", 94, 110)),
        ("", "p.40-40", names("a", 41, 110)),
        ("start", "p.40-40", names("a", 41, 110)),
        ("", "q.40-40", ["gap:None", *names("a", 1, 110)]),
        ("", "start", ["gap:None", *names("a", 1, 110)]),
        ("", "p.40-40" + "0" * 64, ["gap:None", *names("a", 1, 110)]),
    ],
)
def test_a_broker_that_is_away(
    site: Site, since: str, last_event_id: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the broker is away a stream opens all the same, and begins where it must once it is back."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE", 0.05)

    async def main() -> None:
        site.broker.publish("a", 100)
        site.broker.late = True
        client = await Client(site.api, f"/a?since={since}" if since else "/a", last_event_id).open()
        assert client.last_event_id == last_event_id
        site.broker.late = False
        site.broker.answer()
        await until(lambda: site.broker.asked["locate"], "where it begins")
        site.broker.publish("a", 10)
        await client.take(len(expected))
        assert events(client) == expected
        await client.leave()
        await site.is_quiet()

    run(main())


def test_away_from_one_of_two(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of a channel in memory and one of a broker that is away loses nothing of the former."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE", 0.05)

    async def main() -> None:
        site.broker.late = True
        client = await Client(site.api, "/mixed").open()
        site.here.publish(1, event="here1")
        site.broker.late = False
        site.broker.answer()
        await client.take(2)
        assert events(client) == ["gap:None", "here1"]
        site.broker.publish("a", 1)
        site.here.publish(2, event="here2")
        await client.take(4)
        assert sorted(events(client)[2:]) == ["a1", "here2"]
        await client.leave()
        await site.is_quiet()

    run(main())


def test_locate_fails(site: Site) -> None:
    """A broker that cannot say where a reader begins is asked again: the connection may be another one."""

    async def main() -> None:
        site.broker.publish("a", 10)
        site.broker.late = True
        client = Client(site.api, "/a", "p.4-4")
        client.begin()
        await until(lambda: site.broker.waits("follow"), "the question")
        site.broker.answer()
        await until(lambda: site.broker.waits("locate"), "the next question")
        site.broker.answer(failure=Unreachable("lost"))
        await until(lambda: site.broker.waits("locate"), "the same question")
        site.broker.answer()
        site.broker.late = False
        await until(lambda: client.body, "an answer")
        site.broker.answer()
        await client.take(6)
        assert events(client) == names("a", 5, 10)
        await client.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize("what", ["follow", "locate"])
@pytest.mark.parametrize("patience", [0.05, 60.0])
@pytest.mark.parametrize("failure", [None, Unreachable("lost")])
def test_leaves_meanwhile(
    site: Site, what: str, patience: float, failure: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that leaves before the broker has answered leaves nothing behind, whatever the answer is."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE", patience)

    async def main() -> None:
        site.broker.publish("a", 10)
        site.broker.late = True
        client = Client(site.api, "/a", "p.4-4")
        client.begin()
        await until(lambda: site.broker.waits("follow"), "the question")
        if what == "locate":
            await until(
                lambda: site.broker.answer("follow") or site.broker.waits("locate"), "the next question"
            )
        if patience < 1:
            await until(lambda: client.body, "first bytes")
            await client.leave()
        else:
            client.cancel()  # as servers do
            with pytest.raises(asyncio.CancelledError):
                await client.end()
        await site.is_quiet()
        site.broker.late = False
        site.broker.answer(failure=failure)
        await asyncio.sleep(0.01)

    run(main())


def test_many_come_and_go_while_the_broker_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an answer knows of those who wait does not grow with how often they come."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE", 0.001)

    async def main() -> None:
        site.broker.late = True
        async with connected(site.api, "/a"):
            ready = site.broker.topics["a"].ready
            assert ready is not None
            for _ in range(20):
                async with connected(site.api, "/a", "p.4-4"):
                    pass
            assert len(ready._done_callbacks) == 1
            site.broker.late = False
            site.broker.answer()
        await site.is_quiet()

    run(main())


# Pages


@pytest.mark.parametrize(("url", "step"), [("/a", 1), ("/third", 3), ("/both", 1), ("/mixed", 1)])
def test_older_than_memory(site: Site, url: str, step: int) -> None:
    """Who comes back from before what is in memory gets all of it, in order, and then goes on."""

    async def main() -> None:
        async with connected(site.api, url) as first:
            site.broker.publish("a", 3 * PAGE)
            await first.take(3 * PAGE // step)
        event_id = first.messages[0].id
        expected = names("a", 1, 3 * PAGE + 1, step)[1:]
        async with connected(site.api, url, event_id) as client:
            site.broker.publish("a", 1)
            await client.take(len(expected))
            assert events(client) == expected
            site.broker.publish("a", 3)
            await client.take(len(expected) + 3 // step)
        assert [message.id for message in client.messages[: len(first.messages) - 1]] == [
            message.id for message in first.messages[1:]
        ]
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize("url", ["/a", "/both"])
def test_readers_at_one_place_share_pages(site: Site, url: str) -> None:
    """However many come back from the same event, each page is fetched once."""

    async def main() -> None:
        site.broker.publish("a", 4 * PAGE)
        event_id = "p.1-1" if url == "/a" else "p.1-1:life-0"
        async with connected(site.api, url):
            site.broker.late = True
            clients = [Client(site.api, url, event_id) for _ in range(20)]
            for client in clients:
                client.begin()
            await until(lambda: site.broker.waits("locate") >= 20, "all of them")
            site.broker.answer("locate")
            await until(
                lambda: all(client.body or site.broker.answer("locate") for client in clients), "streams"
            )
            while len(clients[0].messages) < 4 * PAGE - 1:
                await until(lambda: site.broker.waits("page"), "a page")
                assert site.broker.waits("page") == 1
                site.broker.answer("page")
                count = len(clients[0].messages)
                await clients[0].until(lambda one, count=count: len(one.messages) > count, "more")
            for client in clients:
                await client.take(4 * PAGE - 1)
                assert events(client) == names("a", 2, 4 * PAGE)
                await client.leave()
        await site.is_quiet()

    run(main())


def test_few_pages_at_a_time(site: Site) -> None:
    """For readers at many places a few pages are fetched at a time, and each reader gets its turn."""

    async def main() -> None:
        site.broker.publish("a", 4 * PAGE)
        async with connected(site.api, "/a"):
            site.broker.late = True
            clients = [Client(site.api, "/a", f"p.{n}-{n}") for n in range(1, 41)]
            for client in clients:
                client.begin()
            await until(
                lambda: site.broker.answer("locate") or all(client.body for client in clients), "streams"
            )
            await until(lambda: site.broker.waits("page"), "the first pages")
            most = 0
            while not all(len(client.messages) == 4 * PAGE - n for n, client in enumerate(clients, 1)):
                most = max(most, site.broker.waits("page"))
                site.broker.answer("page")
                await asyncio.sleep(0)
            assert 1 < most <= fetching.AT_ONCE
            for n, client in enumerate(clients, 1):
                assert events(client) == names("a", n + 1, 4 * PAGE)
                await client.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize(("url", "step"), [("/a", 1), ("/third", 3), ("/both", 1)])
def test_a_slow_reader_falls_out_of_memory(site: Site, url: str, step: int) -> None:
    """A reader that does not read for long gets the rest from where it is kept: nothing is lost."""

    async def main() -> None:
        async with connected(site.api, url) as healthy:
            client = await Client(site.api, url, writes=1).open()
            site.broker.publish("a", 3)
            await until(lambda: client.blocked, "a full connection")
            site.broker.publish("a", 3 * PAGE)
            await healthy.take((3 * PAGE + 3) // step)
            site.broker.let_go("a")
            site.broker.publish("a", PAGE)
            await healthy.take((4 * PAGE + 3) // step)
            client.flow()
            await client.take((4 * PAGE + 3) // step)
            assert site.broker.asked["page"] == 3
            assert events(client) == events(healthy) == names("a", 1, 4 * PAGE + 3, step)
            site.broker.publish("a", 3)
            await client.take(len(healthy.messages) + 3 // step)
            await client.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize("url", ["/a", "/both", "/third", "/mixed"])
def test_trimmed_meanwhile(site: Site, url: str) -> None:
    """What is gone when its page is asked for is told as a gap: exactly so many."""
    step = 3 if url == "/third" else 1

    async def main() -> None:
        async with connected(site.api, url) as healthy:
            client = await Client(site.api, url, writes=1).open()
            site.broker.publish("a", 3)
            await until(lambda: client.blocked, "a full connection")
            site.broker.publish("a", 2 * PAGE)
            await healthy.take((2 * PAGE + 3) // step)
            site.broker.let_go("a")
            site.broker.trim("a", PAGE)
            site.broker.late = True
            client.flow()
            await until(lambda: site.broker.waits("page"), "a page")
            site.broker.trim("a", PAGE + 10)
            site.broker.answer("page")
            seen = 3 // step
            await client.take(seen + 2)
            first = client.messages[seen]
            lost = None if url == "/third" else PAGE + 9 - 3
            assert first.event == "gap"
            assert json.loads(first.data) == {
                "channel": "a", "lost": lost, "resumed_at": site.broker.pasts["a"].id(PAGE + 10),
            }  # fmt: skip
            site.broker.late = False
            site.broker.answer()
            await client.take(seen + 1 + len(names("a", PAGE + 10, 2 * PAGE + 3, step)))
            assert events(client)[seen + 1 :] == names("a", PAGE + 10, 2 * PAGE + 3, step)
            # Who comes back with the gap's own id has heard of it.
            await client.leave()
            async with connected(site.api, url, first.id) as again:
                await again.take(len(names("a", PAGE + 10, 2 * PAGE + 3, step)))
                assert events(again) == names("a", PAGE + 10, 2 * PAGE + 3, step)
        await site.is_quiet()

    run(main())


def test_disconnects_when_trimmed(api: Any) -> None:
    """A channel that disconnects readers which have missed something does so when a page says it."""
    site = Site(api, on_gap="disconnect")

    async def main() -> None:
        async with connected(site.api, "/a") as healthy:
            client = await Client(site.api, "/a", writes=1).open()
            site.broker.publish("a", 1)
            await until(lambda: client.blocked, "a full connection")
            site.broker.publish("a", PAGE)
            await healthy.take(PAGE + 1)
            site.broker.let_go("a")
            site.broker.trim("a", 10)
            client.flow()
            await client.end()
            assert client.finished
            assert events(client) == ["a1"]
            gone = await Client(site.api, "/a", "p.1-1").open()
            assert gone.status == 204
            assert site.broker.asked["page"] == 1
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize("url", ["/a", "/both", "/third", "/mixed"])
def test_another_past(site: Site, url: str) -> None:
    """When less is there than readers have seen all are told so, and get every event of the new past."""
    step = 3 if url == "/third" else 1

    async def main() -> None:
        async with connected(site.api, url) as client:
            site.broker.publish("a", 30)
            await client.take(30 // step)
            site.broker.restore("a", 18)
            site.broker.publish("a", 30)
            expected = [*names("a", 1, 30, step), "gap:None", *names("a", 19, 48, step)]
            await client.take(len(expected))
            assert events(client) == expected
            assert client.messages[-1].id.split(":")[-1 if url == "/mixed" else 0] == site.broker.pasts[
                "a"
            ].id(48)
        old, place = client.messages[30 // step - 1].id, 48
        async with connected(site.api, url, old) as again:
            await again.take(1 + 48 // step)
            assert events(again) == ["gap:None", *names("a", 1, place, step)]
        await site.is_quiet()

    run(main())


@pytest.mark.parametrize("life", ["", "other"])
def test_another_past_while_a_page_is_under_way(site: Site, life: str) -> None:
    """A page that is asked for in one past and comes in another makes a gap, and then all of the new past."""

    async def main() -> None:
        async with connected(site.api, "/a") as healthy:
            client = await Client(site.api, "/a", writes=1).open()
            site.broker.publish("a", 1)
            await until(lambda: client.blocked, "a full connection")
            site.broker.publish("a", 3 * PAGE)
            await healthy.take(3 * PAGE + 1)
            site.broker.let_go("a")
            site.broker.late = True
            client.flow()
            await until(lambda: site.broker.waits("page"), "a page")
            site.broker.restore("a", 10, life)
            site.broker.publish("a", 5)
            site.broker.late = False
            site.broker.answer()
            first = 1 if life else 11
            await client.take(7)
            assert events(client) == ["a1", "gap:None", *names("a", first, first + 4)]
            await healthy.take(3 * PAGE + 7)
            assert events(healthy)[3 * PAGE + 1 :] == events(client)[1:]
            await client.leave()
        await site.is_quiet()

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("failures", [1, 3])
def test_a_page_fails(site: Site, failures: int) -> None:
    """A page that does not come because its channel was not followed is asked for again."""

    async def main() -> None:
        site.broker.publish("a", PAGE)
        async with connected(site.api, "/a"):
            client = await site.wants_a_page("/a", "p.10-10")
            for _ in range(failures):
                await until(lambda: site.broker.waits("page"), "a page")
                site.broker.answer("page", failure=Unreachable("not followed"))
            await until(lambda: site.broker.waits("page"), "a page")
            site.broker.answer("page")
            await client.take(PAGE - 10)
            assert events(client) == names("a", 11, PAGE)
            await client.leave()
        await site.is_quiet()

    run(main())


def test_a_defect_of_pages(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A page that cannot be had for any other reason is logged, and ends its readers as a lost connection."""

    async def main() -> None:
        site.broker.publish("a", PAGE)
        async with connected(site.api, "/a") as healthy:
            site.broker.late = True
            clients = [Client(site.api, "/a", "p.10-10") for _ in range(3)]
            for client in clients:
                client.begin()
            await until(lambda: site.broker.waits("locate") == 3, "all of them")
            site.broker.answer("locate")
            await until(lambda: all(client.body for client in clients), "streams")
            await until(lambda: site.broker.waits("page"), "a page")
            site.broker.answer("page", failure=ZeroDivisionError("a defect"))
            for client in clients:
                await client.end()
                assert not client.finished
            site.broker.late = False
            site.broker.publish("a", 1)
            await healthy.take(1)
        await site.is_quiet()

    run(main())
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "older events of a channel could not be fetched: this is a defect of hug"
    ]
    caplog.clear()


@pytest.mark.parametrize("url", ["/a", "/third", "/both", "/mixed"])
@pytest.mark.parametrize("answered", [False, True])
def test_leaves_while_a_page_is_fetched(site: Site, url: str, answered: bool) -> None:
    """A reader that leaves while it waits for a page leaves nothing; one that comes then is served."""

    async def main() -> None:
        ids = {"/both": "p.10-10:life-0", "/mixed": f"{log_of(site.here).id(0)}:p.10-10"}
        event_id, step = ids.get(url, "p.10-10"), 3 if url == "/third" else 1
        site.broker.publish("a", PAGE)
        async with connected(site.api, url):
            client = await site.wants_a_page(url, event_id)
            await client.leave()
            if answered:
                site.broker.answer("page")
            site.broker.late = False
            async with connected(site.api, url, event_id) as other:
                await other.take(len(names("a", 11, PAGE, step)))
                assert events(other) == names("a", 11, PAGE, step)
            site.broker.answer(failure=Unreachable("lost"))
        await site.is_quiet()

    run(main())


def test_those_who_keep_up_do_not_wait(site: Site) -> None:
    """While pages are fetched, and fail, others get what is published."""

    async def main() -> None:
        site.broker.publish("a", PAGE)
        async with connected(site.api, "/a") as healthy:
            slow = await site.wants_a_page("/a", "p.1-1")
            for n in range(1, 11):
                site.broker.publish("a", 1)
                await healthy.take(n)
            site.broker.late = False
            site.broker.answer()
            await slow.take(PAGE + 9)
            assert events(slow) == names("a", 2, PAGE + 10)
            await slow.leave()
        await site.is_quiet()

    run(main())


# The end


@pytest.mark.parametrize("url", ["/a", "/third"])
@pytest.mark.parametrize("let_go", [False, True])
def test_closed(site: Site, url: str, let_go: bool) -> None:
    """Readers get what is left, and the end; one that comes later what it lacks, and the end; then 204."""
    step = 3 if url == "/third" else 1

    async def main() -> None:
        async with connected(site.api, url) as client:
            stalled = await Client(site.api, url, writes=1).open()
            site.broker.publish("a", 3)
            await until(lambda: stalled.blocked, "a full connection")
            site.broker.publish("a", PAGE + 7)
            if let_go:
                await client.take((PAGE + 10) // step)
                site.broker.let_go("a")
            site.broker.publish("a", closing=True)
            await client.end()
            assert client.finished
            assert events(client) == names("a", 1, PAGE + 10, step)
            assert client.last_event_id == site.broker.pasts["a"].id(PAGE + 11)
            stalled.flow()
            await stalled.end()
            assert stalled.finished
            assert events(stalled) == events(client)
            assert stalled.last_event_id == client.last_event_id
            late = await Client(site.api, url, client.messages[0].id).open()
            await late.end()
            assert late.finished
            assert events(late) == events(client)[1:]
            assert late.last_event_id == client.last_event_id
            for event_id in (late.last_event_id, ""):
                last = await Client(site.api, url, event_id).open()
                assert last.status == 204
        await site.is_quiet()

    run(main())


def test_one_of_two_is_closed(site: Site) -> None:
    """A stream of two channels goes on with the one that is not closed, and ends with it."""

    async def main() -> None:
        async with connected(site.api, "/both") as client:
            site.broker.publish("a", 1)
            site.broker.publish("a", closing=True)
            site.broker.publish("b", 2)
            await client.take(3)
            assert not client.over
            assert client.last_event_id == f"{site.broker.pasts['a'].id(2)}:{site.broker.pasts['b'].id(2)}"
            again = await Client(site.api, "/both", client.messages[0].id).open()
            await again.take(2)
            site.broker.publish("b", closing=True)
            for each in (client, again):
                await each.end()
                assert each.finished
                assert each.last_event_id == f"{site.broker.pasts['a'].id(2)}:{site.broker.pasts['b'].id(3)}"
            assert (await Client(site.api, "/both", client.last_event_id).open()).status == 204
        await site.is_quiet()

    run(main())


def test_closed_while_a_page_is_fetched(site: Site) -> None:
    """A reader that waits for a page when its channel is closed gets everything, and the end."""

    async def main() -> None:
        site.broker.publish("a", 2 * PAGE)
        client = await site.wants_a_page("/a", "p.10-10")
        site.broker.publish("a", closing=True)
        site.broker.late = False
        site.broker.answer()
        await client.end()
        assert client.finished
        assert events(client) == names("a", 11, 2 * PAGE)
        assert client.last_event_id == site.broker.pasts["a"].id(2 * PAGE + 1)
        await site.is_quiet()

    run(main())
