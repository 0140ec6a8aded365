"""Many requests at once: each has what is its own, and none waits for what it has nothing to do with."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator

import pytest

from ..waiting import until
from .serving import Server

MANY = 200
AT_ONCE = 64
"""Threads of a process for sync handlers."""


class Crossing(Server):
    """A process that serves ``crossing_app.py``."""

    app = "crossing_app"


ASGI = ("uvicorn", "hypercorn", "granian", "hug")
WSGI = ("gunicorn-sync", "gunicorn-threads", "waitress")


@pytest.fixture(params=ASGI)
def serve(request: pytest.FixtureRequest) -> Iterator[object]:
    """Start each of the servers in turn."""
    started = []

    def start(**environment: str) -> Crossing:
        started.append(Crossing(request.param, **environment))
        return started[-1].ready()

    yield start
    for server in started:
        server.kill()


async def fetch(
    port: int, head: str, body: bytes = b"", cookies: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Return the status and the body of one answer, on a connection of its own; take the cookies it sets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    top, _, rest = answer.partition(b"\r\n\r\n")
    for name, value in re.findall(rb"set-cookie: (\w+)=([^;]+)", top, re.IGNORECASE):
        if cookies is not None:
            cookies[name.decode()] = value.decode()
    if b"chunked" in top.lower():
        whole = b""
        while rest and (size := int(rest[: rest.index(b"\r\n")], 16)):
            begin = rest.index(b"\r\n") + 2
            whole, rest = whole + rest[begin : begin + size], rest[begin + size + 2 :]
        rest = whole
    return int(top.split()[1]), rest


async def ask(port: int, number: int, kind: str) -> None:
    """Send two requests of one session, and hold the answers to them."""
    who = f"w{number}"
    body = json.dumps({"who": who, "kind": "thing"}).encode()
    key = base64.b64encode(f"{who}:{who}".encode()).decode()
    head = (
        f"POST /{kind}/{number} HTTP/1.1\nHost: x\nConnection: close\nWho: {who}\n"
        f"Authorization: Basic {key}\nContent-Type: application/json\nContent-Length: {len(body)}\n"
    )
    cookies: dict[str, str] = {}
    for visits in (1, 2):
        session = "".join(f"Cookie: {name}={value}\n" for name, value in cookies.items())
        status, answer = await fetch(port, head + session, body, cookies)
        own = {
            "header": who,
            "path": f"{number}",
            "body": who,
            "type": f"thing of {who}",
            "directive": who,
            "cleaned up": who,
            "user": who,
            "session": {"visits": [who] * visits},
            "variable": who,
        }
        assert status == 200, answer
        assert json.loads(answer) == [own, own]


async def ask_all(port: int, kinds: list[str]) -> None:
    await asyncio.gather(*(ask(port, number, kinds[number % len(kinds)]) for number in range(MANY)))


@pytest.mark.parametrize("inline", ["", "1"])
def test_no_cross_talk(serve, inline: str) -> None:
    """Of 200 requests at once, sync and async ones, each has its own context, user, session, directives.

    Variables that middleware sets reach the handler, also in a thread; every context is taken down.
    """
    server = serve(INLINE=inline)
    asyncio.run(ask_all(server.port, ["blocking", "async"]))
    assert server.get("/left") == []


@pytest.mark.parametrize("serve", WSGI, indirect=True)
def test_no_cross_talk_by_wsgi(serve) -> None:
    """The same holds where WSGI servers serve, whose requests come to one event loop from several threads."""
    server = serve()
    asyncio.run(ask_all(server.port, ["blocking", "async"]))
    assert server.get("/left") == []


def test_exhausted_threads(serve) -> None:
    """While all threads of handlers are blocked, async handlers are answered and streams go on.

    Those that wait for a thread are answered as soon as there is one.
    """
    server = serve(THREADS="1")

    async def crowd() -> None:
        get = "GET /{} HTTP/1.1\nHost: x\nConnection: close\n"
        blocked = [asyncio.create_task(fetch(server.port, get.format("wait"))) for _ in range(AT_ONCE + 20)]
        await asyncio.to_thread(until, lambda: server.get("/waiting") == AT_ONCE)
        for path in ("ticks", "thread_ticks"):
            status, body = await asyncio.wait_for(fetch(server.port, get.format(path)), 20)
            assert (status, body.count(b"data: ")) == (200, 3)
        assert not any(each.done() for each in blocked)
        assert json.loads((await fetch(server.port, get.format("waiting")))[1]) == AT_ONCE
        assert (await fetch(server.port, get.format("open")))[0] == 200
        assert await asyncio.gather(*blocked) == [(200, b"true")] * (AT_ONCE + 20)

    asyncio.run(crowd())
    until(lambda: server.get("/waiting") == AT_ONCE + 20)
