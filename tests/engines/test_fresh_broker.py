"""`hug.test.broker` on real engines: nothing is left there of a test."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nats
import psycopg
import pytest

import hug

from .nats_server import Nats
from .redis_server import Redis
from .running import Server


def test_a_file(tmp_path: Path) -> None:
    """The application's own database has its own tables afterwards, and no others."""
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as shop:
        shop.execute("CREATE TABLE orders (what TEXT)")
        with hug.test.broker(f"sqlite:///{path}"):
            hug.sse.channel("news").publish("x").result(10)
            assert len(tables(shop)) > 1
        assert tables(shop) == ["orders"]


def tables(shop: sqlite3.Connection) -> list[str]:
    names = shop.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in names if not name.startswith("sqlite_")]


@pytest.mark.parametrize("url_of", [lambda url: url, lambda url: f"{url}?options=-csearch_path%3Dother"])
def test_a_database(running: Callable[[str], Server], url_of: Callable[[str], str]) -> None:
    """So has that on PostgreSQL, whatever the schema; and no functions."""
    url = running("postgres").url
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA IF NOT EXISTS other")
        before = made(admin)
        with hug.test.broker(url_of(url)):
            hug.sse.channel("news").publish("x").result(10)
            assert made(admin) > before
        assert made(admin) == before


def test_a_server(running: Callable[[str], Server]) -> None:
    """Nothing is left on NATS, and on Redis nothing for longer than requests are remembered."""
    nats_server, redis_server = running("nats"), running("redis")
    assert isinstance(nats_server, Nats)
    assert isinstance(redis_server, Redis)

    async def streams() -> set[str]:
        user, password = nats_server.user_name, nats_server.password
        client = await nats.connect(nats_server.url, user=user, password=password)
        try:
            names: list[str] = []
            while page := await client.jetstream().streams_info(offset=len(names)):
                names += [str(each.config.name) for each in page]
            return set(names)
        finally:
            await client.close()

    with redis_server.administrator() as redis:
        for url in (nats_server.url, redis_server.url):
            with hug.test.broker(url) as broker:
                hug.sse.channel("news").publish("x").result(10)
                prefix = broker.url.partition("prefix=")[2]
                if url == nats_server.url:
                    assert {each for each in asyncio.run(streams()) if each.startswith(prefix)}
            if url == nats_server.url:
                assert not {each for each in asyncio.run(streams()) if each.startswith(prefix)}
        left = {key: redis.ttl(key) for key in redis.keys(f"{prefix}*")}
    assert {key: seconds for key, seconds in left.items() if not 0 < seconds <= 180} == {}


def made(admin: psycopg.Connection[Any]) -> set[str]:
    found = admin.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'test-%' UNION ALL "
        "SELECT proname FROM pg_proc WHERE proname LIKE 'test-%'"
    )
    return {name for (name,) in found}
