"""The SDKs of model vendors read a hug application that speaks their dialects.

They are imported where they are used: that takes seconds, which all who collect tests would wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ..servers.serving import Server
from .clients_app import TOKENS

if TYPE_CHECKING:
    import openai

WORDS = [{"role": "user", "content": "Hallo"}]


@pytest.fixture
def base(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def openai_client(base: str) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(base_url=f"{base}/v1", api_key="key", max_retries=0) as client:
        yield client


def test_openai_chat(openai_client: openai.OpenAI) -> None:
    """OpenAI's chat completions: each token once, heartbeats are nothing, the last event ends the stream."""
    stream = openai_client.chat.completions.create(model="m", messages=WORDS, stream=True)
    assert [chunk.choices[0].delta.content for chunk in stream] == TOKENS


def test_openai_chat_async(base: str) -> None:
    """OpenAI's chat completions, read by a coroutine."""
    import openai

    async def read() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="key", max_retries=0) as client:
            stream = await client.chat.completions.create(model="m", messages=WORDS, stream=True)
            return [chunk.choices[0].delta.content async for chunk in stream]

    assert asyncio.run(read()) == TOKENS


def test_openai_responses(openai_client: openai.OpenAI) -> None:
    """OpenAI's responses: typed events with ids."""
    stream = openai_client.responses.create(model="m", input="Hallo", stream=True)
    events = list(stream)
    assert [event.type for event in events] == ["response.output_text.delta"] * len(TOKENS)
    assert [event.delta for event in events] == TOKENS


def test_anthropic_messages(base: str) -> None:
    """Anthropic's messages, put together by its SDK."""
    import anthropic

    with (
        anthropic.Anthropic(base_url=base, api_key="key", max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=WORDS) as stream,
    ):
        assert list(stream.text_stream) == TOKENS
        assert stream.get_final_text() == "".join(TOKENS)


def test_anthropic_messages_async(base: str) -> None:
    """Anthropic's messages, read by a coroutine."""
    import anthropic

    async def read() -> list[str]:
        async with (
            anthropic.AsyncAnthropic(base_url=base, api_key="key", max_retries=0) as client,
            client.messages.stream(model="m", max_tokens=9, messages=WORDS) as stream,
        ):
            return [text async for text in stream.text_stream]

    assert asyncio.run(read()) == TOKENS


def test_openai_reads_a_farewell(server: Server, openai_client: openai.OpenAI) -> None:
    """A process that ends while a model talks is no event to the SDK that listens."""
    stream = openai_client.chat.completions.create(model="m", messages=WORDS, stream=True)
    first = next(stream)
    server.get("/drain")
    rest = [chunk.choices[0].delta.content for chunk in stream]
    assert [first.choices[0].delta.content, *rest] == TOKENS[: 1 + len(rest)]
