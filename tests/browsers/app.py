"""The hug app that the engines read. A test empties ``seen`` and closes ``gate`` before it starts."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import hug
from hug.eventstream.loop.open_streams import streams_of

from .servers import PAGE

RETRY = 50
LAST = 60

seen: list[str | None] = []
"""The last event id that came with each request for ``/tens``."""

gate = threading.Event()
"""What ``/gated`` waits for."""


@hug.get("/", output=hug.output_format.html)
def page() -> str:
    return PAGE.decode()


@hug.sse("/messages")
def messages() -> Iterator[Any]:
    yield "text"
    yield {"n": 1}


@hug.sse("/named")
async def named() -> AsyncIterator[Any]:
    yield hug.sse.event({"n": 1}, event="tick", id="1", retry=RETRY)
    yield hug.sse.event("unnamed")
    yield hug.sse.event("boom", event="tock", id="2")


@hug.sse("/text")
def text() -> Any:
    return hug.sse.events(TEXTS)


TEXTS = [
    "one\ntwo\n\nfour",
    "carriage\rreturn\r\nand both",
    " leading space and trailing ",
    "\n",
    "naïve, 日本, 🐝",
    "U+2028 \u2028, VT \x0b and NEL \x85 end no line",
    "data: not a field\nid: nor this",
    ": no comment",
    "",
]


@hug.sse("/gated")
def gated() -> Iterator[Any]:
    gate.wait(10)
    yield "let through"


@hug.sse("/tens")
def tens(hug_last_event_id: str | None) -> Any:
    """Three events a connection, from where the client was; nothing more after the last."""
    seen.append(hug_last_event_id)
    after = int(hug_last_event_id or 0)
    if after >= LAST:
        return None
    return hug.sse.events(_tens(after))


def _tens(after: int) -> Iterator[Any]:
    for ten in range(after + 10, min(after + 30, LAST) + 10, 10):
        yield hug.sse.event(f"zehn mal {ten // 10} für alle", event="ten", id=str(ten), retry=RETRY)


@hug.sse("/again")
def again() -> Iterator[Any]:
    yield hug.sse.event("again", retry=RETRY)


# Channels


api = hug.API(__name__)
api.sse.drain_retry = (RETRY / 1000, RETRY / 1000)

HISTORY = 4
"""Events that a channel keeps."""


def channel(name: str) -> hug.sse.Channel:
    return hug.sse.channel(name, history=HISTORY, api=api)


@hug.sse("/missed")
async def missed(name: hug.types.text, hug_last_event_id: str | None) -> Any:
    """A channel in which something comes while its reader is away."""
    if seen:
        await channel(name).publish(f"missed {len(seen)}")
    seen.append(hug_last_event_id)
    return hug.sse.events(channel(name), retry=RETRY)


@hug.sse("/wanted")
async def wanted(name: hug.types.text, hug_last_event_id: str | None) -> Any:
    seen.append(hug_last_event_id)
    return hug.sse.events(channel(name).where(lambda message: message.data != "unwanted"), heartbeat=0.02)


@hug.get("/readers")
async def readers(name: hug.types.text) -> int:
    return len(channel(name).readers)


@hug.get("/drain")
async def drain() -> None:
    """End all streams as the end of a process does, and then take clients again as the next process would."""
    streams = streams_of(asyncio.get_running_loop())
    await streams.drained()
    streams.revive()


@hug.sse("/number")
def number(of: hug.types.number) -> Iterator[Any]:
    yield of


@hug.get("/json")
def json() -> dict[str, str]:
    return {"this is": "no stream"}
