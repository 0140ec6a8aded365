"""What an event waits for on its way to other processes, on every engine."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import Context
from time import monotonic
from typing import Any

import pytest

from hug.eventstream.brokers import engine_thread
from hug.eventstream.brokers.url import broker
from hug.eventstream.engines.sqlite.polling import PAUSE
from hug.eventstream.history.log import Bounds

BOUNDS = Bounds(1000, 1 << 24)

_run_out: list[tuple[float, float, float]] = []


class _Noting(asyncio.SelectorEventLoop):
    """Notes of each timer that runs out when it was set, for how long, and when it ran out."""

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        began, looks_only = self.time(), _of_psycopg()

        def run() -> None:
            if not looks_only:
                _run_out.append((began, when - began, self.time()))
            callback(*args)

        return super().call_at(when, run, context=context)


def _of_psycopg() -> bool:
    """Whether psycopg sets a timer: while it waits it looks at its connection, each tenth of a second."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        if frame.f_globals["__name__"].startswith("psycopg."):
            return True
        frame = frame.f_back
    return False


def test_no_pause_before_an_event(
    engine_name: str, engine_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is in another process an event waits for answers alone: no timer has to run out before.

    But on SQLite, where the other process looks each few milliseconds.
    """
    monkeypatch.setattr(engine_thread, "new_loop", _Noting)
    _run_out.clear()
    url = f"{engine_url}{'&' if '?' in engine_url else '?'}prefix={prefix}"
    publisher, reader = broker(url), broker(url)
    try:
        grown = threading.Semaphore(0)
        there = reader.topic("news", BOUNDS, grown.release)
        if (ready := there.follow()) is not None:
            ready.result(10)
        first = there.log.last + 1
        here = publisher.topic("news", BOUNDS, lambda: None)
        pauses: list[float] = []
        for position in range(first, first + 21):
            began = monotonic()
            here.append(b"data: one\n")
            while there.log.last < position:
                assert grown.acquire(timeout=10)
            ended = monotonic()
            if position > first:  # that makes what there has to be
                pauses += [lasted for set_at, lasted, at in _run_out if began <= set_at and at <= ended]
    finally:
        publisher.close(5)
        reader.close(5)
    assert [pause for pause in pauses if engine_name != "sqlite" or pause > PAUSE] == []
