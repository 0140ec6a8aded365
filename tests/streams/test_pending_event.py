"""What publishers of shared channels wait for: `hug.eventstream.brokers.pending_event`."""

import asyncio
import concurrent.futures
import gc
import threading

import pytest

from hug.eventstream.brokers.outbox import Outbox
from hug.eventstream.brokers.pending_event import Taken, settle
from hug.eventstream.history.log import Bounds
from hug.exceptions import NotTaken

BOUNDS = Bounds(10, 1000, None)


class Office:
    """Brings nothing away; remembers what nobody has asked for."""

    thread = 0

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def unheard(self, error: BaseException) -> None:
        self.errors.append(error)


def taken(office: Office | None = None) -> Taken:
    return Taken("news", "me.1", b"data: 1\n", BOUNDS, until=0.0, answering=office or Office())


def test_before_and_after() -> None:
    """Whoever asks for an event's id gets it, before it is taken or after, in each way that there is."""
    early, late = taken(), taken()
    called: list[str] = []
    early.add_done_callback(lambda future: called.append(future.result()))
    early.set_result("me.1-1")
    late.set_result("me.1-1")
    late.add_done_callback(lambda future: called.append(future.result()))
    assert called == ["me.1-1", "me.1-1"]
    for each in (early, late):
        assert each.done()
        assert not each.running()
        assert not each.cancelled()
        assert not each.cancel()
        assert each.result() == each.result(0) == "me.1-1"
        assert each.exception() is None
        assert "finished" in repr(each)
    assert concurrent.futures.wait([early, late, taken()], timeout=0).done == {early, late}

    async def await_them() -> list[str]:
        third = taken()
        asyncio.get_running_loop().call_soon(third.set_result, "me.1-1")
        return [await asyncio.wrap_future(each) for each in (early, late, third)]

    assert asyncio.run(await_them()) == ["me.1-1"] * 3


def test_taken_meanwhile() -> None:
    """An event that is taken in one thread, just as another asks for its id, has one."""

    class Elsewhere(Office):
        @property
        def thread(self) -> int:  # type: ignore[override]  # asked for when it was seen that there is no id yet
            settle([event], [7])
            return 0

    for asked in (False, True):
        event = taken(Elsewhere())
        if asked:
            event.add_done_callback(lambda _: None)
        assert event.result(0) == "me.1-7"


def test_given_up_meanwhile() -> None:
    """An event that is given up in one thread, just as another answers for it, has one of these answers."""
    first, second, third = taken(), taken(), taken()
    first.add_done_callback(lambda _: second.fail(NotTaken("given up")))
    second.add_done_callback(lambda _: None)
    assert settle([first, second, third], [1, 2, 3]) == (2, [])
    assert [first.result(), third.result()] == ["me.1-1", "me.1-3"]
    assert isinstance(second.exception(), NotTaken)

    class Late(Taken):
        def done(self) -> bool:
            done = super().done()
            settle([self], [7])
            return done

    outbox = Outbox("test://", 10.0, lambda: None)
    late = outbox.put("news", b"data: 1\n", BOUNDS, kind=Late)
    outbox.end("the connection was closed")
    assert late.result(0) == f"{late.request}-7"
    assert outbox.lost == 0


def test_failure() -> None:
    """A failure is raised for whoever asks, and told for those that nobody has asked."""
    office = Office()
    asked, unasked = taken(office), taken(office)
    asked.fail(NotTaken("no"))
    unasked.fail(NotTaken("nobody asks"))
    with pytest.raises(NotTaken, match="no"):
        asked.result()
    del asked, unasked
    gc.collect()
    assert [str(error) for error in office.errors] == ["nobody asks"]


def test_once() -> None:
    """An answer is given once: a second one is an error, and changes nothing."""
    for first in ("asked", ""):
        each = taken()
        if first:
            each.add_done_callback(lambda _: None)
        each.set_result("me.1-1")
        with pytest.raises(concurrent.futures.InvalidStateError):
            each.set_result("me.1-2")
        with pytest.raises(concurrent.futures.InvalidStateError):
            each.fail(NotTaken("late"))
        assert each.result() == "me.1-1"


def test_at_the_same_moment() -> None:
    """Nobody waits in vain who asks in the moment in which the answer comes."""
    every = [taken() for _ in range(5000)]
    answers: list[str] = []
    begin = threading.Barrier(3)

    def ask() -> None:
        begin.wait(10)
        answers.extend(each.result(10) for each in every)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    begin.wait(10)
    for each in every:
        each.set_result("me.1-1")
    for thread in threads:
        thread.join(30)
    assert answers == ["me.1-1"] * 10_000
