"""Results that come piece by piece, from ordinary routes."""

import asyncio
import gc
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import hug
from hug import output_format
from tests.core.serving import get, serving
from tests.waiting import quickest, until


def test_async_generators_are_json_lines(api: hug.API) -> None:
    """An async generator, made or returned, is a line of JSON for each item."""

    @hug.get("/made", api=api)
    async def made(n: int):
        for number in range(n):
            yield {"n": number}

    @hug.get("/returned", api=api)
    async def returned():
        return made(2)

    @hug.get("/sync", api=api)
    def sync() -> AsyncIterator[dict[str, int]]:
        return made(2)

    for url in ("/made?n=2", "/returned", "/sync"):
        response = hug.test.get(api, url)
        assert (response.content_type, response.content) == ("application/jsonl", b'{"n": 0}\n{"n": 1}\n')
    response = hug.test.get(api, "/made?n=x")
    assert (response.status, list(response.data["errors"])) == (hug.HTTP_400, ["n"])


def test_generators_are_lists_unless_told(api: hug.API) -> None:
    """A sync generator is a JSON list, as it always was; in a format that streams it comes item by item."""

    def numbers():
        yield 1
        yield "é"

    def returned():
        return numbers()

    expected = {
        output_format.json: '[1, "é"]',
        output_format.json_lines: '1\n"é"\n',
        output_format.text: "1é",
        output_format.html: "1é",
    }
    for formatter, content in expected.items():
        url = f"/{formatter.__name__}"
        hug.get(url, api=api, output=formatter)(numbers)
        hug.get(url + "/returned", api=api, output=formatter)(returned)
        assert hug.test.get(api, url).content == content.encode()
        assert hug.test.get(api, url + "/returned").content == content.encode()


def test_formats_of_items(api: hug.API) -> None:
    """The items of an async generator are in the format of the route, whichever that is."""

    async def items():
        yield {"a_b": [1]}
        yield None

    @hug.format.content_type("text/csv")
    def csv(row):
        return f"{row};"

    for url, formatter, content in (
        ("/camel", output_format.json_camelcase, b'{"aB": [1]}\nnull\n'),
        ("/pretty", output_format.pretty_json, b'{"a_b": [1]}\nnull\n'),
        ("/text", output_format.text, b"{'a_b': [1]}None"),
        ("/csv", csv, b"{'a_b': [1]};None;"),
    ):
        hug.get(url, api=api, output=formatter)(items)
        assert hug.test.get(api, url).content == content


def test_json_lines_of_values(api: hug.API) -> None:
    """`json_lines` makes a line of each item of a list, and one of anything else."""
    assert output_format.json_lines([1, [2]]) == b"1\n[2]\n"
    assert output_format.json_lines({"a": 1}) == b'{"a": 1}\n'
    assert output_format.json_lines("ab") == b'"ab"\n'


def test_formats_that_give_pieces(api: hug.API) -> None:
    """A format may give pieces itself, as a generator, sync or async."""

    @hug.format.content_type("text/csv")
    def csv(rows):
        for row in rows:
            yield ",".join(map(str, row)) + "\r\n"

    @hug.format.content_type("text/csv")
    async def async_csv(rows):
        return csv(rows)

    for url, formatter in (("/sync", csv), ("/async", async_csv)):
        hug.get(url, api=api, output=formatter)(lambda: ([i, i] for i in range(2)))
        response = hug.test.get(api, url)
        assert (response.content_type, response.content) == ("text/csv", b"0,0\r\n1,1\r\n")


def read(port: int, path: str) -> tuple[socket.socket, bytes]:
    """Return a connection on which the head of the answer has come, and what came with it."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(get(path))
    received = b""
    while b"first" not in received:
        more = connection.recv(1000)
        assert more, received
        received += more
    return connection, received


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_leaving(api: hug.API, kind: str) -> None:
    """A client that leaves ends the generator within 50 ms, also one that waits; then directives clean up."""
    order: list[str] = []
    ended: list[float] = []

    @hug.directive(api=api)
    class Session:
        def cleanup(self, exception=None):
            order.append("directive")

    @hug.get("/async", api=api)
    async def endless(session=None, *, hug_Session):
        try:
            yield "first"
            await asyncio.sleep(1000)
        finally:
            ended.append(time.monotonic())
            order.append("source")

    @hug.get("/sync", api=api, output=output_format.json_lines)
    def blocking(hug_Session):
        try:
            yield "first"
            while True:
                time.sleep(0.01)
                yield "x"
        finally:
            ended.append(time.monotonic())
            order.append("source")

    with serving(api.http.server()) as port:

        def leave() -> float:
            order.clear()
            connection, _ = read(port, f"/{kind}")
            assert order == []
            left = time.monotonic()
            connection.close()
            until(lambda: len(order) == 2)
            assert order == ["source", "directive"]
            return ended[-1] - left

        assert quickest(leave, 0.05) < 0.05


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_failing(api: hug.API, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """A generator that fails cuts the answer off: it is not complete, and the client can tell."""

    @hug.get("/async", api=api)
    async def broken():
        yield "first"
        raise RuntimeError("broken")

    @hug.get("/sync", api=api, output=output_format.json_lines)
    def broken_too():
        yield "first"
        raise RuntimeError("broken")

    with serving(api.http.server()) as port:
        connection, received = read(port, f"/{kind}")
        with connection:
            while chunk := connection.recv(1000):
                received += chunk
    assert b'"first"\n' in received
    assert not received.endswith(b"0\r\n\r\n")
    assert "failed; the answer is cut off" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_backpressure(api: hug.API, kind: str) -> None:
    """A client that does not read holds the generator up, after a bounded number of items."""
    made = 0
    item = "x" * 10_000

    @hug.get("/async", api=api)
    async def fast():
        nonlocal made
        yield "first"
        while True:
            made += 1
            yield item

    @hug.get("/sync", api=api, output=output_format.json_lines)
    def fast_too():
        nonlocal made
        yield "first"
        while True:
            made += 1
            yield item

    with serving(api.http.server()) as port:
        connection, _ = read(port, f"/{kind}")
        with connection:
            before = -1
            while made != before:
                before = made
                time.sleep(0.3)
            assert made < 5000


def test_never_started(api: hug.API) -> None:
    """HEAD runs none of a generator, which is closed all the same, and its directives are cleaned up."""
    order: list[str] = []

    @hug.directive(api=api)
    class Session:
        def cleanup(self, exception=None):
            order.append("directive")

    @hug.http("/x", accept=("GET", "HEAD"), api=api)
    async def items(hug_Session):
        order.append("ran")
        yield 1

    response = hug.test.head(api, "/x")
    assert (response.status, response.content, response.content_type) == ("200 OK", b"", "application/jsonl")
    gc.collect()
    assert order == ["directive"]


def test_threads_of_their_own(api: hug.API) -> None:
    """A sync generator runs in one thread from its first line to its last, and not in one for handlers."""
    seen: set[str] = set()

    @hug.get("/x", api=api, output=output_format.json_lines)
    def items():
        for _ in range(20):
            seen.add(threading.current_thread().name)
            yield threading.current_thread().name
        seen.add(threading.current_thread().name)

    lines = hug.test.get(api, "/x").content.decode().splitlines()
    assert {json.loads(line) for line in lines} == seen
    assert len(seen) == 1
    assert not seen.pop().startswith("hug-")


def test_response_stream(api: hug.API) -> None:
    """``response.stream`` takes files and iterables, sync and async, and closes each."""
    closed: list[str] = []

    class Async:
        def __init__(self, name: str) -> None:
            self.name, self.left = name, [b"a", b"b"]

        async def close(self):
            closed.append(self.name)

    class AsyncReader(Async):
        async def read(self, size):
            return self.left.pop(0) if self.left else b""

    class AsyncIterable(Async):
        def __aiter__(self):
            return self

        async def __anext__(self):
            return self.left.pop(0) if self.left else None

    class Reader(AsyncReader):
        def read(self, size):
            return self.left.pop(0) if self.left else b""

        def close(self):
            closed.append(self.name)

    def generator():
        try:
            yield b"a"
            yield "b"
        finally:
            closed.append("generator")

    streams = {
        "reader": AsyncReader,
        "iterable": AsyncIterable,
        "file": Reader,
        "generator": lambda _: generator(),
        "list": lambda _: [b"a", "b"],
    }
    for name, make in streams.items():

        @hug.get(f"/{name}", api=api)
        def handler(response, name=name, make=make):
            response.content_type = "text/plain"
            response.stream = make(name)

        assert hug.test.get(api, f"/{name}").content == b"ab"
    assert sorted(closed) == ["file", "generator", "iterable", "reader"]

    @hug.get("/text", api=api)
    def text(response):
        response.data = "é"

    assert hug.test.get(api, "/text").content == "é".encode()

    @hug.get("/wrong", api=api)
    def wrong(response):
        response.stream = 5

    with pytest.raises(TypeError, match="must be a file or an iterable"):
        hug.test.get(api, "/wrong")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_stream_that_is_not_sent(api: hug.API, asynchronous: bool) -> None:
    """A ``response.stream`` is closed, too, if something is raised after it has been set."""
    streams = []

    class Reader:
        closed = False

        async def read(self, size):
            return b""

        async def close(self):
            self.closed = True

    def give(response):
        response.stream = Reader() if asynchronous else Path(__file__).open("rb")  # noqa: SIM115
        streams.append(response.stream)
        raise hug.HTTPConflict(title="Not now")

    async def give_async(response):
        give(response)

    for function in (give, give_async):
        hug.get(f"/{function.__name__}", api=api)(function)
        assert hug.test.get(api, function.__name__).status == hug.HTTP_409
        assert all(each.closed for each in streams)
