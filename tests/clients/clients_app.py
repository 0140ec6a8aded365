"""The application that the clients read. Its heartbeats are as frequent as they may be."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import hug
from hug.eventstream.loop.open_streams import streams_of
from hug.eventstream.serving.handover import SCOPE_KEY

HEARTBEAT = 0.02
SILENCE = 0.03
"""Seconds between two events: time for heartbeats."""

HISTORY = 8
"""Events that a channel keeps."""

EVENTS = [
    ("message", "Grüße, 日本, 🐝"),
    ("tick", '{"n":1}'),
    ("message", "zwei\nZeilen"),
    ("message", ": no comment"),
    ("tick", "data: no field"),
    ("message", "the last"),
]
"""Type and data of what ``/generated`` sends; the ids are their numbers from 1 on."""

api = hug.API(__name__)
api.sse.heartbeat = HEARTBEAT
api.sse.drain_retry = (0.01, 0.01)


def channel(name: str) -> hug.sse.Channel:
    return hug.sse.channel(name, history=HISTORY, api=api)


@hug.get("/answer")
def answer() -> str:
    return "answer"


# Streams


@hug.sse("/generated", accept=("GET", "POST"))
async def generated(hug_last_event_id: str = "0") -> Any:
    after = int(hug_last_event_id)
    return _events(after) if after < len(EVENTS) else None


async def _events(after: int) -> AsyncIterator[Any]:
    for number, (kind, data) in enumerate(EVENTS[after:], after + 1):
        await asyncio.sleep(SILENCE)
        yield hug.sse.event(data, event=None if kind == "message" else kind, id=number)
    await asyncio.sleep(SILENCE)


@hug.sse("/channel")
async def read_channel(name: hug.types.text) -> Any:
    return hug.sse.events(channel(name), since="start")


@hug.sse("/live")
async def read_live(name: hug.types.text) -> Any:
    return channel(name)


@hug.sse("/wanted")
async def read_wanted(name: hug.types.text) -> Any:
    """Only some of the channel's events, so that ids have to be moved on without any."""
    return hug.sse.events(channel(name).where(_is_wanted), since="start")


def _is_wanted(message: hug.sse.Message) -> bool:
    return message.data.startswith("wanted")


@hug.sse("/guarded")
async def guarded(request: Any) -> list[str]:
    """Tells a client how it was told from others."""
    return [request.scope[SCOPE_KEY].guard.name]


# What the tests ask


@hug.get("/publish")
async def publish(name: hug.types.text, data: hug.types.multiple) -> list[str]:
    """Publish, and wait until the readers that there are have been served."""
    ids = [await channel(name).publish(each) for each in data]
    while not streams_of(asyncio.get_running_loop()).pump.idle:  # noqa: ASYNC110  # it has no event to wait for
        await asyncio.sleep(0.001)
    return ids


@hug.get("/drain")
async def drain() -> None:
    """End all streams as the end of a process does, and then take clients again as the next process would."""
    streams = streams_of(asyncio.get_running_loop())
    await streams.drained()
    streams.revive()


# As model vendors stream


@hug.sse("/v1/chat/completions", accept=("POST",))
async def chat_completions() -> AsyncIterator[Any]:
    """OpenAI's older dialect: no types, no ids, and a last event that is no JSON."""
    for token in TOKENS:
        await asyncio.sleep(SILENCE)
        choice = {"index": 0, "delta": {"content": token}, "finish_reason": None}
        yield {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    yield "[DONE]"


TOKENS = ["Grüß", "e, ", "日本", "!"]


@hug.sse("/v1/responses", accept=("POST",))
async def responses() -> AsyncIterator[Any]:
    """OpenAI's newer dialect: each event has a type, which is also in its data."""
    for number, token in enumerate(TOKENS):
        await asyncio.sleep(SILENCE)
        kind = "response.output_text.delta"
        place = {"item_id": "i", "output_index": 0, "content_index": 0, "logprobs": []}
        yield hug.sse.event(
            {"type": kind, "delta": token, "sequence_number": number, **place}, event=kind, id=number
        )


@hug.sse("/v1/messages", accept=("POST",))
async def messages() -> AsyncIterator[Any]:
    """Anthropic's dialect: each event has a type, and some are there to be ignored."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield _typed("message_start", message=message)
    yield _typed("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield _typed("ping")
    for token in TOKENS:
        await asyncio.sleep(SILENCE)
        yield _typed("content_block_delta", index=0, delta={"type": "text_delta", "text": token})
    yield _typed("content_block_stop", index=0)
    yield _typed("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
    yield _typed("message_stop")


def _typed(kind: str, **fields: Any) -> hug.sse.Event:
    return hug.sse.event({"type": kind, **fields}, event=kind)
