"""What a process does with a broker first of all, when nothing has connected it yet."""

import subprocess
import sys
from collections.abc import Callable

from .servers import Server

WAYS = """
import asyncio, contextlib, os, sqlite3, sys, traceback
import hug

URL, KIND = sys.argv[1:]
OF_URL = {"sqlite": lambda: sqlite3.connect(URL.removeprefix("sqlite:///").partition("?")[0])}

if KIND == "postgres":
    import psycopg
    OF_URL["postgres"] = lambda: psycopg.connect(URL.partition("?")[0])
    async_database = lambda: psycopg.AsyncConnection.connect(URL.partition("?")[0])

@contextlib.contextmanager
def database():
    with contextlib.closing(OF_URL[KIND]()) as connection, connection:
        yield connection

api = hug.API(__name__)
api.broker = URL
channels = api.channels
channel = hug.sse.channel("first")

@hug.post("/sales")
def sell():
    with database() as connection:
        return channel.publish("x", connection=connection).id

@hug.post("/awaited")
async def sell_awaited():
    async with await async_database() as connection:
        return await channel.publish("x", connection=connection)

@hug.cli("sell")
def sell_command():
    with database() as connection:
        return channel.publish("x", connection=connection).id

def publish():
    return channel.publish("x").result(30)

async def publish_awaited():
    return await channel.publish("x")

def close():
    return channel.close("last").result(30)

async def close_awaited():
    return await channel.close()

def exists():
    return not channels.exists("another").result(30)

async def exists_awaited():
    return not await channels.exists("another")

def ids():
    return channel.newest_id().result(30) == channel.last_id

async def ids_awaited():
    return await channel.newest_id()

def delete():
    return channel.delete().result(30) is None

async def delete_awaited():
    return await channel.delete() is None

def subscribe():
    with channel.subscribe() as messages:
        channel.publish("x")
        return next(messages).data == "x"

async def subscribe_awaited():
    async with channel.subscribe() as messages:
        await channel.publish("x")
        return (await anext(messages)).data == "x"

def read_since():
    with channel.subscribe(since="start") as messages:
        channel.publish("x")
        return next(messages).data == "x"

def status():
    return api.sse.status().ok

def within():
    with database() as connection:
        event_id = channel.publish("x", connection=connection).id
    return channel.newest_id().result(30) == event_id

async def within_a_coroutine():
    with database() as connection:
        event_id = await channel.publish("x", connection=connection)
    return await channel.newest_id() == event_id

def close_within():
    with database() as connection:
        return channel.close("last", connection=connection).id

def request_within():
    return hug.test.post(api, "/sales").data

def command_within():
    return hug.test.cli(sell_command)

async def within_awaited():
    async with await async_database() as connection:
        event_id = await channel.publish("x", connection=connection)
    return await channel.newest_id() == event_id

async def close_within_awaited():
    async with await async_database() as connection:
        return await channel.close("last", connection=connection)

def request_within_awaited():
    return hug.test.post(api, "/awaited").data

def not_a_connection():
    try:
        channel.publish("x", connection=object())
    except TypeError as error:
        return "builtins.object" in str(error)

ways = [
    publish, publish_awaited, close, close_awaited, exists, exists_awaited, ids, ids_awaited,
    delete, delete_awaited, subscribe, subscribe_awaited, read_since, status,
]
if KIND in OF_URL:
    ways += [within, within_a_coroutine, close_within, request_within, command_within, not_a_connection]
if KIND == "postgres":
    ways += [within_awaited, close_within_awaited, request_within_awaited]

# Each in a process of its own, where hug is imported and nothing else has happened.
for way in ways:
    channel = hug.sse.channel(way.__name__)
    pid = os.fork()
    if not pid:
        try:
            done = asyncio.run(way()) if asyncio.iscoroutinefunction(way) else way()
        except BaseException:
            traceback.print_exc()
            done = False
        print(way.__name__, "works" if done else "FAILS", flush=True)
        sys.stderr.flush()
        os._exit(0)
    os.waitpid(pid, 0)
"""


def test_what_a_process_does_first(engine_name: str, running: Callable[[str], Server], prefix: str) -> None:
    """Whatever a process does first of all with a channel works: it need not have connected before."""
    url = f"{running(engine_name).url}?prefix={prefix}"
    done = subprocess.run(
        [sys.executable, "-c", WAYS, url, engine_name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    outcomes = [line.split() for line in done.stdout.splitlines()]
    assert len(outcomes) >= 14, done.stderr
    assert [way for way, outcome in outcomes if outcome != "works"] == [], done.stderr
    assert done.stderr == ""
