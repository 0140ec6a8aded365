"""Clients of other authors, each as its own documentation has it used, behind one face: events one by one.

A client that does not come back by itself is opened anew with the last id it has told, as its users do it.
"""

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from importlib.metadata import distribution
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeAlias

import aiohttp
import aiohttp_sse_client2.client
import httpx
import httpx2
import httpx_sse
import ld_eventsource
import ld_eventsource.config
import requests
import requests_sse
import sseclient as sseclient_py


class Event(NamedTuple):
    """What a client has told of an event; the id is the last one it knows."""

    event: str
    data: str
    id: str


Read: TypeAlias = Callable[[str], Iterator[Event]]
"""Read a URL, and go on where that was after every end of a connection."""

BREAKS: Final = (httpx.TransportError, httpx2.TransportError, requests.RequestException, OSError)
"""What clients raise when a connection ends in the middle of a response."""

SOON: Final = 0.005
"""Seconds after which clients come back."""


def _sseclient() -> ModuleType:
    """Return the module of ``sseclient``, which has the name of ``sseclient-py``'s package."""
    path = distribution("sseclient").locate_file("sseclient.py")
    spec = importlib.util.spec_from_file_location("sseclient_module", str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sseclient = _sseclient()


def _again(read_once: Callable[[str, Mapping[str, str]], Iterator[Event]]) -> Read:
    def read(url: str) -> Iterator[Event]:
        headers: dict[str, str] = {}
        while True:
            with contextlib.suppress(*BREAKS), contextlib.closing(read_once(url, headers)) as events:  # type: ignore[type-var]
                for event in events:
                    if event.id:
                        headers["Last-Event-ID"] = event.id
                    yield event

    return read


def _sync(read: Callable[..., AsyncIterator[Event]]) -> Callable[..., Iterator[Event]]:
    def step_by_step(*arguments: Any) -> Iterator[Event]:
        events = read(*arguments)
        with asyncio.Runner() as runner:
            try:
                while (event := runner.run(anext(events, None))) is not None:
                    yield event
            finally:
                runner.run(events.aclose())  # type: ignore[attr-defined]

    return step_by_step


# Those that leave it to their users to come back


def httpx_sse_sync(url: str, headers: Mapping[str, str], method: str = "GET") -> Iterator[Event]:
    with (
        httpx.Client() as client,
        httpx_sse.connect_sse(client, method, url, headers=dict(headers)) as source,
    ):
        for each in source.iter_sse():
            yield Event(each.event, each.data, each.id)


def httpx_sse_post(url: str, headers: Mapping[str, str]) -> Iterator[Event]:
    return httpx_sse_sync(url, headers, "POST")


async def httpx_sse_async(url: str, headers: Mapping[str, str]) -> AsyncIterator[Event]:
    async with (
        httpx.AsyncClient() as client,
        httpx_sse.aconnect_sse(client, "GET", url, headers=dict(headers)) as source,
    ):
        async for each in source.aiter_sse():
            yield Event(each.event, each.data, each.id)


def httpx2_sync(url: str, headers: Mapping[str, str], method: str = "GET") -> Iterator[Event]:
    with httpx2.Client() as client, client.sse(url, method=method, headers=dict(headers)) as source:
        for each in source:
            yield Event(each.event, each.data, each.id)


def httpx2_post(url: str, headers: Mapping[str, str]) -> Iterator[Event]:
    return httpx2_sync(url, headers, "POST")


async def httpx2_async(url: str, headers: Mapping[str, str]) -> AsyncIterator[Event]:
    async with httpx2.AsyncClient() as client, client.sse(url, headers=dict(headers)) as source:
        async for each in source:
            yield Event(each.event, each.data, each.id)


def sseclient_py_requests(url: str, headers: Mapping[str, str]) -> Iterator[Event]:
    accept = {"Accept": "text/event-stream", **headers}
    with requests.get(url, headers=accept, stream=True, timeout=10) as response:
        for each in sseclient_py.SSEClient(response.iter_content(None)).events():
            yield Event(each.event, each.data, each.id or "")


def openai_raw(url: str, headers: Mapping[str, str]) -> Iterator[Event]:
    import openai  # takes a second or two, which all who collect tests would wait for

    with httpx2.Client() as client, client.stream("GET", url, headers=dict(headers)) as response:
        for each in openai._streaming.SSEDecoder().iter_bytes(response.iter_bytes()):
            yield Event(each.event or "message", each.data, each.id or "")


def anthropic_raw(url: str, headers: Mapping[str, str]) -> Iterator[Event]:
    import anthropic  # takes a second or two, which all who collect tests would wait for

    with httpx2.Client() as client, client.stream("GET", url, headers=dict(headers)) as response:
        for each in anthropic._streaming.SSEDecoder().iter_bytes(response.iter_bytes()):
            yield Event(each.event or "message", each.data, each.id or "")


# Those that come back by themselves


def sseclient_alone(url: str) -> Iterator[Event]:
    """Reads the framing of HTTP, too: the end of a last chunk is an event to it, one a response."""
    with contextlib.ExitStack() as responses, requests.Session() as session:
        session.hooks["response"].append(lambda response, **_: responses.enter_context(response))
        client = sseclient.SSEClient(url, retry=1000 * SOON, session=session)
        ended = None
        for each in client:
            if not each.data and ended is not client.resp:
                ended = client.resp
            else:
                yield Event(each.event, each.data, client.last_id or "")


def requests_sse_alone(url: str) -> Iterator[Event]:
    with requests_sse.EventSource(url, reconnection_time=timedelta(seconds=SOON)) as source:
        for each in source:
            yield Event(each.type, each.data, each.last_event_id)


async def aiohttp_sse_client2_alone(url: str) -> AsyncIterator[Event]:
    """Comes back after a clean end; after a break its user tells it to."""
    source = aiohttp_sse_client2.client.EventSource(url, reconnection_time=timedelta(seconds=SOON))
    async with source:
        while True:
            try:
                async for each in source:
                    yield Event(each.type or "message", each.data, each.last_event_id)
                return
            except aiohttp.ClientPayloadError:
                await source.connect()


def launchdarkly(url: str) -> Iterator[Event]:
    client = ld_eventsource.SSEClient(
        url, initial_retry_delay=SOON, error_strategy=ld_eventsource.config.ErrorStrategy.always_continue()
    )
    with client:
        for each in client.events:
            yield Event(each.event, each.data, each.last_event_id or "")


CLIENTS: Final[Mapping[str, Read]] = {
    "httpx-sse": _again(httpx_sse_sync),
    "httpx-sse async": _again(_sync(httpx_sse_async)),
    "httpx2": _again(httpx2_sync),
    "httpx2 async": _again(_sync(httpx2_async)),
    "sseclient-py": _again(sseclient_py_requests),
    "openai's decoder": _again(openai_raw),
    "anthropic's decoder": _again(anthropic_raw),
    "sseclient": sseclient_alone,
    "requests-sse": requests_sse_alone,
    "aiohttp-sse-client2": _sync(aiohttp_sse_client2_alone),
    "launchdarkly-eventsource": launchdarkly,
}

POST: Final[Mapping[str, Read]] = {"httpx-sse": _again(httpx_sse_post), "httpx2": _again(httpx2_post)}
