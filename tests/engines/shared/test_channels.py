"""Channels as users have them, in several processes on each engine."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ...servers.client import Client
from ...servers.serving import Server
from ...waiting import until
from ..servers import Server as Engine
from ..test_processes import with_options

SCRIPT = """
import hug
news = hug.sse.channel("news")
for number in range(300):
    published = news.publish(str(number))
published.result(20)
"""

Serve = Callable[..., Server]


class Process(Server):
    """One process of ``app.py``."""

    folder = Path(__file__).parent


@pytest.fixture
def url(engine_url: str, prefix: str) -> str:
    """The URL of a broker of the test's own."""
    return with_options(engine_url, prefix=prefix)


@pytest.fixture
def serve(url: str) -> Iterator[Serve]:
    """Start processes that share a broker."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        started.append(Process("uvicorn", HUG_BROKER=url, **environment))
        return started[-1].ready()

    yield start
    for each in started:
        each.kill()


@pytest.fixture(scope="module")
def pairs(running: Callable[[str], Engine]) -> Iterator[Callable[[str], tuple[Server, Server]]]:
    """Return two processes that share a broker on the engine of that name, and are shared by tests."""
    started: dict[str, tuple[Server, Server]] = {}

    def find(name: str) -> tuple[Server, Server]:
        if name not in started:
            url = with_options(running(name).url, prefix=f"pair-{os.getpid()}")
            one, other = started[name] = (
                Process("uvicorn", HUG_BROKER=url),
                Process("uvicorn", HUG_BROKER=url),
            )
            one.ready()
            other.ready()
        return started[name]

    yield find
    for pair in started.values():
        for each in pair:
            each.kill()


@pytest.fixture
def pair(pairs: Callable[[str], tuple[Server, Server]], engine_name: str) -> Iterator[tuple[Server, Server]]:
    """Two processes that share a broker, without a channel."""
    one, other = pairs(engine_name)
    yield one.log_anew(), other.log_anew()
    one.leave()
    other.leave()
    one.get("/delete")


def texts(client: Client, count: int) -> list[str]:
    return [client.message().data for _ in range(count)]


def left(client: Client) -> list[str]:
    """Return what a client gets until its stream has ended."""
    client.rest()
    return [message.data for message in client.messages if message.id or message.data]


def ran(script: str, url: str) -> None:
    subprocess.run(
        [sys.executable, "-c", script], env={"HUG_BROKER": url, "PATH": ""}, timeout=60, check=True
    )


def test_options_given_in_one_process(serve: Serve, url: str) -> None:
    """A script that says nothing of a history takes none away; nor matters it to who reads elsewhere."""
    app = serve(HISTORY="1000")
    first = app.get("/publish?text=first")
    ran(SCRIPT, url)
    ran(SCRIPT, url)
    wanted = [str(number) for number in range(300)] * 2
    for process in (app, serve()):
        with process.stream("/news", headers={"Last-Event-ID": first}) as back:
            assert texts(back, 600) == wanted
        with process.stream("/all") as new:
            assert texts(new, 601) == ["first", *wanted]


def test_closed_in_one_process(serve: Serve) -> None:
    """Readers everywhere get the last event and the end; who comes later is told, by new processes, too."""
    one, other = serve(HISTORY="100"), serve()
    readers = [process.stream("/news") for process in (one, other)]
    first = one.get("/publish?text=first")
    assert [reader.message().data for reader in readers] == ["first", "first"]
    end = other.get("/close?text=last")
    assert [left(reader) for reader in readers] == [["last"], ["last"]]
    later = serve()
    for process in (one, other, later):
        assert left(process.stream("/news", headers={"Last-Event-ID": first})) == ["last"]
        assert left(process.stream("/all")) == ["first", "last"]
        done = process.open("/news", headers={"Last-Event-ID": end}).head()
        assert done.status == 204
        assert process.get("/close") == end
        assert process.open("/publish?text=late").head().status == 500
    later.get("/delete")
    until(lambda: one.open("/news").head().status == 200, "the others have heard of it")
    with one.stream("/news") as reader:
        other.get("/publish?text=again")
        assert reader.message().data == "again"


def test_deleted_in_one_process(pair: tuple[Server, Server]) -> None:
    """Readers everywhere that have had all events of a channel that is deleted go on, and are told no gap."""
    one, other = pair
    readers = [process.stream("/news") for process in (one, other)]
    for text in ("first", "again", "and again"):
        one.get(f"/publish?text={text.replace(' ', '+')}")
        for reader in readers:
            assert reader.message().data == text
        other.get("/delete")


def test_published_and_deleted_at_once(pair: tuple[Server, Server]) -> None:
    """Readers everywhere get what is published just before the channel is deleted, and are told no gap."""
    one, other = pair
    readers = [process.stream("/news") for process in (one, other)]
    texts = [f"text {number}" for number in range(15)]
    for text in texts:
        one.get(f"/replace?text={text.replace(' ', '+')}")
    for reader in readers:
        assert [reader.message().data for _ in texts] == texts


def test_ids_with_senseless_numbers(pair: tuple[Server, Server]) -> None:
    """Whoever makes up an id gets a gap, and nobody else hears of it: the broker stays connected."""
    process, _ = pair
    process.get("/publish?text=first")
    for number in ("9" * 15, "9" * 19, str(1 << 63)):
        with process.stream("/news", headers={"Last-Event-ID": f"x-{number}"}) as reader:
            assert reader.message().event == "gap"
    with process.stream("/news") as reader:
        process.get("/publish?text=second")
        assert reader.message().data == "second"
    assert "Traceback" not in process.log
    assert "not reachable" not in process.log


@pytest.mark.parametrize("engine_name", ["sqlite", "postgres"], indirect=True)
def test_within_transactions_of_handlers(engine_name: str, engine_url: str, serve: Serve) -> None:
    """Readers in another process get what was committed, once, and nothing that was rolled back."""
    if engine_name == "sqlite":
        path = engine_url.removeprefix("sqlite:///")
        environment, handlers = {"SQLITE": path}, ["write"]
        connection: Any = sqlite3.connect(path)
    else:
        environment, handlers = {"POSTGRES": engine_url}, ["write", "write_async"]
        connection = psycopg.connect(engine_url)
    writing, reading = serve(**environment), serve()
    connection.execute("CREATE TABLE IF NOT EXISTS texts (text TEXT)")
    connection.commit()
    connection.close()
    with reading.stream("/news") as reader:
        for handler in handlers:
            assert writing.get(f"/{handler}?text=unwanted&fail=true") == "rolled back"
            assert writing.get(f"/{handler}?text={handler}") == "committed"
        assert texts(reader, len(handlers)) == handlers
